"""`goodinit status`: what is done, what is missing, and why something would run."""

import re
from pathlib import Path

from project import ROOT, Project

STAGES = ["data", "training", "tables", "claims", "figures", "report"]
RUN = "results/runs/lahman/standardize/lsuv/peak-0.2/none/seeds-2-3.nc"


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def tell(project: Project, *words: str) -> list[str]:
    """The lines of the status, which changes no file."""
    before = files(project.folder)
    run = project.command(
        "python", "-m", "goodinit", "status", "--configfile", "config/test.yaml", *words, PYTHONDONTWRITEBYTECODE="1"
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert files(project.folder) == before
    return run.stdout.splitlines()


def counts(lines: list[str]) -> dict[str, tuple[int, int]]:
    """Jobs done, and jobs, by stage."""
    told = [re.fullmatch(r"(\w+) +(\d+) of (\d+) done", line) for line in lines]
    return {match[1]: (int(match[2]), int(match[3])) for match in told if match}


def test_of_a_finished_study_all_is_done(finished: Project) -> None:
    lines = tell(finished)
    assert list(counts(lines)) == STAGES
    assert all(done == jobs > 0 for done, jobs in counts(lines).values())
    assert lines[0] == "results --configfile config/test.yaml"
    assert lines[-1] == "nothing to run"
    assert len(lines) == 2 + len(STAGES)


def test_what_is_gone_is_named_and_so_is_a_lock(built: Project) -> None:
    (built.folder / RUN).unlink()
    (built.folder / "results/figures/law.pdf").unlink()
    (built.folder / ".snakemake/locks/0.output.lock").write_text(RUN)
    lines = tell(built)
    assert lines[1] == "locked by a workflow that is gone from this machine: `goodinit unlock`"
    assert f"{'':<10}1 gone, and nothing that is to run needs it: {RUN}" in lines
    assert f"{'':<10}1 missing: results/figures/law.pdf" in lines
    assert f"{'':<10}3 to make again, after what it is made of" in lines
    assert lines[-1] == "4 jobs to run: `snakemake -n --configfile config/test.yaml` has each"


def test_why_something_would_run_again_is_told(built: Project) -> None:
    built.replace("src/goodinit/report/plotting.py", "TEXT_WIDTH = 6.3", "TEXT_WIDTH = 6.2")
    lines = tell(built, "--config", "steps=93")
    stages = counts(lines)
    assert stages["data"][0] == stages["data"][1]
    place = lines.index(f"training  0 of {stages['training'][1]} done")
    assert lines[place + 1] == f"{'':<10}{stages['training'][1]} to make again, of other settings (steps 92, now 93)"
    edited = f"{'':<10}1 to make again, for a change in src/goodinit/report/plotting.py"
    assert edited in lines, "the figure of the data, which shows no runs"
    planned = built.planned("--config", "steps=93")
    assert sum(jobs - done for done, jobs in stages.values()) == sum(planned.values()) - planned["all"]


def test_before_anything_is_built_all_is_missing(tiny: str, tmp_path: Path) -> None:
    lines = tell(Project.make(tmp_path, tiny))
    assert not (tmp_path / ".snakemake").exists()
    assert all(done == 0 < jobs for done, jobs in counts(lines).values())
    assert sum("missing: " in line for line in lines) == len(STAGES)


def test_a_mistake_is_said_in_one_line(tmp_path: Path) -> None:
    run = Project(tmp_path).command("python", "-m", "goodinit", "status", PYTHONPATH=str(ROOT / "src"))
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.startswith("goodinit status: No Snakefile found")
    assert not list(tmp_path.iterdir())
