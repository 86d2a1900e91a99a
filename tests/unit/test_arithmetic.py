import hashlib
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numba.core.errors import TypingError
from numpy.typing import NDArray
from project import ROOT

from goodinit import GoodinitError, arithmetic, propagation
from goodinit.arithmetic import Numbers
from goodinit.arrays import Array
from goodinit.layers import ACTIVATIONS, NORMALIZATIONS, VECTORS
from goodinit.propagation import Structure, make_trace
from goodinit.special import cosine, normal_cdf, normal_quantile

SIZES = np.array([5, 9, 9, 9, 3])
PLAIN = Structure(SIZES, 0, 0, False)
NOTHING = np.empty((0, 0, 0))


@pytest.fixture(scope="module", autouse=True)
def haswell() -> Iterator[subprocess.Popen[str]]:
    """Prints the digest and the features of another processor; if it must compile, then while the other tests run."""
    code = "import test_arithmetic as t; print(t.digest(), *sorted(t.arithmetic.target_features()))"
    paths = os.pathsep.join(map(str, [ROOT / "src", ROOT / "tests", Path(__file__).parent]))
    target = {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx,+avx2,+fma"}
    environment = os.environ | target | {"PYTHONPATH": paths}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True) as process:
        yield process


def normal(*shape: int, dtype: type = np.float64) -> Numbers:
    return np.random.default_rng(len(shape)).standard_normal(shape).astype(dtype)


def fma32(a: Numbers, b: Numbers, c: Numbers) -> Numbers:
    """Rounded once: the sum in float64 to odd, then to float32 (Boldo & Melquiond 2008)."""
    product, c = a.astype(np.float64) * b, c.astype(np.float64)  # exact
    total = product + c
    rest = total - product
    error = (product - (total - rest)) + (c - rest)
    bits = total.view(np.int64)
    away = np.where((error > 0) == (total > 0), 1, -1)
    return np.where((error != 0) & (bits % 2 == 0), bits + away, bits).view(np.float64).astype(np.float32)


def fma64(a: float, b: float, c: float) -> float:
    return float(Fraction(a) * Fraction(b) + Fraction(c))


def chains32(a: Numbers, b: Numbers, start: Numbers) -> Numbers:
    total = np.broadcast_to(start, (len(a), len(start)))
    for k in range(len(b)):
        total = fma32(a[:, k, None], b[None, k], total)
    return total


def chains64(a: Numbers, b: Numbers, start: Numbers) -> Numbers:
    total = np.tile(start, (len(a), 1))
    for i, j in np.ndindex(*total.shape):
        for k in range(len(b)):
            total[i, j] = fma64(float(a[i, k]), float(b[k, j]), float(total[i, j]))
    return total


def assert_products(rows: int, length: int, columns: int, dtype: type) -> None:
    """All three products, bit by bit."""
    chains = chains32 if dtype is np.float32 else chains64
    a, b, start = normal(rows, length, dtype=dtype), normal(length, columns, dtype=dtype), normal(columns, dtype=dtype)
    z: Numbers = np.empty((rows, columns), dtype)
    below, of_weight, of_bias, none = np.empty_like(a), np.empty_like(b), start.copy(), 0 * start[:1]
    arithmetic.affine(a, b, start, z)
    np.testing.assert_array_equal(z, chains(a, b, start))
    arithmetic.input_gradient(z, b, below)
    np.testing.assert_array_equal(below, chains(z, b.T, none.repeat(length)))
    arithmetic.parameter_gradient(a, z, of_weight, of_bias)
    np.testing.assert_array_equal(of_weight, chains(a.T, z, none.repeat(columns)))
    np.testing.assert_array_equal(of_bias, chains(np.ones((1, rows), dtype), z, none.repeat(columns))[0])


@given(rows=st.integers(1, 30), length=st.integers(1, 20), columns=st.integers(1, 60))
@settings(deadline=None, max_examples=60)
def test_products_are_chains_of_fused_multiply_adds(rows: int, length: int, columns: int) -> None:
    assert_products(rows, length, columns, np.float32)


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 9), (9, 2, 25), (2, 3, 41)])
def test_products_are_chains_in_float64_too(shape: tuple[int, int, int]) -> None:
    assert_products(*shape, np.float64)


@pytest.mark.parametrize("shape", [(256, 40, 40), (256, 24, 40), (256, 40, 7), (37, 160, 161)])
def test_products_of_the_study(shape: tuple[int, int, int]) -> None:
    assert_products(*shape, np.float32)


def test_products_of_two_float_types_are_refused() -> None:
    with pytest.raises(TypingError):
        arithmetic.affine(normal(2, 2), normal(2, 2, dtype=np.float32), np.zeros(2), np.zeros((2, 2)))


def test_products_write_nothing_beside_their_columns() -> None:
    frame = np.full((5, 7), np.float32(9))
    out = frame[1:4]
    arithmetic.affine(normal(3, 2, dtype=np.float32), normal(2, 7, dtype=np.float32), np.zeros(7, np.float32), out)
    assert (frame[[0, 4]] == 9).all()


def ulps(values: Array, exact: list[mpmath.mpf]) -> float:
    """The largest error, in units in the last place of the exact result."""
    return max(
        float(abs(mpmath.mpf(float(value)) - truth) / mpmath.mpf(float(np.spacing(abs(float(truth))))))
        for value, truth in zip(values, exact, strict=True)
    )


def quantile(p: mpmath.mpf) -> mpmath.mpf:
    x = mpmath.mpf(float(normal_quantile(float(p))))
    for _ in range(3):
        x -= (mpmath.ncdf(x) - p) / mpmath.npdf(x)
    return x


random = np.random.default_rng(0).uniform
FUNCTIONS = {
    "exp": (arithmetic.exp, mpmath.exp, 1.0, np.r_[random(-745, 709.7, 1500), random(-1, 1, 1500)]),
    "log": (arithmetic.log, mpmath.log, 1.0, np.r_[10 ** random(-323, 308, 1500), random(0.5, 2, 1500), 5e-324]),
    "log near 1": (arithmetic.log, mpmath.log, 1.0, 1 + 10 ** random(-15, -1, 500) * np.resize([1, -1], 500)),
    "cosine": (cosine, mpmath.cos, 1.2, np.r_[random(-np.pi, np.pi, 3000), np.pi / 2, np.pi, np.pi / 4]),
    "normal_cdf": (normal_cdf, mpmath.ncdf, 6.0, np.r_[random(-38.4, 8, 800), random(-1.1, 1.1, 800)]),
    "normal_quantile": (normal_quantile, quantile, 8.0, np.r_[random(0, 1, 500), 10 ** random(-300, -1, 300)]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_keep_their_error_bounds(name: str) -> None:
    function, exact, bound, x = FUNCTIONS[name]
    with mpmath.workprec(160):
        assert ulps(function(x), [exact(mpmath.mpf(float(each))) for each in x]) <= bound


@given(st.floats(-745, 709.7))
@settings(deadline=None)
def test_exp_and_log_of_any_number(x: float) -> None:
    with mpmath.workprec(160):
        assert ulps(arithmetic.exp([x]), [mpmath.exp(x)]) <= 1
        if x > 0:
            assert ulps(arithmetic.log([x]), [mpmath.log(x)]) <= 1


def test_functions_at_the_ends() -> None:
    inf, nan = np.inf, np.nan
    at_ends = {
        arithmetic.exp: ([0.0, inf, -inf, nan, 709.79, -745.14, -1e308], [1, inf, 0, nan, inf, 0, 0]),
        arithmetic.log: ([1.0, 0.0, -0.0, inf, nan, -1.0, -inf], [0, -inf, -inf, inf, nan, nan, nan]),
        cosine: ([0.0, np.pi, inf, nan, 4.0], [1, -1, nan, nan, nan]),
        normal_cdf: ([0.0, inf, -inf, nan, -40.0, 9.0], [0.5, 1, 0, nan, 0, 1]),
        normal_quantile: ([0.5, 0.0, 1.0, nan, -0.1, 1.1, inf], [0, -inf, inf, nan, nan, nan, nan]),
    }
    for function, (x, values) in at_ends.items():
        np.testing.assert_array_equal(function(x), values)
        assert function(np.reshape(x[:4], (2, 2))).shape == (2, 2)
        assert function(x[0]).shape == ()


def torch_logits(x: torch.Tensor, net: torch.Tensor, subtrahends: Numbers, masks: Numbers) -> torch.Tensor:
    """The plain way."""
    h, start = x, 0
    for depth, (fan_in, fan_out) in enumerate(pairwise(SIZES)):
        stop = start + fan_in * fan_out
        h = h @ net[start:stop].view(fan_in, fan_out) + net[stop : stop + fan_out]
        start = stop + fan_out
        if depth < len(subtrahends):
            h = torch.relu(h) - float(subtrahends[depth])
            h = h * torch.tensor(masks[depth]) if len(masks) else h
    return h


def a_net(dtype: type = np.float64, structure: Structure = PLAIN) -> Numbers:
    """With a scale, shift, running mean and variance per hidden unit where the structure has them."""
    start = [np.empty(0)]
    for depth, (fan_in, fan_out) in enumerate(pairwise(SIZES)):
        drawn = normal((fan_in + 1) * fan_out) / 2
        added = VECTORS[structure.normalization] - 1 if depth < len(SIZES) - 2 else 0
        start += [drawn, np.repeat([1.0, 0.0, 0.0, 1.0][:added], fan_out)]
    return np.concatenate(start).astype(dtype)


@pytest.mark.parametrize("subtrahends", [np.zeros(3), np.array([0.3, -0.2, 0.1])])
@pytest.mark.parametrize("masks", [NOTHING, (normal(3, 13, 9) > -1) / 0.8], ids=["dense", "dropout"])
def test_a_step_equals_autograd(subtrahends: Array, masks: Array) -> None:
    x, y, net = normal(13, 5), np.arange(13) % 3, a_net()
    room = make_trace(PLAIN, 13, np.float64)
    logits = propagation.forward_pass(x, net, PLAIN, subtrahends, masks, False, *room)
    loss, at_logits = propagation.loss_and_gradient(logits, y)
    gradient = propagation.backward_pass(x, net, PLAIN, masks, at_logits, *room)

    parameters = torch.tensor(net, requires_grad=True)
    expected = torch_logits(torch.tensor(x), parameters, subtrahends, masks)
    expected_loss = torch.nn.functional.cross_entropy(expected, torch.tensor(y))
    expected_loss.backward()  # type: ignore[no-untyped-call]
    np.testing.assert_allclose(logits, expected.detach().numpy(), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(loss, expected_loss.item(), rtol=1e-12)
    assert parameters.grad is not None
    np.testing.assert_allclose(gradient, parameters.grad.numpy(), rtol=1e-12, atol=1e-15)


def test_evaluation_sums_over_chunks() -> None:
    x, y, net, subtrahends = normal(600, 5), np.arange(600) % 3, a_net(), np.array([0.3, -0.2, 0.1])
    loss, correct = propagation.evaluate(x, y, net, PLAIN, subtrahends)
    logits, labels = torch_logits(torch.tensor(x), torch.tensor(net), subtrahends, NOTHING), torch.tensor(y)
    np.testing.assert_allclose(loss, float(torch.nn.functional.cross_entropy(logits, labels, reduction="sum")))
    assert correct == int((logits.argmax(1) == labels).sum())


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("normalization", ["none", "layer-norm"])
def test_nan_reaches_the_loss(activation: str, normalization: str) -> None:
    structure = PLAIN._replace(
        activation=ACTIVATIONS.index(activation), normalization=NORMALIZATIONS.index(normalization)
    )
    net, x = a_net(structure=structure), normal(13, 5)
    x[0, 0] = np.nan
    room = make_trace(structure, 13, np.float64)
    logits = propagation.forward_pass(x, net, structure, np.zeros(3), NOTHING, False, *room)
    assert np.isnan(logits[0]).all()
    assert np.isfinite(logits[1:]).all()
    assert np.isnan(propagation.loss_and_gradient(logits, np.zeros(13, int))[0])


def trained(steps: int, structure: Structure = PLAIN) -> Numbers:
    """A net in float32 after steps of SGD, with its loss and its right rows."""
    x, y, net = normal(300, 5, dtype=np.float32), np.arange(300) % 3, a_net(np.float32, structure)
    room = make_trace(structure, 37, np.float32)
    subtrahends, nothing = np.zeros(3, np.float32), NOTHING.astype(np.float32)
    for step in range(steps):
        rows = np.arange(37) * (step + 1) % 300
        logits = propagation.forward_pass(x[rows], net, structure, subtrahends, nothing, False, *room)
        if room[1] and structure.normalization == NORMALIZATIONS.index("batch-norm"):
            propagation.follow_batch(net, structure, room[1])
        _, at_logits = propagation.loss_and_gradient(logits, y[rows])
        net -= np.float32(0.1) * propagation.backward_pass(x[rows], net, structure, nothing, at_logits, *room)
    return np.append(net, propagation.evaluate(x, y, net, structure, subtrahends))


def digest() -> str:
    """SHA-256 of functions, products and nets of every structure after 50 steps."""
    z, start = np.empty((37, 71), np.float32), normal(71, dtype=np.float32)
    arithmetic.affine(normal(37, 41, dtype=np.float32), normal(41, 71, dtype=np.float32), start, z)
    values: list[NDArray[np.generic]] = [function(x) for function, _, _, x in FUNCTIONS.values()]
    structures = itertools.product(range(len(ACTIVATIONS)), range(len(NORMALIZATIONS)), (False, True))
    nets = [trained(50, Structure(SIZES, *each)) for each in structures]
    assert len({net.tobytes() for net in nets}) == len(nets)
    return hashlib.sha256(b"".join(each.tobytes() for each in [*values, z, *nets])).hexdigest()


def test_training_learns() -> None:
    assert trained(200)[-2] < 0.9 * trained(0)[-2]


def test_a_processor_without_fma_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    arithmetic.require_fma()
    monkeypatch.setattr(arithmetic, "target_features", lambda: {"+avx2"})
    with pytest.raises(GoodinitError, match=r"^this processor .* has no fma: train on .*$"):
        arithmetic.require_fma()


def test_another_processor_has_the_same_bits(haswell: subprocess.Popen[str]) -> None:
    printed, _ = haswell.communicate()
    assert printed.split() == [digest(), "+avx", "+avx2", "+fma"]
