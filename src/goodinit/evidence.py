"""What a claim is judged by: the nets of a study by initializer and setting, and the tables that need no training."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from goodinit import plateau

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

NULL_METRIC = {"loss": "null_loss", "accuracy": "majority_share"}


class UntestableError(Exception):
    """The runs cannot answer; the message says what is missing."""


class Nets:
    """All nets of one condition in the order of their seeds, from its run files."""

    def __init__(self, files: list[xr.Dataset]) -> None:
        self._files = files
        self._seeds: NDArray[np.int64] | None = None  # all
        self._read: dict[str, xr.DataArray] = {}

    def __getitem__(self, name: str) -> xr.DataArray:
        """A variable of `goodinit.runs.VARIABLES`, seeds in order. Raises UntestableError where it was not recorded."""
        if name not in self._read:
            if name not in self._files[0]:
                raise UntestableError(f"{name} was not recorded")
            parts = [file[name] for file in self._files]
            array = xr.concat(parts, "seed").sortby("seed") if "seed" in parts[0].dims else parts[0]
            self._read[name] = array.load()
        array = self._read[name]
        return array.sel(seed=self._seeds) if self._seeds is not None and "seed" in array.dims else array

    def attribute(self, name: str) -> object:
        """An attribute of the run files."""
        return self._files[0].attrs[name]

    def only(self, seeds: NDArray[np.int64]) -> "Nets":
        """The nets of some seeds; what has been read is shared."""
        some = Nets(self._files)
        some._seeds, some._read = seeds, self._read
        return some

    @cached_property
    def seeds(self) -> NDArray[np.int64]:
        """Seeds, [nets]."""
        return self["seed"].values

    @property
    def null_loss(self) -> float:
        """H, nats."""
        return float(self["null_loss"])

    @cached_property
    def loss(self) -> Array:
        """Training loss, [nets, steps]."""
        return self["loss"].values.astype(np.float64)

    @cached_property
    def plateaus(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """First step and length of each net's plateau, [nets] each; length 0 where there is none."""
        return plateau.plateau_span(self.loss, self.null_loss)

    @cached_property
    def on_plateau(self) -> Flags:
        """Whether a net has a plateau, [nets]."""
        return self.plateaus[1] > 0

    @cached_property
    def decided(self) -> Flags:
        """Whether it can be said that a net has a plateau or not, [nets]: all but those that diverged before either a
        plateau or an escape."""
        flags: Flags = self.finished | self.on_plateau | ~np.isnan(self["escape_step"].values)
        return flags

    @cached_property
    def finished(self) -> Flags:
        """Whether a net never diverged, [nets]."""
        flags: Flags = self["outcome"].values != "diverged"
        return flags

    @cached_property
    def trained(self) -> Flags:
        """Whether a net ended as trained, [nets]."""
        flags: Flags = self["outcome"].values == "trained"
        return flags

    def end(self, metric: str) -> Array:
        """A metric at the end, as "valid_loss" or "test_accuracy", [nets]; a diverged net counts as the null net."""
        values = self[metric].values.astype(np.float64)
        last = values if values.ndim == 1 else values[:, -1]
        return np.where(np.isnan(last), float(self[NULL_METRIC[metric.split("_")[1]]]), last)

    def activations(self, name: str, site: str = "relu") -> Array:
        """A statistic of activations at a site, [nets, …, layers]; "output" is "relu" where there is no subtrahend."""
        array = self[name]
        return array.sel(site=site if site in array["site"] else "relu").values.astype(np.float64)

    def windows(self, name: str, site: str = "relu") -> Array:
        """The same per step as means over consecutive windows of TRAILING steps, [nets, windows, layers]."""
        array = self.activations(name, site)
        whole = array[:, : array.shape[1] // plateau.TRAILING * plateau.TRAILING]
        means: Array = whole.reshape(len(whole), -1, plateau.TRAILING, whole.shape[2]).mean(2)
        return means


Trained = tuple[str, str, str, float]  # dataset, scaling, initializer, peak


def collect_nets(runs: list[xr.Dataset]) -> dict[Trained, Nets]:
    """The nets of each condition without regularization, from all run files."""
    files: dict[Trained, list[xr.Dataset]] = {}
    for run in runs:
        if run.attrs["regularization"] == "none":
            key = (*(run.attrs[name] for name in ("dataset", "scaling", "init")), float(run.attrs["peak"]))
            files.setdefault(key, []).append(run)
    return {key: Nets(parts) for key, parts in files.items()}


@dataclass(frozen=True)
class Setting:
    """Where a claim is judged: a peak, or each initializer's best one. part: the rows that end metrics are of."""

    evidence: "Evidence"
    label: str
    part: str
    peaks: dict[str, float]
    seeds: NDArray[np.int64] | None = None

    def nets(self, init: str) -> Nets:
        """The nets of an initializer here. Raises UntestableError."""
        if init not in self.peaks:
            raise UntestableError(f"no runs of {init}" + (" at enough peaks" if self.label == "best" else ""))
        nets = self.evidence.nets(init, self.peaks[init])
        return nets if self.seeds is None else nets.only(self.seeds)

    def pair(self, reference: str, other: str) -> tuple[Nets, Nets]:
        """The nets of two initializers, over the seeds they share. Raises UntestableError."""
        first, second = self.nets(reference), self.nets(other)
        shared = np.intersect1d(first.seeds, second.seeds)
        return first.only(shared), second.only(shared)


@dataclass(frozen=True)
class Evidence:
    """The runs and tables that claims about one prepared dataset are judged by.

    trained: what collect_nets found; control: the nicely distributed dataset; peaks: the main ones; tables: those named
    shapes, pruning and calibration, as far as they were made.
    """

    trained: Mapping[Trained, Nets]
    dataset: str
    scaling: str
    control: str
    peaks: list[float]
    tables: Mapping[str, pd.DataFrame]
    asked: list[str] = field(default_factory=list)  # the conditions whose nets were asked for, as paths below runs/

    def table(self, name: str) -> pd.DataFrame:
        """One of the tables. Raises UntestableError where it was not made."""
        if name not in self.tables:
            raise UntestableError(f"no table of {name}")
        return self.tables[name]

    def nets(self, init: str, peak: float, dataset: str | None = None, scaling: str | None = None) -> Nets:
        """The nets of a condition without regularization. Raises UntestableError where it was not trained."""
        wanted = (dataset or self.dataset, scaling or self.scaling, init, peak)
        if wanted not in self.trained:
            raise UntestableError(f"no runs of {wanted[2]} on {wanted[0]} ({wanted[1]}) at peak {peak:g}")
        self.asked.append("/".join([*wanted[:3], f"peak-{peak:g}", "none"]))
        return self.trained[wanted]

    def peaks_of(self, init: str, dataset: str | None = None, scaling: str | None = None) -> list[float]:
        """The peaks at which an initializer was trained, in order."""
        wanted = (dataset or self.dataset, scaling or self.scaling, init)
        return sorted(peak for *trained, peak in self.trained if tuple(trained) == wanted)

    def prepared(self) -> list[tuple[str, str]]:
        """Each dataset and scaling that there are runs of."""
        return list(dict.fromkeys(condition[:2] for condition in self.trained))

    def main(self) -> Setting:
        """The first of the main peaks, judged on validation rows."""
        return self._at(self.peaks[0])

    def at_main_peaks(self) -> Iterator[Setting]:
        """Each main peak, judged on validation rows."""
        yield from map(self._at, self.peaks)

    def at_best(self) -> Setting:
        """Each initializer's best peak: that with the lowest mean validation loss over the first half of the seeds (the
        default's at the first main peak), among those trained with all these seeds (more than the main peaks), judged
        on the test rows of the other half. Raises UntestableError."""
        every = self.nets("default", self.peaks[0]).seeds
        choose, judge = every[: len(every) // 2], every[len(every) // 2 :]
        best = {}
        for init in sorted({condition[2] for condition in self.trained}):
            losses = {}
            for peak in self.peaks_of(init):
                nets = self.nets(init, peak)
                if set(every) <= set(nets.seeds):
                    losses[peak] = nets.only(choose).end("valid_loss").mean()
            if len(losses) > len(self.peaks):
                best[init] = min(losses, key=losses.__getitem__)
        if not best:
            raise UntestableError("no more than the main peaks were trained for both halves of the seeds")
        return Setting(self, "best", "test", best, judge)

    def _at(self, peak: float) -> Setting:
        here = (self.dataset, self.scaling)
        inits = sorted({init for *prepared, init, _ in self.trained if tuple(prepared) == here})
        return Setting(self, f"{peak:g}", "valid", dict.fromkeys(inits, peak))
