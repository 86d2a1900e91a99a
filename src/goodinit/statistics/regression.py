"""Straight lines through times of which some were never seen to end."""

import numpy as np
from scipy import special

from goodinit.arrays import Array, Flags

STEPS, CLOSE = 2000, 1e-11  # of the iteration: at most, and when it ends
FAR = 1e4  # errors beyond a line: a value that counts is never as far, one of weight 0 may be


def censored_regression(design: Array, values: Array, censored: Flags, weights: Array) -> Array:
    """Coefficients [samples, k] of values = design · coefficients + normal error, by maximum likelihood.

    design: [n, k], with a column of ones for an intercept; values: [n], where `censored` [n] the largest value that was
    ruled out; weights: how often each observation counts in a sample, [samples, n]. Tobin 1958 with limits on the other
    side, by the EM algorithm: a censored value is replaced by its expectation (Aitkin 1981, Technometrics 23, p. 161).
    Without censoring it is least squares. NaN for a sample whose observations that are not censored do not determine a
    line.
    """
    products = np.einsum("sn,ni,nj->sij", weights * ~censored, design, design)
    found = np.full((len(weights), design.shape[1]), np.nan)
    left = np.flatnonzero(np.linalg.matrix_rank(products, hermitian=True) == design.shape[1])  # to find
    weights = weights[left]
    normal = np.linalg.inv(np.einsum("sn,ni,nj->sij", weights, design, design))
    expected, spread = np.broadcast_to(values, weights.shape), np.zeros_like(weights)
    for _ in range(STEPS):
        found[left] = np.einsum("sij,sj->si", normal, (weights * expected) @ design)
        line = found[left] @ design.T
        squares = (weights * ((expected - line) ** 2 + spread)).sum(1) / weights.sum(1)
        error = np.sqrt(squares)[:, None]
        beyond = np.minimum((values - line) / np.where(error > 0, error, np.inf), FAR)
        hazard = np.exp(-(beyond**2) / 2 - special.log_ndtr(-beyond)) / np.sqrt(2 * np.pi)
        before, expected = expected, np.where(censored, line + error * hazard, values)
        spread = np.where(censored, error**2 * (1 + beyond * hazard - hazard**2), 0.0)
        moved = np.abs(expected - before).max(1) >= CLOSE
        left, weights, normal = left[moved], weights[moved], normal[moved]
        expected, spread = expected[moved], spread[moved]
        if not len(left):
            break
    return found
