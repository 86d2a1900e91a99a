"""A user's file as rows and columns: text, whose encoding and delimiter are found, or Parquet."""

import codecs
import csv
import io
import warnings
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from goodinit import GoodinitError
from goodinit.data.columns import tell_apart

DELIMITERS = ",;\t|"
GAPS = ["", "?", "NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL"]  # and not None, which may be the name of a class
PARQUET = b"PAR1"
NO_TABLES = {
    b"PK\x03\x04": "a zip archive or a spreadsheet",
    b"\xd0\xcf\x11\xe0": "a spreadsheet",
    b"\x1f\x8b": "a gzip archive",
}
HEAD = 100  # lines that tell the delimiter


def parse(path: Path, columns: list[str] | None = None) -> tuple[pd.DataFrame, str]:
    """The rows of a file, each column of the type that it has there, float64 for numbers and str for text where the
    file does not say; and the encoding, where that is not UTF-8.

    columns: names for a text file without a header. Names have single blanks and no others; one without is called
    "column 3" by its place, the second of a name "name (2)". Raises GoodinitError, which says what is wrong.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise GoodinitError(f"cannot read {path}: {error.strerror}; correct the path") from error
    if content.startswith(PARQUET):
        return _read_parquet(path), ""
    for start, kind in NO_TABLES.items():
        if content.startswith(start):
            raise GoodinitError(f"{path.name} is {kind}; take the table out of it, as a CSV")
    head, encoding = _decode(content, path.name)
    try:
        return _read_text(content, head, encoding, path.name, columns), encoding.removeprefix("utf-8-sig")
    except (ValueError, csv.Error, pd.errors.ParserWarning) as error:
        reason = " ".join(str(error).split())
        raise GoodinitError(f"{path.name} is not a readable CSV ({reason}); correct it, or save it anew") from error


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise GoodinitError(
            f"{path.name} is a Parquet file; install what reads it (python -m pip install pyarrow), or save it as a CSV"
        ) from error
    try:
        rows: pd.DataFrame = pyarrow.parquet.read_table(path).to_pandas(ignore_metadata=True)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise GoodinitError(f"{path.name} is not a readable Parquet file ({reason}); save it anew") from error
    return rows.set_axis(_name_columns(rows.columns), axis=1)


def _decode(content: bytes, name: str) -> tuple[str, str]:
    """The first HEAD lines, and how the text is encoded."""
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        if not text or text.isspace():
            raise GoodinitError(f"{name} is empty; save it anew")
        return "\n".join(text.split("\n", HEAD)[:HEAD]), encoding
    raise GoodinitError(f"{name} is no text in UTF-8, UTF-16 or cp1252; save it as a CSV in UTF-8")


def _read_text(content: bytes, head: str, encoding: str, name: str, columns: list[str] | None) -> pd.DataFrame:
    """Raises GoodinitError, and ValueError and csv.Error where the text is no CSV."""
    delimiter = _find_delimiter(head)
    first = next(row for row in csv.reader(io.StringIO(head), delimiter=delimiter, skipinitialspace=True) if row)
    if columns is not None and len(columns) != len(first):
        raise GoodinitError(f"{name} has {len(first)} columns; set `columns` to as many names")
    if len(first) == 1:
        raise GoodinitError(f"{name} has one column; put a comma, semicolon, tab or bar between columns")
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # rows with more fields than the header
        return pd.read_csv(
            io.BytesIO(content), encoding=encoding, sep=delimiter, names=_name_columns(columns or first),
            header=None if columns else 0, index_col=False, skipinitialspace=True, keep_default_na=False,
            na_values=GAPS, low_memory=False,
        )  # fmt: skip


def _find_delimiter(head: str) -> str:
    """That by which most of the first lines have as many fields as the very first; of these the one with more."""

    def count_alike(delimiter: str) -> tuple[int, int]:
        lines = csv.reader(io.StringIO(head), delimiter=delimiter, skipinitialspace=True)
        widths = [len(row) for row in lines if row]
        return (widths.count(widths[0]), widths[0]) if widths[0] > 1 else (0, 1)

    return max(DELIMITERS, key=count_alike)


def _name_columns(given: Iterable[object]) -> list[str]:
    """Each with single blanks, none empty, none twice."""
    return tell_apart(" ".join(str(name).split()) or f"column {place}" for place, name in enumerate(given, 1))
