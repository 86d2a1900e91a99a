"""Files that are results: written whole or not at all, and known by their hash."""

import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from goodinit import GoodinitError

if TYPE_CHECKING:
    import pandas as pd

DIGITS = 10  # significant: the last ones of a float64 depend on the machine's BLAS and libm where statistics use them


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` beside `path`, then rename: a reader sees the old file or the whole new one, never half of one.

    Raises GoodinitError where the disk refuses (full, read-only); nothing is left behind and an old file stays.
    """
    aside = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        raise GoodinitError(
            f"cannot write {path}: {error.strerror or error}; make room or choose another place, then run again"
        ) from error


def write_csv(path: Path, table: "pd.DataFrame") -> None:
    """Write a table without its index, whole, numbers with DIGITS digits. Raises GoodinitError as write_whole."""
    write_whole(path, table.to_csv(index=False, float_format=f"%.{DIGITS}g").encode())


def write_json(path: Path, content: object) -> None:
    """Write content as indented JSON, whole, numbers with DIGITS digits. Raises GoodinitError as write_whole."""
    rounded = json.loads(json.dumps(content), parse_float=lambda number: float(f"{float(number):.{DIGITS}g}"))
    write_whole(path, (json.dumps(rounded, indent=1, ensure_ascii=False) + "\n").encode())


def sha256(*paths: Path) -> str:
    """Hex SHA-256 over the contents of `paths`, in the order given."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()
