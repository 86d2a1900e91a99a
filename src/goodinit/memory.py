"""The bound on a job's memory, the config's `memory`: what its sizes say that it can take is refused before it begins.

Megabytes are of 10^6 bytes, as Snakemake's `mem_mb`.
"""

from goodinit import GoodinitError

MB = 1_000_000
LIBRARIES = 420  # MB of a process with all of them loaded, as the forks of a workflow have


def require(needed: float, memory: int, what: str, way_out: str) -> None:
    """Raises GoodinitError where something can take more MB than it may."""
    if needed > memory:
        raise GoodinitError(
            f"{what} can take {needed:,.0f} MB, more than `memory` allows, {memory:,}; {way_out}, or raise `memory` in "
            "the config"
        )
