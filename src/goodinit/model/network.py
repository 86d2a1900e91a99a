"""Many MLPs of one shape as one stacked model, and the masks that dropout lays over them.

m inputs, hidden layers of one width, c classes from a last plain linear layer. A hidden layer computes relu(x W + b) -
s, where the subtrahend s is 0 but after LSUV (fast.ai's GeneralRelu `sub`), or what its `Architecture` says.
"""

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from goodinit.arrays import Array
from goodinit.layers import ACTIVATIONS, NORMALIZATIONS, VECTORS
from goodinit.model.architecture import PLAIN, Architecture
from goodinit.model.initializers import Layer
from goodinit.propagation import Structure

START = (1.0, 0.0, 0.0, 1.0)  # scale, shift, running mean and running variance


class StackedMLP:
    """`nets` MLPs. parameters: [nets, parameters], layer by layer: weight [fan_in, fan_out] row by row, then bias;
    where the layer is normalized, scale and shift; under batch-norm, running mean and variance, whose gradient is 0.

    Views of them: weights[l], [nets, fan_in, fan_out]; biases[l], [nets, 1, fan_out], and likewise scales, shifts,
    running_means and running_variances, of the hidden layers that have them; layers[l], a layer's part of the second
    axis of parameters. sizes: features, widths, classes. subtrahends: [hidden, nets, 1, 1], 0 where there is none.
    """

    def __init__(
        self, parameters: Tensor, sizes: list[int], subtrahends: Tensor, architecture: Architecture = PLAIN
    ) -> None:
        self.parameters, self.sizes, self.subtrahends = parameters, sizes, subtrahends
        self.architecture = architecture
        self.weights, self.layers = list[Tensor](), list[slice]()
        vectors: tuple[list[Tensor], ...] = [], [], [], [], []
        self.biases, self.scales, self.shifts, self.running_means, self.running_variances = vectors
        start = 0
        for depth, (fan_in, fan_out) in enumerate(pairwise(sizes)):
            stop = start + fan_in * fan_out
            self.weights.append(parameters[:, start:stop].view(-1, fan_in, fan_out))
            for kind in vectors[: vectors_of(architecture) if depth < len(sizes) - 2 else 1]:
                kind.append(parameters[:, None, stop : stop + fan_out])
                stop += fan_out
            self.layers.append(slice(start, stop))
            start = stop

    @classmethod
    def stack(
        cls, nets: list[list[Layer]], dtype: torch.dtype, device: torch.device, architecture: Architecture = PLAIN
    ) -> "StackedMLP":
        """Nets of one shape, each a list of layers, as one model. Scale and running variance start at 1, shift and
        running mean at 0."""
        flat = [_flatten(net, START[: vectors_of(architecture) - 1]) for net in nets]
        subtrahends = np.array([[layer.subtrahend for layer in net[:-1]] for net in nets]).T[..., None, None]
        sizes = [len(nets[0][0].weight), *[len(layer.bias) for layer in nets[0]]]
        parameters = torch.tensor(np.stack(flat), dtype=dtype, device=device)
        return cls(parameters, sizes, parameters.new_tensor(subtrahends), architecture)

    def only(self, nets: slice) -> "StackedMLP":
        """Some of the nets; their parameters are these."""
        return StackedMLP(self.parameters[nets], self.sizes, self.subtrahends[:, nets], self.architecture)

    @property
    def structure(self) -> Structure:
        """How a net is built, as compiled code takes it."""
        activation, normalization, residual = self.architecture
        codes = ACTIVATIONS.index(activation), NORMALIZATIONS.index(normalization)
        return Structure(np.array(self.sizes), *codes, residual)

    def adds_input(self, depth: int) -> bool:
        """Whether the layer is a hidden one that adds its input to what it computes."""
        hidden = 0 < depth < len(self.weights) - 1
        return self.architecture.residual and hidden and self.sizes[depth] == self.sizes[depth + 1]

    def is_weight(self) -> Tensor:
        """1 where a parameter is a weight, else 0: [parameters]."""
        flags = torch.zeros_like(self.parameters[0])
        for fan_in, fan_out, layer in zip(self.sizes, self.sizes[1:], self.layers, strict=False):
            flags[layer.start : layer.start + fan_in * fan_out] = 1
        return flags

    def by_layer(self, parameters: Array) -> list[Array]:
        """The parts of an array laid out as parameters, [nets, parameters], that belong to each layer."""
        return [parameters[:, layer] for layer in self.layers]


def vectors_of(architecture: Architecture) -> int:
    """How many parameters a unit of a hidden layer has beside its weights: the bias, and what normalization adds."""
    return VECTORS[NORMALIZATIONS.index(architecture.normalization)]


def _flatten(net: list[Layer], added: tuple[float, ...]) -> Array:
    """The parameters of a net, with those that normalization adds to each unit of a hidden layer."""
    parts = [(layer.weight.ravel(), layer.bias, np.repeat(added, len(layer.bias))) for layer in net]
    return np.concatenate([part for layer in parts for part in layer][:-1])


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
