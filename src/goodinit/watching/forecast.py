"""Is a plateau ahead? Told from one batch before training, by the line of claim 30."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from torch import Tensor

from goodinit import GoodinitError
from goodinit.claims.claim import LINE
from goodinit.runs.plateau import PLATEAU_STEPS

PASSED_ON = 1 / math.sqrt(3)  # of the signal by torch's default output layer: fan_in weights of variance 1/(3 fan_in)


@dataclass(frozen=True)
class Forecast:
    """When a net should get out. tau: the sum of the learning rates that it takes; budget: that of the whole schedule
    of so many steps; step: the first one by which the schedule has spent tau, None where it never does."""

    tau: float
    budget: float
    steps: int
    step: int | None

    @property
    def plateau(self) -> bool:
        """Whether the net should rest for as long as the study calls a plateau, PLATEAU_STEPS."""
        return self.step is None or self.step >= PLATEAU_STEPS

    def __str__(self) -> str:
        if self.step is None:
            ahead = f"a plateau is ahead that outlasts the schedule of {self.steps} steps"
        elif self.plateau:
            ahead = f"a plateau is ahead, until about step {self.step} of {self.steps}"
        else:
            ahead = f"no plateau is ahead: the net should be out by about step {self.step} of {self.steps}"
        sums = f"learning rates must sum to about {shorten(self.tau)}; the schedule's sum to {shorten(self.budget)}"
        return f"{ahead} ({sums})"


def shorten(number: float) -> str:
    """Its first two digits, with zeros for the others."""
    return f"{float(f'{number:.2g}'):g}"


def foretell(signal: float | Tensor, rates: ArrayLike) -> Forecast:
    """When a net should get out whose logits have this signal on a batch before training (see measure_signal), at these
    learning rates of all steps.

    The line is that of claim 30, log10 tau = LINE[0] + LINE[1] log10 signal, of the signal after the last hidden layer,
    which is that of the logits over PASSED_ON. It was fitted to nets of ten hidden layers of 40 units from torch's
    default init, trained by plain SGD on one table, and is no more than an order of magnitude for others (claim 34; the
    figure `prediction` of the report has nets of other shapes and tables). Raises GoodinitError for a signal or rates
    that are negative or not finite.
    """
    signal, sums = float(signal), np.append(0, np.cumsum(rates))
    if not 0 <= signal < math.inf:
        raise GoodinitError(f"the signal of the logits is {signal}; check the features of the batch for missing values")
    if not (np.isfinite(sums).all() and (np.diff(sums) >= 0).all()):
        raise GoodinitError("a learning rate is negative or not finite; give those of all steps")
    tau = 10 ** LINE[0] * (signal / PASSED_ON) ** LINE[1] if signal else math.inf
    budget = float(sums[-1])
    step = int(np.searchsorted(sums, tau)) if tau < budget else None
    return Forecast(tau, budget, len(sums) - 1, step)
