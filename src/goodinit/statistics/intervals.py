"""Intervals over seeds: short pure functions with fixed random seeds, so that a table is the same every time.

Those of shares stay within 0 and 1 and always have a width; a bootstrap of values that are all alike has none.
"""

from functools import lru_cache

import numpy as np
import scipy  # loads scipy.optimize where it is first used
from scipy import special

from goodinit.arrays import Array

RESAMPLES = 9999
RANDOM_SEED = 20190331
CONFIDENCE = 0.95

Interval = tuple[float, float]


def bootstrap_interval(values: Array) -> tuple[Array, Array]:
    """Bootstrap interval of the mean over seeds, values [n, …] -> two arrays […]; NaN for n < 2.

    Percentiles of resampled means (Efron & Tibshirani 1993, ch. 13), with tails expanded for small n (see tails). A
    resample of n seeds is a multinomial vector of counts, so all resampled means are one product; the same resamples
    serve every column.
    """
    n = len(values)
    if n < 2:
        return np.full(values.shape[1:], np.nan), np.full(values.shape[1:], np.nan)
    means = resample(n) @ values.reshape(n, -1)
    low, high = np.quantile(means, tails(n), axis=0).reshape(2, *values.shape[1:])
    return low, high


def spread_ratio(first: Array, second: Array) -> tuple[float, float, float]:
    """log10 of the std (ddof 1) of `second` over that of `first`, paired samples [n] each, with its bootstrap limits as
    bootstrap_interval's; NaN where a sample has no spread. Resamples in which neither has any say nothing and are left
    out."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return np.nan, np.nan, np.nan
    weights, n = resample(len(first)), len(first)
    deviations = [sample - (weights @ sample)[:, None] for sample in (first, second)]
    variances = [(weights * deviation**2).sum(1) for deviation in deviations]
    spread = (variances[0] > 0) | (variances[1] > 0)
    with np.errstate(divide="ignore"):
        resampled = (np.log10(variances[1][spread]) - np.log10(variances[0][spread])) / 2
    low, high = np.quantile(resampled, tails(n), method="inverted_cdf")  # no mean of an infinite and a finite one
    ratio = np.log10(second.std(ddof=1) / first.std(ddof=1))
    low, high = np.where(np.isfinite([low, high]), [low, high], np.nan)
    return float(ratio), float(low), float(high)


def pairs_interval(first: Array, second: Array, direction: float) -> tuple[float, float, float]:
    """Share of all pairs (one of first [n], one of second [m]) whose difference second - first has not the sign
    `direction`, ties counting half, with its limits; NaN where a sample has one observation.

    1 - share at direction 1 is the probability of superiority (Mann & Whitney 1947, U / nm). The limits are the shares
    that lie a normal quantile times their own standard error from it: Newcombe 2006, Statistics in Medicine 25, p. 559,
    method 5.
    """
    wrong = (1 - direction * np.sign(second[None, :] - first[:, None])) / 2
    share = float(wrong.mean())
    if min(len(first), len(second)) < 2:
        return share, np.nan, np.nan
    squared_quantile, nearly = float(special.ndtri((1 + CONFIDENCE) / 2)) ** 2, 1e-12

    def off(limit: float) -> float:
        more = ((len(first) + len(second)) / 2 - 1) * ((1 - limit) / (2 - limit) + limit / (1 + limit))
        variance = limit * (1 - limit) * (1 + more) / wrong.size
        return float((share - limit) ** 2 - squared_quantile * variance)

    low = scipy.optimize.brentq(off, 0, min(share, 1 - nearly)) if share else 0.0
    high = scipy.optimize.brentq(off, max(share, nearly), 1) if share < 1 else 1.0
    return share, low, high


def rank_correlation(first: Array, second: Array) -> tuple[float, float, float]:
    """Spearman's correlation of paired samples [n], ties averaged, with its limits by Fisher's z: ± a normal quantile
    times √((1 + ρ²/2) / (n - 3)), Bonett & Wright 2000, Psychometrika 65, p. 23. Samples in the same order count as if
    two neighbours were swapped, so that limits have a width. NaN where a sample is all alike or n < 4."""
    n = len(first)
    ranks = [scipy.stats.rankdata(sample) for sample in (first, second)]
    if n < 4 or min(map(np.ptp, ranks)) == 0:
        return np.nan, np.nan, np.nan
    correlation = float(np.corrcoef(ranks[0], ranks[1])[0, 1])
    most = 1 - 12 / (n * (n**2 - 1))
    inside = min(max(correlation, -most), most)
    half = float(special.ndtri((1 + CONFIDENCE) / 2)) * np.sqrt((1 + inside**2 / 2) / (n - 3))
    low, high = np.tanh(np.arctanh(inside) - half), np.tanh(np.arctanh(inside) + half)
    return correlation, float(low), float(high)


def share_interval(count: int, total: int) -> Interval:
    """Clopper-Pearson interval of a share count / total, from 0 to 1 where that is 0 / 0: Clopper & Pearson 1934, by
    quantiles of beta distributions."""
    tail = (1 - CONFIDENCE) / 2
    low = special.betaincinv(count, total - count + 1, tail) if count else 0.0
    high = special.betaincinv(count + 1, total - count, 1 - tail) if count < total else 1.0
    return float(low), float(high)


def tails(n: int) -> tuple[float, float]:
    """Shares of the resamples below and above an interval from n observations: Φ(-√(n/(n-1)) t) for the Student t of
    CONFIDENCE, n - 1 degrees of freedom, where plain percentiles would be too narrow (Hesterberg 2015, section 5.3)."""
    below = float(special.ndtr(-np.sqrt(n / (n - 1)) * special.stdtrit(n - 1, (1 + CONFIDENCE) / 2)))
    return below, 1 - below


@lru_cache(4)  # 80 kB times n each
def resample(n: int, seed: int = RANDOM_SEED) -> Array:
    """Weights of n observations in RESAMPLES bootstrap samples, [RESAMPLES, n], each row summing to 1."""
    return np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), RESAMPLES) / n
