"""Nets of every architecture against torch's modules and autograd, and what a study can ask of them."""

import itertools
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from made import linear_of
from torch import nn

from goodinit import GoodinitError
from goodinit.layers import ACTIVATIONS, NORMALIZATIONS
from goodinit.model.architecture import Architecture
from goodinit.model.initializers import CALIBRATED, INITIALIZERS, Layer, initialize
from goodinit.model.network import StackedMLP
from goodinit.model.optimizers import make_optimizer
from goodinit.model.passes import Pass, StackPass, make_passes
from goodinit.model.schedule import learning_rates
from goodinit.model.stacked_layers import Mode
from goodinit.model.variants import read_variant
from goodinit.training import evaluation
from goodinit.training.batches import batch_order
from goodinit.training.evaluation import Data
from goodinit.training.loop import Recipe, train

SEEDS, SIZES, ROWS, STEPS, DECAY = [3, 4], [6, 8, 8, 8, 3], 50, 60, 0.01
ARCHITECTURES = [Architecture(*each) for each in itertools.product(ACTIVATIONS, NORMALIZATIONS, (False, True))]
THEIRS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "sgd": torch.optim.SGD,
    "momentum": lambda parts, lr: torch.optim.SGD(parts, lr, momentum=0.9),
    "adamw": lambda parts, lr: torch.optim.AdamW(parts, lr, weight_decay=0.0),
}
MODULES: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky-relu": nn.LeakyReLU,
    "gelu": lambda: nn.GELU(approximate="tanh"),
}
NORMS: dict[str, Callable[..., nn.Module]] = {
    "none": nn.Identity,
    "layer-norm": lambda width: nn.LayerNorm(width, dtype=torch.float64),
    "batch-norm": lambda width: nn.BatchNorm1d(width, dtype=torch.float64),
}


class Obvious(nn.Module):
    """One net of torch's modules, which keeps what it saw in its last forward."""

    def __init__(self, layers: list[Layer], architecture: Architecture) -> None:
        super().__init__()
        self.linears = [linear_of(layer) for layer in layers]
        self.norms = [NORMS[architecture.normalization](len(layer.bias)) for layer in layers[:-1]]
        self.known = nn.ModuleList([*self.linears, *self.norms])  # to torch, which does not look into lists
        self.activation, self.residual = MODULES[architecture.activation](), architecture.residual

    def forward(self, h: torch.Tensor) -> torch.Tensor:
        self.seen = []
        for depth, norm in enumerate(self.norms):
            z = norm(self.linears[depth](h))
            a = self.activation(z)
            self.seen.append((z.detach(), a.detach()))
            h = h + a if self.residual and depth > 0 else a
        logits: torch.Tensor = self.linears[-1](h)
        return logits

    def flat(self) -> torch.Tensor:
        """Parameters and running statistics in our order."""
        parts = list[torch.Tensor]()
        for depth, linear in enumerate(self.linears):
            parts += [linear.weight.T.flatten(), linear.bias]
            if depth < len(self.norms):
                norm = self.norms[depth]
                parts += [*norm.parameters(), *(buffer for buffer in norm.buffers() if buffer.ndim)]
        return torch.cat(parts).detach()


def train_obvious(data: Data, architecture: Architecture, seed: int, optimizer: str, rate: float) -> Obvious:
    net = Obvious(initialize("kaiming-relu", SIZES, seed, data.x["train"].numpy()), architecture)
    theirs = THEIRS[optimizer](net.parameters(), lr=rate)
    for step in range(STEPS):
        rows = slice(step, step + ROWS)
        theirs.zero_grad()
        loss = nn.functional.cross_entropy(net(data.x["train"][rows]), data.y["train"][rows])
        loss.backward()  # type: ignore[no-untyped-call]
        with torch.no_grad():
            for linear in net.linears:  # decoupled, and of weights alone
                linear.weight.mul_(1 - rate * DECAY)
        theirs.step()
    return net.eval()


@pytest.mark.parametrize("passes_of", [make_passes, lambda *args: [StackPass(*args)]], ids=["nets", "stack"])
@pytest.mark.parametrize(("optimizer", "rate"), [("sgd", 0.1), ("momentum", 0.02), ("adamw", 0.01)])
@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=str)
def test_equals_torch(
    architecture: Architecture, optimizer: str, rate: float, passes_of: Callable[..., list[Pass]], data: Data
) -> None:
    nets = [initialize("kaiming-relu", SIZES, seed, data.x["train"].numpy()) for seed in SEEDS]
    model = StackedMLP.stack(nets, torch.float64, torch.device("cpu"), architecture)
    start = model.parameters.clone()
    for one in passes_of(model, ROWS, 0.0, SEEDS):
        ours, many = make_optimizer(optimizer, one.model, DECAY), len(one.model.parameters)
        for step in range(STEPS):
            rows = slice(step, step + ROWS)
            one.forward(data.x["train"][rows].expand(many, -1, -1), data.y["train"][rows].expand(many, -1))
            ours.step(one.backward(), rate)
    assert (abs(model.parameters - start).amax(1) > 0.05).all(), "else nothing was learnt"
    of_cpu, of_gpu = evaluation.evaluate(model, data, "valid"), evaluation._evaluate_on_gpu
    x, y = data.x["valid"], data.y["valid"]
    np.testing.assert_allclose(of_gpu(model, x, y)[0] / len(y), of_cpu[0], rtol=0, atol=1e-9)
    for net, seed in enumerate(SEEDS):
        theirs = train_obvious(data, architecture, seed, optimizer, rate)
        np.testing.assert_allclose(model.parameters[net], theirs.flat(), rtol=0, atol=1e-9)
        assert of_cpu[0][net] == pytest.approx(nn.functional.cross_entropy(theirs(x), y).item(), abs=1e-9)


@pytest.mark.parametrize("passes_of", [make_passes, lambda *args: [StackPass(*args)]], ids=["nets", "stack"])
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_measuring_is_training_without_dropout_and_without_a_trace(
    normalization: str, passes_of: Callable[..., list[Pass]], data: Data
) -> None:
    def one_step(dropout: float, *modes: Mode) -> tuple[torch.Tensor, ...]:
        net = initialize("default", SIZES, 3, data.x["train"].numpy())
        model = StackedMLP.stack([net], torch.float64, torch.device("cpu"), Architecture("relu", normalization))
        (one,) = passes_of(model, ROWS, dropout, [3])
        losses = [one.forward(data.x["train"][None, :ROWS], data.y["train"][None, :ROWS], mode) for mode in modes]
        return losses[-1].clone(), one.backward().clone(), model.parameters.clone()

    plain, dropped = one_step(0.0, "training"), one_step(0.5, "training")
    for before, after in zip(plain[:2], one_step(0.5, "measuring"), strict=False):
        torch.testing.assert_close(after, before, rtol=0, atol=0)
    for before, after in zip(dropped, one_step(0.5, "measuring", "training"), strict=True):
        torch.testing.assert_close(after, before, rtol=0, atol=0)
    assert dropped[0] != plain[0]


VARIANTS = ["layer-norm", "batch-norm", "residual", "batch-norm+residual+momentum", "layer-norm+residual+adamw"]


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_is_recorded_is_what_the_activation_gets_and_gives(
    variant: str, data: Data, recipe: Callable[..., Recipe]
) -> None:
    wanted = recipe("default", variant=variant, peak=0.02, hidden_layers=3, width=8).vary()
    run = train(data, wanted, SEEDS)
    for place, seed in enumerate(SEEDS):
        order = batch_order(seed, len(data.x["train"]), wanted.batch_size, wanted.steps)
        layers = initialize("default", SIZES, seed, data.x["train"][order[0]].numpy())
        net = Obvious(layers, read_variant(variant).architecture)
        theirs, seen = THEIRS[wanted.optimizer](net.parameters(), lr=0.0), defaultdict[str, list[Any]](list)
        for rows, rate in zip(order, learning_rates(0.02, wanted.steps, wanted.optimizer), strict=True):
            loss = nn.functional.cross_entropy(net(data.x["train"][rows]), data.y["train"][rows])
            theirs.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            theirs.param_groups[0]["lr"] = rate
            theirs.step()
            seen["loss"].append(loss.item())
            seen["activation_mean"].append([[site.mean().item() for site in sites] for sites in net.seen])
            seen["activation_std"].append([[site.std().item() for site in sites] for sites in net.seen])
            seen["gradient_norm"].append([norm_of_layer(net, depth) for depth in range(3)])
        seen["gradient_norm"] = [seen["gradient_norm"][step] for step in (0, 46)]
        seen["final_weights"] = net.flat().tolist()
        for name, values in seen.items():
            np.testing.assert_allclose(run[name][place], values, rtol=0, atol=1e-9, err_msg=name)
        expected = nn.functional.cross_entropy(net.eval()(data.x["valid"]), data.y["valid"]).item()
        assert run["valid_loss"][place, -1] == pytest.approx(expected, abs=1e-9)


def norm_of_layer(net: Obvious, depth: int) -> float:
    parts = [*net.linears[depth].parameters(), *net.norms[depth].parameters()]
    return float(torch.cat([part.grad.flatten() for part in parts if part.grad is not None]).norm())


@pytest.mark.parametrize("variant", ["batch-norm+residual+adamw", "layer-norm+gelu+dropout-0.2", "leaky-relu"])
def test_a_net_is_the_same_in_every_stack(variant: str, data: Data, recipe: Callable[..., Recipe]) -> None:
    wanted = recipe("kaiming-relu", variant=variant, record="losses", peak=0.01)
    stacked, alone = train(data, wanted, [1, 2, 3]), train(data, wanted, [2])
    for name in ("loss", "logit_signal", "train_loss", "valid_loss", "test_loss"):
        np.testing.assert_array_equal(stacked[name][1], alone[name][0], err_msg=name)


def test_early_stopping_restores_the_running_statistics_too(data: Data, recipe: Callable[..., Recipe]) -> None:
    data.x["test"], data.y["test"] = data.x["valid"], data.y["valid"]
    run: dict[str, Any] = train(
        data, recipe(variant="batch-norm+early-stopping", steps=100, peak=1.0, hidden_layers=10), SEEDS
    )
    assert (run["restored_step"] < 100).any(), "else this test shows nothing"
    np.testing.assert_array_equal(run["test_loss"], run["valid_loss"].min(1))


@pytest.mark.parametrize("variant", ["gelu", "residual", "batch-norm"])
@pytest.mark.parametrize("init", sorted(CALIBRATED))
def test_a_start_calibrated_on_a_plain_net_is_refused_elsewhere(
    init: str, variant: str, data: Data, recipe: Callable[..., Recipe]
) -> None:
    refusal = f"^initializer '{init}' calibrates plain ReLU nets, not variant '{variant}'; choose another than .*$"
    with pytest.raises(GoodinitError, match=refusal):
        train(data, recipe(init, variant=variant, record="losses"), SEEDS)


def test_all_that_read_the_batch_are_known_to_be_calibrated() -> None:
    batch = np.random.default_rng(0).standard_normal((20, SIZES[0]))
    reading = set()
    for init in INITIALIZERS:
        (first, second) = (initialize(init, SIZES, 3, factor * batch) for factor in (1, 2))
        if any((a.weight != b.weight).any() for a, b in zip(first, second, strict=True)):
            reading.add(init)
    assert reading == CALIBRATED


@pytest.mark.parametrize("activation", ["leaky-relu", "gelu"])
@pytest.mark.parametrize("record", ["moments", "full", "everything"])
def test_statistics_of_another_activation_are_refused(
    record: str, activation: str, data: Data, recipe: Callable[..., Recipe]
) -> None:
    with pytest.raises(GoodinitError, match=rf"^variant '{activation}\+adamw': .* set `record` .* to losses in the"):
        train(data, recipe(variant=f"{activation}+adamw", record=record), SEEDS)
