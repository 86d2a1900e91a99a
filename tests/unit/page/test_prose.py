"""TeX of the report as HTML: every macro that prints a result or chooses words, and what must stay inert."""

import re

import pytest
from project import ROOT

from goodinit import GoodinitError
from goodinit.claims.verdicts import VERDICTS
from goodinit.page.prose import Prose, find_charts, find_commands, find_lead, find_section, find_title, find_titles
from goodinit.report import tex
from goodinit.verbs.explore import CHAPTERS

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
\hypersetup{pdftitle={Is it a problem on this table?}}
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
    assert prose.write(find_title(ANSWER)) == "Is it a problem on this table?"
    assert prose.write(find_lead(ANSWER)).strip() == "Yes, 20 times."
    assert find_title("neither") == find_lead("neither") == ""


@pytest.mark.parametrize("files", [["article.tex", "sections/abstract.tex"], ["answer.tex"]])
def test_each_report_has_a_title_and_a_lead_with_a_form_whatever_the_verdicts(files: list[str]) -> None:
    source = "".join((ROOT / "paper" / file).read_text() for file in files)
    lead, commands = find_lead(source), find_commands(source)
    keys = re.findall(r"\\(?:result|interval|total|bycase|tested)\{([^}]+)\}", source)
    for verdict in VERDICTS:
        printed = {f"{key}{suffix}": verdict for key in keys for suffix in ("", "/interval", "/n")}
        prose = Prose(printed, commands=commands)
        text = prose.write(lead).striptags()
        assert len(text) > 20
        assert not set("\\{}") & set(prose.write(find_title(source)) + text)
        assert find_title(source)


SECTIONS = {
    "practice": r"""\section{What to \emph{do}}
\label{sec:practice}

One way, \figref{law}, not \figref{gini}; see Section~\ref{sec:practice}.

\begin{minipage}{\linewidth}\small
\begin{verbatim}
if h < {2}:  # \result{seeds}

    print("<b>")
\end{verbatim}
\end{minipage}

Figure~\ref{fig:way} and Table~\ref{tab:all}.
\input{chart}
""",
    "chart": r"""% from the top
\begin{figure}[htbp]
\small
\ask{Nan?}
  {Halve.\since{claim-3=refuted}{ \result{seeds} of $H$.}}
\below
\ask{At $H$?}{Wait.}
\caption{What to do.}
\label{fig:way}
\end{figure}
""",
}


def test_a_section_has_code_and_a_chart_of_questions() -> None:
    body = find_section(SECTIONS, "practice")
    titles = find_titles(SECTIONS["practice"])
    assert titles == {"practice": r"What to \emph{do}"}
    prose = Prose(RESULTS, frozenset({"claim-3=refuted"}), figures=find_charts(body) | {"law"}, titles=titles)
    assert prose.write_section(body).split("\n") == [
        '<p>One way, Figure\xa0<a href="#figure-law">law</a>, not the figure <code>gini</code>; see'
        " Section\xa0<em>What to <em>do</em></em>.</p>",
        '<pre tabindex="0"><code>if h &lt; {2}:  # \\result{seeds}',
        "",
        "    print(&#34;&lt;b&gt;&#34;)",
        "</code></pre>",
        '<p>Figure\xa0<a href="#figure-way">way</a> and Table\xa0all. </p>',
        '<figure id="figure-way">',
        '<ol class="chart-steps">',
        '<li><p class="asked">Nan?</p><p class="then">Halve.<s> 20 of <var>H</var>.</s></p></li>',
        '<li><p class="asked">At <var>H</var>?</p><p class="then">Wait.</p></li>',
        "</ol>",
        "<figcaption><p><strong>way.</strong> What to do.</p></figcaption>",
        "</figure>",
        "",
    ]
    assert find_section(SECTIONS, "limits") == ""


@pytest.mark.parametrize("name", CHAPTERS)
@pytest.mark.parametrize("verdict", VERDICTS)
def test_the_sections_on_the_page_have_a_form_whatever_the_verdicts(name: str, verdict: str) -> None:
    texts = {path.stem: path.read_text() for path in (ROOT / "paper/sections").glob("*.tex")}
    source = "".join(texts.values())
    body = find_section(texts, name)
    keys = re.findall(r"\\(?:result|interval|total|bycase|tested)\{([^}#]+)\}", source)
    printed = {f"{key}{suffix}": verdict for key in keys for suffix in ("", "/interval", "/n")}
    prose = Prose(printed, commands=find_commands(source), figures=find_charts(body), titles=find_titles(source))
    html = prose.write_section(body)
    assert html.count('class="asked"') == body.count(r"\ask{")
    code = re.compile("<code>.*?</code>", re.DOTALL)
    assert html.count("<pre") == body.count(r"\begin{verbatim}")
    assert not set("\\{}") & set(code.sub("", html))
    assert len(code.sub("", html)) > 500
    assert prose.write(prose.titles[name])
