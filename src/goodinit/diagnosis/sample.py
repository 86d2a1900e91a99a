"""A user's own table as the nets of a diagnosis are given it: which rows and columns, and what was done to them."""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from goodinit import GoodinitError
from goodinit.data.preparation import PARTS, prepare
from goodinit.data.readers import Table, read_table
from goodinit.files import write_whole

FEWEST_ROWS, MOST_ROWS = 200, 20_000
TRAIN_ROWS, VALID_ROWS = 12_000, 4_000  # 60 % and 20 % of these
CLASSES = 50  # a target with more is a number or a name
LEVELS = 50  # a text column with more is a name or a date, or has numbers with a word among them
SHOWN = 4  # names in a list


class Sample(NamedTuple):
    """origin: the file, and what of it was left out; rows: with a target; parts: how many rows each has; commonest:
    share of the commonest class; columns: what was done to them, in words; left_out: those that nets are not given."""

    origin: str
    target: str
    classes: int
    commonest: float
    rows: int
    parts: dict[str, int]
    columns: str
    left_out: list[str]


def take_sample(path: Path, target: str, prepared: Path) -> Sample:
    """Read a CSV, leave out what is no feature, draw at most MOST_ROWS, and prepare them, standardized, as a file.

    Raises GoodinitError where the file cannot be read, has no such target, or none with few classes, or too few rows.
    """
    table = read_table([path], "csv", target=target, origin=path.name)
    rows = len(table.target)
    if rows < FEWEST_ROWS:
        raise GoodinitError(
            f"{path.name} has {rows} rows with a {target}; fewer than {FEWEST_ROWS} say nothing here: collect more"
        )
    _require_classes(table.target)
    left_out = {str(name): reason for name, column in table.features.items() if (reason := why_left_out(column))}
    if len(left_out) == table.features.shape[1]:
        raise GoodinitError(f"{path.name} has no column to learn from, but {_list(left_out)}; add one that varies")
    drawn = _draw(replace(table, features=table.features.drop(columns=list(left_out))))
    write_whole(prepared, prepare(drawn, "standardize", TRAIN_ROWS, VALID_ROWS))
    with np.load(prepared, allow_pickle=False) as arrays:
        parts = {part: len(arrays[f"y_{part}"]) for part in PARTS}
        columns = describe_columns(drawn.features, left_out, len(arrays["feature_names"]))
    shares = drawn.target.value_counts(normalize=True)
    return Sample(table.origin, target, len(shares), shares.iloc[0], rows, parts, columns, list(left_out))


def _require_classes(target: pd.Series) -> None:
    values = target.nunique()
    if values > CLASSES:
        raise GoodinitError(
            f"target {target.name!r} has {values:,} different values, more than {CLASSES} classes: if it is a number "
            "to predict, cut it into a few classes (fifths, say) in a column of its own and name that"
        )


def why_left_out(column: pd.Series) -> str:
    """Why a feature, float64 or `category`, is no input for a net; empty where it is one."""
    values = column.nunique()
    if values == 0:
        return "empty"
    if values == 1 and column.notna().all():
        return "constant"
    if values <= LEVELS or not isinstance(column.dtype, pd.CategoricalDtype):
        return ""
    levels = column.cat.categories.astype(str).to_series()
    words = levels[pd.to_numeric(levels, errors="coerce").isna()]
    if 0 < len(words) < values / 2:
        return f"numbers, but text such as {words.iloc[0]!r}, which should be an empty field"
    return f"text, {values:,} values such as {levels.iloc[0]!r}"


def describe_columns(features: pd.DataFrame, left_out: dict[str, str], inputs: int) -> str:
    """What `preparation` makes of the features, and what was left out and why. inputs: how many columns nets get."""
    numeric = features.select_dtypes("float64")
    nominal = features.select_dtypes("category")
    gaps, gaps_in_text = int(numeric.isna().any().sum()), int(nominal.isna().any().sum())
    told = []
    if numeric.shape[1]:
        filled = f", gaps in {gaps} filled with the median and marked by a 0/1 column" if gaps else ""
        told.append(f"{numeric.shape[1]} numeric, standardized over the training rows{filled}")
    if nominal.shape[1]:
        blank = f", gaps in {gaps_in_text} are 0 in all of these" if gaps_in_text else ""
        told.append(f"{nominal.shape[1]} of text, made {inputs - numeric.shape[1] - gaps} 0/1 columns{blank}")
    told.append(f"left out: {_list(left_out)}" if left_out else "none left out")
    return "; ".join(told)


def _list(left_out: dict[str, str]) -> str:
    told = [f"{name} ({reason})" for name, reason in left_out.items()]
    more = f" and {len(told) - SHOWN} more" if len(told) > SHOWN else ""
    return ", ".join(told[:SHOWN]) + more


def _draw(table: Table) -> Table:
    """MOST_ROWS at random, or all where there are no more."""
    if len(table.target) <= MOST_ROWS:
        return table
    rows = table.target.sample(MOST_ROWS, random_state=0).index.sort_values()
    features, target = table.features.loc[rows], table.target.loc[rows]
    return replace(table, features=features.reset_index(drop=True), target=target.reset_index(drop=True))
