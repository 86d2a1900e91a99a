"""The recipes of CONTRIBUTING.md, followed to the letter in a copy of the project: nothing else is needed."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import xarray as xr
import yaml
from project import ROOT, Project

from goodinit.claims import CLAIMS

pytestmark = pytest.mark.promise

# in the words of the recipes: where a block of code goes, and the block
STEP = re.compile(
    r"(?P<how>At the end of|A new file|In)\s`(?P<file>[^`]+)`(?:,\sbelow\s`(?P<below>[^`]+)`)?:\n\n"
    r"```[a-z]+\n(?P<code>.*?)```\n",
    re.DOTALL,
)
RECIPES = {"An initializer", "An optimizer", "A statistic of the activations", "A figure", "A claim", "A dataset"}
# but for those that no registry reaches
UNREACHED = """
test_arithmetic.py test_compilation.py test_container.py test_forkserver.py diagnosis/test_trials.py
runs/test_verification.py statistics training/test_unfinished.py watching
"""
# one process, which compiles what a new statistic changes once; the other core has tests of its own
WHERE = "--numprocesses 0 tests/unit tests/oracles"
TESTS = " ".join([WHERE, *(f"--ignore tests/unit/{name}" for name in UNREACHED.split())])
MADE_BY_RECIPES = """
results: results
optimizer: nesterov
studies:
  data: {datasets: [vowel], seeds: 2}
  stability: {enabled: false}
  initializers: {initializers: [lecun-normal], seeds: 2}
  overfitting: {enabled: false}
  budget: {enabled: false}
  depth: {enabled: false}
  remedies: {enabled: false}
  chaos: {enabled: false}
  suite: {enabled: false}
report: article
peaks: [0.2, 0.6]
"""


def recipes() -> dict[str, str]:
    """The text of each recipe by its title."""
    chapter = (ROOT / "CONTRIBUTING.md").read_text().partition("## Recipes\n")[2]
    titles_and_texts = re.split(r"^### (.*)\n", chapter, flags=re.MULTILINE)[1:]
    return dict(zip(titles_and_texts[::2], titles_and_texts[1::2], strict=True))


def follow(recipe: str, folder: Path) -> None:
    """Write each block of a recipe where the words above it say."""
    for step in STEP.finditer(recipe):
        file, code = folder / step["file"], step["code"]
        if step["how"] == "A new file":
            assert not file.exists(), file
            file.write_text(code)
        elif step["how"] == "At the end of":
            file.write_text(file.read_text() + code)
        else:
            lines = file.read_text().splitlines(keepends=True)
            (place,) = [number for number, line in enumerate(lines) if step["below"] in line]
            file.write_text("".join([*lines[: place + 1], code, *lines[place + 1 :]]))


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The whole project, tests included, with every recipe followed."""
    folder = tmp_path_factory.mktemp("contributed")
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for file in files.rstrip("\0").split("\0"):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes((ROOT / file).read_bytes())
    if (types := ROOT / ".mypy_cache").is_dir():
        shutil.copytree(types, folder / types.name)  # what mypy knows of the libraries
    for compiled in ROOT.glob("src/**/__pycache__/*.nb[ci]"):  # what numba need not compile again
        (folder / compiled.relative_to(ROOT)).parent.mkdir(exist_ok=True)
        shutil.copy(compiled, folder / compiled.relative_to(ROOT))
    for recipe in recipes().values():
        follow(recipe, folder)
    return Project(folder)


def test_no_block_of_a_recipe_is_overlooked() -> None:
    told = recipes()
    assert set(told) == RECIPES
    for title, recipe in told.items():
        blocks = len(re.findall(r"^```[a-z]+$", recipe, flags=re.MULTILINE))
        assert len(list(STEP.finditer(recipe))) == blocks > 0, title


def test_lint_can_go_before_each_commit(tmp_path: Path) -> None:
    subprocess.run(["git", "clone", "--quiet", ROOT, tmp_path], check=True)
    subprocess.run([Path(sys.executable).with_name("pre-commit"), "install"], cwd=tmp_path, check=True)
    assert "pre-commit" in (tmp_path / ".git/hooks/pre-commit").read_text()


def test_what_the_recipes_made_passes_lint_and_every_test(followed: Project) -> None:
    for words in ("ruff check .", "ruff format --check .", "mypy", f"pytest {TESTS}"):
        checked = followed.command(*f"{sys.executable} -m {words}".split(), PYTHONPATH=str(followed.folder / "src"))
        assert checked.returncode == 0, checked.stdout[-4000:] + checked.stderr[-4000:]


def test_what_the_recipes_made_is_in_the_results(followed: Project, tiny: str) -> None:
    dataset = yaml.safe_load((followed.folder / "config/vowel.yaml").read_text())
    (followed.folder / "config/test.yaml").write_text(yaml.safe_dump(dataset | yaml.safe_load(tiny + MADE_BY_RECIPES)))
    followed.snakemake()
    results = followed.folder / "results"
    assert (results / "figures/zero-share.svg").stat().st_size > 5000
    assert "lecun-normal" in set(pd.read_csv(results / "tables/seeds.csv")["init"])
    with xr.open_dataset(results / "runs/vowel/standardize/lsuv/peak-0.2/none/seeds-0-1.nc") as run:
        assert run.attrs["optimizer"] == "nesterov"
        assert run["largest_activation"].attrs == {"units": "1", "long_name": "largest activation"}
    assert len(set(pd.read_csv(results / "claims.csv")["claim"]) - set(CLAIMS)) == 1
    assert (results / "report.pdf").read_bytes().startswith(b"%PDF")
