"""Statistics over seeds: short pure functions with fixed random seeds, so that a table is the same every time.

Runs of one seed are paired across initializers: same draws, same batches. Fewer than MIN_SEEDS pairs give no p-value.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

MIN_SEEDS = 6
RESAMPLES = 9999
RANDOM_SEED = 20190331
CONFIDENCE = 0.95

Array = NDArray[np.float64]
Interval = tuple[float, float]


def bootstrap_interval(values: Array) -> tuple[Array, Array]:
    """Percentile bootstrap interval of the mean over seeds, values [n, …] -> two arrays […]; NaN for n < 2.

    Efron & Tibshirani 1993, ch. 13. A resample of n seeds is a multinomial vector of counts, so all resampled means are
    one product; the same resamples serve every column.
    """
    n = len(values)
    if n < 2:
        return np.full(values.shape[1:], np.nan), np.full(values.shape[1:], np.nan)
    counts = np.random.default_rng(RANDOM_SEED).multinomial(n, np.full(n, 1 / n), RESAMPLES)
    means = (counts / n) @ values.reshape(n, -1)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(means, [tail, 1 - tail], axis=0).reshape(2, *values.shape[1:])
    return low, high


def sign_flip_p(differences: Array) -> float:
    """Two-sided p-value that paired differences [n] are symmetric around 0, by flipping signs: exact up to 2^13
    flips, else Monte Carlo with a fixed seed. NaN for n < MIN_SEEDS."""
    if len(differences) < MIN_SEEDS:
        return np.nan
    test = stats.permutation_test(
        (differences,),
        lambda flipped, axis: np.mean(flipped, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=RESAMPLES,
        rng=np.random.default_rng(RANDOM_SEED),
    )
    return float(test.pvalue)


def share_interval(count: int, total: int) -> Interval:
    """Clopper-Pearson interval of a share count / total."""
    interval = stats.binomtest(count, total).proportion_ci(CONFIDENCE, method="exact")
    return float(interval.low), float(interval.high)


def rank_times(*times: Array) -> tuple[Array, ...]:
    """Ranks (1 …, ties averaged) of several samples [n] among all of them; NaN, an event that never came, is last."""
    pooled = np.concatenate(times)
    ranks = stats.rankdata(np.where(np.isnan(pooled), np.inf, pooled))
    return tuple(np.split(ranks, np.cumsum([len(sample) for sample in times])[:-1]))


def median_time(times: Array) -> float:
    """Median of event times [n] with NaN for events that never came; NaN where half of them or more never came."""
    median = float(np.median(np.where(np.isnan(times), np.inf, times)))
    return median if np.isfinite(median) else np.nan
