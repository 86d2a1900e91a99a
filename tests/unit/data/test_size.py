"""What making arrays of a file is said to take at most, and what it takes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made import peak_memory

from goodinit import GoodinitError
from goodinit.data.preparation import encode
from goodinit.data.size import count_columns, estimate_encoding, estimate_parsing, read_within

LOOSE = 3  # times what is taken may be said
READING = {"reader": "csv", "target": "label"}
PREPARE = """
from goodinit.__main__ import main
main(["prepare", "--raw", "{raw}", "--reading", '{{"reader": "csv", "target": "label"}}', *"--train-rows 1000000000
--valid-rows 1000000000 --split 0 --mem-mb 100000 --scaling standardize --output {raw}.npz".split()])
"""


def write_numbers(count: int) -> list[str]:
    return [",".join(f"{number:.4g}" for number in np.random.default_rng(row).normal(size=40)) for row in range(count)]


def write_flags(count: int) -> list[str]:
    return [",".join(map(str, np.random.default_rng(row).integers(0, 2, 80))) for row in range(count)]


def write_levels(count: int) -> list[str]:
    return [",".join(f"l{row * (place + 1) % 47}" for place in range(4)) for row in range(count)]


@pytest.mark.parametrize(("write", "rows"), [(write_numbers, 80_000), (write_flags, 50_000), (write_levels, 40_000)])
def test_no_preparing_takes_more_than_its_sizes_say(
    write: Callable[[int], list[str]], rows: int, tmp_path: Path
) -> None:
    raw, lines = tmp_path / "own.csv", write(500)
    header = ",".join(f"x{place}" for place in range(lines[0].count(",") + 1))
    labelled = "".join(f"{line},{'ab'[row % 2]}\n" for row, line in enumerate(lines))
    raw.write_text(f"{header},label\n{labelled * (rows // len(lines))}")
    columns = count_columns(read_within(10**6, [raw], READING).features)
    said = max(estimate_parsing([raw]), estimate_encoding(rows, columns))
    taken = peak_memory(PREPARE.format(raw=raw).replace("\n--", " --"))
    assert taken <= said <= LOOSE * taken


def test_columns_are_counted_as_they_are_encoded() -> None:
    features = pd.DataFrame(
        {
            "number": [1.5, np.nan, 2, 4],
            "level": pd.Categorical(["a", "b", "c", None]),
            "truth": [True, False, True, True],
            "day": pd.to_datetime(pd.Series(["2020-01-01 01:00", "2020-01-02 03:00", None, "2020-01-04 05:00"])),
        }
    )
    assert count_columns(features) == len(encode(features, np.arange(4)).names) == 2 + 3 + 1 + 4


def test_a_table_too_large_is_refused_before_it_is_read_and_one_of_too_many_levels_before_it_is_encoded(
    tmp_path: Path,
) -> None:
    raw = tmp_path / "own.csv"
    raw.write_text("a,label\n" + "".join(f"l{row % 45},{'xy'[row % 2]}\n" for row in range(9_000)))
    reading, encoding = round(estimate_parsing([raw])), round(estimate_encoding(9_000, 45))
    assert reading < encoding
    assert len(read_within(encoding + 1, [raw], READING).target) == 9_000
    with pytest.raises(GoodinitError, match=rf"^preparing own.csv, 9,000 rows in 45 columns can take {encoding} MB, "):
        read_within(reading + 1, [raw], READING)
    with pytest.raises(GoodinitError, match=rf"^reading own.csv can take {reading} MB, more than `memory` allows, 99;"):
        read_within(99, [raw], READING)
