"""Forward, loss and gradient of one net on the CPU, with the same bits on every machine (`arithmetic`, `layers`).

A net is a flat vector of parameters, layer by layer: weight [fan_in, fan_out] row by row, then the layer's vectors,
[1, 3 or 5, fan_out] (`layers`). Running statistics of batch-norm stand among them, with a gradient of 0, so that what
keeps or restores parameters keeps these.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from goodinit import layers
from goodinit.arithmetic import (
    Numbers,
    affine,
    compiled,
    exponential,
    inlined,
    input_gradient,
    logarithm,
    parameter_gradient,
)
from goodinit.arrays import Array, Integers

EVALUATION_ROWS = 256  # rows evaluated at once, so that they stay in the cache


class Structure(NamedTuple):
    """How a net is built. sizes: int64 [layers + 1], features, widths, classes; activation, normalization: codes, see
    `layers`; residual: from the second hidden layer on a layer adds its input, where the widths agree."""

    sizes: Integers
    activation: int
    normalization: int
    residual: bool


class Trace(NamedTuple):
    """What a forward pass leaves of the hidden layers. linear: [hidden, batch, width], what goes into the activation;
    output: the same shape, what the next layer sees."""

    linear: Numbers
    output: Numbers


class Normalized(NamedTuple):
    """What it leaves of their normalization. standardized: as linear; moments: [hidden, 2, batch or width]; see
    `layers`. An argument of its own, None without normalization: numba then leaves out what only it needs, and
    compiles in half the time."""

    standardized: Numbers
    moments: Numbers


def make_trace(structure: Structure, rows: int, dtype: DTypeLike) -> tuple[Trace, Normalized | None]:
    """Room for batches of `rows`."""
    hidden, width = len(structure.sizes) - 2, int(structure.sizes[1])
    shape = hidden, rows, width
    trace = Trace(np.empty(shape, dtype), np.empty(shape, dtype))
    if not structure.normalization:
        return trace, None
    of = rows if structure.normalization == layers.LAYER_NORM else width
    return trace, Normalized(np.empty(shape, dtype), np.empty((hidden, 2, of), dtype))


@compiled
def layer_of(flat: Numbers, structure: Structure, depth: int) -> tuple[Numbers, Numbers]:
    """Views of a layer's weight [fan_in, fan_out] and vectors [.., fan_out] in the flat vector of a net."""
    sizes, many, start = structure.sizes, layers.VECTORS[structure.normalization], 0
    for below in range(depth):
        start += (sizes[below] + many) * sizes[below + 1]
    fan_in, fan_out = sizes[depth], sizes[depth + 1]
    many = many if depth < len(sizes) - 2 else 1
    middle = start + fan_in * fan_out
    vectors = flat[middle : middle + many * fan_out]
    return flat[start:middle].reshape((fan_in, fan_out)), vectors.reshape((many, fan_out))


@inlined
def adds_input(structure: Structure, depth: int) -> bool:
    """Whether the layer is a hidden one that adds its input to what it computes: He et al. 2016, equation 1."""
    hidden = 0 < depth < len(structure.sizes) - 2
    return structure.residual and hidden and structure.sizes[depth] == structure.sizes[depth + 1]


@compiled
def forward_pass(
    x: Numbers, net: Numbers, structure: Structure, subtrahends: Numbers, masks: Numbers, frozen: bool,
    trace: Trace, normalized: Normalized | None,
) -> Numbers:  # fmt: skip
    """Logits [batch, classes] of a net for a batch x [batch, features], with every hidden layer in the trace.

    A hidden layer computes act(linear) - subtrahend, times the mask, plus its input where it adds that. subtrahends:
    [hidden], 0 where a net has none; masks: as output, or [0, 0, 0] to drop nothing; frozen: batch-norm goes by its
    running statistics.
    """
    h = x
    for depth in range(len(trace.linear)):
        weight, vectors = layer_of(net, structure, depth)
        z, output = trace.linear[depth], trace.output[depth]
        affine(h, weight, vectors[0], z)
        if normalized is not None:
            standardized, moments = normalized.standardized[depth], normalized.moments[depth]
            if structure.normalization == layers.LAYER_NORM:
                layers.layer_norm(z, vectors, moments, standardized)
            else:
                layers.batch_norm(z, vectors, frozen, moments, standardized)
        layers.activate(structure.activation, z, subtrahends[depth], output)
        if len(masks):
            layers.drop(output, masks[depth])
        if adds_input(structure, depth):
            layers.add_input(h, output)
        h = output
    weight, vectors = layer_of(net, structure, len(trace.linear))
    logits = np.empty((len(x), vectors.shape[1]), x.dtype)
    affine(h, weight, vectors[0], logits)
    return logits


@compiled
def follow_batch(net: Numbers, structure: Structure, normalized: Normalized) -> None:
    """Move batch-norm's running statistics towards those of the batch of the last forward pass."""
    hidden, rows, _ = normalized.standardized.shape
    for depth in range(hidden):
        layers.follow(layer_of(net, structure, depth)[1], normalized.moments[depth], rows)


@compiled
def softmax(logits: Numbers, y: Integers) -> tuple[Array, float]:
    """Probabilities [rows, classes], and the sum over the rows, in their order, of the cross-entropies (nats) to the
    classes y [rows]: 0 … classes - 1."""
    rows, classes = logits.shape
    shifted, probabilities = np.empty((rows, classes)), np.empty((rows, classes))
    for i in range(rows):
        top = logits[i, 0]
        for j in range(1, classes):
            top = logits[i, j] if logits[i, j] > top else top
        for j in range(classes):
            shifted[i, j] = np.float64(logits[i, j]) - top
    flat, exponentials = shifted.reshape(-1), probabilities.reshape(-1)
    for i in range(flat.size):  # one long loop: vectors stay full however few the classes
        exponentials[i] = exponential(flat[i])
    loss = 0.0
    for i in range(rows):
        total = 0.0
        for j in range(classes):
            total += probabilities[i, j]
        for j in range(classes):
            probabilities[i, j] /= total
        loss += logarithm(total) - shifted[i, y[i]]
    return probabilities, loss


@compiled
def loss_and_gradient(logits: Numbers, y: Integers) -> tuple[float, Numbers]:
    """Mean cross-entropy (nats) and its gradient at the logits, (softmax - one-hot) / rows: [rows, classes]."""
    probabilities, loss = softmax(logits, y)
    for i in range(len(y)):
        probabilities[i, y[i]] -= 1
    gradient = np.empty_like(logits)
    g, p = gradient.reshape(-1), probabilities.reshape(-1)
    for i in range(g.size):
        g[i] = p[i] / len(y)
    return loss / len(y), gradient


@compiled
def backward_pass(
    x: Numbers, net: Numbers, structure: Structure, masks: Numbers, at_logits: Numbers,
    trace: Trace, normalized: Normalized | None,
) -> Numbers:  # fmt: skip
    """The loss gradient at all parameters, laid out as they are, from the one at the logits [batch, classes] and what
    forward_pass, not frozen, left."""
    gradient = np.empty_like(net)
    g = above = at_logits  # at a layer's products, and at its output
    for depth in range(len(trace.linear), -1, -1):
        weight, _ = layer_of(net, structure, depth)
        of_weight, of_vectors = layer_of(gradient, structure, depth)
        parameter_gradient(trace.output[depth - 1] if depth else x, g, of_weight, of_vectors[0])
        if not depth:
            break
        below = np.empty_like(trace.linear[depth - 1])
        input_gradient(g, weight, below)
        if adds_input(structure, depth):
            layers.add_input(above, below)
        g = below
        if adds_input(structure, depth - 1):
            above = below.copy()
        if len(masks):
            layers.drop(g, masks[depth - 1])
        layers.activation_gradient(structure.activation, trace.linear[depth - 1], g)
        if normalized is not None:
            _, vectors = layer_of(net, structure, depth - 1)
            _, of_vectors = layer_of(gradient, structure, depth - 1)
            of_vectors[1:] = 0
            standardized, moments = normalized.standardized[depth - 1], normalized.moments[depth - 1]
            if structure.normalization == layers.LAYER_NORM:
                layers.layer_norm_gradient(g, vectors, moments, standardized, of_vectors)
            else:
                layers.batch_norm_gradient(g, vectors, moments, standardized, of_vectors)
    return gradient


def evaluate(x: Numbers, y: Integers, net: Numbers, structure: Structure, subtrahends: Numbers) -> tuple[float, int]:
    """Sum of the cross-entropies (nats) over rows x [rows, features] of classes y [rows], and how many rows have their
    class as the first of the largest logits (NaN is larger than all). Nothing is dropped, batch-norm is frozen."""
    loss, correct, nothing = 0.0, 0, np.empty((0, 0, 0), x.dtype)
    room = make_trace(structure, EVALUATION_ROWS, x.dtype)
    for start in range(0, len(x), EVALUATION_ROWS):
        rows, labels = x[start : start + EVALUATION_ROWS], y[start : start + EVALUATION_ROWS]
        if len(rows) < EVALUATION_ROWS:  # the last
            room = make_trace(structure, len(rows), x.dtype)
        logits = forward_pass(rows, net, structure, subtrahends, nothing, True, *room)
        loss += softmax(logits, labels)[1]
        correct += int(np.count_nonzero(logits.argmax(1) == labels))
    return loss, correct
