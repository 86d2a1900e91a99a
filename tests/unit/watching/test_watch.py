"""Any net, watched: against what is computed by hand, and what a hook gets wrong that does not look out."""

import gc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from made import Reused
from torch import Tensor, nn

from goodinit import GoodinitError
from goodinit.watching.watch import Watch, count_bins, measure_signal, measure_std

BATCH = torch.randn(16, 6, generator=torch.Generator().manual_seed(1))


def make_mlp(inplace: bool = False) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 8), nn.ReLU(inplace), nn.Linear(8, 8), nn.ReLU(inplace), nn.Linear(8, 3))


def hooks_of(model: nn.Module) -> int:
    return sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules())


@pytest.mark.parametrize("inplace", [False, True])
def test_every_layer_is_seen_as_it_comes_out(inplace: bool) -> None:
    """In place or not: a linear layer's output is overwritten by such a ReLU as soon as the hook has returned."""
    with Watch(make_mlp(inplace)) as watch:
        watch.model(BATCH)
        watch.model(2 * BATCH)
    table, histograms = watch.statistics(), watch.histograms()
    assert table["step"].tolist() == [0] * 5 + [1] * 5
    assert table["layer"].tolist() == list("01234") * 2
    plain = make_mlp().double()
    for row in table.to_dict("records"):
        a = plain[: int(row["layer"]) + 1](BATCH.double() * (1 + row["step"])).detach().numpy()
        counts, _ = np.histogram(np.abs(a), 40, (0, 10))
        assert row["mean"] == pytest.approx(a.mean(), abs=1e-6)
        assert row["std"] == pytest.approx(a.std(ddof=1), rel=1e-5)
        assert row["signal"] == pytest.approx(np.sqrt(a.var(0, ddof=1).mean()), rel=1e-5)
        assert row["min_bin_share"] == pytest.approx(counts[0] / counts.sum())
        np.testing.assert_array_equal(histograms[row["layer"]][row["step"]], counts)


def test_only_the_kinds_that_are_named_are_watched() -> None:
    with Watch(make_mlp(), nn.ReLU) as watch:
        watch.model(BATCH)
    assert watch.statistics()["layer"].tolist() == ["1", "3"]


def test_units_of_a_convolution_are_channels_at_places() -> None:
    convolution = nn.Conv2d(2, 3, 3)
    images = torch.randn(5, 2, 8, 8)
    with Watch(convolution) as watch:
        outputs = convolution(images).detach().double()
    (row,) = watch.statistics().to_dict("records")
    assert row["layer"] == "model"
    assert row["signal"] == pytest.approx(outputs.reshape(5, -1).var(0).mean().sqrt().item(), rel=1e-5)
    assert row["std"] == pytest.approx(outputs.std().item(), rel=1e-5)


def test_batches_in_eval_mode_leave_no_trace() -> None:
    with Watch(make_mlp(), nn.ReLU) as watch:
        watch.model(BATCH)
        watch.model.eval()
        watch.model(100 * BATCH)
        watch.model.train()
        watch.model(BATCH)
    table = watch.statistics()
    assert table["step"].tolist() == [0, 0, 1, 1]
    np.testing.assert_array_equal(table["std"][:2], table["std"][2:])
    assert all(len(histograms) == 2 for histograms in watch.histograms().values())


def test_a_frozen_layer_in_eval_mode_is_watched_while_the_model_trains() -> None:
    model = make_mlp()
    model[1].eval()
    with Watch(model, nn.ReLU) as watch:
        model(BATCH)
    assert len(watch.statistics()) == 2


def test_the_hooks_are_gone_after_the_block_and_after_an_exception() -> None:
    model = make_mlp()
    with Watch(model) as watch:
        assert hooks_of(model) == 6
        model(BATCH)
    assert hooks_of(model) == 0
    model(BATCH)
    assert len(watch.statistics()) == 5
    with pytest.raises(RuntimeError, match="shapes"), Watch(model):
        model(BATCH[:, :5])
    assert hooks_of(model) == 0


class Token:
    """Lives as long as the graph that it is part of."""


class Tokened(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, token: Token) -> Tensor:
        ctx.token = token
        return x.clone()

    @staticmethod
    def backward(_ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0], None


def test_the_record_keeps_no_graph_alive() -> None:
    token = Token()
    alive = weakref.ref(token)
    with Watch(make_mlp()) as watch:
        inputs = Tokened.apply(BATCH.clone().requires_grad_(), token)  # type: ignore[no-untyped-call]
        logits = watch.model(inputs)
        del inputs
        del token
        assert alive()
        logits.sum().backward()
        del logits
        gc.collect()
        assert not alive()
    assert len(watch.statistics()) == 5


def test_training_is_the_same_watched_or_not() -> None:
    plain, watched = make_mlp(), make_mlp()
    plain(BATCH).square().sum().backward()
    with Watch(watched):
        watched(BATCH).square().sum().backward()
    for one, other in zip(plain.parameters(), watched.parameters(), strict=True):
        assert one.grad is not None
        assert other.grad is not None
        assert torch.equal(one.grad, other.grad)


def test_a_layer_that_is_called_twice_in_a_pass_is_told_apart() -> None:
    model = Reused()
    with Watch(model, nn.ReLU) as watch:
        model(BATCH)
        outputs = model(BATCH)
    table = watch.statistics()
    assert table["layer"].tolist() == ["relu", "relu, call 2"] * 2
    assert table["step"].tolist() == [0, 0, 1, 1]
    assert table["signal"].iloc[-1] == pytest.approx(measure_signal(outputs).item())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_numbers_are_at_least_single_precision(dtype: torch.dtype) -> None:
    layer = nn.Identity()
    values = (1 + torch.randn(2000, 4) / 4).to(dtype)
    with Watch(layer) as watch:
        layer(values)
    assert watch.statistics()["std"][0] == pytest.approx(values.double().std().item(), rel=1e-5)


def test_one_row_has_no_signal_and_one_number_no_spread() -> None:
    assert measure_signal(torch.tensor([[1.0, -2.0]])) == 0
    assert measure_std(torch.tensor([[3.0]])) == 0
    assert measure_signal(torch.tensor([[1.0, 2.0], [1.0, 4.0]])) == pytest.approx(1.0)  # stds 0 and √2 over rows
    assert count_bins(torch.tensor([0.1, -0.2, 10.0, 11.0])).tolist() == [2.0] + [0.0] * 38 + [1.0]


def test_a_model_without_such_layers_names_those_it_has() -> None:
    with pytest.raises(GoodinitError, match=r"no module of the model is a GELU or a Tanh; it has Linear, ReLU\. "):
        Watch(make_mlp(), nn.GELU, nn.Tanh)


def test_nothing_watched_is_said() -> None:
    with Watch(make_mlp().eval()) as watch:
        watch.model(BATCH)
    with pytest.raises(GoodinitError, match=r"nothing was watched; .* call model.train\(\)"):
        watch.statistics()


@pytest.mark.parametrize(
    ("layer", "inputs"),
    [
        (nn.LSTM(6, 4), lambda: torch.randn(3, 2, 6)),
        (nn.Identity(), lambda: {"logits": BATCH}),
        (nn.Identity(), lambda: torch.arange(3)),
        (nn.Identity(), lambda: torch.tensor(1.0)),
        (nn.Identity(), lambda: BATCH[:0]),
    ],
    ids=["tuple", "dict", "integers", "number", "no rows"],
)
def test_another_output_is_refused_by_the_name_of_its_layer(layer: nn.Module, inputs: Callable[[], object]) -> None:
    model = nn.Sequential(layer)
    with (
        pytest.raises(GoodinitError, match=f"layer 0, a {type(layer).__name__}, gives no tensor of floats"),
        Watch(model),
    ):
        model(inputs())
    assert hooks_of(model) == 0


@pytest.mark.gpu
def test_a_net_on_a_gpu_is_watched_as_on_the_cpu() -> None:
    with Watch(make_mlp()) as here:
        here.model(BATCH)
    with Watch(make_mlp().cuda()) as there:
        there.model(BATCH.cuda())
    moments = ["mean", "std", "signal", "min_bin_share"]
    np.testing.assert_allclose(there.statistics()[moments], here.statistics()[moments], rtol=1e-4, atol=1e-6)
