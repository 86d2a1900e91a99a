"""Many MLPs of one shape as one stacked model: the nets of a block of seeds share kernel launches, nothing else.

m inputs, hidden layers of one width with ReLU, c classes from a last plain linear layer. A hidden layer computes
relu(x W + b) - s, where the subtrahend s is 0 but after LSUV (fast.ai's GeneralRelu `sub`).
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from goodinit.initializers import Layer


class StackedMLP:
    """`nets` MLPs. weights[l]: [nets, fan_in, fan_out]; biases[l]: [nets, 1, fan_out]; subtrahends:
    [hidden, nets, 1, 1] or None where no net has one."""

    def __init__(self, nets: list[list[Layer]], dtype: torch.dtype, device: torch.device) -> None:
        def stack(arrays: list[NDArray[np.float64]]) -> Tensor:
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


class TrainingPass:
    """Forward, loss and one step of SGD for a batch, in buffers allocated once.

    linear, output: [hidden, nets, batch, width], before the ReLU and after it (less the subtrahend); overwritten by
    each forward. Nets share no arithmetic, so one that diverges leaves its neighbours as they are, bit by bit.
    """

    def __init__(self, model: StackedMLP, batch_size: int) -> None:
        self.model = model
        first, last = model.weights[0], model.weights[-1]
        nets, width, classes = len(first), first.shape[2], last.shape[2]
        self.linear = first.new_empty(len(model.weights) - 1, nets, batch_size, width)
        self.output = torch.empty_like(self.linear)
        self._log_softmax = first.new_empty(nets, batch_size, classes)
        self._logits_gradient = torch.empty_like(self._log_softmax)
        self._gradients = first.new_empty(2, nets, batch_size, width)
        self._ones = first.new_ones(nets, 1, batch_size)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Mean cross-entropy (nats) of each net, [nets], for its own x [nets, batch, features], y [nets, batch]."""
        model = self.model
        self._x, h = x, x
        for depth, (linear, output) in enumerate(zip(self.linear, self.output, strict=True)):
            torch.baddbmm(model.biases[depth], h, model.weights[depth], out=linear)
            h = torch.clamp_min(linear, 0, out=output)
            if model.subtrahends is not None:
                output.sub_(model.subtrahends[depth])
        logits = torch.baddbmm(model.biases[-1], h, model.weights[-1])
        torch.log_softmax(logits, -1, out=self._log_softmax)
        self._y = y[..., None]
        return -self._log_softmax.gather(-1, self._y).mean((1, 2))

    def descend(self, rate: float) -> None:
        """One step of plain SGD with the closed-form gradient of the last forward.

        Softmax minus one-hot at the logits, then layer by layer downwards; a layer's weights are updated as soon as the
        gradient has passed them, so that no weight gradient is ever stored.
        """
        model, gradient = self.model, self._logits_gradient
        torch.exp(self._log_softmax, out=gradient)
        gradient.scatter_add_(-1, self._y, gradient.new_full((1, 1, 1), -1.0).expand_as(self._y))
        gradient.div_(gradient.shape[1])
        for depth in reversed(range(len(model.weights))):
            weight, bias = model.weights[depth], model.biases[depth]
            below = self._gradients[depth % 2]
            if depth:
                torch.bmm(gradient, weight.mT, out=below)
                torch.ops.aten.threshold_backward.grad_input(below, self.linear[depth - 1], 0, grad_input=below)
            inputs = self.output[depth - 1] if depth else self._x
            weight.baddbmm_(inputs.mT, gradient, alpha=-rate)
            bias.baddbmm_(self._ones, gradient, alpha=-rate)
            gradient = below
