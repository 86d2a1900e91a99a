"""The table of the suite from run files written for the purpose."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from synthetic import NETS, H, make_arrays, write

from goodinit.model.schedule import learning_rates
from goodinit.runs.nets import collect_nets
from goodinit.tables.suite import tabulate_suite

RUNS: dict[str, dict[str, Any]] = {
    "default a": {"curves": "e" * 4 + "s", "valid_loss": 0.6},
    "lsuv a": {"curves": "qqqqd", "valid_loss": 0.5, "valid_accuracy": 0.8},
    "default a-split-1": {"curves": "s" * NETS},
    "default a quantile": {"curves": "q" * NETS},
    "default b": {"curves": "s" * 5, "valid_loss": 0.6},
    "lsuv b": {"curves": "q" * 5, "valid_loss": 0.9, "valid_accuracy": 0.6},
}
SHAPES = pd.DataFrame(
    {
        "dataset": ["a", "b"],
        "scaling": "standardize",
        "kind": "numeric",
        "excess_kurtosis": [3.0, 9.0],
        "commonest_share": [0.1, 0.7],
    }
)


@pytest.fixture
def table(tmp_path: Path) -> pd.DataFrame:
    ends = {"train_accuracy": 0.9}
    files = [write(tmp_path / f"{run}.nc", run, make_arrays(nets | ends)) for run, nets in RUNS.items()]
    return tabulate_suite(list(collect_nets(files).values()), SHAPES)


def row(table: pd.DataFrame, dataset: str, init: str = "default", scaling: str = "standardize") -> "pd.Series[Any]":
    place = {"dataset": dataset, "init": init, "scaling": scaling}
    found = table[(table[list(place)] == pd.Series(place)).all(axis=1)]
    assert len(found) == 1
    return found.iloc[0]


def test_a_condition_has_its_plateaus_escapes_and_outcomes(table: pd.DataFrame) -> None:
    default, split, scaled, stuck = (
        row(table, *place) for place in (["a"], ["a-split-1"], ["a", "default", "quantile"], ["b"])
    )
    assert default[["n", "plateau", "escaped", "trained", "stuck", "diverged"]].to_list() == [5, 1, 0.8, 4, 1, 0]
    step = 330 + 3  # the trailing mean falls below 0.95 H with the fourth low loss
    assert default["tau"] == pytest.approx(learning_rates(0.2, 506)[:step].sum(), rel=1e-6)
    assert np.isnan(stuck["tau"])
    assert scaled["plateau"] == 0
    assert [one["family"] for one in (default, split, scaled, stuck)] == ["a", "a", "a", "b"]
    assert [one["tail_weight"] for one in (default, split, scaled, stuck)] == [3, 3, 3, 9]
    assert stuck["zeros"] == 0.7


def test_ends_are_compared_by_seed_with_diverged_nets_as_null_nets(table: pd.DataFrame) -> None:
    lsuv = row(table, "a", "lsuv")
    assert lsuv["valid_loss_survivors"] == pytest.approx(-0.1, abs=1e-6)
    assert lsuv["valid_loss"] == pytest.approx((4 * -0.1 + H - 0.6) / 5, abs=1e-6)
    assert lsuv["valid_accuracy"] == pytest.approx((4 * 0.1 + 0.5 - 0.7) / 5, abs=1e-6)
    assert lsuv["valid_loss_low"] < lsuv["valid_loss"] < lsuv["valid_loss_high"]
    assert np.isnan([row(table, "b")[name] for name in ("valid_loss", "valid_accuracy")]).all()


def test_means_are_over_families_and_leave_other_splits_and_scalings_out(table: pd.DataFrame) -> None:
    default, lsuv = table[table["dataset"].isna()].to_dict("records")
    assert [default[name] for name in ("init", "n", "plateau", "escaped")] == ["default", 2, 1, 0.4]
    expected = np.mean([row(table, name, "lsuv")["valid_loss"] for name in ("a", "b")])
    assert [lsuv[name] for name in ("init", "n", "valid_loss")] == ["lsuv", 2, pytest.approx(expected)]
    assert lsuv["valid_loss_low"] < expected < lsuv["valid_loss_high"]
