"""The recorder against torch's own statistics, on edges and oddities too."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from goodinit.arrays import Array
from goodinit.runs.file import COORDINATES, VARIABLES, write_run
from goodinit.runs.plateau import WINDOW
from goodinit.training.evaluation import Data
from goodinit.training.loop import Recipe, train
from goodinit.training.recording import DeviceRecorder, HostRecorder, Recorder, Sites
from goodinit.training.statistics import STATISTICS, Quantity, activate, contract, quantities, statistic
from goodinit.watching.watch import count_bins, measure_signal, measure_std, share_of_min_bin

ALL = slice(None)  # nets
ODD = [0.0, -0.0, 0.25, 0.24999999, 9.75, 10.0, 10.000001, 50.0, -3.0, -10.0, float("inf")]


def make_recorder(kind: str, steps: int, sites: Sites, like: torch.Tensor) -> Recorder:
    return (HostRecorder if kind == "host" else DeviceRecorder)(steps, sites, True, like)


def record(linear: torch.Tensor, subtrahends: Array, kind: str = "host", steps: int = 1) -> dict[str, Any]:
    sites = Sites(subtrahends)
    recorder = make_recorder(kind, steps, sites, linear)
    everyone = np.ones(len(subtrahends), bool)
    for step in range(steps):
        recorder.record(step, ALL, linear, everyone if kind == "host" else torch.from_numpy(everyone))
    return recorder.collect() | {"site": sites.names}


NEARLY = {"rtol": 1e-7, "atol": 1e-12}
# each quantity of a layer the obvious way, from its pre-activations z and activations a, [rows, units]; how close
OBVIOUS: dict[str, tuple[Callable[[torch.Tensor, torch.Tensor], torch.Tensor], dict[str, Any]]] = {
    "activation_mean": (lambda _, a: a.double().mean(), {"rtol": 1e-9, "atol": 1e-12}),
    "activation_std": (lambda _, a: measure_std(a.double()), NEARLY),
    "min_bin_share": (lambda _, a: share_of_min_bin(count_bins(a)), {"rtol": 1e-6}),
    "signal": (lambda _, a: measure_signal(a.double()), NEARLY),
    "zero_share": (lambda z, _: (z <= 0).double().mean(), {"rtol": 1e-7}),
    "dead_share": (lambda z, _: (z <= 0).all(0).double().mean(), {"rtol": 1e-7}),
    "activation_overflow": (lambda _, a: (a.abs() > 10).sum(), {"rtol": 0}),
}


def check(linear: torch.Tensor, subtrahends: Array) -> None:
    for kind in ("host", "device"):
        seen = record(linear, subtrahends, kind)
        for site, name in enumerate(seen["site"]):
            for layer, net in np.ndindex(*linear.shape[:2]):
                z = linear[layer, net]
                shift = subtrahends[net, layer] if name == "output" else 0.0
                a = (z if name == "linear" else z.clamp_min(0)) - torch.tensor(shift, dtype=linear.dtype)
                here = (net, 0, layer, site)
                np.testing.assert_array_equal(seen["activation_histogram"][here], count_bins(a).numpy())
                for quantity in quantities():
                    obvious, tolerance = OBVIOUS[quantity.name]
                    np.testing.assert_allclose(
                        seen[quantity.name][here], obvious(z, a).item(), **tolerance, err_msg=f"{kind} {quantity.name}"
                    )


def test_every_statistic_has_a_name_of_its_own_and_an_obvious_version() -> None:
    names = [quantity.name for quantity in quantities()]
    assert sorted(names) == sorted(OBVIOUS)
    assert not set(names) & (VARIABLES.keys() | COORDINATES.keys())


def largest(z: Array, rectify: bool, shift: float, seen: Array) -> None:
    seen[0], seen[1] = -np.inf, 0
    for value in z.flat:
        seen[0] = max(seen[0], activate(value, rectify, shift))
        seen[1] += value < 0


@pytest.fixture
def larger_registry() -> Iterator[None]:
    before = STATISTICS[:]
    statistic(
        Quantity("largest_activation", "1", "largest activation", in_validation=True),
        Quantity("negative", "count", "pre-activations < 0", dtype="i4"),
        on_gpu=lambda z, a: (a.amax((-2, -1)), (z < 0).sum((-2, -1))),
    )(largest)
    yield
    STATISTICS[:] = before


@pytest.mark.usefixtures("larger_registry")
def test_a_statistic_is_one_entry(
    data: Data, recipe: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(OBVIOUS, "largest_activation", (lambda _, a: a.max(), {"rtol": 0}))
    monkeypatch.setitem(OBVIOUS, "negative", (lambda z, _: (z < 0).sum(), {"rtol": 0}))
    check(torch.randn(2, 3, 5, 7), np.full((3, 2), 0.3))
    run: dict[str, Any] = train(data, recipe("lsuv", record="everything"), [0, 1])
    write_run(tmp_path / "run.nc", run, {}, contract())
    written = xr.open_dataset(tmp_path / "run.nc", decode_cf=False)
    assert written["largest_activation"].dims == written["activation_mean"].dims
    assert written["largest_activation"].attrs == {"units": "1", "long_name": "largest activation"}
    assert written["valid_largest_activation"].dims == written["valid_activation_mean"].dims
    assert written["negative"].dtype == np.int32
    assert "valid_negative" not in written
    relu = run["largest_activation"][..., 1]
    np.testing.assert_array_equal(relu, np.maximum(run["largest_activation"][..., 0], 0))
    assert (relu > run["activation_mean"][..., 1]).all()


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
def test_what_a_bias_makes_is_no_signal_and_a_unit_is_dead_on_all_rows_or_not(kind: str) -> None:
    of_biases = torch.tensor([[2.0, -1.0, 0.5, -3.0]]).expand(6, 4)
    of_rows = of_biases.clone()
    of_rows[5, 1] = 0.7
    seen = record(torch.stack([of_biases, of_rows])[:, None], np.zeros((1, 2)), kind)
    assert (seen["activation_std"][0, 0] > 0.5).all()
    np.testing.assert_array_equal(seen["signal"][0, 0, 0], 0)
    np.testing.assert_allclose(seen["signal"][0, 0, 1, 1], 0.7 / np.sqrt(6) / 2, rtol=1e-6)
    np.testing.assert_array_equal(seen["dead_share"][0, 0, :, 1], [0.5, 0.25])


@pytest.mark.parametrize("kind", ["host", "device"])
def test_histograms_sum_over_windows_and_skip_diverged_nets(kind: str) -> None:
    sites, steps = Sites(np.zeros((2, 1))), WINDOW + 4
    linear = torch.full((1, 2, 5, 3), 1.3)
    recorder = make_recorder(kind, steps, sites, linear)
    for step in range(steps):
        alive = np.array([True, step < 10])
        recorder.record(step, ALL, linear, alive if kind == "host" else torch.from_numpy(alive))
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
        HostRecorder(1, Sites(np.zeros((1, 1))), False, linear),
        DeviceRecorder(1, Sites(np.zeros((1, 1))), False, linear),
    ):
        assert "activation_histogram" not in recorder.collect()
