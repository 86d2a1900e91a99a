"""The censored regression against a maximum of the likelihood found otherwise, and against least squares."""

import math

import numpy as np
import pytest
from scipy import optimize, stats

from goodinit.arrays import Array, Flags
from goodinit.statistics import intervals
from goodinit.statistics.regression import censored_regression

TRUTH = np.array([1.0, 2.0])


def simulate(rng: np.random.Generator, n: int, limit: float) -> tuple[Array, Array, Flags]:
    """A line with noise of std 0.5, seen up to a limit: design, values, and which of these are the limit."""
    design = np.column_stack([np.ones(n), rng.uniform(size=n)])
    values = design @ TRUTH + 0.5 * rng.normal(size=n)
    return design, np.minimum(values, limit), values > limit


def maximum(design: Array, values: Array, censored: Flags, weights: Array) -> Array:
    """Where the likelihood is largest, by a method that needs no derivative."""

    def surprise(parameters: Array) -> float:
        line, error = design @ parameters[:-1], math.exp(parameters[-1])
        seen, beyond = stats.norm.logpdf(values, line, error), stats.norm.logsf(values, line, error)
        return -float((weights * np.where(censored, beyond, seen)).sum())

    found = optimize.minimize(surprise, np.zeros(design.shape[1] + 1), method="Nelder-Mead", tol=1e-10)
    assert found.success
    return np.array(found.x[:-1])


@pytest.mark.parametrize("limit", [2.8, 2.0, 1.4])
def test_the_likelihood_is_at_its_maximum(limit: float) -> None:
    rng = np.random.default_rng(21)
    design, values, censored = simulate(rng, 40, limit)
    assert 0 < censored.sum() < 36
    weights = np.vstack([np.ones(40), rng.integers(0, 4, (2, 40))]).astype(float)
    found = censored_regression(design, values, censored, weights)
    expected = [maximum(design, values, censored, row) for row in weights]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_limits_may_differ_from_one_value_to_the_next() -> None:
    rng = np.random.default_rng(22)
    limits = rng.uniform(1, 3, 30)
    design, values, _ = simulate(rng, 30, np.inf)
    censored = values > limits
    values = np.minimum(values, limits)
    found = censored_regression(design, values, censored, np.ones((1, 30)))[0]
    np.testing.assert_allclose(found, maximum(design, values, censored, np.ones(30)), rtol=1e-5)
    assert found[1] > np.linalg.lstsq(design, values)[0][1] + 0.1, "as if seen, they would flatten the line"


def test_without_censoring_it_is_least_squares() -> None:
    design, values, censored = simulate(np.random.default_rng(23), 20, np.inf)
    found = censored_regression(design, values, censored, np.ones((1, 20)))[0]
    np.testing.assert_allclose(found, np.linalg.lstsq(design, values)[0], rtol=1e-9)


def test_a_weight_is_a_number_of_equal_rows() -> None:
    rng = np.random.default_rng(24)
    design, values, censored = simulate(rng, 20, 2.0)
    counts = rng.integers(0, 4, 20)
    rows = np.repeat(np.arange(20), counts)
    found = censored_regression(design, values, censored, counts[None].astype(float))
    repeated = censored_regression(design[rows], values[rows], censored[rows], np.ones((1, len(rows))))
    np.testing.assert_allclose(found, repeated, rtol=1e-8)


def test_what_is_seen_must_determine_a_line_in_each_sample_for_itself() -> None:
    design = np.column_stack([np.ones(6), [0, 0, 0, 1, 1, 1]])
    values, censored = np.array([1.0, 1.2, 1.1, 2.0, 2.1, 2.5]), np.array([False] * 4 + [True] * 2)
    weights = np.array([[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 2, 1], [0, 0, 0, 1, 1, 1], [2, 1, 0, 1, 2, 0]], float)
    found = censored_regression(design, values, censored, weights)
    np.testing.assert_array_equal(np.isnan(found).any(1), [False, True, True, False])
    np.testing.assert_array_equal(np.isnan(found).all(1), np.isnan(found).any(1))
    np.testing.assert_allclose(found[3], censored_regression(design, values, censored, weights[3:])[0])


def test_bootstrap_limits_of_a_slope_cover_the_truth_and_would_not_if_limits_were_values() -> None:
    rng, n, times = np.random.default_rng(25), 20, 60
    counts = np.vstack([np.ones(n), intervals.resample(n)[:99] * n])
    held = np.zeros(2)
    for _ in range(times):
        design, values, censored = simulate(rng, n, 2.1)
        for way, flags in enumerate((censored, np.zeros(n, bool))):
            slopes = censored_regression(design, values, flags, counts)[:, 1]
            low, high = np.nanquantile(slopes[1:], intervals.tails(n))
            held[way] += low <= TRUTH[1] <= high
    error = math.sqrt(0.95 * 0.05 / times)
    assert held[0] / times > 0.95 - 3 * error > 0.8 > held[1] / times + 3 * error
