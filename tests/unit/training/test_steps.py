"""The step that a GPU replays: on the CPU without its graph, and on a GPU where there is one."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from gpu_code import StepsWithoutGraph, use_code_of_gpu
from made import make_data

from goodinit import GoodinitError
from goodinit.training import evaluation, validation
from goodinit.training import loop as training
from goodinit.training.evaluation import Data
from goodinit.training.loop import Recipe, train

without_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


class StepsAfterWarmUp(StepsWithoutGraph):
    """The same after a step that must leave no trace, as before a capture."""

    def _capture(self) -> Any:
        before = self.state.copy()
        self._advance()
        self.state.restore(before)


@pytest.mark.parametrize("variant", ["none", "weight-decay-0.1", "dropout-0.2", "batch-norm+residual"])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adamw"])
def test_a_warm_up_leaves_no_trace(
    optimizer: str, variant: str, data: Data, recipe: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = recipe("default" if "norm" in variant else "lsuv", variant=variant, optimizer=optimizer)
    use_code_of_gpu(monkeypatch)
    plain = train(data, wanted, [0, 1])
    monkeypatch.setattr(training, "HostSteps", StepsAfterWarmUp)
    warm = train(data, wanted, [0, 1])
    for name, values in plain.items():
        np.testing.assert_array_equal(warm[name], values, err_msg=name)


@pytest.mark.parametrize("variant", ["none", "weight-decay-0.1", "dropout-0.2"])
@pytest.mark.parametrize("init", ["kaiming-relu", "lsuv"])
@pytest.mark.parametrize(("optimizer", "peak"), [("sgd", 0.2), ("momentum", 0.02), ("adamw", 0.002)])
def test_the_gpu_step_equals_the_cpu_step(
    optimizer: str,
    peak: float,
    init: str,
    variant: str,
    data: Data,
    recipe: Callable[..., Recipe],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check_gpu_step(data, recipe(init, peak=peak, variant=variant, optimizer=optimizer), monkeypatch)


@pytest.mark.parametrize(
    ("variant", "record"),
    [
        ("layer-norm", "everything"),
        ("batch-norm", "everything"),
        ("residual+dropout-0.2", "everything"),
        ("batch-norm+residual+adamw", "everything"),
        ("gelu+layer-norm", "losses"),
        ("leaky-relu+batch-norm+dropout-0.2", "losses"),
    ],
)
def test_the_gpu_step_of_another_architecture_equals_the_cpu_step(
    variant: str, record: str, data: Data, recipe: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    check_gpu_step(data, recipe(variant=variant, record=record, peak=0.01, hidden_layers=4).vary(), monkeypatch)


def check_gpu_step(data: Data, wanted: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    host = train(data, wanted, [0, 1])
    use_code_of_gpu(monkeypatch)
    device = train(data, wanted, [0, 1])
    assert set(device) == set(host)
    for name, values in host.items():
        if values.dtype.kind == "f":
            np.testing.assert_allclose(device[name].astype(float), values.astype(float), atol=1e-9, err_msg=name)
        else:
            np.testing.assert_array_equal(device[name], values, err_msg=name)


def test_devices_are_chosen_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert evaluation.choose_device("auto").type == "cpu"
    with pytest.raises(GoodinitError, match="no CUDA device was found; set `device` to cpu or auto"):
        evaluation.choose_device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert evaluation.choose_device("auto").type == "cuda"
    assert evaluation.choose_device("cpu").type == "cpu"


def on_gpu(data: Data) -> Data:
    x, y = ({part: values.cuda() for part, values in parts.items()} for parts in (data.x, data.y))
    return Data(x, y, data.classes)


@pytest.mark.gpu
@without_gpu
@pytest.mark.parametrize("init", ["default", "kaiming-relu", "lsuv"])
def test_a_gpu_run_agrees_with_the_cpu(init: str, recipe: Callable[..., Recipe]) -> None:
    data, wanted = make_data(dtype=torch.float32), recipe(init, steps=100)
    host: dict[str, Any] = train(data, wanted, [0, 1, 2])
    device: dict[str, Any] = train(on_gpu(data), wanted, [0, 1, 2])
    np.testing.assert_array_equal(device["initial_weights"], host["initial_weights"])
    np.testing.assert_allclose(device["loss"], host["loss"], atol=2e-3)
    np.testing.assert_allclose(device["activation_std"], host["activation_std"], atol=2e-2)
    elements = {
        name: run["activation_histogram"].sum((1, 4)) + run["activation_overflow"].sum(1)
        for name, run in {"host": host, "device": device}.items()
    }
    np.testing.assert_array_equal(elements["device"], elements["host"])


@pytest.mark.gpu
@without_gpu
@pytest.mark.parametrize(
    "variant", ["none", "weight-decay-0.1", "dropout-0.2", "early-stopping", "batch-norm+residual"]
)
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adamw"])
def test_the_graph_equals_its_step_run_as_it_is(
    optimizer: str, variant: str, recipe: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bit by bit: the warm-up leaves no trace, and every replay draws fresh dropout masks."""
    data = on_gpu(make_data(dtype=torch.float32))
    init = "default" if "norm" in variant else "lsuv"
    wanted = recipe(init, variant=variant, optimizer=optimizer, record="everything")
    graph = train(data, wanted, [0, 1])
    monkeypatch.setattr(training, "GraphSteps", StepsWithoutGraph)
    monkeypatch.setattr(validation, "capture", lambda run, _: SimpleNamespace(replay=run))
    eager = train(data, wanted, [0, 1])
    for name, values in graph.items():
        np.testing.assert_array_equal(values, eager[name], err_msg=name)


@pytest.mark.gpu
@without_gpu
@pytest.mark.filterwarnings("ignore:Synchronization debug mode")
@pytest.mark.parametrize("variant", ["none", "layer-norm+residual", "batch-norm"])
def test_a_gpu_step_waits_for_nothing(
    variant: str, recipe: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    """torch raises at any synchronizing call inside a step."""

    class WatchedSteps(StepsWithoutGraph):
        def take(self, step: int) -> None:  # noqa: ARG002
            torch.cuda.set_sync_debug_mode("error")
            try:
                self._advance()
            finally:
                torch.cuda.set_sync_debug_mode("default")

    monkeypatch.setattr(training, "GraphSteps", WatchedSteps)
    run = train(on_gpu(make_data(dtype=torch.float32)), recipe(variant=variant), [0])
    assert np.isfinite(run["loss"]).all()
