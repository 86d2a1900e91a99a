"""Every command that the documents name: run to the letter on a small study, or in a named test, or it says why not."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from project import ROOT, Project, read_config

pytestmark = pytest.mark.promise

DOCUMENTS = ["README.md", "CONTRIBUTING.md", "config/README.md", "benchmarks/README.md"]
PROGRAMS = {
    *[
        "apt-get",
        "buildah",
        "conda",
        "docker",
        "git",
        "goodinit",
        "jupytext",
        "jupyter",
        "make",
        "mypy",
        "pip",
        "podman",
    ],
    *["pre-commit", "pytest", "python", "ruff", "sbatch", "snakemake", "source", "sudo"],
}
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# run to the letter where the study is small and finished; what a command makes of nothing, other tests see
WHOLE = """
git clone URL goodinit && cd goodinit
source .venv/bin/activate
make status
make help
goodinit --help
goodinit unlock
pip install pyarrow
goodinit status --configfile config/quick.yaml
snakemake -n
snakemake -n -p -f results/figures/law.pdf
snakemake --cores 1 results/figures/min-bin.pdf
snakemake --cores all figures
snakemake --cores all stability
snakemake --cores all claims
snakemake --cores all results/report-source.tar.gz
snakemake --cores all results/release.tar.gz
snakemake --cores all results/report.html
snakemake --report results/workflow.html
"""
# by a dry run there, which finds targets, files, options and settings: whole, they take minutes, or install
DRY = """
make install
make paper
make quick
make verify
make test
make test-report
make check
make test-faults
make test-slurm
make test-conda
make test-slow
make bench
make growth
make docs/loss-curves.png
snakemake --cores all notebooks
snakemake --cores all --configfile mine.yaml
snakemake --cores all --config seeds=30
snakemake --cores all --config table=my.csv target=label
snakemake --cores all claims --config first_seed=1000 results=results/dev
"""
ARRAY_TEST = "test_training_may_go_as_arrays_and_is_the_local_one"
ARRAYS = "--slurm-array-jobs train --jobs 9999 --max-jobs-per-timespan 9999/1s --scheduler-subsample 9999"
# by another test: its file, its name, and words of the command that stand in the file
ELSEWHERE = {
    "snakemake --cores 4 --use-conda": (
        "workflow/test_conda.py",
        "test_jobs_run_in_the_environment_that_conda_makes",
        "--use-conda",
    ),
    "goodinit diagnose my.csv label": (
        "workflow/test_diagnose.py",
        "test_the_answer_is_printed",
        '"diagnose", "my.csv", "label"',
    ),
    "python notebooks/your-own-net.py": (
        "workflow/test_notebook.py",
        "test_the_notebook_runs_and_its_figures_are_made",
        "notebooks/your-own-net.py",
    ),
    "jupytext --to notebook --execute notebooks/your-own-net.py": (
        "workflow/test_notebook.py",
        "test_it_runs_as_a_notebook",
        '"--to", "notebook", "--execute"',
    ),
    **dict.fromkeys(
        [
            "snakemake -n --profile profiles/slurm --config seeds=1000 seed_block=200 memory=12000",
            "snakemake --profile profiles/slurm --config seeds=1000 seed_block=200 memory=12000",
        ],
        ("slurm/test_cluster.py", "test_the_study_on_two_nodes_is_the_local_one", '"--profile", "profiles/slurm"'),
    ),
    **{
        f"snakemake --profile profiles/slurm{words}": ("slurm/test_cluster.py", test, spelled)
        for words, test, spelled in [
            ("", "test_the_study_on_two_nodes_is_the_local_one", '"--profile", "profiles/slurm"'),
            (" runs --until prepare", ARRAY_TEST, '"runs", "--until", "prepare"'),
            (f" {ARRAYS} --retries 0 runs", ARRAY_TEST, ARRAYS),
        ]
    },
    "pre-commit install": (
        "workflow/test_contributing.py",
        "test_lint_can_go_before_each_commit",
        '"pre-commit"), "install"',
    ),
    "snakemake --cores 1 results/figures/zero-share.pdf": (
        "workflow/test_contributing.py",
        "test_what_the_recipes_made_is_in_the_results",
        "figures/zero-share",
    ),
    "snakemake --cores all --configfile config/vowel.yaml": (
        "workflow/test_contributing.py",
        "test_what_the_recipes_made_is_in_the_results",
        "config/vowel.yaml",
    ),
}
NOWHERE = {
    "apt-get update && apt-get install --yes python3-venv git make": "installs",
    "podman build --tag goodinit .": "needs podman; tests/unit/test_container.py holds what it builds to the README",
    'mkdir -p results && podman run --rm --volume "$PWD/results:/goodinit/results" goodinit make paper': "needs podman",
    "conda env create -f environment.yml && conda activate goodinit && pip install --no-deps -e .": "needs conda",
    "pip install jax": "installs",
    "pytest": "a minute and a half; make test runs the same tests",
    "pytest -m gpu": "needs a GPU",
    "pip install -e '.[slurm]'": "installs; make test-slurm does it",
    "snakemake --cores 16 $RUNS --config device=cuda seed_block=20": "needs a GPU",
    "conda": "a word of the text",
    "snakemake": "a word of the text",
    "goodinit diagnose": "a word of the text",
}


def lines(text: str) -> list[str]:
    return text.strip().splitlines()


def commands(document: str) -> Iterator[str]:
    """The lines of its sh blocks without comments, and the commands in its text."""
    text = (ROOT / document).read_text()
    for language, block in BLOCK.findall(text):
        if language == "sh":
            yield from (re.sub(r"\s+#.*", "", line) for line in block.splitlines())
    for quoted in re.findall(r"`([^`]+)`", BLOCK.sub("", text)):
        words = quoted.split()
        if words and words[0] in PROGRAMS:
            yield " ".join(words)


@pytest.fixture(scope="module")
def documented(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The finished project as if it were installed, and its study the published one."""
    project = finished.copy(tmp_path_factory.mktemp("documented") / "project")
    folder = project.folder
    for part in ("CITATION.cff", "pyproject.toml", "requirements-dev.lock"):
        (folder / part).write_bytes((ROOT / part).read_bytes())
    study = read_config(folder / "config/config.yaml", folder / "config/test.yaml")
    (folder / "config/config.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
    (folder / "mine.yaml").write_text("seeds: 6")
    (folder / "my.csv").write_text("a,label\n1,x\n2,y\n")
    (folder / ".venv/bin").mkdir(parents=True)
    (folder / ".venv/bin/activate").symlink_to(Path(sys.prefix) / "bin/activate")
    for lock in ("requirements.lock", "requirements-dev.lock"):
        (folder / ".venv" / lock).touch()
    return project


def test_every_command_of_the_documents_has_its_place_and_no_other_has() -> None:
    places = [*lines(WHOLE), *lines(DRY), *ELSEWHERE, *NOWHERE]
    assert sorted(places) == sorted({command for document in DOCUMENTS for command in commands(document)})


@pytest.mark.parametrize("command", lines(WHOLE))
def test_it_runs(command: str, documented: Project) -> None:
    run = documented.command("bash", "-ec", command.replace("URL", str(ROOT)))
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("command", lines(DRY))
def test_it_could_run(command: str, documented: Project) -> None:
    run = documented.command("bash", "-ec", f"{command} -n")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Nothing to be done" not in run.stdout


@pytest.mark.parametrize(("file", "name", "words"), ELSEWHERE.values(), ids=list(ELSEWHERE))
def test_another_test_runs_it(file: str, name: str, words: str) -> None:
    text = Path(ROOT / "tests" / file).read_text()
    assert f"\ndef {name}(" in text
    assert words in text
