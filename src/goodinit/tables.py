"""The tidy table behind every figure and every number of the report, one function each, from run files.

Columns that name a condition are those of CONDITION everywhere. Each row is one observation.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from goodinit import inference, plateau, thread

CONDITION = ["dataset", "scaling", "init", "peak", "regularization"]
END_METRICS = ["train_loss", "train_accuracy", "valid_loss", "valid_accuracy"]
COMPARED = ["n", "difference", "interval_low", "interval_high", "p_value", "survivors", "n_survivors"]
PAIRED = ("escape_rank", *END_METRICS)
ZOOM_STEPS = 230  # steps shown before and after an escape
ZOOM_CYCLES = 8  # from validation to validation

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
                "plateau_steps": plateau.plateau_span(loss, null_loss)[1],
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
    rows = [
        pair | {"measure": measure} | _compare(old, new, measure)
        for pair, old, new in _pairs(escape(runs))
        for measure in PAIRED
    ]
    return pd.DataFrame(rows, columns=[*PAIR, "measure", *COMPARED])


PAIR = [*[column for column in CONDITION if column != "init"], "init", "reference"]


def _pairs(nets: pd.DataFrame) -> Iterator[tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]]:
    """The values of PAIR and the nets of reference and initializer, by seed, those of shared seeds."""
    for condition, both in nets.groupby(PAIR[:-2], sort=False):
        by_init = {init: group.set_index("seed") for init, group in both.groupby("init", sort=False)}
        reference, *others = by_init
        for init in others:
            old, new = by_init[reference].align(by_init[init], join="inner", axis=0)
            yield dict(zip(PAIR, (*condition, init, reference), strict=True)), old, new


def _differences(old: pd.DataFrame, new: pd.DataFrame, measure: str) -> pd.Series:
    """What `measure` differs by, by seed; a diverged net counts as the null net."""
    if measure == "escape_rank":
        new_rank, old_rank = inference.rank_times(new["escape_step"].to_numpy(), old["escape_step"].to_numpy())
        return pd.Series(new_rank - old_rank, index=new.index)
    null = old["null_loss" if measure.endswith("loss") else "majority_share"]
    return new[measure].fillna(null) - old[measure].fillna(null)


def _compare(old: pd.DataFrame, new: pd.DataFrame, measure: str) -> dict[str, float]:
    differences = _differences(old, new, measure).to_numpy()
    survivors = differences if measure == "escape_rank" else (new[measure] - old[measure]).dropna().to_numpy()
    low, high = inference.bootstrap_interval(differences)
    return {
        "n": len(differences),
        "difference": differences.mean() if len(differences) else np.nan,
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
    return _add_means(nets, [], "step", "trailing_loss", diverged_as="null_loss")


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
    return (
        _long(run, curves, "step", "value")
        .dropna(subset="value")
        .assign(panel="zoom", null_loss=float(run["null_loss"]))
    )


@table("min-bin")
def min_bin(runs: Runs) -> pd.DataFrame:
    """Mean min-bin share at the site `relu` in each window of steps, a row per net, layer and window; and a row without
    seed: the mean over the nets that never diverged, with its interval."""
    nets = pd.concat([_rows(run, _windows(run, "min_bin_share"), "min_bin_share") for run in runs], ignore_index=True)
    return _add_means(nets, ["layer"], "step", "min_bin_share")


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
    frames.append(pd.DataFrame({"layer": np.arange(1, 11), "std": thread.STD, "source": "thread"}))
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


@table("activation-moments")
def activation_moments(runs: Runs) -> pd.DataFrame:
    """Mean and std after the ReLU (`measure`) in the first, the middle and the last layer, averaged over each window of
    steps, a row per net; and a row without seed: the mean over the nets that never diverged, with its interval."""
    frames = [
        _rows(run, _some_layers(_windows(run, f"activation_{measure}"))).assign(measure=measure)
        for run in runs
        for measure in ("mean", "std")
    ]
    return _add_means(pd.concat(frames, ignore_index=True), ["measure", "layer"])


@table("stability")
def stability(runs: Runs) -> pd.DataFrame:
    """How many nets of a condition ended how, a row per outcome, also where there are none: count, n and their share.
    The most watched dataset and scaling comes first."""
    nets = pd.concat(
        [pd.DataFrame(condition_of(run) | {"outcome": run["outcome"].values}) for run in runs], ignore_index=True
    )
    watched = nets.groupby(["dataset", "scaling"])["outcome"].transform("size")
    nets = nets.loc[watched.sort_values(ascending=False, kind="stable").index]
    counts = nets.groupby(CONDITION, sort=False)["outcome"].value_counts().unstack(fill_value=0)
    counts = counts.reindex(columns=list(plateau.OUTCOMES), fill_value=0)
    table = counts.rename_axis(columns="outcome").reset_index().melt(CONDITION, value_name="count")
    n = table.groupby(CONDITION)["count"].transform("sum")
    return table.assign(n=n, share=table["count"] / n)


@table("generalization")
def generalization(runs: Runs) -> pd.DataFrame:
    """Loss and accuracy (`measure`) over the training and the validation rows (`part`) at each evaluation, a row per
    net up to its divergence; and a row without seed: the mean over the nets that never diverged, with its interval.
    `null`: the loss or accuracy of a net that ignores its input."""
    return _add_means(_evaluations(runs, END_METRICS), ["part", "measure", "null"])


def _evaluations(runs: Runs, metrics: list[str]) -> pd.DataFrame:
    frames = []
    for run in runs:
        for metric in metrics:
            part, measure = metric.split("_")
            rows = _rows(run, run[metric].rename(evaluation="step"))
            frames.append(rows.assign(part=part, measure=measure, null=_null(run, measure)))
    return pd.concat(frames, ignore_index=True)


def _null(run: xr.Dataset, measure: str) -> float:
    return float(run["null_loss" if measure == "loss" else "majority_share"])


@table("seeds")
def seeds(runs: Runs) -> pd.DataFrame:
    """Every initializer less the first one (`reference`): a row per measure and seed, `finished` where neither net
    diverged; and a row without seed: the mean with its interval over n, as in `comparisons`."""
    rows: list[dict[Any, Any]] = []
    for pair, old, new in _pairs(escape(runs)):
        finished = (old["outcome"] != "diverged") & (new["outcome"] != "diverged")
        for measure in ("valid_loss", "valid_accuracy", "escape_rank"):
            place = pair | {"measure": measure}
            differences = _differences(old, new, measure)
            nets = pd.DataFrame({"difference": differences, "finished": finished}).rename_axis("seed").reset_index()
            rows += [place | net for net in nets.to_dict("records")]
            rows.append(place | _compare(old, new, measure))
    columns = [*PAIR, "measure", "seed", "difference", "finished", "interval_low", "interval_high", "n"]
    return pd.DataFrame(rows, columns=columns)


@table("activation-histograms")
def activation_histograms(runs: Runs) -> pd.DataFrame:
    """|activation| after the ReLU in the first, the middle and the last layer: a row per window and bin (left edge)
    with log_count, the decimal logarithm of 1 + the count over all n nets, each up to its divergence."""
    frames = []
    for run in runs:
        histogram = _some_layers(run["activation_histogram"].sel(site="relu", drop=True)).rename(window="step")
        frames.append(_rows(run, histogram.sum("seed"), "count").assign(n=run.sizes["seed"]))
    cell = [*CONDITION, "layer", "step", "bin"]
    summed = pd.concat(frames, ignore_index=True).groupby(cell, sort=False)[["count", "n"]].sum().reset_index()
    return summed.assign(log_count=np.log10(summed.pop("count") + 1).round(4))


@table("recording-artifacts")
def recording_artifacts(runs: Runs) -> pd.DataFrame:
    """The thread's two mistakes, from the nets of the first initializer. `calls`: the mean after the ReLU in the first,
    the middle and the last layer of one net, in the order a hook sees the batches (`call`), training and validation
    (`part`; step: updates before) over some cycles around its escape. `entries`: how far the min-bin share ranges over
    the windows of training, by `entry` of a list of all modules or of the layers after their ReLU (`listed`), a row per
    net, and without seed the mean over those that never diverged, with its interval."""
    first = [run for run in runs if run.attrs["init"] == runs[0].attrs["init"]]
    entries = pd.concat([_entries(run) for run in first], ignore_index=True)
    means = _add_means(entries, ["listed", "site", "layer"], "entry").assign(panel="entries")
    return pd.concat([_calls(first), means], ignore_index=True)


def _calls(runs: Runs) -> pd.DataFrame:
    nets = [run.isel(seed=[net]) for run in runs for net in range(run.sizes["seed"])]
    net = min(nets, key=lambda net: (net["outcome"].item() == "diverged", np.isnan(net["escape_step"].item())))
    starts, steps = net["evaluation"].values, net["step"].values
    around = np.nan_to_num(net["escape_step"].item(), nan=len(steps) / 2)
    last = min(int(np.searchsorted(starts, around)) + ZOOM_CYCLES // 2, len(starts) - 1)
    cycles = starts[max(last - ZOOM_CYCLES, 0) : last + 1]
    inside = (steps >= cycles[0]) & (steps < cycles[-1])
    train = _rows(net, _some_layers(net["activation_mean"].sel(site="relu", drop=True)).isel(step=inside))
    frames = [train.assign(part="train", valid_batch=-1)]
    if "valid_activation_mean" in net and net.sizes["valid_batch"]:
        valid = _some_layers(net["valid_activation_mean"].sel(site="relu", evaluation=cycles[1:], drop=True))
        valid = valid.assign_coords(valid_batch=np.arange(net.sizes["valid_batch"])).rename(evaluation="step")
        # after `step` updates, and before the training batch of that step
        frames.append(_rows(net, valid).assign(part="valid").astype({"step": "int64"}))
    calls = pd.concat(frames, ignore_index=True).dropna(subset="value")
    calls = calls.assign(training=calls["part"] == "train").sort_values(["layer", "step", "training", "valid_batch"])
    calls["call"] = calls.groupby("layer").cumcount()
    return calls.drop(columns=["training", "valid_batch"]).assign(panel="calls")


def _entries(run: xr.Dataset) -> pd.DataFrame:
    ranges = {}
    for site in ("linear", "relu"):
        share = _windows(run, "min_bin_share", site)
        ranges[site] = share.max("step", skipna=False) - share.min("step", skipna=False)
    layers = run["layer"].values
    modules = [(site, layer) for layer in layers for site in ("linear", "relu")][: len(layers)]
    lists = {"all modules": modules, "after each ReLU": [("relu", layer) for layer in layers]}
    return pd.concat(
        [
            _rows(run, ranges[site].sel(layer=layer)).assign(listed=listed, entry=entry, site=site)
            for listed, members in lists.items()
            for entry, (site, layer) in enumerate(members, start=1)
        ],
        ignore_index=True,
    )


@table("weights")
def weights(runs: Runs) -> pd.DataFrame:
    """Means over the hidden layers at the start of each window (`measure`: near_zero_share, distance_moved, weight_std
    over that at the start, gradient_norm), a row per net; and a row without seed: the mean over the nets that never
    diverged, with its interval."""
    frames = []
    for run in runs:
        for measure in ("near_zero_share", "distance_moved", "weight_std", "gradient_norm"):
            values = _windows(run, measure)
            if measure == "weight_std":
                values = values / values.isel(step=0, drop=True)
            frames.append(_rows(run, values.mean("layer", skipna=False)).assign(measure=measure))
    return _add_means(pd.concat(frames, ignore_index=True), ["measure"])


@table("gini")
def gini(runs: Runs) -> pd.DataFrame:
    """Gini index of |activation| at the site `relu` at the start of each window, a row per net and layer unless all are
    0; and a row without seed: the mean over the nets that have a value in every window, with its interval."""
    nets = pd.concat([_rows(run, _windows(run, "gini"), "gini") for run in runs], ignore_index=True)
    return _add_means(nets, ["layer"], "step", "gini")


@table("overfitting")
def overfitting(runs: Runs) -> pd.DataFrame:
    """Training and validation loss at each evaluation as in `generalization`; and for the part `test` loss and
    accuracy at the end, a diverged net (not `finished`) counted as the null net; restored_step: of their weights."""
    frames = [_evaluations(runs, ["train_loss", "valid_loss"])]
    for run in runs:
        for measure in ("loss", "accuracy"):
            end, null = run[f"test_{measure}"].to_series(), _null(run, measure)
            rows = pd.DataFrame({"value": end.fillna(null), "finished": end.notna()}).reset_index()
            more = {"part": "test", "measure": measure, "null": null, "step": run.sizes["step"]}
            frames.append(_with_condition(run, rows).assign(**more, restored_step=run["restored_step"].values))
    return _add_means(pd.concat(frames, ignore_index=True), ["part", "measure", "null"])


def _windows(run: xr.Dataset, name: str, site: str = "relu") -> xr.DataArray:
    """A variable at one site by window (`step`: its first); where it has every step, means over plateau.TRAILING."""
    array = run[name].sel(site=site, drop=True) if "site" in run[name].dims else run[name]
    if "window" in array.dims:
        return array.rename(window="step")
    return array.coarsen(step=plateau.TRAILING, boundary="trim", coord_func="min").reduce(np.mean)


def _some_layers(array: xr.DataArray) -> xr.DataArray:
    """The first, the middle and the last layer, as far as they differ."""
    last = array.sizes["layer"] - 1
    return array.isel(layer=sorted({0, last // 2, last}))


def _rows(run: xr.Dataset, array: xr.DataArray, values: str = "value") -> pd.DataFrame:
    """A row per element of an array of the run, NaN where it is not finite."""
    return _with_condition(run, array.where(np.isfinite(array)).to_dataframe(values).reset_index())


def _add_means(
    nets: pd.DataFrame, by: list[str], steps: str = "step", values: str = "value", diverged_as: str | None = None
) -> pd.DataFrame:
    """`nets` where they have a value, and below them for each condition and value of the columns `by` the _mean.
    diverged_as: a column."""
    groups = [group for _, group in nets.groupby([*CONDITION, *by], sort=False)]
    means = [_mean(group, by, steps, values, group[diverged_as].iloc[0] if diverged_as else None) for group in groups]
    return pd.concat([nets.dropna(subset=values), *means], ignore_index=True)


def _mean(nets: pd.DataFrame, by: list[str], steps: str, values: str, diverged_as: float | None) -> pd.DataFrame:
    """Mean over seeds at each step, with interval, for nets of one condition. Steps at which a net has no value because
    it diverged count as `diverged_as`; without that such nets are left out."""
    curves = nets.pivot(index="seed", columns=steps, values=values)
    curves = curves.dropna() if diverged_as is None else curves.fillna(diverged_as)
    low, high = inference.bootstrap_interval(curves.to_numpy())
    mean = {steps: curves.columns, values: curves.mean(), "interval_low": low, "interval_high": high, "n": len(curves)}
    return pd.DataFrame(dict(nets.iloc[0][[*CONDITION, *by]]) | mean).reset_index(drop=True)


def _with_condition(run: xr.Dataset, frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(**condition_of(run))[[*CONDITION, *frame.columns]]


def _long(run: xr.Dataset, curves: pd.DataFrame, steps: str, values: str) -> pd.DataFrame:
    """A row per seed (index) and step (column) of `curves`."""
    long = curves.rename_axis("seed").reset_index().melt("seed", var_name=steps, value_name=values)
    return _with_condition(run, long.sort_values(["seed", steps]))
