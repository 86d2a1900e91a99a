"""What is recorded inside nets: activations, weights, gradients; and the two mistakes in recording them."""

import numpy as np
import pandas as pd

from goodinit.runs.nets import Nets
from goodinit.study import forum
from goodinit.tables.tidy import CONDITION, add_means, over_windows, some_layers, table, to_rows

ZOOM_CYCLES = 8  # from validation to validation


@table("init-profile")
def init_profile(studied: list[Nets]) -> pd.DataFrame:
    """Activation std and signal (`measure`) after each layer at step 0: a row per net and layer (`source`: measured;
    site output where there is a subtrahend), and without seed the mean with its interval; and of the std the wide-net
    theory for initializers that have one (`theory`) and the thread's print-out (`thread`)."""
    frames = []
    for nets in studied:
        for measure, name in (("std", "activation_std"), ("signal", "signal")):
            first = nets[name].isel(step=0, site=-1, drop=True)
            frames.append(to_rows(nets, first).assign(measure=measure))
    frames = [add_means(pd.concat(frames, ignore_index=True), ["measure"], "layer").assign(source="measured")]
    by_init = {nets.condition.init: nets for nets in studied}
    others = {"measure": "std", "source": "theory"}
    for init in [init for init in by_init if init in WEIGHT_AND_BIAS_POWER]:
        layer, std = by_init[init]["layer"].values, _theory(by_init[init])
        frames.append(pd.DataFrame({"init": init, "layer": layer, "value": std} | others))
    thread = {"layer": np.arange(1, 11), "value": forum.STD} | others | {"source": "thread"}
    return pd.concat([*frames, pd.DataFrame(thread)], ignore_index=True)


# fan_in times the variance of a weight and of a bias, by initializer
WEIGHT_AND_BIAS_POWER = {"default": (1 / 3, 1 / 3), "kaiming-relu": (2.0, 0.0)}


def _theory(nets: Nets) -> list[float]:
    """Std after the ReLU of each layer in the limit of wide layers, with Gaussian pre-activations of variance
    q = weight_power · E[input²] + bias_power / fan_in (He et al. 2015, eq. 7, with the bias kept):
    E[a²] = q/2, E[a] = √(q/2π)."""
    weight_power, bias_power = WEIGHT_AND_BIAS_POWER[nets.condition.init]
    square, fan_in, profile = float(nets["feature_mean_square"]), nets.attribute("features"), []
    for _ in nets["layer"]:
        variance = weight_power * square + bias_power / fan_in
        profile.append(float(np.sqrt(variance * (1 / 2 - 1 / (2 * np.pi)))))
        square, fan_in = variance / 2, nets.attribute("width")
    return profile


@table("min-bin")
def min_bin(studied: list[Nets]) -> pd.DataFrame:
    """Mean min-bin share at the site `relu` in each window of steps, a row per net, layer and window."""
    return pd.concat(
        [to_rows(nets, over_windows(nets, "min_bin_share"), "min_bin_share") for nets in studied], ignore_index=True
    )


@table("activation-moments")
def activation_moments(studied: list[Nets]) -> pd.DataFrame:
    """Mean, std and signal after the ReLU (`measure`) in the first, the middle and the last layer, averaged over each
    window of steps, a row per net; and a row without seed: the mean over the nets that never diverged, with its
    interval."""
    frames = [
        to_rows(nets, some_layers(over_windows(nets, name))).assign(measure=measure)
        for nets in studied
        for measure, name in (("mean", "activation_mean"), ("std", "activation_std"), ("signal", "signal"))
    ]
    return add_means(pd.concat(frames, ignore_index=True), ["measure", "layer"])


@table("activation-histograms")
def activation_histograms(studied: list[Nets]) -> pd.DataFrame:
    """|activation| after the ReLU in the first, the middle and the last layer: a row per window and bin (left edge)
    with log_count, the decimal logarithm of 1 + the count over all n nets, each up to its divergence."""
    frames = []
    for nets in studied:
        histogram = some_layers(nets["activation_histogram"].sel(site="relu", drop=True)).rename(window="step")
        frames.append(to_rows(nets, histogram.sum("seed"), "count").assign(n=len(nets.seeds)))
    counts = pd.concat(frames, ignore_index=True)
    counts["log_count"] = np.log10(counts["count"] + 1).round(4)
    return counts[[*CONDITION, "layer", "step", "bin", "n", "log_count"]]


@table("recording-artifacts")
def recording_artifacts(studied: list[Nets]) -> pd.DataFrame:
    """The thread's two mistakes, from the nets of the first initializer. `calls`: the mean after the ReLU in the first,
    the middle and the last layer of one net, in the order a hook sees the batches (`call`), training and validation
    (`part`; step: updates before) over some cycles around its escape. `entries`: how far the min-bin share ranges over
    the windows of training, by `entry` of a list of all modules or of the layers after their ReLU (`listed`), a row per
    net, and without seed the mean over those that never diverged, with its interval."""
    first = [nets for nets in studied if nets.condition.init == studied[0].condition.init]
    entries = pd.concat([_entries(nets) for nets in first], ignore_index=True)
    means = add_means(entries, ["listed", "site", "layer"], "entry").assign(panel="entries")
    return pd.concat([_calls(first), means], ignore_index=True)


def _calls(studied: list[Nets]) -> pd.DataFrame:
    alone = [nets.only(nets.seeds[[place]]) for nets in studied for place in range(len(nets.seeds))]
    net = min(alone, key=lambda net: (net["outcome"].item() == "diverged", np.isnan(net["escape_step"].item())))
    starts, steps = net["evaluation"].values, net["step"].values
    around = np.nan_to_num(net["escape_step"].item(), nan=len(steps) / 2)
    last = min(int(np.searchsorted(starts, around)) + ZOOM_CYCLES // 2, len(starts) - 1)
    cycles = starts[max(last - ZOOM_CYCLES, 0) : last + 1]
    inside = (steps >= cycles[0]) & (steps < cycles[-1])
    train = to_rows(net, some_layers(net["activation_mean"].sel(site="relu", drop=True)).isel(step=inside))
    frames = [train.assign(part="train", valid_batch=-1)]
    if "valid_activation_mean" in net and net["valid_activation_mean"].sizes["valid_batch"]:
        valid = some_layers(net["valid_activation_mean"].sel(site="relu", evaluation=cycles[1:], drop=True))
        valid = valid.assign_coords(valid_batch=np.arange(valid.sizes["valid_batch"])).rename(evaluation="step")
        # after `step` updates, and before the training batch of that step
        frames.append(to_rows(net, valid).assign(part="valid").astype({"step": "int64"}))
    calls = pd.concat(frames, ignore_index=True).dropna(subset="value")
    calls = calls.assign(training=calls["part"] == "train").sort_values(["layer", "step", "training", "valid_batch"])
    calls["call"] = calls.groupby("layer").cumcount()
    return calls.drop(columns=["training", "valid_batch"]).assign(panel="calls")


def _entries(nets: Nets) -> pd.DataFrame:
    ranges = {}
    for site in ("linear", "relu"):
        share = over_windows(nets, "min_bin_share", site)
        ranges[site] = share.max("step", skipna=False) - share.min("step", skipna=False)
    layers = nets["layer"].values
    modules = [(site, layer) for layer in layers for site in ("linear", "relu")][: len(layers)]
    lists = {"all modules": modules, "after each ReLU": [("relu", layer) for layer in layers]}
    return pd.concat(
        [
            to_rows(nets, ranges[site].sel(layer=layer)).assign(listed=listed, entry=entry, site=site)
            for listed, members in lists.items()
            for entry, (site, layer) in enumerate(members, start=1)
        ],
        ignore_index=True,
    )


@table("weights")
def weights(studied: list[Nets]) -> pd.DataFrame:
    """Means over the hidden layers at the start of each window (`measure`: near_zero_share, distance_moved, weight_std
    over that at the start, gradient_norm), a row per net; and a row without seed: the mean over the nets that never
    diverged, with its interval."""
    frames = []
    for nets in studied:
        for measure in ("near_zero_share", "distance_moved", "weight_std", "gradient_norm"):
            values = over_windows(nets, measure)
            if measure == "weight_std":
                values = values / values.isel(step=0, drop=True)
            frames.append(to_rows(nets, values.mean("layer", skipna=False)).assign(measure=measure))
    return add_means(pd.concat(frames, ignore_index=True), ["measure"])


@table("gini")
def gini(studied: list[Nets]) -> pd.DataFrame:
    """Gini index of |activation| at the site `relu` at the start of each window, a row per net, layer and window."""
    return pd.concat([to_rows(nets, over_windows(nets, "gini"), "gini") for nets in studied], ignore_index=True)
