"""Arithmetic whose bits depend on its arguments only: not on the processor, a BLAS, libm, vector width or threads.

Training near the edge of stability is chaotic: the last bit of a product decides whether a net collapses. So every
operation here is one that IEEE 754 rounds correctly (+, -, *, /, √ and the fused multiply-add), in an order that the
source spells out. LLVM may neither reorder nor contract them, as nothing is compiled with fastmath; it may vectorize
and tile as the processor likes. Rounding is to nearest and underflow gradual, as every process starts. Of a NaN only
that it is one is promised, not its sign and payload.

Products: each element is one chain of fused multiply-adds in the order of k, which starts from the bias (or 0):

    out[i, j] = fma(a[i, n-1], b[n-1, j], … fma(a[i, 1], b[1, j], fma(a[i, 0], b[0, j], start[j])))

Its error is at most n u / (1 - n u) times |start| + Σ |a b|, u the unit roundoff (Higham 2002, section 3.1). A tile of
chains fills the registers: many chains side by side hide the latency of each, and none is split.

exp and log: Taylor series in fused multiply-adds after a reduction of the argument; errors, in units in the last place
(ulp), are tested against mpmath. Softmax and loss are in float64 whatever the float type of a net.

What calls into this is compiled in this folder, see `compilation`: `layers`, `propagation`. Arrays are C-contiguous,
writable, of one float type in a call, and their shapes trusted.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.registry import cpu_target
from numba.extending import intrinsic, register_jitable
from numpy.typing import ArrayLike, NDArray

from goodinit import GoodinitError
from goodinit.arrays import Array
from goodinit.compilation import cached_njit, name_after

Numbers = NDArray[Any]  # float32 or float64

ADJACENT = np.int64(1)  # a step that is no literal, for which numba would compile once more
TILE_ROWS = 8  # at most: more chains would hide no more latency
ROWS_IN_TURN = 8  # of a sum over rows, which is loaded and stored once for them

compiled = cached_njit(error_model="numpy")  # x / 0 is inf or NaN, not an exception
# a part of the one that calls it, not compiled by itself first: a first run so waits a third less
inlined = cached_njit(error_model="numpy", inline="always")
scalar = register_jitable(error_model="numpy")  # compiled into the loops that call it, which then vectorize


def target_features() -> set[str]:
    """What numba compiles for: "+avx2", … of the processor, or of NUMBA_CPU_FEATURES."""
    return set(cpu_target.target_context.codegen().magic_tuple()[2].split(","))


# Bits of a vector register, how many there are, and columns of a tile; of the last kind some may be missing. Tiles as
# wide as the registers allow load an element of a once for more columns.
REGISTER, REGISTERS, PANELS = (512, 32, (40, 16, 8)) if "+avx512f" in target_features() else (256, 16, (24, 16, 8))


def require_fma() -> None:
    """Raise GoodinitError where a fused multiply-add would be no instruction but a slow call of libm."""
    if missing := {"+avx2", "+fma"} - target_features():
        raise GoodinitError(
            f"this processor (or NUMBA_CPU_FEATURES) has no {' and '.join(sorted(missing)).replace('+', '')}: train on "
            "an x86-64 processor with AVX2 and FMA, as most since 2015; ARM has its own fma, but was not tried"
        )


def _splat(builder: ir.IRBuilder, x: ir.Value, lanes: int) -> ir.Value:
    """A vector of `lanes` times x."""
    blank, index = ir.Constant(ir.VectorType(x.type, lanes), ir.Undefined), ir.IntType(32)
    first = builder.insert_element(blank, x, index(0))
    return builder.shuffle_vector(first, blank, ir.Constant(ir.VectorType(index, lanes), [0] * lanes))


class _Vector:
    """`lanes` neighbouring columns in one register, from `offset` on; of these exist those before `left`, if given."""

    def __init__(self, builder: ir.IRBuilder, number: ir.Type, bits: int, lanes: int, offset: int, left: ir.Value):
        self.builder, self.offset, self.kind = builder, offset, ir.VectorType(number, lanes)
        self.name, self.alignment = f"v{lanes}f{bits}", ir.IntType(32)(bits // 8)
        self.mask = ir.Constant(ir.VectorType(ir.IntType(1), lanes), [1] * lanes)  # LLVM makes this a plain access
        if left:
            columns = ir.Constant(ir.VectorType(left.type, lanes), [offset + lane for lane in range(lanes)])
            self.mask = builder.icmp_signed("<", columns, _splat(builder, left, lanes))

    def load(self, data: ir.Value, index: ir.Value) -> ir.Value:
        """0 where there is no column."""
        arguments = self._pointer(data, index), self.alignment, self.mask, ir.Constant(self.kind, None)
        return self._call("masked.load", ".p0", self.kind, *arguments)

    def store(self, value: ir.Value, data: ir.Value, index: ir.Value) -> None:
        """Only the columns that there are."""
        self._call("masked.store", ".p0", ir.VoidType(), value, self._pointer(data, index), self.alignment, self.mask)

    def multiply_add(self, x: ir.Value, values: ir.Value, total: ir.Value) -> ir.Value:
        """x values + total, of a number x."""
        return self._call("fma", "", self.kind, _splat(self.builder, x, self.kind.count), values, total)

    def _pointer(self, data: ir.Value, index: ir.Value) -> ir.Value:
        index = self.builder.add(index, index.type(self.offset))
        return self.builder.bitcast(self.builder.gep(data, [index]), self.kind.as_pointer())

    def _call(self, name: str, suffix: str, returned: ir.Type, *arguments: ir.Value) -> ir.Value:
        kind = ir.FunctionType(returned, [argument.type for argument in arguments])
        function = cgutils.get_or_insert_function(self.builder.module, kind, f"llvm.{name}.{self.name}{suffix}")
        return self.builder.call(function, arguments)


def _panel(columns: int, ragged: bool = False) -> Any:
    """The intrinsic that computes `columns` columns of a product from `column` on and returns the next. ragged: the
    last may not exist. Other arguments: see `products`."""

    @intrinsic
    def compute(typing: Any, a: Any, step: Any, along: Any, b: Any, start: Any, out: Any, column: Any) -> Any:
        if {(kind.dtype, kind.layout) for kind in (a, b, start, out)} != {(a.dtype, "C")}:
            return None  # which numba reports as wrong types

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            _, step, along, _, _, _, column = arguments
            arrays = [context.make_array(signature.args[i])(context, builder, arguments[i]) for i in (0, 3, 4, 5)]
            a_data, b_data, start_data, out_data = (array.data for array in arrays)
            (length, _), (rows, width) = (cgutils.unpack_tuple(builder, arrays[i].shape) for i in (1, 3))

            bits, left = a.dtype.bitwidth, builder.sub(width, column) if ragged else None
            each, number = REGISTER // bits, context.get_data_type(a.dtype)
            parts = [(min(each, columns - offset), offset) for offset in range(0, columns, each)]
            vectors = [_Vector(builder, number, bits, lanes, offset, left) for lanes, offset in parts]
            # a tile's sums, a row of b and an element of a must fit into the registers
            tile_rows = max(1, min(TILE_ROWS, (REGISTERS - 1) // len(vectors) - 1))

            last = builder.sub(rows, rows.type(1))
            with cgutils.for_range_slice(builder, rows.type(0), rows, rows.type(tile_rows)) as (top, _):
                tile = [builder.add(top, rows.type(i)) for i in range(tile_rows)]
                # where the tile overhangs, it computes and stores the last row again
                tile = [builder.select(builder.icmp_signed("<", i, last), i, last) for i in tile]
                places = [builder.gep(a_data, [builder.mul(i, step)]) for i in tile]
                initial = [vector.load(start_data, column) for vector in vectors]
                sums = [[cgutils.alloca_once_value(builder, value) for value in initial] for _ in tile]
                with cgutils.for_range(builder, length) as loop:
                    index = builder.add(builder.mul(loop.index, width), column)
                    row_of_b = [vector.load(b_data, index) for vector in vectors]
                    for place, row_of_sums in zip(places, sums, strict=True):
                        x = builder.load(builder.gep(place, [builder.mul(loop.index, along)]))
                        for vector, values, total in zip(vectors, row_of_b, row_of_sums, strict=True):
                            builder.store(vector.multiply_add(x, values, builder.load(total)), total)
                for i, row_of_sums in zip(tile, sums, strict=True):
                    for vector, total in zip(vectors, row_of_sums, strict=True):
                        vector.store(builder.load(total), out_data, builder.add(builder.mul(i, width), column))
            return builder.add(column, column.type(columns))

        return types.intp(a, types.intp, types.intp, b, start, out, types.intp), generate

    return compute


_wide, _middle, _narrow = _panel(PANELS[0]), _panel(PANELS[1]), _panel(PANELS[2], ragged=True)


@compiled
def products(a: Numbers, step: int, along: int, b: Numbers, start: Numbers, out: Numbers) -> None:
    """out[i, j] = start[j] + Σ_k a.flat[i step + k along] b[k, j], one chain in the order of k: see above.

    b: [n, columns]; start: [columns]; out: [rows, columns]. So a is read as it lies or transposed, without a copy.
    """
    columns, column = out.shape[1], 0
    while column < columns:
        if columns - column >= PANELS[0]:
            column = _wide(a, step, along, b, start, out, column)
        elif columns - column >= PANELS[1]:
            column = _middle(a, step, along, b, start, out, column)
        else:
            column = _narrow(a, step, along, b, start, out, column)


@inlined
def affine(h: Numbers, weight: Numbers, bias: Numbers, z: Numbers) -> None:
    """z = h weight + bias: [rows, fan_in], [fan_in, fan_out], [fan_out], [rows, fan_out]. A chain starts from bias."""
    products(h, h.shape[1], ADJACENT, weight, bias, z)


@inlined
def input_gradient(gradient: Numbers, weight: Numbers, below: Numbers) -> None:
    """below = gradient weightᵀ: [rows, fan_out], [fan_in, fan_out], [rows, fan_in]."""
    fan_in, fan_out = weight.shape
    products(gradient, fan_out, ADJACENT, weight.T.copy(), np.zeros(fan_in, weight.dtype), below)


@inlined
def parameter_gradient(h: Numbers, gradient: Numbers, of_weight: Numbers, of_bias: Numbers) -> None:
    """of_weight = hᵀ gradient and of_bias = Σ_rows gradient, both in the order of the rows: [rows, fan_in],
    [rows, fan_out], [fan_in, fan_out], [fan_out]."""
    of_bias[:] = 0  # what the chains of both start from
    products(h, ADJACENT, h.shape[1], gradient, of_bias, of_weight)
    add_rows(gradient, of_bias)


@compiled
def add_rows(values: Numbers, total: Numbers) -> None:
    """total += Σ_rows values, in the order of the rows: [rows, units], [units]."""
    rows, units = values.shape
    whole = rows - rows % ROWS_IN_TURN
    for top in range(0, whole, ROWS_IN_TURN):
        for j in range(units):
            chain = total[j]
            for i in range(ROWS_IN_TURN):
                chain += values[top + i, j]
            total[j] = chain
    for row in range(whole, rows):
        for j in range(units):
            total[j] += values[row, j]


@inlined
def sum_units(values: Numbers) -> Numbers:
    """Σ_units values, in the order of the units: [rows, units] -> [rows]. A product with ones: side by side, the chains
    of many rows hide their latency."""
    rows, units = values.shape
    total, ones, zero = np.empty((rows, 1), values.dtype), np.ones((units, 1), values.dtype), np.zeros(1, values.dtype)
    products(values, units, ADJACENT, ones, zero, total)
    return total.reshape(rows)


LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10  # the first has 33 bits: k LN2_HIGH is exact
INVERSE_LN2 = 1.4426950408889634
ROUNDER = 1.5 * 2.0**52  # x + ROUNDER is x rounded to a whole number, which stands in its low bits
SMALLEST_NORMAL, MANTISSA_BITS = 2.0**-1022, 52
ONE, ROOT_HALF = 0x3FF0000000000000, 0x3FE6A09E667F3BCD  # the bits of 1 and √½
EXP_SERIES = tuple(1 / math.factorial(n) for n in range(13, 1, -1))  # (exp r - 1 - r) / r², highest power first
LOG_SERIES = tuple(2 / (2 * n + 1) for n in range(10, 0, -1))  # (2 artanh s - 2 s) / s³ in s², highest power first


@intrinsic
def fma(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """a b + c, rounded once."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return a(a, a, a), generate


@scalar
def horner(series: tuple[float, ...], x: float) -> float:
    """A polynomial in x, its coefficients from the highest power down."""
    value = series[0]
    for coefficient in series[1:]:
        value = fma(value, x, coefficient)
    return value


@scalar
def power_of_two(k: float) -> float:
    """2^k of a whole number k in [-1022, 1023], written as its bits."""
    exponent = np.float64(k + ROUNDER).view(np.int64) << MANTISSA_BITS
    return np.int64(exponent + ONE).view(np.float64)


@scalar
def exponential(x: float) -> float:
    """e^x = 2^k e^r with |r| ≤ ln 2 / 2. At most 1 ulp; overflows to inf, and underflows gradually to 0."""
    x = -746.0 if x < -746.0 else (710.0 if x > 710.0 else x)  # beyond these it is 0 and inf; NaN passes
    k = fma(x, INVERSE_LN2, ROUNDER) - ROUNDER
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    half = fma(k, 0.5, ROUNDER) - ROUNDER  # 2^k itself may be no normal number
    value: float = (1 + fma(r * r, horner(EXP_SERIES, r), r)) * power_of_two(half) * power_of_two(k - half)
    return value


@scalar
def logarithm(x: float) -> float:
    """ln x = k ln 2 + ln(1 + f) with 1 + f in [√½, √2), summed as in fdlibm's e_log.c. At most 1 ulp; -inf at 0 and NaN
    below."""
    subnormal = x < SMALLEST_NORMAL
    bits = np.float64(x * 2.0**54 if subnormal else x).view(np.int64) + (ONE - ROOT_HALF)
    k = float((bits >> MANTISSA_BITS) - (ONE >> MANTISSA_BITS)) - (54.0 if subnormal else 0.0)
    f = np.int64((bits & ((1 << MANTISSA_BITS) - 1)) + ROOT_HALF).view(np.float64) - 1
    s, half_square = f / (2 + f), 0.5 * f * f
    tail = s * fma(s * s, horner(LOG_SERIES, s * s), half_square)
    value = k * LN2_HIGH - ((half_square - (tail + k * LN2_LOW)) - f)
    value = value if x < np.inf else x  # inf and NaN
    return (-np.inf if x == 0 else np.nan) if x <= 0 else value


def over_arrays(function: Callable[[float], float]) -> Callable[[ArrayLike], Array]:
    """The function for float64 arrays of any shape. Its loop closes over a plain function, not over a compiled one:
    numba's cache would never know that one again."""

    def over_flat(x: Array, out: Array) -> None:
        for i in range(x.size):
            out[i] = function(x[i])

    name_after(over_flat, function)
    loop = compiled(over_flat)

    def over_array(x: ArrayLike) -> Array:
        flat = np.array(x, np.float64).reshape(-1)
        out = np.empty_like(flat)
        loop(flat, out)
        return out.reshape(np.shape(x))

    over_array.__doc__ = function.__doc__
    return over_array


exp, log = over_arrays(exponential), over_arrays(logarithm)
