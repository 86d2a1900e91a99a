"""The recorder against torch's own statistics, on edges and oddities too."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from goodinit.recording import Array, DeviceRecorder, HostRecorder, Recorder, Sites, gini
from goodinit.runs import WINDOW

ODD = [0.0, -0.0, 0.25, 0.24999999, 9.75, 10.0, 10.000001, 50.0, -3.0, -10.0, float("inf")]


def make_recorder(kind: str, steps: int, sites: Sites, like: torch.Tensor) -> Recorder:
    return HostRecorder(steps, sites, True) if kind == "host" else DeviceRecorder(steps, sites, True, like)


def record(linear: torch.Tensor, subtrahends: Array, kind: str = "host", steps: int = 1) -> dict[str, Any]:
    sites = Sites(subtrahends)
    recorder = make_recorder(kind, steps, sites, linear)
    everyone = np.ones(len(subtrahends), bool)
    for step in range(steps):
        recorder.record(step, linear, everyone if kind == "host" else torch.from_numpy(everyone))
    return recorder.collect() | {"site": sites.names}


def check(linear: torch.Tensor, subtrahends: Array) -> None:
    for kind in ("host", "device"):
        seen = record(linear, subtrahends, kind)
        for site, name in enumerate(seen["site"]):
            for layer, net in np.ndindex(*linear.shape[:2]):
                shift = subtrahends[net, layer] if name == "output" else 0.0
                rectified = linear[layer, net] if name == "linear" else linear[layer, net].clamp_min(0)
                values = rectified - torch.tensor(shift, dtype=linear.dtype)
                here = (net, 0, layer, site)
                histogram = values.abs().histc(40, 0, 10)
                np.testing.assert_array_equal(seen["activation_histogram"][here], histogram.numpy())
                np.testing.assert_equal(seen["activation_overflow"][here], (values.abs() > 10).sum().item())
                mean, std = values.double().mean().item(), values.double().std().item() if values.numel() > 1 else None
                np.testing.assert_allclose(seen["activation_mean"][here], mean, rtol=1e-9, atol=1e-12)
                if std is not None:
                    np.testing.assert_allclose(seen["activation_std"][here], std, rtol=1e-7, atol=1e-12)
                get_min = (histogram[0] / histogram.sum()).item()
                np.testing.assert_allclose(seen["min_bin_share"][here], get_min, rtol=1e-6)
                zero_share = (linear[layer, net] <= 0).double().mean().item()
                np.testing.assert_allclose(seen["zero_share"][here], zero_share)


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


@pytest.mark.filterwarnings("ignore:std_mean")
@pytest.mark.parametrize("kind", ["host", "device"])
def test_nan_is_in_no_bin_and_infinity_overflows(kind: str) -> None:
    linear = torch.tensor([1.0, float("nan"), float("inf"), 2.0]).reshape(1, 1, 1, -1)
    seen = record(linear, np.zeros((1, 1)), kind)
    np.testing.assert_array_equal(seen["activation_histogram"][0, 0, 0, 1], linear.histc(40, 0, 10).numpy())
    assert seen["activation_histogram"][0, 0, 0, 1].sum() == 2
    assert seen["activation_overflow"][0, 0, 0, 1] == 1
    assert np.isnan(seen["activation_mean"][0, 0, 0, 1])
    assert np.isnan(seen["activation_std"][0, 0, 0, 1])


@pytest.mark.parametrize("kind", ["host", "device"])
def test_constant_layers_have_no_spread_and_dead_ones_sit_in_the_min_bin(kind: str) -> None:
    seen = record(torch.tensor([[[[7.1] * 12]], [[[-1.0] * 12]], [[[11.0] * 12]]]), np.zeros((1, 3)), kind)
    np.testing.assert_allclose(seen["activation_std"][0, 0, :, 1], 0, atol=1e-12)
    np.testing.assert_array_equal(seen["zero_share"][0, 0, :, 1], [0, 1, 0])
    np.testing.assert_array_equal(seen["min_bin_share"][0, 0, :, 1], [0, 1, np.nan])


@pytest.mark.parametrize("kind", ["host", "device"])
def test_histograms_sum_over_windows_and_skip_diverged_nets(kind: str) -> None:
    sites, steps = Sites(np.zeros((2, 1))), WINDOW + 4
    linear = torch.full((1, 2, 5, 3), 1.3)
    recorder = make_recorder(kind, steps, sites, linear)
    for step in range(steps):
        alive = np.array([True, step < 10])
        recorder.record(step, linear, alive if kind == "host" else torch.from_numpy(alive))
    seen: dict[str, Any] = recorder.collect()
    counts = seen["activation_histogram"][:, :, 0, 1]
    assert counts[..., 5].tolist() == [[15 * WINDOW, 15 * 4], [15 * 10, 0]]
    assert counts.sum() == counts[..., 5].sum()
    assert np.isnan(seen["activation_mean"][1, 10:]).all()
    assert np.isfinite(seen["activation_mean"][0]).all()


def test_the_output_site_exists_only_with_a_subtrahend() -> None:
    assert Sites(np.zeros((1, 1))).names == ("linear", "relu")
    assert Sites(np.array([[0.1]])).names == ("linear", "relu", "output")


def test_moments_alone_keep_no_histogram() -> None:
    linear = torch.randn(1, 1, 4, 4)
    for recorder in (
        HostRecorder(1, Sites(np.zeros((1, 1))), False),
        DeviceRecorder(1, Sites(np.zeros((1, 1))), False, linear),
    ):
        assert "activation_histogram" not in recorder.collect()


def test_gini_runs_from_equal_to_one_has_all() -> None:
    one_has_all = torch.tensor([[0.0, 0, 0, -8], [2, -2, 2, 2], [0, 0, 0, 0]])
    np.testing.assert_allclose(gini(one_has_all), [0.75, 0, np.nan], atol=1e-12)
    uniform = torch.linspace(0, 1, 10_001)[None]
    assert gini(uniform)[0] == pytest.approx(1 / 3, abs=1e-3)
