"""What becomes of each column of a user's own table, and how that is told: numbers, dates, levels, or left out."""

import re
import warnings
from collections.abc import Iterable, Iterator
from itertools import chain
from itertools import count as numbers
from typing import NamedTuple

import numpy as np
import pandas as pd
from pandas.tseries.api import guess_datetime_format

FEW = 10  # levels: text with no more is nominal, whatever it says
ROWS_PER_LEVEL = 20  # text with fewer, on average, names its rows; in larger tables a level with fewer is rare
MOST_LEVELS = 50  # of a column; the commonest are kept
LARGEST = float(np.finfo(np.float32).max)  # what nets can be given
OTHERS = "any other"  # the level of all rare ones
TIME = r"\d{1,2}:\d\d(?::\d\d)?"
CODE = re.compile(r"%[A-Za-z]")
IN_WORDS = {"%Y": "year", "%y": "year", "%m": "month", "%d": "day", "%H": "hour", "%M": "minute", "%S": "second"}
THOUSANDS = r"[+-]?(?:\d+|[1-9]\d{0,2}(?:,\d{3})+)(?:\.\d+)?"
DECIMAL_COMMAS = r"[+-]?(?:\d+|[1-9]\d{0,2}(?:\.\d{3})+)(?:,\d+)?"


class Treated(NamedTuple):
    """values: of a feature, float64, bool, `category` or datetime64, None for a column that is left out; done: what was
    done to the column, in words."""

    values: pd.Series | None
    done: str


def spell(column: pd.Series) -> pd.Series:
    """Text with single blanks and no others, missing where nothing is left; numbers, dates and truth values as they
    are."""
    if column.dtype != object and not isinstance(column.dtype, pd.CategoricalDtype | pd.StringDtype):
        return column
    plain = column.astype(object).map(lambda value: " ".join(str(value).split()), na_action="ignore")
    return plain.replace("", np.nan)


def treat(column: pd.Series) -> Treated:
    """What a column of any type becomes, and why one is left out that nets could not learn from, or learn by heart."""
    column = spell(column)
    present = column.dropna()
    if present.empty:
        return Treated(None, "left out: empty")
    if len(present) == len(column) and present.nunique() == 1:
        return Treated(None, "left out: constant")
    if column.dtype == object:
        return _treat_text(column)
    if pd.api.types.is_datetime64_any_dtype(column):
        return _finish(column.dt.tz_localize(None))
    if pd.api.types.is_timedelta64_dtype(column):
        return _treat_numbers(column.dt.total_seconds(), "in seconds")
    if pd.api.types.is_bool_dtype(column):
        return (
            _finish(column.astype(bool)) if len(present) == len(column) else _treat_text(spell(column.astype(object)))
        )
    return _treat_numbers(column.astype("float64"))


def tell(column: pd.Series) -> str:
    """What preparation does to a feature, float64, bool, `category` or datetime64, in words."""
    gaps = int(column.isna().sum())
    if column.dtype == bool:
        return "a 0/1 column"
    if isinstance(column.dtype, pd.CategoricalDtype):
        blank = f", {count(gaps, 'gap')} 0 in all of them" if gaps else ""
        return f"a 0/1 column for each of {count(column.nunique(), 'level')}{blank}"
    dated = pd.api.types.is_datetime64_any_dtype(column)
    kind = "a date: days, hour of the day and day of the week, of these what varies, scaled" if dated else "scaled"
    filled = f", {count(gaps, 'gap')} filled with the median and marked by a 0/1 column" if gaps else ""
    return f"{kind}{filled}"


def tell_apart(names: Iterable[str]) -> list[str]:
    """The names, with a number after those that others before them have: a, a (2), a (3)."""
    told: dict[str, None] = {}
    for name in names:
        spelled = chain([name], (f"{name} ({number})" for number in numbers(2)))
        told[next(one for one in spelled if one not in told)] = None
    return list(told)


def count(number: int, noun: str) -> str:
    """A number with its noun, in the plural but for one."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _finish(values: pd.Series, *notes: str) -> Treated:
    return Treated(values, ", ".join([tell(values), *filter(None, notes)]))


def _treat_numbers(given: pd.Series, *notes: str) -> Treated:
    beyond = given.abs() > LARGEST
    finite = given.mask(beyond)
    values = finite.dropna().to_numpy()
    if not len(values):
        return Treated(None, f"left out: all numbers are infinite or beyond {LARGEST:.2g}")
    if len(values) == len(given) > 2 and (np.diff(values) == 1).all():
        return Treated(None, "left out: numbers the rows")
    if np.ptp(values) > 0 and values.std() == 0:
        return Treated(None, f"left out: differs by {np.ptp(values):.1g} only")
    lost = int(beyond.sum())
    return _finish(finite, *notes, f"{count(lost, 'number')} beyond {LARGEST:.2g} made gaps" if lost else "")


def _treat_text(text: pd.Series) -> Treated:
    """Numbers or dates where all levels are some (of many levels, most); else nominal; else left out."""
    levels = pd.Series(text.dropna().unique(), dtype=object)
    read, note = max(_read_levels(levels), key=lambda reading: int(reading[0].notna().sum()))
    unread = levels[read.isna()]
    if unread.empty or (len(levels) > FEW and len(unread) < len(levels) / 2):
        values = text.map(dict(zip(levels, read, strict=True))).astype(read.dtype)
        words = int(text.isin(unread).sum())
        lost = f"{count(words, 'text')} such as {unread.iloc[0]!r} made gaps" if words else ""
        return _treat_numbers(values, note, lost) if read.dtype == "float64" else _finish(values, note, lost)
    if len(levels) > max(FEW, len(text) / ROWS_PER_LEVEL):
        return Treated(None, f"left out: text with {len(levels):,} different values, such as {levels.iloc[0]!r}")
    return _pool(text)


def _read_levels(levels: pd.Series) -> Iterator[tuple[pd.Series, str]]:
    """Text as numbers (float64) or dates, in each way of writing them, missing where it is none; and that way."""
    yield levels.map(_read_number).astype("float64"), ""
    thousands = levels.where(levels.str.fullmatch(THOUSANDS)).str.replace(",", "")
    yield thousands.map(_read_number).astype("float64"), "commas between thousands"
    decimals = levels.where(levels.str.fullmatch(DECIMAL_COMMAS)).str.replace(".", "").str.replace(",", ".")
    yield decimals.map(_read_number).astype("float64"), "decimal commas"
    for form in _guess_forms(levels.head(FEW)):
        dates = pd.to_datetime(levels, format=form, errors="coerce", utc=True).dt.tz_convert(None)
        yield dates, f"read as {CODE.sub(lambda code: IN_WORDS.get(code[0], code[0]), form)}"


def _read_number(text: str | float) -> float:
    """NaN for what is none, and for what Python alone takes for one, as 1_000."""
    try:
        return np.nan if "_" in str(text) else float(text)
    except ValueError:
        return np.nan


def _guess_forms(texts: pd.Series) -> list[str]:
    """The ways in which some texts are written, if they are dates or times of the day; month first and day first."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a day that comes first
        forms = {guess_datetime_format(text, dayfirst=first): None for text in texts for first in (False, True)}
    if texts.str.fullmatch(TIME).any():
        forms |= {"%H:%M": None, "%H:%M:%S": None}
    return [form for form in forms if form and form != "%Y" and {"%Y", "%y", "%H", "%I"} & set(CODE.findall(form))]


def _pool(text: pd.Series) -> Treated:
    """A nominal column with its rare levels made one, if there are several."""
    rows = text.value_counts()
    rare = rows.index[(rows < min(ROWS_PER_LEVEL, len(text) / ROWS_PER_LEVEL)) | (np.arange(len(rows)) >= MOST_LEVELS)]
    if len(rare) < 2:
        return _finish(text.astype("category"))
    pooled = text.where(~text.isin(rare), OTHERS).astype("category")
    return _finish(pooled, f"{count(len(rare), 'rare level')} of them made one")
