"""How nets fare on a population of tables: a row per condition, and the means over tables."""

from typing import Any

import numpy as np
import pandas as pd

from goodinit.data.shape import summarize
from goodinit.runs import plateau
from goodinit.runs.condition import family
from goodinit.runs.nets import Nets
from goodinit.statistics import inference, intervals
from goodinit.tables.ends import comparisons
from goodinit.tables.tidy import CONDITION

MEASURES = ("valid_loss", "valid_accuracy")
DIFFERENCE = {"difference": "", "interval_low": "_low", "interval_high": "_high", "survivors": "_survivors"}
NUMBERS = [f"{measure}{suffix}" for measure in MEASURES for suffix in DIFFERENCE.values()]


def tabulate_suite(studied: list[Nets], shapes: pd.DataFrame) -> pd.DataFrame:
    """A row per condition. family: the table, whatever the split; n: nets; plateau: the share of them that have one, of
    those that did not diverge before it could be seen; escaped: their share; tau: the median sum of learning rates up
    to the escape, empty where half or more never escape; then how many ended how. valid_loss, valid_accuracy: the mean
    difference to the first initializer over seeds, with its interval, a diverged net counted as the null net, and over
    the pairs that both finished (_survivors). tail_weight, zeros: of the table, see `summarize`.

    Rows without dataset are of all families in standardized features, of each its own split alone: n counts them, and
    numbers are means over them, differences with intervals.
    """
    nets = pd.DataFrame([_describe(one) for one in studied])
    table = nets.merge(_differences(studied), how="left", on=CONDITION)
    table = table.merge(summarize(shapes), how="left", left_on="family", right_index=True)
    of_family = table[(table["dataset"] == table["family"]) & (table["scaling"] == "standardize")]
    groups = of_family.groupby(CONDITION[1:], sort=False, as_index=False)
    return pd.concat([table, *(_over_families(group) for _, group in groups)], ignore_index=True)


def _describe(nets: Nets) -> dict[str, Any]:
    outcomes = nets["outcome"].values
    decided = nets.on_plateau[nets.decided]
    return nets.condition._asdict() | {
        "family": family(nets.condition.dataset),
        "n": len(nets.seeds),
        "plateau": decided.mean() if len(decided) else np.nan,
        "escaped": (~np.isnan(nets.escape_sums)).mean(),
        "tau": inference.median_time(nets.escape_sums),
        **{outcome: int((outcomes == outcome).sum()) for outcome in plateau.OUTCOMES},
    }


def _differences(studied: list[Nets]) -> pd.DataFrame:
    """The columns of CONDITION and NUMBERS."""
    compared = comparisons(studied)
    wide = compared[compared["measure"].isin(MEASURES)].pivot(
        index=CONDITION, columns="measure", values=list(DIFFERENCE)
    )
    wide.columns = pd.Index([f"{column[1]}{DIFFERENCE[column[0]]}" for column in wide.columns.tolist()])
    return wide.reindex(columns=NUMBERS).reset_index()


def _over_families(group: pd.DataFrame) -> pd.DataFrame:
    """The mean of one condition over families, as a row."""
    means = {name: float(group[name].mean()) for name in ("plateau", "escaped", *MEASURES)}
    for measure in MEASURES:
        low, high = map(float, intervals.bootstrap_interval(group[measure].dropna().to_numpy()))
        means |= {f"{measure}_low": low, f"{measure}_high": high}
    row: dict[str, Any] = dict(group.iloc[0][CONDITION]) | {"dataset": np.nan, "n": len(group)} | means
    return pd.DataFrame([row])
