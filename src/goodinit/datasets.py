"""From raw files to a typed table: one reader per kind of raw data, registered by name.

To add a dataset of another format, write a reader here; a CSV needs none (reader `csv` in the config).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from goodinit import GoodinitError


@dataclass(frozen=True)
class Table:
    """Rows of one dataset, index 0 … rows-1.

    features: numeric columns (float64, NaN = missing) and nominal columns (pandas `category`).
    target: class labels, `category`; classes in the order that codes them 0 … c-1.
    group: one value per row whose rows must stay in one part of the split, or None.
    origin: what the dataset card says of where the rows come from and what was left out.
    """

    features: pd.DataFrame
    target: pd.Series
    group: pd.Series | None
    origin: str


Reader = Callable[..., Table]
READERS: dict[str, Reader] = {}


def reader(name: str) -> Callable[[Reader], Reader]:
    """Register a reader: called with a dict of raw file paths by name, and the dataset's `target` and `group`."""

    def register(function: Reader) -> Reader:
        READERS[name] = function
        return function

    return register


def read_table(name: str, raw: list[Path], target: str | None = None, group: str | None = None) -> Table:
    """Read the raw files with the reader called `name`. Raises GoodinitError (unknown reader, unusable file)."""
    if name not in READERS:
        raise GoodinitError(f"unknown reader {name!r}; choose one of {', '.join(sorted(READERS))} in the config")
    return READERS[name]({path.name: path for path in raw}, target=target, group=group)


FIELDING = ["G", "GS", "InnOuts", "PO", "A", "E", "DP"]
BATTING = ["G", "AB", "R", "H", "2B", "3B", "HR", "RBI", "SB", "CS", "BB", "SO", "IBB", "HBP", "SH", "SF", "GIDP"]
STINT = ["playerID", "yearID", "stint", "teamID"]
POSITIONS = ["P", "C", "1B", "2B", "3B", "SS", "OF"]


@reader("lahman")
def read_lahman(raw: dict[str, Path], **_: object) -> Table:
    """Fielding position (7 classes) from the season's fielding and batting counts, 1961-2020.

    Fielding's PB, WP, SB, CS and ZR are left out: they are filled in for some positions only, so they give the label
    away. A player with several positions in a season has several rows that share a batting line: group by playerID.
    """
    fielding = pd.read_csv(raw["Fielding.csv"], usecols=[*STINT, "POS", *FIELDING])
    batting = pd.read_csv(raw["Batting.csv"], usecols=[*STINT, *BATTING]).rename(columns={"G": "G_batting"})
    rows = (
        fielding[fielding["yearID"].between(1961, 2020)]
        .dropna(subset=FIELDING)
        .merge(batting, on=STINT, how="inner", validate="many_to_one")
        .reset_index(drop=True)
    )
    counts = [*FIELDING, "G_batting", *BATTING[1:]]
    return Table(
        features=rows[counts].astype("float64"),
        target=pd.Series(pd.Categorical(rows["POS"], categories=POSITIONS), name="POS"),
        group=rows["playerID"],
        origin=(
            "Baseball Databank 2021.2, Chadwick Baseball Bureau, CC BY-SA 3.0: fielding rows 1961-2020 complete in "
            f"{' '.join(FIELDING)}, joined with the batting line of the same player, year, stint and team; "
            "columns PB WP SB CS ZR of Fielding left out (filled in for some positions only)"
        ),
    )


@reader("csv")
def read_csv(raw: dict[str, Path], target: str | None = None, group: str | None = None) -> Table:
    """A user's own table: a header line, one row per example; comma, semicolon, tab or bar between columns.

    Text columns become nominal; rows without a target are left out; `group` keeps its rows in one part of the split.
    """
    (path,) = raw.values()
    try:
        with path.open(encoding="utf-8") as file:
            header = file.readline()
        rows = pd.read_csv(path, sep=max(",;\t|", key=header.count), skipinitialspace=True)
    except ValueError as error:  # of pandas and of UTF-8
        raise GoodinitError(f"{path.name} is not a readable CSV ({error}); save it as UTF-8 with a header") from error
    for role, column in {"target": target, "group": group}.items():
        if column not in rows.columns and not (role == "group" and column is None):
            raise GoodinitError(
                f"{path.name} has no {role} column {column!r}; set `{role}` to one of: {', '.join(map(str, rows))}"
            )
    labelled = rows.dropna(subset=[target]).reset_index(drop=True)
    features = labelled.drop(columns=[column for column in (target, group) if column is not None])
    if features.empty:
        raise GoodinitError(f"{path.name} has no rows with a target and at least one feature; check the file")
    numeric = features.select_dtypes(["number", "bool"]).columns
    typed = {name: column.astype("float64" if name in numeric else "category") for name, column in features.items()}
    lost = len(rows) - len(labelled)
    return Table(
        features=pd.DataFrame(typed).replace([np.inf, -np.inf], np.nan),
        target=labelled[target].astype("category"),
        group=labelled[group] if group is not None else None,
        origin=f"{path.name}, given by the user; {lost} rows without a target left out",
    )
