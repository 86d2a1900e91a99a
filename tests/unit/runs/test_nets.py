"""What is computed of nets that are read."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made import make_data

from goodinit.model.optimizers import OPTIMIZERS
from goodinit.model.schedule import learning_rates
from goodinit.runs.file import write_run
from goodinit.runs.nets import read_nets
from goodinit.training.loop import Recipe, train
from goodinit.training.statistics import contract


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_rates_are_summed_as_they_were_taken(optimizer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken, step = list[float](), OPTIMIZERS[optimizer].step

    def note(self: Any, gradient: Any, rate: float) -> None:
        taken.append(rate)
        step(self, gradient, rate)

    monkeypatch.setattr(OPTIMIZERS[optimizer], "step", note)
    shape = {"steps": 46, "batch_size": 20, "hidden_layers": 2, "width": 8, "evaluate_every": 46}
    recipe = Recipe("default", peak=0.1, **shape, variant="none", record="losses", optimizer=optimizer)
    place = {"dataset": "made", "scaling": "standardize", "init": "default", "peak": 0.1, "variant": "none"}
    write_run(tmp_path / "run.nc", train(make_data(), recipe, [0]), place | {"optimizer": optimizer}, contract())
    (nets,) = read_nets([tmp_path / "run.nc"]).values()
    np.testing.assert_allclose(nets.rate_sums, np.append(0, np.cumsum(taken)), rtol=1e-12)


@pytest.mark.parametrize(("optimizer", "unit"), [("sgd", 1), ("momentum", 0.1), ("adamw", 0.01)])
def test_a_schedule_starts_and_ends_in_the_unit_of_the_optimizer(optimizer: str, unit: float) -> None:
    rates = learning_rates(0.05, 1000, OPTIMIZERS[optimizer].unit)
    assert rates[0] == pytest.approx(0.003 * unit)
    assert rates[300] == pytest.approx(0.05)
    assert rates[-1] == pytest.approx(0.002 * unit, abs=1e-5)
