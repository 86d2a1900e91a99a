"""A stack trains as its nets would alone, written the obvious way; and what a run must keep."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from conftest import linear_of
from torch import nn

from goodinit import GoodinitError
from goodinit.evaluation import Data
from goodinit.initializers import INITIALIZERS, Array, Layer, initialize
from goodinit.logbook import evaluation_steps
from goodinit.training import Recipe, batch_order, learning_rates, read_regularization, train

SEEDS = [3, 4, 5]


class Subtract(nn.Module):
    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x - self.value


def obvious_net(layers: list[Layer]) -> nn.Sequential:
    modules: list[nn.Module] = []
    for layer in layers:
        modules += [linear_of(layer), nn.ReLU(), Subtract(layer.subtrahend)]
    return nn.Sequential(*modules[:-2])


def train_alone(data: Data, recipe: Recipe, seed: int) -> dict[str, Any]:
    """One net with autograd, torch.optim.SGD and forward hooks."""
    x, y = data.x["train"], data.y["train"]
    batches = torch.tensor(batch_order(seed, len(x), recipe.batch_size, recipe.steps))
    sizes = [x.shape[1], *[recipe.width] * recipe.hidden_layers, data.classes]
    layers = initialize(recipe.init, sizes, seed, x[batches[0]].numpy())
    net = obvious_net(layers)
    seen: dict[str, list[Any]] = defaultdict(list)
    shifted = any(layer.subtrahend for layer in layers)

    def hook(module: nn.Module, inputs: Any, output: torch.Tensor) -> None:
        histogram = output.detach().abs().histc(40, 0, 10)
        seen["mean"].append(output.mean().item())
        seen["std"].append(output.std().item())
        seen["min_bin"].append((histogram[0] / histogram.sum()).item())
        seen["histogram"].append(histogram.numpy())
        seen["overflow"].append((output.abs() > 10).sum().item())
        seen["gini"].append(obvious_gini(output.detach().flatten()))
        if isinstance(module, nn.ReLU):
            seen["zero"].append((inputs[0] <= 0).double().mean().item())

    for module in list(net)[:-1]:
        if shifted or not isinstance(module, Subtract):
            module.register_forward_hook(hook)
    linears = [module for module in net if isinstance(module, nn.Linear)]
    decay = read_regularization(recipe.regularization).weight_decay
    weights, biases = [layer.weight for layer in linears], [layer.bias for layer in linears]
    groups: list[dict[str, Any]] = [{"params": weights, "weight_decay": decay}, {"params": biases}]
    optimizer = torch.optim.SGD(groups, lr=0.0)
    for rows, rate in zip(batches, learning_rates(recipe.peak, recipe.steps), strict=True):
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        gradients = [torch.cat([part.grad.flatten() for part in layer.parameters()]) for layer in linears[:-1]]
        seen["gradient_norm"].append([gradient.norm().item() for gradient in gradients])
        optimizer.step()
        seen["loss"].append(loss.item())
    parameters = [part for linear in linears for part in (linear.weight.T.flatten(), linear.bias)]
    shape = (recipe.steps, recipe.hidden_layers, 2 + shifted)
    return {
        "loss": np.array(seen["loss"]),
        "final_weights": torch.cat(parameters).detach().numpy(),
        "activation_mean": np.reshape(seen["mean"], shape),
        "activation_std": np.reshape(seen["std"], shape),
        "min_bin_share": np.reshape(seen["min_bin"], shape),
        "activation_overflow": np.reshape(seen["overflow"], shape),
        "zero_share": np.repeat(np.reshape(seen["zero"], shape[:2])[..., None], shape[2], axis=-1),
        "activation_histogram": np.add.reduceat(np.reshape(seen["histogram"], (*shape, 40)), [0, 46]),
        "gini": np.reshape(seen["gini"], shape)[[0, 46]],
        "gradient_norm": np.array(seen["gradient_norm"])[[0, 46]],
    }


def obvious_gini(values: torch.Tensor) -> float:
    """Mean absolute difference of all pairs over twice the mean."""
    size = values.abs().numpy()
    return float(np.abs(size[:, None] - size).mean() / (2 * size.mean()))


@pytest.mark.parametrize("init", list(INITIALIZERS))
def test_a_stack_equals_each_net_alone(init: str, data: Data, recipe: Callable[..., Recipe]) -> None:
    check_against_each_net_alone(data, recipe(init))


def test_a_stack_with_weight_decay_equals_each_net_alone(data: Data, recipe: Callable[..., Recipe]) -> None:
    check_against_each_net_alone(data, recipe("lsuv", regularization="weight-decay-0.3"))


def check_against_each_net_alone(data: Data, recipe: Recipe) -> None:
    stacked = train(data, recipe, SEEDS)
    for net, seed in enumerate(SEEDS):
        for name, values in train_alone(data, recipe, seed).items():
            np.testing.assert_allclose(stacked[name][net], values, rtol=0, atol=1e-9, err_msg=name)
    assert not np.allclose(stacked["final_weights"], stacked["initial_weights"], atol=1e-3)


def test_evaluation_is_over_whole_sets(data: Data, recipe: Callable[..., Recipe]) -> None:
    run = train(data, recipe("lsuv"), SEEDS)
    np.testing.assert_array_equal(run["evaluation"], [0, 20, 40, 50])
    final = recipe("lsuv")
    sizes = [data.x["train"].shape[1], *[final.width] * final.hidden_layers, data.classes]
    first = batch_order(SEEDS[1], len(data.x["train"]), final.batch_size, final.steps)[0]
    net = obvious_net(initialize("lsuv", sizes, SEEDS[1], data.x["train"][first].numpy()))
    logits = net(data.x["valid"])
    assert run["valid_loss"][1, 0] == pytest.approx(nn.functional.cross_entropy(logits, data.y["valid"]).item())
    assert run["valid_accuracy"][1, 0] == (logits.argmax(1) == data.y["valid"]).double().mean().item()


def test_a_diverged_net_leaves_its_neighbours_bit_identical(
    data: Data, recipe: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = recipe("kaiming-relu", steps=60)
    calm = train(data, settings, [0, 1, 2])

    def initialize_seed_1_too_large(init: str, sizes: list[int], seed: int, batch: Array) -> list[Layer]:
        factor = 2.0 if seed == 1 else 1.0
        return [replace(layer, weight=factor * layer.weight) for layer in initialize(init, sizes, seed, batch)]

    monkeypatch.setattr("goodinit.training.initialize", initialize_seed_1_too_large)
    run = train(data, settings, [0, 1, 2])
    assert np.isnan(calm["diverged_step"]).all()
    assert run["outcome"][1] == "diverged"
    step = int(run["diverged_step"][1])
    assert 0 < step < 46
    for name, values in calm.items():
        if len(values.shape) and len(values) == 3 and name != "outcome":
            np.testing.assert_array_equal(run[name][[0, 2]], values[[0, 2]], err_msg=name)
    for name in ("loss", "activation_mean", "activation_std", "zero_share"):
        assert np.isfinite(run[name][1, :step]).all(), name
        assert np.isnan(run[name][1, step:]).all(), name
    assert run["activation_histogram"][1, 1:].sum() == 0
    for name in ("train_loss", "valid_accuracy"):
        np.testing.assert_array_equal(np.isnan(run[name][1]), run["evaluation"].astype(int) >= step, err_msg=name)
    assert np.isnan(run["final_weights"][1]).all()
    assert np.isnan(run["test_loss"][1])


def test_two_runs_give_the_same_bits(recipe: Callable[..., Recipe], data: Data) -> None:
    first, second = (train(data, recipe("lsuv"), SEEDS) for _ in range(2))
    for name, values in first.items():
        np.testing.assert_array_equal(values, second[name], err_msg=name)


def test_schedule_is_the_threads() -> None:
    rates = learning_rates(peak=0.6, steps=1000)
    assert rates[0] == pytest.approx(0.003)
    assert rates.argmax() == 300
    assert rates[300] == pytest.approx(0.6)
    assert rates[150] == pytest.approx((0.003 + 0.6) / 2)
    assert rates[650] == pytest.approx((0.6 + 0.002) / 2)
    assert rates[-1] == pytest.approx(0.002, abs=1e-4)


def test_batches_are_permutations_without_a_partial_one() -> None:
    order = batch_order(seed=1, rows=100, batch_size=30, steps=7)
    assert order.shape == (7, 30)
    for epoch in (order[:3], order[3:6]):
        assert len(np.unique(epoch)) == 90
    assert set(order[:3].ravel()) != set(order[3:6].ravel())
    with pytest.raises(GoodinitError, match="29 training rows make no batch of 30; lower `batch_size`"):
        batch_order(seed=1, rows=29, batch_size=30, steps=7)


def test_the_last_evaluation_is_the_end() -> None:
    assert evaluation_steps(100, 46).tolist() == [0, 46, 92, 100]
    assert evaluation_steps(92, 46).tolist() == [0, 46, 92]
