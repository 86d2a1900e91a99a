"""A user's own table as the nets of a diagnosis are given it: which rows and columns, and what was done to them."""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from goodinit import GoodinitError
from goodinit.data.preparation import PARTS, prepare
from goodinit.data.readers import TARGET, Table, read_table
from goodinit.files import write_whole

FEWEST_ROWS, MOST_ROWS = 200, 20_000
TRAIN_ROWS, VALID_ROWS = 12_000, 4_000  # 60 % and 20 % of these
SHOWN, TREATMENTS = 4, 8  # names in a list, lists


class Sample(NamedTuple):
    """origin: the file, and what of it was left out; rows: with a target; parts: how many rows each has; commonest:
    share of the commonest class; columns: what was done to them, in words."""

    origin: str
    target: str
    classes: int
    commonest: float
    rows: int
    parts: dict[str, int]
    columns: str


def take_sample(path: Path, target: str, prepared: Path) -> Sample:
    """Read a table, draw at most MOST_ROWS, and prepare them, standardized, as a file.

    Raises GoodinitError where the file cannot be read, has no such target, or none with few classes, or too few rows.
    """
    table = read_table([path], "csv", target=target, origin=path.name)
    rows = len(table.target)
    if rows < FEWEST_ROWS:
        raise GoodinitError(
            f"{path.name} has {rows} rows with a {target}; fewer than {FEWEST_ROWS} say nothing here: collect more"
        )
    drawn = _draw(table)
    write_whole(prepared, prepare(drawn, "standardize", TRAIN_ROWS, VALID_ROWS))
    with np.load(prepared, allow_pickle=False) as arrays:
        parts = {part: len(arrays[f"y_{part}"]) for part in PARTS}
    shares = drawn.target.value_counts(normalize=True)
    return Sample(table.origin, target, len(shares), shares.iloc[0], rows, parts, summarize_columns(table.columns))


def summarize_columns(columns: dict[str, str]) -> str:
    """What was done to the features, each treatment with the names of its columns; of many, some."""
    by_treatment: dict[str, list[str]] = {}
    for name, done in columns.items():
        if done != TARGET:
            by_treatment.setdefault(done, []).append(name)
    told = [f"{done} ({_list(names)})" for done, names in by_treatment.items()]
    more = sum(map(len, list(by_treatment.values())[TREATMENTS:]))
    return "; ".join([*told[:TREATMENTS], *([f"{more} others in other ways"] if more else [])])


def _list(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _draw(table: Table) -> Table:
    """MOST_ROWS at random, or all where there are no more."""
    if len(table.target) <= MOST_ROWS:
        return table
    rows = table.target.sample(MOST_ROWS, random_state=0).index.sort_values()
    features, target = table.features.loc[rows], table.target.loc[rows]
    return replace(table, features=features.reset_index(drop=True), target=target.reset_index(drop=True))
