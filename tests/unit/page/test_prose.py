"""TeX of the report as HTML: every macro that prints a result or chooses words, and what must stay inert."""

import re

import pytest
from project import ROOT

from goodinit import GoodinitError
from goodinit.claims.verdicts import VERDICTS
from goodinit.page.prose import Prose, find_commands, find_lead, find_title
from goodinit.report import tex

RESULTS = {
    "seeds": "20",
    "loss": "1.5",
    "loss/interval": "[1.2, 1.8]",
    "loss/n": "19",
    "name": r"\texttt{a\_b}",
    **{verdict: verdict for verdict in VERDICTS},
}


@pytest.mark.parametrize(
    ("source", "html"),
    [
        (r"over \result{seeds} seeds", "over 20 seeds"),
        (r"\result{loss} \interval{loss} of \total{loss}", "1.5 [1.2, 1.8] of 19"),
        (r"of \typed{2019}{the year} said", "of 2019 said"),
        (r"\emph{\result{name}}!", "<em><code>a_b</code></em>!"),
        ("a\n% a comment\nb % another\n  c", "a b c"),
        ("a 50\\,\\% share", "a 50\u202f% share"),
        (r"$-$3 and 2$\cdot10^{-4}$", "−3 and 2·10<sup>−4</sup>"),
        ("$n = 3$, $<$.0001", "<var>n</var> = 3, &lt;.0001"),
        ("``so'' -- it's", "“so” – it’s"),
        ("one\n\ntwo", "one</p>\n<p>two"),
        (r"\ensuremath{\surd}3", "√3"),
        (r"\since{claim-2=supported,claim-3=refuted}{So it is.}", "So it is."),
        (r"\ifresult{seeds}{there}\ifresult{nothing}{not}", "there"),
        (r"\noindent" "\nFirst", "First"),
    ],
)
def test_macros_and_signs(source: str, html: str) -> None:
    assert Prose(RESULTS).write(source) == html


@pytest.mark.parametrize(("verdict", "word"), list(zip(VERDICTS, ["yes", "no", "both", "both", ""], strict=True)))
def test_a_verdict_chooses_the_words_as_in_tex(verdict: str, word: str) -> None:
    assert Prose(RESULTS).write(rf"\bycase{{{verdict}}}{{yes}}%" "\n  {no}\n {both}{}") == word
    assert Prose(RESULTS).write(rf"\tested{{{verdict}}}{{tried}}") == ("" if verdict == "untestable" else "tried")


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "a & b_c ^ ~ \\ {} $x$ 50 % #1", "-3 'quoted'"])
def test_text_from_outside_comes_back_as_it_was_and_inert(text: str) -> None:
    html = Prose().write(tex.escape(text))
    assert "<script" not in html
    shown = html.unescape().translate({0x2212: "-", 0x2018: "'", 0x2019: "'", 0x202F: " "})
    assert shown == re.sub(r"(?<=\d) %", " %", text)


def test_what_has_no_form_is_named() -> None:
    with pytest.raises(GoodinitError, match=r"\\citet has no form in HTML"):
        Prose().write(r"as \citet{glorot} say")
    with pytest.raises(GoodinitError, match="unknown key 'nothing'"):
        Prose().write(r"\result{nothing}")


def test_a_sentence_that_turned_is_struck_through() -> None:
    prose = Prose(RESULTS, frozenset({"claim-3=refuted"}))
    assert prose.write(r"\since{claim-3=refuted}{No.}\since{claim-2=supported}{Yes.}") == "<s>No.</s>Yes."


ANSWER = r"""
\title{Is it a problem on \emph{\result{name}}?}
\newcommand{\other}{\result{seeds}}
\noindent\fbox{%
\begin{minipage}{\dimexpr\linewidth-2\fboxsep}
\smallskip\large
\bycase{supported}{Yes, \other\ times.}{No.}{}{}
\smallskip
\end{minipage}}
"""


def test_a_text_has_a_title_and_a_lead() -> None:
    prose = Prose(RESULTS, commands=find_commands(ANSWER))
    assert prose.write(find_title(ANSWER)) == "Is it a problem on <em><code>a_b</code></em>?"
    assert prose.write(find_lead(ANSWER)).strip() == "Yes, 20 times."
    assert find_title("neither") == find_lead("neither") == ""


def test_the_report_has_a_title_and_an_abstract_with_a_form_whatever_the_verdicts() -> None:
    assert find_title((ROOT / "paper/article.tex").read_text())
    source = find_lead((ROOT / "paper/sections/abstract.tex").read_text())
    keys = set(re.findall(r"\\(?:result|interval|total|bycase|tested)\{([^}]+)\}", source))
    assert keys
    for verdict in VERDICTS:
        printed = {f"{key}{suffix}": verdict for key in keys for suffix in ("", "/interval", "/n")}
        text = Prose(printed).write(source).striptags()
        assert not set("\\{}") & set(text)
        assert verdict in text
