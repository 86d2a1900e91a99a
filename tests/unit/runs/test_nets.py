"""What is computed of nets that are read."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made import make_data
from synthetic import STEP, STEPS, fall, make_arrays, write

from goodinit.model.optimizers import OPTIMIZERS
from goodinit.model.schedule import learning_rates
from goodinit.runs.file import write_run
from goodinit.runs.nets import Nets, collect_nets, read_nets
from goodinit.training.loop import Recipe, train
from goodinit.training.statistics import contract

DIVERGES_AT_REST = np.where(STEP < 100, fall(STEPS), np.nan)


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
    assert not nets.decided.any(), "whether they rest: there were too few steps to tell"


@pytest.mark.parametrize(("optimizer", "unit"), [("sgd", 1), ("momentum", 0.1), ("adamw", 0.01), ("another", 1)])
def test_a_schedule_starts_and_ends_in_the_unit_of_the_optimizer(optimizer: str, unit: float) -> None:
    rates = learning_rates(0.05, 1000, optimizer)
    assert rates[0] == pytest.approx(0.003 * unit)
    assert rates[300] == pytest.approx(0.05)
    assert rates[-1] == pytest.approx(0.002 * unit, abs=1e-5)


def read(path: Path, variant: str = "none") -> Nets:
    """Nets that escape, are stuck, diverge after their escape and before it, at peak 0.2."""
    arrays = make_arrays({"curves": [*"esd", DIVERGES_AT_REST]}, variant)
    (nets,) = collect_nets([write(path / "run.nc", f"default made standardize 0.2 {variant}", arrays)]).values()
    return nets


def test_a_net_rests_until_it_escapes_or_is_last_seen(tmp_path: Path) -> None:
    nets, rates = read(tmp_path), learning_rates(0.2, STEPS)
    sums, stuck = nets.rested
    assert nets["escape_step"].values.tolist()[::2] == [333, 45]
    np.testing.assert_allclose(sums, [rates[:seen].sum() for seen in (333, STEPS, 45, 100)])
    assert stuck.tolist() == [False, True, False, True]
    np.testing.assert_array_equal(nets.escape_sums, np.where(stuck, np.nan, sums))
    np.testing.assert_array_equal(nets.only(nets.seeds[::-1]).rested[0], sums[::-1])


def test_more_steps_are_a_larger_budget(tmp_path: Path) -> None:
    nets = read(tmp_path, "longer-2")
    sums, stuck = nets.rested
    np.testing.assert_allclose(nets.rate_sums[-1], learning_rates(0.2, 2 * STEPS).sum())
    assert sums[stuck].tolist() == [nets.rate_sums[-1], nets.rate_sums[200]]
