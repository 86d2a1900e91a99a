"""How a net starts: a registry of initializers by name, each a function from shared random draws to layers.

To add one, write a function below with `@initializer("its-name")` and a test of its moments; it then works by that name
in the config. All of them compute in float64 on the CPU, one net at a time, with the same bits on every machine, so
that a seed gives the same net on every device and however it is stacked. Every initializer reads the same draws, so
nets of one seed are paired. The output layer is torch's default under each of them, as in the thread.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

import numpy as np

from goodinit import GoodinitError, arithmetic, special
from goodinit.arrays import Array
from goodinit.model.seeds import streams
from goodinit.model.variants import Variant

TOLERANCE = 1e-3  # of the unit std, as in the thread's loop
MAX_DIVISIONS = 100


@dataclass(frozen=True)
class Draw:
    """Standard-normal draws for one layer. weight: [fan_in, fan_out]; bias: [fan_out]."""

    weight: Array
    bias: Array

    @property
    def fan_in(self) -> int:
        """How many inputs a unit has."""
        return len(self.weight)


@dataclass(frozen=True)
class Layer:
    """One layer of one net. weight: float64 [fan_in, fan_out]; bias: float64 [fan_out]; subtrahend: taken off after the
    ReLU; divisions: how often a calibration divided the weights."""

    weight: Array
    bias: Array
    subtrahend: float = 0.0
    divisions: int = 0


Initializer = Callable[[list[Draw], Array], list[Layer]]
INITIALIZERS: dict[str, Initializer] = {}
CALIBRATED = set[str]()  # by a plain net, and no start for another


def initializer(name: str, calibrated: bool = False) -> Callable[[Initializer], Initializer]:
    """Register an initializer: called with the hidden layers' draws and the first training batch [rows, features].
    calibrated: by what a plain net makes of the batch."""

    def register(function: Initializer) -> Initializer:
        INITIALIZERS[name] = function
        CALIBRATED.update([name] * calibrated)
        return function

    return register


def initialize(name: str, sizes: list[int], seed: int, batch: Array) -> list[Layer]:
    """One net of `sizes` [features, width, …, classes] as the initializer `name` starts it for `seed`.

    batch: float64 [rows, features], the seed's first training batch (read by data-dependent initializers only).
    Raises GoodinitError for an unknown name and for a layer that cannot be normalized.
    """
    if name not in INITIALIZERS:
        raise GoodinitError(f"unknown initializer {name!r}; choose from {', '.join(INITIALIZERS)} in the config")
    weights, biases, *_ = streams(seed)
    draws = [
        Draw(weights.standard_normal((fan_in, fan_out)), biases.standard_normal(fan_out))
        for fan_in, fan_out in pairwise(sizes)
    ]
    try:
        hidden = INITIALIZERS[name](draws[:-1], batch)
    except GoodinitError as error:
        raise GoodinitError(f"initializer {name!r}, seed {seed}: {error}") from error
    return [*hidden, torch_default(draws[-1])]


def alter(net: list[Layer], variant: Variant, seed: int) -> list[Layer]:
    """The net with the initial weights that the variant scales, and every parameter that it nudges, by a normal
    relative change."""
    scaled = len(net) - 1 if variant.scaled is None else variant.scaled
    nudges = streams(seed).nudges

    def nudge(values: Array) -> Array:
        return values * (1 + variant.nudge * nudges.standard_normal(values.shape))

    start = [_scale(layer, variant.gain) for layer in net[:scaled]] + net[scaled:]
    return [replace(layer, weight=nudge(layer.weight), bias=nudge(layer.bias)) for layer in start]


def uniform(normal: Array, bound: float) -> Array:
    """Uniform on ±bound from standard-normal draws by the probability integral transform, bound · (2Φ(z) - 1)."""
    return bound * (2 * special.normal_cdf(normal) - 1)


def torch_default(draw: Draw) -> Layer:
    """torch.nn.Linear's default: weight and bias uniform within ±1/√fan_in, std 1/√(3 fan_in).

    torch writes it as kaiming_uniform_(a=√5): gain √(2/(1+5)) = 1/√3, bound √3 · gain / √fan_in.
    """
    bound = 1 / math.sqrt(draw.fan_in)
    return Layer(uniform(draw.weight, bound), uniform(draw.bias, bound))


@initializer("default")
def default(draws: list[Draw], batch: Array) -> list[Layer]:
    """torch's default in every layer."""
    return [torch_default(draw) for draw in draws]


@initializer("kaiming-relu")
def kaiming_relu(draws: list[Draw], batch: Array) -> list[Layer]:
    """Normal with std √(2/fan_in), zero bias: He et al. 2015, equation 10."""
    return [Layer(draw.weight * math.sqrt(2 / draw.fan_in), np.zeros_like(draw.bias)) for draw in draws]


@initializer("orthogonal")
def orthogonal(draws: list[Draw], batch: Array) -> list[Layer]:
    """Semi-orthogonal weights times √2, the gain of a ReLU, zero bias: Saxe et al. 2014, section 3.1."""
    return [_scale(layer, math.sqrt(2)) for layer in orthonormal(draws)]


@initializer("default-zero-bias")
def default_zero_bias(draws: list[Draw], batch: Array) -> list[Layer]:
    """torch's default weights, zero bias: what the bias alone does."""
    return [replace(layer, bias=np.zeros_like(layer.bias)) for layer in default(draws, batch)]


@initializer("default-gain")
def default_gain(draws: list[Draw], batch: Array) -> list[Layer]:
    """torch's default with uniform weights √6 times as wide, Kaiming's variance 2/fan_in, and the default's bias: what
    the gain alone does."""
    return [_scale(layer, math.sqrt(6)) for layer in default(draws, batch)]


@initializer("default-normal")
def default_normal(draws: list[Draw], batch: Array) -> list[Layer]:
    """torch's default with normal instead of uniform weights of the same std 1/√(3 fan_in): what the shape of the
    distribution alone does."""
    pairs = zip(draws, default(draws, batch), strict=True)
    return [replace(plain, weight=draw.weight / math.sqrt(3 * draw.fan_in)) for draw, plain in pairs]


@initializer("kaiming-default-bias")
def kaiming_default_bias(draws: list[Draw], batch: Array) -> list[Layer]:
    """Kaiming's weights with torch's default bias: against kaiming-relu, what the bias does."""
    pairs = zip(kaiming_relu(draws, batch), default(draws, batch), strict=True)
    return [replace(kaiming, bias=plain.bias) for kaiming, plain in pairs]


@initializer("lsuv", calibrated=True)
def lsuv(draws: list[Draw], batch: Array) -> list[Layer]:
    """The thread's LSUV, from torch's default: its call to Kaiming's init never reached the Linear layers.

    After Mishkin & Matas 2016 in fast.ai's variant: unit std after the ReLU, and no orthonormal start.
    """
    return normalize_outputs(default(draws, batch), batch)


@initializer("lsuv-kaiming", calibrated=True)
def lsuv_kaiming(draws: list[Draw], batch: Array) -> list[Layer]:
    """The thread's LSUV as it was meant, from Kaiming's init. With zero bias one division is exact."""
    return normalize_outputs(kaiming_relu(draws, batch), batch)


@initializer("lsuv-preactivation", calibrated=True)
def lsuv_preactivation(draws: list[Draw], batch: Array) -> list[Layer]:
    """Mishkin & Matas 2016, algorithm 1: orthonormal start, zero bias, unit std of the pre-activations; no subtrahend,
    and the output layer left alone."""
    normalized, h = [], batch
    for depth, layer in enumerate(orthonormal(draws), start=1):
        normalized.append(_divide_until_unit(layer, depth, partial(_linear, inputs=h)))
        h = rectify(normalized[-1], h)
    return normalized


def orthonormal(draws: list[Draw]) -> list[Layer]:
    """Weights with orthonormal columns (rows, where fan_out > fan_in), zero bias: the Q of a Gaussian matrix with a
    positive diagonal of R, uniform over such matrices (Mezzadri 2007, section 5)."""
    layers = []
    for draw in draws:
        wide = draw.weight.shape[1] > draw.fan_in
        q = orthonormalize(draw.weight.T if wide else draw.weight)
        layers.append(Layer(q.T if wide else q, np.zeros_like(draw.bias)))
    return layers


def orthonormalize(columns: Array) -> Array:
    """Gram-Schmidt on the columns of a tall matrix, each twice, which is enough: Giraud et al. 2005."""
    rows = columns.T.copy()
    for k, row in enumerate(rows):
        for _ in range(2):
            along = (rows[:k] * row).sum(1)
            row -= (along[:, None] * rows[:k]).sum(0)
        row /= np.sqrt((row * row).sum())
    return rows.T


def normalize_outputs(layers: list[Layer], batch: Array) -> list[Layer]:
    """Layer by layer: shift the activation to mean 0 by a subtrahend, then divide the weights by the activation's std
    (ddof 1, over rows and units) until that is 1 within TOLERANCE.

    The subtrahend stays as the first shift left it, so the mean moves off 0 again when the weights grow. Raises
    GoodinitError naming the layer where it is dead, not finite, or not there after MAX_DIVISIONS.
    """
    normalized, h = [], batch
    for depth, layer in enumerate(layers, start=1):
        shifted = replace(layer, subtrahend=float(rectify(layer, h).mean()))
        normalized.append(_divide_until_unit(shifted, depth, partial(rectify, inputs=h)))
        h = rectify(normalized[-1], h) - shifted.subtrahend
    return normalized


def _divide_until_unit(layer: Layer, depth: int, respond: Callable[[Layer], Array]) -> Layer:
    """The layer with its weights divided by the std of its response until that is 1 within TOLERANCE."""
    while not abs((std := float(respond(layer).std(ddof=1))) - 1) <= TOLERANCE:  # so that NaN enters, and is refused
        if not 0 < std < math.inf:
            raise GoodinitError(
                f"layer {depth} has activation std {std} on the first batch and cannot be normalized; "
                "check the scaling of the features or use another initializer"
            )
        if layer.divisions == MAX_DIVISIONS:
            raise GoodinitError(
                f"layer {depth} has activation std {std:.6g} after {MAX_DIVISIONS} divisions; use another initializer"
            )
        layer = replace(_scale(layer, 1 / std), divisions=layer.divisions + 1)
    return layer


def _scale(layer: Layer, factor: float) -> Layer:
    return replace(layer, weight=layer.weight * factor)


def _linear(layer: Layer, inputs: Array) -> Array:
    outputs = np.empty((len(inputs), len(layer.bias)))
    arithmetic.affine(inputs, np.ascontiguousarray(layer.weight), layer.bias, outputs)
    return outputs


def rectify(layer: Layer, inputs: Array) -> Array:
    """What a layer makes of inputs [rows, fan_in], after the ReLU and before the subtrahend: [rows, fan_out]."""
    return np.maximum(_linear(layer, inputs), 0)
