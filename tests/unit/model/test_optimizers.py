"""Optimizers against torch's, and what they share."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from goodinit import GoodinitError
from goodinit.model.initializers import initialize
from goodinit.model.network import StackedMLP
from goodinit.model.optimizers import OPTIMIZERS, make_optimizer
from goodinit.model.passes import make_passes
from goodinit.model.schedule import learning_rates
from goodinit.training.evaluation import Data
from goodinit.training.loop import Recipe, train

SEEDS, ROWS, STEPS = [3, 4], 50, 50
# the optimizer of torch that each equals
TORCH: dict[str, tuple[Callable[..., torch.optim.Optimizer], dict[str, Any]]] = {
    "sgd": (torch.optim.SGD, {}),
    "momentum": (torch.optim.SGD, {"momentum": 0.9}),
    "adamw": (torch.optim.AdamW, {"weight_decay": 0.0}),
}
PEAKS = {"adamw": 0.01}  # else 0.3


def make_model(data: Data) -> StackedMLP:
    nets = [initialize("kaiming-relu", [6, 8, 8, 3], seed, data.x["train"].numpy()) for seed in SEEDS]
    return StackedMLP.stack(nets, torch.float64, torch.device("cpu"))


def batches_of(data: Data, step: int) -> tuple[torch.Tensor, torch.Tensor]:
    rows = torch.arange(step, step + ROWS)
    return data.x["train"][rows].expand(len(SEEDS), -1, -1), data.y["train"][rows].expand(len(SEEDS), -1)


def descend(data: Data, name: str, rates: list[float], weight_decay: float = 0.0) -> StackedMLP:
    model = make_model(data)
    for one in make_passes(model, ROWS, dropout=0, seeds=SEEDS):
        ours = make_optimizer(name, one.model, weight_decay)
        for step, rate in enumerate(rates):
            x, y = batches_of(data, step)
            one.forward(x[one.nets], y[one.nets])
            ours.step(one.backward(), rate)
    return model


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_equals_torch(name: str, data: Data) -> None:
    rates = learning_rates(PEAKS.get(name, 0.3), STEPS).tolist()
    start = make_model(data)
    weights, biases = ([part.clone().requires_grad_() for part in parts] for parts in (start.weights, start.biases))
    make, settings = TORCH[name]
    theirs = make([*weights, *biases], **settings)
    for step, rate in enumerate(rates):
        h, y = batches_of(data, step)
        for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
            h = torch.relu(h @ weight + bias)
        logits = h @ weights[-1] + biases[-1]
        loss = sum(nn.functional.cross_entropy(*pair) for pair in zip(logits, y, strict=True))
        assert isinstance(loss, torch.Tensor)
        theirs.param_groups[0]["lr"] = rate
        theirs.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        theirs.step()
    ours = descend(data, name, rates)
    for now, expected in zip([*ours.weights, *ours.biases], [*weights, *biases], strict=True):
        np.testing.assert_allclose(now, expected.detach(), rtol=0, atol=1e-9)
    assert not np.allclose(ours.weights[1], start.weights[1], atol=1e-2), "else nothing was learnt"


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_weight_decay_shrinks_weights_beside_the_gradient_and_leaves_biases(name: str, data: Data) -> None:
    start, plain, decayed = make_model(data), descend(data, name, [0.1]), descend(data, name, [0.1], weight_decay=0.5)
    for before, without, shrunk in zip(start.weights, plain.weights, decayed.weights, strict=True):
        np.testing.assert_allclose(shrunk, without - 0.1 * 0.5 * before, rtol=0, atol=1e-12)
    for without, kept in zip(plain.biases, decayed.biases, strict=True):
        np.testing.assert_array_equal(kept, without)


def test_a_registered_optimizer_trains_by_its_name(data: Data, recipe: Callable[..., Recipe]) -> None:
    plain, fast = (train(data, recipe(optimizer=name), SEEDS) for name in ("sgd", "momentum"))
    np.testing.assert_array_equal(plain["loss"][:, 0], fast["loss"][:, 0])
    assert not np.isclose(plain["final_weights"], fast["final_weights"]).all()


def test_an_unknown_optimizer_is_named(data: Data, recipe: Callable[..., Recipe]) -> None:
    with pytest.raises(GoodinitError, match=r"unknown optimizer 'adam'; choose from sgd.* in the config"):
        train(data, recipe(optimizer="adam"), SEEDS)
