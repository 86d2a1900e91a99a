"""What is measured once per WINDOW: weights against their own start, gradients, and how unequal activations are.

On a CPU in numpy alone, in float64, whose sums have an order of their own on every machine.
"""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from goodinit.arrays import Array
from goodinit.model.network import StackedMLP
from goodinit.runs.file import NEAR_ZERO


def gini(values: Tensor) -> Array:
    """Gini index of |values| over the last axis, […, n] -> float64 […]: 0 if all are equal, 1 - 1/n if one has all.

    With |v| sorted upwards, 2 Σ i |v|_i / (n Σ |v|) - (n + 1) / n, i = 1 … n; NaN where all are zero.
    """
    n = values.shape[-1]
    ranked, total = (_rank_on_gpu if values.is_cuda else _rank_on_cpu)(values.abs())
    with np.errstate(invalid="ignore"):
        index: Array = 2 * ranked / (n * total) - (n + 1) / n
    return index


def _rank_on_cpu(size: Tensor) -> tuple[Array, Array]:
    """Σ i size_i of sorted sizes over the last axis, i = 1 … n, and their sum."""
    # numpy sorts floats with vector instructions, twenty times faster than torch on a CPU
    ordered = np.sort(size.numpy(), -1)
    rank = np.arange(1.0, size.shape[-1] + 1)
    return (ordered * rank).sum(-1), ordered.sum(-1, dtype=np.float64)


def _rank_on_gpu(size: Tensor) -> tuple[Array, Array]:
    """The same."""
    ordered = size.sort(-1).values.double()
    rank = torch.arange(1.0, size.shape[-1] + 1, dtype=torch.float64, device=size.device)
    return (ordered * rank).sum(-1).cpu().numpy(), ordered.sum(-1).cpu().numpy()


def norm(values: npt.ArrayLike) -> Array:
    """Euclidean norm over the last axis, float64."""
    exact = np.asarray(values, np.float64)
    length: Array = np.sqrt((exact * exact).sum(-1))
    return length


def gradient_norms(model: StackedMLP, gradient: Tensor) -> Array:
    """Of each hidden layer's weights and biases, from [nets, parameters]: float64 [nets, layers]."""
    return np.stack([norm(layer) for layer in model.by_layer(gradient.cpu().numpy())[:-1]], axis=1)


class WeightMeasures:
    """Hidden layers' weights against their own start: std, share near zero and distance moved; and the size of an
    update."""

    def __init__(self, model: StackedMLP) -> None:
        """The model before the first update."""
        self._model = model
        self._start = self._before = self._weights()
        self._near = [NEAR_ZERO * spread(weight)[:, None] for weight in self._start]

    def measure(self) -> dict[str, Array]:
        """weight_std (ddof 1), near_zero_share (|w| below NEAR_ZERO of the layer's initial std) and distance_moved
        (‖W - W₀‖ / ‖W₀‖, Frobenius): [nets, layers] each."""
        weights = self._before = self._weights()
        pairs = list(zip(weights, self._start, strict=True))
        by_name = {
            "weight_std": [spread(weight) for weight in weights],
            "near_zero_share": [(abs(weight) < near).mean(1) for weight, near in zip(weights, self._near, strict=True)],
            "distance_moved": [norm(weight - start) / norm(start) for weight, start in pairs],
        }
        return {name: np.stack(values, axis=1) for name, values in by_name.items()}

    def measure_update(self) -> Array:
        """update_ratio since the last measure, ‖W - W_before‖ / ‖W_before‖ (Frobenius): [nets, layers]."""
        pairs = zip(self._weights(), self._before, strict=True)
        return np.stack([norm(weight - before) / norm(before) for weight, before in pairs], axis=1)

    def _weights(self) -> list[Array]:
        """A copy of those of each hidden layer, [nets, weights]."""
        return [weight.flatten(1).cpu().numpy().astype(np.float64) for weight in self._model.weights[:-1]]


def spread(weights: Array) -> Array:
    """Std (ddof 1; 0 for a single weight) of each net's weights, [nets, weights] -> [nets]."""
    std: Array = weights.std(1, ddof=min(1, weights.shape[1] - 1))
    return std
