"""The definitions, on losses drawn by hand."""

import numpy as np
import pytest

from goodinit.plateau import (
    Array,
    diverged_step,
    escape_step,
    majority_share,
    null_loss,
    outcome,
    plateau_steps,
    trailing_loss,
)

H = 2.0
STEPS = 1000


def steps(*pieces: tuple[int, float]) -> Array:
    return np.concatenate([np.full(length, value) for length, value in pieces])


def test_null_loss_is_the_entropy_of_the_classes() -> None:
    assert null_loss(np.array([0, 0, 1, 1])) == pytest.approx(np.log(2))
    assert null_loss(np.array([0, 2, 2, 2])) == pytest.approx(-(0.25 * np.log(0.25) + 0.75 * np.log(0.75)))
    assert majority_share(np.array([0, 2, 2, 2])) == 0.75


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
        (steps((300, 0.0), (45 + 230, H), (425, 3 * H)), 230),
        (steps((300, H), (100, 0.0), (600, H)), 600 - 45),
        (steps((300, H), (700, np.nan)), 300 - 45),
    ],
)
def test_plateaus_are_long_stays_near_the_null_loss(loss: Array, expected: int) -> None:
    slack = 1 if expected not in (0, STEPS - 45) else 0  # a step change of loss takes the mean out one step later
    assert expected <= plateau_steps(loss[None], H)[0] <= expected + slack
