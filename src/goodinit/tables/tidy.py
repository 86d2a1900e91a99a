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
from goodinit.runs.null_net import charge_diverged
from goodinit.statistics import intervals

CONDITION = list(Condition._fields)  # columns, the same in every table
END_METRICS = ["train_loss", "train_accuracy", "valid_loss", "valid_accuracy"]

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
    return with_condition(nets, array.where(np.isfinite(array)).to_dataframe(values).reset_index())


def add_means(
    nets: pd.DataFrame, by: list[str], steps: str = "step", values: str = "value", diverged_as: str | None = None
) -> pd.DataFrame:
    """`nets` where they have a value, and below them for each condition and value of the columns `by` the mean.
    diverged_as: the column with the null net's score, which diverged nets then count with; else they are left out."""
    groups = [group for _, group in nets.groupby([*CONDITION, *by], sort=False)]
    means = [_mean(group, by, steps, values, group[diverged_as].iloc[0] if diverged_as else None) for group in groups]
    return pd.concat([nets.dropna(subset=values), *means], ignore_index=True)


def _mean(nets: pd.DataFrame, by: list[str], steps: str, values: str, diverged_as: float | None) -> pd.DataFrame:
    """Mean over seeds at each step, with interval, for nets of one condition. Steps at which a net has no value because
    it diverged count as `diverged_as`; without that such nets are left out."""
    curves = nets.pivot(index="seed", columns=steps, values=values)
    if diverged_as is None:
        curves = curves.dropna()
    else:
        curves = pd.DataFrame(charge_diverged(curves, diverged_as), curves.index, curves.columns)
    low, high = intervals.bootstrap_interval(curves.to_numpy())
    mean = {steps: curves.columns, values: curves.mean(), "interval_low": low, "interval_high": high, "n": len(curves)}
    return pd.DataFrame(dict(nets.iloc[0][[*CONDITION, *by]]) | mean).reset_index(drop=True)


def with_condition(nets: Nets, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the columns of CONDITION before its own."""
    return frame.assign(**nets.condition._asdict())[[*CONDITION, *frame.columns]]


def melt(nets: Nets, curves: pd.DataFrame, steps: str, values: str) -> pd.DataFrame:
    """A row per seed (index) and step (column) of `curves`."""
    long = curves.rename_axis("seed").reset_index().melt("seed", var_name=steps, value_name=values)
    return with_condition(nets, long.sort_values(["seed", steps]))
