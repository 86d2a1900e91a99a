"""The learning rate of every step: the thread's schedule around a peak."""

import math

import numpy as np

from goodinit import special
from goodinit.arrays import Array

START_RATE, END_RATE, WARMUP_SHARE = 0.003, 0.002, 0.3
# the rate that does about what 1 does in plain SGD: momentum sums ten gradients; Adam's default rate is 0.001
UNITS = {"momentum": 0.1, "adamw": 0.01}


def learning_rates(peak: float, steps: int, optimizer: str = "sgd") -> Array:
    """Cosine from START_RATE up to the peak over WARMUP_SHARE of the steps, then down towards END_RATE, both in the
    optimizer's UNITS, else as they are: [steps].

    As fast.ai's combine_scheds([0.3, 0.7], [sched_cos, sched_cos]); cosine annealing: Loshchilov & Hutter 2017, eq. 5.
    """
    unit = UNITS.get(optimizer, 1.0)
    start, end = START_RATE * unit, END_RATE * unit
    position = np.arange(steps) / steps
    rising = np.minimum(position / WARMUP_SHARE, 1)
    falling = np.maximum((position - WARMUP_SHARE) / (1 - WARMUP_SHARE), 0)
    up = start + (peak - start) * (1 - special.cosine(math.pi * rising)) / 2
    return np.where(position < WARMUP_SHARE, up, peak + (end - peak) * (1 - special.cosine(math.pi * falling)) / 2)
