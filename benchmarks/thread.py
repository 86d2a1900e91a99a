"""The thread's way, written plainly: one net, forward hooks on the ReLUs, histograms on the CPU, torch.optim.SGD."""

from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import Tensor, nn


def build_net(features: int, hidden_layers: int, width: int, classes: int) -> nn.Sequential:
    """The thread's get_fc_model: flat, a plain linear layer last."""
    sizes = [features, *[width] * hidden_layers]
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise(sizes):
        layers += [nn.Linear(fan_in, fan_out), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], classes))


class Hook:
    """The thread's append_stats: mean, std and histogram of each output, in the training phase."""

    def __init__(self, module: nn.Module) -> None:
        self.stats: tuple[list[Tensor], list[Tensor], list[Tensor]] = ([], [], [])
        module.register_forward_hook(self.append_stats)

    def append_stats(self, module: nn.Module, _inputs: object, output: Tensor) -> None:
        """Runs at each forward call of the module."""
        means, stds, histograms = self.stats
        if module.training:
            means.append(output.data.mean().cpu())
            stds.append(output.data.std().cpu())
            histograms.append(output.data.cpu().abs().histc(40, 0, 10))


def train(
    x: Tensor, y: Tensor, batches: Tensor, rates: list[float], classes: int, record: bool = True
) -> Iterator[float]:
    """Train one 10 x 40 net on batches of rows [steps, batch], yielding the loss of each step; to record, one hook per
    ReLU."""
    net = build_net(x.shape[1], 10, 40, classes).to(x.device)
    hooks = [Hook(module) for module in net if isinstance(module, nn.ReLU) and record]
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    for rows, rate in zip(batches, rates, strict=True):
        optimizer.param_groups[0]["lr"] = rate
        loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
        yield loss.item()
    assert all(len(hook.stats[2]) == len(batches) for hook in hooks)
