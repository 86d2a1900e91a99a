"""Numbers by key: what the report cites, and what happens when it cites what is not there."""

import re
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from project import ROOT

from goodinit import manuscript

CONFIG = {
    "seeds": 6,
    "steps": 3680,
    "batch_size": 256,
    "hidden_layers": 10,
    "width": 40,
    "draft": True,
    "peaks": [0.2],
    "initializers": ["default", "lsuv"],
    "figures": ["loss-curves"],
}
CARD = {
    "origin": "50 % of A & B_C",
    "target": "label",
    "rows": {"train": 12_000, "valid": 6000, "test": 3},
    "class_share": {"train": {"a": 0.5, "b": 0.5}},
    "features": [
        {"skewness": None, "excess_kurtosis": None, "max_abs_z": None},
        {"skewness": 2.0, "excess_kurtosis": 3.0, "max_abs_z": 4.0},
    ],
}
ESCAPE = pd.DataFrame(
    {
        "dataset": "my_table",
        "init": ["default"] * 3 + ["lsuv"] * 3,
        "peak": 0.2,
        "outcome": ["stuck", "stuck", "trained", "diverged", "diverged", "diverged"],
        "escape_step": [None, None, 300.0, 10.0, None, 20.0],
        "plateau_steps": [400, 400, 300, 0, 0, 0],
        "valid_loss": [1.0, 1.0, 0.4, None, None, None],
        "valid_accuracy": [0.5, 0.5, 0.8, None, None, None],
        "null_loss": 1.0,
        "majority_share": 0.5,
    }
)
COMPARISONS = pd.DataFrame(
    {
        "peak": [0.2],
        "init": ["lsuv"],
        "reference": ["default"],
        "measure": ["valid_accuracy"],
        "n": [3],
        "difference": [-0.1],
        "interval_low": [-0.2],
        "interval_high": [0.0],
        "p_value": [float("nan")],
    }
)


@pytest.fixture
def numbers() -> dict[str, str]:
    return manuscript.collect_numbers(CONFIG, CARD, ESCAPE, COMPARISONS)


def test_sentences_count_every_net(numbers: dict[str, str]) -> None:
    assert numbers["outcome-sentences"] == (
        r"At peak 0.2, 1 of 3 \texttt{default} nets escape; 2 of 3 \texttt{lsuv} nets escape and 3 of the 3 diverge."
    )
    assert "no p-value with so few seeds" in numbers["comparison-sentences"]
    assert "by $-10.0$ points" in numbers["comparison-sentences"]


def test_the_outcome_table_says_never_and_leaves_out_what_is_not_there() -> None:
    rows = manuscript.write_outcomes(ESCAPE).decode().splitlines()
    assert r"0.2 & \texttt{default} & 1 & 2 & 0 & 0 & never & 0.800 & 60.0\,\% & 3 \\" in rows
    assert r"0.2 & \texttt{lsuv} & 0 & 0 & 0 & 3 & 20 & -- & -- & 0 \\" in rows


def test_text_from_outside_is_escaped(numbers: dict[str, str]) -> None:
    assert numbers["origin"] == r"50 \% of A \& B\_C"
    assert numbers["dataset"] == r"my\_table"


def test_the_report_cites_known_keys_only(numbers: dict[str, str]) -> None:
    cited = {
        key for file in (ROOT / "paper").rglob("*.tex") for key in re.findall(r"\\result\{([^}#]+)\}", file.read_text())
    }
    assert cited - {"key"} <= set(numbers)


def test_an_unknown_key_stops_the_build_and_is_named(tmp_path: Path, numbers: dict[str, str]) -> None:
    (tmp_path / "results/tex").mkdir(parents=True)
    (tmp_path / "results/tex/numbers.tex").write_bytes(manuscript.write_numbers(numbers))
    report = (ROOT / "paper/report.tex").read_text()
    preamble = report[: report.index(r"\maketitle")]
    for key, expected in {"seeds": 0, "sedes": 1}.items():
        (tmp_path / "report.tex").write_text(f"{preamble}We train \\result{{{key}}} nets.\\end{{document}}")
        words = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "report.tex"]
        latex = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
        assert latex.returncode == expected, latex.stdout
        assert ("Unknown result key `sedes'" in latex.stdout) == (expected == 1)
