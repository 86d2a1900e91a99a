"""From raw files to a typed table: one reader per kind of raw data, registered by name.

To add a dataset of another format, write a reader here; a CSV needs none (reader `csv` in the config).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from io import StringIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from goodinit import GoodinitError, suggest
from goodinit.arrays import Flags
from goodinit.data.columns import spell, tell, treat
from goodinit.data.parsing import parse

CLASSES = 100  # a target with more is a number or a name
TARGET, GROUP, DROPPED = "target", "group: its rows stay in one part of the split", "left out: named in `drop`"


@dataclass(frozen=True)
class Table:
    """Rows of one dataset, index 0 … rows-1.

    features: numeric columns (float64, NaN = missing), 0/1 columns (bool), nominal columns (pandas `category`) and
    dates (datetime64).
    target: class labels, `category`; classes in the order that codes them 0 … c-1.
    group: one value per row whose rows must stay in one part of the split, or None.
    test: the rows (bool) that the data's own documentation sets aside for testing, or None.
    origin: what the dataset card says of where the rows come from and what was left out.
    columns: what was done to each column of the file, features or not, in words; in its order.
    """

    features: pd.DataFrame
    target: pd.Series
    group: pd.Series | None
    test: Flags | None
    origin: str
    columns: dict[str, str] = field(default_factory=dict)


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
    one part of the split. Raises GoodinitError (unknown reader, unusable file, no such column, a class without rows,
    more than CLASSES of them).
    """
    if reader not in READERS:
        raise GoodinitError(f"unknown reader {reader!r}; choose one of {', '.join(sorted(READERS))} in the config")
    raw_by_name = {path.name: path for path in raw}
    table = READERS[reader](raw_by_name, target=target, group=group, origin=origin, columns=columns)
    if not table.columns:
        table = replace(table, columns=_tell_columns(table))
    if drop:
        table = _drop(table, drop)
    if bins or quantiles:
        table = _bin(table, bins, quantiles)
    if group_duplicates:
        equal = table.features.groupby(list(table.features), dropna=False, observed=True, sort=False)
        table = replace(table, group=equal.ngroup().rename("equal features"))
    _require_classes(table.target)
    return table


def _tell_columns(table: Table) -> dict[str, str]:
    """What is done to each column that a reader read."""
    roles = {table.target.name: TARGET} | ({} if table.group is None else {table.group.name: GROUP})
    told = {name: tell(column) for name, column in table.features.items()} | roles
    return {str(name): done for name, done in told.items()}


def _drop(table: Table, columns: list[str]) -> Table:
    known = [name for name, done in table.columns.items() if done not in (TARGET, GROUP)]
    unknown = [column for column in columns if column not in known]
    if unknown:
        raise GoodinitError(f"no column {unknown[0]!r} to drop; set `drop` to some of: {', '.join(known)}")
    features = table.features.drop(columns=columns, errors="ignore")
    if features.empty:
        raise GoodinitError("`drop` leaves no feature; take a column off that list")
    left_out = f"{table.origin}; columns left out: {', '.join(columns)}"
    return replace(table, features=features, origin=left_out, columns=table.columns | dict.fromkeys(columns, DROPPED))


def _require_classes(target: pd.Series) -> None:
    values = target.nunique()
    if values > CLASSES:
        raise GoodinitError(
            f"target {target.name!r} has {values:,} different values, more than {CLASSES} classes: if it is a number "
            "to predict, cut it into a few classes (fifths, say) in a column of its own and name that"
        )


def _bin(table: Table, bins: list[float] | None, quantiles: int | None) -> Table:
    """Intervals of a numeric target as classes, closed on the right and in ascending order: up to each of `bins`, or
    between `quantiles` of all rows (equal values stay together, so sizes differ where there are many)."""
    values = pd.to_numeric(table.target.astype(object), errors="coerce").to_numpy("float64")
    if not np.isfinite(values).all():
        text = table.target[~np.isfinite(values)].iloc[0]
        raise GoodinitError(
            f"target {table.target.name!r} has a value {str(text)!r}, no finite number; take `bins` and "
            "`quantiles` off the dataset"
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
    told = table.columns | {str(binned.name): f"{TARGET}, cut into {len(classes)} classes"}
    origin = f"{table.origin}; classes: {table.target.name} in {' '.join(classes)}"
    return replace(table, target=binned, origin=origin, columns=told)


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
    """A user's own table: a CSV or a Parquet file, one row per example.

    `columns` names those of a text file without a header. Missing is an empty field, ?, NA and the like; what is no
    feature is left out (see `columns.treat`), and rows without a target are; `group` keeps its rows in one part of the
    split.
    """
    (path,) = raw.values()
    rows, encoding = parse(path, columns)
    roles = {target: TARGET} | ({group: GROUP} if group is not None else {})
    for column, role in roles.items():
        _require_column(rows, column, role.split(":")[0], path.name)
    if group == target:
        raise GoodinitError(f"column {group!r} cannot be target and group at once; correct one of the two")
    labels = spell(rows[target])
    labelled = rows[labels.notna()].reset_index(drop=True)
    treated = {str(name): treat(column) for name, column in labelled.items() if name not in roles}
    features = {name: one.values for name, one in treated.items() if one.values is not None}
    told = {name: one.done for name, one in treated.items()} | {str(name): role for name, role in roles.items()}
    if labelled.empty or not features:
        left = "".join(f"; {name}: {one.done}" for name, one in treated.items()) if len(labelled) else ""
        raise GoodinitError(f"{path.name} has no rows with a target and at least one feature{left}; check the file")
    lost = len(rows) - len(labelled)
    notes = [f"read as {encoding}" if encoding else "", f"{lost} rows without a target left out" if lost else ""]
    return Table(
        features=pd.DataFrame(features),
        target=labels.dropna().reset_index(drop=True).astype("category"),
        group=None if group is None else spell(labelled[group]),
        test=None,
        origin="; ".join(filter(None, [origin or f"{path.name}, given by the user", *notes])),
        columns={str(name): told[str(name)] for name in rows},
    )


def _require_column(rows: pd.DataFrame, column: str | None, role: str, file: str) -> None:
    if column not in rows:
        raise GoodinitError(f"{file} has no {role} column {column!r}; {suggest(column, rows)}")
    if f"{column} (2)" in rows:
        raise GoodinitError(f"{file} has two columns {column!r}, so which is the {role}? rename one of them")


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
