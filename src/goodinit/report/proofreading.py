"""What no compiler sees in the report's text: numbers typed by hand, keys that nothing makes or that nobody cites."""

import re
from collections.abc import Iterator
from pathlib import Path

from goodinit import GoodinitError

CITATION = re.compile(r"\\(result|interval|total|bycase|tested)\{([^}#]+)\}")
ALLOWED = re.compile(  # what holds digits that are no results
    r"""(?<!\\)%.*                                             # comments
    |\\typed\{[^}]*\}\{[^}]+\}                                     # allowed one by one, with a reason
    |\\(?:result|interval|total|bycase|tested|ifresult)\{[^}]*\}          # keys
    |\\(?:cite[tp]?|ref|label|input(?:rows)?|texttt|figureof)\{[^}]*\}      # names
    |\\(?:setlength|begin|end|section|paragraph)\{[^}]*\}(?:\{.*\}$)?  # layout
    |\\includegraphics(?:\[[^]]*\])?\{[^}]*\}
    |p\{[0-9.]+cm\}
    |\$[^$]*[A-Za-z\\][^$]*\$                                      # a formula: a number alone is none
    """,
    re.VERBOSE | re.MULTILINE,
)
VERBATIM = re.compile(r"\\begin\{verbatim\}.*?\\end\{verbatim\}", re.DOTALL)


def find_typed_numbers(text: str) -> Iterator[tuple[int, str]]:
    """Line number and line of every digit in TeX prose that neither a key nor a formula nor \\typed{digits}{reason}
    accounts for."""
    blanked = VERBATIM.sub(lambda match: "\n" * match[0].count("\n"), text)
    for number, (line, original) in enumerate(zip(blanked.split("\n"), text.split("\n"), strict=True), start=1):
        if re.search(r"\d", ALLOWED.sub(" ", line)):
            yield number, original.strip()


def cited_keys(text: str) -> set[str]:
    """Every key that TeX prose cites; \\interval{key} and \\total{key} cite the key itself."""
    return {key for _, key in CITATION.findall(text)}


def proofread(sections: list[Path], known: set[str]) -> list[str]:
    """The known keys that no section cites, in order. Raises GoodinitError with file and line for a typed number, and
    for a key that is not known."""
    cited = set()
    for path in sections:
        text = path.read_text()
        for number, line in find_typed_numbers(text):
            raise GoodinitError(
                f"{path}:{number}: a number typed by hand in {line!r}; cite a key, or write \\typed{{digits}}{{reason}}"
            )
        for key in sorted(cited_keys(text) - known):
            raise GoodinitError(f"{path}: unknown key {key!r}; the known ones are in numbers.json")
        cited |= cited_keys(text)
    return sorted(known - cited)
