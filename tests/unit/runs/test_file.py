"""What is written of a run is read as it was."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from made import make_data

from goodinit.runs import file as runs
from goodinit.runs.nets import Run, open_run
from goodinit.training.loop import Recipe, train
from goodinit.training.statistics import contract


def test_a_real_run_survives_the_round_trip(tmp_path: Path) -> None:
    shape = {"steps": 46, "batch_size": 20, "hidden_layers": 2, "width": 8, "evaluate_every": 46}
    recipe = Recipe("lsuv", peak=0.1, **shape, variant="none", record="everything", optimizer="sgd")
    arrays = train(make_data(), recipe, [0, 1])
    runs.write_run(tmp_path / "run.nc", arrays, {"init": "lsuv", "peak": 0.1}, contract())
    run, quickly = open_run(tmp_path / "run.nc"), Run(tmp_path / "run.nc")
    assert set(run.variables) == set(arrays)
    assert run.attrs.items() <= quickly.attrs.items()
    for name, values in arrays.items():
        variable = contract()[name]
        assert name in quickly
        xr.testing.assert_equal(quickly[name], run[name])
        assert quickly[name].dtype == run[name].dtype, name
        assert run[name].dims == variable.dimensions, name
        assert run[name].attrs.get("long_name") == variable.meaning, name
        if np.issubdtype(values.dtype, np.number):
            np.testing.assert_allclose(
                run[name].values, values.astype(float), rtol=2e-3 if variable.dtype == "f2" else 1e-6
            )


def test_an_unknown_array_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        runs.write_run(tmp_path / "run.nc", {"losss": np.zeros(3)}, {}, contract())
