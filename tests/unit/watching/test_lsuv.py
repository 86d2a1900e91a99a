"""LSUV for any net. That it is the initializer `lsuv` on a plain one: tests/unit/model/test_initializers.py."""

import pytest
import torch
from made import Reused
from torch import Tensor, nn

from goodinit import GoodinitError
from goodinit.model.initializers import TOLERANCE
from goodinit.watching.lsuv import Shifted, apply_lsuv
from goodinit.watching.watch import Watch

IMAGES = torch.randn(16, 3, 8, 8, generator=torch.Generator().manual_seed(1))


class Branched(nn.Module):
    """Layers that are registered out of order, convolutions, a ReLU in place, a skip that adds in place, a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.relu, self.clip, self.head = nn.ReLU(inplace=True), nn.ReLU(), nn.Linear(4, 2)
        self.second, self.first = nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        hidden = self.relu(self.first(x))
        hidden += 5  # what is normalized is the activation, not what becomes of it
        return {"logits": self.head(self.clip(self.second(hidden)).mean((-2, -1)))}


def test_every_activation_has_unit_std_and_the_model_itself_is_as_it_was() -> None:
    torch.manual_seed(0)
    model = Branched()
    before = {name: values.clone() for name, values in model.state_dict().items()}
    net = apply_lsuv(model, IMAGES)
    with Watch(net, Shifted) as watch:
        net(IMAGES)
    table = watch.statistics()
    assert table["layer"].tolist() == ["relu", "clip"]
    assert (table["std"] - 1).abs().max() <= TOLERANCE + 1e-6
    assert 0 < net.state_dict()["relu.subtrahend"] < 2
    for name, values in model.state_dict().items():
        assert torch.equal(values, before[name])
    for name in ("first.bias", "second.bias", "head.weight", "head.bias"):
        assert torch.equal(net.state_dict()[name], before[name]), name
    for name in ("first.weight", "second.weight"):
        ratio = net.state_dict()[name] / before[name]
        torch.testing.assert_close(ratio, ratio.flatten()[0].expand_as(ratio))
        assert abs(ratio.flatten()[0] - 1) > 0.1


def test_the_subtrahend_is_saved_with_the_net_and_needs_no_gradient() -> None:
    torch.manual_seed(0)
    net = apply_lsuv(nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 2)), torch.randn(32, 6))
    assert net.state_dict()["1.subtrahend"] > 0
    assert [name for name, _ in net.named_parameters()] == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert all(parameter.requires_grad for parameter in net.parameters())
    assert not any(module._forward_hooks for module in net.modules())


def test_a_shared_activation_is_refused() -> None:
    with pytest.raises(GoodinitError, match="relu: called more than once in a pass"):
        apply_lsuv(Reused(), torch.randn(8, 6))


def test_a_net_without_such_an_activation_is_refused() -> None:
    net = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2))
    with pytest.raises(GoodinitError, match="no linear layer or convolution is followed by a module GELU"):
        apply_lsuv(net, torch.randn(8, 4), nn.GELU)


@pytest.mark.parametrize(("value", "std"), [(0.0, "0"), (float("nan"), "nan")])
def test_the_layer_is_named_that_cannot_be_normalized(value: float, std: str) -> None:
    net = nn.Sequential(nn.Linear(4, 4, bias=False), nn.ReLU())
    with pytest.raises(GoodinitError, match=f"layer 0 has activation std {std} on this batch after 0 divisions"):
        apply_lsuv(net, torch.full((8, 4), value))


def test_what_never_gets_there_ends() -> None:
    net = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.ReLU()).double()  # divided a hundred times
    with pytest.raises(GoodinitError, match=r"layer 0 has activation std 0\.\d+ on this batch after 100 divisions"):
        apply_lsuv(net, torch.randn(64, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64))
