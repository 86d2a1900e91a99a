"""A run is known by its arrays, and by nothing else in its file."""

from pathlib import Path

import numpy as np
import xarray as xr
from made import make_data
from synthetic import run_of

from goodinit.arrays import Arrays
from goodinit.runs import file as runs
from goodinit.runs.fingerprint import Fingerprint, take_fingerprint
from goodinit.runs.nets import open_run
from goodinit.training.loop import Recipe, train
from goodinit.training.statistics import contract

CONDITION = {"dataset": "made", "scaling": "standardize", "init": "lsuv", "peak": 0.1, "variant": "none"}


def train_two(record: str = "full") -> Arrays:
    shape = {"steps": 92, "batch_size": 20, "hidden_layers": 3, "width": 8, "evaluate_every": 46}
    return train(make_data(), Recipe("lsuv", 0.1, **shape, variant="none", record=record, optimizer="sgd"), [0, 1])


def take(folder: Path, arrays: Arrays, **attributes: str) -> Fingerprint:
    path = folder / "run.nc"
    runs.write_run(path, arrays, CONDITION | {"device": "cpu"} | attributes, contract())
    return take_fingerprint(open_run(path))


def test_attributes_leave_no_mark_and_any_array_does(tmp_path: Path) -> None:
    arrays = train_two()
    taken = take(tmp_path, arrays)
    assert take(tmp_path, arrays, torch_version="1.0") == taken
    assert taken.arrays.keys() == arrays.keys()
    run = xr.load_dataset(tmp_path / "run.nc", decode_cf=False)
    for name in arrays:
        changed = run[name].values.copy()
        changed.flat[-1] = "another" if changed.dtype.kind == "O" else 7
        other = take_fingerprint(run_of(run.assign({name: (run[name].dims, changed)})))
        assert other.sha256 != taken.sha256, name
        assert [one for one in arrays if other.arrays[one] != taken.arrays[one]] == [name]


def test_what_happens_first_stands_first(tmp_path: Path) -> None:
    names = list(take(tmp_path, train_two()).arrays)
    order = ["seed", "null_loss", "initial_weights", "activation_std", "loss", "train_loss", "outcome", "test_loss"]
    assert sorted(order, key=names.index) == order


def test_values_of_each_net_are_kept(tmp_path: Path) -> None:
    arrays = train_two()
    taken = take(tmp_path, arrays)
    assert list(taken.start) == [f"activation std of layer {layer} before training" for layer in (1, 2, 3)]
    steps = [int(name.split()[-1]) for name in taken.course if name.startswith("loss at step ")]
    assert steps == [0, 1, 2, 4, 8, 16, 32, 64, 91]
    np.testing.assert_array_equal(np.array(taken.course["loss at step 8"], "f4"), arrays["loss"][:, 8].astype("f4"))
    np.testing.assert_array_equal(
        np.array(taken.course["test_loss at the end"], "f4"), arrays["test_loss"].astype("f4")
    )
    assert taken.outcome == arrays["outcome"].tolist()
    assert take(tmp_path, train_two("losses")).start == {}


def test_a_diverged_net_counts_as_the_null_net(tmp_path: Path) -> None:
    arrays = train_two()
    arrays["loss"][1, 5:] = np.nan
    arrays["escape_step"] = np.array([50, np.nan])
    taken = take(tmp_path, arrays)
    assert taken.course["loss at step 8"][1] == float(f"{float(arrays['null_loss'].item()):.9g}")
    assert taken.course["escape step"] == [50, 92]
