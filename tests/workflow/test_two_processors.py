"""The small study as another processor would build it: every byte of the results is the same.

The other processor is played by the switches with which libraries choose their code. Each is first shown to change the
bits of what it switches, here, on this machine; else agreement would say nothing.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from project import ROOT, Project

SWITCHES = {
    "MKL_CBWR": "COMPATIBLE",  # products of torch
    "ATEN_CPU_CAPABILITY": "default",  # everything else of torch
    "OPENBLAS_CORETYPE": "Prescott",  # products of numpy
    "NPY_DISABLE_CPU_FEATURES": "X86_V3,X86_V4",  # functions of numpy
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4",  # functions of the C library
    "NUMBA_CPU_NAME": "haswell",  # our own
    "NUMBA_CPU_FEATURES": "+avx,+avx2,+fma",
}
PINNED = {"OPENBLAS_CORETYPE"} & os.environ.keys()  # where a machine needs one, it stays
OTHER_PROCESSOR = {name: value for name, value in SWITCHES.items() if name not in PINNED}
PROBES = {
    "MKL_CBWR": "torch.from_numpy(f.reshape(100, 40)) @ torch.from_numpy(f.reshape(40, 100))",
    "ATEN_CPU_CAPABILITY": "torch.log_softmax(torch.from_numpy(f.reshape(100, 40)), 1)",
    "OPENBLAS_CORETYPE": "x.reshape(100, 40) @ x.reshape(40, 100)",
    "NPY_DISABLE_CPU_FEATURES": "np.exp(f)",
    "GLIBC_TUNABLES": "[math.exp(value) for value in x]",
    "NUMBA_CPU_FEATURES": "sorted(arithmetic.target_features())",
}
PROBE = """
import hashlib, math, sys
import numpy as np, torch
from goodinit import arithmetic
torch.set_num_threads(1)
x = np.random.default_rng(0).standard_normal(4000)
f = x.astype(np.float32)
for values in [{}]:
    print(hashlib.sha256(np.asarray(values).tobytes()).hexdigest())
"""
RUN = """
import hashlib, sys
import numpy as np, torch
from made import make_data
from goodinit.model.passes import StackPass
from goodinit.training import loop
torch.set_num_threads(int(sys.argv[2]))
seeds = [3, 4]
if sys.argv[1] == "torch":
    seeds = [3]  # a pass on the CPU is of one net
    loop.make_passes = lambda *arguments: [StackPass(*arguments)]
recipe = loop.Recipe("lsuv", 0.2, 92, 32, 10, 40, 46, "dropout-0.1", "everything", "sgd")
run = loop.train(make_data(dtype=torch.float32), recipe, seeds)
print(hashlib.sha256(b"".join(np.ascontiguousarray(run[name]).tobytes() for name in sorted(run))).hexdigest())
"""


def run(script: str, *arguments: str, **switches: str) -> str:
    """What a script prints in a fresh process."""
    path = os.pathsep.join(str(ROOT / folder) for folder in ("src", "tests"))
    words = [sys.executable, "-W", "ignore", "-c", script, *arguments]
    environment = os.environ | {"PYTHONPATH": path} | switches
    return subprocess.run(words, env=environment, check=True, capture_output=True, text=True).stdout


def probe(*names: str, **switches: str) -> dict[str, str]:
    """The hash of what each probe computes, in a fresh process."""
    printed = run(PROBE.format(", ".join(PROBES[name] for name in names)), **switches)
    return dict(zip(names, printed.splitlines(), strict=True))


@pytest.fixture(scope="module")
def first() -> dict[str, str]:
    return probe(*PROBES)


@pytest.fixture(scope="module")
def second() -> dict[str, str]:
    return probe(*PROBES)


@pytest.mark.parametrize("switch", [name for name in PROBES if name not in PINNED])
def test_each_switch_changes_the_bits_of_what_it_switches(
    switch: str, first: dict[str, str], second: dict[str, str]
) -> None:
    assert first[switch] == second[switch], "else the probe is no function"
    assert first[switch] != probe(switch, **{switch: OTHER_PROCESSOR[switch]})[switch]


def test_a_run_is_the_same_on_both_and_would_not_be_by_torch() -> None:
    assert run(RUN, "ours", "1") == run(RUN, "ours", "2", **OTHER_PROCESSOR)
    assert run(RUN, "torch", "1") != run(RUN, "torch", "1", **OTHER_PROCESSOR)


def test_a_fresh_compilation_and_a_cached_one_give_the_same_bits(tmp_path: Path) -> None:
    cache = {"NUMBA_CACHE_DIR": str(tmp_path), "NUMBA_DEBUG_CACHE": "1"}
    (*compiled, first), (*loaded, second) = (run(RUN, "ours", "1", **cache).splitlines() for _ in range(2))
    assert any("data saved" in line for line in compiled), "else nothing was cached"
    assert not any("data saved" in line for line in loaded), "else nothing was found in the cache"
    assert first == second


@pytest.mark.promise
def test_another_processor_with_more_threads_gives_the_same_bytes(
    finished: Project, small: str, tmp_path: Path
) -> None:
    other = Project.make(tmp_path / "other", small)
    commands = re.findall("^Shell command: (?!None$)(.*)$", other.snakemake("--dry-run", "-p"), re.MULTILINE)
    other.run_jobs([command.replace(" --threads 1 ", " --threads 2 ") for command in commands], **OTHER_PROCESSOR)
    ours, theirs = finished.hashes(), other.hashes()
    assert len(ours) > 100
    assert ours.keys() == theirs.keys()
    assert [name for name, digest in ours.items() if digest != theirs[name]] == []
