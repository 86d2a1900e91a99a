"""Runs of nets that were never trained: THREAD, a study that bears out the claims, and changes to it.

A run is named by its init, or by "init dataset scaling peak variant"; the rest is PLACE. Its variant says how many
layers its nets have, and how many times the steps: their curves are stretched.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from goodinit.arrays import Array, Arrays
from goodinit.claims.evidence import Evidence
from goodinit.claims.remedies import REMEDIES
from goodinit.model.schedule import learning_rates
from goodinit.model.variants import PLAIN, read_variant
from goodinit.runs import file as runs
from goodinit.runs import plateau
from goodinit.runs.condition import Condition
from goodinit.runs.nets import Nets as TrainedNets
from goodinit.runs.nets import Run, collect_nets, open_run
from goodinit.training.logbook import masked
from goodinit.training.statistics import contract

# arrays by name, None for one that was not recorded; and "curves", letters of CURVES or curves as they are
Nets = Mapping[str, Any]
# by run or table: what is other than in THREAD; letters of CURVES and nothing else; None where it is missing
Changes = Mapping[str, Nets | str | pd.DataFrame | None]
Trained = Mapping[Condition, TrainedNets]

NETS, STEPS, LAYERS, CYCLE = 10, 506, 10, 46
PLACE = ("made", "standardize", "0.2", PLAIN)
H = float(np.log(2))
STEP, FALL = np.arange(STEPS), 330
SAME, SPREAD = np.zeros(NETS), np.linspace(-0.2, 0.2, NETS)


RESTING = 0.985  # of H


def fall(at: int, start: float = 1.5) -> Array:
    return np.where(STEP == 0, start, np.where(at > STEP, RESTING, 0.5))


BUDGET = learning_rates(0.2, STEPS).sum()


def fall_by_sum(peak: float, of_budget: float) -> Array:
    """A net that escapes when the sum of its learning rates reaches this share of the budget of peak 0.2, a few steps
    after its loss falls; if it does."""
    reached = int(np.searchsorted(np.cumsum(learning_rates(peak, STEPS)), of_budget * BUDGET))
    return fall(reached - 4 if reached < STEPS else STEPS)


CURVES = {  # training loss over H
    "e": fall(FALL),  # rests on the plateau and escapes
    "f": fall(FALL, start=1),  # the same from the plateau on
    "g": np.minimum(fall(STEPS), 1 - 0.0025 * np.maximum(STEP - FALL, 0)) + 0.5 * (STEP == 0),  # escapes gradually
    "s": fall(STEPS),  # is stuck
    "q": fall(20),  # learns quickly
    "a": fall_by_sum(0.4, 0.8),
    "b": fall_by_sum(0.4, 1.4),
    "A": fall_by_sum(0.8, 0.8),
    "B": fall_by_sum(0.8, 1.4),
    "C": fall_by_sum(0.8, 2.6),
    "d": np.where(STEP < 100, fall(20), np.nan),  # diverges
}


def every_other(first: Any, second: Any) -> Array:
    """A value for even and one for odd nets."""
    return np.stack(np.broadcast_arrays(first, second) * (NETS // 2)).astype(float)


def by_layer(values: Any) -> Array:
    """[layers] -> [step, layer, site]."""
    return np.asarray(values, float)[None, :, None]


def over_windows(first: float, last: float) -> Array:
    """From one value to another: [window, layer]."""
    return np.linspace(first, last, STEPS // CYCLE)[:, None] * np.ones(LAYERS)


def min_bins(before: Any, after: Any, linear: float = 0.3) -> Array:
    """Min-bin shares after the ReLU, by layer, before and after FALL; linear: those before the ReLU over those after.
    [step, layer, site]"""
    before, after = np.broadcast_to(before, LAYERS), np.broadcast_to(after, LAYERS)
    relu = np.where(STEP[:, None] < FALL, before, after)
    return np.stack([linear * relu, relu], axis=2)


ASLEEP = np.where(np.isin(np.arange(1, LAYERS + 1), (1, 9, 10)), 0.5, 1.0)
ONE_ASLEEP = np.where(np.arange(LAYERS) == 1, 1.0, 0.5)
WAKING, SLEEPING, ACTIVE = min_bins(ASLEEP, ONE_ASLEEP, linear=0), min_bins(ASLEEP, ASLEEP), min_bins(0.5, 0.5)
NOISE = np.random.default_rng(3).normal(0, 0.1, (NETS, STEPS + 2 * (STEPS // CYCLE + 1), LAYERS, 1))
GROWING = np.geomspace(1, 20, STEPS)
DRIFT = (STEP // CYCLE)[:, None, None]
QUIET = 0.5 + NOISE[:, STEPS:].reshape(NETS, -1, 2, LAYERS, 1)  # validation batches like training batches
FALLING = np.geomspace(0.4, 0.05, LAYERS)
FAN_IN = np.array([6, *[40] * (LAYERS - 1)])
LSUV_SITES = {"site": np.array(["linear", "relu", "output"])}
DIP = np.where(np.arange(STEPS // CYCLE + 1) < STEPS // CYCLE, -0.1, 0)
QUICK, ESCAPED, HALF = "q" * NETS, "e" * NETS, "eq" * (NETS // 2)
REMEDY = "made standardize 0.2"
LONGER, SCALED = "default made standardize 0.2 longer-2", "kaiming-relu made standardize 0.4"
SHAPES = ["gain-0.7-in-2", "gain-0.7-in-4", "gain-0.85-in-2", "gain-0.85-in-4", "gain-0.7", "gain-0.85", "gain-1"]
SHAPES += ["gain-0.7-in-2+depth-5", "gain-0.7-in-4+depth-5", "gain-0.7+depth-5", "gain-1+depth-5"]


def shaped(exponent: Callable[[int, int], float | Array]) -> dict[str, Nets]:
    """Nets at peak 0.4 of every SHAPES that escape at a sum of learning rates that goes with a power of 1 / gain, which
    `exponent` tells for a number of small layers and one of others. Their first logits show it."""
    nets: dict[str, Nets] = {}
    for name in SHAPES:
        variant = read_variant(name)
        depth = variant.depth or LAYERS
        first = variant.scaled or depth
        sums = 0.12 * variant.gain ** -exponent(first, depth - first) * np.geomspace(0.9, 1.1, NETS)
        curves = [fall_by_sum(0.4, of_budget) for of_budget in sums]
        nets[f"{SCALED} {name}"] = {"curves": curves, "logit_signal": 1 / sums[:, None], "valid_loss": None}
    return nets


THREAD: dict[str, Nets] = {
    "default": {
        "curves": "esesesesee",
        "train_loss": 0.4,
        "valid_loss": 0.6 + SPREAD,
        "test_loss": 0.6,
        "activation_std": by_layer(FALLING),
        "activation_mean": 0.5 + NOISE[:, :STEPS] + 0.02 * DRIFT,
        "valid_activation_mean": 5,
        "min_bin_share": np.stack([WAKING if letter == "e" else SLEEPING for letter in "esesesesee"]),
        "weight_std": np.sqrt(3 / FAN_IN)[None],
        "near_zero_share": over_windows(0.01, 0.9),
        "gini": 0.8,
        "signal": np.stack([by_layer(FALLING / (20 if letter == "e" else 30)) for letter in "esesesesee"]),
        "logit_signal": 1e-4 * GROWING[None],
        "dead_share": 0.5 + SPREAD,
        "gradient_norm": 1 + SPREAD,
    },
    "kaiming-relu": {
        "curves": ESCAPED,
        "valid_loss": 1 + SPREAD,
        "valid_accuracy": 0.6,
        "test_loss": 0.6,
        "activation_std": 0.7,
    },
    "lsuv": {
        "train_loss": 0.1,
        "valid_loss": 0.602 + 0.99 * SPREAD[:, None] + DIP,
        "valid_accuracy": 0.8,
        "activation_std": 1,
        "activation_mean": by_layer(FALLING),
        "divisions": 1,
        **LSUV_SITES,
    },
    "default made standardize 0.4": {"curves": "ababababaa", "valid_loss": None},
    "default made standardize 0.8": {"curves": "ABABABABAA", "valid_loss": None},
    "lsuv-kaiming": {"divisions": 3},
    "default-gain": {},
    "default-zero-bias": {},
    "default-normal": {},
    "default control standardize": {},
    "default made quantile": {},
    "default control heavy": {"curves": ESCAPED},
    "lsuv made standardize 0.4": {"curves": "s" * NETS},
    "lsuv made quantile": {},
    "lsuv made quantile 0.4": {},
    "lsuv control standardize": {},
    "lsuv control standardize 0.4": {},
    "lsuv control heavy": {},
    "lsuv control heavy 0.4": {"curves": "s" * NETS},
    LONGER: {"curves": ESCAPED, "valid_loss": None},
    "default made standardize 0.2 nudged": {"curves": "esesesesee", "valid_loss": None},
    "kaiming-relu made standardize 0.2 nudged": {"curves": ESCAPED, "valid_loss": None},
    **shaped(lambda first, _: first - 2),
    **{
        f"{init} {REMEDY} {variant}": {"test_loss": 0.6} for init in ("default", "kaiming-relu") for variant in REMEDIES
    },
}


def shapes(table: float, control: float) -> pd.DataFrame:
    """Mean excess kurtosis of ten features of either dataset."""
    kurtosis = np.concatenate([table + np.linspace(-1, 1, 10), control + np.linspace(-1, 1, 10)])
    datasets = np.repeat(["made", "control"], 10)
    measured = {"excess_kurtosis": kurtosis, "commonest_share": 0}
    return pd.DataFrame({"dataset": datasets, "scaling": "standardize", "kind": "numeric"} | measured)


def pruning(lost: Any) -> pd.DataFrame:
    """Accuracy [nets] that default nets lose by pruning."""
    accuracy = {0.0: 0.7 + SAME, 0.8: 0.7 - lost + SAME}
    parts = [
        pd.DataFrame({"seed": range(NETS), "sparsity": part, "valid_accuracy": accuracy[part]}) for part in accuracy
    ]
    return pd.concat(parts).assign(stage="end", init="default", peak=0.2)


def calibration(tails: Any, batches: Any, sizes: Sequence[int] = (64, 256, 1024)) -> pd.DataFrame:
    """How much, by seed, LSUV's calibration is worse for heavier tails and smaller batches."""
    index = pd.MultiIndex.from_product([range(4), sizes, range(NETS)], names=["dataset", "batch_size", "seed"])
    table = index.to_frame(index=False)
    rank, seed = table["dataset"], table["seed"]
    heavier, smaller = (np.broadcast_to(worse, NETS)[seed] for worse in (tails, batches))
    off = 1 + 0.1 * heavier * rank + 0.1 * smaller * np.log(256 / table["batch_size"])
    return table.assign(scaling="standardize", excess_kurtosis=rank, off_target=off)


SUITE = [f"table{k}" for k in range(8)]


def suite(
    default: str = "e", kaiming: str | None = "q", scaled: str = "q", gains: Any = 0.1
) -> dict[str, Nets | str | pd.DataFrame | None]:
    """Tables beside THREAD's two. Each takes the next letter of CURVES for all its nets: default nets, kaiming-relu
    nets, default nets in other scalings. gains: by how much the second end better, in loss and accuracy."""
    runs: dict[str, Nets | str | pd.DataFrame | None] = {}
    for k, (table, gain) in enumerate(zip(SUITE, np.broadcast_to(gains, len(SUITE)), strict=True)):
        runs[f"default {table}"] = {"curves": default[k % len(default)] * 5}
        for scaling in ("quantile", "robust-clip"):
            runs[f"default {table} {scaling}"] = {"curves": scaled[k % len(scaled)] * 5}
        if kaiming:
            ends = {"valid_loss": 0.6 - gain, "valid_accuracy": 0.7 + gain}
            runs[f"kaiming-relu {table}"] = {"curves": kaiming[k % len(kaiming)] * 5} | ends
    return runs


def signals(*slopes: float) -> dict[str, Nets | str | pd.DataFrame | None]:
    """Default nets on the suite and the control that rest the longer the further down they stand; and how their first
    signal rises from each to the next, table by table."""
    runs: dict[str, Nets | str | pd.DataFrame | None] = {}
    for k, table in enumerate(["control", *SUITE]):
        signal = 10.0 ** (slopes[k % len(slopes)] * np.arange(5))
        runs[f"default {table} standardize"] = {"curves": "qqees", "logit_signal": signal[:, None]}
    return runs


def suite_shapes(tails: Sequence[float], zeros: Sequence[float]) -> pd.DataFrame:
    """One feature of each table."""
    measured = {"excess_kurtosis": tails, "commonest_share": zeros}
    return pd.DataFrame({"dataset": SUITE, "scaling": "standardize", "kind": "numeric"} | measured)


TABLES = {"shapes": shapes(10, 0), "pruning": pruning(0), "calibration": calibration(1, 1)}


def make_arrays(nets: Nets, variant: str = PLAIN) -> Arrays:
    """The arrays of a run with a net per curve. A value is a number, [nets] (used over and over), or has the last
    dimensions of its array."""
    shape = read_variant(variant)
    given: dict[str, Any] = {"curves": QUICK, "train_loss": 0.3, "valid_loss": 0.6, "valid_accuracy": 0.7, **nets}
    curves = [CURVES[curve] if isinstance(curve, str) else curve for curve in given.pop("curves")]
    loss = H * np.repeat(curves, shape.longer, axis=1)
    steps = loss.shape[1]
    arrays: dict[str, Any] = {
        "seed": np.arange(len(loss)),
        "step": np.arange(steps),
        "evaluation": np.arange(0, steps + 1, CYCLE),
        "window": np.arange(0, steps, CYCLE),
        "layer": np.arange(1, (shape.depth or LAYERS) + 1),
        "site": np.array(["linear", "relu"]),
    }
    arrays |= {name: given.pop(name) for name in arrays if name in given}
    sizes = {name: len(values) for name, values in arrays.items()} | {"valid_batch": 2}
    arrays |= {"loss": loss}
    for part in ("", "valid_", "test_"):
        arrays |= {f"{part}null_loss": np.array(H), f"{part}majority_share": np.array(0.5)}
    arrays["outcome"], arrays["escape_step"] = plateau.outcome(loss, H), plateau.escape_step(loss, H)
    gone = arrays["diverged_step"] = plateau.diverged_step(loss)
    for name, value in given.items():
        if value is not None:
            dimensions = contract()[name].dimensions
            values = np.asarray(value, float)
            if values.ndim in (1, len(dimensions)) and len(values) > 1:
                values = values.take(arrays["seed"], axis=0, mode="wrap")
                values = values.reshape(*values.shape, *[1] * (len(dimensions) - values.ndim))
            values = np.broadcast_to(values, [sizes[dimension] for dimension in dimensions])
            timed = dimensions[1:2] in (("step",), ("evaluation",), ("window",))
            arrays[name] = masked(values, arrays[dimensions[1]], gone) if timed else values
    variables = {name: kind for name, kind in contract().items() if name not in runs.COORDINATES}
    used = {"layer"}.union(*(variables[name].dimensions for name in arrays.keys() & variables))
    return {name: values for name, values in arrays.items() if name in variables or name in used}


def write(path: Path, run: str, arrays: Arrays) -> Run:
    """Write a run and read it back."""
    runs.write_run(path, arrays, attributes_of(run), contract())
    return open_run(path)


def make_run(run: str, arrays: Arrays) -> Run:
    """The same without a file, in a tenth of the time."""
    kinds = {name: contract()[name] for name in arrays}
    variables = {name: (kinds[name].dimensions, values.astype(kinds[name].dtype)) for name, values in arrays.items()}
    return run_of(xr.Dataset(variables, attrs=attributes_of(run)))


def run_of(dataset: xr.Dataset) -> Run:
    """A run as xarray has it."""
    return Run(dataset.attrs, {str(name) for name in dataset.variables}, dataset.__getitem__)


def attributes_of(run: str) -> dict[str, object]:
    return condition_of(run)._asdict() | {"width": 40, "features": 6, "optimizer": "sgd"}


def condition_of(run: str) -> Condition:
    init, *place = run.split()
    dataset, scaling, peak, variant = [*place, *PLACE[len(place) :]]
    return Condition(dataset, scaling, init, float(peak), variant)


def make_study(study: Mapping[str, Nets]) -> Trained:
    return collect_nets(make_run(run, make_arrays(nets, condition_of(run).variant)) for run, nets in study.items())


def change(study: Trained, changes: Changes, peaks: Sequence[float] = (0.2,)) -> Evidence:
    """The study with some runs or tables changed, which are added where they are not there. What is not changed is
    shared, so that it is read once."""
    trained, tables = dict(study), dict(TABLES)
    for name, value in changes.items():
        if isinstance(value, pd.DataFrame):
            tables[name] = value
        elif value is None:
            trained.pop(condition_of(name), None)
            tables.pop(name, None)
        else:
            nets = {"curves": value} if isinstance(value, str) else {**THREAD.get(name, {}), **value}
            trained |= make_study({name: nets})
    return Evidence(trained, *PLACE[:2], "control", list(peaks), tables)
