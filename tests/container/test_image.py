"""The README's way into a container, to the letter but for the image's name: a small study is made in it, with the
bytes of one made here."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import commands
from project import ROOT, Project

IMAGE = "goodinit-test"  # a user may have one of the README's name
SMALL = (ROOT / "tests/workflow/small.yaml").read_text()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Whose image goes after the test."""
    project = Project.make(tmp_path / "project", SMALL)
    project.publish()
    yield project
    project.command("podman", "image", "rm", IMAGE)


def test_the_paper_made_in_a_container_is_the_one_made_here(project: Project, tmp_path: Path) -> None:
    here = project.copy(tmp_path / "here")
    build, run = (line.replace(" goodinit ", f" {IMAGE} ") for line in commands("README.md") if "podman" in line)
    for line in (build, run):
        done = project.command("bash", "-ec", line)
        assert done.returncode == 0, done.stdout + done.stderr

    made = here.command("snakemake", "--cores", "2")
    assert made.returncode == 0, made.stdout + made.stderr
    assert project.hashes() == here.hashes()
