"""The null net, which ignores its input: what it scores, and that a diverged net counts as one.

Once a net has diverged it has no loss, and its metrics are NaN. Wherever nets are compared it is charged what the null
net scores: a loss of H, the entropy of the training class shares, and the accuracy of naming the commonest class.
"""

import numpy as np
import numpy.typing as npt

from goodinit import arithmetic
from goodinit.arrays import Array, Integers

SCORE = {"loss": "null_loss", "accuracy": "majority_share"}  # the null net's, as run files and tables call it


def null_loss(labels: Integers) -> float:
    """Entropy H = -Σ p ln p (nats) of the class shares in labels [rows]: the best loss without looking at the input."""
    shares = np.bincount(labels) / len(labels)
    present = shares[shares > 0]
    return float(-(present * arithmetic.log(present)).sum())


def majority_share(labels: Integers) -> float:
    """Share of the commonest class in labels [rows]: the accuracy of a net that ignores its input."""
    return float(np.bincount(labels).max() / len(labels))


def score_of(metric: str) -> str:
    """What the null net's score in a metric ("valid_loss", "accuracy") is called."""
    return SCORE[metric.rpartition("_")[2]]


def charge_diverged(values: npt.ArrayLike, score: npt.ArrayLike) -> Array:
    """The values […] with `score`, a number or one for each, for those that are NaN."""
    measured: Array = np.asarray(values)
    diverged = np.isnan(measured)
    return np.where(diverged, np.asarray(score, np.float64), measured) if diverged.any() else measured
