"""Code is kept for what it was compiled from, and of two processes that compile at once each keeps its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from project import ROOT

from goodinit import arithmetic
from goodinit.training import statistics

LOOPS = """
import numba
from goodinit.compilation import cached_njit

DECORATORS = {"numba": numba.njit(cache=True), "ours": cached_njit()}


def multiply(factor, decorator):
    @DECORATORS[decorator]
    def loop(x):
        return factor * x

    return loop
"""
# compiles a closure as soon as the others are there too, slow to write the number of its code and the code itself
COMPILE = """
import sys, time
from pathlib import Path
from numba.core.caching import IndexDataCacheFile

factor, decorator, others, before_number, before_code = *sys.argv[1:3], *map(float, sys.argv[3:])


def delay(name, seconds):
    write = getattr(IndexDataCacheFile, name)
    setattr(IndexDataCacheFile, name, lambda *words: (time.sleep(seconds), write(*words)))


delay("_save_index", before_number)
delay("_save_data", before_code)
import loops

Path(loops.__file__).with_name(f"{factor}.there").touch()
while len(list(Path(loops.__file__).parent.glob("*.there"))) <= others:
    time.sleep(0.02)
print(loops.multiply(int(factor), decorator)(10))
"""

# a function over a closure over a function, as statistics are compiled; how often its code was in the cache
STATISTIC = """
import numba
from numba.extending import register_jitable
from goodinit.compilation import cached_njit


def double(x):
    return 2 * x


def twice(function):
    jitable = register_jitable(function)

    def apply(x):
        return jitable(jitable(x))

    return apply


def over(function, decorator):
    jitable = register_jitable(function)

    def loop(x):
        return jitable(x)

    return decorator(loop)
"""
USE = """
import sys
from statistic import *
loop = over(twice(double), {"numba": numba.njit(cache=True), "ours": cached_njit()}[sys.argv[1]])
assert loop(3) == 12
print(sum(loop.stats.cache_hits.values()))
"""


def start(
    folder: Path, factor: int, decorator: str, others: int = 0, before_number: float = 0, before_code: float = 0
) -> "subprocess.Popen[str]":
    path = os.pathsep.join([str(folder), str(ROOT / "src")])
    words = [sys.executable, "-c", COMPILE, str(factor), decorator, *map(str, (others, before_number, before_code))]
    return subprocess.Popen(words, env=os.environ | {"PYTHONPATH": path}, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize(("decorator", "product"), [("numba", 30), ("ours", 2100)])
def test_code_goes_by_the_content_of_its_folder(decorator: str, product: int, tmp_path: Path) -> None:
    (tmp_path / "loops.py").write_text(f"from factors import BY\n{LOOPS.replace('factor * x', 'factor * BY * x')}")
    printed = []
    for by in (1, 70):
        (tmp_path / "factors.py").write_text(f"BY = {by}\n")
        printed.append(int(start(tmp_path, 3, decorator).communicate()[0]))
    assert printed == [30, product], "numba alone goes on with what another file said when it compiled"


def test_code_is_kept_under_its_own_number(tmp_path: Path) -> None:
    folders = {decorator: tmp_path / decorator for decorator in ("numba", "ours")}
    for folder in folders.values():
        folder.mkdir()
        (folder / "loops.py").write_text(LOOPS)
    at_once = [
        (start(folder, 2, decorator, 1, 0.6, 1.2), start(folder, 3, decorator, 1, 1.2))
        for decorator, folder in folders.items()
    ]
    for pair in at_once:
        assert [process.communicate()[0].strip() for process in pair] == ["20", "30"], "each runs what it compiled"
    again = [start(folder, 3, decorator) for decorator, folder in folders.items()]
    products = [int(process.communicate()[0]) for process in again]
    assert products == [20, 30], "numba alone gives the code of the other"


@pytest.mark.parametrize(("decorator", "found"), [("numba", [0, 0, 1]), ("ours", [0, 1, 1])])
def test_code_is_found_again_by_a_process_that_reads_bytecode(
    decorator: str, found: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "statistic.py").write_text(STATISTIC)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT / "src")]))
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    words = [sys.executable, "-c", USE, decorator]  # reads its source and writes bytecode, then twice reads that
    runs = [subprocess.run(words, capture_output=True, text=True, check=True) for _ in range(3)]
    assert [int(run.stdout) for run in runs] == found, "numba alone compiles a second time"


def test_no_two_closures_have_one_name() -> None:
    """Else one could be run for the other, see name_after."""
    loops = [cell.cell_contents for function in (arithmetic.exp, arithmetic.log) for cell in function.__closure__ or ()]
    loops += [*(entry.on_cpu for entry in statistics.STATISTICS), statistics.count_bins_over_stack]
    names = [loop.py_func.__qualname__ for loop in loops if hasattr(loop, "py_func")]
    assert len(set(names)) == len(names) >= 5
