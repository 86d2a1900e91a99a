"""Many MLPs of one shape as one stacked model, and the masks that dropout lays over them.

m inputs, hidden layers of one width with ReLU, c classes from a last plain linear layer. A hidden layer computes
relu(x W + b) - s, where the subtrahend s is 0 but after LSUV (fast.ai's GeneralRelu `sub`).
"""

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from goodinit.arrays import Array
from goodinit.model.initializers import Layer


class StackedMLP:
    """`nets` MLPs. parameters: [nets, parameters], layer by layer: weight [fan_in, fan_out] row by row, then bias.

    Views of them: weights[l], [nets, fan_in, fan_out]; biases[l], [nets, 1, fan_out]; layers[l], a layer's part of the
    second axis of parameters. sizes: features, widths, classes. subtrahends: [hidden, nets, 1, 1], 0 where there is
    none.
    """

    def __init__(self, parameters: Tensor, sizes: list[int], subtrahends: Tensor) -> None:
        self.parameters, self.sizes, self.subtrahends = parameters, sizes, subtrahends
        self.weights, self.biases, self.layers = list[Tensor](), list[Tensor](), list[slice]()
        start = 0
        for fan_in, fan_out in pairwise(sizes):
            middle = start + fan_in * fan_out
            self.layers.append(slice(start, middle + fan_out))
            self.weights.append(parameters[:, start:middle].view(-1, fan_in, fan_out))
            self.biases.append(parameters[:, None, middle : middle + fan_out])
            start = middle + fan_out

    @classmethod
    def stack(cls, nets: list[list[Layer]], dtype: torch.dtype, device: torch.device) -> "StackedMLP":
        """Nets of one shape, each a list of layers, as one model."""
        flat = [np.concatenate([part for layer in net for part in (layer.weight.ravel(), layer.bias)]) for net in nets]
        subtrahends = np.array([[layer.subtrahend for layer in net[:-1]] for net in nets]).T[..., None, None]
        sizes = [len(nets[0][0].weight), *[len(layer.bias) for layer in nets[0]]]
        parameters = torch.tensor(np.stack(flat), dtype=dtype, device=device)
        return cls(parameters, sizes, parameters.new_tensor(subtrahends))

    def only(self, nets: slice) -> "StackedMLP":
        """Some of the nets; their parameters are these."""
        return StackedMLP(self.parameters[nets], self.sizes, self.subtrahends[:, nets])

    def is_weight(self) -> Tensor:
        """1 where a parameter is a weight, 0 where it is a bias: [parameters]."""
        flags = torch.ones_like(self.parameters[0])
        for fan_out, layer in zip(self.sizes[1:], self.layers, strict=True):
            flags[layer.stop - fan_out : layer.stop] = 0
        return flags

    def by_layer(self, parameters: Array) -> list[Array]:
        """The parts of an array laid out as parameters, [nets, parameters], that belong to each layer."""
        return [parameters[:, layer] for layer in self.layers]


class Dropout:
    """Inverted dropout (Srivastava et al. 2014) of the hidden layers' outputs, from a random stream per net."""

    def __init__(self, probability: float, seeds: list[int], like: Tensor) -> None:
        """like: [hidden, nets, batch, width], what the masks are for."""
        self.keep = 1 - probability
        self.generators = [torch.Generator(like.device).manual_seed(seed) for seed in seeds]
        self.masks = torch.empty_like(like)

    def draw(self) -> Tensor:
        """The masks of one step: 0, or 1 / keep."""
        for net, generator in enumerate(self.generators):
            self.masks[:, net].uniform_(generator=generator)
        return self.masks.lt_(self.keep).div_(self.keep)
