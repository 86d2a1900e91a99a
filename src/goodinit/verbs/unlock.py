import shutil
from pathlib import Path

import psutil

from goodinit import GoodinitError

LOCKS = Path(".snakemake/locks")


def unlock() -> None:
    """Take away the lock that a killed workflow left on this folder, where none is at work in it."""
    if workflow := find_workflow(Path.cwd()):
        raise GoodinitError(
            f"a workflow is at work in {Path.cwd()}; wait for it, or stop it with `kill {workflow}` and start again"
        )
    if LOCKS.exists():
        shutil.rmtree(LOCKS)


def find_workflow(folder: Path) -> int | None:
    """The process of a Snakemake that works in the folder, on this machine."""
    for process in psutil.process_iter(["cwd", "cmdline"]):
        words = [Path(word).name for word in (process.info["cmdline"] or [])[:3]]  # snakemake, python -m snakemake
        if "snakemake" in words and process.info["cwd"] == str(folder):
            return int(process.pid)
    return None
