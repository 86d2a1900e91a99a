"""Tables from small files: what the keys of a dataset in the config do, and what its mistakes are told."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from goodinit import GoodinitError
from goodinit.data.preparation import split
from goodinit.data.readers import read_table


def write_rings(folder: Path, rings: Sequence[object]) -> list[Path]:
    """A CSV with the target `rings` and a feature that tells the rows apart."""
    path = folder / "shells.csv"
    pd.DataFrame({"size": np.arange(len(rings)) / 2, "rings": rings}).to_csv(path, index=False)
    return [path]


def test_bins_close_on_the_right_and_stand_in_ascending_order(tmp_path: Path) -> None:
    raw = write_rings(tmp_path, [11, 8, 9, 10, 1, 29])
    table = read_table(raw, "csv", target="rings", bins=[10, 8], origin="a source")
    assert table.target.cat.categories.tolist() == ["(-inf, 8]", "(8, 10]", "(10, inf]"]
    assert table.target.cat.codes.tolist() == [2, 0, 1, 1, 0, 2]
    assert table.target.name == "rings"
    assert table.origin == "a source; classes: rings in (-inf, 8] (8, 10] (10, inf]"


def test_quantiles_make_classes_of_one_size(tmp_path: Path) -> None:
    values = np.random.default_rng(7).permutation(np.arange(100) / 8)
    table = read_table(write_rings(tmp_path, list(values)), "csv", target="rings", quantiles=5)
    assert table.target.value_counts().tolist() == [20] * 5
    assert table.target.cat.categories[0] == "(-inf, 2.375]"
    np.testing.assert_array_equal(table.target.cat.codes, np.floor(values * 8 / 20))


def test_quantiles_are_those_of_pandas_where_none_is_tied(tmp_path: Path) -> None:
    values = pd.Series(np.random.default_rng(7).normal(size=1001))
    table = read_table(write_rings(tmp_path, values.tolist()), "csv", target="rings", quantiles=4)
    np.testing.assert_array_equal(table.target.cat.codes, pd.qcut(values, 4).cat.codes)


def test_a_keel_target_is_cut_too(tmp_path: Path) -> None:
    path = tmp_path / "made.dat"
    path.write_text("@attribute Size real[0.0,9.0]\n@attribute Use real[0.0,99.0]\n@data\n1,9.0\n2,10.0\n3,99.5\n")
    table = read_table([path], "keel", target="Use", bins=[9.5])
    assert table.target.cat.codes.tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("rings", "cut", "complaint"),
    [
        ([1, 2, "many", 3], {"quantiles": 2}, r"target 'rings' has a value 'many', no finite number; take `bins` and"),
        (
            [0, 0, 0, 0, 1, 2],
            {"quantiles": 3},
            r"class \(0, 0\] of target 'rings' has no rows; too many values are equal: set `bins`",
        ),
        (
            [1, 2, 2, 2],
            {"quantiles": 2},
            r"class \(2, inf\] of target 'rings' has no rows; too many values are equal: set `bins`",
        ),
        ([1, 2, 3], {"bins": [0.5, 2]}, r"class \(-inf, 0.5\] of target 'rings' has no rows; correct `bins`"),
    ],
)
def test_a_target_that_cannot_be_cut_is_named(
    tmp_path: Path, rings: list[object], cut: dict[str, list[float] | int], complaint: str
) -> None:
    with pytest.raises(GoodinitError, match=complaint):
        read_table(write_rings(tmp_path, rings), "csv", target="rings", **cut)  # type: ignore[arg-type]


def test_a_csv_without_a_header_takes_names_and_question_marks_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("1.5,M,a\n?,?,b\n")
    table = read_table([path], "csv", target="label", columns=["size", "sex", "label"], origin="a source")
    assert table.features["size"].dtype == "float64"
    assert table.features.isna().to_numpy().tolist() == [[False, False], [True, True]]
    assert table.features["sex"].cat.categories.tolist() == ["M"]
    assert table.origin == "a source"
    with pytest.raises(GoodinitError, match=r"own.csv has 3 columns; set `columns` to as many names"):
        read_table([path], "csv", target="label", columns=["size", "label"])


def test_rows_with_equal_features_stay_in_one_part(tmp_path: Path) -> None:
    """Also where a feature is missing, and where their labels differ; columns left out do not tell rows apart."""
    generator = np.random.default_rng(2)
    rows = pd.DataFrame({"size": generator.integers(40, size=600), "sex": generator.choice(["F", "M"], 600)})
    rows = rows.mask(generator.random(rows.shape) < 0.1)
    path = tmp_path / "own.csv"
    rows.assign(id=range(600), label=generator.choice(["a", "b"], 600)).to_csv(path, index=False)
    table = read_table([path], "csv", target="label", drop=["id"], group_duplicates=True)
    parts = [set(map(tuple, rows.fillna(-1).iloc[members].to_numpy())) for members in split(table, 300, 100).values()]
    assert min(map(len, parts)) > 5
    assert len(set.union(*parts)) == sum(map(len, parts))
    assert table.group is not None
    assert table.group.name == "equal features"
    assert table.group.nunique() == len(rows.drop_duplicates())


def test_files_of_the_challenge_give_numbers_and_truth_values(tmp_path: Path) -> None:
    raw = [tmp_path / "ada_train.data", tmp_path / "ada_train.labels"]
    raw[0].write_text("0 404 1 \n1 303 1 \n0 1 0 \n")
    raw[1].write_text("-1\n1\n-1\n")
    table = read_table(raw[::-1], "agnostic", drop=["feature 3"])
    assert table.features["feature 1"].tolist() == [False, True, False]
    assert table.features["feature 2"].tolist() == [404.0, 303.0, 1.0]
    assert table.features.dtypes.astype(str).tolist() == ["bool", "float64"]
    assert table.target.tolist() == [-1, 1, -1]
    with pytest.raises(GoodinitError, match=r"needs a raw file \*.labels, not ada_train.data"):
        read_table(raw[:1], "agnostic")
    raw[1].write_text("-1\n1\n")
    with pytest.raises(GoodinitError, match=r"3 rows but 2 labels; correct `raw`"):
        read_table(raw, "agnostic")
