"""Forward, loss and gradient of nets for a batch: of one net at a time on the CPU, of a whole stack at once on a GPU.

On the CPU what a net touches in a step stays in the cache, and the bits are the same on every machine (`propagation`).
On a GPU the nets share kernel launches. Nets share no arithmetic, so one that diverges leaves its neighbours as they
are, bit by bit.
"""

from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from goodinit import arithmetic, propagation
from goodinit.model.network import Dropout, StackedMLP
from goodinit.model.stacked_layers import (
    Mode,
    Standardized,
    activate,
    activation_gradient,
    normalization_gradient,
    normalize,
)
from goodinit.propagation import Normalized, Trace


class Pass(Protocol):
    """Some nets of a block at work. nets: which; linear, logits: what goes into their activations, [hidden, nets,
    batch, width], and their outputs, [nets, batch, classes], in the last forward, until the next one of any pass."""

    model: StackedMLP
    nets: slice
    linear: Tensor
    logits: Tensor
    dropout: Dropout | None

    def forward(self, x: Tensor, y: Tensor, mode: Mode = "training") -> Tensor:
        """Mean cross-entropy (nats) of each net, float64 [nets], for its own x [nets, batch, features] and y [nets,
        batch]. Dropout, where there is any, drops in training only; batch-norm goes by the batch but in evaluation,
        and its running statistics follow in training only. So measuring is training without a trace."""

    def backward(self) -> Tensor:
        """The loss gradient of the last forward, which was no evaluation, at the nets' parameters, laid out as they
        are; the caller may change it, and the next forward may too."""


def make_passes(model: StackedMLP, batch_size: int, dropout: float, seeds: list[int]) -> list[Pass]:
    """What trains the nets of a model: a pass for each on the CPU, one for all on a GPU. dropout: its probability."""
    if model.parameters.is_cuda:
        return [StackPass(model, batch_size, dropout, seeds)]
    # shared: one net is at work at a time
    room = propagation.make_trace(model.structure, batch_size, model.parameters.numpy().dtype)
    return [NetPass(model, net, *room, dropout, seed) for net, seed in enumerate(seeds)]


class NetPass:
    """The Pass of one net on the CPU."""

    def __init__(
        self, model: StackedMLP, net: int, trace: Trace, normalized: Normalized | None, dropout: float, seed: int
    ) -> None:
        """net: its place in the model; trace, normalized: room for a batch."""
        arithmetic.require_fma()
        self.nets, self.linear = slice(net, net + 1), torch.from_numpy(trace.linear)[:, None]
        self.model = model.only(self.nets)
        self.dropout = Dropout(dropout, [seed], self.linear) if dropout else None
        self._structure, self._trace, self._normalized = model.structure, trace, normalized
        self._parameters = self.model.parameters[0].numpy()
        self._subtrahends = self.model.subtrahends.flatten().numpy().copy()
        self._nothing = trace.linear[:0]

    def forward(self, x: Tensor, y: Tensor, mode: Mode = "training") -> Tensor:
        """See Pass."""
        self._masks = self.dropout.draw()[:, 0].numpy() if self.dropout and mode == "training" else self._nothing
        self._x = x.numpy()[0]
        logits = propagation.forward_pass(
            self._x, self._parameters, self._structure, self._subtrahends, self._masks, mode == "evaluation",
            self._trace, self._normalized,
        )  # fmt: skip
        if self._normalized is not None and self.model.running_means and mode == "training":
            propagation.follow_batch(self._parameters, self._structure, self._normalized)
        self.logits = torch.from_numpy(logits)[None]
        loss, self._at_logits = propagation.loss_and_gradient(logits, y.numpy()[0])
        return torch.from_numpy(np.array([loss]))

    def backward(self) -> Tensor:
        """See Pass."""
        gradient = propagation.backward_pass(
            self._x, self._parameters, self._structure, self._masks, self._at_logits, self._trace, self._normalized
        )
        return torch.from_numpy(gradient)[None]


class StackPass:
    """The Pass of a stack, in torch. Nothing here reads a value back from the device, so that a CUDA graph can hold it;
    large buffers are allocated once."""

    def __init__(self, model: StackedMLP, batch_size: int, dropout: float, seeds: list[int]) -> None:
        """dropout: its probability; seeds: of the nets' dropout."""
        self.model, self.nets = model, slice(0, len(seeds))
        first, (width, classes) = model.weights[0], (model.sizes[1], model.sizes[-1])
        self.linear = first.new_empty(len(model.weights) - 1, len(seeds), batch_size, width)
        self._output = torch.empty_like(self.linear)
        self.dropout = Dropout(dropout, seeds, self.linear) if dropout else None
        self._log_softmax = first.new_empty(len(seeds), classes, batch_size)
        self._logits_gradient = torch.empty_like(self._log_softmax)
        self._below = first.new_empty(2, len(seeds), batch_size, width)
        self._gradient = torch.zeros_like(model.parameters)
        self._by_layer = StackedMLP(self._gradient, model.sizes, model.subtrahends, model.architecture)
        self._minus_one = first.new_full((1, 1, 1), -1.0)

    def forward(self, x: Tensor, y: Tensor, mode: Mode = "training") -> Tensor:
        """See Pass."""
        model = self.model
        self._masks = self.dropout.draw() if self.dropout and mode == "training" else None
        self._x, self._y, h = x, y[:, None], x
        self._standardized: list[Standardized] = []
        for depth, (linear, output) in enumerate(zip(self.linear, self._output, strict=True)):
            torch.baddbmm(model.biases[depth], h, model.weights[depth], out=linear)
            if model.scales:
                self._standardized.append(normalize(model, depth, linear, mode))
            activate(model.architecture.activation, linear, output).sub_(model.subtrahends[depth])
            if self._masks is not None:
                output.mul_(self._masks[depth])
            if model.adds_input(depth):
                output.add_(h)
            h = output
        self.logits = torch.baddbmm(model.biases[-1], h, model.weights[-1])
        # classes before rows: torch vectorizes over a long last axis, twenty times faster than over a few classes
        torch.log_softmax(self.logits.mT.contiguous(), 1, out=self._log_softmax)
        return -self._log_softmax.gather(1, self._y).mean((1, 2)).double()

    def backward(self) -> Tensor:
        """See Pass."""
        softmax = torch.exp(self._log_softmax, out=self._logits_gradient)
        softmax.scatter_add_(1, self._y, self._minus_one.expand_as(self._y))
        gradient = softmax.div_(softmax.shape[2]).mT
        above = gradient  # at a layer's output
        for depth in reversed(range(len(self.model.weights))):
            inputs = self._output[depth - 1] if depth else self._x
            torch.bmm(inputs.mT, gradient, out=self._by_layer.weights[depth])
            torch.sum(gradient, 1, keepdim=True, out=self._by_layer.biases[depth])
            if depth:
                below = torch.bmm(gradient, self.model.weights[depth].mT, out=self._below[depth % 2])
                if self.model.adds_input(depth):
                    below.add_(above)
                above = below.clone() if self.model.adds_input(depth - 1) else below
                gradient = self._through_layer(depth - 1, below)
        return self._gradient

    def _through_layer(self, depth: int, gradient: Tensor) -> Tensor:
        """From the gradient at a hidden layer's output to that at its products, in place."""
        if self._masks is not None:
            gradient.mul_(self._masks[depth])
        activation_gradient(self.model.architecture.activation, self.linear[depth], gradient)
        if self.model.scales:
            normalization_gradient(self.model, depth, gradient, self._standardized[depth], self._by_layer)
        return gradient
