"""LSUV for any net, by forward hooks: the obvious way, to copy.

The rule is that of `normalize_outputs` in `goodinit.model.initializers`; a test holds the two together.
"""

import copy
import math
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from goodinit import GoodinitError
from goodinit.model.initializers import MAX_DIVISIONS, TOLERANCE

WEIGHTED = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


class Shifted(nn.Module):
    """An activation less a subtrahend, which is saved with the net."""

    def __init__(self, activation: nn.Module, subtrahend: Tensor) -> None:
        super().__init__()
        self.activation = activation
        self.register_buffer("subtrahend", subtrahend)

    def forward(self, inputs: Tensor) -> Tensor:
        """The activation of the inputs, shifted."""
        shifted: Tensor = self.activation(inputs) - self.subtrahend
        return shifted


def apply_lsuv(model: nn.Module, batch: Any, activation: type[nn.Module] = nn.ReLU) -> nn.Module:
    """A copy of the model in which each layer has unit std, as fast.ai's variant of Mishkin & Matas 2016 makes it.

    In the order of calls: shift the activation to mean 0 by a subtrahend, then divide the weights before it by its std
    (ddof 1, over rows and units) until that is 1 within TOLERANCE. The weights that are there are the start; a layer of
    WEIGHTED that no activation follows, such as the output's, stays as it is. batch: what the model is called with, in
    the mode that it is in. Raises GoodinitError where no activation follows a layer, where a pass calls one twice, and
    where a std is 0, not finite, or not there after MAX_DIVISIONS.
    """
    net = copy.deepcopy(model)
    with torch.no_grad():
        for weighted, activated in find_pairs(net, batch, activation):
            plain = net.get_submodule(activated)
            net.set_submodule(activated, Shifted(plain, respond(net, plain, batch).mean()))
            divide_until_unit(net, weighted, activated, batch)
    return net


def divide_until_unit(net: nn.Module, weighted: str, activated: str, batch: Any) -> None:
    """Divide a layer's weights by the std of its activation until that is 1 within TOLERANCE. Raises GoodinitError."""
    weight, shifted = net.get_parameter(f"{weighted}.weight"), net.get_submodule(activated)
    divisions = 0
    while not abs((std := respond(net, shifted, batch).std().item()) - 1) <= TOLERANCE:  # NaN enters, and is refused
        if not 0 < std < math.inf or divisions == MAX_DIVISIONS:
            raise GoodinitError(
                f"layer {weighted} has activation std {std:.6g} on this batch after {divisions} divisions and cannot "
                "be normalized; check the scaling of the features or use another initializer"
            )
        weight.div_(std)
        divisions += 1


def find_pairs(net: nn.Module, batch: Any, activation: type[nn.Module]) -> list[tuple[str, str]]:
    """Each layer of WEIGHTED that an activation follows, and that, by their names in the net, in the order of calls.
    Raises GoodinitError where there is none, and where one of these modules is called twice in a pass."""
    called: list[str] = []
    modules = {name: module for name, module in net.named_modules() if isinstance(module, (*WEIGHTED, activation))}
    hooks = [
        module.register_forward_hook(lambda *_, name=name: called.append(name)) for name, module in modules.items()
    ]
    net(batch)
    for hook in hooks:
        hook.remove()
    twice = {name for name in called if called.count(name) > 1}
    if twice:
        raise GoodinitError(
            f"{', '.join(sorted(twice))}: called more than once in a pass; give each layer an activation of its own"
        )
    pairs = [
        (one, next_one)
        for one, next_one in pairwise(called)
        if isinstance(modules[one], WEIGHTED) and isinstance(modules[next_one], activation)
    ]
    if not pairs:
        raise GoodinitError(
            f"no linear layer or convolution is followed by a module {activation.__name__}; name the activation of "
            "this net, and make a module of one that is called as a function"
        )
    return pairs


def respond(net: nn.Module, module: nn.Module, batch: Any) -> Tensor:
    """What a module of the net gives for a batch."""
    outputs: list[Tensor] = []
    hook = module.register_forward_hook(lambda *call: outputs.append(call[-1].clone()))  # before it is changed in place
    net(batch)
    hook.remove()
    return outputs[0]
