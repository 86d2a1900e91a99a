"""A finished project, built once for all tests, and a copy of it for each test that changes something."""

import fcntl
import os
from pathlib import Path

import pytest
import torch
from made import make_data
from project import Project

from goodinit.training.loop import Recipe, train


@pytest.fixture(scope="session", autouse=True)
def _compile() -> None:
    """What copies of the project take along; else each would compile it, for ten seconds."""
    for init, variant, record in (("lsuv", "dropout-0.1", "everything"), ("kaiming-relu", "batch-norm", "losses")):
        recipe = Recipe(init, 0.2, 46, 32, 2, 8, 46, variant, record, "sgd")
        train(make_data(dtype=torch.float32), recipe, [0])


@pytest.fixture(scope="session")
def small() -> str:
    """The config of a study that has a bit of everything."""
    return Path(__file__).with_name("small.yaml").read_text()


@pytest.fixture(scope="session")
def tiny() -> str:
    """The config of the smallest study."""
    return Path(__file__).with_name("tiny.yaml").read_text()


@pytest.fixture(scope="session")
def finished(small: str, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The whole workflow, run once on real data, by whichever of the test processes comes first. Not to be changed."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # of all processes
    project, done = Project(folder / "finished"), folder / "finished.done"
    with (folder / "finished.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            Project.make(project.folder, small).snakemake()
            done.touch()
    return project


@pytest.fixture
def built(finished: Project, tmp_path: Path) -> Project:
    """The finished project, to do with as one likes."""
    return finished.copy(tmp_path / "built")
