"""From raw files to a typed table: one reader per kind of raw data, registered by name.

To add a dataset of another format, write a reader here; a CSV needs none (reader `csv` in the config).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd

from goodinit import GoodinitError
from goodinit.arrays import Flags


@dataclass(frozen=True)
class Table:
    """Rows of one dataset, index 0 … rows-1.

    features: numeric columns (float64, NaN = missing) and nominal columns (pandas `category`).
    target: class labels, `category`; classes in the order that codes them 0 … c-1.
    group: one value per row whose rows must stay in one part of the split, or None.
    test: the rows (bool) that the data's own documentation sets aside for testing, or None.
    origin: what the dataset card says of where the rows come from and what was left out.
    """

    features: pd.DataFrame
    target: pd.Series
    group: pd.Series | None
    test: Flags | None
    origin: str


Reader = Callable[..., Table]
READERS: dict[str, Reader] = {}


def reader(name: str) -> Callable[[Reader], Reader]:
    """Register a reader: called with raw file paths by name and the dataset's `target`, `group` and `origin`."""

    def register(function: Reader) -> Reader:
        READERS[name] = function
        return function

    return register


def read_table(
    raw: list[Path],
    reader: str,
    target: str | None = None,
    group: str | None = None,
    drop: list[str] | None = None,
    origin: str | None = None,
) -> Table:
    """Read the raw files with the reader of that name, and leave the feature columns in `drop` out.

    Raises GoodinitError (unknown reader, unusable file, no such column).
    """
    if reader not in READERS:
        raise GoodinitError(f"unknown reader {reader!r}; choose one of {', '.join(sorted(READERS))} in the config")
    table = READERS[reader]({path.name: path for path in raw}, target=target, group=group, origin=origin)
    unknown = [column for column in drop or [] if column not in table.features]
    if unknown:
        raise GoodinitError(
            f"no column {unknown[0]!r} to drop; set `drop` to some of: {', '.join(map(str, table.features))}"
        )
    if not drop:
        return table
    if len(drop) == table.features.shape[1]:
        raise GoodinitError("`drop` leaves no feature; take a column off that list")
    left_out = f"{table.origin}; columns left out: {', '.join(drop)}"
    return replace(table, features=table.features.drop(columns=drop), origin=left_out)


def _file(raw: dict[str, Path], name: str) -> Path:
    if name not in raw:
        raise GoodinitError(f"this reader needs a raw file {name}, not {', '.join(raw)}; correct `raw` in the config")
    return raw[name]


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
    fielding = pd.read_csv(_file(raw, "Fielding.csv"), usecols=[*STINT, "POS", *FIELDING])
    batting = pd.read_csv(_file(raw, "Batting.csv"), usecols=[*STINT, *BATTING]).rename(columns={"G": "G_batting"})
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
        test=None,
        origin=(
            "Baseball Databank 2021.2, Chadwick Baseball Bureau, CC BY-SA 3.0: fielding rows 1961-2020 complete in "
            f"{' '.join(FIELDING)}, joined with the batting line of the same player, year, stint and team; "
            "columns PB WP SB CS ZR of Fielding left out (filled in for some positions only)"
        ),
    )


@reader("csv")
def read_csv(raw: dict[str, Path], target: str | None = None, group: str | None = None, **_: object) -> Table:
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
        test=None,
        origin=f"{path.name}, given by the user; {lost} rows without a target left out",
    )


@reader("keel")
def read_keel(
    raw: dict[str, Path], target: str | None = None, group: str | None = None, origin: str | None = None
) -> Table:
    """A KEEL .dat file: `@attribute name type` lines, then comma-separated rows after `@data`; missing is <null> or ?.

    Attributes with a range are numeric, those with a set of levels nominal (Alcalá-Fdez et al. 2011).
    """
    (path,) = raw.values()
    head, found, body = path.read_text().partition("@data\n")
    declared = [line.split(maxsplit=2)[1:] for line in head.splitlines() if line.startswith("@attribute")]
    names = [name for name, _ in declared]
    for role, column in {"target": target, "group": group}.items():
        if not found or (column not in names and not (role == "group" and column is None)):
            raise GoodinitError(
                f"{path.name} is no KEEL file with an attribute {column!r}; set `{role}` to one of: {', '.join(names)}"
            )
    rows = pd.read_csv(StringIO(body), names=names, skipinitialspace=True, dtype=str, na_values=["<null>", "?"])
    numeric = [name for name, kind in declared if not kind.startswith("{") and name != target]
    typed = {name: column.astype("float64" if name in numeric else "category") for name, column in rows.items()}
    labels, groups = typed.pop(target), typed.pop(group) if group else None
    return Table(pd.DataFrame(typed), labels, groups, test=None, origin=origin or path.name)


@reader("satimage")
def read_satimage(raw: dict[str, Path], origin: str | None = None, **_: object) -> Table:
    """The Statlog Landsat files as UCI gives them: 36 pixel values and a class per line, separated by spaces.

    The rows of sat.tst.txt are the test part: the documentation forbids another split (Srinivasan 1993).
    """
    train, test = (pd.read_csv(_file(raw, name), sep=r"\s+", header=None) for name in ("sat.trn.txt", "sat.tst.txt"))
    rows = pd.concat([train, test], ignore_index=True)
    pixels = rows.iloc[:, :-1].astype("float64").set_axis([f"pixel {place}" for place in range(1, 37)], axis=1)
    return Table(
        features=pixels,
        target=rows.iloc[:, -1].rename("class").astype("category"),
        group=None,
        test=np.arange(len(rows)) >= len(train),
        origin=origin or "sat.trn.txt, sat.tst.txt",
    )
