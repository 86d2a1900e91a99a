"""What is measured inside the nets while they train.

Activations, at every step and hidden layer, at three sites: `linear` (before the ReLU), `relu` (after it) and `output`
(after the subtrahend too; only where there is one). Histograms are of |a|, BINS bins on [0, HISTOGRAM_TOP], counted as
torch.histc(BINS, 0, HISTOGRAM_TOP) counts. Weights, gradients and the inequality of activations, once per WINDOW.
"""

from typing import Any, Protocol

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from goodinit.runs import BINS, HISTOGRAM_TOP, NEAR_ZERO, WINDOW

EDGES = np.arange(BINS) * HISTOGRAM_TOP / BINS  # left edge of each bin

Array = NDArray[np.float64]
Counts = NDArray[np.int64]

ABOVE, CATEGORIES = BINS, BINS + 1  # a bin, or not below HISTOGRAM_TOP (NaN counts as that too)
# alternating counters: with one, the equal values of a dormant layer would all queue for the same memory cell
COUNTERS = 4
LANES = 64  # partial sums of a mean
# lets counts be added in any order, hence vectorized (they are whole numbers); NaN and infinity keep their meaning
REORDER = {"reassoc", "contract", "nsz"}


class Recorder(Protocol):
    """Activation statistics of a block of nets, filled step by step."""

    def buffers(self) -> list[Tensor]:
        """The tensors that `record` changes on a GPU."""

    def record(self, step: int | Tensor, linear: Tensor, alive: Any) -> None:
        """Measure the pre-activations linear [layers, nets, batch, width] of the nets that are alive, bool [nets]."""

    def collect(self) -> dict[str, NDArray[np.generic]]:
        """What was seen, under the names of `goodinit.runs.VARIABLES`; NaN (counts: 0) where a net was not alive.

        activation_mean, activation_std (ddof 1 over rows and units), min_bin_share (first bin over all in range, NaN if
        nothing is), zero_share (pre-activation ≤ 0): float64 [nets, steps, layers, sites]; activation_overflow (counts
        of |a| above the histogram): int64, the same shape; activation_histogram, where it is kept: int64 [nets,
        windows, layers, sites, BINS], summed over WINDOW steps.
        """


MOMENTS = ("activation_mean", "activation_std", "min_bin_share", "zero_share")


class Sites:
    """Where activations are measured. names; rectified: bool [sites]; shifts: [nets, layers, sites], subtracted."""

    def __init__(self, subtrahends: Array, names: tuple[str, ...] = ("linear", "relu", "output")) -> None:
        """subtrahends: [nets, layers]; the site `output` falls away where they are all zero."""
        self.names = tuple(name for name in names if name != "output" or subtrahends.any())
        self.rectified = np.array([name != "linear" for name in self.names])
        self.shifts = np.stack([subtrahends * (name == "output") for name in self.names], axis=-1)

    def activations(self, name: str, linear: Tensor) -> Tensor:
        """The activations at a site [layers, nets, elements] of pre-activations [layers, nets, batch, width]."""
        site, values = self.names.index(name), linear.flatten(2)
        shift = torch.tensor(self.shifts[..., site].T[..., None], dtype=linear.dtype, device=linear.device)
        return (values.clamp_min(0) if self.rectified[site] else values) - shift


class HostRecorder:
    """The Recorder for nets on the CPU: one compiled pass per layer and site, no copy of an activation."""

    def __init__(self, steps: int, sites: Sites, histograms: bool) -> None:
        self._sites = sites
        nets, layers, count = sites.shifts.shape
        shape = (nets, steps, layers, count)
        self._moments = {name: np.full(shape, np.nan) for name in MOMENTS}
        self._overflow = np.zeros(shape, np.int64)
        windows = -(-steps // WINDOW) if histograms else 0
        self._histogram = np.zeros((nets, windows, layers, count, BINS), np.int64)

    def record(self, step: int | Tensor, linear: Tensor, alive: NDArray[np.bool_]) -> None:
        """See Recorder."""
        step = int(step)
        values = linear.numpy().reshape(*linear.shape[:2], -1)
        measure_stack(
            values,
            self._sites.rectified,
            self._sites.shifts.astype(values.dtype),
            alive,
            step,
            self._moments["activation_mean"],
            self._moments["activation_std"],
            self._moments["min_bin_share"],
            self._moments["zero_share"],
            self._overflow,
            self._histogram,
        )

    def buffers(self) -> list[Tensor]:
        """See Recorder."""
        return []

    def collect(self) -> dict[str, NDArray[np.generic]]:
        """See Recorder."""
        kept = {"activation_histogram": self._histogram, "bin": EDGES} if self._histogram.size else {}
        return {**self._moments, "activation_overflow": self._overflow, **kept}


class DeviceRecorder:
    """The Recorder for nets on a GPU: torch operations on buffers that stay there, so that a CUDA graph can hold it."""

    def __init__(self, steps: int, sites: Sites, histograms: bool, like: Tensor) -> None:
        """like: a tensor of the nets' type on their device."""
        nets, layers, count = sites.shifts.shape
        self._rectified = sites.rectified.tolist()
        self._shifts = torch.tensor(sites.shifts, dtype=like.dtype, device=like.device).permute(2, 1, 0)[..., None]
        shape = (steps, count, layers, nets)
        self._moments = torch.full((len(MOMENTS), *shape), torch.nan, dtype=torch.float64, device=like.device)
        self._overflow = torch.zeros(shape, dtype=torch.int64, device=like.device)
        windows = -(-steps // WINDOW) if histograms else 0
        self._histogram = torch.zeros((windows, *shape[1:], BINS), dtype=torch.int64, device=like.device)

    def buffers(self) -> list[Tensor]:
        """See Recorder."""
        return [self._moments, self._overflow, self._histogram]

    def record(self, step: int | Tensor, linear: Tensor, alive: Tensor) -> None:
        """See Recorder; a step tensor, int64 [1], is never read on the host."""
        at = torch.as_tensor(step, device=linear.device).reshape(1)
        z = linear.flatten(2)
        for site, rectified in enumerate(self._rectified):
            values = (z.clamp_min(0) if rectified else z) - self._shifts[site]
            exact = values.double()
            mean = exact.mean(-1)
            squares = (exact - mean[..., None]).square().sum(-1)
            std = (squares / max(z.shape[-1] - 1, 1)).sqrt()
            size = values.abs()
            in_range = (size <= HISTOGRAM_TOP).sum(-1)
            min_bin_share = (size < HISTOGRAM_TOP / BINS).sum(-1) / in_range.double()
            zero_share = (z <= 0).double().mean(-1)
            moments = torch.stack([mean, std, min_bin_share, zero_share])
            self._moments[:, :, site].index_copy_(1, at, torch.where(alive, moments, torch.nan)[:, None])
            self._overflow[:, site].index_copy_(0, at, ((size > HISTOGRAM_TOP).sum(-1) * alive)[None])
            if len(self._histogram):
                counts = self._count_bins(size, in_range) * alive[:, None]
                self._histogram[:, site].index_add_(0, at // WINDOW, counts[None])

    @staticmethod
    def _count_bins(size: Tensor, in_range: Tensor) -> Tensor:
        # a pass per bin over one byte per element: atomic counts of a dormant layer would all queue for one address
        category = (size * (BINS / HISTOGRAM_TOP)).clamp(max=ABOVE).nan_to_num(ABOVE).to(torch.uint8)
        counts = torch.stack([(category == bin).sum(-1) for bin in range(BINS)], -1)
        counts[..., -1] += in_range - counts.sum(-1)  # the top edge itself, as in measure_stack
        return counts

    def collect(self) -> dict[str, NDArray[np.generic]]:
        """See Recorder."""
        by_net = {name: moment.permute(3, 0, 2, 1) for name, moment in zip(MOMENTS, self._moments, strict=True)}
        by_net["activation_overflow"] = self._overflow.permute(3, 0, 2, 1)
        if len(self._histogram):
            by_net["activation_histogram"] = self._histogram.permute(3, 0, 2, 1, 4)
        kept = {"bin": EDGES} if len(self._histogram) else {}
        return {name: values.cpu().numpy() for name, values in by_net.items()} | kept


@numba.njit(cache=True)
def measure_stack(
    values: Array,
    rectified: NDArray[np.bool_],
    shifts: Array,
    alive: NDArray[np.bool_],
    step: int,
    mean: Array,
    std: Array,
    min_bin_share: Array,
    zero_share: Array,
    overflow: Counts,
    histogram: Counts,
) -> None:
    """One step of a stack. values: [layers, nets, elements]; rectified: [sites]; shifts: [nets, layers, sites]; the
    statistics: [nets, steps, layers, sites]; histogram: [nets, windows or none, layers, sites, BINS], added to.
    """
    layers, nets, elements = values.shape
    pairs = np.empty(elements // 2, np.int16)
    counters = np.empty((COUNTERS, CATEGORIES * CATEGORIES), np.int32)
    for net in range(nets):
        if not alive[net]:
            continue
        for layer in range(layers):
            z = values[layer, net]
            for site in range(len(rectified)):
                here, shift = (net, step, layer, site), shifts[net, layer, site]
                mean[here], std[here] = measure_moments(z, rectified[site], shift)
                zeros, lowest, in_range, above = count_ranges(z, rectified[site], shift)
                zero_share[here] = zeros / elements
                min_bin_share[here] = lowest / in_range if in_range else np.nan
                overflow[here] = above
                if histogram.shape[1]:
                    counts = count_bins(z, rectified[site], shift, pairs, counters)
                    counts[BINS - 1] += in_range - counts.sum()  # the top edge itself, in range but below no edge
                    histogram[net, step // WINDOW, layer, site] += counts


@numba.njit()
def activate(z: float, rectify: bool, shift: float) -> float:
    """The activation at a site, in the precision of z; NaN stays NaN."""
    return (type(z)(0) if rectify and z <= 0 else z) - shift


@numba.njit()
def measure_moments(z: Array, rectify: bool, shift: float) -> tuple[float, float]:
    """Mean and std (ddof 1) of the activations of z [elements], with float64 sums.

    Every LANES-th element goes to the same partial sum: that fills vector registers without leave to reorder, so the
    bits are the same whenever and wherever this is compiled.
    """
    pivot = np.float64(
        activate(z[0], rectify, shift)
    )  # an element: keeps cancellation small, and none where all are equal
    totals, squares = np.zeros(LANES), np.zeros(LANES)
    whole = z.size - z.size % LANES
    for start in range(0, whole, LANES):
        for lane in range(LANES):
            deviation = np.float64(activate(z[start + lane], rectify, shift)) - pivot
            totals[lane] += deviation
            squares[lane] += deviation * deviation
    for i in range(whole, z.size):
        deviation = np.float64(activate(z[i], rectify, shift)) - pivot
        totals[i - whole] += deviation
        squares[i - whole] += deviation * deviation
    total = square = 0.0
    for lane in range(LANES):
        total += totals[lane]
        square += squares[lane]
    variance = (square - total * total / z.size) / max(z.size - 1, 1)
    return pivot + total / z.size, np.sqrt(0.0 if variance < 0 else variance)


@numba.njit(fastmath=REORDER)
def count_ranges(z: Array, rectify: bool, shift: float) -> tuple[int, int, int, int]:
    """How many z ≤ 0; how many |a| in the first bin, in range, above it. Counts in the precision of z, exact up to 2^24
    elements in float32: integers would halve the width of the vector instructions."""
    one, none = z.dtype.type(1), z.dtype.type(0)
    first_edge, top = z.dtype.type(HISTOGRAM_TOP / BINS), z.dtype.type(HISTOGRAM_TOP)
    zeros, lowest, in_range, above = none, none, none, none
    for i in range(z.size):
        size = abs(activate(z[i], rectify, shift))
        zeros += one if z[i] <= none else none
        lowest += one if size < first_edge else none
        in_range += one if size <= top else none
        above += one if size > top else none
    return int(zeros), int(lowest), int(in_range), int(above)


@numba.njit(fastmath=REORDER)
def count_bins(
    z: Array, rectify: bool, shift: float, pairs: NDArray[np.int16], counters: NDArray[np.int32]
) -> NDArray[np.int32]:
    """How many |a| lie in each bin below HISTOGRAM_TOP: int32 [BINS].

    Two elements are counted at once, as a pair of categories: counting is a chain of reads and writes of memory that no
    compiler vectorizes, and this halves it.
    """
    half = z.size // 2
    for i in range(half):
        first, second = categorize(z[i], rectify, shift), categorize(z[half + i], rectify, shift)
        pairs[i] = np.int32(first) * CATEGORIES + np.int32(second)
    counters[:] = 0
    whole = half - half % COUNTERS
    for i in range(0, whole, COUNTERS):
        for counter in range(COUNTERS):
            counters[counter, pairs[i + counter]] += 1
    for i in range(whole, half):
        counters[0, pairs[i]] += 1
    for counter in range(1, COUNTERS):
        counters[0] += counters[counter]
    counts = np.zeros(CATEGORIES, np.int32)
    for category in range(CATEGORIES):
        row = counters[0, category * CATEGORIES : (category + 1) * CATEGORIES]
        counts[category] += row.sum()
        counts += row
    if z.size % 2:
        counts[int(categorize(z[-1], rectify, shift))] += 1
    return counts[:BINS]


@numba.njit(fastmath=REORDER)
def categorize(z: float, rectify: bool, shift: float) -> float:
    """The bin of |a| as a float to be cut off, or ABOVE."""
    scaled, above = abs(activate(z, rectify, shift)) * type(z)(BINS / HISTOGRAM_TOP), type(z)(ABOVE)
    return scaled if scaled < above else above


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
