"""A call runs in a fork as it would in a process of its own, and neither outlives who asked for it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from project import ROOT, wait_until

from goodinit import forkserver

SERVE = """
import os, signal, sys, time
from pathlib import Path
from goodinit import forkserver

signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's background jobs ignore

def work(words):
    print(*words, Path.cwd().name, os.environ["COLOR"])
    print("told", file=sys.stderr)
    return 3

def wait(words):
    Path(words[1]).write_text(str(os.getpid()))
    time.sleep(60)

def die(words):
    os.abort()

def fail(words):
    raise ValueError(words)

light, forkserver.OF_RUNS = sys.argv[1].split(), sys.argv[2].split()
forkserver.serve(lambda words: globals()[words[0]](words), light + forkserver.OF_RUNS)
"""
CALL = "import sys; from goodinit import forkserver; print(forkserver.call(sys.argv[1:]), flush=True)"
SOURCE = {"PYTHONPATH": str(ROOT / "src")}


@contextmanager
def serving(libraries: str = "", of_runs: str = "", *paths: Path) -> Iterator[str]:
    """The place of a server whose parent is this process. libraries, of_runs: modules, found on the paths too."""
    words, quiet = [sys.executable, "-c", SERVE, libraries, of_runs], subprocess.DEVNULL
    settings = os.environ | {"PYTHONPATH": os.pathsep.join([SOURCE["PYTHONPATH"], *map(str, paths)])}
    with subprocess.Popen(words, env=settings, stdout=subprocess.PIPE, stderr=quiet, text=True) as server:
        assert server.stdout
        yield server.stdout.readline().strip()
        server.send_signal(signal.SIGINT)  # so that it leaves nothing behind


@pytest.fixture(scope="module")
def place() -> Iterator[str]:
    with serving() as place:
        yield place


def start(place: str, folder: Path, *words: str) -> "subprocess.Popen[str]":
    settings = os.environ | SOURCE | {forkserver.PLACE: place, forkserver.LIGHT: "wait", "COLOR": "red"}
    return subprocess.Popen(
        [sys.executable, "-c", CALL, *words],
        cwd=folder,
        env=settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_call_has_its_own_streams_folder_environment_and_exit_code(place: str, tmp_path: Path) -> None:
    stdout, stderr = start(place, tmp_path, "work", "hard").communicate()
    assert stdout == f"work hard {tmp_path.name} red\n3\n"
    told, memory = stderr.splitlines()
    assert told == "told"
    assert memory.startswith("peak memory: ")


@pytest.mark.parametrize(("word", "code", "told"), [("die", -6, ""), ("fail", 1, "ValueError: ['fail']")])
def test_a_call_that_breaks_breaks_alone(place: str, tmp_path: Path, word: str, code: int, told: str) -> None:
    stdout, stderr = start(place, tmp_path, word).communicate()
    assert int(stdout) == code
    assert told in stderr
    assert start(place, tmp_path, "work").communicate()[0].endswith("3\n"), "the next one works"


def test_a_fork_ends_with_who_called_it(place: str, tmp_path: Path) -> None:
    caller = start(place, tmp_path, "wait", str(tmp_path / "pid"))
    wait_until(lambda: (tmp_path / "pid").is_file() and (tmp_path / "pid").read_text() != "")
    fork = Path("/proc", (tmp_path / "pid").read_text())
    assert fork.exists()
    caller.kill()
    caller.communicate()
    wait_until(lambda: not fork.exists())


def test_light_work_begins_before_all_is_loaded(tmp_path: Path) -> None:
    for name in ("light", "heavy"):
        text = f"import pathlib, time\nwhile not pathlib.Path({str(tmp_path / name)!r}).exists(): time.sleep(0.01)"
        (tmp_path / f"{name}_library.py").write_text(text)
    with serving("light_library", "heavy_library", tmp_path) as place:
        early, late = start(place, tmp_path, "wait", str(tmp_path / "pid")), start(place, tmp_path, "work")
        sockets = [f"{place.partition(os.pathsep)[2]}/{name}" for name in ("light", "any")]
        # a line for who listens, and one for who calls
        wait_until(lambda: all(Path("/proc/net/unix").read_text().count(one) > 1 for one in sockets))
        (tmp_path / "light").touch()
        wait_until((tmp_path / "pid").is_file)
        early.kill()
        early.communicate()
        with pytest.raises(subprocess.TimeoutExpired):
            late.communicate(timeout=1)
        (tmp_path / "heavy").touch()
        assert late.communicate()[0].endswith("3\n")


def test_verbs_are_light_that_import_nothing_of_runs() -> None:
    parent = "import os; from goodinit import forkserver; forkserver.start(set()); print(os.environ[forkserver.LIGHT])"
    run = subprocess.run([sys.executable, "-c", parent], env=os.environ | SOURCE, capture_output=True, text=True)
    light = set(run.stdout.split())
    assert {"draw", "fetch", "tabulate-shapes"} <= light
    assert not light & {"train", "tabulate", "diagnose"}


def test_what_no_job_imports_is_not_loaded() -> None:
    parent = """
import psutil
from goodinit import forkserver
forkserver.start({"torch", "math", "pandas"})
print(*psutil.Process().children()[0].cmdline()[3:])
"""
    run = subprocess.run([sys.executable, "-c", parent], env=os.environ | SOURCE, capture_output=True, text=True)
    assert run.stdout.split() == ["pandas", "torch"]


def test_the_server_ends_with_its_parent() -> None:
    parent = "import os; from goodinit import forkserver; forkserver.start(set()); print(os.environ[forkserver.PLACE])"
    run = subprocess.run([sys.executable, "-c", parent], env=os.environ | SOURCE, capture_output=True, text=True)
    environment, _, folder = run.stdout.strip().partition(os.pathsep)
    assert Path(environment).samefile(sys.prefix)
    wait_until(lambda: not Path(folder).exists())


@pytest.mark.parametrize("place", ["", f"{forkserver.ENVIRONMENT}:/nowhere", "/other:/nowhere"])
def test_where_nobody_listens_there_is_no_answer(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(forkserver.PLACE, place)
    assert forkserver.call(["work"]) is None
