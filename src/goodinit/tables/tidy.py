"""What all tidy tables share: their registry, the columns that name a condition, and means over seeds below the nets.

Each row is one observation. Rows of nets have a seed; a row without one is of all nets of its condition.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
import xarray as xr

from goodinit.runs import plateau
from goodinit.runs.condition import Condition
from goodinit.runs.nets import Nets
from goodinit.statistics import intervals

CONDITION = list(Condition._fields)  # columns, the same in every table
END_METRICS = ["train_loss", "train_accuracy", "valid_loss", "valid_accuracy"]
FEWEST = 5  # nets that a mean is of: one over the few that are left tells of them alone

Tabulate = Callable[[list[Nets]], pd.DataFrame]
TABLES: dict[str, Tabulate] = {}


def table(name: str) -> Callable[[Tabulate], Tabulate]:
    """Register the function that makes `results/tables/{name}.csv`."""

    def register(function: Tabulate) -> Tabulate:
        TABLES[name] = function
        return function

    return register


def over_windows(nets: Nets, name: str, site: str = "relu") -> xr.DataArray:
    """A variable at one site by window (`step`: its first); where it has every step, means over plateau.WINDOW."""
    array = nets[name].sel(site=site, drop=True) if "site" in nets[name].dims else nets[name]
    if "window" in array.dims:
        return array.rename(window="step")
    return array.coarsen(step=plateau.WINDOW, boundary="trim", coord_func="min").reduce(np.mean)


def some_layers(array: xr.DataArray) -> xr.DataArray:
    """The first, the middle and the last layer, as far as they differ."""
    last = array.sizes["layer"] - 1
    return array.isel(layer=sorted({0, last // 2, last}))


def to_rows(nets: Nets, array: xr.DataArray, values: str = "value") -> pd.DataFrame:
    """A row per element of an array of the nets, NaN where it is not finite."""
    known = array.astype(np.float64).where(np.isfinite(array))
    return with_condition(nets, known.to_dataframe(values).reset_index())


def add_means(nets: pd.DataFrame, by: list[str], steps: str = "step", values: str = "value") -> pd.DataFrame:
    """`nets` where they have a value, and below them for each condition and value of the columns `by` the mean over the
    n nets that never diverged, with its interval; without a value where they are fewer than FEWEST."""
    means = [_mean(group, by, steps, values) for _, group in nets.groupby([*CONDITION, *by], sort=False)]
    return pd.concat([nets.dropna(subset=values), *means], ignore_index=True)


def _mean(nets: pd.DataFrame, by: list[str], steps: str, values: str) -> pd.DataFrame:
    """Mean over seeds at each step, with interval, for nets of one condition that have a value at every step."""
    curves = nets.pivot(index="seed", columns=steps, values=values).dropna()
    enough = curves if len(curves) >= FEWEST else curves.iloc[:0]
    low, high = intervals.bootstrap_interval(enough.to_numpy())
    mean = {steps: curves.columns, values: enough.mean(), "interval_low": low, "interval_high": high, "n": len(curves)}
    return pd.DataFrame(dict(nets.iloc[0][[*CONDITION, *by]]) | mean).reset_index(drop=True)


def with_condition(nets: Nets, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the columns of CONDITION before its own."""
    return frame.assign(**nets.condition._asdict())[[*CONDITION, *frame.columns]]


def melt(nets: Nets, curves: pd.DataFrame, steps: str, values: str) -> pd.DataFrame:
    """A row per seed (index) and step (column) of `curves`."""
    long = curves.rename_axis("seed").reset_index().melt("seed", var_name=steps, value_name=values)
    return with_condition(nets, long.sort_values(["seed", steps]))
