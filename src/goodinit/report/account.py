"""With what, where and at what cost results were computed: what changes from machine to machine and run to run."""

import csv
import os
import platform
import re
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from goodinit import __version__
from goodinit.report.tex import code, escape, tabular

PACKAGES = ("torch", "numpy", "scipy", "numba", "pandas", "xarray", "matplotlib", "seaborn", "snakemake")


def versions() -> dict[str, str]:
    """Versions of goodinit, Python and PACKAGES."""
    own = {"goodinit": __version__, "python": platform.python_version()}
    return own | {package: version(package) for package in PACKAGES}


def describe_run(benchmarks: Path, project: Path, device: str) -> dict[str, Any]:
    """What a result was computed with, and what changes from run to run: commit (None outside a repository) and
    whether the tree was clean, hardware, the `device` of the config, and by rule the number of jobs, their wall time
    (s) and the largest peak memory (MB), from the files that Snakemake's `benchmark:` writes and the logs beside their
    folder, in which a job that is a fork says its own."""
    rules: dict[str, list[tuple[float, float]]] = {}
    for path in sorted(benchmarks.rglob("*.tsv")):
        place = path.relative_to(benchmarks)
        cost = _cost(path, benchmarks.with_name("logs") / place.with_suffix(".log"))
        rules.setdefault(place.parts[0].removesuffix(".tsv"), []).append(cost)
    return {
        "commit": _git(project, "rev-parse", "HEAD"),
        "clean": _git(project, "status", "--porcelain") == "",
        "versions": versions(),
        "system": platform.platform(),
        "processor": _processor(),
        "device": device,
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "rules": {
            rule: {
                "jobs": len(jobs),
                "wall_s": round(sum(seconds for seconds, _ in jobs), 1),
                "peak_memory_mb": round(max(memory for _, memory in jobs), 1),
            }
            for rule, jobs in sorted(rules.items())
        },
    }


def write_account(described: Mapping[str, Any]) -> bytes:
    """What describe_run found as TeX, for a report with `provenance: full`: commit, machine, and each rule's cost."""
    state = "clean" if described["clean"] else "with changes that are not committed"
    commit = f"Commit {code(described['commit'])}, {state}." if described["commit"] else "Outside a repository."
    machine = (
        f"{described['processor']}, {described['cores']} cores, {described['memory_gb']} GB, {described['system']}."
    )
    costs = (
        [code(rule), str(cost["jobs"]), f"{cost['wall_s']:.1f}", f"{cost['peak_memory_mb']:.0f}"]
        for rule, cost in described["rules"].items()
    )
    table = tabular("lrrr", [["rule", "jobs", "wall time (s)", "peak memory (MB)"]], costs)
    return f"{commit}\n{escape(machine)}\n\n\\medskip\\noindent\n{table}".encode()


def _cost(benchmark: Path, log: Path) -> tuple[float, float]:
    """Wall time (s) and peak memory (MB) of a job; of one too short to be seen, no memory."""
    with benchmark.open() as file:
        (row,) = csv.DictReader(file, delimiter="\t")
    seen = [row["max_rss"], *re.findall(r"^peak memory: (\d+) MB$", log.read_text(errors="replace"), re.MULTILINE)]
    return float(row["s"]), max((float(memory) for memory in seen if memory not in ("-", "NA")), default=0.0)


def _git(project: Path, *words: str) -> str | None:
    try:
        run = subprocess.run(["git", "-C", str(project), *words], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return run.stdout.strip()


def _processor() -> str:
    """The processor's name, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
