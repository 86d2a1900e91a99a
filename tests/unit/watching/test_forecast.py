"""What is told before training: the line, the schedule, and the words."""

import numpy as np
import pytest
import torch
from torch import nn

from goodinit import GoodinitError
from goodinit.claims.claim import LINE
from goodinit.model.schedule import learning_rates
from goodinit.runs.plateau import PLATEAU_STEPS
from goodinit.watching.forecast import PASSED_ON, foretell
from goodinit.watching.watch import measure_signal


def signal_of(tau: float) -> float:
    """The signal of logits for which the line gives this sum of rates."""
    return float(PASSED_ON * 10 ** ((np.log10(tau) - LINE[0]) / LINE[1]))


@pytest.mark.parametrize("tau", [3.0, 50.0, 700.0])
def test_the_sum_is_on_the_line_of_claim_30(tau: float) -> None:
    assert foretell(signal_of(tau), [0.1]).tau == pytest.approx(tau)


def test_less_signal_is_a_longer_rest() -> None:
    sums = [foretell(signal, [0.1]).tau for signal in (1e-1, 1e-3, 1e-5, 0.0)]
    assert sums == sorted(sums)
    assert sums[-1] == np.inf


def test_the_step_is_the_first_that_has_spent_the_sum() -> None:
    rates = learning_rates(0.4, 1000)
    forecast = foretell(signal_of(60.0), rates)
    assert forecast.step is not None
    assert rates[: forecast.step].sum() >= 60 > rates[: forecast.step - 1].sum()
    assert forecast.budget == pytest.approx(rates.sum())


@pytest.mark.parametrize(
    ("tau", "step", "plateau", "words"),
    [
        (20.05, 201, False, "no plateau is ahead: the net should be out by about step 201 of 1000"),
        (PLATEAU_STEPS / 10 - 0.05, PLATEAU_STEPS, True, "a plateau is ahead, until about step 230 of 1000"),
        (99.95, 1000, True, "a plateau is ahead, until about step 1000 of 1000"),
        (101.0, None, True, "a plateau is ahead that outlasts the schedule of 1000 steps"),
    ],
)
def test_a_plateau_is_told_in_words(tau: float, step: int | None, plateau: bool, words: str) -> None:
    forecast = foretell(signal_of(tau), [0.1] * 1000)
    assert (forecast.step, forecast.plateau) == (step, plateau)
    assert str(forecast).startswith(words)
    assert str(forecast).endswith("the schedule's sum to 100)")


def test_torchs_output_layer_passes_on_what_the_line_counts_with() -> None:
    """On average over nets of the mean square: its weights have variance 1/(3 fan_in), and biases no signal."""
    torch.manual_seed(0)
    hidden = torch.randn(64, 40, generator=torch.Generator().manual_seed(1)).relu()
    with torch.no_grad():
        squares = [measure_signal(nn.Linear(40, 7)(hidden)).square().item() for _ in range(400)]
    error = np.std(squares) / np.sqrt(len(squares))
    assert abs(np.mean(squares) - (PASSED_ON * measure_signal(hidden).item()) ** 2) < 4.5 * error


@pytest.mark.parametrize("signal", [float("nan"), float("inf"), -1.0])
def test_a_signal_that_is_none_is_refused(signal: float) -> None:
    with pytest.raises(GoodinitError, match=r"the signal of the logits is .*check the features"):
        foretell(signal, [0.1])


@pytest.mark.parametrize("rates", [[0.1, -0.1], [0.1, float("nan")]])
def test_rates_that_are_none_are_refused(rates: list[float]) -> None:
    with pytest.raises(GoodinitError, match="a learning rate is negative or not finite"):
        foretell(0.1, rates)
