from pathlib import Path
from typing import Any

from goodinit import files
from goodinit.data import preparation
from goodinit.data.size import read_within
from goodinit.places import Input, Output, Param, Resource


def describe(
    raw: Input[list[Path]],
    reading: Param[dict[str, Any]],
    train_rows: Param[int],
    valid_rows: Param[int],
    split: Param[int],
    mem_mb: Resource,
    output: Output[Path],
) -> None:
    """Make a dataset card.

    reading: the arguments of `read_table`: reader, target, drop, …; split: the number of the draw of its parts.
    """
    table = read_within(mem_mb, raw, reading)
    hashes = {path.name: files.sha256(path) for path in raw}
    files.write_json(output, preparation.describe(table, train_rows, valid_rows, hashes, split))
