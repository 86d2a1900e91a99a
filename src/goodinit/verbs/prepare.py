from pathlib import Path
from typing import Any

from goodinit import files
from goodinit.data import preparation
from goodinit.data.size import read_within
from goodinit.places import Input, Output, Param, Resource, Wildcard


def prepare(
    raw: Input[list[Path]],
    reading: Param[dict[str, Any]],
    train_rows: Param[int],
    valid_rows: Param[int],
    split: Param[int],
    mem_mb: Resource,
    scaling: Wildcard[str],
    output: Output[Path],
) -> None:
    """Split, encode and scale a dataset.

    reading: the arguments of `read_table`: reader, target, drop, …; split: the number of the draw of its parts.
    """
    table = read_within(mem_mb, raw, reading)
    files.write_whole(output, preparation.prepare(table, scaling, train_rows, valid_rows, split))
