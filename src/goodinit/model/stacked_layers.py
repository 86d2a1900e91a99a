"""What the hidden layers of a stack make of their products: normalization, then activation; in torch, for a GPU.

The formulas are those of `goodinit.layers`, which the CPU runs. Nothing here reads a value back from the device.
"""

from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from goodinit.layers import EPSILON, LEAK, MOMENTUM
from goodinit.model.network import StackedMLP

Mode = Literal["training", "measuring", "evaluation"]  # see Pass.forward


class Standardized(NamedTuple):
    """values: [nets, rows, units], of mean 0 and variance 1 along an axis; inverse: 1 / √(variance + EPSILON) before
    that, of length 1 along it."""

    values: Tensor
    inverse: Tensor


def axis_of(model: StackedMLP) -> int:
    """Which axis of [nets, rows, units] normalization runs along."""
    return 1 if model.running_means else 2


def normalize(model: StackedMLP, depth: int, linear: Tensor, mode: Mode) -> Standardized:
    """linear ← scale standardized + shift, in place: [nets, rows, units], of a hidden layer."""
    if model.running_means and mode == "evaluation":
        mean, variance = model.running_means[depth], model.running_variances[depth]
    else:
        variance, mean = torch.var_mean(linear, axis_of(model), correction=0, keepdim=True)
    if model.running_means and mode == "training":
        rows = linear.shape[1]
        model.running_means[depth].mul_(1 - MOMENTUM).add_(mean, alpha=MOMENTUM)
        model.running_variances[depth].mul_(1 - MOMENTUM).add_(variance, alpha=MOMENTUM * rows / max(rows - 1, 1))
    inverse = (variance + EPSILON).rsqrt()
    values = (linear - mean).mul_(inverse)
    torch.addcmul(model.shifts[depth], model.scales[depth], values, out=linear)
    return Standardized(values, inverse)


def normalization_gradient(
    model: StackedMLP, depth: int, gradient: Tensor, standardized: Standardized, of_parameters: StackedMLP
) -> None:
    """From the gradient at the result of `normalize` to that at its argument, in place; scales and shifts of
    of_parameters are set to theirs."""
    axis, along = axis_of(model), gradient * standardized.values
    torch.sum(along, 1, keepdim=True, out=of_parameters.scales[depth])
    torch.sum(gradient, 1, keepdim=True, out=of_parameters.shifts[depth])
    mean, mean_along = ((part.mul_(model.scales[depth])).mean(axis, keepdim=True) for part in (gradient, along))
    gradient.sub_(mean).sub_(standardized.values * mean_along).mul_(standardized.inverse)


def activate(activation: str, linear: Tensor, output: Tensor) -> Tensor:
    """output ← act(linear), which may be the same tensor."""
    if activation == "relu":
        return torch.clamp_min(linear, 0, out=output)
    if activation == "leaky-relu":
        return output.copy_(functional.leaky_relu(linear, LEAK))
    return output.copy_(functional.gelu(linear, approximate="tanh"))


def activation_gradient(activation: str, linear: Tensor, gradient: Tensor) -> None:
    """gradient ← act'(linear) gradient, in place."""
    aten = torch.ops.aten
    if activation == "relu":
        aten.threshold_backward.grad_input(gradient, linear, 0, grad_input=gradient)
    elif activation == "leaky-relu":
        aten.leaky_relu_backward.grad_input(gradient, linear, LEAK, False, grad_input=gradient)
    else:
        gradient.copy_(aten.gelu_backward(gradient, linear, approximate="tanh"))
