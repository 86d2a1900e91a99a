"""The report's TeX as HTML: the macros of paper/ that print results or choose words by verdicts, and plain text."""

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

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
FORMS = {
    r"\emph": "em", r"\texttt": "code", r"\textbf": "strong", r"\textsuperscript": "sup", r"\turned": "s", "^": "sup",
}  # fmt: skip
SIGNS = {
    r"\,": "\u202f", r"\ ": " ", r"\textbackslash": "\\", r"\textasciitilde": "~", r"\textasciicircum": "^",
    r"\surd": "√", r"\tau": "τ", r"\cdot": "·", r"\ensuremath": "", "{": "", "}": "", "~": "\xa0",
    "--": "–", "---": "—", "``": "“", "''": "”", "`": "‘", "'": "’",
} | {rf"\{letter}": letter for letter in "&%$#_{}"}  # fmt: skip
LAYOUT = {r"\noindent", r"\centering", r"\smallskip", r"\medskip", r"\large", r"\small", r"\footnotesize"}
ARGUMENTS = {
    "result": 1, "interval": 1, "total": 1, "typed": 2, "bycase": 5, "tested": 2, "ifresult": 2, "since": 2,
    "figref": 1, "label": 1,
}  # fmt: skip
WORD_OF = dict(zip(VERDICTS, (0, 1, 2, 2, 3), strict=True))  # the argument of \bycase that a verdict chooses
LEAD = re.compile(r"\\begin\{(abstract|minipage)\}(?:\{[^}]*\})?(.*?)\\end\{\1\}", re.DOTALL)
SECTION = re.compile(r"\\section\{(.*)\}\s*\\label\{sec:([a-z-]+)\}")
CHART = re.compile(r"\\label\{fig:([a-z-]+)\}")
INPUT = re.compile(r"\\input\{(\w+)\}")
BOX = re.compile(r"\\(?:begin|end)\{(?:minipage|center)\}(?:\[[^]]*\]|\{[^}]*\})*")
BLOCK = re.compile(
    r"""\\begin\{(?P<code>verbatim|lstlisting)\}(?:\[[^]]*\])?\n?(?P<lines>.*?)\\end\{(?P=code)\}
    |\\begin\{figure\}(?P<figure>.*?)\\end\{figure\}""",
    re.VERBOSE | re.DOTALL,
)
EMPTY = re.compile(r"<p>\s*</p>\s*")
COMMAND = re.compile(r"^\\newcommand\{\\([A-Za-z]+)\}\{(.*)\}$", re.MULTILINE)
LETTERS = re.compile("([A-Za-z]+)")


@dataclass(frozen=True)
class Prose:
    """The report's TeX as HTML. results: what \\result{key} prints, as `numbers.spell_keys` gives it; turned: what
    sentences lean on that no longer holds, which are struck through; commands: what the text's own macros stand for;
    figures: the names of those that can be linked to; titles: of the report's sections, by label."""

    results: Mapping[str, str] = field(default_factory=dict)
    turned: frozenset[str] = frozenset()
    commands: Mapping[str, str] = field(default_factory=dict)
    figures: frozenset[str] = frozenset()
    titles: Mapping[str, str] = field(default_factory=dict)

    def write(self, source: str, math: bool = False) -> Markup:
        """TeX as HTML. Raises GoodinitError for a macro without a form here and for an unknown key."""
        tokens, written = deque(TOKEN.findall(source)), Markup()
        while tokens:
            token = tokens.popleft()
            name = token.strip()
            if token.startswith("%") or name in LAYOUT:
                continue
            if token == "$":
                math = not math
            elif not name:
                written += Markup("</p>\n<p>") if token.count("\n") > 1 else " "
            elif name in FORMS:
                inside = self.write(_take_argument(tokens), math)
                written += Markup("<{0}>{1}</{0}>").format(Markup(FORMS[name]), inside)
            elif name == r"\ref":
                written += self._refer(_take_argument(tokens))
            elif token in SIGNS or name in SIGNS:
                written += SIGNS.get(token, SIGNS.get(name, ""))
            elif token.startswith("\\"):
                written += self.write(self._expand(name[1:], tokens), math)
            else:
                written += _write_formula(token) if math else token
        return written

    def write_section(self, source: str) -> Markup:
        """The body of a section as paragraphs, code and decision charts. Raises GoodinitError as `write`."""
        written, position = Markup(), 0
        for block in BLOCK.finditer(source):
            written += self._write_paragraphs(source[position : block.start()])
            if block["figure"] is None:
                written += Markup('<pre tabindex="0"><code>{}</code></pre>\n').format(block["lines"])
            else:
                written += self._write_chart(block["figure"])
            position = block.end()
        return written + self._write_paragraphs(source[position:])

    def _write_paragraphs(self, source: str) -> Markup:
        written = Markup("<p>{}</p>\n").format(self.write(BOX.sub("", source).strip()))
        return Markup(EMPTY.sub("", written))

    def _write_chart(self, source: str) -> Markup:
        """A figure of \\ask{question}{what to do if so}: each is asked where the one before it was answered no."""
        steps, name, caption = Markup(), "", Markup()
        tokens = deque(TOKEN.findall(source))
        while tokens:
            match tokens.popleft().strip():
                case r"\ask":
                    asked, then = (self.write(_take_argument(tokens).strip()) for _ in range(2))
                    steps += Markup('<li><p class="asked">{}</p><p class="then">{}</p></li>\n').format(asked, then)
                case r"\caption":
                    caption = self.write(_take_argument(tokens))
                case r"\label":
                    name = _take_argument(tokens).removeprefix("fig:")
        listed = Markup('<ol class="chart-steps">\n{}</ol>').format(steps)
        told = Markup("<figcaption><p><strong>{}.</strong> {}</p></figcaption>").format(name, caption)
        return Markup('<figure id="figure-{}">\n{}\n{}\n</figure>\n').format(name, listed, told)

    def _refer(self, label: str) -> Markup:
        """What \\ref{label} names: a section of the report by its title, a figure by its name, with a link to it."""
        kind, _, name = label.partition(":")
        if kind == "sec" and name in self.titles:
            return Markup("<em>{}</em>").format(self.write(self.titles[name]))
        return Markup('<a href="#figure-{0}">{0}</a>' if kind == "fig" and name in self.figures else "{}").format(name)

    def _expand(self, name: str, tokens: deque[str]) -> str:
        """The TeX that a macro of paper/style.tex or of the text's own stands for; takes its arguments."""
        if name in self.commands:
            return self.commands[name]
        if name not in ARGUMENTS:
            raise GoodinitError(f"\\{name} has no form in HTML; write it otherwise, or add it to page/prose.py")
        key, *words = (_take_argument(tokens) for _ in range(ARGUMENTS[name]))
        match name:
            case "result":
                return self._look_up(key)
            case "interval":
                return self._look_up(f"{key}/interval")
            case "total":
                return self._look_up(f"{key}/n")
            case "bycase":
                return words[WORD_OF[self._look_up(key)]]
            case "tested":
                return "" if self._look_up(key) == UNTESTABLE else words[0]
            case "ifresult":
                return words[0] if key in self.results else ""
            case "figref":
                return rf"Figure~\ref{{fig:{key}}}" if key in self.figures else rf"the figure \texttt{{{key}}}"
            case "label":
                return ""
            case "since":
                return rf"\turned{{{words[0]}}}" if key in self.turned else words[0]
            case _:
                return key

    def _look_up(self, key: str) -> str:
        if key not in self.results:
            raise GoodinitError(f"unknown key {key!r}; the known ones are in numbers.json")
        return self.results[key]


def find_title(source: str) -> str:
    """The title, as the PDF's properties have it; nothing where there is none."""
    _, _, after = source.partition("pdftitle=")
    return _take_argument(deque(TOKEN.findall(after)))


def find_lead(source: str) -> str:
    """What a reader sees first: the abstract, or the box on the first page; nothing where there is neither."""
    found = LEAD.search(source)
    return found[2].strip() if found else ""


def find_section(texts: Mapping[str, str], name: str) -> str:
    """The body of a section with what it \\input s; nothing where there is none. texts: sections by name of file."""
    body = SECTION.sub("", texts.get(name, ""))
    return INPUT.sub(lambda found: texts[found[1]], body)


def find_charts(source: str) -> frozenset[str]:
    """The names of the figures that are written in TeX, as decision charts are."""
    return frozenset(CHART.findall(source))


def find_titles(source: str) -> dict[str, str]:
    """The titles of labelled sections, by the label without its sec:."""
    return {label: title for title, label in SECTION.findall(source)}


def find_commands(source: str) -> dict[str, str]:
    """The macros without arguments that a text defines."""
    return dict(COMMAND.findall(source))


def _take_argument(tokens: deque[str]) -> str:
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


def _write_formula(token: str) -> Markup:
    """Plain text in math mode: letters are variables, a hyphen is a minus."""
    parts = LETTERS.split(token.replace("-", "−"))
    return Markup().join(
        Markup("<var>{}</var>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts)
    )
