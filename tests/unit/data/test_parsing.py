"""Files of all kinds: how text is read whatever its encoding and delimiter, and the line that a bad file gives."""

import codecs
import gzip
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from goodinit import GoodinitError
from goodinit.data.parsing import parse
from goodinit.data.preparation import describe, prepare
from goodinit.data.readers import read_table

GOOD = "größe,kind,label\n1.5,„x“,a\n2,y,b\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encoding_and_delimiter_are_found(encoding: str, delimiter: str, tmp_path: Path) -> None:
    path = tmp_path / "my.csv"
    path.write_bytes(GOOD.replace(",", delimiter).encode(encoding))
    rows, told = parse(path)
    assert list(rows) == ["größe", "kind", "label"]
    assert rows.to_numpy().tolist() == [[1.5, "„x“", "a"], [2.0, "y", "b"]]
    assert told == {"utf-8": "", "utf-8-sig": "", "utf-16": "utf-16", "cp1252": "cp1252"}[encoding]


@pytest.mark.parametrize(
    ("text", "header", "first"),
    [
        ('a;"b, c, d";e\n1;2;3\n4;5;6\n', ["a", "b, c, d", "e"], [1, 2, 3]),
        ("a;b\n1,5;2,5\n1,25;2\n", ["a", "b"], ["1,5", "2,5"]),
        ('a,b\n"x; y; z",1\n"u; v; w",2\n', ["a", "b"], ["x; y; z", 1]),
        ('a,b\n"two\nlines",1\nc,2\n', ["a", "b"], ["two\nlines", 1]),
        ("\n\na, b\n1, 2\n3, 4", ["a", "b"], [1, 2]),
        ("a,b\r\n1,2\r\n", ["a", "b"], [1, 2]),
        ("a,b,\n1,2,\n3,4,\n", ["a", "b", "column 3"], [1, 2, ""]),
    ],
)
def test_what_stands_in_quotes_separates_nothing(
    text: str, header: list[str], first: list[Any], tmp_path: Path
) -> None:
    path = tmp_path / "my.csv"
    path.write_bytes(text.encode())
    rows, _ = parse(path)
    assert list(rows) == header
    assert rows.iloc[0].fillna("").tolist() == first


def zipped() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return content.getvalue()


ROWS = "".join(f"{row % 7}.5,{'xy'[row % 2]},{'ab'[row % 3 % 2]}\n" for row in range(60))
TABLE = f"size,kind,label\n{ROWS}"
NOT_CSV = "bad.csv is not a readable CSV ("
NO_TEXT = "bad.csv is no text in UTF-8, UTF-16 or cp1252; save it as a CSV in UTF-8"
ONE = "bad.csv has one column; put a comma, semicolon, tab or bar between columns"
NO_LABEL = "bad.csv has no target column 'label'; did you mean"
NO_ROWS = "bad.csv has no rows with a target and at least one feature"
BAD: dict[str, tuple[str | bytes, dict[str, Any], str]] = {
    "empty": ("", {}, "bad.csv is empty"),
    "blank": (" \n\n \t\n", {}, "bad.csv is empty"),
    "only a byte order mark": (codecs.BOM_UTF8, {}, "bad.csv is empty"),
    "only line ends": (b"\r\n\r\n", {}, "bad.csv is empty"),
    "a spreadsheet": (zipped(), {}, "bad.csv is a zip archive or a spreadsheet; take the table out of it"),
    "an old spreadsheet": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), {}, "bad.csv is a spreadsheet; take"),
    "a gzip archive": (gzip.compress(TABLE.encode()), {}, "bad.csv is a gzip archive; take"),
    "no Parquet": (b"PAR1" + bytes(20) + b"PAR1", {}, "bad.csv is not a readable Parquet file ("),
    "half a Parquet file": (b"PAR1", {}, "bad.csv is not a readable Parquet file ("),
    "an image": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), {}, NO_TEXT),
    "zeros": (bytes(100), {}, NO_TEXT),
    "a zero among text": (TABLE.replace("x", "\0", 1), {}, NO_TEXT),
    "UTF-16 without a mark": (TABLE.encode("utf-16-le"), {}, NO_TEXT),
    "a pickle": (b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00cposix\nsystem\n.", {}, NO_TEXT),
    "a header alone": ("size,kind,label\n", {}, NO_ROWS),
    "a header without an end": ("size,kind,label", {}, NO_ROWS),
    "one column": ("label\nx\ny\n", {}, ONE),
    "blanks between columns": ("size kind label\n1 x a\n2 y b\n", {}, ONE),
    "colons between columns": (TABLE.replace(",", ":"), {}, ONE),
    "prose": ("It was the best of times.\nIt was the worst of times.\n", {}, ONE),
    "JSON": ('[{"size": 1, "label": "a"}]', {}, NO_LABEL),
    "JSON over lines": ('{\n "size": [1, 2],\n "label": ["a", "b"]\n}\n', {}, ONE),
    "HTML": ("<html>\n<body>\n<table>\n</table>\n", {}, ONE),
    "ARFF": ("@relation x\n@attribute size real\n@data\n1,a\n", {}, ONE),
    "no header": (ROWS, {}, NO_LABEL),
    "too many fields in a row": (TABLE + "1,x,a,7\n", {}, NOT_CSV),
    "too many fields in every row": (TABLE.replace("a\n", "a,7\n").replace("b\n", "b,7\n"), {}, NOT_CSV),
    "an open quote": (TABLE + '1,"x,a\n2,y,b\n', {}, NOT_CSV),
    "an open quote in the header": ('size,"kind,label\n1,x,a\n', {}, NOT_CSV),
    "a field without an end": ("size,label\n" + "1" * 200_000 + ",a\n", {}, NOT_CSV),
    "no such target": (TABLE, {"target": "lable"}, "bad.csv has no target column 'lable'; did you mean 'label'?"),
    "another case": (TABLE, {"target": "Label"}, "bad.csv has no target column 'Label'; did you mean 'label'?"),
    "no such group": (TABLE, {"group": "who"}, "bad.csv has no group column 'who'; did you mean"),
    "the target as group": (TABLE, {"group": "label"}, "column 'label' cannot be target and group at once"),
    "two targets": ("label,size,label\n1,2,3\n", {}, "bad.csv has two columns 'label', so which is the target?"),
    "two targets but for blanks": ("label,size,label \n1,2,3\n", {}, "bad.csv has two columns 'label', so which"),
    "two groups": ("who,who,label\n1,2,3\n", {"group": "who"}, "bad.csv has two columns 'who', so which is the group?"),
    "no label": ("size,label\n1,\n2,NA\n3,?\n", {}, NO_ROWS),
    "labels of blanks": ("size,label\n1, \n2,\n", {}, NO_ROWS),
    "no feature": ("who,label\n1,a\n1,b\n", {"group": "who"}, NO_ROWS),
    "a constant feature": ("size,label\n1,a\n1,b\n", {}, f"{NO_ROWS}; size: left out: constant"),
    "an empty feature": ("size,label\n,a\n,b\n", {}, f"{NO_ROWS}; size: left out: empty"),
    "row numbers": ("id,label\n" + "".join(f"{row},a\n" for row in range(9)), {}, f"{NO_ROWS}; id: left out: numbers"),
    "names": (
        "id,label\n" + "".join(f"p{row},a\n" for row in range(99)), {}, f"{NO_ROWS}; id: left out: text"
    ),
    "infinite numbers": ("size,label\ninf,a\n-inf,b\n", {}, f"{NO_ROWS}; size: left out: all numbers are infinite"),
    "one class": ("size,label\n" + "1,a\n2,a\n" * 20, {}, "target 'label' has one class, 'a': nothing to learn"),
    "a rare class": (TABLE + "1,x,c\n", {}, "class 'c' of target 'label' has 1 of 61 rows, none of them in"),
    "two rows": ("size,label\n1,a\n2,b\n", {}, "class "),
    "a number as target": (
        "size,label\n" + "".join(f"{row % 9},{row / 7}\n" for row in range(199)),
        {},
        "target 'label' has 199 different values, more than 100 classes: if it is a number",
    ),
    "a name as target": (
        "size,label\n" + "".join(f"{row % 9},p{row}\n" for row in range(101)), {}, "target 'label' has 101 "
    ),
    "a feature in few rows": (
        "few,size,label\n" + "".join(f"{'1' if row == 5 else ''},{row % 7},{'ab'[row % 2]}\n" for row in range(200)),
        {"rows": 10},
        "column 'few' has no value in the training rows; leave it out",
    ),
    "a level in few rows": (
        "few,size,label\n" + "".join(f"{'x' if row == 5 else ''},{row % 7},{'ab'[row % 2]}\n" for row in range(200)),
        {"rows": 10},
        "column 'few' has no value in the training rows; leave it out",
    ),
    "fewer names than columns": (ROWS, {"columns": ["size", "label"]}, "bad.csv has 3 columns; set `columns` to as"),
    "more names than columns": (ROWS, {"columns": [*"abcd"]}, "bad.csv has 3 columns; set `columns` to as many names"),
    "names without the target": (ROWS, {"columns": [*"abc"]}, NO_LABEL),
    "no column to drop": (TABLE, {"drop": ["sise"]}, "no column 'sise' to drop; set `drop` to some of: size, kind"),
    "the target to drop": (TABLE, {"drop": ["label"]}, "no column 'label' to drop; set `drop` to some of: size, kind"),
    "all dropped": (TABLE, {"drop": ["size", "kind"]}, "`drop` leaves no feature; take a column off that list"),
    "words to cut": (TABLE, {"quantiles": 5}, "target 'label' has a value 'a', no finite number; take"),
    "a bin without rows": (TABLE, {"target": "size", "bins": [9.0]}, "class (9, inf] of target 'size' has no rows"),
    "ties to cut": (TABLE, {"target": "size", "quantiles": 20}, "class "),
    "infinite targets to cut": (
        "size,y\n1,inf\n2,1\n4,2\n", {"target": "y", "quantiles": 2}, "target 'y' has a value 'inf', no finite"
    ),
}  # fmt: skip


@pytest.mark.parametrize("trouble", BAD)
def test_a_bad_file_gives_its_line(trouble: str, tmp_path: Path) -> None:
    content, reading, line = BAD[trouble]
    path = tmp_path / "bad.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    reading = {"target": "label", **reading}
    rows = reading.pop("rows", 12_000)
    with pytest.raises(GoodinitError) as caught:
        prepare(read_table([path], "csv", **reading), "standardize", rows, rows)
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)


def test_there_are_as_many_bad_files_as_there_should_be() -> None:
    assert len(BAD) >= 60


def test_a_folder_and_a_missing_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(GoodinitError, match=r"cannot read .*: Is a directory; correct the path"):
        parse(tmp_path)
    with pytest.raises(GoodinitError, match=r"cannot read .*nowhere.csv: No such file or directory; correct the path"):
        parse(tmp_path / "nowhere.csv")


def prepare_or_refuse(content: bytes, path: Path) -> None:
    """A file gives finite numbers and a card, or a line; anything else is an error."""
    path.write_bytes(content)
    try:
        table = read_table([path], "csv", target="label")
        arrays = np.load(io.BytesIO(prepare(table, "standardize", 60, 20)), allow_pickle=False)
        card = describe(table, 60, 20, {})
    except GoodinitError as error:
        said = str(error)
    else:
        said = ""
        assert np.isfinite(arrays["x_train"]).all()
        assert len(card["columns"]) == parse(path)[0].shape[1]
    assert "\n" not in said


FIELDS = some.one_of(
    some.integers().map(str),
    some.floats().map(str),
    some.booleans().map(str),
    some.datetimes().map(str),
    some.dates().map(str),
    some.text(some.characters(codec="utf-8"), max_size=8),
    some.sampled_from(
        ["", "NA", "?", "-", "1,5", "1.234,5", "1e999", "2024-02-30", "12:30", '"', "=cmd()", "\\input{x}"]
    ),
)


@given(
    columns=some.lists(some.lists(FIELDS, min_size=20, max_size=20), min_size=1, max_size=4),
    delimiter=some.sampled_from(",;\t|"),
    encoding=some.sampled_from(["utf-8", "utf-16"]),
)
@settings(max_examples=40, deadline=None)
def test_any_table_is_prepared_or_refused(
    columns: list[list[str]], delimiter: str, encoding: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    table = pd.DataFrame(dict(enumerate(columns))).assign(label=[*"ab"] * 10)
    prepare_or_refuse(
        table.to_csv(index=False, sep=delimiter).encode(encoding), tmp_path_factory.getbasetemp() / "fuzz.csv"
    )


@given(content=some.one_of(some.binary(max_size=300), some.binary(max_size=40).map(lambda end: TABLE.encode() + end)))
@settings(max_examples=100, deadline=None)
def test_any_file_is_prepared_or_refused(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    prepare_or_refuse(content, tmp_path_factory.getbasetemp() / "fuzz.csv")
