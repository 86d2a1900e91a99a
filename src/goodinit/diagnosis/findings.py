"""What a few nets say of a table, in numbers."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from goodinit.arrays import Array
from goodinit.claims.claim import LINE
from goodinit.diagnosis import trials
from goodinit.diagnosis.trials import DEFAULT, JUDGING, MAIN, TOP, Trials
from goodinit.runs.nets import Nets
from goodinit.statistics.intervals import Interval, bootstrap_interval


class Count(NamedTuple):
    """Some of n nets."""

    some: int
    n: int


class Choice(NamedTuple):
    """The peak chosen for an initializer, and what it was chosen by (nats)."""

    init: str
    peak: float
    lowest_loss: float


class End(NamedTuple):
    """Mean loss (nats) and accuracy on the held-out rows, and how many nets diverged."""

    loss: float
    accuracy: float
    diverged: int = 0


class Gain(NamedTuple):
    """By how much the other initializer ends better than the default, paired over seeds: mean, and its interval."""

    mean: float
    interval: Interval


@dataclass(frozen=True)
class Findings:
    """Of the default nets at MAIN: rested: those with a plateau, of those of which it can be said; escaped; diverged.
    null_loss: H, nats.

    Of the default nets at TOP: sums: τ, [nets], NaN where there was no escape; budget: the sum of all rates; lost: how
    many diverged before an escape. per_step: mean rate of the schedule over its peak. foretold: their median τ by the
    line of claim 30, NaN where there is no signal; signals: of the logits before training, medians by initializer.

    choices: the default's, that of the best other initializer, and the rest; default, other, null: how the first two
    and the null net end; pairs: of nets, over which they are compared; loss, accuracy: what the other one gains.
    refused: why an initializer could not start, by its name; batch_size: rows.
    """

    rested: Count
    escaped: Count
    diverged: Count
    null_loss: float
    sums: Array
    budget: float
    lost: int
    per_step: float
    foretold: float
    signals: dict[str, float]
    choices: list[Choice]
    default: End
    other: End
    null: End
    pairs: int
    loss: Gain
    accuracy: Gain
    refused: dict[str, str]
    batch_size: int


def measure(trained: Trials) -> Findings:
    """The numbers of the trials."""
    main, top = trained.nets[DEFAULT, MAIN], trained.nets[DEFAULT, TOP]
    order = dict.fromkeys([DEFAULT, trained.other, *trained.peaks])
    places = [(init, trained.peaks[init]) for init in order]
    choices = [Choice(*place, trials.lowest_loss(trained.nets[place])) for place in places]
    default, other = (trained.nets[place].only(trials.seeds_of(JUDGING)) for place in places[:2])
    n = len(main.seeds)
    return Findings(
        rested=Count(int(main.on_plateau.sum()), int(main.decided.sum())),
        escaped=Count(int((~main.rested[1]).sum()), n),
        diverged=Count(int((~main.finished).sum()), n),
        null_loss=main.null_loss,
        sums=top.escape_sums,
        budget=float(top.rate_sums[-1]),
        lost=int((top.rested[1] & ~top.finished).sum()),
        per_step=float(np.diff(top.rate_sums).mean() / TOP),
        foretold=foretell(trained.start[DEFAULT]),
        signals={init: float(np.median(nets.first_signal)) for init, nets in trained.start.items()},
        choices=choices,
        default=_end(default),
        other=_end(other),
        null=End(default.null_score("test_loss"), default.null_score("test_accuracy")),
        pairs=len(default.seeds),
        loss=_gain(default.end("test_loss") - other.end("test_loss")),
        accuracy=_gain(other.end("test_accuracy") - default.end("test_accuracy")),
        refused=trained.refused,
        batch_size=trained.batch_size,
    )


def foretell(start: Nets) -> float:
    """The median τ of untrained nets by the line of claim 30, from the signal after the last hidden layer; NaN where
    half of them or more have none."""
    signal = float(np.median(start.activations("signal")[:, 0, -1]))
    return float(10 ** (LINE[0] + LINE[1] * np.log10(signal))) if signal > 0 else np.nan


def _end(nets: Nets) -> End:
    loss, accuracy = (float(nets.end(f"test_{metric}").mean()) for metric in ("loss", "accuracy"))
    return End(loss, accuracy, int((~nets.finished).sum()))


def _gain(differences: Array) -> Gain:
    low, high = map(float, bootstrap_interval(differences))
    return Gain(float(differences.mean()), (low, high))
