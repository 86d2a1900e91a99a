"""Jobs of a workflow as forks of one process that has loaded the libraries: to load them takes longer than most jobs.

A job's own process hands its words, folder, environment and standard streams over, and waits for the exit code. Where
nobody listens, or in another environment (conda, another machine), it works itself.

What no job ahead imports is not loaded. There are two sockets: a job of a LIGHT verb, a figure redrawn say, need not
wait until what opens and makes runs is loaded too.
"""

import gc
import json
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from multiprocessing import connection, get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from goodinit import declarations

# in the environment of jobs: ENVIRONMENT and the folder of the sockets; the verbs that need no library OF_RUNS
PLACE, LIGHT = "GOODINIT_FORKSERVER", "GOODINIT_LIGHT_VERBS"
ENVIRONMENT = str(Path(sys.prefix).resolve())  # by its folder, which may have several names
LIBRARIES = ("pandas", "seaborn.objects")
OF_RUNS = ("xarray", "h5netcdf", "numba", "torch")
# as Snakemake tells a job of one thread; libraries read it when they are loaded
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")}
FORK = get_context("fork")

Main = Callable[[list[str]], int]


def start(imported: set[str]) -> None:
    """Start the process for the jobs of this one, which import these packages; it ends when this one is gone."""
    ahead = [library for library in (*LIBRARIES, *OF_RUNS) if library.partition(".")[0] in imported]
    code = "import sys; from goodinit import __main__, forkserver; forkserver.serve(__main__.main, sys.argv[1:])"
    server = subprocess.Popen(
        ["python", "-c", code, *ahead],
        env=os.environ | ONE_THREAD | {"PYTHONPATH": str(Path(__file__).parents[1])},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    )
    assert server.stdout
    os.environ[PLACE] = server.stdout.readline().strip()
    light = [verb for verb in declarations.verbs() if not declarations.libraries_of(verb) & set(OF_RUNS)]
    os.environ[LIGHT] = " ".join(map(declarations.command_name, light))


def call(words: list[str]) -> int | None:
    """The exit code of a command line that a fork runs; None where there is nobody to fork."""
    environment, _, folder = os.environ.get(PLACE, "").partition(os.pathsep)
    if environment != ENVIRONMENT:
        return None
    kind = "light" if words and words[0] in os.environ.get(LIGHT, "").split() else "any"
    with socket.socket(socket.AF_UNIX) as server:
        try:
            server.connect(f"{folder}/{kind}")
        except OSError:
            return None
        socket.send_fds(server, [b"\n"], [0, 1, 2])
        server.sendall(json.dumps([words, str(Path.cwd()), dict(os.environ)]).encode() + b"\n")
        return int(server.makefile().readline() or 1)


def serve(main: Main, libraries: list[str]) -> None:
    """Fork for each call, and run its words by `main`, until the parent of this process is gone. Prints PLACE.
    libraries: to load first, those OF_RUNS last."""
    parent = os.getppid()
    with (
        TemporaryDirectory(prefix="goodinit-") as folder,
        _listen(f"{folder}/light") as light,
        _listen(f"{folder}/any") as others,
    ):
        print(f"{ENVIRONMENT}{os.pathsep}{folder}", flush=True)
        for library in libraries:
            if library in OF_RUNS:
                _fork_for(main, [light], seconds=0)
            import_module(library)
        if "numba" in libraries:  # else each job that loads its code would
            import_module("numba.core.registry").cpu_target.target_context.refresh()
        gc.freeze()
        while os.getppid() == parent:
            _fork_for(main, [light, others], seconds=1)


def _listen(address: str) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen()
    return listener


def _fork_for(main: Main, listeners: list[socket.socket], seconds: float) -> None:
    """Start answering those who call, until nobody does for some seconds."""
    while calling := connection.wait(listeners, seconds):
        for listener in calling:
            assert isinstance(listener, socket.socket)
            with listener.accept()[0] as caller:
                FORK.Process(target=_answer, args=(main, caller)).start()


def _answer(main: Main, caller: socket.socket) -> None:
    """Run a call in a fork, which is killed when the caller is gone, and tell the exit code."""
    streams = socket.recv_fds(caller, 1, 3)[1]
    words, folder, environment = json.loads(caller.makefile().readline())
    job = FORK.Process(target=_work, args=(main, words, folder, environment, streams))
    job.start()
    if caller in connection.wait([job.sentinel, caller]):
        job.kill()
    job.join()
    caller.sendall(b"%d\n" % (job.exitcode or 0))


def _work(main: Main, words: list[str], folder: str, environment: dict[str, str], streams: list[int]) -> None:
    for place, stream in enumerate(streams):
        os.dup2(stream, place)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    code = main(words)
    # Snakemake measures the process that waits
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB", file=sys.stderr)
    sys.exit(code)
