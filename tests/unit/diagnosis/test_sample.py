"""A user's own table: which columns and rows nets are given, and what its mistakes are told."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from goodinit import GoodinitError
from goodinit.diagnosis.sample import MOST_ROWS, Sample, summarize_columns, take_sample


def make_table(rows: int = 400) -> pd.DataFrame:
    """Numbers and text with gaps, and four columns that are no features."""
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"size": rng.lognormal(size=rows), "age": rng.integers(18, 80, rows).astype(float)})
    table["debt"] = rng.lognormal(size=rows).round(3).astype(object)
    table.loc[rng.random(rows) < 0.05, "debt"] = "unknown"
    table.loc[rng.random(rows) < 0.1, "age"] = np.nan
    color = rng.choice(["red", "green", "blue", ""], rows)
    return table.assign(
        color=color, id=[f"p{row}" for row in range(rows)], same=1, nothing=np.nan, label=rng.choice(["a", "b"], rows)
    )


def take(table: pd.DataFrame, folder: Path, target: str = "label") -> Sample:
    table.to_csv(folder / "my.csv", index=False)
    return take_sample(folder / "my.csv", target, folder / "standardize.npz")


def test_what_was_done_to_each_column_is_what_nets_are_given(tmp_path: Path) -> None:
    taken = take(make_table(), tmp_path)
    assert taken.columns == (
        "scaled (size); scaled, 41 gaps filled with the median and marked by a 0/1 column (age); "
        "scaled, 21 gaps filled with the median and marked by a 0/1 column, 21 texts such as 'unknown' made gaps "
        "(debt); a 0/1 column for each of 3 levels, 99 gaps 0 in all of them (color); "
        "left out: text with 400 different values, such as 'p0' (id); left out: constant (same); "
        "left out: empty (nothing)"
    )
    with np.load(tmp_path / "standardize.npz") as arrays:
        assert arrays["feature_names"].tolist() == [
            *["size", "age", "age missing", "debt", "debt missing", "color=blue", "color=green", "color=red"]
        ]
        assert not arrays["x_train"][:, 5:].sum(1).all()


def test_a_wide_table_is_told_in_short() -> None:
    done = {f"a{k}": "scaled" for k in range(300)} | {f"b{k}": f"scaled, {k} gaps" for k in range(2, 12)}
    assert summarize_columns(done | {"label": "target"}) == (
        "scaled (a0, a1, a2, a3 and 296 more); " + "".join(f"scaled, {k} gaps (b{k}); " for k in range(2, 9))
        + "3 others in other ways"
    )  # fmt: skip


def test_plain_columns_are_all_taken(tmp_path: Path) -> None:
    taken = take(make_table()[["size", "label"]], tmp_path)
    assert taken.columns == "scaled (size)"


def test_many_rows_are_drawn_from(tmp_path: Path) -> None:
    rows = MOST_ROWS + 5000
    taken = take(pd.DataFrame({"size": np.arange(rows) * 2, "label": np.arange(rows) // (rows // 2)}), tmp_path)
    assert taken.rows == rows
    assert taken.parts == {"train": 12_000, "valid": 4000, "test": 4000}
    with np.load(tmp_path / "standardize.npz") as arrays:
        values = np.concatenate([arrays[f"x_{part}"][:, 0] for part in taken.parts])
        labels = np.concatenate([arrays[f"y_{part}"] for part in taken.parts])
    assert len(np.unique(values)) == MOST_ROWS
    assert (np.sort(values[labels == 0]) < values[labels == 1].min()).all(), "rows keep their labels"
    assert labels.mean() == pytest.approx(0.5, abs=0.02)


def test_rows_without_a_target_are_counted(tmp_path: Path) -> None:
    table = make_table()
    table.loc[:9, "label"] = np.nan
    taken = take(table, tmp_path)
    assert (taken.origin, taken.rows) == ("my.csv; 10 rows without a target left out", 390)
    assert taken.parts == {"train": 234, "valid": 78, "test": 78}
    assert (taken.classes, taken.target) == (2, "label")


@pytest.mark.parametrize(
    ("target", "complaint"),
    [
        ("lable", "my.csv has no target column 'lable'; did you mean 'label'\\? known: size, age, debt"),
        ("size", "target 'size' has 400 different values, more than 100 classes: if it is a number to predict, cut"),
        ("same", "target 'same' has one class, '1': nothing to learn"),
        ("nothing", "my.csv has no rows with a target and at least one feature; check"),
    ],
)
def test_a_target_that_is_none_is_named(target: str, complaint: str, tmp_path: Path) -> None:
    with pytest.raises(GoodinitError, match=complaint):
        take(make_table(), tmp_path, target)


def test_a_class_too_rare_to_split_is_named(tmp_path: Path) -> None:
    table = make_table()
    table.loc[0, "label"] = "c"
    with pytest.raises(GoodinitError, match="class 'c' of target 'label' has 1 of 400 rows, none of them in"):
        take(table, tmp_path)


def test_too_few_rows_are_said(tmp_path: Path) -> None:
    with pytest.raises(GoodinitError, match=r"my.csv has 199 rows with a label; fewer than 200 say nothing here"):
        take(make_table(199), tmp_path)


def test_no_column_to_learn_from_is_said(tmp_path: Path) -> None:
    with pytest.raises(GoodinitError, match="no rows with a target and at least one feature; same: left out: constant"):
        take(make_table()[["same", "label"]], tmp_path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(GoodinitError, match=r"cannot read .*nowhere.csv: No such file or directory; correct the path"):
        take_sample(tmp_path / "nowhere.csv", "label", tmp_path / "standardize.npz")
