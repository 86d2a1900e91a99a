"""The definitions, on losses drawn by hand and, for generated ones, against plain loops."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from goodinit.arrays import Array
from goodinit.runs.plateau import (
    ESCAPE_BELOW,
    collapse_span,
    diverged_step,
    escape_step,
    outcome,
    plateau_span,
    trailing_loss,
)

H = 2.0
STEPS = 1000


def steps(*pieces: tuple[int, float]) -> Array:
    return np.concatenate([np.full(length, value) for length, value in pieces])


def test_trailing_loss_is_a_plain_running_mean() -> None:
    loss = np.random.default_rng(0).normal(size=(3, 200))
    loss[2, 150] = np.nan
    trailing = trailing_loss(loss)
    assert np.isnan(trailing[:, :45]).all()
    for step in (45, 46, 149, 199):
        np.testing.assert_allclose(trailing[:2, step], loss[:2, step - 45 : step + 1].mean(-1))
    assert np.isfinite(trailing[2, 45:150]).all()
    assert np.isnan(trailing[2, 150:]).all()


def test_one_huge_loss_is_forgotten_after_the_window() -> None:
    loss = np.full((1, STEPS), H)
    loss[0, 300] = 1e17
    np.testing.assert_allclose(trailing_loss(loss)[0, [299, 346, 999]], H)
    assert outcome(loss, H).tolist() == ["stuck"]


@pytest.mark.parametrize(
    ("loss", "expected", "escape"),
    [
        (steps((STEPS, H)), "stuck", np.nan),
        (steps((STEPS, 0.951 * H)), "stuck", np.nan),
        (steps((STEPS, 0.949 * H)), "trained", 45),
        (steps((500, H), (500, 0.5 * H)), "trained", 504),
        (steps((500, 0.5 * H), (500, H)), "collapsed", 45),
        (steps((500, H), (500, np.nan)), "diverged", np.nan),
        (steps((500, 0.5 * H), (500, np.inf)), "diverged", 45),
        (steps((999, 0.5 * H), (1, np.nan)), "diverged", 45),
    ],
)
def test_outcomes_in_order(loss: Array, expected: str, escape: float) -> None:
    assert outcome(loss[None], H).tolist() == [expected]
    np.testing.assert_equal(escape_step(loss[None], H), [escape])
    np.testing.assert_equal(np.isfinite(diverged_step(loss[None])), [expected == "diverged"])


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (steps((STEPS, H)), STEPS - 45),
        (steps((STEPS, 1.019 * H)), STEPS - 45),
        (steps((STEPS, 1.021 * H)), 0),
        (steps((45 + 229, H), (726, 0.0)), 0),
        (steps((45 + 230, H), (725, 0.0)), 230),
        (steps((300, 5 * H), (45 + 230, H), (425, 3 * H)), 230),
        (steps((300, H), (100, 0.0), (600, H)), 300 - 45),
        (steps((300, H), (700, np.nan)), 300 - 45),
    ],
)
def test_plateaus_are_long_stays_near_the_null_loss(loss: Array, expected: int) -> None:
    slack = 1 if expected not in (0, STEPS - 45) else 0  # a step change of loss takes the mean out one step later
    assert expected <= plateau_span(loss[None], H)[1][0] <= expected + slack


def trailing_by_loop(loss: list[float]) -> list[float]:
    means = []
    for step in range(len(loss)):
        known = step >= 45 and all(math.isfinite(value) for value in loss[: step + 1])
        means.append(math.fsum(loss[step - 45 : step + 1]) / 46 if known else math.nan)
    return means


def plateau_by_loop(trailing: list[float]) -> tuple[int, int]:
    first, longest, run = 0, 0, 0
    for step, value in enumerate(trailing):
        if value < 0.95 * H:
            break
        run = run + 1 if abs(value - H) <= 0.02 * H else 0
        if run > longest:
            first, longest = step - run + 1, run
    return first, longest


def escape_by_loop(trailing: list[float], below: float) -> float:
    return next((float(step) for step, value in enumerate(trailing) if value < below * H), math.nan)


LEVELS = [H, H, 1.015 * H, 0.985 * H, 0.97 * H, 0.9 * H, 0.5 * H, 3 * H, math.nan, math.inf]
LOSSES = st.lists(st.tuples(st.integers(1, 320), st.sampled_from(LEVELS)), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(LOSSES, st.sampled_from([0.5, 0.9, 0.95, 1.0]))
def test_plateaus_and_escapes_equal_plain_loops(pieces: list[tuple[int, float]], below: float) -> None:
    loss = steps(*pieces)
    trailing = trailing_by_loop(loss.tolist())
    on_an_edge = [abs(value - edge * H) < 1e-9 for value in trailing for edge in (0.98, 1.02, 0.95, below)]
    assume(not any(on_an_edge))
    first, length = plateau_by_loop(trailing)
    found = plateau_span(loss, H)
    assert found[1] == (length if length >= 230 else 0)
    assert found[0] == first or length == 0
    np.testing.assert_equal(escape_step(loss, H, below), escape_by_loop(trailing, below))


def test_of_two_equal_plateaus_the_first_counts_and_nets_do_not_mix() -> None:
    twice = steps((46, 5 * H), (275, H), (46, 5 * H), (275, H), (46, 5 * H))
    later = steps((100, 5 * H), (588, H))
    first, length = plateau_span(np.array([[twice, later], [later, later * np.nan]]), H)
    assert length.tolist() == [[230, 543], [543, 0]]
    assert first.ravel()[:3].tolist() == [91, 145, 145]


def test_what_rests_near_the_null_loss_after_an_escape_is_no_plateau() -> None:
    collapsed = steps((300, 1.5 * H), (100, 0.5 * H), (600, H))
    early = steps((300, H), (100, 0.5 * H), (600, H))
    assert plateau_span(np.array([collapsed, early]), H)[1].tolist() == [0, 256]
    first, length = collapse_span(np.array([collapsed, early]), H)
    assert length.tolist() == [556, 556]  # a trailing loss of 46 steps is within 2 % of H with one of them at H / 2
    assert first.tolist() == [444, 444]
    assert collapse_span(steps((1000, H)), H)[1] == 0


def test_escape_below_a_share_of_the_null_loss() -> None:
    loss = steps((100, H), (100, 0.92 * H), (100, 0.4 * H))[None]
    below = [1.1, 1.0, ESCAPE_BELOW, 0.9, 0.5, 0.3]
    escapes = [escape_step(loss, H, share)[0] for share in below]
    # of 46 steps k are low: 1 - .08 k / 46 < .95 at k = 29; .92 - .52 k / 46 < .9 at k = 2, < .5 at k = 38
    np.testing.assert_equal(escapes, [45, 100, 128, 201, 237, np.nan])
    np.testing.assert_equal(escape_step(loss, H), [128])
