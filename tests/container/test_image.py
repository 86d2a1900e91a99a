"""The README's way into a container, to the letter but for the image's name: a small study is made in it, with the
results of one made here."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import commands
from project import ROOT, Project

from goodinit.runs.fingerprint import take_fingerprint
from goodinit.runs.nets import open_run

IMAGE = "goodinit-test"  # a user may have one of the README's name
PLAIN = re.compile(r"tables/|figures/|claims|numbers")
SMALL = (ROOT / "tests/workflow/small.yaml").read_text()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Whose image goes after the test."""
    project = Project.make(tmp_path / "project", SMALL)
    project.publish()
    yield project
    project.command("podman", "image", "rm", IMAGE)


def results(project: Project) -> dict[str, str]:
    """The hashes of tables, figures and verdicts, and of the arrays of runs: files with the version of Python in them
    differ, of reports, runs and archives of arrays, where Debian has another than this."""
    runs = (project.folder / "results/runs").rglob("*.nc")
    arrays = {str(path.relative_to(project.folder)): take_fingerprint(open_run(path)).sha256 for path in runs}
    return arrays | {name: value for name, value in project.hashes().items() if PLAIN.match(name)}


def test_the_paper_made_in_a_container_is_the_one_made_here(project: Project, tmp_path: Path) -> None:
    here = project.copy(tmp_path / "here")
    build, run = (line.replace(" goodinit ", f" {IMAGE} ") for line in commands("README.md") if "podman" in line)
    for line in (build, run):
        done = project.command("bash", "-ec", line)
        assert done.returncode == 0, done.stdout + done.stderr

    made = here.command("snakemake", "--cores", "2")
    assert made.returncode == 0, made.stdout + made.stderr
    assert (project.folder / "results/report.pdf").read_bytes().startswith(b"%PDF")
    assert results(project) == results(here)
