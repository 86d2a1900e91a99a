"""What making arrays of a file is said to take at most."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from goodinit import GoodinitError
from goodinit.data.preparation import encode
from goodinit.data.size import count_columns, estimate_encoding, estimate_parsing, read_within

READING = {"reader": "csv", "target": "label"}


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
