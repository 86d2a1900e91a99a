"""Each initializer against its formula, its pairing with the others, and an independent loop for LSUV."""

import numpy as np
import pytest
import torch
from conftest import linear_of
from torch import nn

from goodinit import GoodinitError
from goodinit.initializers import INITIALIZERS, Array, initialize

SIZES = [24, *[40] * 10, 7]
SEEDS = range(200)


def batch(seed: int = 0, rows: int = 256) -> Array:
    return np.random.default_rng([9, seed]).standard_t(4, (rows, SIZES[0]))


def z_score(values: Array, variance: float, fourth_over_square: float) -> float:
    """How many standard errors the mean square lies from its expectation; fourth_over_square is E[w⁴] / E[w²]²."""
    error = variance * np.sqrt((fourth_over_square - 1) / values.size)
    return float(abs((values**2).mean() - variance) / error)


@pytest.mark.parametrize(
    ("init", "weight_power", "bias_power", "weight_kurtosis"),
    [("default", 1 / 3, 1 / 3, 9 / 5), ("kaiming-relu", 2, 0, 3)],
)
def test_moments_follow_theory(init: str, weight_power: float, bias_power: float, weight_kurtosis: float) -> None:
    nets = [initialize(init, SIZES, seed, batch()) for seed in SEEDS]
    for depth, fan_in in enumerate(SIZES[:-2]):
        weights = np.concatenate([net[depth].weight.ravel() for net in nets])
        biases = np.concatenate([net[depth].bias for net in nets])
        assert z_score(weights, weight_power / fan_in, weight_kurtosis) < 4.5
        assert abs(weights.mean()) < 4.5 * weights.std() / np.sqrt(weights.size)
        if bias_power:
            assert z_score(biases, bias_power / fan_in, 9 / 5) < 4.5
            assert max(np.abs(weights).max(), np.abs(biases).max()) <= 1 / np.sqrt(fan_in)
        else:
            assert not biases.any()


def test_default_has_the_bounds_of_torch() -> None:
    linear = nn.Linear(40, 4000)
    layer = initialize("default", [40, 4000, 7], 0, batch()[:, :40])[0]
    for ours, theirs in ((layer.weight, linear.weight), (layer.bias, linear.bias)):
        assert np.abs(ours).max() == pytest.approx(theirs.abs().max().item(), rel=2e-3)
        assert ours.std() == pytest.approx(theirs.std().item(), rel=2e-2)


def test_nets_of_one_seed_share_their_draws() -> None:
    default, kaiming, lsuv = (initialize(init, SIZES, 5, batch()) for init in ("default", "kaiming-relu", "lsuv"))
    for ours, other in zip(default[:-1], kaiming[:-1], strict=True):
        order = np.argsort(ours.weight, axis=None)
        np.testing.assert_array_equal(order, np.argsort(other.weight, axis=None))
    for ours, other in zip(default[:-1], lsuv[:-1], strict=True):
        np.testing.assert_allclose(other.weight / ours.weight, (other.weight / ours.weight)[0, 0])
        np.testing.assert_array_equal(other.bias, ours.bias)
    for net in (kaiming, lsuv):
        np.testing.assert_array_equal(net[-1].weight, default[-1].weight)
        np.testing.assert_array_equal(net[-1].bias, default[-1].bias)


def test_seeds_and_layers_are_independent() -> None:
    nets = [initialize("default", SIZES, seed, batch()) for seed in (1, 2)]
    first, second = (np.concatenate([layer.weight.ravel() for layer in net]) for net in nets)
    assert abs(np.corrcoef(first, second)[0, 1]) < 4.5 / np.sqrt(first.size)
    net = initialize("default", SIZES, 1, batch())
    assert abs(np.corrcoef(net[1].weight.ravel(), net[2].weight.ravel())[0, 1]) < 4.5 / 40


@pytest.mark.parametrize("init", list(INITIALIZERS))
def test_seed_gives_the_same_net_every_time(init: str) -> None:
    for one, two in zip(initialize(init, SIZES, 3, batch()), initialize(init, SIZES, 3, batch()), strict=True):
        np.testing.assert_array_equal(one.weight, two.weight)


class GeneralRelu(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.sub = 0.0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x) - self.sub


def test_lsuv_equals_the_threads_loop() -> None:
    """The thread's lsuv_module: whole-model forwards, a hook on each layer, shift the mean, divide by the std."""
    x = torch.tensor(batch())
    start = initialize("default", SIZES, 8, batch())
    linears = [linear_of(layer) for layer in start[:-1]]
    relus = [GeneralRelu() for _ in linears]
    blocks = [nn.Sequential(linear, relu) for linear, relu in zip(linears, relus, strict=True)]
    model = nn.Sequential(*blocks)
    seen: dict[str, float] = {}

    def measure(_module: nn.Module, _inputs: object, output: torch.Tensor) -> None:
        seen.update(mean=output.mean().item(), std=output.std().item())

    for block, linear, relu in zip(blocks, linears, relus, strict=True):
        hook = block.register_forward_hook(measure)
        with torch.no_grad():
            while model(x) is not None and abs(seen["mean"]) > 1e-3:
                relu.sub += seen["mean"]
            while model(x) is not None and abs(seen["std"] - 1) > 1e-3:
                linear.weight.data /= seen["std"]
        hook.remove()

    ours = initialize("lsuv", SIZES, 8, batch())
    for linear, relu, layer in zip(linears, relus, ours[:-1], strict=True):
        np.testing.assert_allclose(layer.weight.T, linear.weight.detach().numpy(), atol=1e-9)
        assert layer.subtrahend == pytest.approx(relu.sub, abs=1e-9)
        assert layer.divisions >= 1


def test_lsuv_gives_unit_std_in_every_layer() -> None:
    h = batch()
    for layer in initialize("lsuv", SIZES, 0, h)[:-1]:
        h = np.maximum(h @ layer.weight + layer.bias, 0) - layer.subtrahend
        assert h.std(ddof=1) == pytest.approx(1, abs=1e-3)
        assert h.mean() > 0.05, "the subtrahend is fixed before the division, so the mean moves off 0 again"


@pytest.mark.filterwarnings("ignore:invalid value encountered")
@pytest.mark.parametrize(("feature", "std"), [(0.0, "0.0"), (np.nan, "nan"), (np.inf, "nan")])
def test_lsuv_names_the_layer_it_cannot_normalize(feature: float, std: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if feature == 0:
        monkeypatch.setattr("goodinit.initializers.uniform", lambda normal, bound: -np.abs(bound * normal))
    with pytest.raises(GoodinitError, match=f"'lsuv', seed 4: layer 1 has activation std {std} on the first batch"):
        initialize("lsuv", SIZES, 4, np.full((8, 24), feature))


def test_unknown_initializer_lists_the_known_ones() -> None:
    with pytest.raises(GoodinitError, match="unknown initializer 'kaiming'; choose from default, kaiming-relu, lsuv"):
        initialize("kaiming", SIZES, 0, batch())
