"""Tables of every trouble: what becomes of each column, what the card says of it, and what nets are given."""

import io
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goodinit import GoodinitError
from goodinit.data.columns import treat
from goodinit.data.preparation import SCALINGS, describe, prepare
from goodinit.data.readers import read_table

ROWS = 400
RNG = np.random.default_rng(4)
LABEL = RNG.choice(["no", "yes"], ROWS)
SIZE = RNG.lognormal(size=ROWS).round(4)
GAPS = RNG.random(ROWS) < 0.1
PLACES = np.where(np.arange(ROWS) < 380, np.array(["Rome", "Oslo"])[np.arange(ROWS) % 2], np.arange(ROWS) % 7)
HOURS = pd.Series(pd.date_range("2024-02-27 06:30", periods=ROWS, freq="7h"))
FILLED = f"{GAPS.sum()} gaps filled with the median and marked by a 0/1 column"
DATE = "a date: days, hour of the day and day of the week, of these what varies, scaled"


# the column "x" of a table, what is said of it, and the names of the features made of it
TROUBLES: dict[str, tuple[object, str, list[str]]] = {
    "numbers with gaps": (np.where(GAPS, np.nan, SIZE), f"scaled, {FILLED}", ["x", "x missing"]),
    "numbers with words": (
        np.where(GAPS, "not asked", SIZE.astype(str)),
        f"scaled, {FILLED}, {GAPS.sum()} texts such as 'not asked' made gaps",
        ["x", "x missing"],
    ),
    "decimal commas": (
        pd.Series(SIZE).map(lambda size: f"{size:.2f}".replace(".", ",")), "scaled, decimal commas", ["x"]
    ),
    "commas between thousands": (
        pd.Series(SIZE * 1e6).map("{:,.1f}".format), "scaled, commas between thousands", ["x"]
    ),
    "beyond float32": (
        np.where(GAPS, np.where(np.arange(ROWS) % 2, 1e300, -np.inf), SIZE),
        f"scaled, {FILLED}, {GAPS.sum()} numbers beyond 3.4e+38 made gaps",
        ["x", "x missing"],
    ),
    "all beyond float32": (SIZE * 1e300, "left out: all numbers are infinite or beyond 3.4e+38", []),
    "differences too small": (1e-300 * SIZE, "left out: differs by 2e-299 only", []),
    "constant": ("7", "left out: constant", []),
    "empty": (np.nan, "left out: empty", []),
    "row numbers": (np.arange(ROWS) + 17, "left out: numbers the rows", []),
    "identifiers": (
        [f"p{row}" for row in range(ROWS)], "left out: text with 400 different values, such as 'p0'", []
    ),
    "free text": (
        [f"He said: “{'well, ' * (row % 90)}”" for row in range(ROWS)],
        "left out: text with 90 different values, such as 'He said: “”'",
        [],
    ),
    "rare levels": (
        PLACES,
        "a 0/1 column for each of 3 levels, 7 rare levels of them made one",
        ["x=Oslo", "x=Rome", "x=any other"],
    ),
    "levels with gaps": (
        np.where(GAPS, "", np.where(SIZE > 1, "large", " small ")),
        f"a 0/1 column for each of 2 levels, {GAPS.sum()} gaps 0 in all of them",
        ["x=large", "x=small"],
    ),
    "codes among them letters": (
        np.array([*"123A"])[np.arange(ROWS) % 4],
        "a 0/1 column for each of 4 levels",
        ["x=1", "x=2", "x=3", "x=A"],
    ),
    "truth values": (SIZE > 1, "a 0/1 column", ["x"]),
    "truth values with gaps": (
        pd.Series(SIZE > 1).astype(object).mask(GAPS),
        f"a 0/1 column for each of 2 levels, {GAPS.sum()} gaps 0 in all of them",
        ["x=False", "x=True"],
    ),
    "dates": (HOURS.dt.strftime("%d.%m.%Y"), f"{DATE}, read as day.month.year", ["x", "x weekday"]),
    "dates, the month first": (HOURS.dt.strftime("%m/%d/%Y"), f"{DATE}, read as month/day/year", ["x", "x weekday"]),
    "dates with hours and gaps": (
        HOURS.astype(str).mask(GAPS),
        f"{DATE}, {FILLED}, read as year-month-day hour:minute:second",
        ["x", "x hour", "x weekday", "x missing"],
    ),
    "dates with one that is none": (
        HOURS.dt.strftime("%Y-%m-%d").mask(GAPS, "0000-00-00"),
        f"{DATE}, {FILLED}, read as year-month-day, {GAPS.sum()} texts such as '0000-00-00' made gaps",
        ["x", "x weekday", "x missing"],
    ),
    "times of the day": (HOURS.dt.strftime("%H:%M"), f"{DATE}, read as hour:minute", ["x hour"]),
}  # fmt: skip


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_column_is_told_as_it_is_treated(trouble: str, tmp_path: Path) -> None:
    values, done, made = TROUBLES[trouble]
    path = tmp_path / "my.csv"
    pd.DataFrame({"x": values, "size": SIZE, "label": LABEL}).to_csv(path, index=False)
    table = read_table([path], "csv", target="label")
    card = describe(table, 240, 80, {})
    assert card["columns"] == [
        {"name": "x", "done": done}, {"name": "size", "done": "scaled"}, {"name": "label", "done": "target"}
    ]  # fmt: skip
    assert [feature["name"] for feature in card["features"]] == [*made, "size"]
    for scaling in SCALINGS:
        with np.load(io.BytesIO(prepare(table, scaling, 240, 80)), allow_pickle=False) as arrays:
            assert arrays["feature_names"].tolist() == [*made, "size"]
            x = arrays["x_train"]
        assert np.isfinite(x).all()
        assert (x.std(0) > 0).all(), "every column tells rows apart"
        assert np.abs(x).max() < 30


def test_dates_become_days_hours_and_weekdays(tmp_path: Path) -> None:
    path = tmp_path / "my.csv"
    pd.DataFrame({"when": HOURS, "label": LABEL}).to_csv(path, index=False)
    table = read_table([path], "csv", target="label")
    with np.load(io.BytesIO(prepare(table, "standardize", 240, 80)), allow_pickle=False) as arrays:
        days, hours, weekdays = arrays["x_train"].T
    order = np.argsort(days, kind="stable")
    assert sorted(set(np.round(np.diff(days[order]) / np.diff(np.unique(days)).min(), 2))) <= list(range(9))
    assert len(np.unique(weekdays)) == 7
    assert len(np.unique(hours)) == 24


def test_dates_in_a_zone_are_taken_at_the_same_hour() -> None:
    zoned = HOURS.dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo")
    treated = treat(zoned)
    assert treated.values is not None
    assert treated.values.dt.hour.tolist() == zoned.dt.hour.tolist()


def test_names_are_told_apart(tmp_path: Path) -> None:
    """Twice the same one, none, one that the missing values of another make, and blanks around one."""
    path = tmp_path / "my.csv"
    gap = ["" if missing else str(size) for missing, size in zip(GAPS, SIZE, strict=True)]
    rows = zip(gap, SIZE[::-1], SIZE**2, SIZE**3, LABEL, strict=True)
    path.write_text("a,a,,a missing,  the   label \n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
    card = describe(read_table([path], "csv", target="the label"), 240, 80, {})
    assert [column["name"] for column in card["columns"]] == ["a", "a (2)", "column 3", "a missing", "the label"]
    names = [feature["name"] for feature in card["features"]]
    assert names == ["a", "a missing", "a (2)", "column 3", "a missing (2)"]


def write_parquet(folder: Path, table: pa.Table) -> list[Path]:
    path = folder / "table.csv"  # as the workflow calls a user's own file, whatever it is
    pq.write_table(table, path)
    return [path]


def test_parquet_is_read_whatever_its_types(tmp_path: Path) -> None:
    columns = {
        "whole": pa.array((SIZE * 100).astype(int), pa.int32(), mask=GAPS),
        "exact": pa.array([f"{size:.4f}" for size in SIZE]).cast(pa.decimal128(20, 4)),
        "when": pa.array(HOURS.tolist(), pa.timestamp("us", "Asia/Tokyo")),
        "day": pa.array(HOURS.dt.date.tolist(), pa.date32()),
        "lasting": pa.array((SIZE * 1000).astype(int).tolist(), pa.duration("s")),
        "old": pa.array(SIZE > 1, pa.bool_(), mask=GAPS),
        "colour": pa.array(np.array(["red", "blue"])[np.arange(ROWS) % 2]).dictionary_encode(),
        "parts": pa.array([[row, row + 1] for row in range(ROWS)]),
        "raw": pa.array([bytes([row % 3]) for row in range(ROWS)]),
        "nothing": pa.nulls(ROWS),
        "label": pa.array(LABEL).dictionary_encode(),
    }
    table = read_table(write_parquet(tmp_path, pa.table(columns)), "csv", target="label")
    card = describe(table, 240, 80, {})
    assert {column["name"]: column["done"] for column in card["columns"]} == {
        "whole": f"scaled, {FILLED}",
        "exact": "scaled",
        "when": DATE,
        "day": f"{DATE}, read as year-month-day",
        "lasting": "scaled, in seconds",
        "old": f"a 0/1 column for each of 2 levels, {GAPS.sum()} gaps 0 in all of them",
        "colour": "a 0/1 column for each of 2 levels",
        "parts": "left out: text with 400 different values, such as '[0 1]'",
        "raw": "a 0/1 column for each of 3 levels",
        "nothing": "left out: empty",
        "label": "target",
    }
    np.testing.assert_allclose(table.features["exact"], SIZE)
    assert (
        table.features["when"].dt.hour.tolist()
        == HOURS.dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo").dt.hour.tolist()
    )


def test_a_spoilt_parquet_file_is_read_or_refused(tmp_path: Path) -> None:
    raw = write_parquet(tmp_path, pa.table({"size": SIZE, "when": HOURS, "label": LABEL}))
    good, generator, refused = raw[0].read_bytes(), np.random.default_rng(2), 0
    for _ in range(60):
        spoilt = np.frombuffer(good, np.uint8)[: generator.integers(len(good) // 2, 2 * len(good))].copy()
        spoilt[generator.integers(4, len(spoilt), 3)] = generator.integers(256, size=3)
        raw[0].write_bytes(spoilt.tobytes())
        try:
            read_table(raw, "csv", target="label")
        except GoodinitError:
            refused += 1
    assert 20 < refused < 60


def test_parquet_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = write_parquet(tmp_path, pa.table({"size": [1, 2], "label": ["a", "b"]}))
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(
        GoodinitError, match=r"table.csv is a Parquet file; install what reads it \(python -m pip install"
    ):
        read_table(raw, "csv", target="label")


def test_a_date_is_dropped_whole_and_what_is_left_out_may_be_dropped(tmp_path: Path) -> None:
    path = tmp_path / "my.csv"
    pd.DataFrame({"when": HOURS, "same": 1, "size": SIZE, "label": LABEL}).to_csv(path, index=False)
    table = read_table([path], "csv", target="label", drop=["when", "same"])
    assert list(table.features) == ["size"]
    assert table.columns == {
        "when": "left out: named in `drop`", "same": "left out: named in `drop`", "size": "scaled", "label": "target"
    }  # fmt: skip


def test_every_reader_tells_of_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "made.dat"
    path.write_text(
        "@attribute Size real\n@attribute Kind {x, y}\n@attribute Who {1, 2}\n@attribute Class {a, b}\n@data\n"
        "1.5, x, 1, a\n?, y, 2, b\n"
    )
    table = read_table([path], "keel", target="Class", group="Who", drop=["Kind"])
    assert table.columns == {
        "Size": "scaled, 1 gap filled with the median and marked by a 0/1 column",
        "Kind": "left out: named in `drop`",
        "Class": "target",
        "Who": "group: its rows stay in one part of the split",
    }


def test_names_and_classes_are_text_and_nothing_else(tmp_path: Path) -> None:
    """For TeX, a shell, a browser and a spreadsheet alike: they stand in arrays and on the card as they were given."""
    odd = ["\\input{/etc/passwd}", "$(touch x)", "`touch x`", "<script>alert(1)</script>", "=cmd|'/c calc'!A0", "../x"]
    path = tmp_path / "my.csv"
    levels = np.array(odd)[np.arange(ROWS) % len(odd)]
    table = pd.DataFrame({name: SIZE * place for place, name in enumerate(odd, 1)})
    table.assign(kind=levels, label=np.where(SIZE > 1, odd[0], odd[1])).to_csv(path, index=False)
    read = read_table([path], "csv", target="label")
    card = describe(read, 240, 80, {})
    assert [column["name"] for column in card["columns"]] == [*odd, "kind", "label"]
    with np.load(io.BytesIO(prepare(read, "standardize", 240, 80)), allow_pickle=False) as arrays:
        assert arrays["feature_names"].tolist() == [*odd, *sorted(f"kind={level}" for level in odd)]
        assert arrays["class_names"].tolist() == sorted(odd[:2])
    assert [file.name for file in tmp_path.iterdir()] == ["my.csv"]
