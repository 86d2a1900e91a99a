"""What a claim is judged by: the nets of a study by initializer and setting, and the tables that need no training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from goodinit.arrays import Integers
from goodinit.model.variants import PLAIN
from goodinit.runs.condition import Condition
from goodinit.runs.nets import Nets, halve
from goodinit.statistics import inference


class UntestableError(Exception):
    """The runs cannot answer; the message says what is missing."""


def require_seeds(n: int, of: str) -> None:
    """Raise UntestableError where there are fewer than MIN_SEEDS."""
    if n < inference.MIN_SEEDS:
        raise UntestableError(f"{of}: {n}, fewer than {inference.MIN_SEEDS}")


@dataclass(frozen=True)
class Setting:
    """Where a claim is judged: a peak, or each initializer's best one. part: the rows that end metrics are of."""

    evidence: "Evidence"
    label: str
    part: str
    peaks: Mapping[str, float]
    seeds: Integers | None = None

    def nets(self, init: str) -> Nets:
        """The nets of an initializer here. Raises UntestableError."""
        if init not in self.peaks:
            raise UntestableError(f"no runs of {init}" + (" at enough peaks" if self.label == "best" else ""))
        nets = self.evidence.nets(init, self.peaks[init])
        return nets if self.seeds is None else nets.only(self.seeds)

    def pair(self, reference: str, other: str) -> tuple[Nets, Nets]:
        """The nets of two initializers, over the seeds they share. Raises UntestableError, for too few of these too."""
        first, second = self.nets(reference), self.nets(other)
        shared = np.intersect1d(first.seeds, second.seeds)
        require_seeds(len(shared), "nets")
        return first.only(shared), second.only(shared)


@dataclass(frozen=True)
class Evidence:
    """The runs and tables that claims about one prepared dataset are judged by.

    trained: what collect_nets found; control: the nicely distributed dataset; peaks: the main ones; tables: those named
    shapes, pruning and calibration, as far as they were made.
    """

    trained: Mapping[Condition, Nets]
    dataset: str
    scaling: str
    control: str
    peaks: Sequence[float]
    tables: Mapping[str, pd.DataFrame]

    def table(self, name: str) -> pd.DataFrame:
        """One of the tables. Raises UntestableError where it was not made."""
        if name not in self.tables:
            raise UntestableError(f"no table of {name}")
        return self.tables[name]

    def nets(
        self, init: str, peak: float, dataset: str | None = None, scaling: str | None = None, variant: str = PLAIN
    ) -> Nets:
        """The nets of a condition. Raises UntestableError where it was not trained."""
        wanted = Condition(dataset or self.dataset, scaling or self.scaling, init, peak, variant)
        if wanted not in self.trained:
            also = "" if variant == PLAIN else f", {variant}"
            raise UntestableError(f"no runs of {init} on {wanted.dataset} ({wanted.scaling}) at peak {peak:g}{also}")
        return self.trained[wanted]

    def peaks_of(
        self, init: str, dataset: str | None = None, scaling: str | None = None, variant: str = PLAIN
    ) -> list[float]:
        """The peaks at which an initializer was trained, in order."""
        wanted = (dataset or self.dataset, scaling or self.scaling, init)
        return sorted(condition.peak for condition in self.trained if condition == (*wanted, condition.peak, variant))

    def datasets_of(self, init: str, peak: float, scaling: str) -> list[str]:
        """The datasets on which an initializer was trained at a peak."""
        return [name for name, *place in self.trained if place == [scaling, init, peak, PLAIN]]

    def varied(self, kind: str) -> list[Nets]:
        """The nets, of every initializer and peak in order, whose variant begins with the word `kind`. Raises
        UntestableError where there are none."""
        here = (self.dataset, self.scaling)
        found = [one for one in self.trained if one[:2] == here and one.variant.split("-")[0] == kind]
        if not found:
            raise UntestableError(f"no runs that are {kind}")
        return [self.trained[one] for one in sorted(found)]

    def have_nudged(self) -> set[Condition]:
        """The conditions here of which there are nets whose start was nudged, too."""
        here = (self.dataset, self.scaling)
        nudged = (one for one in self.trained if one[:2] == here and one.variant == "nudged")
        return {one._replace(variant=PLAIN) for one in nudged}

    def nudged(self) -> "Evidence":
        """The same with these nets in place of the plain ones."""
        trained = dict(self.trained)
        for one in self.have_nudged():
            trained[one] = trained.pop(one._replace(variant="nudged"))
        return replace(self, trained=trained)

    def prepared(self) -> list[tuple[str, str]]:
        """Each dataset and scaling that there are runs of."""
        return list(dict.fromkeys(condition[:2] for condition in self.trained))

    def at_main_peaks(self) -> list[Setting]:
        """Each main peak, judged on validation rows."""
        here = (self.dataset, self.scaling)
        inits = sorted({condition.init for condition in self.trained if condition[:2] == here})
        return [Setting(self, f"{peak:g}", "valid", dict.fromkeys(inits, peak)) for peak in self.peaks]

    def at_best(self) -> Setting:
        """Each initializer's best peak: that with the lowest mean validation loss over the first half of the seeds (the
        default's at the first main peak), among those trained with all these seeds (more than the main peaks; without
        as many it has none), judged on the test rows of the other half."""
        if self.peaks[0] not in self.peaks_of("default"):
            return Setting(self, "best", "test", {})
        every = self.nets("default", self.peaks[0]).seeds
        choose, judge = halve(every)
        best = {}
        for init in sorted({condition.init for condition in self.trained}):
            losses = {}
            for peak in self.peaks_of(init):
                nets = self.nets(init, peak)
                if set(every) <= set(nets.seeds) and "valid_loss" in nets:
                    losses[peak] = nets.only(choose).end("valid_loss").mean()
            if len(losses) > len(self.peaks):
                best[init] = min(losses, key=losses.__getitem__)
        return Setting(self, "best", "test", best, judge)
