"""The study through Slurm, by the profile: the bytes of a local build, also when a job is cancelled in the middle."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conftest import ask
from project import ROOT, Project, wait_until

# no accounting here, so that squeue tells how jobs fare; and nobody waits for an answer
COMMAND = (
    "snakemake --profile profiles/slurm --configfile config/test.yaml"
    " --slurm-status-command squeue --slurm-init-seconds-before-status-checks 2"
).split()
RUN = "results/runs/lahman/standardize/lsuv/peak-0.2/none/seeds-0-1.nc"


def make(folder: Path, config: str) -> Project:
    return Project.make(folder, (ROOT / "tests/workflow" / config).read_text())


@contextmanager
def started(project: Project, cluster: dict[str, str], *targets: str) -> "Iterator[subprocess.Popen[bytes]]":
    """A workflow whose jobs go to the cluster, stopped with the block; what it prints is in the file `printed`."""
    path = f"{cluster['PATH'].split(':')[0]}:{project.environment['PATH']}"
    settings = cluster | project.environment | {"SLURM_CONF": cluster["SLURM_CONF"], "PATH": path}
    words = [COMMAND[0], *targets, *COMMAND[1:]]
    with (
        (project.folder / "printed").open("w") as printed,
        subprocess.Popen(words, cwd=project.folder, env=settings, stdout=printed, stderr=printed) as workflow,
    ):
        try:
            yield workflow
        finally:
            workflow.kill()


def printed(project: Project) -> str:
    return (project.folder / "printed").read_text()


def test_the_study_on_two_nodes_is_the_local_one(cluster: dict[str, str], tmp_path: Path) -> None:
    local, spread = make(tmp_path / "local", "small.yaml"), make(tmp_path / "spread", "small.yaml")
    with started(spread, cluster) as workflow:
        assert workflow.wait(1800) == 0, printed(spread)
    local.snakemake()
    assert spread.hashes() == local.hashes()
    assert set(ask(cluster, "squeue", "--states=all", "--noheader", "--format=%N")) == {"node1", "node2"}
    logs = {"train": "results/logs/train", "draw": "results/logs/draw"}
    forked = {
        rule: {"peak memory" in log.read_text() for log in (spread.folder / folder).rglob("*.log")}
        for rule, folder in logs.items()
    }
    assert forked == {"train": {False}, "draw": {True}}, "a job of a node works there, and is no fork of the submitter's"


def test_a_cancelled_training_job_is_submitted_again_and_goes_on(cluster: dict[str, str], tmp_path: Path) -> None:
    project = make(tmp_path / "cancelled", "tiny.yaml")
    project.replace("config/test.yaml", "steps: 46", "steps: 9200")
    kept = (project.folder / RUN).with_suffix(".unfinished")
    with started(project, cluster, RUN) as workflow:
        wait_until(lambda: kept.exists() or workflow.poll() is not None)
        [job] = ask(cluster, "squeue", "--states=running", "--noheader", "--format=%i")
        ask(cluster, "scancel", job)
        assert workflow.wait(600) == 0, printed(project)
    assert "SLURM status is: 'CANCELLED'" in printed(project)
    log = (project.folder / "results/logs/train/lahman/standardize/lsuv/peak-0.2/none/seeds-0-1.log").read_text()
    assert f"{kept.relative_to(project.folder)}: training goes on from step " in log
    content = (project.folder / RUN).read_bytes()
    (project.folder / RUN).unlink()
    project.snakemake(RUN)
    assert (project.folder / RUN).read_bytes() == content
