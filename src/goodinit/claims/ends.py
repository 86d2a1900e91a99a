"""Claims about how nets end: who is better, how sure one pair of runs is, overfitting."""

import numpy as np

from goodinit.arrays import Array
from goodinit.claims.claim import ACCURACY_MARGIN, LOSS_MARGIN, SOME, Claim, Said
from goodinit.claims.evidence import Setting, UntestableError, require_seeds
from goodinit.claims.verdicts import Effect, Finding, judge_effect, judge_mean
from goodinit.runs.nets import Nets
from goodinit.statistics import intervals
from goodinit.study import forum

UNITS = {"loss": "nats", "accuracy": "accuracy", "train_loss": "nats", "gap": "nats"}
IN_THREAD = {"kaiming-relu": ("default", "kaiming-relu"), "lsuv": ("default, 80 epochs", "lsuv")}


def _end(nets: Nets, rows: str, metric: str) -> Array:
    """A metric of UNITS at the end, [nets]; the gap is the held-out less the training loss."""
    if metric == "gap":
        return nets.end(f"{rows}_loss") - nets.end("train_loss")
    return nets.end(metric if metric == "train_loss" else f"{rows}_{metric}")


def _printed(net: str, metric: str) -> float:
    train, loss, accuracy = forum.END[net]
    return {"train_loss": train, "loss": loss, "accuracy": accuracy, "gap": loss - train}[metric]


def _judge_ends(
    at: Setting, init: str, metric: str, threshold: float = 0.0, *, above: bool = True, sign: int = 1
) -> Finding:
    """Judge how much higher (lower, for the sign -1) another init's nets end than the default's, paired over the seeds
    whose nets both finished."""
    default, nets = at.pair("default", init)
    both = default.finished & nets.finished
    require_seeds(int(both.sum()), "pairs that finished")
    before, after = (_end(one, at.part, metric)[both] for one in (default, nets))
    note = "" if both.all() else f"of {len(both)} pairs, those that finished"
    old, new = (_printed(net, metric) for net in IN_THREAD[init])
    return judge_mean(
        sign * (after - before), UNITS[metric], threshold, above=above, measured=float(after.mean()),
        default=float(before.mean()), thread=sign * (new - old), note=note,
    )  # fmt: skip


kaiming_no_better = Claim(
    11, "Kaiming's init for ReLU ends no better than the default", at="each and best",
    terms="By how much it ends better, over the pairs that finished: less than a margin ({LOSS_MARGIN} nats; "
    "{ACCURACY_MARGIN} of accuracy).",
    said=Said(133, "which seems worse! But (...) maybe I can't really conclude anything from the end results"),
)  # fmt: skip
kaiming_no_better.part("loss")(lambda at: _judge_ends(at, "kaiming-relu", "loss", LOSS_MARGIN, above=False, sign=-1))
kaiming_no_better.part("accuracy")(lambda at: _judge_ends(at, "kaiming-relu", "accuracy", ACCURACY_MARGIN, above=False))


def _judge_signs(at: Setting, init: str, reference: str) -> Finding:
    both = (at.nets(reference), at.nets(init))
    first, second = (nets.end(f"{at.part}_loss")[nets.finished] for nets in both)
    require_seeds(min(len(first), len(second)), "nets that finished")
    direction = np.sign(second.mean() - first.mean())
    if direction == 0:
        raise UntestableError("there is no effect whose sign could be wrong")
    wrong, low, high = intervals.pairs_interval(first, second, direction)
    return judge_effect(Effect(value=wrong, unit="share of pairs", low=low, high=high), len(second), SOME)


wrong_signs = Claim(
    12, "End results vary so much that one pair of runs often gets the sign of an init's effect wrong",
    at="each and best",
    terms="Over all pairs of nets of two inits (any seeds) that finished: the share whose difference in end loss has "
    "not the sign of the mean difference, ties counting half: more than {SOME:.0%}. The direction is the whole "
    "sample's. The default differs much from the others; the last part compares two that differ less.",
    said=Said(133, "the results have strong variations so maybe I can't really conclude anything from the end results"),
)  # fmt: skip
wrong_signs.part("kaiming-relu against default")(lambda at: _judge_signs(at, "kaiming-relu", "default"))
wrong_signs.part("lsuv against default")(lambda at: _judge_signs(at, "lsuv", "default"))
wrong_signs.part("lsuv against kaiming-relu")(lambda at: _judge_signs(at, "lsuv", "kaiming-relu"))

lsuv_overfits = Claim(
    17, "LSUV overfits: it fits the training rows better and validates worse in loss, better in accuracy",
    at="each and best",
    terms="Differences lsuv less default at the end, over the pairs that finished: gap (held-out less training loss) "
    "above 0, training loss below 0, held-out loss above 0, held-out accuracy above 0.",
    said=Said(350, "the final metrics are much better for the training, and less good for validation"),
)  # fmt: skip
lsuv_overfits.part("gap larger")(lambda at: _judge_ends(at, "lsuv", "gap"))
lsuv_overfits.part("training loss lower")(lambda at: _judge_ends(at, "lsuv", "train_loss", above=False))
lsuv_overfits.part("held-out loss worse")(lambda at: _judge_ends(at, "lsuv", "loss"))
lsuv_overfits.part("held-out accuracy better")(lambda at: _judge_ends(at, "lsuv", "accuracy"))


@lsuv_overfits.part("a dip")
def measure_dip(at: Setting) -> Finding:
    """Lsuv's validation loss ends more than {LOSS_MARGIN} nats above its own minimum."""
    _, lsuv = at.pair("default", "lsuv")
    curves = lsuv["valid_loss"].values[lsuv.finished].astype(np.float64)
    return judge_mean(
        curves[:, -1] - curves.min(1), "nats", LOSS_MARGIN, thread=_printed("lsuv", "loss") - forum.LSUV_DIP
    )


@lsuv_overfits.part("gap larger at equal training loss")
def compare_gaps_at_equal_loss(at: Setting) -> Finding:
    """At the lowest level that both nets reach, where both trained."""
    pair = at.pair("default", "lsuv")
    trained = pair[0].trained & pair[1].trained
    train = [nets["train_loss"].values[trained].astype(np.float64) for nets in pair]  # [pairs, evaluations] each
    level = np.maximum(*(losses.min(1) for losses in train))
    gaps = []
    for nets, losses in zip(pair, train, strict=True):
        reached = (losses <= level[:, None]).argmax(1)[:, None]
        gap = nets["valid_loss"].values[trained].astype(np.float64) - losses
        gaps.append(np.take_along_axis(gap, reached, axis=1)[:, 0])
    return judge_mean(gaps[1] - gaps[0], "nats")
