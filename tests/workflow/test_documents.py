"""Every command that the documents name: run to the letter on a small study, or by a dry run, or in a named test."""

import sys
from pathlib import Path
from shutil import copytree

import pytest
from documents import commands
from project import ROOT, Project

pytestmark = pytest.mark.promise

DOCUMENTS = ["README.md", "CONTRIBUTING.md", "config/README.md", "benchmarks/README.md"]
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
# by a dry run there, which finds targets, files, packages, options and settings: whole, they take minutes, install, or
# need a GPU
DRY = """
make install
make paper
make quick
make verify
make test
make test-report
make check
make test-promise
make test-faults
make test-slurm
make test-conda
make test-container
make test-slow
make bench
make growth
make docs/loss-curves.png
snakemake --cores all notebooks
snakemake --cores all --configfile mine.yaml
snakemake --cores all --config seeds=30
snakemake --cores all --config table=my.csv target=label
snakemake --cores all claims --config first_seed=1000 results=results/dev
snakemake --cores 16 $RUNS --config device=cuda seed_block=20
pip install -e '.[slurm]'
pip install jax
pytest
pytest -m gpu
"""
DRY_RUN = {"make": "-n", "snakemake": "-n", "pip": "--dry-run", "pytest": "--collect-only"}
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
    "apt-get update && apt-get install --yes python3-venv git make": (
        "unit/test_container.py",
        "test_a_container_is_built_by_the_first_steps_of_the_readme",
        "assert runs == [install, make]",
    ),
    **dict.fromkeys(
        [
            "podman build --tag goodinit .",
            'mkdir -p results && podman run --rm --volume "$PWD/results:/goodinit/results" goodinit make paper',
        ],
        (
            "container/test_image.py",
            "test_the_paper_made_in_a_container_is_the_one_made_here",
            'for line in commands("README.md") if "podman" in line',
        ),
    ),
    "conda env create -f environment.yml && conda activate goodinit && pip install --no-deps -e .": (
        "conda/test_solve.py",
        "test_the_environment_of_the_readme_runs_the_workflow",
        'startswith("conda env create")',
    ),
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
WORDS = ["conda", "snakemake", "goodinit diagnose"]  # of the text: no commands


def lines(text: str) -> list[str]:
    return text.strip().splitlines()


@pytest.fixture(scope="module")
def documented(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The finished project as if it were installed, and its study the published one."""
    project = finished.copy(tmp_path_factory.mktemp("documented") / "project")
    folder = project.folder
    project.publish()
    for part in ("tests", "benchmarks"):
        copytree(ROOT / part, folder / part)
    (folder / "mine.yaml").write_text("seeds: 6")
    (folder / "gpu.yaml").write_text("seeds: 20")
    (folder / "my.csv").write_text("a,label\n1,x\n2,y\n")
    (folder / ".venv/bin").mkdir(parents=True)
    (folder / ".venv/bin/activate").symlink_to(Path(sys.prefix) / "bin/activate")
    for lock in ("requirements.lock", "requirements-dev.lock"):
        (folder / ".venv" / lock).touch()
    return project


def test_every_command_of_the_documents_has_its_place_and_no_other_has() -> None:
    places = [*lines(WHOLE), *lines(DRY), *ELSEWHERE, *WORDS]
    assert sorted(places) == sorted({command for document in DOCUMENTS for command in commands(document)})


@pytest.mark.parametrize("command", lines(WHOLE))
def test_it_runs(command: str, documented: Project) -> None:
    run = documented.command("bash", "-ec", command.replace("URL", str(ROOT)))
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("command", lines(DRY))
def test_it_could_run(command: str, documented: Project) -> None:
    words = f"{command} {DRY_RUN[command.split()[0]]}"
    run = documented.command("bash", "-ec", words, RUNS="runs --configfile gpu.yaml")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Nothing to be done" not in run.stdout


@pytest.mark.parametrize(("file", "name", "words"), ELSEWHERE.values(), ids=list(ELSEWHERE))
def test_another_test_runs_it(file: str, name: str, words: str) -> None:
    text = Path(ROOT / "tests" / file).read_text()
    assert f"\ndef {name}(" in text
    assert words in text
