"""Reports on tables of other kinds than the published: their answer is true, and nothing is missing or empty."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from project import ROOT, Project

from goodinit.claims import CLAIMS

SMALLER = """
seeds: 12
seed_block: 12
steps: 690
batch_size: 64
studies:
  stability: {peaks: [0.1, 0.2, 0.4]}
"""
OWN = ["table=own.csv", "target=kind"]
ELSEWHERE = {20, 21, 25, 26, 35, 36, 37, 38, 39, 40, 41}  # asks for other tables, scalings, starts or variants
SHOWN = set(re.findall(r"\\figureof\[H\]\{([a-z-]+)\}", (ROOT / "paper/answer.tex").read_text()))


def heavy_tails(rng: np.random.Generator) -> pd.DataFrame:
    """Three classes that depend on heavy-tailed numbers."""
    x = rng.lognormal(sigma=1.5, size=(4000, 8))
    score = np.stack([x[:, 0], x[:, 1], x[:, 2] + x[:, 3]], axis=1)
    return pd.DataFrame(x, columns=list("abcdefgh")).assign(kind=score.argmax(1))


def two_clouds(rng: np.random.Generator) -> pd.DataFrame:
    """Few rows of two classes far apart."""
    kind = rng.integers(2, size=900)
    return pd.DataFrame(rng.normal(size=(900, 4)) + 3 * kind[:, None], columns=list("wxyz")).assign(kind=kind)


def words_and_gaps(rng: np.random.Generator) -> pd.DataFrame:
    """Numbers with gaps, text with TeX in it, houses of five rows, classes with names."""
    x, rows = rng.lognormal(size=(3000, 4)), 3000
    color = rng.choice(["red_1", "50 % green", "blue & {grey}"], rows)
    names = np.array(["low #1", "mid$", "high^2"])
    score = np.stack([x[:, 0] + (color == "red_1"), x[:, 1], x[:, 2] + x[:, 3] * (color == "50 % green")], axis=1)
    table = pd.DataFrame(x, columns=["a_b", "b%", "c", "d"]).assign(color=color, kind=names[score.argmax(1)])
    table.loc[rng.random(rows) < 0.05, "d"] = np.nan
    table.loc[rng.random(rows) < 0.05, "color"] = None
    return table.assign(house=np.arange(rows) // 5)


@pytest.mark.parametrize(
    ("make", "words", "peaks", "verdict"),
    [
        (heavy_tails, [], "[0.2, 0.4]", "supported"),
        (two_clouds, ["hidden_layers=2"], "[0.2, 0.4]", "refuted"),
        (words_and_gaps, ["group=house"], "[0.2, 10]", "supported"),  # at peak 10 all diverge
    ],
)
def test_a_table_of_ones_own_has_a_report_of_its_own(
    make: Callable[[np.random.Generator], pd.DataFrame], words: list[str], peaks: str, verdict: str, tmp_path: Path
) -> None:
    project = Project.make(tmp_path, f"{SMALLER}peaks: {peaks}\n")
    make(np.random.default_rng(3)).to_csv(tmp_path / "own.csv", index=False)
    project.snakemake("--config", *OWN, *words)
    results = tmp_path / "results/own-table"
    assert (results / "report.pdf").read_bytes().startswith(b"%PDF")
    assert {path.stem for path in (results / "figures").glob("*.svg")} == SHOWN
    assert [path.name for path in (results / "runs/table").iterdir()] == ["standardize"], "no other scaling"
    assert [path.name for path in (results / "runs").iterdir()] == ["table"], "and no other table"
    claims = pd.read_csv(results / "claims.csv")
    whole = claims[claims["part"] == "all"].set_index("claim")["verdict"]
    assert whole.index.tolist() == list(CLAIMS)
    assert set(whole[list(ELSEWHERE)]) == {"untestable"}
    told = json.loads((results / "numbers.json").read_text())
    assert told["claim-2-a-long-plateau-main-verdict"]["value"] == verdict
    check_against_nets(told, pd.read_csv(results / "tables/escape.csv"))
    check_typesetting((results / "tex/build/main.log").read_text(errors="replace").replace("\n", ""))
    assert project.planned("--config", *OWN, *words) == {}


def check_against_nets(told: dict[str, Any], nets: pd.DataFrame) -> None:
    """What the first page says of the default at the main peak, counted again."""
    assert set(nets["dataset"]) == {"table"}
    default = nets[(nets["init"] == "default") & (nets["peak"] == 0.2)]
    assert len(default) == 12, "the user's file wins over config/table.yaml"
    rested = (default["plateau_steps"] > 0).sum()
    assert told["claim-2-a-long-plateau-main"]["text"] == f"{rested} of {len(default)}"
    assert told["gain-loss"]["n"] == len(default) / 2
    low, high = told["gain-loss"]["interval"]
    side = {"supported": low > 0, "refuted": high < 0, "undecided": low <= 0 <= high}
    assert side[told["gain-loss-verdict"]["value"]]


def check_typesetting(log: str) -> None:
    """No reference without its figure, nothing that sticks out."""
    assert "undefined" not in log
    assert "multiply defined" not in log
    wide = [float(points) for points in re.findall(r"Overfull \\hbox \(([0-9.]+)pt too wide\)", log)]
    assert max(wide, default=0) <= 2
