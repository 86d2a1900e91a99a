"""The null net, which ignores its input: what it scores, and that a diverged net counts as one.

Once a net has diverged it has no loss, and its metrics are NaN. Where a peak is chosen or ends are compared it is
charged what the null net scores, which gives every class its share of the training rows: on these a loss of H, their
entropy, on held-out rows a little more; and the accuracy of naming the commonest class.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from goodinit import arithmetic
from goodinit.arrays import Array, Arrays, Integers

SCORE = {"loss": "null_loss", "accuracy": "majority_share"}  # the null net's, as run files and tables call it


def null_loss(labels: Integers, held_out: Integers) -> float:
    """Cross-entropy -Σ q ln p (nats) of the class shares p in labels [rows] on those q in held_out [rows]: the loss
    without looking at the input. On the labels themselves it is their entropy H, the best such loss; infinite where
    held_out has a class that they lack."""
    shares = np.bincount(labels, minlength=held_out.max() + 1) / len(labels)
    there = np.bincount(held_out, minlength=len(shares)) / len(held_out)
    present = there > 0
    return float(-(there[present] * arithmetic.log(shares[present])).sum())


def majority_share(labels: Integers, held_out: Integers) -> float:
    """Share in held_out [rows] of the commonest class in labels [rows]: the accuracy of naming that one always."""
    return float((held_out == np.bincount(labels).argmax()).mean())


def scores(labels: Mapping[str, Integers]) -> Arrays:
    """What the null net of the part "train" scores in every part, by the names that score_of gives."""
    return {
        score_of(f"{part}_{metric}"): np.array(score(labels["train"], held_out))
        for part, held_out in labels.items()
        for metric, score in (("loss", null_loss), ("accuracy", majority_share))
    }


def score_of(metric: str) -> str:
    """What the null net's score in a metric ("valid_loss", "train_accuracy", "loss") is called."""
    part, _, kind = metric.rpartition("_")
    return SCORE[kind] if part in ("", "train") else f"{part}_{SCORE[kind]}"


def charge_diverged(values: npt.ArrayLike, score: npt.ArrayLike) -> Array:
    """The values […] with `score`, a number or one for each, for those that are NaN."""
    measured: Array = np.asarray(values)
    diverged = np.isnan(measured)
    return np.where(diverged, np.asarray(score, np.float64), measured) if diverged.any() else measured
