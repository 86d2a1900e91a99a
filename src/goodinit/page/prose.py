"""The report's TeX as HTML: the macros of paper/ that print results or choose words by verdicts, and plain text."""

import re
from collections import deque
from collections.abc import Mapping

from markupsafe import Markup, escape

from goodinit import GoodinitError
from goodinit.claims.verdicts import UNTESTABLE, VERDICTS

TOKEN = re.compile(
    r"""(?<!\\)%[^\n]*\n?[ \t]*  # a comment, with its end of line
    |\\[A-Za-z]+\s*|\\.          # a macro swallows the space behind it
    |\n\s*\n                     # a new paragraph
    |---?|``|''
    |[{}$^~`']
    |[^\\%{}$^~`'\n-]+|.
    """,
    re.VERBOSE | re.DOTALL,
)
FORMS = {"emph": "em", "texttt": "code", "textbf": "strong", "textsuperscript": "sup", "^": "sup"}
SIGNS = {
    r"\,": "\u202f", r"\ ": " ", r"\textbackslash": "\\", r"\textasciitilde": "~", r"\textasciicircum": "^",
    r"\surd": "√", r"\tau": "τ", r"\cdot": "·", r"\noindent": "", r"\ensuremath": "", "{": "", "}": "", "~": "\xa0",
    "--": "–", "---": "—", "``": "“", "''": "”", "`": "‘", "'": "’",
} | {rf"\{letter}": letter for letter in "&%$#_{}"}  # fmt: skip
ARGUMENTS = {
    "result": 1, "interval": 1, "total": 1, "typed": 2, "bycase": 5, "tested": 2, "ifresult": 2, "since": 2,
}  # fmt: skip
LETTERS = re.compile("([A-Za-z]+)")
WORD_OF = dict(zip(VERDICTS, (0, 1, 2, 2, 3), strict=True))  # the argument of \bycase that a verdict chooses


def write_html(source: str, results: Mapping[str, str]) -> Markup:
    """TeX as HTML, with what `results` has for the key of each \\result{key}, as `numbers.spell_keys` gives it. Raises
    GoodinitError for a macro without a form here and for an unknown key."""
    return _write(source, results, math=False)


def read_abstract(source: str) -> str:
    """What is between \\begin{abstract} and \\end{abstract}; raises GoodinitError where there is no such place."""
    _, _, after = source.partition(r"\begin{abstract}")
    inside, end, _ = after.partition(r"\end{abstract}")
    if not end:
        raise GoodinitError(r"the abstract has no \begin{abstract} … \end{abstract}; put it between these")
    return inside.strip()


def _write(source: str, results: Mapping[str, str], math: bool) -> Markup:
    tokens, written = deque(TOKEN.findall(source)), Markup()
    while tokens:
        token = tokens.popleft()
        name = token.strip().removeprefix("\\")
        if token.startswith("%"):
            continue
        if token == "$":
            math = not math
        elif token.isspace():
            written += Markup("</p>\n<p>") if token.count("\n") > 1 else " "
        elif name in FORMS and (token.startswith("\\") or token == "^"):
            written += Markup("<{0}>{1}</{0}>").format(Markup(FORMS[name]), _write(_argument(tokens), results, math))
        elif token.strip() in SIGNS:
            written += SIGNS[token.strip()]
        elif token.startswith("\\") and name in ARGUMENTS:
            key, *words = (_argument(tokens) for _ in range(ARGUMENTS[name]))
            written += _write(_choose(name, key, words, results), results, math)
        elif token.startswith("\\"):
            raise GoodinitError(f"\\{name} has no form in HTML; write it otherwise, or add it to page/prose.py")
        elif math:
            written += _formula(token)
        else:
            written += token
    return written


def _choose(name: str, key: str, words: list[str], results: Mapping[str, str]) -> str:
    """The TeX that one of the macros of paper/style.tex stands for."""
    match name:
        case "result":
            return _look_up(key, results)
        case "interval":
            return _look_up(f"{key}/interval", results)
        case "total":
            return _look_up(f"{key}/n", results)
        case "bycase":
            return words[WORD_OF[_look_up(key, results)]]
        case "tested":
            return "" if _look_up(key, results) == UNTESTABLE else words[0]
        case "ifresult":
            return words[0] if key in results else ""
        case "since":
            return words[0]
        case _:
            return key


def _argument(tokens: deque[str]) -> str:
    """The TeX in the next braces, or the next token."""
    while tokens and (tokens[0].isspace() or tokens[0].startswith("%")):
        tokens.popleft()
    taken, depth = "", 0
    while tokens:
        token = tokens.popleft()
        depth += (token == "{") - (token == "}")
        taken += token
        if depth == 0:
            break
    return taken[1:-1] if taken.startswith("{") else taken


def _look_up(key: str, results: Mapping[str, str]) -> str:
    if key not in results:
        raise GoodinitError(f"unknown key {key!r}; the known ones are in numbers.json")
    return results[key]


def _formula(token: str) -> Markup:
    """Plain text in math mode: letters are variables, a hyphen is a minus."""
    parts = LETTERS.split(token.replace("-", "−"))
    return Markup().join(
        Markup("<var>{}</var>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts)
    )
