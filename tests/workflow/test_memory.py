"""A job takes at most the memory that it is said to take before it begins, in a process of its own."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from goodinit.arrays import Arrays
from goodinit.data.size import count_columns, estimate_encoding, estimate_parsing, read_within
from goodinit.runs.file import write_run
from goodinit.study.jobs import Training, estimate_reading, estimate_training
from goodinit.training.statistics import contract, quantities

LOOSE = 3  # times what is taken may be said
READING = {"reader": "csv", "target": "label"}
PREPARE = """
from goodinit.__main__ import main
main(["prepare", "--raw", "{raw}", "--reading", '{{"reader": "csv", "target": "label"}}', *"--train-rows 1000000000
--valid-rows 1000000000 --split 0 --mem-mb 100000 --scaling standardize --output {raw}.npz".split()])
"""
TRAIN = """
from goodinit.__main__ import main
main('''train --data {data} --dataset made --scaling standardize --init lsuv --peak 0.01 --variant none --seeds 0-{last}
--optimizer adamw --steps {job.steps} --batch-size {job.batch_size} --hidden-layers {job.hidden_layers}
--width {job.width} --record {job.record} --evaluate-every {job.evaluate_every} --device cpu --threads 1
--mem-mb 100000 --output {data}.nc'''.split())
"""
READ = """
from pathlib import Path
from goodinit.runs.nets import read_nets
(nets,) = read_nets([Path("{path}")]).values()
nets["logit_signal"]
[nets.loss, nets.windows("activation_std"), nets.windows("signal")]
"""


def peak_memory(code: str) -> float:
    """MB that a process takes at most which runs some code."""
    peak = "print(*(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    run = subprocess.run([sys.executable, "-c", f"{code}\n{peak}"], capture_output=True, text=True, check=True)
    return int(run.stdout) * 1024 / 1e6


def write_numbers(count: int) -> list[str]:
    return [",".join(f"{number:.4g}" for number in np.random.default_rng(row).normal(size=40)) for row in range(count)]


def write_flags(count: int) -> list[str]:
    return [",".join(map(str, np.random.default_rng(row).integers(0, 2, 80))) for row in range(count)]


def write_levels(count: int) -> list[str]:
    return [",".join(f"l{row * (place + 1) % 47}" for place in range(4)) for row in range(count)]


@pytest.mark.parametrize(("write", "rows"), [(write_numbers, 80_000), (write_flags, 50_000), (write_levels, 40_000)])
def test_no_preparing_takes_more_than_its_sizes_say(
    write: Callable[[int], list[str]], rows: int, tmp_path: Path
) -> None:
    raw, lines = tmp_path / "own.csv", write(500)
    header = ",".join(f"x{place}" for place in range(lines[0].count(",") + 1))
    labelled = "".join(f"{line},{'ab'[row % 2]}\n" for row, line in enumerate(lines))
    raw.write_text(f"{header},label\n{labelled * (rows // len(lines))}")
    columns = count_columns(read_within(10**6, [raw], READING).features)
    said = max(estimate_parsing([raw]), estimate_encoding(rows, columns))
    taken = peak_memory(PREPARE.format(raw=raw).replace("\n--", " --"))
    assert taken <= said <= LOOSE * taken


def write_data(path: Path, rows: int, features: int, classes: int) -> None:
    parts = {"train": rows * 3 // 5, "valid": rows // 5, "test": rows // 5}
    generator = np.random.default_rng(0)
    arrays: Arrays = {"feature_names": np.arange(features), "class_names": np.arange(classes)}
    for part, count in parts.items():
        arrays[f"x_{part}"] = generator.normal(size=(count, features)).astype(np.float32)
        arrays[f"y_{part}"] = np.arange(count) % classes
    np.savez(path, allow_pickle=False, **arrays)


@pytest.mark.parametrize(
    ("rows", "job"),
    [
        (500, Training(1, 46, 50, 2, 4, 46, "losses", features=5)),
        (4_000, Training(24, 92, 128, 4, 40, 46, "everything", features=24, classes=7)),
        (400_000, Training(1, 46, 256, 2, 20, 46, "losses", features=60, classes=50)),
        (2_000, Training(10, 46, 256, 2, 40, 46, "full", features=2_000)),
    ],
    ids=["small", "many nets", "many rows", "many features"],
)
def test_no_training_takes_more_than_its_sizes_say(rows: int, job: Training, tmp_path: Path) -> None:
    data = tmp_path / "data.npz"
    write_data(data, rows, job.features, job.classes)
    said = estimate_training(job._replace(valid_rows=rows // 5, data_bytes=data.stat().st_size))
    taken = peak_memory(TRAIN.format(data=data, last=job.nets - 1, job=job))
    assert taken <= said <= LOOSE * taken


def test_the_first_job_of_all_which_compiles_takes_no_more_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = Training(1, 46, 50, 2, 4, 46, "losses", features=5)
    write_data(tmp_path / "data.npz", 500, job.features, job.classes)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "compiled"))
    taken = peak_memory(TRAIN.format(data=tmp_path / "data.npz", last=job.nets - 1, job=job))
    assert list((tmp_path / "compiled").rglob("*.nbc")), "else nothing was compiled"
    assert taken <= estimate_training(job)


def test_reading_takes_no_more_than_the_sizes_say(tmp_path: Path) -> None:
    nets, steps, layers, sites = 60, 1_840, 10, np.array(["linear", "relu", "output"])
    seen = np.zeros((nets, steps, layers, len(sites)), np.float32)
    losses = dict.fromkeys(("loss", "logit_signal"), seen[:, :, 0, 0])
    coordinates = {"seed": np.arange(nets), "step": np.arange(steps), "layer": np.arange(layers), "site": sites}
    place = {"dataset": "made", "scaling": "standardize", "init": "lsuv", "peak": 0.2, "variant": "none"}
    arrays = coordinates | losses | {quantity.name: seen for quantity in quantities()}
    write_run(tmp_path / "run.nc", arrays, place, contract())
    said = estimate_reading([Training(nets, steps, 256, layers, 40, 46, "moments")])
    taken = peak_memory(READ.format(path=tmp_path / "run.nc"))
    assert taken <= said <= LOOSE * taken
