"""How time and memory grow, one axis at a time: rows, features, classes, nets and steps of a job, seeds of a study.

`make growth` prints the tables. Each point is a process of its own, a verb as its rule runs it, or Snakemake; its peak
memory and processor time are the kernel's. The table is made up, every HEAD rows the same, so that it is quickly
written, and all its rows are used. Jobs record everything, over few steps.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import IO, NamedTuple

import h5py
import numpy as np
import psutil

PROJECT = Path(__file__).parents[1]
READING = '{"reader": "csv", "target": "label"}'
HEAD = 100
MOST = 100_000  # MB that a job may take here


class Cost(NamedTuple):
    """Seconds by the clock and of the processor, and peak memory in MB of 10^6 bytes."""

    clock: float
    processor: float
    memory: float

    def __str__(self) -> str:
        return f"{self.clock:7.1f} {self.processor:7.1f} {self.memory:10.0f}"


@dataclass(frozen=True)
class Size:
    """Of a table, and of a job that trains on it."""

    rows: int = 10_000
    features: int = 24
    classes: int = 7
    nets: int = 10
    steps: int = 460


AXES = {
    "rows": (100, 1_000, 10_000, 100_000, 1_000_000),
    "features": (5, 24, 200, 2_000),
    "classes": (2, 7, 50, 100),
    "nets": (1, 10, 100),
    "steps": (46, 460, 3_680),
}
OF_TABLE = {"rows", "features", "classes"}  # what preparing depends on
SEEDS = (10, 100, 1_000)
JOBS = (10, 100, 300)
COLUMNS = "clock s   cpu s  memory MB"


def main() -> None:
    """Print every table."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        write_table(Path("table.csv"), Size())
        prepare(Size())
        train(Size(steps=46))  # compiles what was never compiled here
        for axis, values in AXES.items():
            grow(axis, values)
        read()
        plan()
        work()


def grow(axis: str, values: Iterable[int]) -> None:
    """Jobs along one axis, all else as in Size."""
    print(f"{axis:>9}  job      {COLUMNS}")
    for value in values:
        size = replace(Size(), **{axis: value})
        write_table(Path("table.csv"), size)
        prepared, trained = prepare(size), train(size)
        if axis in OF_TABLE:
            print(f"{value:9,}  prepare  {prepared}")
        print(f"{value:9,}  train    {trained}", flush=True)
    print()


def read() -> None:
    """What reads all runs, along the seeds of six conditions: a block of ten, and copies of it with other seeds."""
    size = Size()
    write_table(Path("table.csv"), size)
    prepare(size)
    run("tabulate-shapes", "--data", "table/standardize.npz", "--output", "shapes.csv")
    run(
        "tabulate-calibration", "--data", "table/standardize.npz", "--seeds", "0-9", "--hidden-layers", 10,
        "--width", 40, "--output", "calibration.csv",
    )  # fmt: skip
    blocks = []
    for init, peak in product(("default", "kaiming-relu", "lsuv"), (0.2, 0.6)):
        blocks.append(Path(f"{init}-{peak}-0.nc"))
        train(size, "moments", init, peak, blocks[-1])
    print(f"    seeds  job      {COLUMNS}")
    for seeds in SEEDS:
        runs = [copy_of(block, number) for block in blocks for number in range(seeds // size.nets)]
        tabulated = run("tabulate", "--table", "activation-moments", "--runs", *runs, "--output", "moments.csv")
        judged = run(
            "judge", "--runs", *runs, "--dataset", "table", "--scaling", "standardize", "--control", "none",
            "--compared", "table/standardize", "--peaks", 0.2, 0.6, "--shapes", "shapes.csv",
            "--calibration", "calibration.csv", "--pruning", "--claims", "claims.csv", "--others", "others.csv",
            "--verdicts", "verdicts.csv",
        )  # fmt: skip
        print(f"{seeds:9,}  tabulate {tabulated}\n{seeds:9,}  judge    {judged}", flush=True)
    print()


def copy_of(block: Path, number: int) -> Path:
    """The run file of a block of ten seeds as one of later seeds."""
    path = block.with_name(f"{block.stem.removesuffix('-0')}-{number}.nc")
    if not path.exists():
        shutil.copy(block, path)
        with h5py.File(path, "r+") as file:
            file["seed"][:] += 10 * number
    return path


def plan() -> None:
    """Snakemake's dry run of the published study with more seeds."""
    print(f"    seeds           {COLUMNS}")
    for seeds in SEEDS:
        settings = [f"seeds={seeds}", f"memory={MOST}", f"results={Path.cwd()}/planned"]
        cost = measure(["snakemake", "--dry-run", "--quiet", "all", "--config", *settings], PROJECT)
        print(f"{seeds:9,}  plan     {cost}", flush=True)
    print()


def work() -> None:
    """Snakemake's own process while it runs many small jobs, one after the other; the jobs themselves do not count."""
    write_table(Path("table.csv"), Size())
    small = {"seed_block": 1, "steps": 46, "hidden_layers": 2, "width": 4, "peaks": [0.2], "initializers": ["default"]}
    Path("small.json").write_text(
        json.dumps(small | {"studies": {"main": {"record": "losses"}, "stability": {"enabled": False}}})
    )
    print(f"     jobs           {COLUMNS}")
    for jobs in JOBS:
        settings = [f"table={Path.cwd()}/table.csv", "target=label", f"seeds={jobs}", f"results={Path.cwd()}/{jobs}"]
        options = ["--cores", "1", "--quiet", "all", "--configfile", f"{Path.cwd()}/small.json", "--config", *settings]
        print(f"{jobs:9,}  work     {watch(['snakemake', 'runs', *options])}", flush=True)


def watch(command: list[str]) -> Cost:
    """What the process of a command takes without those that it starts, sampled."""
    start, memory = time.perf_counter(), 0.0
    with tempfile.TemporaryFile() as said:
        process = psutil.Popen(command, stdout=said, stderr=subprocess.STDOUT, cwd=PROJECT)
        while process.poll() is None:
            with process.oneshot():
                spent, memory = process.cpu_times(), max(memory, process.memory_info().rss / 1e6)
            time.sleep(0.1)
        require_success(process.returncode, said)
    return Cost(time.perf_counter() - start, spent.user + spent.system, memory)


def write_table(path: Path, size: Size) -> None:
    """A CSV of heavy-tailed numbers and random labels."""
    generator = np.random.default_rng(0)
    names = ",".join([*(f"x{place}" for place in range(size.features)), "label"])
    numbers = generator.standard_t(4, (HEAD, size.features))
    lines = "".join(
        f"{','.join(f'{number:.4g}' for number in row)},c{place % size.classes}\n" for place, row in enumerate(numbers)
    )
    with path.open("w") as file:
        file.write(f"{names}\n")
        for _ in range(size.rows // HEAD):
            file.write(lines)


def prepare(size: Size) -> Cost:
    """Read, split and scale the table."""
    return run(
        "prepare", "--raw", "table.csv", "--reading", READING, "--train-rows", size.rows, "--valid-rows", size.rows,
        "--split", 0, "--mem-mb", MOST, "--scaling", "standardize", "--output", "table/standardize.npz",
    )  # fmt: skip


def train(
    size: Size, record: str = "everything", init: str = "default", peak: float = 0.2, output: Path = Path("run.nc")
) -> Cost:
    """Train nets on what was prepared."""
    return run(
        "train", "--data", "table/standardize.npz", "--dataset", "table", "--scaling", "standardize", "--init", init,
        "--peak", peak, "--variant", "none", "--seeds", f"0-{size.nets - 1}", "--optimizer", "sgd",
        "--steps", size.steps, "--batch-size", min(256, size.rows // 2), "--hidden-layers", 10, "--width", 40,
        "--record", record, "--evaluate-every", size.steps, "--device", "cpu", "--threads", 1, "--mem-mb", MOST,
        "--output", output,
    )  # fmt: skip


def run(verb: str, *words: object) -> Cost:
    """What a verb takes in a process of its own."""
    return measure([sys.executable, "-m", "goodinit", verb, *map(str, words)])


def measure(command: list[str], folder: Path | None = None) -> Cost:
    """What a command takes, which must succeed."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, cwd=folder)
        _, status, usage = os.wait4(process.pid, 0)
        require_success(status, said)
    return Cost(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6)


def require_success(status: int, said: IO[bytes]) -> None:
    """End with what a process said if it failed."""
    if status:
        said.seek(0)
        sys.exit(said.read().decode())


if __name__ == "__main__":
    main()
