"""Tests over seeds: short pure functions with fixed random seeds, so that a table is the same every time.

Runs of one seed are paired across initializers: same draws, same batches. Fewer than MIN_SEEDS pairs give no p-value.
"""

import numpy as np
import scipy  # loads scipy.stats where it is first used: most jobs do without, and save half of their start

from goodinit.arrays import Array
from goodinit.statistics.intervals import RANDOM_SEED, RESAMPLES

MIN_SEEDS = 6
BATCH = 1_000  # resamples at once, which keeps memory small and changes no value


def sign_flip_p(differences: Array) -> float:
    """Two-sided p-value that paired differences [n] are symmetric around 0, by flipping signs: exact up to 2^13
    flips, else Monte Carlo with a fixed seed. NaN for n < MIN_SEEDS or a difference that is not finite."""
    if len(differences) < MIN_SEEDS or not np.isfinite(differences).all():
        return np.nan
    test = scipy.stats.permutation_test(
        (differences,),
        lambda flipped, axis: np.mean(flipped, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=BATCH,
        rng=np.random.default_rng(RANDOM_SEED),
    )
    return float(test.pvalue)


def share_p(count: int, total: int, share: float) -> float:
    """Two-sided exact binomial p-value of count out of total against a share: all counts that are no likelier."""
    return float(scipy.stats.binomtest(count, total, share).pvalue)


def holm(p_values: Array) -> Array:
    """Adjusted p-values of Holm's (1979) step-down correction; NaN entries are no tests and stay NaN."""
    adjusted = np.full(len(p_values), np.nan)
    order = np.argsort(p_values)[: np.isfinite(p_values).sum()]
    steps = p_values[order] * (len(order) - np.arange(len(order)))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted


def median_time(times: Array) -> float:
    """Median of event times [n] with NaN for events that never came; NaN where half of them or more never came."""
    median = float(np.median(np.where(np.isnan(times), np.inf, times)))
    return median if np.isfinite(median) else np.nan
