"""Numbers by key: what the report cites, and what happens when it cites what is not there."""

import io
import math
import re
import string
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from project import ROOT

from goodinit.claims import CLAIMS
from goodinit.claims.claim import LAST_OF_THREAD
from goodinit.claims.evidence import Evidence
from goodinit.claims.judging import judge_claims
from goodinit.report import manuscript, tex
from goodinit.report.captions import read_captions
from goodinit.report.ends import spell_ends
from goodinit.report.numbers import Numbers, collect_numbers, write_macros
from goodinit.report.proofreading import cited_keys
from goodinit.study.conditions import STUDIES

CONFIG = yaml.safe_load((ROOT / "config/config.yaml").read_text()) | {
    "seeds": 6,
    "draft": True,
    "peaks": [0.2],
    "initializers": ["default", "lsuv"],
}
CAPTIONS = read_captions(ROOT / "workflow/report/figure.rst")
CARD = {
    "origin": "50 % of A & B_C",
    "target": "label",
    "rows": {"train": 12_000, "valid": 6000, "test": 3},
    "class_share": {"train": {"a": 0.5, "b": 0.5}, "valid": {"a": 1.0, "b": 0.0}},
    "features": [
        {"skewness": None, "excess_kurtosis": None, "max_abs_z": None, "zero_share": 1.0},
        {"skewness": 2.0, "excess_kurtosis": 3.0, "max_abs_z": 4.0, "zero_share": 0.5},
    ],
}
ESCAPE = pd.DataFrame(
    {
        "dataset": "my_table",
        "scaling": "standardize",
        "init": ["default"] * 3 + ["lsuv"] * 3,
        "peak": 0.2,
        "outcome": ["stuck", "stuck", "trained", "diverged", "diverged", "diverged"],
        "escape_step": [None, None, 300.0, 10.0, None, 20.0],
        "plateau_steps": [400, 400, 300, 0, 0, 0],
        "collapse_steps": [0, 0, 250, 0, 0, 0],
        "valid_loss": [1.0, 1.0, 0.4, None, None, None],
        "valid_accuracy": [0.5, 0.5, 0.8, None, None, None],
        "null_loss": 1.0,
        "majority_share": 0.5,
        "valid_null_loss": 1.0,
        "valid_majority_share": 0.5,
    }
)


@pytest.fixture(scope="module")
def judged() -> pd.DataFrame:
    """Every claim, with no runs to judge it by; written and read again."""
    table = judge_claims(Evidence({}, "my_table", "standardize", "satimage", [0.2], {}))
    return pd.read_csv(io.StringIO(table.to_csv(index=False)))


@pytest.fixture(scope="module")
def numbers(judged: pd.DataFrame) -> Numbers:
    others = judged.assign(dataset="another", scaling="standardize")
    others.loc[(others["claim"] == 10), "verdict"] = "refuted"
    return collect_numbers(CONFIG, CAPTIONS, {"my_table": CARD}, ESCAPE, judged, others)


def test_sentences_count_every_net(numbers: Numbers) -> None:
    assert manuscript.write_outcome_counts(numbers, CONFIG).decode() == (
        "at peak 0.2, 1 of 3 \\texttt{default} nets and 2 of 3 \\texttt{lsuv} nets (3 of the 3 diverged).\n"
    )


def test_numbers_say_what_they_rest_on(numbers: Numbers) -> None:
    stuck = numbers["default-0.2-stuck"]
    assert (stuck.value, stuck.text, stuck.n, stuck.unit) == (2, "2", 3, "of 3 nets")
    assert stuck.interval == pytest.approx((0.0943, 0.9916), abs=1e-4), "Clopper-Pearson of 2 of 3, from a table"
    assert stuck.runs == ("my_table/standardize/default/peak-0.2/none",)
    assert numbers["default-0.2-valid-loss"].value == pytest.approx(0.8)
    assert numbers["lsuv-0.2-valid-loss"].text == "1.000", "all diverged, and count as the null net"
    assert numbers["verdicts-nudged"].text == "none"
    assert numbers["claim-10-elsewhere"].text == "refuted on 1"
    assert numbers["claim-11-loss-elsewhere"].text == "untestable on 1"
    assert numbers["lsuv-0.2-median-escape"].text == "20"
    macros = write_macros(numbers).decode()
    assert r"\setresult{default-0.2-stuck}{2}" in macros
    assert r"\setresult{default-0.2-stuck/n}{3}" in macros
    assert r"\setresult{default-0.2-stuck/interval}{[0.0943, 0.992]}" in macros


def test_captions_serve_the_pdf_too(numbers: Numbers) -> None:
    assert "; 6 nets per panel. Dotted: $H$, the loss" in numbers["caption-loss-curves"].text
    assert r"to \texttt{default} of the same seed" in numbers["caption-seeds"].text
    for name, source in CAPTIONS.items():
        without_keys = re.sub(r"\{\{.*?\}\}", "", source)
        assert not re.search(r"\d", without_keys), f"a number typed by hand in {name}.rst"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.8734, "accuracy", r"87.3\,\%"),
        (0.0525, "share of pairs", r"5.25\,\%"),
        (-1.2639, "nats", "$-$1.264"),
        (-0.81679, "log10 ratio", "0.152"),
        (2446.0, "steps", "2446"),
        (0.0000802, "ratio", r"8.02$\cdot10^{-5}$"),
        (-0.00012345, "ratio", "$-$0.000123"),
        (None, "nats", "--"),
    ],
)
def test_values_are_spelled_by_their_unit(value: float | None, unit: str, text: str) -> None:
    assert tex.spell(value, unit)[0] == text


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (168.5, ".3g", "169"),
        (97.5, ".0f", "98"),
        (-0.125, ".2f", "$-$0.13"),
        (1.005, ".2f", "1.01"),  # though the float lies below its shortest decimals
        (1234.5, ".3g", "1235"),
        (999.5, ".3g", "1000"),
        (999.4, ".3g", "999"),
        (2.0, ".3g", "2"),
        (np.float64(0.00012345), ".4g", "0.0001235"),
        (1.25e-7, ".2g", r"1.3$\cdot10^{-7}$"),
        (0.05, "g", "0.05"),
        (1e30, ".3f", f"{1e30:.3f}"),
        (math.inf, ".3f", "inf"),
    ],
)
def test_a_half_is_rounded_away_from_zero(value: float, form: str, text: str) -> None:
    assert tex.digits(value, form) == text


def test_minus_signs_and_dashes() -> None:
    assert tex.escape("-1.024, x-1, well-known, 1961-2020, -.5") == "$-$1.024, x-1, well-known, 1961--2020, $-$.5"
    assert tex.escape("50 % of 3") == r"50\,\% of 3"
    assert tex.escape("the 'Kaiming' of torch's") == "the `Kaiming' of torch's"
    assert tex.digits(-6.9e-18) == "0"
    assert tex.alike([1.0, 0.832, 1.0]) == ["1.000", "0.832", "1.000"]
    assert tex.alike([-20.0, -24.26, -15.8]) == ["$-$20.0", "$-$24.3", "$-$15.8"]
    assert tex.alike([8.02e-5, -1.72e-4, 3.35e-4]) == ["0.000080", "$-$0.000172", "0.000335"]
    assert tex.alike([0.0, 1e-18]) == ["0", "0"]
    assert tex.code("lsuv-1 a_b") == r"\texttt{lsuv-1 a\_b}"


def test_the_outcome_table_says_never_and_leaves_out_what_is_not_there(numbers: Numbers) -> None:
    rows = manuscript.write_outcomes(numbers, CONFIG).decode().splitlines()
    assert r"0.2 & \texttt{default} & 1 & 2 & 0 & 0 & never & 0.800 & 60.0\,\% & 3 & 1 \\" in rows
    assert r"0.2 & \texttt{lsuv} & 0 & 0 & 0 & 3 & 20 & 1.000 & 50.0\,\% & 0 & 0 \\" in rows


def test_datasets_are_told_from_their_cards() -> None:
    table = manuscript.write_datasets({"my_table": CARD}).decode()
    assert r"my\_table & 2 & 2 & 50.0\,\% & 12\,000 & 6\,000 & 3 & 50\,\% of A \& B\_C \\" in table


def test_text_from_outside_is_escaped(numbers: Numbers) -> None:
    assert numbers["origin"].text == r"50\,\% of A \& B\_C"
    assert numbers["dataset"].text == r"my\_table"


def test_studies_say_what_they_ask_and_count_what_they_vary() -> None:
    rows = {row.split(" & ")[0]: row.split(" & ") for row in manuscript.write_studies(CONFIG).decode().splitlines()}
    asked = STUDIES["data"](CONFIG)
    assert rows["data"][1].startswith("Other tables, standardized; the main one with its tails")
    assert rows["data"][2:4] == ["4", "3"], "fars, pageblocks, satimage and lahman; standardize, quantile and heavy"
    assert rows["data"][-1].removesuffix(r" \\") == str(sum(asked.values()))
    assert rows["remedies"][5] == str(len({one.variant for one in STUDIES["remedies"](CONFIG)}))


def test_the_answer_cites_known_keys_only_whatever_was_run(numbers: Numbers) -> None:
    cited = cited_keys((ROOT / "paper/answer.tex").read_text())
    assert len(cited) > 20
    recommended = {key for key in cited - set(numbers) if re.match("(best|gain|needed|highest)-", key)}
    assert cited - recommended <= set(numbers), "those recommended are in test_recommendation.py"


def test_the_article_cites_what_any_config_has_and_the_outcomes_of_the_published_one(numbers: Numbers) -> None:
    texts = [ROOT / "paper/article.tex", *(ROOT / "paper/sections").glob("*.tex")]
    cited = {key for path in texts for key in cited_keys(path.read_text())}
    assert len(cited) > 50
    assert all(
        re.match(r"(default|kaiming-relu|lsuv)-0.[26]-", key)
        for key in cited - set(numbers) - set(spell_ends(None, None))
    )


def test_tables_of_untestable_claims_are_whole(judged: pd.DataFrame) -> None:
    claims = manuscript.write_claims(judged).decode().splitlines()
    assert [re.sub(r"\D*(\d+).*", r"\1", line.split(" & ")[0]) for line in claims] == [str(n) for n in CLAIMS]
    assert all(line.count(" & ") == 7 and line.endswith(r" & -- & -- & -- \\") for line in claims)


def test_the_words_of_rules_are_letters_that_tex_has() -> None:
    told = [claim.statement + claim.criterion + "".join(said.words for said in (claim.said, claim.taken_back) if said)
            for claim in CLAIMS.values()]  # fmt: skip
    assert set(tex.escape("".join(told))) - set(string.printable) <= set("±·…"), "which T1 fonts have"


def test_claims_that_the_thread_takes_back_are_marked(judged: pd.DataFrame) -> None:
    assert [number for number, claim in CLAIMS.items() if claim.said] == list(range(1, LAST_OF_THREAD + 1))
    assert [number for number, claim in CLAIMS.items() if claim.taken_back] == [8, 9, 14]
    marked = [row for row in manuscript.write_claims(judged).decode().splitlines() if "textsuperscript" in row]
    assert [row.partition("\\")[0] for row in marked] == ["8", "9", "14"]


def test_the_rule_of_every_claim_is_printed_with_its_constants() -> None:
    for claim in CLAIMS.values():
        assert len(claim.criterion) > 40
        assert "{" not in claim.criterion
    assert "within 10% of the schedule" in CLAIMS[2].criterion
    assert "near zero" in CLAIMS[8].criterion


def test_the_rule_of_a_claim_is_its_terms_and_those_of_its_parts_by_name() -> None:
    assert CLAIMS[16].criterion.startswith("Paired, lsuv less default. Faster: where the trailing loss of one")
    assert " it is mostly the lsuv net. Less spread: the sd" in CLAIMS[16].criterion
    assert CLAIMS[10].criterion.startswith("Most kaiming-relu nets have one")


def test_an_unknown_key_stops_the_build_and_is_named(tmp_path: Path, numbers: Numbers) -> None:
    (tmp_path / "results/tex").mkdir(parents=True)
    (tmp_path / "results/tex/numbers.tex").write_bytes(write_macros(numbers))
    (tmp_path / "results/tex/turned.tex").touch()
    preamble = (ROOT / "paper/style.tex").read_text() + r"\begin{document}"
    for key, expected in {"seeds": 0, "sedes": 1}.items():
        (tmp_path / "report.tex").write_text(f"{preamble}We train \\result{{{key}}} nets.\\end{{document}}")
        words = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "report.tex"]
        latex = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
        assert latex.returncode == expected, latex.stdout
        assert ("Unknown result key `sedes'" in latex.stdout) == (expected == 1)
