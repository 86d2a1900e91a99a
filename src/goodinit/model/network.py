"""Many MLPs of one shape as one stacked model: the nets of a block of seeds share kernel launches, nothing else.

m inputs, hidden layers of one width with ReLU, c classes from a last plain linear layer. A hidden layer computes
relu(x W + b) - s, where the subtrahend s is 0 but after LSUV (fast.ai's GeneralRelu `sub`).
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from goodinit.arrays import Array
from goodinit.model.initializers import Layer


class StackedMLP:
    """`nets` MLPs. weights[l]: [nets, fan_in, fan_out]; biases[l]: [nets, 1, fan_out]; subtrahends:
    [hidden, nets, 1, 1] or None where no net has one."""

    def __init__(self, nets: list[list[Layer]], dtype: torch.dtype, device: torch.device) -> None:
        def stack(arrays: list[Array]) -> Tensor:
            return torch.tensor(np.stack(arrays), dtype=dtype, device=device)

        layers = list(zip(*nets, strict=True))
        self.weights = [stack([layer.weight for layer in same_depth]) for same_depth in layers]
        self.biases = [stack([layer.bias[None] for layer in same_depth]) for same_depth in layers]
        subtrahends = np.array([[layer.subtrahend for layer in same_depth] for same_depth in layers[:-1]])
        self.subtrahends = stack(list(subtrahends[:, :, None, None])) if subtrahends.any() else None

    def logits(self, x: Tensor) -> Tensor:
        """Class scores [nets, rows, classes] of rows x [rows, features], in evaluation mode."""
        h = x.expand(len(self.weights[0]), *x.shape)
        for depth, (weight, bias) in enumerate(zip(self.weights[:-1], self.biases[:-1], strict=True)):
            h = torch.baddbmm(bias, h, weight).clamp_min_(0)
            if self.subtrahends is not None:
                h -= self.subtrahends[depth]
        return torch.baddbmm(self.biases[-1], h, self.weights[-1])

    def parameters(self) -> Tensor:
        """A copy of every weight and bias [nets, parameters]: layer by layer, weight (row-major), then bias."""
        pairs = zip(self.weights, self.biases, strict=True)
        return torch.cat([part.flatten(1) for pair in pairs for part in pair], dim=1)

    def load_parameters(self, parameters: Tensor) -> None:
        """Set every weight and bias from [nets, parameters], in the order of `parameters()`."""
        parts = [part for pair in zip(self.weights, self.biases, strict=True) for part in pair]
        columns = torch.split(parameters, [part[0].numel() for part in parts], dim=1)
        for part, values in zip(parts, columns, strict=True):
            part.copy_(values.view_as(part))


class Dropout:
    """Inverted dropout (Srivastava et al. 2014) of the hidden layers' outputs, from a random stream per net."""

    def __init__(self, probability: float, seeds: list[int], like: Tensor) -> None:
        self.keep = 1 - probability
        self.generators = [torch.Generator(like.device).manual_seed(seed) for seed in seeds]
        self.masks, self.dropped = torch.empty_like(like), torch.empty_like(like)

    def draw(self) -> None:
        """Draw the masks of one step: 0, or 1 / keep."""
        for net, generator in enumerate(self.generators):
            self.masks[:, net].bernoulli_(self.keep, generator=generator)
        self.masks.div_(self.keep)


class TrainingPass:
    """Forward, loss and closed-form gradient for a batch; its large buffers are allocated once.

    linear, output: [hidden, nets, batch, width], before the ReLU and after it (less the subtrahend); overwritten by
    each forward. ones: [nets, 1, batch], what a bias has as its inputs. Nets share no arithmetic, so one that diverges
    leaves its neighbours as they are, bit by bit. Nothing here reads a value back from the device, so that a CUDA graph
    can hold it.
    """

    def __init__(self, model: StackedMLP, batch_size: int, dropout: float, seeds: list[int]) -> None:
        """dropout: its probability; seeds: of the nets' dropout."""
        self.model = model
        first, last = model.weights[0], model.weights[-1]
        nets, width, classes = len(first), first.shape[2], last.shape[2]
        self.linear = first.new_empty(len(model.weights) - 1, nets, batch_size, width)
        self.output = torch.empty_like(self.linear)
        self.dropout = Dropout(dropout, seeds, self.linear) if dropout else None
        self._dropping = False
        self._log_softmax = first.new_empty(nets, classes, batch_size)
        self._logits_gradient = torch.empty_like(self._log_softmax)
        self._gradients = first.new_empty(2, nets, batch_size, width)
        self.ones = first.new_ones(nets, 1, batch_size)
        self._minus_one = first.new_full((1, 1, 1), -1.0)

    def forward(self, x: Tensor, y: Tensor, training: bool = True) -> Tensor:
        """Mean cross-entropy (nats) of each net, [nets], for its own x [nets, batch, features], y [nets, batch].

        Dropout, where there is any, drops in training only.
        """
        model = self.model
        self._dropping = training and self.dropout is not None
        if self.dropout and self._dropping:
            self.dropout.draw()
        self._x, self._y, h = x, y[:, None], x
        for depth, (linear, output) in enumerate(zip(self.linear, self.output, strict=True)):
            torch.baddbmm(model.biases[depth], h, model.weights[depth], out=linear)
            h = torch.clamp_min(linear, 0, out=output)
            if model.subtrahends is not None:
                output.sub_(model.subtrahends[depth])
            if self.dropout and self._dropping:
                h = torch.mul(output, self.dropout.masks[depth], out=self.dropout.dropped[depth])
        logits = torch.baddbmm(model.biases[-1], h, model.weights[-1])
        # classes before rows: torch vectorizes over a long last axis, twenty times faster than over a few classes
        torch.log_softmax(logits.mT.contiguous(), 1, out=self._log_softmax)
        return -self._log_softmax.gather(1, self._y).mean((1, 2))

    def gradient_norms(self) -> Tensor:
        """Euclidean norm of the loss gradient of the last forward over each layer's weights and biases, [nets, layers],
        output layer last."""
        norms = {
            depth: torch.cat([inputs.mT @ gradient, self.ones @ gradient], dim=1).flatten(1).double().norm(dim=1)
            for depth, inputs, gradient in self.backpropagate(1.0)
        }
        return torch.stack([norms[depth] for depth in sorted(norms)], dim=1)

    def backpropagate(self, scale: float | Tensor) -> Iterator[tuple[int, Tensor, Tensor]]:
        """From the last layer to the first: its depth, its inputs and `scale` times the loss gradient at its
        pre-activations. A layer's weights may be changed as soon as it has been given."""
        model, softmax = self.model, self._logits_gradient
        torch.exp(self._log_softmax, out=softmax)
        softmax.scatter_add_(1, self._y, self._minus_one.expand_as(self._y))
        gradient = softmax.mul_(scale / softmax.shape[2]).mT
        layer_outputs = self.dropout.dropped if self.dropout and self._dropping else self.output
        for depth in reversed(range(len(model.weights))):
            below = self._gradients[depth % 2]
            if depth:
                torch.bmm(gradient, model.weights[depth].mT, out=below)
                if self.dropout and self._dropping:
                    below.mul_(self.dropout.masks[depth - 1])
                torch.ops.aten.threshold_backward.grad_input(below, self.linear[depth - 1], 0, grad_input=below)
            yield depth, layer_outputs[depth - 1] if depth else self._x, gradient
            gradient = below
