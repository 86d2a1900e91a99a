"""How much memory it takes at most to make arrays of raw files, in MB; `make growth` measures the factors."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from goodinit.data.readers import Table, read_table
from goodinit.memory import LIBRARIES, MB, require

RAW, CELL = 8, 30  # bytes that a byte of a text file takes, as it may be of short words; and a cell more, as a number
ENCODED = 30  # bytes of an encoded cell: as float64, scaled, and of the training rows again
SEPARATORS = b",;\t| \n"
CHUNK = 1 << 24  # bytes read at once
WAY_OUT = "give it fewer rows or columns"


def read_within(memory: int, raw: list[Path], reading: dict[str, Any]) -> Table:
    """The table that read_table makes of the raw files, its other arguments being `reading`. Raises GoodinitError as
    that, and where to read them, or then to encode and scale it, could take more than `memory` MB."""
    names = ", ".join(path.name for path in raw)
    require(estimate_parsing(raw), memory, f"reading {names}", WAY_OUT)
    table = read_table(raw, **reading)
    columns = count_columns(table.features)
    what = f"preparing {names}, {len(table.target):,} rows in {columns:,} columns"
    require(estimate_encoding(len(table.target), columns), memory, what, WAY_OUT)
    return table


def estimate_parsing(raw: Iterable[Path]) -> float:
    """MB that parsing takes at most of text files, cells being what stands between SEPARATORS. What a Parquet file
    holds, its bytes do not tell."""
    return LIBRARIES + sum(map(_parsing_bytes, raw)) / MB


def estimate_encoding(rows: int, columns: int) -> float:
    """MB that it takes at most to encode so many cells, scale them and write them."""
    return LIBRARIES + ENCODED * rows * columns / MB


def count_columns(features: pd.DataFrame) -> int:
    """How many columns at most the features are encoded to."""
    return sum(_count_columns(column) for _, column in features.items())


def _count_columns(column: pd.Series) -> int:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return len(column.cat.categories)
    of_date = 3 if pd.api.types.is_datetime64_any_dtype(column) else 1
    return of_date + int(column.hasnans)


def _parsing_bytes(path: Path) -> int:
    cells = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            cells += len(chunk) - len(chunk.translate(None, SEPARATORS))
    return RAW * path.stat().st_size + CELL * cells
