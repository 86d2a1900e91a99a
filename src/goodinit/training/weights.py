"""What is measured once per WINDOW: weights against their own start, and how unequal activations are."""

import numpy as np
import torch
from torch import Tensor

from goodinit.arrays import Array
from goodinit.runs.file import NEAR_ZERO


def gini(values: Tensor) -> Array:
    """Gini index of |values| over the last axis, […, n] -> float64 […]: 0 if all are equal, 1 - 1/n if one has all.

    With |v| sorted upwards, 2 Σ i |v|_i / (n Σ |v|) - (n + 1) / n, i = 1 … n; NaN where all are zero.
    """
    size = values.abs()
    # numpy sorts floats with vector instructions, twenty times faster than torch on a CPU
    ordered = size.sort(-1).values if size.is_cuda else torch.from_numpy(np.sort(size.numpy(), -1))
    n = values.shape[-1]
    rank = torch.arange(1, n + 1, dtype=torch.float64, device=values.device)
    total = ordered.sum(-1, dtype=torch.float64)
    weighted = (ordered.double() * rank).sum(-1)
    return (2 * weighted / (n * total) - (n + 1) / n).cpu().numpy()


def spread(weight: Tensor) -> Tensor:
    """Std (ddof 1; 0 for a single weight) of each net's weights, [nets, …] -> [nets]."""
    flat = weight.flatten(1).double()
    return flat.std(1, correction=min(1, flat.shape[1] - 1))


class WeightMeasures:
    """Hidden layers' weights against their own start: std, share near zero and distance moved."""

    def __init__(self, weights: list[Tensor]) -> None:
        """weights: [nets, fan_in, fan_out] of each hidden layer before the first update."""
        self._start = [weight.clone() for weight in weights]
        self._near = [NEAR_ZERO * spread(weight)[:, None] for weight in weights]

    def measure(self, weights: list[Tensor]) -> dict[str, Array]:
        """weight_std (ddof 1), near_zero_share (|w| below NEAR_ZERO of the layer's initial std) and distance_moved
        (‖W - W₀‖ / ‖W₀‖, Frobenius): [nets, layers] each."""
        flat = [weight.flatten(1) for weight in weights]
        near_zero = [(weight.abs() < near).double().mean(1) for weight, near in zip(flat, self._near, strict=True)]
        moved = [
            (weight - start).flatten(1).double().norm(dim=1) / start.flatten(1).double().norm(dim=1)
            for weight, start in zip(weights, self._start, strict=True)
        ]
        by_name = {
            "weight_std": [spread(weight) for weight in weights],
            "near_zero_share": near_zero,
            "distance_moved": moved,
        }
        return {name: torch.stack(values, 1).double().cpu().numpy() for name, values in by_name.items()}
