"""The tidy table behind every figure and every number of the report, one function each, from run files.

Columns that name a condition are those of CONDITION everywhere. Each row is one observation.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from goodinit import inference, plateau

CONDITION = ["dataset", "scaling", "init", "peak", "regularization"]
END_METRICS = ["train_loss", "train_accuracy", "valid_loss", "valid_accuracy"]
COMPARED = ["n", "difference", "interval_low", "interval_high", "p_value", "survivors", "n_survivors"]
ZOOM_STEPS = 230  # steps shown before and after an escape

# activation std after layers 1 … 10 as the thread printed them for its "Kaiming" init, before LSUV
THREAD_STD = [0.3726, 0.1629, 0.0577, 0.0514, 0.0517, 0.0474, 0.0413, 0.0457, 0.0562, 0.0649]

Runs = list[xr.Dataset]
Tabulate = Callable[[Runs], pd.DataFrame]
TABLES: dict[str, Tabulate] = {}


def table(name: str) -> Callable[[Tabulate], Tabulate]:
    """Register the function that makes `results/tables/{name}.csv`."""

    def register(function: Tabulate) -> Tabulate:
        TABLES[name] = function
        return function

    return register


def condition_of(run: xr.Dataset) -> dict[str, Any]:
    """The values of CONDITION for a run."""
    return {column: run.attrs[column] for column in CONDITION}


@table("escape")
def escape(runs: Runs) -> pd.DataFrame:
    """How every net ended, a row per net: escape_step and diverged_step (empty: never), outcome, plateau_steps, final
    trailing loss over H, and the end metrics (empty where diverged)."""
    frames = []
    for run in runs:
        loss, null_loss = run["loss"].values.astype("float64"), float(run["null_loss"])
        frames.append(
            condition_of(run)
            | {
                "seed": run["seed"].values,
                "escape_step": run["escape_step"].values,
                "diverged_step": run["diverged_step"].values,
                "outcome": run["outcome"].values,
                "plateau_steps": plateau.plateau_steps(loss, null_loss),
                "final_loss_over_h": plateau.trailing_loss(loss)[:, -1] / null_loss,
                "null_loss": null_loss,
                "majority_share": float(run["majority_share"]),
                **{name: run[name][:, -1].values for name in END_METRICS},
            }
        )
    return pd.concat([pd.DataFrame(frame) for frame in frames], ignore_index=True)


@table("comparisons")
def comparisons(runs: Runs) -> pd.DataFrame:
    """Every initializer against the first one (`reference`), paired over seeds: a row per measure with the mean
    difference, its interval, the p-value and n.

    Escape times are compared by rank, censored at the end. In losses and accuracies a diverged net counts as the null
    net (loss H, majority share); `survivors` is the mean difference over the n_survivors pairs that both finished.
    """
    nets = escape(runs)
    shared = [column for column in CONDITION if column != "init"]
    rows = []
    for condition, both in nets.groupby(shared, sort=False):
        by_init = {init: group.set_index("seed") for init, group in both.groupby("init", sort=False)}
        reference, *others = by_init
        for init in others:
            old, new = by_init[reference].align(by_init[init], join="inner", axis=0)
            for measure in ("escape_rank", *END_METRICS):
                described = _compare(old, new, measure)
                rows.append(
                    dict(zip(shared, condition, strict=True))
                    | {"init": init, "reference": reference, "measure": measure}
                    | described
                )
    return pd.DataFrame(rows, columns=[*shared, "init", "reference", "measure", *COMPARED])


def _compare(old: pd.DataFrame, new: pd.DataFrame, measure: str) -> dict[str, float]:
    if measure == "escape_rank":
        new_rank, old_rank = inference.rank_times(new["escape_step"].to_numpy(), old["escape_step"].to_numpy())
        differences = survivors = new_rank - old_rank
    else:
        null = old["null_loss" if measure.endswith("loss") else "majority_share"]
        differences = (new[measure].fillna(null) - old[measure].fillna(null)).to_numpy()
        survivors = (new[measure] - old[measure]).dropna().to_numpy()
    low, high = inference.bootstrap_interval(differences)
    return {
        "n": len(differences),
        "difference": differences.mean(),
        "interval_low": float(low),
        "interval_high": float(high),
        "p_value": inference.sign_flip_p(differences),
        "survivors": survivors.mean() if len(survivors) else np.nan,
        "n_survivors": len(survivors),
    }


@table("loss-curves")
def loss_curves(runs: Runs) -> pd.DataFrame:
    """Trailing loss every TRAILING steps, a row per net and step up to the step at which it diverged; and a row per
    step without seed: the mean over all nets, a diverged one counted as the null net (loss H), with its interval."""
    frames = []
    for run in runs:
        every = slice(plateau.TRAILING - 1, None, plateau.TRAILING)
        trailing = plateau.trailing_loss(run["loss"].values.astype("float64"))[:, every]
        curves = pd.DataFrame(trailing, index=run["seed"].values, columns=run["step"].values[every])
        frames.append(_long(run, curves, "step", "trailing_loss").assign(null_loss=float(run["null_loss"])))
    nets = pd.concat(frames, ignore_index=True)
    means = [_mean(group, "step", "trailing_loss", group["null_loss"].iloc[0]) for _, group in nets.groupby(CONDITION)]
    return pd.concat([nets, *means], ignore_index=True)


@table("plateau")
def plateau_table(runs: Runs) -> pd.DataFrame:
    """Two panels in one table. `escaped`: the share of nets that got out by a step (1 - Kaplan-Meier, no net leaves
    the study early) with Clopper-Pearson limits. `zoom`: batch loss of each escaped net of the first initializer by
    steps from its escape, and without seed the median over them."""
    frames = []
    for condition, group in escape(runs).groupby(CONDITION, sort=False):
        times = group["escape_step"].dropna().sort_values().to_numpy()
        count = np.arange(len(times) + 1)
        intervals = [inference.share_interval(int(k), len(group)) for k in count]
        frames.append(
            pd.DataFrame(
                dict(zip(CONDITION, condition, strict=True))
                | {
                    "panel": "escaped",
                    "step": np.append(0, times),
                    "value": count / len(group),
                    "interval_low": [low for low, _ in intervals],
                    "interval_high": [high for _, high in intervals],
                    "n": len(group),
                    "null_loss": group["null_loss"].iloc[0],
                    "last_step": int(runs[0]["step"][-1]),
                }
            )
        )
    reference = runs[0].attrs["init"]
    zoom = pd.concat([_zoom(run) for run in runs if run.attrs["init"] == reference])
    median = zoom.groupby("step")["value"].median().reset_index().assign(panel="zoom", init=reference)
    return pd.concat([*frames, zoom, median], ignore_index=True)


def _zoom(run: xr.Dataset) -> pd.DataFrame:
    around = np.arange(-ZOOM_STEPS, ZOOM_STEPS + 1)
    escaped = run.isel(seed=~np.isnan(run["escape_step"].values))
    windows = [
        pd.Series(loss, index=run["step"].values - int(at)).reindex(around)
        for loss, at in zip(escaped["loss"].values, escaped["escape_step"].values, strict=True)
    ]
    curves = pd.DataFrame(windows, index=escaped["seed"].values, columns=around)
    return _long(run, curves, "step", "value").assign(panel="zoom", null_loss=float(run["null_loss"]))


@table("min-bin")
def min_bin(runs: Runs) -> pd.DataFrame:
    """Mean min-bin share at the site `relu` in each window of steps, a row per net, layer and window; and a row without
    seed: the mean over the nets that never diverged, with its interval."""
    frames = []
    for run in runs:
        share = run["min_bin_share"].sel(site="relu")
        windows = share.coarsen(step=plateau.TRAILING, boundary="trim", coord_func="min").reduce(np.mean)
        frames.append(_with_condition(run, windows.to_dataframe("min_bin_share").drop(columns="site").reset_index()))
    nets = pd.concat(frames, ignore_index=True).dropna(subset="min_bin_share")
    means = [
        _mean(group, "step", "min_bin_share").assign(layer=group["layer"].iloc[0])
        for _, group in nets.groupby([*CONDITION, "layer"])
    ]
    return pd.concat([nets, *means], ignore_index=True)


@table("init-profile")
def init_profile(runs: Runs) -> pd.DataFrame:
    """Activation std after each layer at step 0: a row per net and layer (`measured`; site output where there is a
    subtrahend), the wide-net theory for initializers that have one (`theory`) and the thread's print-out (`thread`)."""
    frames = []
    for run in runs:
        std = run["activation_std"].isel(step=0, site=-1).drop_vars(["step", "site"])
        frames.append(_with_condition(run, std.to_dataframe("std").reset_index()).assign(source="measured"))
    nets_by_init = {str(run.attrs["init"]): run for run in runs}
    for init, run in nets_by_init.items():
        if init in WEIGHT_AND_BIAS_POWER:
            frames.append(
                pd.DataFrame(
                    {"init": init, "layer": run["layer"].values, "std": _theory(init, run), "source": "theory"}
                )
            )
    frames.append(pd.DataFrame({"layer": np.arange(1, 11), "std": THREAD_STD, "source": "thread"}))
    return pd.concat(frames, ignore_index=True)


# fan_in times the variance of a weight and of a bias, by initializer
WEIGHT_AND_BIAS_POWER = {"default": (1 / 3, 1 / 3), "kaiming-relu": (2.0, 0.0)}


def _theory(init: str, run: xr.Dataset) -> list[float]:
    """Std after the ReLU of each layer in the limit of wide layers, with Gaussian pre-activations of variance
    q = weight_power · E[input²] + bias_power / fan_in (He et al. 2015, eq. 7, with the bias kept):
    E[a²] = q/2, E[a] = √(q/2π)."""
    weight_power, bias_power = WEIGHT_AND_BIAS_POWER[init]
    square, fan_in, profile = float(run["feature_mean_square"]), run.attrs["features"], []
    for _ in run["layer"]:
        variance = weight_power * square + bias_power / fan_in
        profile.append(float(np.sqrt(variance * (1 / 2 - 1 / (2 * np.pi)))))
        square, fan_in = variance / 2, run.attrs["width"]
    return profile


def _mean(nets: pd.DataFrame, steps: str, values: str, diverged_as: float | None = None) -> pd.DataFrame:
    """Mean over seeds at each step, with interval, for nets of one condition. Steps a net did not reach because it
    diverged count as `diverged_as`; without that such nets are left out."""
    curves = nets.pivot(index="seed", columns=steps, values=values)
    curves = curves.dropna() if diverged_as is None else curves.fillna(diverged_as)
    low, high = inference.bootstrap_interval(curves.to_numpy())
    mean = {steps: curves.columns, values: curves.mean(), "interval_low": low, "interval_high": high, "n": len(curves)}
    return pd.DataFrame(dict(nets.iloc[0][CONDITION]) | mean).reset_index(drop=True)


def _with_condition(run: xr.Dataset, frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(**condition_of(run))[[*CONDITION, *frame.columns]]


def _long(run: xr.Dataset, curves: pd.DataFrame, steps: str, values: str) -> pd.DataFrame:
    """A row per seed (index) and step (column) of `curves`; missing values dropped."""
    long = curves.rename_axis("seed").reset_index().melt("seed", var_name=steps, value_name=values).dropna()
    return _with_condition(run, long.sort_values(["seed", steps]))
