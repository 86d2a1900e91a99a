"""What a sweep of peaks says of a table: what the default takes to get going, what to take instead, what that buys."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from goodinit.arrays import Array
from goodinit.claims.claim import LOSS_MARGIN
from goodinit.claims.evidence import UntestableError
from goodinit.claims.verdicts import UNTESTABLE, judge_mean
from goodinit.report import tex
from goodinit.report.numbers import Number
from goodinit.runs.condition import Condition
from goodinit.statistics import inference, intervals

DEFAULT = "default"
MEASURES = {"loss": ("test_loss", -1, "nats"), "accuracy": ("test_accuracy", 100, "points")}


class Mean(NamedTuple):
    """The mean of n values with its interval, and the verdict on whether it lies above a threshold."""

    value: float
    interval: intervals.Interval
    n: int
    verdict: str


def recommend(sweep: pd.DataFrame, main_peak: float, test_rows: int) -> Iterator[tuple[str, Number]]:
    """Keys and numbers, of the table `sweep`. needed-…: the sum of learning rates at which default nets escape, and how
    many steps that is; best-{role}-…: the chosen peak of the `default` and of the best `other` initializer, and how its
    nets fare there; gain-…: by how much the other ends better on held-out rows. What was not trained is untestable, or
    a dash."""
    yield from _needed(sweep[sweep["init"] == DEFAULT], main_peak)
    roles = {"default": DEFAULT, "other": best_but_default(sweep)}
    for role, init in roles.items():
        yield from ((f"best-{role}-{what}", number) for what, number in _best(sweep, init, test_rows))
    for measure, (*_, unit) in MEASURES.items():
        gained = gain(sweep, roles["other"], measure)
        yield f"gain-{measure}", _number(gained, unit, sweep[sweep["init"].isin(roles.values())])
        yield f"gain-{measure}-verdict", Number(gained.verdict, gained.verdict)


def best_but_default(sweep: pd.DataFrame) -> str:
    """The other initializer with the lowest validation loss by which peaks are chosen; empty where there is none."""
    others = sweep[sweep["chosen"] & sweep["choosing"] & (sweep["init"] != DEFAULT)]
    return str(others.groupby("init")["valid_loss"].mean().idxmin()) if len(others) else ""


def gain(sweep: pd.DataFrame, init: str, measure: str) -> Mean:
    """By how much an initializer ends better on held-out rows than the default, each at its chosen peak, paired over
    the seeds that no peak was chosen on, in the units of MEASURES; is it above 0?"""
    column, sign, unit = MEASURES[measure]
    held_out = sweep[sweep["chosen"] & ~sweep["choosing"]].pivot(index="seed", columns="init", values=column)
    both = held_out.reindex(columns=[DEFAULT, init]).to_numpy("float64")
    return _mean(sign * (both[:, 1] - both[:, 0]), unit, 0.0)


def _needed(nets: pd.DataFrame, main_peak: float) -> Iterator[tuple[str, Number]]:
    """A net's own sum is the median of those at the peaks at which it escapes; without one it is at least the largest
    that it was seen at."""
    own = nets[nets["escaped"]].groupby("seed")["rate_sum"].median()
    seen = nets.groupby("seed")["rate_sum"].max()
    sums = own.reindex(seen.index)
    needed = inference.median_time(sums.to_numpy()) if len(sums) else np.nan
    words, value = ("about ", needed) if np.isfinite(needed) else ("more than ", sums.fillna(seen).median())
    source = _runs(nets)
    yield "needed-sum", _rounded(words, value, "", len(sums), source)
    yield "needed-nets", Number(len(own), f"{len(own)} of {len(sums)}", "d", "nets", None, len(sums), source)
    span = f", at {' to '.join(dict.fromkeys([_round(own.min()), _round(own.max())]))}" if len(own) else ""
    yield "needed-span", Number(span, tex.escape(span))
    highest = nets["peak"].max()
    yield "highest-peak", Number(_known(highest), tex.digits(highest, "g"), "g")
    for name, peak in {"main": main_peak, "highest": highest}.items():
        at_peak = nets[nets["peak"] == peak]
        per_step = (at_peak["budget"] / at_peak["steps"]).mean()
        number = _rounded(words, value / per_step, "steps", len(sums), source)
        yield f"needed-steps-{name}", replace(number, text="less than 100") if value / per_step < 100 else number


def _best(sweep: pd.DataFrame, init: str, test_rows: int) -> Iterator[tuple[str, Number]]:
    of_init = sweep[sweep["init"] == init]
    nets = of_init[of_init["chosen"]]
    judged, source = nets[~nets["choosing"]], _runs(nets)
    peak, tried = nets["peak"].max(), sorted(of_init["peak"].unique())
    at_edge = {tried[0]: "lowest", tried[-1]: "highest"}.get(peak) if len(tried) > 1 else None
    edge = f" (the {at_edge} that was tried)" if at_edge else ""
    yield "init", Number(init, tex.code(init))
    yield "peak", Number(_known(peak), tex.digits(peak, "g") + edge, "g", "", None, None, source)
    rested = nets["on_plateau"].dropna()
    yield "plateau", _count(rested.astype(bool), source)
    yield "trained", _count(nets["outcome"] == "trained", source)
    for measure, (column, _, _) in MEASURES.items():
        mean, unit = judged[column].mean(), "nats" if measure == "loss" else "accuracy"
        limits = _limits(mean, test_rows) if measure == "accuracy" else None
        yield measure, Number(_known(mean), *tex.spell(mean, unit), unit, limits, test_rows, source)
    rise = _mean((judged["valid_loss"] - judged["lowest_valid_loss"]).to_numpy(), "nats", LOSS_MARGIN)
    yield "rise", _number(rise, "nats", nets)
    yield "rise-verdict", Number(rise.verdict, rise.verdict)


def _limits(accuracy: float, rows: int) -> intervals.Interval | None:
    """Where it may lie for other rows, by Clopper-Pearson."""
    return None if np.isnan(accuracy) else intervals.share_interval(round(accuracy * rows), rows)


def _mean(values: Array, unit: str, threshold: float) -> Mean:
    known = values[~np.isnan(values)]
    try:
        verdict = judge_mean(known, unit, threshold).verdict
    except UntestableError:
        verdict = UNTESTABLE
    low, high = map(float, intervals.bootstrap_interval(known))
    return Mean(float(known.mean()) if len(known) else np.nan, (low, high), len(known), verdict)


def _number(mean: Mean, unit: str, nets: pd.DataFrame) -> Number:
    limits = None if np.isnan(mean.interval[0]) else mean.interval
    source = _runs(nets[nets["chosen"]])
    return Number(_known(mean.value), *tex.spell(mean.value, unit), unit, limits, mean.n, source)


def _count(hits: pd.Series, source: tuple[str, ...]) -> Number:
    count, n = int(hits.sum()), len(hits)
    limits = intervals.share_interval(count, n)
    return Number(count, f"{count} of {n}", "d", f"of {n} nets", limits, n, source)


def _rounded(words: str, value: float, unit: str, n: int, source: tuple[str, ...]) -> Number:
    text = f"{words}{_round(value)}" if np.isfinite(value) else "--"
    return Number(_known(value), text, "2 digits", unit, None, n, source)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _round(value: float) -> str:
    """To two digits, as none of these is known better."""
    rounded = tex.nearest(value, ".2g")
    return tex.whole(int(rounded)) if rounded.is_integer() else f"{rounded:g}"


def _runs(nets: pd.DataFrame) -> tuple[str, ...]:
    conditions = nets[["dataset", "scaling", "init", "peak"]].drop_duplicates().itertuples(index=False)
    return tuple(str(Condition(*condition)) for condition in conditions)
