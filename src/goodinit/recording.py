"""What is measured inside the nets at every training step: moments and histograms of each hidden layer's activations.

Sites: `relu` (after the ReLU) and `output` (after the subtrahend too, stored only where there is one). Histograms are
of |a|, BINS bins on [0, HISTOGRAM_TOP], counted as torch.histc(BINS, 0, HISTOGRAM_TOP) counts.
"""

import numba
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

BINS = 40
HISTOGRAM_TOP = 10.0
WINDOW = 46  # steps that one stored histogram sums over

Array = NDArray[np.float64]
Counts = NDArray[np.int64]

# |a| falls into one of the bins, above them, or is not a number
ABOVE, NAN, CATEGORIES = BINS, BINS + 1, BINS + 2
# alternating counters: with one, the equal values of a dormant layer would all queue for the same memory cell
COUNTERS = 4
# lets sums be reordered, hence vectorized; NaN and infinity keep their meaning
REORDER = {"reassoc", "contract", "nsz"}


class Recorder:
    """Statistics of a block of nets, filled step by step; NaN (counts: 0) from the step at which a net diverged.

    mean, std (ddof 1 over rows and units), min_bin_share (first bin over the histogram's sum, NaN if nothing lies in
    range), zero_share (pre-activation ≤ 0): float64 [nets, steps, layers, sites]; overflow (counts of |a| above the
    histogram): int64, the same shape; histogram: int64 [nets, windows, layers, sites, BINS], summed over WINDOW steps.
    """

    def __init__(self, steps: int, subtrahends: Array) -> None:
        """subtrahends: [nets, layers], all zero where the nets have none."""
        nets, layers = subtrahends.shape
        self.sites = ("relu", "output") if subtrahends.any() else ("relu",)
        shape = (nets, steps, layers, len(self.sites))
        self.mean, self.std, self.min_bin_share, self.zero_share = (np.full(shape, np.nan) for _ in range(4))
        self.overflow = np.zeros(shape, np.int64)
        self.histogram = np.zeros((nets, -(-steps // WINDOW), *shape[2:], BINS), np.int64)
        self._shifts = np.stack([np.zeros_like(subtrahends), subtrahends], axis=-1)[..., : len(self.sites)]

    def record(self, step: int, linear: Tensor, alive: NDArray[np.bool_]) -> None:
        """Measure the pre-activations linear [layers, nets, batch, width] of the nets that are alive, bool [nets]."""
        values = linear.numpy().reshape(*linear.shape[:2], -1)
        measure_stack(
            values,
            self._shifts.astype(values.dtype),
            alive,
            self.mean[:, step],
            self.std[:, step],
            self.min_bin_share[:, step],
            self.zero_share[:, step],
            self.overflow[:, step],
            self.histogram[:, step // WINDOW],
        )


@numba.njit(cache=True)
def measure_stack(
    values: Array,
    shifts: Array,
    alive: NDArray[np.bool_],
    mean: Array,
    std: Array,
    min_bin_share: Array,
    zero_share: Array,
    overflow: Counts,
    histogram: Counts,
) -> None:
    """One step of a stack. values: [layers, nets, elements]; shifts and the statistics: [nets, layers, sites];
    histogram: [nets, layers, sites, BINS], added to."""
    layers, nets, elements = values.shape
    pairs = np.empty(elements // 2, np.int16)
    counters = np.empty((COUNTERS, CATEGORIES * CATEGORIES), np.int32)
    for net in range(nets):
        if not alive[net]:
            continue
        for layer in range(layers):
            z = values[layer, net]
            for site in range(shifts.shape[2]):
                here = (net, layer, site)
                shift = shifts[here]
                mean[here], std[here], zero_share[here] = measure_moments(z, shift)
                counts = count_categories(z, shift, pairs, counters)
                in_range = counts[:BINS].sum()
                min_bin_share[here] = counts[0] / in_range if in_range else np.nan
                overflow[here] = counts[ABOVE]
                histogram[here] += counts[:BINS]


@numba.njit(fastmath=REORDER, cache=True)
def measure_moments(z: Array, shift: float) -> tuple[float, float, float]:
    """Mean and std (ddof 1) of a = relu(z) - shift, and the share of z ≤ 0; z: [elements], float64 sums."""
    zero = z.dtype.type(0)
    pivot = np.float64((zero if z[0] <= zero else z[0]) - shift)  # an element: keeps the sum of squares exact
    total, squares, zeros = 0.0, 0.0, 0
    for i in range(z.size):
        rectified = zero if z[i] <= zero else z[i]
        deviation = np.float64(rectified - shift) - pivot
        total += deviation
        squares += deviation * deviation
        zeros += z[i] <= zero
    variance = (squares - total * total / z.size) / max(z.size - 1, 1)
    return pivot + total / z.size, np.sqrt(0.0 if variance < 0 else variance), zeros / z.size


@numba.njit(fastmath=REORDER, cache=True)
def count_categories(z: Array, shift: float, pairs: NDArray[np.int16], counters: NDArray[np.int32]) -> Counts:
    """How many |a|, a = relu(z) - shift, fall in each category: int64 [CATEGORIES].

    Two elements are counted at once, as a pair of categories: counting is a chain of reads and writes of memory that no
    compiler vectorizes, and this halves it.
    """
    half = z.size // 2
    for i in range(half):
        pairs[i] = categorize(z[i], shift) * CATEGORIES + categorize(z[half + i], shift)
    counters[:] = 0
    whole = half - half % COUNTERS
    for i in range(0, whole, COUNTERS):
        for counter in range(COUNTERS):
            counters[counter, pairs[i + counter]] += 1
    for i in range(whole, half):
        counters[0, pairs[i]] += 1
    counts = np.zeros(CATEGORIES, np.int64)
    for first in range(CATEGORIES):
        for second in range(CATEGORIES):
            count = 0
            for counter in range(COUNTERS):
                count += counters[counter, first * CATEGORIES + second]
            counts[first] += count
            counts[second] += count
    if z.size % 2:
        counts[categorize(z[-1], shift)] += 1
    return counts


@numba.njit(fastmath=REORDER, cache=True)
def categorize(z: float, shift: float) -> int:
    """Category of |relu(z) - shift|; the top edge belongs to the last bin, as in torch.histc."""
    zero = type(z)(0)
    scaled = abs((zero if z <= zero else z) - shift) * type(z)(BINS / HISTOGRAM_TOP)
    top = type(z)(BINS)
    return int(scaled) if scaled < top else (BINS - 1 if scaled == top else (ABOVE if scaled > top else NAN))
