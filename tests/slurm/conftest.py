"""Slurm on this machine, for the length of the tests: two nodes of one processor each, in a folder of its own."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from getpass import getuser
from pathlib import Path

import pytest
from project import wait_until

# What else Slurm would want: control groups, a database, an accounting of memory. Time is limited here, memory is not.
CONFIGURATION = """
ClusterName=goodinit
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser={user}
SlurmdUser={user}
AuthInfo=socket={folder}/munge.socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
MinJobAge=3600
StateSaveLocation={folder}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdSpoolDir={folder}/%n
SlurmdPidFile={folder}/%n.pid
SlurmdLogFile={folder}/%n.log
NodeName=node1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=1 RealMemory=64000
NodeName=node2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=1 RealMemory=64000
PartitionName=study Nodes=node1,node2 Default=YES
"""


def ask(environment: dict[str, str], *words: str) -> list[str]:
    """The lines that a command of Slurm prints."""
    run = subprocess.run(words, env=environment, capture_output=True, text=True, check=True, timeout=60)
    return run.stdout.splitlines()


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in sockets]


@contextmanager
def daemon(environment: dict[str, str], *words: str | Path) -> Iterator[None]:
    """A process that ends with the block."""
    with subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment in which Slurm's commands find it. Jobs and daemons end with the tests."""
    folder = tmp_path_factory.mktemp("slurm")
    configuration, munge, commands = folder / "slurm.conf", folder / "munge.socket", folder / "bin"
    configuration.write_text(
        CONFIGURATION.format(
            folder=folder, host=socket.gethostname().partition(".")[0], user=getuser(), ports=free_ports(3)
        )
    )
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    commands.mkdir()
    srun = commands / "srun"  # the plugin hides SLURM_CONF from the one of its jobs, and Slurm then looks in /etc
    srun.write_text(f'#!/bin/sh\nSLURM_CONF={configuration} exec {shutil.which("srun")} "$@"\n')
    srun.chmod(0o755)
    environment = os.environ | {"SLURM_CONF": str(configuration), "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}"}
    with ExitStack() as stack:
        places = [f"--{what}-file={folder}/munge.{what}" for what in ("key", "pid", "log", "seed")]
        stack.enter_context(daemon(environment, "munged", "--foreground", "--force", f"--socket={munge}", *places))
        wait_until(munge.exists, 20)
        stack.enter_context(daemon(environment, "slurmctld", "-D"))
        for node in ("node1", "node2"):
            stack.enter_context(daemon(environment, "slurmd", "-D", "-N", node))
        wait_until(lambda: ask(environment, "sinfo", "--noheader", "--format=%t %D") == ["idle 2"], 60)
        try:
            yield environment
        finally:
            ask(environment, "scancel", "--user", getuser())
            wait_until(lambda: not ask(environment, "squeue", "--noheader"), 60)
