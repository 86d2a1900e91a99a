"""What is done against overfitting, by name, as configs and run files spell it."""

import contextlib
import math
from typing import NamedTuple

from goodinit import GoodinitError


class Regularization(NamedTuple):
    """dropout: probability that a hidden activation is dropped; weight_decay: decoupled, times the learning rate;
    early_stopping: restore the evaluation with the lowest validation loss."""

    dropout: float = 0.0
    weight_decay: float = 0.0
    early_stopping: bool = False


def read_regularization(name: str) -> Regularization:
    """ "none", "early-stopping", "dropout-0.1", "weight-decay-0.01". Raises GoodinitError for anything else."""
    kind, _, strength = name.rpartition("-")
    with contextlib.suppress(ValueError):
        if name in ("none", "early-stopping"):
            return Regularization(early_stopping=name == "early-stopping")
        if kind == "dropout" and 0 < float(strength) < 1:
            return Regularization(dropout=float(strength))
        if kind == "weight-decay" and 0 < float(strength) < math.inf:
            return Regularization(weight_decay=float(strength))
    raise GoodinitError(
        f"unknown regularization {name!r}; write none, early-stopping, dropout-P (0 < P < 1) or weight-decay-L (L > 0)"
    )
