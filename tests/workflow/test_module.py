"""The workflow as a module of another Snakefile in another folder."""

from pathlib import Path

import pandas as pd
from project import ROOT, Project

SNAKEFILE = f"""
configfile: "{ROOT}/config/config.yaml"
configfile: "mine.yaml"


module goodinit:
    snakefile: "{ROOT}/workflow/Snakefile"
    config: config


use rule * from goodinit as goodinit_*


rule count_rows:
    default_target: True
    input: "results/tables/escape.csv", "results/figures/min-bin.pdf", rules.goodinit_judge.output.claims
    output: "rows.txt"
    shell: "wc -l < {{input[0]}} > {{output}}; echo $PYTHONPATH > environment.txt"
"""
MAIN_STUDY_ALONE = """
studies:
  data: {enabled: false, datasets: []}
  stability: {enabled: false}
  initializers: {enabled: false}
  overfitting: {enabled: false}
  budget: {enabled: false}
  depth: {enabled: false}
  remedies: {enabled: false}
  chaos: {enabled: false}
  suite: {enabled: false}
"""


def test_another_workflow_uses_this_one_and_adds_its_own(tiny: str, tmp_path: Path) -> None:
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    (tmp_path / "mine.yaml").write_text(tiny.partition("studies:")[0] + MAIN_STUDY_ALONE)
    other = Project(tmp_path)
    run = other.command("snakemake", "--cores", "2", PYTHONPATH="")
    assert run.returncode == 0, run.stdout + run.stderr
    assert int((tmp_path / "rows.txt").read_text()) == 1 + 3 * 2, "a header, and two nets of each initializer"
    assert (tmp_path / "environment.txt").read_text().strip() == "", "its own rules run as if goodinit were not there"
    assert len(pd.read_csv(tmp_path / "results/claims.csv")) > 27
    assert not list((tmp_path / "results").rglob("*.partial"))
    assert {path.name for path in tmp_path.iterdir()} == {
        "Snakefile", "mine.yaml", "results", ".snakemake", "rows.txt", "environment.txt"
    }  # fmt: skip
    again = other.command("snakemake", "--cores", "2", "--dry-run", PYTHONPATH="")
    assert "Nothing to be done" in again.stdout + again.stderr
