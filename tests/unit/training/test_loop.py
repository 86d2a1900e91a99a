"""A stack trains as its nets would alone, written the obvious way; and what a run must keep."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from made import linear_of, make_data
from torch import nn

from goodinit import GoodinitError
from goodinit.arrays import Array
from goodinit.model.initializers import INITIALIZERS, Layer, initialize
from goodinit.model.network import StackedMLP
from goodinit.model.passes import Pass, StackPass, make_passes
from goodinit.model.schedule import learning_rates
from goodinit.model.variants import read_variant
from goodinit.runs.record import RECORDS
from goodinit.training.batches import batch_order
from goodinit.training.evaluation import Data
from goodinit.training.logbook import evaluation_steps
from goodinit.training.loop import Recipe, train
from goodinit.watching.lsuv import Shifted
from goodinit.watching.watch import Watch

SEEDS = [3, 4, 5]


def obvious_net(layers: list[Layer]) -> nn.Sequential:
    modules: list[nn.Module] = []
    for layer in layers:
        subtrahend = torch.tensor(layer.subtrahend, dtype=torch.float64)
        modules += [linear_of(layer), Shifted(nn.ReLU(), subtrahend)]
    return nn.Sequential(*modules[:-1])


def train_alone(data: Data, recipe: Recipe, seed: int) -> dict[str, Any]:
    """One net with autograd, torch.optim.SGD and forward hooks, those of Watch first."""
    x, y = data.x["train"], data.y["train"]
    batches = torch.tensor(batch_order(seed, len(x), recipe.batch_size, recipe.steps))
    sizes = [x.shape[1], *[recipe.width] * recipe.hidden_layers, data.classes]
    layers = initialize(recipe.init, sizes, seed, x[batches[0]].numpy())
    net = obvious_net(layers)
    seen: dict[str, list[Any]] = defaultdict(list)
    kinds = (nn.Linear, nn.ReLU, Shifted) if any(layer.subtrahend for layer in layers) else (nn.Linear, nn.ReLU)

    def hook(module: nn.Module, inputs: Any, output: torch.Tensor) -> None:
        seen["overflow"].append((output.abs() > 10).sum().item())
        if len(seen["loss"]) in (0, 46):
            seen["gini"].append(obvious_gini(output.detach().flatten()))
        if isinstance(module, nn.ReLU):
            seen["zero"].append((inputs[0] <= 0).double().mean().item())
            seen["dead"].append((output == 0).all(0).double().mean().item())

    for module in net[:-1].modules():
        if isinstance(module, kinds):
            module.register_forward_hook(hook)
    linears = [module for module in net if isinstance(module, nn.Linear)]
    decay = read_variant(recipe.variant).weight_decay
    weights, biases = [layer.weight for layer in linears], [layer.bias for layer in linears]
    groups: list[dict[str, Any]] = [{"params": weights, "weight_decay": decay}, {"params": biases}]
    optimizer = torch.optim.SGD(groups, lr=0.0)
    with Watch(net, *kinds) as watch:
        for rows, rate in zip(batches, learning_rates(recipe.peak, recipe.steps), strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate
            loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            gradients = [
                torch.cat([part.grad.flatten() for part in layer.parameters() if part.grad is not None])
                for layer in linears[:-1]
            ]
            seen["gradient_norm"].append([gradient.norm().item() for gradient in gradients])
            before = [weight.detach().clone() for weight in weights[:-1]]
            optimizer.step()
            pairs = zip(weights, before, strict=False)
            seen["update_ratio"].append([((weight - old).norm() / old.norm()).item() for weight, old in pairs])
            seen["loss"].append(loss.item())
    parameters = [part for linear in linears for part in (linear.weight.T.flatten(), linear.bias)]
    shape = (recipe.steps, recipe.hidden_layers, len(kinds))
    watched = watch.statistics()
    of_hidden = watched[watched["layer"] != watched["layer"].iloc[-1]]
    histograms = np.stack(list(watch.histograms().values())[:-1], 1)
    return {
        "loss": np.array(seen["loss"]),
        "final_weights": torch.cat(parameters).detach().numpy(),
        "activation_mean": of_hidden["mean"].to_numpy().reshape(shape),
        "activation_std": of_hidden["std"].to_numpy().reshape(shape),
        "min_bin_share": of_hidden["min_bin_share"].to_numpy().reshape(shape),
        "activation_overflow": np.reshape(seen["overflow"], shape),
        "signal": of_hidden["signal"].to_numpy().reshape(shape),
        "zero_share": np.repeat(np.reshape(seen["zero"], shape[:2])[..., None], shape[2], axis=-1),
        "dead_share": np.repeat(np.reshape(seen["dead"], shape[:2])[..., None], shape[2], axis=-1),
        "logit_signal": watched.drop(of_hidden.index)["signal"].to_numpy(),
        "activation_histogram": np.add.reduceat(histograms.reshape(*shape, 40), [0, 46]),
        "gini": np.reshape(seen["gini"], (2, *shape[1:])),
        "gradient_norm": np.array(seen["gradient_norm"])[[0, 46]],
        "update_ratio": np.array(seen["update_ratio"])[[0, 46]],
    }


def obvious_gini(values: torch.Tensor) -> float:
    """Mean absolute difference of all pairs over twice the mean."""
    size = values.abs().numpy()
    return float(np.abs(size[:, None] - size).mean() / (2 * size.mean()))


@pytest.mark.parametrize("init", list(INITIALIZERS))
def test_a_stack_equals_each_net_alone(init: str, data: Data, recipe: Callable[..., Recipe]) -> None:
    check_against_each_net_alone(data, recipe(init))


def test_a_stack_with_weight_decay_equals_each_net_alone(data: Data, recipe: Callable[..., Recipe]) -> None:
    check_against_each_net_alone(data, recipe("lsuv", variant="weight-decay-0.3"))


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
    wanted = recipe("kaiming-relu", steps=60, hidden_layers=10)
    calm = train(data, wanted, [0, 1, 2])

    def initialize_seed_1_too_large(init: str, sizes: list[int], seed: int, batch: Array) -> list[Layer]:
        factor = 2.0 if seed == 1 else 1.0
        return [replace(layer, weight=factor * layer.weight) for layer in initialize(init, sizes, seed, batch)]

    monkeypatch.setattr("goodinit.training.loop.initialize", initialize_seed_1_too_large)
    run = train(data, wanted, [0, 1, 2])
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


def test_a_net_broken_by_its_last_update_has_diverged(
    data: Data, recipe: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    rates = learning_rates(0.2, 50)
    rates[-1] = 1e308
    monkeypatch.setattr("goodinit.training.loop.learning_rates", lambda *_: rates)
    run: dict[str, Any] = train(data, recipe("default"), SEEDS)
    assert run["outcome"].tolist() == ["diverged"] * 3
    assert run["diverged_step"].tolist() == [50] * 3
    assert np.isfinite(run["loss"]).all()
    assert np.isnan(run["train_loss"][:, -1]).all()
    assert np.isfinite(run["train_loss"][:, :-1]).all()
    assert np.isnan(run["test_accuracy"]).all()


def test_two_runs_give_the_same_bits(recipe: Callable[..., Recipe], data: Data) -> None:
    first, second = (train(data, recipe("lsuv"), SEEDS) for _ in range(2))
    for name, values in first.items():
        np.testing.assert_array_equal(values, second[name], err_msg=name)


def test_a_dead_layer_stops_the_gradient_and_nothing_else(
    data: Data, recipe: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    def initialize_with_a_dead_layer(init: str, sizes: list[int], seed: int, batch: Array) -> list[Layer]:
        layers = initialize(init, sizes, seed, batch)
        return [*layers[:1], replace(layers[1], bias=layers[1].bias - 1e3), *layers[2:]]

    monkeypatch.setattr("goodinit.training.loop.initialize", initialize_with_a_dead_layer)
    run: dict[str, Any] = train(data, recipe("kaiming-relu", hidden_layers=3), SEEDS)
    relu = 1
    assert (run["zero_share"][:, :, 1, relu] == 1).all()
    assert (run["min_bin_share"][:, :, 1, relu] == 1).all()
    assert (run["activation_std"][:, :, 1, relu] == 0).all()
    assert np.isnan(run["gini"][:, :, 1, relu]).all()
    assert (run["gradient_norm"][:, :, :2] == 0).all()
    assert (run["distance_moved"][:, -1, :2] == 0).all()
    assert np.isfinite(run["loss"]).all()


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


def test_weights_are_measured_against_their_start(data: Data, recipe: Callable[..., Recipe]) -> None:
    run = train(data, recipe("default", steps=47, hidden_layers=2), SEEDS)
    fan_in, width = data.x["train"].shape[1], recipe().width
    for net in range(len(SEEDS)):
        start, end = run["initial_weights"][net], run["final_weights"][net]
        second = slice(fan_in * width + width, fan_in * width + width + width**2)  # after the first weight and bias
        assert run["weight_std"][net, 0, 1] == pytest.approx(start[second].std(ddof=1))
        assert run["near_zero_share"][net, 0, 1] == (abs(start[second]) < 0.01 * start[second].std(ddof=1)).mean()
        assert run["distance_moved"][net, 0, 1] == 0
        moved = np.linalg.norm(end[second] - start[second]) / np.linalg.norm(start[second])
        assert run["distance_moved"][net, 1, 1] == pytest.approx(moved, rel=0.1)  # 46 of the 47 updates


def test_levels_record_more_and_more_of_the_same(data: Data, recipe: Callable[..., Recipe]) -> None:
    losses, moments, full, everything = (train(data, recipe("lsuv", record=level), SEEDS) for level in RECORDS)
    assert "activation_mean" not in losses
    assert "min_bin_share" in moments
    assert "activation_histogram" not in moments
    assert {"activation_histogram", "gini", "weights"} <= set(full) - set(moments)
    assert {"valid_activation_mean"} <= set(everything) - set(full)
    for less, more in pairwise((losses, moments, full, everything)):
        assert set(less) < set(more)
        for name, values in less.items():
            np.testing.assert_array_equal(values, more[name], err_msg=name)


def test_validation_passes_are_recorded_on_demand(data: Data, recipe: Callable[..., Recipe]) -> None:
    """What a hook saw that forgot to ask for the phase: the thread's first mistake."""
    wanted = recipe("default", record="everything", variant="dropout-0.5")
    run = train(data, wanted, SEEDS)
    assert run["valid_activation_mean"].shape == (3, 4, 150 // 32, wanted.hidden_layers, 2)
    sizes = [data.x["train"].shape[1], *[wanted.width] * wanted.hidden_layers, data.classes]
    first = batch_order(SEEDS[2], len(data.x["train"]), wanted.batch_size, wanted.steps)[0]
    net = obvious_net(initialize("default", sizes, SEEDS[2], data.x["train"][first].numpy()))
    second_batch = data.x["valid"][32:64]
    for layer in range(wanted.hidden_layers):
        relu = net[: 2 * layer + 2](second_batch)
        assert run["valid_activation_mean"][2, 0, 1, layer, 1] == pytest.approx(relu.mean().item())
        assert run["valid_activation_std"][2, 0, 1, layer, 1] == pytest.approx(relu.std().item())


def test_dropout_is_off_in_evaluation_and_independent_of_the_block(data: Data, recipe: Callable[..., Recipe]) -> None:
    plain = train(data, recipe("kaiming-relu"), SEEDS)
    dropped = train(data, recipe("kaiming-relu", variant="dropout-0.2"), SEEDS)
    np.testing.assert_array_equal(dropped["valid_loss"][:, 0], plain["valid_loss"][:, 0])
    assert not np.isclose(dropped["loss"][:, 0].astype(float), plain["loss"][:, 0].astype(float)).any()
    alone = train(data, recipe("kaiming-relu", variant="dropout-0.2"), SEEDS[1:2])
    np.testing.assert_allclose(dropped["loss"][1], alone["loss"][0], atol=1e-9)


@pytest.mark.parametrize("passes_of", [make_passes, lambda *args: [StackPass(*args)]], ids=["nets", "stack"])
def test_dropout_descends_along_the_gradient_of_its_own_masks(data: Data, passes_of: Callable[..., list[Pass]]) -> None:
    nets = [initialize("kaiming-relu", [6, 8, 8, 3], seed, data.x["train"].numpy()) for seed in SEEDS]
    model = StackedMLP.stack(nets, torch.float64, torch.device("cpu"))
    x, y = data.x["train"][:50].expand(3, -1, -1), data.y["train"][:50].expand(3, -1)
    for one in passes_of(model, 50, 0.3, SEEDS):
        check_dropout(one, x[one.nets], y[one.nets])


def check_dropout(one: Pass, x: torch.Tensor, y: torch.Tensor) -> None:
    model, loss = one.model, one.forward(x, y)
    assert one.dropout is not None
    masks = one.dropout.masks
    assert set(masks.flatten().tolist()) == {0, 1 / 0.7}
    assert (masks == 0).double().mean().item() == pytest.approx(0.3, abs=0.05)
    weights, biases = ([part.clone().requires_grad_() for part in parts] for parts in (model.weights, model.biases))
    h = x
    for weight, bias, mask in zip(weights[:-1], biases[:-1], masks, strict=True):
        h = torch.relu(h @ weight + bias) * mask
    expected = nn.functional.cross_entropy((h @ weights[-1] + biases[-1]).flatten(0, 1), y.flatten(), reduction="none")
    expected = expected.view(len(x), -1).mean(1)
    np.testing.assert_allclose(loss, expected.detach(), atol=1e-12)
    expected.sum().backward()  # type: ignore[no-untyped-call]
    gradient = StackedMLP(one.backward(), model.sizes, model.subtrahends)
    for ours, theirs in zip([*gradient.weights, *gradient.biases], [*weights, *biases], strict=True):
        assert theirs.grad is not None
        np.testing.assert_allclose(ours, theirs.grad, atol=1e-12)


def test_early_stopping_restores_the_best_evaluation(data: Data, recipe: Callable[..., Recipe]) -> None:
    plain = train(data, recipe("kaiming-relu", steps=200, peak=0.3), SEEDS)
    stopped = train(data, recipe("kaiming-relu", variant="early-stopping", steps=200, peak=0.3), SEEDS)
    best = plain["valid_loss"].argmin(1)
    np.testing.assert_array_equal(stopped["restored_step"], plain["evaluation"][best])
    np.testing.assert_array_equal(plain["restored_step"], 200)
    changed = stopped["restored_step"].astype(int) < 200
    assert changed.any(), "else this test shows nothing"
    np.testing.assert_array_equal(stopped["test_loss"] != plain["test_loss"], changed)
    np.testing.assert_array_equal(stopped["valid_loss"], plain["valid_loss"])


def test_one_row_batches_and_one_unit_layers_train(data: Data, recipe: Callable[..., Recipe]) -> None:
    run = train(data, recipe("default", batch_size=1, width=1, hidden_layers=1, steps=46), SEEDS)
    assert np.isfinite(run["loss"]).all()
    assert (run["activation_std"] == 0).all(), "one element has no spread"


@settings(max_examples=15, deadline=None)
@given(
    width=st.integers(1, 24),
    hidden_layers=st.integers(1, 6),
    batch_size=st.integers(1, 60),
    init=st.sampled_from(["default", "kaiming-relu", "orthogonal", "default-gain"]),
    dtype=st.sampled_from([torch.float32, torch.float64]),
    constant=st.booleans(),
)
def test_a_net_is_the_same_in_every_stack(
    width: int, hidden_layers: int, batch_size: int, init: str, dtype: torch.dtype, constant: bool
) -> None:
    data = make_data(dtype=dtype)
    if constant:
        data.x["train"][:, 0] = 0
    recipe = Recipe(init, 0.1, 46, batch_size, hidden_layers, width, 46, "none", "full", "sgd")
    stacked, alone = train(data, recipe, [1, 2, 3, 4]), train(data, recipe, [3])
    atol = 1e-10 if dtype == torch.float64 else 2e-4
    for name in ("loss", "final_weights", "valid_loss", "activation_mean"):
        np.testing.assert_allclose(stacked[name][2], alone[name][0], atol=atol, rtol=0, err_msg=name)
