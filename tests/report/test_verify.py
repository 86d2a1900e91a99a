"""`make verify` in a copy of the project: silent until the source is off."""

import re
from pathlib import Path

import pytest
import yaml
from project import Project, read_config

QUICK = """
draft: true
results: results/quick
seeds: 2
seed_block: 2
steps: 92
train_rows: 1200
valid_rows: 400
peaks: [0.2]
studies:
  data: {enabled: false}
  stability: {enabled: false}
  initializers: {enabled: false}
  overfitting: {enabled: false}
  suite: {enabled: false}
  budget: {enabled: false}
  depth: {enabled: false}
  remedies: {enabled: false}
  chaos: {enabled: false}
"""
FULL = QUICK.replace("[0.2]", "[0.2, 0.6]").replace("results/quick", "results")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The project with small studies and the reference of both."""
    project = Project.make(tmp_path, FULL)
    config = tmp_path / "config"
    merged = read_config(config / "config.yaml", config / "test.yaml")
    (config / "config.yaml").write_text(yaml.safe_dump(merged))
    (config / "quick.yaml").write_text(QUICK)
    (tmp_path / "paper/reference.json").unlink()
    for words in ([], ["FULL=1"]):
        made = project.command("make", "reference", "PAPER=", "CORES=2", *words)
        assert made.returncode == 0, made.stderr
    return project


def test_make_verify_names_a_gain_that_is_off_by_a_tenth_in_the_source(project: Project) -> None:
    source, std = "src/goodinit/model/initializers.py", "math.sqrt(2 / draw.fan_in)"
    assert (project.folder / source).read_text().count(std) == 1
    project.replace(source, std, f"0.9 * {std}")
    verify = project.command("make", "verify", "PAPER=", "CORES=2", "DATE=2026-01-31")
    assert verify.returncode == 2, verify.stderr
    assert "2026-01-31: 4 of the 6 published runs" in verify.stdout
    lines = [line for line in verify.stdout.splitlines() if " arrays differ, " in line]
    assert {line.split("/")[3] for line in lines} == {"kaiming-relu"}, lines
    first = "first initial_weights; activation std of layer 1 before training, seed 100: "
    assert re.match(f"quick/lahman/standardize/kaiming-relu/peak-0.2/none/seeds-100-101: .*{first}", lines[0]), lines
    told = re.search("^goodinit verify: (.*)$", verify.stderr, re.MULTILINE)
    assert told, verify.stderr
    assert told[1] == f"{len(lines)} of 7 runs differ from paper/reference.json"
