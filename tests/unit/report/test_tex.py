"""How text from outside is spelled in TeX: nothing in it is a command, and what the fonts lack has a name."""

import pytest

from goodinit.report import tex


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("温度", "{[}U+6E29]{[}U+5EA6]"),
        ("Größe in €", "Größe in €"),
        ("a\0b", "a{[}U+0000]b"),
        ("[x] *", "{[}x] {*}"),
        (r"\input{/etc/passwd}", r"\textbackslash{}input\{/etc/passwd\}"),
        ("1999-2004, -3 and 5 %", r"1999--2004, $-$3 and 5\,\%"),
    ],
)
def test_text_is_escaped(text: str, spelled: str) -> None:
    assert tex.escape(text) == spelled
