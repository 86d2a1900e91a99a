"""Claims about how nets end: who is better, how sure one pair of runs is, overfitting."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from goodinit.arrays import Array, Flags
from goodinit.claims.claim import ACCURACY_MARGIN, LOSS_MARGIN, claim
from goodinit.claims.evidence import Setting, UntestableError
from goodinit.claims.verdicts import Finding, attempt, judge, judge_mean, require_seeds
from goodinit.runs.nets import Nets
from goodinit.statistics import inference
from goodinit.study import forum


@claim(11, "Kaiming's init for ReLU ends no better than the default", "each and best", "loss", "accuracy")
def kaiming_no_better(at: Setting) -> Iterator[Finding]:
    """By how much it ends better, paired over seeds: less than a margin ({LOSS_MARGIN} nats; {ACCURACY_MARGIN} of
    accuracy)."""
    default, kaiming = at.pair("default", "kaiming-relu")
    old, new = forum.END["default"], forum.END["kaiming-relu"]
    for metric, sign, margin, printed in (
        ("loss", -1, LOSS_MARGIN, old[1] - new[1]),
        ("accuracy", 1, ACCURACY_MARGIN, new[2] - old[2]),
    ):
        gain = sign * (kaiming.end(f"{at.part}_{metric}") - default.end(f"{at.part}_{metric}"))
        before, after = (float(nets.end(f"{at.part}_{metric}").mean()) for nets in (default, kaiming))
        yield judge_mean(
            f"{metric}", gain, UNITS[metric], margin, above=False, measured=after, default_value=before,
            thread_value=printed, note=_survivors(gain, default.finished & kaiming.finished),
        )  # fmt: skip


UNITS = {"loss": "nats", "accuracy": "accuracy"}


def _survivors(differences: Array, both: Flags) -> str:
    """The mean difference over the pairs of nets that both finished, where that is not all."""
    if both.all():
        return ""
    return (
        f"pairs that finished: {differences[both].mean():+.3f}, n = {both.sum()}" if both.any() else "no pair finished"
    )


@claim(
    12,
    "End results vary so much that one pair of runs often gets the sign of an init's effect wrong",
    "each and best",
    "kaiming-relu against default",
    "lsuv against default",
)
def wrong_signs(at: Setting) -> Iterator[Finding]:
    """Over all pairs of a default net and another init's net (any seeds): the share whose difference in end loss has
    not the sign of the mean difference, ties counting half: more than 20%. The direction is the whole sample's."""
    default = at.nets("default")

    def wrong(init: str) -> Finding:
        pair = (default.end(f"{at.part}_loss"), at.nets(init).end(f"{at.part}_loss"))
        require_seeds(min(map(len, pair)), "nets")
        direction = np.sign(pair[1].mean() - pair[0].mean())
        if direction == 0:
            raise UntestableError("there is no effect whose sign could be wrong")
        wrong, low, high = inference.pairs_interval(*pair, direction)
        part, unit = f"{init} against default", "share of pairs"
        return Finding(part, judge(low, high, 0.2), wrong, unit, len(pair[1]), wrong, unit, low, high)

    for init in ("kaiming-relu", "lsuv"):
        yield from attempt(f"{init} against default", partial(wrong, init))


@claim(
    17,
    "LSUV overfits: it fits the training rows better and validates worse in loss, better in accuracy",
    "each and best",
    "gap larger",
    "training loss lower",
    "held-out loss worse",
    "held-out accuracy better",
    "a dip",
    "gap larger at equal training loss",
)
def lsuv_overfits(at: Setting) -> Iterator[Finding]:
    """Differences lsuv less default at the end, paired over seeds: gap (held-out less training loss) above 0, training
    loss below 0, held-out loss above 0, held-out accuracy above 0. A dip: lsuv's validation loss ends more than
    {LOSS_MARGIN} nats above its own minimum. Gap larger at equal training loss: at the lowest level that both nets
    reach, where both trained."""
    default, lsuv = at.pair("default", "lsuv")
    old, new = forum.END["default, 80 epochs"], forum.END["lsuv"]
    held_out = f"{at.part}_loss"

    def compare(part: str, ends: Callable[[Nets], Array], unit: str, printed: float, above: bool = True) -> Finding:
        values, both = ends(lsuv) - ends(default), default.finished & lsuv.finished
        before, after = (float(ends(nets).mean()) for nets in (default, lsuv))
        return judge_mean(
            part, values, unit, above=above, measured=after, default_value=before, thread_value=printed,
            note=_survivors(values, both),
        )  # fmt: skip

    yield compare(
        "training loss lower", lambda nets: nets.end("train_loss"), "nats", new[0] - old[0], above=False
    )  # fmt: skip
    yield compare(
        "gap larger", lambda nets: nets.end(held_out) - nets.end("train_loss"), "nats",
        (new[1] - new[0]) - (old[1] - old[0]),
    )  # fmt: skip
    yield compare("held-out loss worse", lambda nets: nets.end(held_out), "nats", new[1] - old[1])
    yield compare("held-out accuracy better", lambda nets: nets.end(f"{at.part}_accuracy"), "accuracy", new[2] - old[2])

    def dip() -> Finding:
        curves = lsuv["valid_loss"].values[lsuv.finished].astype(np.float64)
        return judge_mean(
            "a dip", curves[:, -1] - curves.min(1), "nats", LOSS_MARGIN, thread_value=new[1] - forum.LSUV_DIP
        )

    yield from attempt("a dip", dip)

    def at_equal_loss() -> Finding:
        return judge_mean("gap larger at equal training loss", gap_at_equal_loss(default, lsuv), "nats")

    yield from attempt("gap larger at equal training loss", at_equal_loss)


def gap_at_equal_loss(first: Nets, second: Nets) -> Array:
    """Of pairs of trained nets: the gap (validation less training loss) of the second less that of the first, each at
    its first evaluation with a training loss at or below the lowest that both reach, [pairs]."""
    trained = first.trained & second.trained
    pairs = []
    for net in np.flatnonzero(trained):
        train = [nets["train_loss"].values[net].astype(np.float64) for nets in (first, second)]
        level = max(train[0].min(), train[1].min())
        at = [int((curve <= level).argmax()) for curve in train]
        gaps = [
            float(nets["valid_loss"].values[net, k]) - curve[k]
            for nets, curve, k in zip((first, second), train, at, strict=True)
        ]
        pairs.append(gaps[1] - gaps[0])
    return np.array(pairs)
