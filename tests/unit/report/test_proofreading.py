"""The text holds no number that a run could change, and cites no key that nothing makes."""

from pathlib import Path

import pytest
from project import ROOT

from goodinit import GoodinitError
from goodinit.report.proofreading import cited_keys, find_typed_numbers, proofread

SECTIONS = sorted((ROOT / "paper/sections").glob("*.tex"))


def test_no_number_is_typed_in_the_report() -> None:
    found = [
        f"{path.name}:{number}: {line}" for path in SECTIONS for number, line in find_typed_numbers(path.read_text())
    ]
    assert not found
    assert len(SECTIONS) > 5


@pytest.mark.parametrize(
    "line",
    [
        "We trained 20 nets.",
        r"The loss was $0.3$ nats.",
        r"Half of \result{seeds} and 3 more.",
        r"\caption{Mean over 20 nets.}",
        r"\typed{2019}{} a year without a reason",
        r"up by 5\,\% after training",
    ],
)
def test_typed_numbers_are_found(line: str) -> None:
    assert [number for number, _ in find_typed_numbers(f"A line.\n{line}\n")] == [2]


@pytest.mark.parametrize(
    "line",
    [
        r"In \typed{2019}{the thread's year} and at \result{claim-2-a-long-plateau-main}.",
        r"variance $2/\text{fan-in}$ \citep{he2015} % 20 of them",
        r"Figure~\ref{fig:weights2}\label{sec:a1}",
        r"\begin{longtable}{@{}r>{\raggedright\arraybackslash}p{7.4cm}l@{}}",
        r"\setlength{\tabcolsep}{4pt}",
        "\\begin{verbatim}\nx = 3\n\\end{verbatim}",
    ],
)
def test_what_is_no_result_passes(line: str) -> None:
    assert list(find_typed_numbers(line)) == []


def test_unknown_keys_stop_and_unused_ones_are_listed(tmp_path: Path) -> None:
    section = tmp_path / "a.tex"
    section.write_text(r"\result{seeds} \interval{loss} \bycase{claim-1}{a}{b}{c}{d}")
    assert cited_keys(section.read_text()) == {"seeds", "loss", "claim-1"}
    assert proofread([section], {"seeds", "loss", "claim-1", "steps"}) == ["steps"]
    with pytest.raises(GoodinitError, match=r"a.tex: unknown key 'loss'"):
        proofread([section], {"seeds", "claim-1"})
    section.write_text("We trained\n20 nets.")
    with pytest.raises(GoodinitError, match=r"a.tex:2: a number typed by hand in '20 nets.'"):
        proofread([section], set())
