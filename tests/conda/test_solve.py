"""The small study, in an environment solved and made from environment.yml, out of a local channel.

The channel has one version of each package, that which is installed here, under conda's names: that the packages can be
found together on conda-forge it does not prove."""

import json
import os
import re
import sys
from collections import Counter
from pathlib import Path
from shlex import join

import pytest
import yaml
from channel import SITE, make_channel, name_of
from documents import commands
from project import ROOT, Project

LOCKED = [line.split("==")[0] for line in (ROOT / "requirements.lock").read_text().splitlines() if line[0] != "#"]
SMALL = (ROOT / "tests/workflow/small.yaml").read_text()
WITHOUT_PYTHON = {"report", "all"}  # rules
WITNESS = "import os, sys; print(os.getpid(), *sys.orig_argv, file=open(os.path.join(sys.prefix, 'started'), 'a'))"
# what conda puts into a shell
HOOK = """
conda() {{ if [ "$1" = activate ]; then . {base}/bin/activate {base}/envs/"$2"; else command conda "$@"; fi }}
"""
COMMAND = ["snakemake", "--cores", "4", "--use-conda", "--configfile", "config/test.yaml"]


@pytest.fixture
def path(tmp_path: Path) -> str:
    """PATH with a conda that installs from a local channel."""
    base = tmp_path / "conda"
    make_channel(base / "channel", ["pip", *LOCKED])
    (base / "bin").mkdir()
    words = [sys.executable, str(Path(__file__).with_name("channel.py")), str(base / "channel")]
    (base / "bin/conda").write_text(f'#!/bin/sh\nexec {join(words)} "$@"\n')
    (base / "bin/conda").chmod(0o755)
    (base / "bin/activate").write_text('export CONDA_PREFIX="$1" PATH="$1/bin:$PATH"\n')
    (base / "hook").write_text(HOOK.format(base=base))
    return os.pathsep.join([str(base / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])


def test_a_study_in_an_environment_of_conda_is_the_same(tmp_path: Path, path: str) -> None:
    plain, project = (Project.make(tmp_path / name, SMALL) for name in ("plain", "project"))
    jobs = project.planned()

    made = project.command(COMMAND[0], "--conda-create-envs-only", *COMMAND[1:], PATH=path)
    assert made.returncode == 0, made.stdout + made.stderr
    [records] = (project.folder / ".snakemake/conda").glob("*/conda-meta")
    environment = records.parent
    installed = {json.loads(file.read_text())["name"] for file in records.glob("*.json")}
    asked = {entry.split()[0] for entry in yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]}
    assert asked <= installed
    assert installed == {name_of(package) for package in LOCKED} | {"python", "pip", "tectonic"}

    (environment / SITE / "witness.pth").write_text(WITNESS)
    run = project.command(*COMMAND, PATH=path)
    assert run.returncode == 0, run.stdout + run.stderr
    started = set((environment / "started").read_text().splitlines())  # a .pth file is read twice
    verbs = re.findall(r"^\d+ python -m goodinit (\S+)", "\n".join(sorted(started)), re.MULTILINE)
    asked_of_python = {rule: count for rule, count in jobs.items() if rule not in WITHOUT_PYTHON}
    assert Counter(verb.replace("-", "_") for verb in verbs) == asked_of_python

    plain.snakemake()
    assert project.hashes() == plain.hashes()


def test_a_package_that_is_not_to_be_had_is_named_in_one_line(tmp_path: Path, path: str) -> None:
    project = Project.make(tmp_path / "project", SMALL)
    project.replace("environment.yml", "pandas >=2.3", "pandas >=99")
    run = project.command(*COMMAND, PATH=path)
    assert run.returncode != 0
    [line] = [line for line in (run.stdout + run.stderr).splitlines() if line.startswith("conda: ")]
    assert "pandas >=99" in line
    assert "No candidates were found" in line
    assert not list((project.folder / ".snakemake/conda").glob("*/conda-meta"))


def test_the_environment_of_the_readme_runs_the_workflow(tmp_path: Path, path: str) -> None:
    project = Project.make(tmp_path / "project", SMALL)
    project.publish()
    [make] = [line for line in commands("README.md") if line.startswith("conda env create")]
    lines = [f"source {tmp_path}/conda/hook", make, "command -v python snakemake goodinit", "goodinit --help"]
    lines.append("snakemake --cores 2 tables")
    run = project.command("bash", "-ec", "\n".join(lines), PATH=path, PYTHONPATH="")
    assert run.returncode == 0, run.stdout + run.stderr
    environment = tmp_path / "conda/envs/goodinit"
    found = [f"{environment}/bin/{name}" for name in ("python", "snakemake", "goodinit")]
    assert found == [line for line in run.stdout.splitlines() if line.startswith(f"{tmp_path}/conda/envs")]
    assert (project.folder / "results/tables/law.csv").exists()
