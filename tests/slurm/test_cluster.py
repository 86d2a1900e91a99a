"""The study through Slurm, by the profile: the bytes of a local build, also when a job is cancelled in the middle.

Slurm runs for as long as the tests do: two nodes of one processor each on this machine, in a folder of its own."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from getpass import getuser
from pathlib import Path

import pytest
from project import ROOT, Project, wait_until

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
# no accounting here, so that squeue tells how jobs fare; and nobody waits for an answer
COMMAND = ["snakemake", "--profile", "profiles/slurm", "--configfile", "config/test.yaml"]
COMMAND += ["--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "2"]
ARRAYS = "--slurm-array-jobs train --jobs 9999 --max-jobs-per-timespan 9999/1s --scheduler-subsample 9999"
RUN = "results/runs/lahman/standardize/lsuv/peak-0.2/none/seeds-0-1.nc"

pytestmark = pytest.mark.usefixtures("_cluster")


def ask(*words: str) -> list[str]:
    """The lines that a command of Slurm prints; none where Slurm does not answer."""
    return subprocess.run(words, capture_output=True, text=True, timeout=60).stdout.splitlines()


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in sockets]


@contextmanager
def daemon(*words: str) -> Iterator[None]:
    """A process that ends with the block."""
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def _cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Slurm, which its commands find by the environment; jobs and daemons end with the tests."""
    folder = tmp_path_factory.mktemp("slurm")
    configuration, munge, commands = folder / "slurm.conf", folder / "munge.socket", folder / "bin"
    host = socket.gethostname().partition(".")[0]
    configuration.write_text(CONFIGURATION.format(folder=folder, host=host, user=getuser(), ports=free_ports(3)))
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    commands.mkdir()
    srun = commands / "srun"  # the plugin hides SLURM_CONF from the one of its jobs, and Slurm then looks in /etc
    srun.write_text(f'#!/bin/sh\nSLURM_CONF={configuration} exec {shutil.which("srun")} "$@"\n')
    srun.chmod(0o755)
    with ExitStack() as stack:
        environment = stack.enter_context(pytest.MonkeyPatch.context())
        environment.setenv("SLURM_CONF", str(configuration))
        environment.setenv("PATH", str(commands), prepend=os.pathsep)
        places = [f"--{what}-file={folder}/munge.{what}" for what in ("key", "pid", "log", "seed")]
        stack.enter_context(daemon("munged", "--foreground", "--force", f"--socket={munge}", *places))
        wait_until(munge.exists, 20)
        stack.enter_context(daemon("slurmctld", "-D"))
        for node in ("node1", "node2"):
            stack.enter_context(daemon("slurmd", "-D", "-N", node))
        wait_until(lambda: ask("sinfo", "--noheader", "--format=%t %D") == ["idle 2"], 60)
        try:
            yield
        finally:
            ask("scancel", "--user", getuser())
            wait_until(lambda: not ask("squeue", "--noheader"), 60)


def make(folder: Path, config: str) -> Project:
    return Project.make(folder, (ROOT / "tests/workflow" / config).read_text())


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A build without Slurm."""
    project = make(tmp_path_factory.mktemp("local") / "project", "small.yaml")
    project.snakemake()
    return project


@contextmanager
def started(project: Project, *targets: str) -> "Iterator[subprocess.Popen[bytes]]":
    """A workflow whose jobs go to Slurm, stopped with the block; what it prints is in the file `printed`."""
    words = [COMMAND[0], *targets, *COMMAND[1:]]
    with (
        (project.folder / "printed").open("w") as printed,
        subprocess.Popen(
            words, cwd=project.folder, env=project.environment, stdout=printed, stderr=printed
        ) as workflow,
    ):
        try:
            yield workflow
        finally:
            workflow.kill()


def printed(project: Project) -> str:
    return (project.folder / "printed").read_text()


def test_the_study_on_two_nodes_is_the_local_one(local: Project, tmp_path: Path) -> None:
    spread = make(tmp_path / "spread", "small.yaml")
    with started(spread) as workflow:
        assert workflow.wait(1800) == 0, printed(spread)
    assert "Trying to restart" not in printed(spread)
    assert spread.hashes() == local.hashes()
    assert set(ask("squeue", "--states=all", "--noheader", "--format=%N")) == {"node1", "node2"}
    forked = {
        rule: {"peak memory" in log.read_text() for log in (spread.folder / "results/logs" / rule).rglob("*.log")}
        for rule in ("train", "draw")
    }
    assert forked == {"train": {False}, "draw": {True}}, "a node's job is no fork of the submitter's"


def test_training_may_go_as_arrays_and_is_the_local_one(local: Project, tmp_path: Path) -> None:
    project = make(tmp_path / "arrays", "small.yaml")
    before = set(ask("squeue", "--states=all", "--noheader", "--array", "--format=%F"))
    for words in (["runs", "--until", "prepare"], [*ARRAYS.split(), "--retries", "0", "runs"]):
        with started(project, *words) as workflow:
            assert workflow.wait(1800) == 0, printed(project)
    tasks = ask("squeue", "--states=all", "--noheader", "--array", "--format=%F %K")
    arrays = [task.split()[0] for task in tasks if task.split()[0] not in before]
    runs = {name: content for name, content in local.hashes().items() if name.endswith(".nc")}
    assert set(arrays) == {arrays[0]}, "one array"
    assert len(arrays) == len(runs) > 1
    assert {name: content for name, content in project.hashes().items() if name.endswith(".nc")} == runs


def test_a_cancelled_training_job_is_submitted_again_and_goes_on(tmp_path: Path) -> None:
    project = make(tmp_path / "cancelled", "tiny.yaml")
    project.replace("config/test.yaml", "steps: 46", "steps: 9200")
    kept = (project.folder / RUN).with_suffix(".unfinished")
    with started(project, RUN) as workflow:
        wait_until(lambda: kept.exists() or workflow.poll() is not None)
        [job] = ask("squeue", "--states=running", "--noheader", "--format=%i")
        ask("scancel", job)
        assert workflow.wait(600) == 0, printed(project)
    assert "SLURM status is: 'CANCELLED'" in printed(project)
    log = (project.folder / "results/logs/train/lahman/standardize/lsuv/peak-0.2/none/seeds-0-1.log").read_text()
    assert f"{kept.relative_to(project.folder)}: training goes on from step " in log
    content = (project.folder / RUN).read_bytes()
    (project.folder / RUN).unlink()
    project.snakemake(RUN)
    assert (project.folder / RUN).read_bytes() == content
