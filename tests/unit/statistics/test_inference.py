"""Our short statistics against scipy, rliable, statsmodels, pandas, lifelines, and against enumeration."""

import math
import statistics
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from rliable.library import get_interval_estimates  # type: ignore[import-untyped]
from scipy import stats
from statsmodels.stats.multitest import multipletests  # type: ignore[import-untyped]
from statsmodels.stats.proportion import proportion_confint  # type: ignore[import-untyped]

from goodinit.arrays import Array
from goodinit.statistics import inference
from goodinit.statistics.inference import holm, median_time, share_p, sign_flip_p
from goodinit.statistics.intervals import (
    bootstrap_interval,
    pairs_interval,
    rank_correlation,
    share_interval,
    spread_ratio,
)

TIMES = st.lists(st.one_of(st.just(math.nan), st.integers(0, 9).map(float)), min_size=1, max_size=12).map(np.array)


def expanded(n: int) -> float:
    """Confidence of plain percentiles that are as wide as Student's t makes them, with n for n - 1 corrected."""
    return 1 - 2 * statistics.NormalDist().cdf(-math.sqrt(n / (n - 1)) * stats.t.isf(0.025, n - 1))


def test_bootstrap_agrees_with_scipy_column_by_column() -> None:
    values = np.random.default_rng(1).exponential(size=(20, 3))
    low, high = bootstrap_interval(values)
    slack = 0.055  # 4 standard errors of the two simulated quantiles
    for column in range(3):
        theirs = stats.bootstrap(
            (values[:, column],),
            np.mean,
            n_resamples=40_000,
            confidence_level=expanded(20),
            method="percentile",
            rng=np.random.default_rng(2),
        )
        assert low[column] == pytest.approx(theirs.confidence_interval.low, abs=slack)
        assert high[column] == pytest.approx(theirs.confidence_interval.high, abs=slack)
    np.testing.assert_array_equal(bootstrap_interval(values)[0], low)
    assert np.isnan(bootstrap_interval(values[:1])).all()


@pytest.mark.parametrize("n", [7, 13, 20])
def test_resampling_in_batches_changes_no_p_value(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    differences = np.random.default_rng(n).normal(size=n) + 0.3
    p_values = []
    for batch in (100_000, 1_000, 77):
        monkeypatch.setattr(inference, "BATCH", batch)
        p_values.append(sign_flip_p(differences))
    assert 0 < p_values[0] < 1
    assert p_values == p_values[:1] * 3


def test_bootstrap_agrees_with_rliable() -> None:
    values = np.random.default_rng(1).exponential(size=(20, 3))
    np.random.seed(5)  # noqa: NPY002 rliable draws from it, whatever random_state it is given
    _, theirs = get_interval_estimates(
        {"made": values}, lambda scores: scores.mean(0), reps=20_000, confidence_interval_size=expanded(20)
    )
    np.testing.assert_allclose(bootstrap_interval(values), theirs["made"], rtol=0, atol=0.075)  # 4 standard errors


def test_bootstrap_of_the_smallest_and_flattest_samples() -> None:
    low, high = bootstrap_interval(np.array([1.0, 3.0]))
    assert [low, high] == [1, 3], "a quarter of the resamples of two is one of them twice"
    np.testing.assert_allclose(bootstrap_interval(np.full((5, 2), 0.1)), 0.1)
    assert np.isnan(bootstrap_interval(np.array([1.0]))).all()
    assert bootstrap_interval(np.ones((1, 4, 3)))[0].shape == bootstrap_interval(np.ones((2, 4, 3)))[0].shape == (4, 3)


def test_spread_ratio_agrees_with_scipy_on_pairs() -> None:
    first, noise = np.random.default_rng(6).normal(size=(2, 20))
    second = first + 2 * noise
    ratio, low, high = spread_ratio(first, second)
    assert ratio == pytest.approx(math.log10(statistics.stdev(second) / statistics.stdev(first)))
    theirs = stats.bootstrap(
        (first, second),
        lambda x, y, axis: np.log10(np.std(y, axis=axis, ddof=1) / np.std(x, axis=axis, ddof=1)),
        n_resamples=20_000,
        confidence_level=expanded(20),
        paired=True,
        vectorized=True,
        method="percentile",
        rng=np.random.default_rng(7),
    ).confidence_interval
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=0.02)  # 4 standard errors, sd .09
    assert spread_ratio(second, first)[0] == pytest.approx(-ratio)
    assert spread_ratio(first, 10 * first) == pytest.approx((1, 1, 1))


def test_spread_ratio_without_spread_has_no_limits() -> None:
    flat, spread = np.zeros(8), np.arange(8.0)
    for pair in ((flat, spread), (spread, flat), (flat, flat)):
        assert np.isnan(spread_ratio(*pair)[1:]).all()


def test_pairs_agree_with_mann_whitney() -> None:
    rng = np.random.default_rng(8)
    first, second = rng.normal(size=12), rng.normal(0.7, size=9)
    share, low, high = pairs_interval(first, second, 1.0)
    assert 1 - share == pytest.approx(stats.mannwhitneyu(second, first).statistic / (12 * 9))
    for limit in (
        low,
        high,
    ):  # 1.96 standard errors, Hanley & McNeil's with the mean of both sizes for each
        more = (21 / 2 - 1) * ((1 - limit) / (2 - limit) + limit / (1 + limit))
        assert abs(share - limit) == pytest.approx(1.959964 * math.sqrt(limit * (1 - limit) * (1 + more) / 108))
    assert pairs_interval(first, second, -1.0) == pytest.approx((1 - share, 1 - high, 1 - low))


@given(*[st.lists(st.integers(0, 4).map(float), min_size=1, max_size=9).map(np.array)] * 2)
def test_pairs_count_ties_half_and_limits_are_shares_apart(first: Array, second: Array) -> None:
    share, low, high = pairs_interval(first, second, 1.0)
    wins = sum(1.0 if y > x else 0.5 if y == x else 0.0 for x, y in product(first, second))
    assert share == pytest.approx(1 - wins / (len(first) * len(second)))
    if min(len(first), len(second)) == 1:
        assert np.isnan([low, high]).all()
    else:
        assert 0 <= low <= share <= high <= 1
        assert high - low > 0.1


def test_pairs_of_separate_samples_are_not_certain() -> None:
    assert pairs_interval(np.zeros(20), np.ones(20), 1.0) == pytest.approx((0, 0, 0.1013), abs=1e-4)
    assert pairs_interval(np.ones(20), np.zeros(20), 1.0) == pytest.approx((1, 0.8987, 1), abs=1e-4)
    assert pairs_interval(np.ones(1), np.zeros(1), 1.0) == pytest.approx((1, np.nan, np.nan), nan_ok=True)


def test_rank_correlation_agrees_with_scipy() -> None:
    rng = np.random.default_rng(12)
    first = rng.normal(size=20).round(1)  # with ties
    second = first + rng.normal(size=20)
    correlation, low, high = rank_correlation(first, second)
    assert correlation == pytest.approx(stats.spearmanr(first, second).statistic)
    error = math.sqrt((1 + correlation**2 / 2) / 17)
    assert (math.atanh(high) - math.atanh(low)) / 2 == pytest.approx(1.959964 * error)
    assert rank_correlation(first, -second) == pytest.approx((-correlation, -high, -low))
    assert rank_correlation(first, np.append(second[:-1], np.inf))[0] < 1, "what never came is last"


def test_rank_correlation_is_never_certain() -> None:
    order = np.arange(10.0)
    correlation, low, high = rank_correlation(order, order**3)
    assert correlation == pytest.approx(1)
    assert 0.9 < low < high < 1
    assert np.isnan(rank_correlation(order, np.ones(10))).all()
    assert np.isnan(rank_correlation(order[:3], order[:3])).all()


def test_rank_correlation_covers_the_truth() -> None:
    rng, truth, held = np.random.default_rng(13), 6 / math.pi * math.asin(0.6 / 2), 0  # of normal pairs: Pearson 1907
    for _ in range(400):
        first, noise = rng.normal(size=(2, 20))
        _, low, high = rank_correlation(first, 0.6 * first + 0.8 * noise)
        held += low <= truth <= high
    assert held / 400 > 0.95 - 3 * math.sqrt(0.95 * 0.05 / 400)


def test_sign_flips_equal_enumeration() -> None:
    differences = np.random.default_rng(3).normal(0.5, size=9)
    flips = np.array(list(product([-1, 1], repeat=9)))
    extreme = np.abs((flips * differences).mean(1)) >= abs(differences.mean()) - 1e-12
    assert sign_flip_p(differences) == pytest.approx(extreme.mean())


@given(st.lists(st.integers(-4, 4), min_size=6, max_size=9))
def test_sign_flips_of_ties_and_zeros_equal_enumeration(differences: list[int]) -> None:
    sums = [
        sum(math.prod(pair) for pair in zip(flip, differences, strict=True))
        for flip in product([-1, 1], repeat=len(differences))
    ]
    extreme = sum(abs(flipped) >= abs(sum(differences)) for flipped in sums)
    assert sign_flip_p(np.array(differences, float)) == pytest.approx(extreme / len(sums))


def test_many_sign_flips_are_drawn_and_close_to_enumeration() -> None:
    differences = np.random.default_rng(10).normal(0.7, size=16)
    flips = 1 - 2 * (np.arange(2**16)[:, None] >> np.arange(16) & 1)
    exact = np.mean(np.abs(flips @ differences) >= abs(differences.sum()) - 1e-9)
    assert 0.01 < exact < 0.5
    assert sign_flip_p(differences) == pytest.approx(exact, abs=4 * 2 * np.sqrt(exact / 2 / 9999))
    assert sign_flip_p(differences) == sign_flip_p(differences)
    assert sign_flip_p(np.ones(16)) >= 2 / 10_000, "never 0: the data are one of the flips"


def test_sign_flips_keep_their_level() -> None:
    draws = np.random.default_rng(4).normal(size=(300, 8))
    rejected = np.mean([sign_flip_p(sample) <= 0.05 for sample in draws])
    assert rejected == pytest.approx(0.05, abs=3.5 * np.sqrt(0.05 * 0.95 / 300))


def test_too_few_pairs_give_no_p_value() -> None:
    assert np.isnan([sign_flip_p(np.ones(n)) for n in range(6)]).all()
    assert sign_flip_p(np.ones(6)) == pytest.approx(2 / 2**6)
    assert sign_flip_p(np.zeros(6)) == 1


def chance(count: int, total: int, share: float) -> float:
    return math.comb(total, count) * share**count * (1 - share) ** (total - count)


@pytest.mark.parametrize(("count", "total"), [(3, 20), (0, 6), (6, 6), (1, 1), (5, 10)])
def test_share_interval_is_clopper_pearson(count: int, total: int) -> None:
    low, high = share_interval(count, total)
    assert (low, high) == pytest.approx(proportion_confint(count, total, method="beta"))
    below = sum(chance(k, total, high) for k in range(count + 1))
    above = sum(chance(k, total, low) for k in range(count, total + 1))
    assert (low == 0) if count == 0 else above == pytest.approx(0.025)
    assert (high == 1) if count == total else below == pytest.approx(0.025)


@given(st.integers(1, 25), st.data(), st.sampled_from([0.1, 0.2, 0.5, 0.9]))
def test_share_p_sums_the_chances_that_are_no_larger(total: int, data: st.DataObject, share: float) -> None:
    count = data.draw(st.integers(0, total))
    chances = [chance(k, total, share) for k in range(total + 1)]
    expected = sum(each for each in chances if each <= chances[count] * (1 + 1e-7))
    assert share_p(count, total, share) == pytest.approx(expected)


@given(st.lists(st.one_of(st.just(math.nan), st.sampled_from([0.0, 0.001, 0.01, 0.02, 0.04, 0.3, 1.0])), max_size=7))
def test_holm_is_the_closed_test_of_bonferroni(p_values: list[float]) -> None:
    tests = [i for i, p in enumerate(p_values) if not math.isnan(p)]
    expected = np.full(len(p_values), np.nan)
    for i in tests:  # the largest p-value of all joint hypotheses that contain i
        joint = [others for size in range(1, len(tests) + 1) for others in combinations(tests, size) if i in others]
        expected[i] = max(min(1.0, len(others) * min(p_values[j] for j in others)) for others in joint)
    np.testing.assert_allclose(holm(np.array(p_values)), expected)


def test_holm_agrees_with_statsmodels() -> None:
    p_values = np.random.default_rng(11).beta(0.5, 5, size=40).round(2)
    np.testing.assert_allclose(holm(p_values), multipletests(p_values, method="holm")[1])
    among_missing = holm(np.insert(p_values, [0, 7, 40], np.nan))
    np.testing.assert_array_equal(among_missing[~np.isnan(among_missing)], holm(p_values))


@given(TIMES)
def test_median_time_is_that_of_kaplan_and_meier(times: Array) -> None:
    never = np.isnan(times)
    expected = statistics.median(np.where(never, math.inf, times))
    np.testing.assert_equal(median_time(times), np.nan if math.isinf(expected) else expected)
    if len(times) % 2:  # of an even number they take the earlier of the two in the middle, not the mean
        fit = KaplanMeierFitter().fit(np.where(never, 100, times), ~never)
        assert expected == fit.median_survival_time_


def test_where_half_never_came_there_is_no_median() -> None:
    assert median_time(np.array([1.0, 2.0, np.nan])) == 2
    assert np.isnan(median_time(np.array([1.0, np.nan, np.nan])))
    assert np.isnan(median_time(np.array([1.0, np.nan])))
