"""What is measured of activations: a registry of statistics, and their histogram.

To add a statistic, write an entry below, `@statistic(…)` over a function of one layer of one net for the CPU, with an
expression in torch for the GPU, and a line in OBVIOUS of tests/unit/training/test_recording.py. It is then recorded at
every step, hidden layer and site, and written to run files.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numba
import numpy as np
import torch
from numba.extending import register_jitable
from numpy.typing import NDArray
from torch import Tensor

from goodinit.arrays import Array, Flags, Integers
from goodinit.compilation import cached_njit, name_after
from goodinit.runs.file import ACTIVATION, BINS, COORDINATES, HISTOGRAM_TOP, VALIDATION, VARIABLES, Variable

EDGES = np.arange(BINS) * HISTOGRAM_TOP / BINS  # left edge of each bin
# of |a|: a bin, exactly HISTOGRAM_TOP, above it, or NaN
AT_TOP, ABOVE, NOT_A_NUMBER, CATEGORIES = BINS, BINS + 1, BINS + 2, BINS + 3
# alternating counters: with one, the equal values of a dormant layer would all queue for the same memory cell
COUNTERS = 4
NOT_RECTIFIED = np.bool_(False)  # no literal, for which numba would compile once more
# lets counts be added in any order, hence vectorized (they are whole numbers); NaN and infinity keep their meaning
REORDER = {"reassoc", "contract", "nsz"}


class Quantity(NamedTuple):
    """One number per step, net, layer and site. dtype: on disk, "f4", or "i4" for a count; in_validation: whether
    passes over the validation rows keep it too."""

    name: str
    units: str
    meaning: str
    dtype: str = "f4"
    in_validation: bool = False

    @property
    def blank(self) -> float:
        """What stands where a net was not alive."""
        return np.nan if self.dtype == "f4" else 0

    @property
    def in_memory(self) -> str:
        """The type that it is computed in."""
        return "float64" if self.dtype == "f4" else "int64"

    def allocate(self, shape: tuple[int, ...]) -> NDArray[np.generic]:
        """An array of blanks."""
        return np.full(shape, self.blank, self.in_memory)


Torch = Callable[[Tensor, Tensor], tuple[Tensor, ...]]


@dataclass(frozen=True)
class Statistic:
    """Quantities that come from one pass. on_cpu: the pass over a stack, see compile_over_sites; on_gpu: from
    pre-activations z and activations a, both [layers, nets, rows, units], to a tensor [layers, nets] for each."""

    quantities: tuple[Quantity, ...]
    on_cpu: Any
    on_gpu: Torch


STATISTICS: list[Statistic] = []


def statistic(*quantities: Quantity, on_gpu: Torch) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a statistic: a function (z, rectify, shift, seen) of the pre-activations z [rows, units] of a layer,
    whose activations are `activate(z[i, j], rectify, shift)`; it writes the quantities, in order, into seen."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        STATISTICS.append(Statistic(quantities, compile_over_sites(function), on_gpu))
        return function

    return register


def compile_over_sites(function: Callable[..., None]) -> Any:
    """Compile a function of one layer of one net at one site to a loop over a stack, see compile_over_layers."""
    jitable = register_jitable(function)

    def at_every_site(z: Array, rectified: Flags, shifts: Array, seen: NDArray[Any]) -> None:
        for site in range(len(rectified)):
            jitable(z, rectified[site], shifts[site], seen[site])

    name_after(at_every_site, function)
    return compile_over_layers(at_every_site)


def compile_over_layers(function: Callable[..., None]) -> Any:
    """Compile a function of one layer of one net to a loop over a stack: of z [layers, nets, rows, units], rectified
    [sites] and shifts [layers, nets, sites], into seen [layers, nets, sites, …] of the nets that are alive, bool
    [nets].

    The loop closes over the plain function, not over a compiled one: numba's cache would never know that one again.
    """
    jitable = register_jitable(function)

    def over_layers(z: Array, rectified: Flags, shifts: Array, alive: Flags, seen: NDArray[Any]) -> None:
        for layer in range(z.shape[0]):
            for net in range(z.shape[1]):
                if alive[net]:
                    jitable(z[layer, net], rectified, shifts[layer, net], seen[layer, net])

    name_after(over_layers, function)
    return cached_njit()(over_layers)


def quantities() -> list[Quantity]:
    """All that is measured at every step."""
    return [quantity for entry in STATISTICS for quantity in entry.quantities]


def contract() -> dict[str, Variable]:
    """Every array that a run file may hold; what validation batches keep of a statistic is called valid_…"""
    of_steps = {name: Variable(ACTIVATION, dtype, units, meaning) for name, units, meaning, dtype, _ in quantities()}
    of_validation = {
        f"valid_{name}": Variable(VALIDATION, dtype, units, f"{name} of a validation batch")
        for name, units, _, dtype, in_validation in quantities()
        if in_validation
    }
    return COORDINATES | VARIABLES | of_steps | of_validation


@numba.njit()
def activate(z: float, rectify: bool, shift: float) -> float:
    """The activation at a site, in the precision of z; NaN stays NaN."""
    return (type(z)(0) if rectify and z <= 0 else z) - shift


@numba.njit()
def sum_over_rows(z: Array, rectify: bool, shift: float) -> tuple[Array, Array, Array]:
    """Of each unit: the mean over rows, the sum of squared deviations from it, and on how many rows z ≤ 0; float64.

    Sums in the order of the rows, and 0 where all are equal. Vectors run over units, so the bits are the same however
    wide they are.
    """
    rows, units = z.shape
    pivots, totals, squares, zeros = np.empty(units), np.zeros(units), np.zeros(units), np.zeros(units)
    for j in range(units):
        pivots[j] = np.float64(activate(z[0, j], rectify, shift))  # keeps cancellation small
    for i in range(rows):
        for j in range(units):
            deviation = np.float64(activate(z[i, j], rectify, shift)) - pivots[j]
            totals[j] += deviation
            squares[j] += deviation * deviation
            zeros[j] += 1.0 if z[i, j] <= 0 else 0.0
    for j in range(units):
        squares[j] -= totals[j] * totals[j] / rows
        squares[j] = 0.0 if squares[j] < 0 else squares[j]
        totals[j] = pivots[j] + totals[j] / rows
    return totals, squares, zeros


def units_on_gpu(z: Tensor, a: Tensor) -> tuple[Tensor, ...]:
    """Mean, std (ddof 1) and signal of a, shares of elements and of units on all rows with z ≤ 0: float64."""
    rows, units = a.shape[-2:]
    exact, zero = a.double(), z <= 0
    means = exact.mean(-2)
    within = (exact - means[..., None, :]).square().sum((-2, -1))
    mean = means.mean(-1)
    between = (means - mean[..., None]).square().sum(-1)
    std = ((within + rows * between) / max(rows * units - 1, 1)).sqrt()
    signal = (within / units / max(rows - 1, 1)).sqrt()
    return mean, std, signal, zero.double().mean((-2, -1)), zero.all(-2).double().mean(-1)


@statistic(
    Quantity("activation_mean", "1", "mean over rows and units", in_validation=True),
    Quantity("activation_std", "1", "std (ddof 1) over rows and units", in_validation=True),
    Quantity("signal", "1", "root mean square over units of the std (ddof 1) over rows"),
    Quantity("zero_share", "1", "share of pre-activations ≤ 0"),
    Quantity("dead_share", "1", "share of units with pre-activations ≤ 0 on the whole batch"),
    on_gpu=units_on_gpu,
)
def measure_units(z: Array, rectify: bool, shift: float, seen: Array) -> None:
    """The variance over all splits into that within units, the signal's, and that between their means, which biases
    alone can make."""
    rows, units = z.shape
    means, squares, zeros = sum_over_rows(z, rectify, shift)
    mean = within = between = zero = dead = 0.0
    for j in range(units):
        mean += means[j] / units
        within += squares[j]
        zero += zeros[j]
        dead += zeros[j] == rows
    for j in range(units):
        between += (means[j] - mean) ** 2
    seen[0] = mean
    seen[1] = np.sqrt((within + rows * between) / max(rows * units - 1, 1))
    seen[2] = np.sqrt(within / units / max(rows - 1, 1))
    seen[3], seen[4] = zero / z.size, dead / units


@cached_njit()
def measure_signal(outputs: Array) -> float:
    """The signal of outputs [rows, units]: root mean square over units of the std (ddof 1) over rows; 0 where a net
    ignores its input."""
    _, squares, _ = sum_over_rows(outputs, NOT_RECTIFIED, outputs.dtype.type(0))
    total = 0.0
    for j in range(len(squares)):
        total += squares[j]
    return math.sqrt(total / outputs.shape[1] / max(len(outputs) - 1, 1))


def signal_on_gpu(outputs: Tensor) -> Tensor:
    """The same of each net, [nets, rows, units] -> float64 [nets]."""
    return units_on_gpu(outputs, outputs)[2]


@numba.njit(fastmath=REORDER)
def count_ranges(z: Array, rectify: bool, shift: float) -> tuple[int, int, int]:
    """How many |a| of z [elements] are in the first bin, in range, above it. Counts in the precision of z, exact up to
    2^24 elements in float32: integers would halve the width of the vector instructions."""
    one, none = z.dtype.type(1), z.dtype.type(0)
    first_edge, top = z.dtype.type(HISTOGRAM_TOP / BINS), z.dtype.type(HISTOGRAM_TOP)
    lowest, in_range, above = none, none, none
    for i in range(z.size):
        size = abs(activate(z[i], rectify, shift))
        lowest += one if size < first_edge else none
        in_range += one if size <= top else none
        above += one if size > top else none
    return int(lowest), int(in_range), int(above)


def ranges_on_gpu(z: Tensor, a: Tensor) -> tuple[Tensor, Tensor]:
    """Share and count of |a|, as the histogram has them."""
    size = a.abs()
    in_range = (size <= HISTOGRAM_TOP).sum((-2, -1))
    lowest = (size < HISTOGRAM_TOP / BINS).sum((-2, -1))
    return lowest / in_range.double(), (size > HISTOGRAM_TOP).sum((-2, -1))


@statistic(
    Quantity("min_bin_share", "1", "share of the histogram's first bin", in_validation=True),
    Quantity("activation_overflow", "count", "activations above the histogram", dtype="i4"),
    on_gpu=ranges_on_gpu,
)
def measure_ranges(z: Array, rectify: bool, shift: float, seen: Array) -> None:
    """The first bin over all in range, NaN if nothing is; how many |a| lie above the histogram."""
    lowest, in_range, above = count_ranges(z.reshape(-1), rectify, shift)
    seen[0] = lowest / in_range if in_range else np.nan
    seen[1] = above


@numba.njit(fastmath=REORDER)
def categorize(z: Array, rectify: bool, shift: float, codes: NDArray[np.uint8]) -> None:
    """The category of each |a|, plus CATEGORIES where z > 0."""
    for i in range(z.size):
        scaled = abs(activate(z[i], rectify, shift)) * z.dtype.type(BINS / HISTOGRAM_TOP)
        beyond = z.dtype.type(ABOVE) if scaled > z.dtype.type(AT_TOP) else z.dtype.type(NOT_A_NUMBER)
        category = np.int32(scaled if scaled <= z.dtype.type(AT_TOP) else beyond)
        codes[i] = category + (np.int32(CATEGORIES) if z[i] > 0 else np.int32(0))


@numba.njit()
def count_categories(z: Array, rectify: bool, shift: float, counts: Integers) -> None:
    """How many |a| are in each category where z ≤ 0 (or NaN), and where z > 0: into counts [2, CATEGORIES]."""
    codes = np.empty(z.size, np.uint8)
    categorize(z, rectify, shift, codes)
    counters = np.zeros((COUNTERS, 2 * CATEGORIES), np.int32)
    whole = z.size - z.size % COUNTERS
    for i in range(0, whole, COUNTERS):
        for counter in range(COUNTERS):
            counters[counter, codes[i + counter]] += 1
    for i in range(whole, z.size):
        counters[0, codes[i]] += 1
    for code in range(2 * CATEGORIES):
        count = 0
        for counter in range(COUNTERS):
            count += counters[counter, code]
        counts[code // CATEGORIES, code % CATEGORIES] = count


def count_bins(z: Array, rectified: Flags, shifts: Array, counts: NDArray[Any]) -> None:
    """How many |a| lie in each bin at each site, added to counts [sites, BINS] as torch.histc(BINS, 0, HISTOGRAM_TOP)
    counts: the top edge is in the last one. Sites without a shift differ in where z ≤ 0 only, so one pass serves them.

    Loops, since sums over an axis and sums of arrays take numba four seconds more to compile.
    """
    flat = z.reshape(-1)
    plain, shifted = np.empty((2, CATEGORIES), np.int64), np.empty((2, CATEGORIES), np.int64)
    count_categories(flat, NOT_RECTIFIED, z.dtype.type(0), plain)
    for site in range(len(rectified)):
        moved = shifts[site] != 0
        if moved:
            count_categories(flat, rectified[site], shifts[site], shifted)
        seen = shifted if moved else plain
        for category in range(NOT_A_NUMBER):
            if rectified[site] and not moved:
                counts[site, 0] += seen[0, category]
            elif category < ABOVE:
                counts[site, min(category, BINS - 1)] += seen[0, category]
            if category < ABOVE:
                counts[site, min(category, BINS - 1)] += seen[1, category]


count_bins_over_stack = compile_over_layers(count_bins)


def count_bins_on_gpu(a: Tensor) -> Tensor:
    """The same of activations [layers, nets, rows, units]: int64 [layers, nets, BINS]."""
    size = a.abs()
    category = (size * (BINS / HISTOGRAM_TOP)).clamp(max=BINS).nan_to_num(BINS).long() - (size == HISTOGRAM_TOP).long()
    # counters per unit: those of a dormant layer would else all queue for one address
    counts = a.new_zeros((*a.shape[:2], BINS + 1, a.shape[3]), dtype=torch.int32)
    counts.scatter_add_(2, category, counts.new_ones(()).expand_as(category))
    return counts[:, :, :BINS].sum(-1)
