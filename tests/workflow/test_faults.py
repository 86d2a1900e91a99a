"""Through accidents: the same command goes on, to the bytes of an undisturbed build, and computes nothing twice."""

import base64
import contextlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from project import Project, wait_until

# as make paper has it
COMMAND = "python -m goodinit unlock && exec snakemake {} --cores 2 --configfile config/test.yaml"
TABLE = "results/tables/escape.csv"
VICTIMS = ("workflow", "job")
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
Files = dict[str, tuple[int, int]]

needs_mounts = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")


def start(project: Project, *targets: str) -> "subprocess.Popen[bytes]":
    """The workflow, in a session of its own; what it prints is in the file `printed`."""
    with (project.folder / "printed").open("w") as printed:
        return subprocess.Popen(
            ["bash", "-c", COMMAND.format(" ".join(targets))],
            cwd=project.folder,
            env=project.environment,
            stdout=printed,
            stderr=printed,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
        )


def go_on(project: Project, *targets: str) -> tuple[int, str]:
    """Exit code of the workflow, and what it printed."""
    workflow = start(project, *targets)
    return workflow.wait(600), (project.folder / "printed").read_text()


def complete(project: Project) -> Files:
    """Inode and time of each file that Snakemake knows to be complete."""
    known = project.folder / ".snakemake"
    names, unfinished = (
        {decode(record.relative_to(known / kind)) for record in (known / kind).rglob("*") if record.is_file()}
        for kind in ("metadata", "incomplete")
    )
    files = {name: project.folder / name for name in names - unfinished}
    return {name: (path.stat().st_ino, path.stat().st_mtime_ns) for name, path in files.items() if path.is_file()}


def decode(record: Path) -> str:
    """The file that a record of Snakemake's is about."""
    return base64.urlsafe_b64decode("".join(part.removeprefix("@") for part in record.parts)).decode()


def jobs(workflow: int) -> list[psutil.Process]:
    """What works for a workflow: the process of each job's command, and the forks; not the shells, nor the process that
    forks, without which jobs work themselves."""
    with contextlib.suppress(psutil.NoSuchProcess):
        at_work = psutil.Process(workflow).children(recursive=True)
        return [process for process in at_work if process.ppid() != workflow and "python" in process.name()]
    return []


def orphans(workflow: int) -> list[psutil.Process]:
    """Processes that a workflow which is gone has started."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            if process.environ().get("GOODINIT_WORKFLOW") == str(workflow):
                found.append(process)
    return found


def strike(chance: random.Random, workflow: "subprocess.Popen[bytes]", victim: str, by: signal.Signals) -> None:
    """Send a signal to the workflow, or to one of its jobs as soon as there is one."""
    if victim == "workflow":
        workflow.send_signal(by)
        return
    wait_until(lambda: bool(jobs(workflow.pid)) or workflow.poll() is not None)
    if at_work := jobs(workflow.pid):
        with contextlib.suppress(psutil.NoSuchProcess):
            chance.choice(at_work).send_signal(by)


def survive(project: Project, due: float, chance: random.Random, victim: str, by: signal.Signals) -> tuple[bool, Files]:
    """Strike the workflow a moment after so many files are complete; whether that stopped it, and the files. Nothing of
    it goes on."""
    workflow = start(project)
    wait_until(lambda: len(complete(project)) >= due or workflow.poll() is not None)
    before = complete(project)
    time.sleep(chance.uniform(0.05, 0.5))  # so that Snakemake has noted all files of the last job
    strike(chance, workflow, victim, by)
    stopped = workflow.wait(120) != 0
    wait_until(lambda: not orphans(workflow.pid), 10)
    return stopped, before


def test_a_build_struck_at_random_moments_ends_as_an_undisturbed_one(
    moments: int, finished: Project, small: str, tmp_path: Path
) -> None:
    project, chance = Project.make(tmp_path / "struck", small), random.Random(20)
    whole, stops = len(complete(finished)), 0
    seen: Files = {}
    for strikes in range(2 * moments):  # a job may end before the signal comes
        victim, by = VICTIMS[strikes % 2], SIGNALS[strikes // 2 % 3]
        due = whole * (stops + chance.random()) / (moments + 1)  # files by which to strike, over the whole build
        stopped, before = survive(project, due, chance, victim, by)
        assert before.items() >= seen.items(), "what was complete is computed no second time"
        seen, stops = before, stops + stopped
        if stops == moments:
            break
    assert stops == moments, "else it was not the signals that were survived"
    code, printed = go_on(project)
    assert code == 0, printed
    assert complete(project).items() >= seen.items()
    assert project.hashes() == finished.hashes()


def test_a_training_job_goes_on_from_where_it_was_killed(tiny: str, tmp_path: Path) -> None:
    project = Project.make(tmp_path / "struck", tiny.replace("steps: 46", "steps: 4600"))
    run = "results/runs/lahman/standardize/lsuv/peak-0.2/none/seeds-0-1.nc"
    kept = (project.folder / run).with_suffix(".unfinished")
    workflow = start(project, run)
    wait_until(lambda: kept.exists() or workflow.poll() is not None)
    workflow.kill()
    workflow.wait()
    wait_until(lambda: not orphans(workflow.pid), 10)
    code, printed = go_on(project, run)
    assert code == 0, printed
    log = (project.folder / "results/logs/train/lahman/standardize/lsuv/peak-0.2/none/seeds-0-1.log").read_text()
    assert f"{kept.relative_to(project.folder)}: training goes on from step " in log
    assert not kept.exists()
    content = (project.folder / run).read_bytes()
    (project.folder / run).unlink()
    assert go_on(project, run)[0] == 0
    assert (project.folder / run).read_bytes() == content


def test_of_two_workflows_in_a_folder_the_second_is_refused_in_a_line(tiny: str, tmp_path: Path) -> None:
    project = Project.make(tmp_path / "shared", tiny)
    first = start(project, TABLE)
    wait_until(lambda: (project.folder / "results").exists())
    second = project.command("python", "-m", "goodinit", "unlock")
    assert second.returncode == 1
    assert second.stderr == (
        f"goodinit unlock: a workflow is at work in {project.folder}; wait for it, or stop it with `kill {first.pid}` "
        "and start again\n"
    )
    look = project.command("python", "-m", "goodinit", "status", "--configfile", "config/test.yaml")
    assert look.stdout.splitlines()[1] == f"a workflow is at work here: process {first.pid}", look.stderr
    assert first.wait(300) == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder with room for two megabytes."""
    folder = tmp_path / "project/results"
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


@needs_mounts
def test_a_full_disk_and_one_that_is_read_only(small_disk: Path, tiny: str) -> None:
    project = Project.make(small_disk.parent, tiny)
    for options, reason in (("size=2m", "No space left on device"), ("ro,size=500m", "is read-only")):
        subprocess.run(["mount", "-o", f"remount,{options}", small_disk], check=True)
        code, printed = go_on(project, TABLE)
        assert code != 0
        assert reason in printed
        assert "Traceback" not in printed
    subprocess.run(["mount", "-o", "remount,rw,size=500m", small_disk], check=True)
    code, printed = go_on(project, TABLE)
    assert code == 0, printed
