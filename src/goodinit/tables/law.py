"""How long nets rest, counted by the sum of their learning rates, and what foretells it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from goodinit.arrays import Array
from goodinit.model.variants import PLAIN, read_variant
from goodinit.runs import plateau
from goodinit.runs.nets import Nets
from goodinit.statistics import inference, intervals
from goodinit.tables.tidy import CONDITION, table, to_rows, with_condition

SHAPE = ["gain", "small_layers", "hidden_layers"]


@table("law")
def law(studied: list[Nets]) -> pd.DataFrame:
    """The signal of the logits of default nets, on standardized features, at the start of each window (`step`) until
    they are out (`escaped`), with the sum of the learning rates until then (`rate_sum`): a row per net and window."""
    asked = {"scaling": "standardize", "init": "default"}
    frames = [_signals(nets) for nets in studied if asked.items() <= nets.condition._asdict().items()]
    if not frames:
        return pd.DataFrame(columns=[*CONDITION, "seed", "step", "signal", "rate_sum", "escaped"])
    return pd.concat(frames, ignore_index=True)


def _signals(nets: Nets) -> pd.DataFrame:
    windows = nets["logit_signal"].isel(step=slice(None, None, plateau.WINDOW))
    rows = to_rows(nets, windows, "signal").dropna(subset="signal")
    escape = rows["seed"].map(nets["escape_step"].to_series()).fillna(np.inf)
    rows = rows.assign(rate_sum=nets.rate_sums[rows["step"]], escaped=rows["step"] >= escape)
    return rows[rows["step"] < escape + plateau.WINDOW]


@table("prediction")
def prediction(studied: list[Nets]) -> pd.DataFrame:
    """A row per net on standardized features, of the default at its highest peak and of nets with scaled layers: the
    signal of its logits before training, the sum of its learning rates up to the escape or, if it never `escaped`, to
    the end, and its shape (SHAPE).

    And a row without seed for each peak of the default on a table with several: of n nets with a sum at another peak,
    the share whose median sum there is within the budget (`foretold`), and that which got out (`share`), with its
    interval.
    """
    standardized = [nets for nets in studied if nets.condition.scaling == "standardize"]
    scaled = [nets for nets in standardized if nets.condition.variant.startswith("gain")]
    observed = [*(by_peak[-1] for by_peak in _defaults(standardized)), *scaled]
    rows: list[dict[Any, Any]] = [row for nets in observed for row in _rests(nets).to_dict("records")]
    rows += [row for by_peak in _defaults(standardized) if len(by_peak) > 1 for row in _shares(by_peak)]
    columns = [*CONDITION, "seed", *SHAPE, "signal", "rate_sum", "escaped"]
    return pd.DataFrame(rows, columns=[*columns, "n", "foretold", "share", "interval_low", "interval_high"])


@table("phase")
def phase(studied: list[Nets]) -> pd.DataFrame:
    """A row per condition in which layers were scaled: its shape (SHAPE), and of its n nets the share that got out with
    its interval, the median sum of the learning rates until then (NaN where half of them or more never did), the budget
    of the schedule, and the shares with a plateau and that finished."""
    rows = []
    for nets in studied:
        escaped = ~nets.rested[1]
        low, high = intervals.share_interval(int(escaped.sum()), len(escaped))
        measures = {
            "n": len(escaped), "share": escaped.mean(), "interval_low": low, "interval_high": high,
            "rate_sum": inference.median_time(nets.escape_sums), "budget": nets.rate_sums[-1],
            "on_plateau": nets.on_plateau.mean(), "finished": nets.finished.mean(),
        }  # fmt: skip
        rows.append(nets.condition._asdict() | _shape(nets) | measures)
    return pd.DataFrame(rows)


def _defaults(studied: list[Nets]) -> Iterator[list[Nets]]:
    """The plain nets of the default on each table, by peak."""
    plain = [nets for nets in studied if (nets.condition.init, nets.condition.variant) == ("default", PLAIN)]
    for dataset in dict.fromkeys(nets.condition.dataset for nets in plain):
        here = [nets for nets in plain if nets.condition.dataset == dataset]
        yield sorted(here, key=lambda nets: nets.condition.peak)


def _rests(nets: Nets) -> pd.DataFrame:
    sums, stuck = nets.rested
    columns = {"seed": nets.seeds, "signal": nets.first_signal, "rate_sum": sums, "escaped": ~stuck}
    return with_condition(nets, pd.DataFrame(_shape(nets) | columns))


def _shape(nets: Nets) -> dict[str, Any]:
    variant, depth = read_variant(nets.condition.variant), len(nets["layer"])
    return dict(zip(SHAPE, (variant.gain, variant.scaled or depth, depth), strict=True))


def _shares(by_peak: list[Nets]) -> Iterator[dict[str, Any]]:
    """How many were foretold to get out at each peak, and how many did, over the seeds that all peaks have."""
    shared = np.array(sorted(set.intersection(*(set(nets.seeds) for nets in by_peak))))
    sums = np.array([nets.only(shared).escape_sums for nets in by_peak])
    for place, nets in enumerate(by_peak):
        elsewhere: Array = np.delete(sums, place, axis=0)
        known = ~np.isnan(elsewhere).all(0)
        escaped, n = ~np.isnan(sums[place, known]), int(known.sum())
        if n:
            low, high = intervals.share_interval(int(escaped.sum()), n)
            foretold = (np.nanmedian(elsewhere[:, known], axis=0) < nets.rate_sums[-1]).mean()
            measures = {
                "n": n,
                "foretold": foretold,
                "share": escaped.mean(),
                "interval_low": low,
                "interval_high": high,
            }
            yield nets.condition._asdict() | measures
