"""What a hidden layer makes of its products z = h weight + bias: normalization, then activation; forward and backward.

A layer's vectors, [1, 3 or 5, units]: bias; scale and shift, where it is normalized; running mean and running variance,
under batch-norm. moments: [2, rows] of layer-norm, [2, units] of batch-norm: mean, and variance with ddof 0. The bits
are the same on every machine, as in `arithmetic`: sums run in the order of rows or units, each in the type of the net.
"""

import math

import numpy as np

from goodinit.arithmetic import Numbers, add_rows, compiled, exponential, inlined, scalar, sum_units

# the place of a name is its code
ACTIVATIONS = ("relu", "leaky-relu", "gelu")
NORMALIZATIONS = ("none", "layer-norm", "batch-norm")
RELU, LEAKY_RELU, _ = range(len(ACTIVATIONS))
_, LAYER_NORM, BATCH_NORM = range(len(NORMALIZATIONS))
VECTORS = (1, 3, 5)  # of a hidden layer under each normalization

LEAK = 0.01  # slope of the leaky ReLU below 0, as torch's default
GATE_SLOPE, GATE_CUBIC = 2 * math.sqrt(2 / math.pi), 0.044715  # of GELU's tanh form
EPSILON, MOMENTUM = 1e-5, 0.1  # below the root; of a batch in batch-norm's running statistics: torch's defaults


@scalar
def gate(x: float) -> float:
    """½ (1 + tanh u) = 1 / (1 + e^-2u) with u = √(2/π) (x + 0.044715 x³): Hendrycks & Gimpel 2016, section 2."""
    share: float = 1 / (1 + exponential(-GATE_SLOPE * (x + GATE_CUBIC * x * x * x)))
    return share


@inlined
def activate(activation: int, linear: Numbers, subtrahend: float, output: Numbers) -> None:
    """output = act(linear) - subtrahend, [rows, units]. NaN stays NaN.

    relu: max(z, 0). leaky-relu: z, times LEAK below 0 (Maas et al. 2013, section 2). gelu: z gate(z), in float64.
    """
    z, a = linear.reshape(-1), output.reshape(-1)
    if activation == RELU:
        zero = linear.dtype.type(0)
        for i in range(z.size):
            a[i] = (zero if z[i] <= zero else z[i]) - subtrahend
    elif activation == LEAKY_RELU:
        leak = linear.dtype.type(LEAK)
        for i in range(z.size):
            a[i] = (z[i] if z[i] > 0 else leak * z[i]) - subtrahend
    else:
        for i in range(z.size):
            x = np.float64(z[i])
            a[i] = linear.dtype.type(x * gate(x)) - subtrahend


@inlined
def activation_gradient(activation: int, linear: Numbers, gradient: Numbers) -> None:
    """gradient ← act'(linear) gradient, [rows, units]; at 0 the slope is that below."""
    z, g = linear.reshape(-1), gradient.reshape(-1)
    if activation == RELU:
        for i in range(z.size):
            g[i] = 0 if z[i] <= 0 else g[i]
    elif activation == LEAKY_RELU:
        leak = linear.dtype.type(LEAK)
        for i in range(z.size):
            g[i] = g[i] if z[i] > 0 else leak * g[i]
    else:
        for i in range(z.size):
            x = np.float64(z[i])
            share = gate(x)
            slope = share + x * share * (1 - share) * GATE_SLOPE * (1 + 3 * GATE_CUBIC * x * x)
            g[i] = linear.dtype.type(slope * g[i])


@inlined
def add_input(h: Numbers, output: Numbers) -> None:
    """output += h, of one shape."""
    values, total = h.reshape(-1), output.reshape(-1)
    for i in range(total.size):
        total[i] += values[i]


@inlined
def drop(values: Numbers, mask: Numbers) -> None:
    """values *= mask, of one shape."""
    kept, factors = values.reshape(-1), mask.reshape(-1)
    for i in range(kept.size):
        kept[i] *= factors[i]


@inlined
def layer_norm(z: Numbers, vectors: Numbers, moments: Numbers, standardized: Numbers) -> None:
    """z ← scale standardized + shift, where each row is standardized over its units, (z - mean) / √(variance +
    EPSILON): Ba et al. 2016, equation 4. z, standardized: [rows, units]."""
    (rows, units), number = z.shape, z.dtype.type
    mean, variance, scale, shift = moments[0], moments[1], vectors[1], vectors[2]
    total = sum_units(z)
    for i in range(rows):
        mean[i] = total[i] / number(units)
        for j in range(units):
            standardized[i, j] = z[i, j] - mean[i]
            z[i, j] = standardized[i, j] * standardized[i, j]
    total = sum_units(z)
    for i in range(rows):
        variance[i] = total[i] / number(units)
        inverse = number(1) / np.sqrt(variance[i] + number(EPSILON))
        for j in range(units):
            standardized[i, j] *= inverse
            z[i, j] = scale[j] * standardized[i, j] + shift[j]


@inlined
def layer_norm_gradient(
    gradient: Numbers, vectors: Numbers, moments: Numbers, standardized: Numbers, of_vectors: Numbers
) -> None:
    """From the gradient at layer_norm's result to that at its z, in place; that of scale and shift is added to
    of_vectors."""
    (rows, units), number = gradient.shape, gradient.dtype.type
    variance, scale = moments[1], vectors[1]
    along = _scale_and_shift_gradient(gradient, standardized, of_vectors)
    for i in range(rows):
        for j in range(units):
            gradient[i, j] *= scale[j]
            along[i, j] *= scale[j]
    shared, shared_along = sum_units(gradient), sum_units(along)
    for i in range(rows):
        inverse = number(1) / np.sqrt(variance[i] + number(EPSILON))
        mean, mean_along = shared[i] / number(units), shared_along[i] / number(units)
        for j in range(units):
            gradient[i, j] = inverse * (gradient[i, j] - mean - standardized[i, j] * mean_along)


@inlined
def batch_norm(z: Numbers, vectors: Numbers, frozen: bool, moments: Numbers, standardized: Numbers) -> None:
    """The same of each unit over the rows: Ioffe & Szegedy 2015, algorithm 1. frozen: by the running mean and variance
    instead of the rows' own, algorithm 2."""
    (rows, units), number = z.shape, z.dtype.type
    mean, variance, scale, shift = moments[0], moments[1], vectors[1], vectors[2]
    inverse = np.empty(units, z.dtype)
    for j in range(units):
        mean[j] = vectors[3, j] if frozen else number(0)
        variance[j] = vectors[4, j] if frozen else number(0)
    if not frozen:
        add_rows(z, mean)
        for j in range(units):
            mean[j] /= number(rows)
        for i in range(rows):
            for j in range(units):
                standardized[i, j] = (z[i, j] - mean[j]) * (z[i, j] - mean[j])
        add_rows(standardized, variance)
        for j in range(units):
            variance[j] /= number(rows)
    for j in range(units):
        inverse[j] = number(1) / np.sqrt(variance[j] + number(EPSILON))
    for i in range(rows):
        for j in range(units):
            standardized[i, j] = (z[i, j] - mean[j]) * inverse[j]
            z[i, j] = scale[j] * standardized[i, j] + shift[j]


@inlined
def batch_norm_gradient(
    gradient: Numbers, vectors: Numbers, moments: Numbers, standardized: Numbers, of_vectors: Numbers
) -> None:
    """As layer_norm_gradient, of a batch_norm that was not frozen."""
    (rows, units), number = gradient.shape, gradient.dtype.type
    _scale_and_shift_gradient(gradient, standardized, of_vectors)
    factor = vectors[1] / np.sqrt(moments[1] + number(EPSILON))
    mean_along, mean = of_vectors[1] / number(rows), of_vectors[2] / number(rows)
    for i in range(rows):
        for j in range(units):
            gradient[i, j] = factor[j] * (gradient[i, j] - mean[j] - standardized[i, j] * mean_along[j])


@compiled
def follow(vectors: Numbers, moments: Numbers, rows: int) -> None:
    """Move the running mean and variance (ddof 1) towards those of a batch of rows, as torch.nn.BatchNorm1d does."""
    number = vectors.dtype.type
    old, new, unbiased = number(1 - MOMENTUM), number(MOMENTUM), number(rows / max(rows - 1, 1))
    for j in range(vectors.shape[1]):
        vectors[3, j] = old * vectors[3, j] + new * moments[0, j]
        vectors[4, j] = old * vectors[4, j] + new * (unbiased * moments[1, j])


@compiled
def _scale_and_shift_gradient(gradient: Numbers, standardized: Numbers, of_vectors: Numbers) -> Numbers:
    """Adds to of_vectors; returns gradient standardized, [rows, units]."""
    along = np.empty_like(gradient)
    values, g, s = along.reshape(-1), gradient.reshape(-1), standardized.reshape(-1)
    for i in range(values.size):  # numba's own products of arrays take three times as long, and its sums
        values[i] = g[i] * s[i]
    add_rows(along, of_vectors[1])
    add_rows(gradient, of_vectors[2])
    return along
