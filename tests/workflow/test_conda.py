"""`--use-conda` with a stand-in for conda, which shows how jobs are started in its environment.

tests/conda makes one."""

import os
import sys
from pathlib import Path

import yaml
from project import Project

CONDA = """#!/bin/sh
echo "$@" >> {log}
case "$*" in
  --version) echo "conda 24.11.0" ;;
  "info --json") echo '{{"conda_prefix": "{base}", "conda_version": "24.11.0", "platform": "linux-64"}}' ;;
  clean*) ;;
  "config --get"*) echo '{{"get": {{"channel_priority": "strict"}}}}' ;;
  "env create"*)
    while [ "$1" != --file ]; do shift; done
    mkdir -p "$4/bin" && cp "$2" "$4/created-from.yml"
    printf '#!/bin/sh\\nexec {python} "$@"\\n' > "$4/bin/python" && chmod +x "$4/bin/python" ;;
  *) echo "unexpected: conda $*" >&2; exit 1 ;;
esac
"""
ACTIVATE = 'export CONDA_PREFIX="$1" PATH="$1/bin:$PATH"\n'
SMALL = "{seeds: 2, seed_block: 2, steps: 46, train_rows: 600, valid_rows: 200, hidden_layers: 2, peaks: [0.2]}"


def test_jobs_run_in_the_environment_that_conda_makes(tmp_path: Path) -> None:
    base = tmp_path / "conda"
    (base / "bin").mkdir(parents=True)
    (base / "bin/conda").write_text(CONDA.format(log=base / "log", base=base, python=sys.executable))
    (base / "bin/conda").chmod(0o755)
    (base / "bin/activate").write_text(ACTIVATE)
    project = Project.make(tmp_path / "project", SMALL)
    path = f"{base / 'bin'}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    project.snakemake("results/tables/escape.csv", "--use-conda", PATH=path)

    assert (project.folder / "results/tables/escape.csv").stat().st_size > 0
    (environment,) = (project.folder / ".snakemake/conda").glob("*/created-from.yml")
    assert yaml.safe_load(environment.read_text())["name"] == "goodinit"
    assert (base / "log").read_text().count("env create") == 1, "one environment for all rules"
    assert project.planned("results/tables/escape.csv") == {}, "with or without conda it is the same result"
