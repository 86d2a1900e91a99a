"""What no compiler sees in the report's text: numbers typed by hand, keys that nothing makes or that nobody cites, and
sentences that lean on results which have turned."""

import operator
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from goodinit import GoodinitError

CITATION = re.compile(r"\\(result|interval|total|bycase|tested)\{([^}#]+)\}")
CONDITION = re.compile(r"([a-z0-9.-]+)([=<>])([a-z0-9.-]+)")
COMPARISONS = {"=": operator.eq, "<": operator.lt, ">": operator.gt}
CHOOSING = {"since": 2, "bycase": 5, "tested": 2}  # commands whose words say what they lean on, and their arguments
ALLOWED = re.compile(  # what holds digits that are no results
    r"""(?<!\\)%.*                                             # comments
    |\\typed\{[^}]*\}\{[^}]+\}                                     # allowed one by one, with a reason
    |\\(?:result|interval|total|bycase|tested|ifresult|since)\{[^}]*\}    # keys
    |\\(?:cite[tp]?|ref|label|input(?:rows)?|texttt|figureof|figref)\{[^}]*\}      # names
    |\\(?:setlength|begin|end|section|paragraph)\{[^}]*\}(?:\{.*\}$)?  # layout
    |\\includegraphics(?:\[[^]]*\])?\{[^}]*\}
    |p\{[0-9.]+cm\}
    |\$[^$\n]*[A-Za-z\\][^$\n]*\$                                  # a formula: a number alone is none
    """,
    re.VERBOSE | re.MULTILINE,
)
CHOICE = re.compile(rf"\\({'|'.join(CHOOSING)})(?=\{{)")
BRACE = re.compile(r"(?<!\\)[{}]")
COMMENT = re.compile(r"(?<!\\)%.*")
VERBATIM = re.compile(r"\\begin\{verbatim\}.*?\\end\{verbatim\}", re.DOTALL)


class Choice(NamedTuple):
    """A command of CHOOSING in a text: its name, its arguments, and where it begins and ends."""

    name: str
    arguments: list[str]
    start: int
    end: int


class Turned(NamedTuple):
    """A sentence in words, what it leans on as \\since has it, and what of it does not hold (`claim-3 is refuted`)."""

    sentence: str
    leans_on: str
    found: str


def find_typed_numbers(text: str) -> Iterator[tuple[int, str]]:
    """Line number and line of every digit in TeX prose that neither a key nor a formula nor \\typed{digits}{reason}
    accounts for."""
    blanked = text
    for pattern in (VERBATIM, ALLOWED):
        blanked = pattern.sub(lambda match: " " + "\n" * match[0].count("\n"), blanked)
    for number, (line, original) in enumerate(zip(blanked.split("\n"), text.split("\n"), strict=True), start=1):
        if re.search(r"\d", line):
            yield number, original.strip()


def shown_figures(text: str) -> set[str]:
    """The names of the figures that TeX prose shows."""
    return set(re.findall(r"\\figureof(?:\[[^]]*\])?\{([^}#]+)\}", text))


def cited_keys(text: str) -> set[str]:
    """Every key that TeX prose cites; \\interval{key} and \\total{key} cite the key itself."""
    leant_on = {key for choice in _choices(text) for key, _, _ in _conditions(choice)}
    return {key for _, key in CITATION.findall(COMMENT.sub("", text))} | leant_on


def find_turned(text: str, numbers: Mapping[str, Any]) -> Iterator[Turned]:
    """The sentences of \\since{key=word,key<number,key>number}{sentence} that lean on what does not hold.

    numbers: values by key; one without a value, as what is untestable has, holds nothing. Raises GoodinitError for a
    key that is not there, and for what is no condition.
    """
    for choice in _choices(text):
        failing = [key for key, sign, word in _conditions(choice) if not _holds(numbers, key, sign, word)]
        if failing:
            found = ", ".join(f"{key} is {numbers[key]}" for key in failing)
            yield Turned(" ".join(choice.arguments[1].split()), choice.arguments[0], found)


def find_unsupported(text: str) -> Iterator[str]:
    """Keys of claims cited by words that neither \\since nor a command that chooses words by a verdict accounts for;
    claim-N-elsewhere counts verdicts, and so says itself what it leans on."""
    for choice in reversed(list(_choices(text))):
        text = text[: choice.start] + text[choice.end :]
    yield from (key for _, key in CITATION.findall(text) if re.match(r"claim-(?!.*-elsewhere$)", key))


def proofread(sections: list[Path], numbers: Mapping[str, Any]) -> tuple[list[str], list[Turned]]:
    """The known keys that no section cites, in order, and the sentences that turned. numbers: values by key.

    Raises GoodinitError with the file for a typed number, a key that is not known, and a claim's result in a sentence
    that does not say what it leans on.
    """
    cited: set[str] = set()
    turned: list[Turned] = []
    for path in sections:
        text = path.read_text()
        for number, line in find_typed_numbers(text):
            raise GoodinitError(
                f"{path}:{number}: a number typed by hand in {line!r}; cite a key, or write \\typed{{digits}}{{reason}}"
            )
        for key in sorted(cited_keys(text) - numbers.keys()):
            raise GoodinitError(
                f"{path}: unknown key {key!r}; the known ones are in numbers.json (the article needs the published"
                " peaks and initializers; for others take `report: answer`)"
            )
        for key in find_unsupported(text):
            raise GoodinitError(f"{path}: {key!r} is cited outside of \\since{{verdict it leans on}}{{sentence}}")
        turned += find_turned(text, numbers)
        cited |= cited_keys(text)
    return sorted(numbers.keys() - cited), turned


def require_unturned(turned: list[Turned]) -> None:
    """Raises GoodinitError that names every sentence that turned."""
    if turned:
        told = "; ".join(f"{sentence!r} leans on {leans_on}, but {found}" for sentence, leans_on, found in turned)
        raise GoodinitError(f"the article no longer says what was found: {told}; rewrite it, or take `report: answer`")


def write_turned(turned: list[Turned]) -> bytes:
    """The sentences that turned as TeX, for a draft to mark."""
    return "".join(f"\\setturned{{{one.leans_on}}}\n" for one in turned).encode()


def _conditions(choice: Choice) -> Iterator[tuple[str, str, str]]:
    """Key, sign and word of each condition of a \\since."""
    for condition in choice.arguments[0].split(",") if choice.name == "since" else ():
        match = CONDITION.fullmatch(condition.strip())
        if match is None:
            raise GoodinitError(f"{condition!r} in \\since is no condition; write key=word, key<number or key>number")
        yield match[1], match[2], match[3]


def _holds(numbers: Mapping[str, Any], key: str, sign: str, word: str) -> bool:
    if key not in numbers:
        raise GoodinitError(f"unknown key {key!r} in \\since; the known ones are in numbers.json")
    value = numbers[key]
    return value is not None and bool(COMPARISONS[sign](value, word if sign == "=" else float(word)))


def _choices(text: str) -> Iterator[Choice]:
    """The outermost commands of CHOOSING, in order; comments have none."""
    text, position = COMMENT.sub(lambda match: " " * len(match[0]), text), 0
    while match := CHOICE.search(text, position):
        arguments, position = [], match.end()
        for _ in range(CHOOSING[match[1]]):
            start = text.index("{", position)
            position = _closing(text, start)
            arguments.append(text[start + 1 : position - 1])
        yield Choice(match[1], arguments, match.start(), position)


def _closing(text: str, start: int) -> int:
    """Where the group that opens at start has ended."""
    depth = 0
    for match in BRACE.finditer(text, start):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return match.end()
    line = text.count("\n", 0, start) + 1
    raise GoodinitError(f"the group that opens in line {line} is never closed; add the missing brace")
