"""Jobs of a workflow as forks of one process that has loaded the libraries: to load them takes longer than most jobs.

A job's own process hands its words, folder, environment and standard streams over, and waits for the exit code. Where
nobody listens, or in another environment (conda, another machine), it works itself.
"""

import contextlib
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

PLACE = "GOODINIT_FORKSERVER"  # in the environment of jobs: ENVIRONMENT and socket
ENVIRONMENT = str(Path(sys.prefix).resolve())  # by its folder, which may have several names
LIBRARIES = ("pandas", "xarray", "h5netcdf", "scipy.stats", "seaborn.objects", "numba", "torch")
# as Snakemake tells a job of one thread; libraries read it when they are loaded
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")}
FORK = get_context("fork")

Main = Callable[[list[str]], int]


def start() -> None:
    """Start the process for the jobs of this one; it ends when this one is gone."""
    code = "from goodinit import __main__, forkserver; forkserver.serve(__main__.main)"
    server = subprocess.Popen(
        ["python", "-c", code],
        env=os.environ | ONE_THREAD | {"PYTHONPATH": str(Path(__file__).parents[1])},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    )
    assert server.stdout
    os.environ[PLACE] = server.stdout.readline().strip()


def call(words: list[str]) -> int | None:
    """The exit code of a command line that a fork runs; None where there is nobody to fork."""
    environment, _, address = os.environ.get(PLACE, "").partition(os.pathsep)
    if environment != ENVIRONMENT:
        return None
    with socket.socket(socket.AF_UNIX) as server:
        try:
            server.connect(address)
        except OSError:
            return None
        socket.send_fds(server, [b"\n"], [0, 1, 2])
        server.sendall(json.dumps([words, str(Path.cwd()), dict(os.environ)]).encode() + b"\n")
        return int(server.makefile().readline() or 1)


def serve(main: Main) -> None:
    """Fork for each call, and run its words by `main`, until the parent of this process is gone. Prints PLACE."""
    parent = os.getppid()
    with TemporaryDirectory(prefix="goodinit-") as folder, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{folder}/socket")
        listener.listen()
        print(f"{ENVIRONMENT}{os.pathsep}{folder}/socket", flush=True)
        for library in LIBRARIES:
            import_module(library)
        import_module("numba.core.registry").cpu_target.target_context.refresh()  # else each job that loads its code
        gc.freeze()
        listener.settimeout(1)
        while os.getppid() == parent:
            with contextlib.suppress(TimeoutError), listener.accept()[0] as caller:
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
