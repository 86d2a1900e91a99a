"""The text holds no number that a run could change, and cites no key that nothing makes."""

from pathlib import Path

import pytest
from project import ROOT

from goodinit import GoodinitError
from goodinit.report.proofreading import (
    cited_keys,
    find_turned,
    find_typed_numbers,
    find_unsupported,
    proofread,
    require_unturned,
    shown_figures,
    write_turned,
)

SECTIONS = [*(ROOT / "paper/sections").glob("*.tex"), ROOT / "paper/article.tex", ROOT / "paper/answer.tex"]
NUMBERS = {"seeds": 20, "loss": 0.3, "claim-1": "supported", "claim-1-main": None}


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


def test_the_figures_that_a_text_shows_are_known() -> None:
    assert shown_figures("\\figureof{a}\n\\figureof[H]{b-c} \\ref{fig:d} % \\figureof{#1}") == {"a", "b-c"}


def test_unknown_keys_stop_and_unused_ones_are_listed(tmp_path: Path) -> None:
    section = tmp_path / "a.tex"
    section.write_text(r"\result{seeds} \interval{loss} \bycase{claim-1}{a}{b}{c}{d}")
    assert cited_keys(section.read_text()) == {"seeds", "loss", "claim-1"}
    assert proofread([section], NUMBERS) == (["claim-1-main"], [])
    with pytest.raises(GoodinitError, match=r"a.tex: unknown key 'loss'"):
        proofread([section], {"seeds": 20, "claim-1": "supported"})
    section.write_text("We trained\n20 nets.")
    with pytest.raises(GoodinitError, match=r"a.tex:2: a number typed by hand in '20 nets.'"):
        proofread([section], {})


@pytest.mark.parametrize(
    ("leans_on", "found"),
    [
        ("claim-1=supported", None),
        ("claim-1=supported, loss<0.5, loss>0", None),
        ("claim-1=refuted", "claim-1 is supported"),
        ("claim-1=supported, loss<0.25", "loss is 0.3"),
        ("loss>0.3, seeds<20", "loss is 0.3, seeds is 20"),
        ("claim-1-main>0", "claim-1-main is None"),
    ],
)
def test_a_sentence_turns_with_what_it_leans_on(leans_on: str, found: str | None) -> None:
    text = rf"Before. \since{{{leans_on}}}{{It is \emph{{so}}," + "\n" + r" by \result{loss}.} After."
    turned = list(find_turned(text, NUMBERS))
    assert [one.found for one in turned] == ([found] if found else [])
    assert write_turned(turned).decode() == (f"\\setturned{{{leans_on}}}\n" if found else "")
    if found:
        with pytest.raises(GoodinitError) as stop:
            require_unturned(turned)
        assert r"'It is \\emph{so}, by \\result{loss}.' leans on" in str(stop.value)
        assert found in str(stop.value)
        assert "\n" not in str(stop.value)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (r"\since{claim-1}{So.}", "'claim-1' in \\since is no condition"),
        (r"\since{lost=refuted}{So.}", "unknown key 'lost'"),
        ("A.\n" + r"\since{claim-1=supported}{So \emph{it is}.", "the group that opens in line 2 is never closed"),
    ],
)
def test_a_condition_that_cannot_be_checked_stops(text: str, mistake: str) -> None:
    with pytest.raises(GoodinitError) as stop:
        list(find_turned(text, NUMBERS))
    assert mistake in str(stop.value)


def test_a_claim_is_cited_only_by_words_that_say_what_they_lean_on(tmp_path: Path) -> None:
    supported = (
        r"\since{claim-1=supported}{It is \result{claim-1-main}.} \tested{claim-1}{\result{claim-1-main}}"
        r" \bycase{claim-1}{\result{claim-1-main}}{}{}{} \result{claim-1-elsewhere} \result{seeds}"
    )
    assert list(find_unsupported(supported)) == []
    assert list(find_unsupported(rf"{supported} \interval{{claim-1-main}}")) == ["claim-1-main"]
    section = tmp_path / "a.tex"
    section.write_text(r"\result{claim-1-main}")
    with pytest.raises(GoodinitError, match=r"a.tex: 'claim-1-main' is cited outside of \\since"):
        proofread([section], NUMBERS)
