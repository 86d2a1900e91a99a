"""The whole workflow on other data than the published: every table, figure and verdict is there, and the report too."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from project import Project

from goodinit.claims import CLAIMS
from goodinit.study.conditions import STUDIES
from goodinit.study.figures import figures_in

SIZE = """
draft: true
seeds: 6
seed_block: 6
steps: 460
train_rows: 2000
valid_rows: 600
studies:
  data: {datasets: []}
  stability: {peaks: [0.1, 0.2]}
  initializers: {initializers: [default-gain, lsuv-kaiming]}
  overfitting: {variants: [none, early-stopping]}
  depth: {enabled: false}
  remedies: {enabled: false}
  chaos: {enabled: false}
  suite: {enabled: false}
"""
OFF = {"depth", "remedies", "chaos", "suite"}
OWN = {"table": "own.csv", "target": "kind", "group": "house"}


def write_own(folder: Path) -> None:
    """Three classes that depend on heavy-tailed numbers and a nominal column, some values missing; houses of five."""
    rng = np.random.default_rng(3)
    rows = 4000
    x = rng.lognormal(size=(rows, 5))
    color = rng.choice(["red", "green", "blue"], rows)
    score = np.stack([x[:, 0] + (color == "red"), x[:, 1], x[:, 2] + x[:, 3] * (color == "blue")], axis=1)
    table = pd.DataFrame(x, columns=list("abcde")).assign(color=color, kind=score.argmax(1), house=np.arange(rows) // 5)
    table.loc[rng.random(rows) < 0.05, "d"] = np.nan
    table.to_csv(folder / "own.csv", index=False)


@pytest.mark.parametrize(
    ("config", "dataset"),
    [
        # an own table, compared with Kaiming instead of the default
        (
            SIZE + "initializers: [kaiming-relu, default]\n" + "".join(f"{key}: {one}\n" for key, one in OWN.items()),
            "table",
        ),
        # an easy table as the main one, too shallow for a plateau
        (SIZE + "main_dataset: satimage\ncontrol: pageblocks\nhidden_layers: 2\n", "satimage"),
        # all diverge; the default would die
        (SIZE + "peaks: [10]\ninitializers: [kaiming-relu, lsuv]\n", "lahman"),
    ],
    ids=["own", "shallow", "diverging"],
)
def test_any_table_gives_a_whole_report(config: str, dataset: str, tmp_path: Path) -> None:
    project = Project.make(tmp_path, config)
    write_own(tmp_path)
    project.snakemake()
    results = tmp_path / "results"
    assert (results / "report.pdf").read_bytes().startswith(b"%PDF")
    drawn = {path.stem for path in (results / "figures").glob("*.svg")}
    assert drawn == {figure.name for figure in figures_in(STUDIES.keys() - OFF)}
    claims = pd.read_csv(results / "claims.csv")
    assert claims.loc[claims["part"] == "all", "claim"].tolist() == list(CLAIMS)
    nets = pd.read_csv(results / "tables/escape.csv")
    assert set(nets["dataset"]) == {dataset}
    if "peaks: [10]" in config:
        assert set(nets["outcome"]) == {"diverged"}
        plateaus = claims[claims["claim"].isin([2, 10, 15, 21, 22, 23, 24])]
        assert "supported" not in set(plateaus["verdict"])
    if "hidden_layers: 2" in config:
        assert (nets["plateau_steps"] == 0).all()
        assert set(claims.loc[claims["claim"] == 15, "verdict"]) == {"untestable"}
    assert project.planned() == {}
