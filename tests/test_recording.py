"""The recorder against torch's own statistics, on edges and oddities too."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from goodinit.recording import WINDOW, Array, Recorder

ODD = [0.0, -0.0, 0.25, 0.24999999, 9.75, 10.0, 10.000001, 50.0, -3.0, -10.0, float("inf")]


def record(linear: torch.Tensor, subtrahends: Array, steps: int = 1) -> Recorder:
    recorder = Recorder(steps, subtrahends)
    for step in range(steps):
        recorder.record(step, linear, np.ones(len(subtrahends), bool))
    return recorder


def check(linear: torch.Tensor, subtrahends: Array) -> None:
    recorder = record(linear, subtrahends)
    shifts = {"relu": np.zeros_like(subtrahends), "output": subtrahends}
    for site, name in enumerate(recorder.sites):
        for layer, net in np.ndindex(*linear.shape[:2]):
            values = linear[layer, net].clamp_min(0) - torch.tensor(shifts[name][net, layer], dtype=linear.dtype)
            here = (net, 0, layer, site)
            histogram = values.abs().histc(40, 0, 10)
            np.testing.assert_array_equal(recorder.histogram[here], histogram.numpy())
            np.testing.assert_equal(recorder.overflow[here], (values.abs() > 10).sum().item())
            np.testing.assert_allclose(recorder.mean[here], values.double().mean().item(), rtol=1e-9, atol=1e-12)
            if values.numel() > 1:
                np.testing.assert_allclose(recorder.std[here], values.double().std().item(), rtol=1e-7, atol=1e-12)
            np.testing.assert_allclose(recorder.min_bin_share[here], (histogram[0] / histogram.sum()).item(), rtol=1e-6)
            np.testing.assert_allclose(recorder.zero_share[here], (linear[layer, net] <= 0).double().mean().item())


@settings(max_examples=60, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 40), st.integers(1, 17)),
    scale=st.sampled_from([1e-3, 0.1, 1.0, 20.0]),
    subtrahend=st.sampled_from([0.0, 0.3, -0.2]),
    dtype=st.sampled_from([torch.float32, torch.float64]),
    seed=st.integers(0, 2**32 - 1),
)
def test_equals_torch_for_any_shape(
    shape: tuple[int, int, int, int], scale: float, subtrahend: float, dtype: torch.dtype, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    linear = scale * torch.randn(shape, generator=generator, dtype=dtype)
    check(linear, np.full((shape[1], shape[0]), subtrahend))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("length", [1, 2, 3, 9, 11])
def test_bin_edges_and_values_out_of_range(dtype: torch.dtype, length: int) -> None:
    finite = [value for value in ODD if np.isfinite(value)]
    check(torch.tensor((finite * 2)[:length], dtype=dtype).reshape(1, 1, 1, -1), np.zeros((1, 1)))


def test_every_bin_edge_goes_where_histc_puts_it() -> None:
    edges = np.arange(0, 10.25, 0.25, dtype=np.float32)
    around = np.concatenate([edges, np.nextafter(edges, np.float32(0)), np.nextafter(edges, np.float32(99))])
    check(torch.tensor(around).reshape(1, 1, 3, -1), np.zeros((1, 1)))


def test_nan_is_in_no_bin_and_infinity_overflows() -> None:
    linear = torch.tensor([1.0, float("nan"), float("inf"), 2.0]).reshape(1, 1, 1, -1)
    recorder = record(linear, np.zeros((1, 1)))
    np.testing.assert_array_equal(recorder.histogram[0, 0, 0, 0], linear.histc(40, 0, 10).numpy())
    assert recorder.histogram.sum() == 2
    assert recorder.overflow[0, 0, 0, 0] == 1
    assert np.isnan(recorder.mean[0, 0, 0, 0])
    assert np.isnan(recorder.std[0, 0, 0, 0])


def test_constant_layers_have_no_spread_and_dead_ones_sit_in_the_min_bin() -> None:
    recorder = record(torch.tensor([[[[7.1] * 12]], [[[-1.0] * 12]], [[[11.0] * 12]]]), np.zeros((1, 3)))
    np.testing.assert_array_equal(recorder.std[0, 0, :, 0], 0)
    np.testing.assert_array_equal(recorder.zero_share[0, 0, :, 0], [0, 1, 0])
    np.testing.assert_array_equal(recorder.min_bin_share[0, 0, :, 0], [0, 1, np.nan])


def test_histograms_sum_over_windows_and_skip_diverged_nets() -> None:
    recorder = Recorder(WINDOW + 4, np.zeros((2, 1)))
    linear = torch.full((1, 2, 5, 3), 1.3)
    for step in range(WINDOW + 4):
        recorder.record(step, linear, np.array([True, step < 10]))
    assert recorder.histogram[:, :, 0, 0, 5].tolist() == [[15 * WINDOW, 15 * 4], [15 * 10, 0]]
    assert np.isnan(recorder.mean[1, 10:]).all()
    assert np.isfinite(recorder.mean[0]).all()


def test_the_output_site_exists_only_with_a_subtrahend() -> None:
    assert Recorder(1, np.zeros((1, 1))).sites == ("relu",)
    assert Recorder(1, np.array([[0.1]])).sites == ("relu", "output")
