"""How text, names and numbers are spelled in TeX."""

import math
import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal

ROUNDING = 1e-12
EXACT = Context(prec=400)  # digits enough for the largest float with its decimals
# the letters of the T1 fonts in which TeX sets the report
KNOWN = {*"\n", *map(chr, range(0x20, 0x7F)), *map(chr, range(0xA0, 0x180)), *"–—‘’‚“”„†‡•…‰‹›€™"} - {*"ĦħĸĿŀŉŦŧſ"}


class _Letters(dict[int, str]):
    """How letters are spelled, as str.translate asks for it; one that the fonts lack by its code point."""

    def __missing__(self, letter: int) -> str:
        return chr(letter) if chr(letter) in KNOWN else f"{{[}}U+{letter:04X}]"


LETTERS = _Letters(
    str.maketrans(
        {
            "\\": r"\textbackslash{}",
            "~": r"\textasciitilde{}",
            "^": r"\textasciicircum{}",
            "√": r"\ensuremath{\surd}",
            "τ": r"\ensuremath{\tau}",
        }
        | {letter: "\\" + letter for letter in "&%$#_{}"}
        | {letter: f"{{{letter}}}" for letter in "[*"}  # which a line's end before them would take for its own
    )
)
MINUS = re.compile(r"(?<![\w.-])-(?=\.?\d)")
PERCENT = re.compile(r"(?<=\d) ?\\%")
QUOTE = re.compile(r"(?<!\w)'(?=\w)")
YEARS = re.compile(r"\b(\d{4})-(\d{4})\b")


def escape(text: str) -> str:
    """Text from outside as TeX prints it, with minus signs before numbers, dashes between years, thin spaces before
    %."""
    escaped = MINUS.sub("$-$", YEARS.sub(r"\1--\2", text.translate(LETTERS)))
    return QUOTE.sub("`", PERCENT.sub(r"\\,\\%", escaped))


def code(name: str) -> str:
    """A name as the config spells it."""
    return rf"\texttt{{{name.translate(LETTERS)}}}"


def listed(words: Iterable[str]) -> str:
    """One, two and three; none where there are none."""
    *most, last = [*words] or ["none"]
    return f"{', '.join(most)} and {last}" if most else last


def digits(value: float | None, form: str = ".3g") -> str:
    """A number by its format, three significant digits unless told, but whole from a thousand on; a dash for none, 0
    for what rounding left."""
    if value is None or math.isnan(value):
        return "--"
    value = 0.0 if abs(value) < ROUNDING else value
    form = ".0f" if form == ".3g" and abs(nearest(value, form)) >= 1000 else form
    shown = format(nearest(value, form), form)
    mantissa, _, exponent = shown.partition("e")
    power = rf"$\cdot10^{{{int(exponent)}}}$" if exponent else ""
    return mantissa.replace("-", "$-$") + power


def nearest(value: float, form: str) -> float:
    """A number rounded to what its format (.3f, .2g, g) shows, a half away from zero, where format itself rounds half
    to even; a half is what its shortest decimals say."""
    if math.isinf(value):
        return value
    exact, shown = Decimal(repr(float(value))), int(form[1:-1] or 6)
    last = -shown if form.endswith("f") else exact.adjusted() - shown + 1
    return float(exact.quantize(Decimal(1).scaleb(last), ROUND_HALF_UP, EXACT))


def alike(values: Iterable[float]) -> list[str]:
    """Numbers with the decimals that give the largest of them three significant digits, or four if it is just over 1,
    10, …"""
    numbers = list(values)
    largest = max(map(abs, numbers))
    decimals = max(0, 2 - math.floor(math.log10(largest / 1.1))) if largest > ROUNDING else 0
    return [digits(number, f".{decimals}f") for number in numbers]


def whole(number: int) -> str:
    """A whole number with thin spaces between thousands."""
    return f"{number:,}".replace(",", r"\,")


def spell(value: float | None, unit: str = "") -> tuple[str, str]:
    """A measured value as a sentence has it, and the format used: accuracies and shares in percent, losses in nats to
    three decimals, log10 ratios as the factor that they stand for, else three digits; a dash for none."""
    if value is None or math.isnan(value):
        return "--", "text"
    if unit == "accuracy" or unit.startswith("share"):
        return digits(100 * value, ".1f" if unit == "accuracy" else ".3g") + r"\,\%", "percent"
    if unit == "log10 ratio":
        return digits(10**value), "factor"
    form = ".3f" if unit.startswith("nats") else ".3g"
    return digits(value, form), form


def rows(cells: Iterable[Iterable[str]]) -> str:
    """Lines of a table."""
    return "".join(f"{' & '.join(row)} \\\\\n" for row in cells)


def tabular(columns: str, head: Iterable[Iterable[str]], body: Iterable[Iterable[str]]) -> str:
    """A table between rules, as wide as what is in it; head: no lines or some."""
    above = rows(head)
    middle = f"{above}\\midrule\n" if above else ""
    begin, end = rf"\begin{{tabular}}{{@{{}}{columns}@{{}}}}", r"\end{tabular}"
    return f"{begin}\n\\toprule\n{middle}{rows(body)}\\bottomrule\n{end}\n"
