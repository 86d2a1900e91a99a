"""From raw files to a typed table: one reader per kind of raw data, registered by name.

To add a dataset of another format, write a reader here; a CSV needs none (reader `csv` in the config).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from io import StringIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from goodinit import GoodinitError, suggest
from goodinit.arrays import Flags


@dataclass(frozen=True)
class Table:
    """Rows of one dataset, index 0 … rows-1.

    features: numeric columns (float64, NaN = missing), 0/1 columns (bool) and nominal columns (pandas `category`).
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
    """Register a reader: called with raw file paths by name and a dataset's `target`, `group`, `origin`, `columns`."""

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
    columns: list[str] | None = None,
    bins: list[float] | None = None,
    quantiles: int | None = None,
    group_duplicates: bool = False,
) -> Table:
    """Read the raw files with the reader of that name, and leave the feature columns in `drop` out.

    columns: names for a CSV without a header. bins: largest value of each class of a numeric target but the last;
    quantiles: into so many classes of about the same size instead. group_duplicates: rows with equal features stay in
    one part of the split. Raises GoodinitError (unknown reader, unusable file, no such column, a class without rows).
    """
    if reader not in READERS:
        raise GoodinitError(f"unknown reader {reader!r}; choose one of {', '.join(sorted(READERS))} in the config")
    raw_by_name = {path.name: path for path in raw}
    table = READERS[reader](raw_by_name, target=target, group=group, origin=origin, columns=columns)
    if drop:
        table = _drop(table, drop)
    if bins or quantiles:
        table = _bin(table, bins, quantiles)
    if group_duplicates:
        equal = table.features.groupby(list(table.features), dropna=False, observed=True, sort=False)
        table = replace(table, group=equal.ngroup().rename("equal features"))
    return table


def _drop(table: Table, columns: list[str]) -> Table:
    unknown = [column for column in columns if column not in table.features]
    if unknown:
        raise GoodinitError(
            f"no column {unknown[0]!r} to drop; set `drop` to some of: {', '.join(map(str, table.features))}"
        )
    if len(columns) == table.features.shape[1]:
        raise GoodinitError("`drop` leaves no feature; take a column off that list")
    left_out = f"{table.origin}; columns left out: {', '.join(columns)}"
    return replace(table, features=table.features.drop(columns=columns), origin=left_out)


def _bin(table: Table, bins: list[float] | None, quantiles: int | None) -> Table:
    """Intervals of a numeric target as classes, closed on the right and in ascending order: up to each of `bins`, or
    between `quantiles` of all rows (equal values stay together, so sizes differ where there are many)."""
    values = pd.to_numeric(table.target.astype(object), errors="coerce").to_numpy("float64")
    if np.isnan(values).any():
        text = table.target[np.isnan(values)].iloc[0]
        raise GoodinitError(
            f"target {table.target.name!r} has a value {text!r}, no number; take `bins` and `quantiles` off the dataset"
        )
    if quantiles:
        bins = np.quantile(values, np.arange(1, quantiles) / quantiles, method="inverted_cdf").tolist()
    ends = sorted(bins or [])
    shown = [str(end).removesuffix(".0") for end in ends]
    classes = [f"({low}, {high}]" for low, high in pairwise(["-inf", *shown, "inf"])]
    codes = np.searchsorted(ends, values)
    empty = sorted(set(range(len(classes))) - set(codes))
    if empty:
        way_out = "too many values are equal: set `bins`, or fewer `quantiles`" if quantiles else "correct `bins`"
        raise GoodinitError(f"class {classes[empty[0]]} of target {table.target.name!r} has no rows; {way_out}")
    binned = pd.Series(pd.Categorical(np.array(classes)[codes], classes), name=table.target.name)
    return replace(table, target=binned, origin=f"{table.origin}; classes: {table.target.name} in {' '.join(classes)}")


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
def read_csv(
    raw: dict[str, Path],
    target: str | None = None,
    group: str | None = None,
    origin: str | None = None,
    columns: list[str] | None = None,
) -> Table:
    """A user's own table: a header line, one row per example; comma, semicolon, tab or bar between columns.

    `columns` names those of a file without a header. Missing is an empty field or ?; text columns become nominal; rows
    without a target are left out; `group` keeps its rows in one part of the split.
    """
    (path,) = raw.values()
    try:
        with path.open(encoding="utf-8") as file:
            first = file.readline()
        delimiter, header = max(",;\t|", key=first.count), 0 if columns is None else None
        rows = pd.read_csv(path, sep=delimiter, header=header, skipinitialspace=True, na_values="?")
    except OSError as error:
        raise GoodinitError(f"cannot read {path}: {error.strerror}; correct the path") from error
    except ValueError as error:  # of pandas and of UTF-8
        reason = " ".join(str(error).split())
        raise GoodinitError(f"{path.name} is not a readable CSV ({reason}); save it as UTF-8 with a header") from error
    if columns is not None:
        if len(columns) != rows.shape[1]:
            raise GoodinitError(f"{path.name} has {rows.shape[1]} columns; set `columns` to as many names")
        rows.columns = pd.Index(columns)
    for role, column in {"target": target, "group": group}.items():
        if column not in rows.columns and not (role == "group" and column is None):
            raise GoodinitError(f"{path.name} has no {role} column {column!r}; {suggest(column, rows)}")
    labelled = rows.dropna(subset=[target]).reset_index(drop=True)
    features = labelled.drop(columns=[column for column in (target, group) if column is not None])
    if features.empty:
        raise GoodinitError(f"{path.name} has no rows with a target and at least one feature; check the file")
    numeric = features.select_dtypes(["number", "bool"]).columns
    typed = {name: column.astype("float64" if name in numeric else "category") for name, column in features.items()}
    lost = len(rows) - len(labelled)
    origin = origin or f"{path.name}, given by the user"
    return Table(
        features=pd.DataFrame(typed).replace([np.inf, -np.inf], np.nan),
        target=labelled[target].astype("category"),
        group=labelled[group] if group is not None else None,
        test=None,
        origin=f"{origin}; {lost} rows without a target left out" if lost else origin,
    )


@reader("keel")
def read_keel(
    raw: dict[str, Path],
    target: str | None = None,
    group: str | None = None,
    origin: str | None = None,
    **_: object,
) -> Table:
    """A KEEL .dat file: `@attribute name type` lines, then comma-separated rows after `@data`; missing is <null> or ?.

    Attributes with a set of levels are nominal, others numeric (Alcalá-Fdez et al. 2011); ARFF files look the same.
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


@reader("agnostic")
def read_agnostic(raw: dict[str, Path], origin: str | None = None, **_: object) -> Table:
    """The files of the Agnostic Learning vs. Prior Knowledge challenge: numbers without names, separated by spaces, in
    a .data file, and the class of each row in a .labels file (Guyon et al. 2007)."""
    by_suffix = {path.suffix: path for path in raw.values()}
    for suffix in (".data", ".labels"):
        if suffix not in by_suffix:
            raise GoodinitError(f"this reader needs a raw file *{suffix}, not {', '.join(raw)}; correct `raw`")
    numbers, labels = (pd.read_csv(by_suffix[suffix], sep=r"\s+", header=None) for suffix in (".data", ".labels"))
    if len(numbers) != len(labels):
        raise GoodinitError(f"{', '.join(raw)}: {len(numbers)} rows but {len(labels)} labels; correct `raw`")
    numbers.columns = pd.Index([f"feature {place}" for place in range(1, numbers.shape[1] + 1)])
    typed = {
        name: column.astype("bool" if column.isin([0, 1]).all() else "float64") for name, column in numbers.items()
    }
    return Table(
        features=pd.DataFrame(typed),
        target=labels.iloc[:, 0].rename("class").astype("category"),
        group=None,
        test=None,
        origin=origin or ", ".join(raw),
    )
