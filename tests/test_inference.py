"""Our short statistics against scipy's and against enumeration."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from goodinit.inference import bootstrap_interval, median_time, rank_times, share_interval, sign_flip_p


def test_bootstrap_agrees_with_scipy_column_by_column() -> None:
    values = np.random.default_rng(1).exponential(size=(20, 3))
    low, high = bootstrap_interval(values)
    slack = 0.045  # 4 standard errors of the two simulated quantiles
    for column in range(3):
        theirs = stats.bootstrap(
            (values[:, column],), np.mean, n_resamples=40_000, method="percentile", rng=np.random.default_rng(2)
        )
        assert low[column] == pytest.approx(theirs.confidence_interval.low, abs=slack)
        assert high[column] == pytest.approx(theirs.confidence_interval.high, abs=slack)
    np.testing.assert_array_equal(bootstrap_interval(values)[0], low)
    assert np.isnan(bootstrap_interval(values[:1])).all()


def test_sign_flips_equal_enumeration() -> None:
    differences = np.random.default_rng(3).normal(0.5, size=9)
    flips = np.array(list(product([-1, 1], repeat=9)))
    extreme = np.abs((flips * differences).mean(1)) >= abs(differences.mean()) - 1e-12
    assert sign_flip_p(differences) == pytest.approx(extreme.mean())


def test_sign_flips_keep_their_level() -> None:
    draws = np.random.default_rng(4).normal(size=(300, 8))
    rejected = np.mean([sign_flip_p(sample) <= 0.05 for sample in draws])
    assert rejected == pytest.approx(0.05, abs=3.5 * np.sqrt(0.05 * 0.95 / 300))


def test_too_few_pairs_give_no_p_value() -> None:
    assert np.isnan(sign_flip_p(np.ones(5)))
    assert sign_flip_p(np.ones(6)) == pytest.approx(2 / 2**6)


def test_censored_times_rank_last_and_have_no_median() -> None:
    ours, theirs = rank_times(np.array([3.0, np.nan]), np.array([np.nan, 1.0]))
    assert ours.tolist() == [2, 3.5]
    assert theirs.tolist() == [3.5, 1]
    assert median_time(np.array([1.0, 2.0, np.nan])) == 2
    assert np.isnan(median_time(np.array([1.0, np.nan, np.nan])))


def test_share_interval_is_clopper_pearson() -> None:
    low, high = share_interval(3, 20)
    assert low == pytest.approx(stats.beta.ppf(0.025, 3, 18))
    assert high == pytest.approx(stats.beta.ppf(0.975, 4, 17))
