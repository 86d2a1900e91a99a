"""Splits, encodings and scalings on tables made for the purpose."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from goodinit import GoodinitError
from goodinit.data.preparation import SCALINGS, describe, encode, mid_ranks, prepare, split
from goodinit.data.readers import Table, read_table


def make_table(rows: int = 1000, groups: int | None = 150) -> Table:
    generator = np.random.default_rng(5)
    features = pd.DataFrame(
        {
            "heavy": generator.standard_cauchy(rows),
            "constant": 3.0,
            "holes": np.where(generator.random(rows) < 0.1, np.nan, generator.normal(2, 5, rows)),
            "colour": pd.Categorical(generator.choice(["red", "green", "blue"], rows)),
        }
    )
    return Table(
        features=features,
        target=pd.Series(pd.Categorical(generator.choice(["a", "b"], rows, p=[0.8, 0.2])), name="label"),
        group=None if groups is None else pd.Series(generator.integers(groups, size=rows), name="who"),
        test=None,
        origin="made up",
    )


@pytest.mark.parametrize("groups", [None, 150])
def test_parts_share_no_row_and_no_group(groups: int | None) -> None:
    table = make_table(groups=groups)
    parts = split(table, train_rows=400, valid_rows=150)
    assert len(parts["train"]) == 400
    assert len(parts["valid"]) == 150
    everything = np.concatenate(list(parts.values()))
    assert len(np.unique(everything)) == len(everything)
    if table.group is None:
        assert len(everything) == 1000
    else:
        members = [set(table.group.iloc[rows]) for rows in parts.values()]
        assert not members[0] & members[1]
        assert not members[0] & members[2]
        assert not members[1] & members[2]
        assert len(everything) > 980, "only the rest of a group is left over"
    for part, rows in split(table, 400, 150).items():
        np.testing.assert_array_equal(rows, parts[part])


@pytest.mark.parametrize("groups", [None, 150])
def test_another_split_draws_every_part_anew(groups: int | None) -> None:
    table = make_table(groups=groups)
    splits = [split(table, 400, 150, number) for number in range(3)]
    for part in ("train", "valid", "test"):
        shared = [len(np.intersect1d(splits[0][part], other[part])) / len(splits[0][part]) for other in splits[1:]]
        share = len(splits[0][part]) / 1000
        assert shared == pytest.approx([share, share], abs=0.2), "as many as by chance"
    assert not np.array_equal(splits[1]["train"], splits[2]["train"])


def test_another_split_is_prepared_and_told_on_its_card() -> None:
    table = make_table(groups=None)
    cards = [describe(table, 600, 200, {}, number) for number in (0, 1)]
    assert [card["split"] for card in cards] == [0, 1]
    assert cards[0]["rows"] == cards[1]["rows"]
    assert cards[0]["features"] != cards[1]["features"]
    rows = split(table, 600, 200, 1)["train"]
    with np.load(io.BytesIO(prepare(table, "standardize", 600, 200, 1)), allow_pickle=False) as data:
        heavy = table.features["heavy"].to_numpy()[rows]
        np.testing.assert_allclose(data["x_train"][:, 0], (heavy - heavy.mean()) / heavy.std(), rtol=1e-5)


def test_a_small_table_gives_at_most_its_shares() -> None:
    parts = split(make_table(groups=None), train_rows=12_000, valid_rows=6_000)
    assert [len(rows) for rows in parts.values()] == [600, 200, 200]


def test_without_groups_every_part_has_the_same_classes() -> None:
    table = make_table(groups=None)
    share = (table.target == "b").mean()
    for rows in split(table, 400, 150).values():
        assert (table.target.iloc[rows] == "b").mean() == pytest.approx(share, abs=1 / len(rows))


def test_a_rare_class_is_refused_by_name() -> None:
    table = make_table()
    labels = table.target.astype(str)
    labels.iloc[3] = "unicorn"
    rare = replace(table, target=labels.astype("category"), group=None)
    with pytest.raises(GoodinitError, match="class 'unicorn' of target 'label' has 1 of 1000 rows, none of them in"):
        split(rare, 500, 200)


def test_encoding_is_fitted_on_training_rows() -> None:
    table = make_table(groups=None)
    train = np.arange(500)
    features = encode(table.features, train)
    assert features.names[:4] == ["heavy", "constant", "holes", "holes missing"]
    assert features.names[4:] == ["colour=blue", "colour=green", "colour=red"]
    assert features.indicator.tolist() == [False, False, False, True, True, True, True]
    np.testing.assert_array_equal(features.values[:, 4:].sum(1), 1)
    holes = table.features["holes"].isna().to_numpy()
    np.testing.assert_array_equal(features.values[:, 3], holes)
    np.testing.assert_array_equal(features.values[holes, 2], np.nanmedian(table.features["holes"][:500]))


def test_a_truth_value_is_one_indicator_that_no_scaling_touches() -> None:
    table = make_table(groups=None)
    table.features["old"] = table.features["heavy"] > 1
    features = encode(table.features, np.arange(500))
    assert features.names[-1] == "old"
    assert features.indicator[-1]
    np.testing.assert_array_equal(SCALINGS["heavy"](features, np.arange(500))[:, -1], table.features["heavy"] > 1)


def test_a_level_unseen_in_training_is_all_zeros() -> None:
    features = pd.DataFrame({"colour": pd.Categorical(["red", "green", "red"])})
    assert encode(features, np.array([0, 2])).values.tolist() == [[1], [0], [1]]


def test_a_column_without_numbers_is_refused() -> None:
    with pytest.raises(GoodinitError, match="column 'empty' has no value in the training rows"):
        encode(pd.DataFrame({"empty": [np.nan, np.nan, 1.0]}), np.array([0, 1]))


def test_standardize_uses_training_rows_only() -> None:
    table = make_table(groups=None)
    with np.load(io.BytesIO(prepare(table, "standardize", 400, 200)), allow_pickle=False) as data:
        train = data["x_train"]
        assert train.dtype == np.float32
        np.testing.assert_allclose(train[:, [0, 2]].mean(0), 0, atol=1e-5)
        np.testing.assert_allclose(train[:, [0, 2]].std(0), 1, atol=1e-4)
        assert not train[:, 1].any()
        assert set(np.unique(train[:, 3:])) == {0, 1}
        assert abs(data["x_test"][:, 0].std() - 1) > 0.05
        assert data["class_names"].tolist() == ["a", "b"]


def test_preparing_twice_gives_the_same_bytes() -> None:
    assert prepare(make_table(), "standardize", 400, 200) == prepare(make_table(), "standardize", 400, 200)


def test_unknown_scaling_is_named() -> None:
    with pytest.raises(
        GoodinitError, match="unknown scaling 'minmax'; choose one of standardize, quantile, heavy, robust-clip"
    ):
        prepare(make_table(), "minmax", 400, 200)


def test_the_card_describes_each_feature() -> None:
    card = describe(make_table(groups=None), 600, 200, {"file.csv": "00"})
    assert card["rows"] == {"train": 600, "valid": 200, "test": 200}
    assert card["class_share"]["train"]["a"] == pytest.approx(0.8, abs=0.06)
    heavy, constant, *_ = card["features"]
    assert heavy["max_abs_z"] > 10
    assert heavy["excess_kurtosis"] > 50
    assert constant["kind"] == "numeric"
    assert constant["skewness"] is None


def test_csv_takes_any_delimiter_and_drops_rows_without_target(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("size;kind;label;who\n1.5;x;a;1\n2;y;;1\n3;z;b;2\n")
    table = read_table([path], "csv", target="label", group="who")
    assert list(table.features) == ["size", "kind"]
    assert table.features["size"].tolist() == [1.5, 3]
    assert isinstance(table.features["kind"].dtype, pd.CategoricalDtype)
    assert table.target.tolist() == ["a", "b"]
    assert table.group is not None
    assert table.group.tolist() == [1, 2]
    assert "1 rows without a target left out" in table.origin


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"a,label\n1,\n2,\n", "has no rows with a target"),
        (b"a,lable\n1,2\n", r"has no target column 'label'; did you mean 'lable'\? known: a, lable"),
    ],
)
def test_an_unusable_csv_is_named(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes(content)
    with pytest.raises(GoodinitError, match=f"own.csv {complaint}"):
        read_table([path], "csv", target="label")


def test_unknown_reader_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        GoodinitError, match="unknown reader 'excel'; choose one of agnostic, csv, keel, lahman, satimage"
    ):
        read_table([tmp_path], "excel")


def test_rows_set_aside_for_testing_are_the_test_part() -> None:
    own = np.arange(1000) >= 700
    parts = split(replace(make_table(groups=None), test=own), 12_000, 6_000)
    assert [len(rows) for rows in parts.values()] == [560, 140, 300]
    assert set(parts["test"]) == set(range(700, 1000))


def test_mid_ranks_are_scipys_and_ties_share_one() -> None:
    train = np.random.default_rng(3).poisson(0.4, 500).astype(float)
    np.testing.assert_allclose(mid_ranks(train, train), (stats.rankdata(train) - 0.5) / 500)
    assert mid_ranks(np.array([-9.0, 99.0]), train).tolist() == [1 / 1000, 1 - 1 / 1000]


def test_quantile_makes_tails_normal_and_heavy_makes_them_lognormal() -> None:
    table, rows = make_table(rows=4000, groups=None), {}
    for scaling in ("standardize", "quantile", "heavy"):
        with np.load(io.BytesIO(prepare(table, scaling, 2400, 800)), allow_pickle=False) as data:
            rows[scaling] = data["x_train"]
    cauchy = {scaling: x[:, 0] for scaling, x in rows.items()}
    assert abs(cauchy["quantile"]).max() < 4
    assert stats.kstest(cauchy["quantile"], "norm").pvalue > 0.9
    assert stats.skew(cauchy["heavy"]) > 3
    for scaling, values in cauchy.items():
        assert stats.spearmanr(values, cauchy["standardize"]).statistic > 1 - 1e-6, "the order stays"
        np.testing.assert_allclose([values.mean(), values.std()], [0, 1], atol=1e-4, err_msg=scaling)
        np.testing.assert_array_equal(rows[scaling][:, 3:], rows["standardize"][:, 3:], err_msg="indicators")
        assert not rows[scaling][:, 1].any(), "a constant column stays zero"


def test_robust_clip_centres_at_the_median_scales_by_quartiles_and_bends_tails() -> None:
    training = np.array([0.0, 1, 2, 3, 4, 5, 6, 7, 1000])
    rare = np.where(np.arange(9) == 8, 50.0, 10)  # most are alike
    features = pd.DataFrame({"spread": training, "rare": rare, "constant": 7.0, "old": training > 3})
    train = np.arange(9)
    scaled = SCALINGS["robust-clip"](encode(features, train), train)
    z = (training - 4) / 4  # quartiles 2 and 6
    np.testing.assert_allclose(scaled[:, 0], z / np.sqrt(1 + z**2 / 9), rtol=1e-15)
    assert 2.99 < scaled[8, 0] < 3
    assert scaled[:8, 1].tolist() == [0] * 8
    assert scaled[8, 1] == pytest.approx(2 / np.sqrt(1 + 4 / 9)), "in halves of the range"
    assert not scaled[:, 2].any()
    np.testing.assert_array_equal(scaled[:, 3], features["old"])


def test_robust_clip_is_fitted_on_training_rows() -> None:
    features = encode(pd.DataFrame({"a": [1.0, 2, 3, 4, 1e9], "constant": [1.0, 1, 1, 1, 9]}), np.arange(4))
    scaled = SCALINGS["robust-clip"](features, np.arange(4))
    z = (np.array([1.0, 2, 3, 4]) - 2.5) / 1.5
    np.testing.assert_allclose(scaled[:4, 0], z / np.sqrt(1 + z**2 / 9), rtol=1e-15)
    assert scaled[4].tolist() == pytest.approx([3, 0]), "constant in training"


KEEL = """@relation made
@attribute Size real [0.0, 9.0]
@attribute Kind {x, y}
@attribute Leak {Yes, No}
@attribute Class {1, 2}
@data
1.5, x, Yes, 1
2, y, No, 2
"""


def test_keel_files_tell_their_types_and_columns_can_be_dropped(tmp_path: Path) -> None:
    path = tmp_path / "made.dat"
    path.write_text(KEEL)
    table = read_table([path], "keel", target="Class", drop=["Leak"], origin="a source")
    assert table.features["Size"].tolist() == [1.5, 2]
    assert table.features["Kind"].tolist() == ["x", "y"]
    assert list(table.features) == ["Size", "Kind"]
    assert table.target.tolist() == ["1", "2"]
    assert table.origin == "a source; columns left out: Leak"
    with pytest.raises(GoodinitError, match="no column 'Leek' to drop; set `drop` to some of: Size, Kind, Leak"):
        read_table([path], "keel", target="Class", drop=["Leek"])
    with pytest.raises(
        GoodinitError, match=r"made.dat is no KEEL file with an attribute 'Klass'; set `target` to one of"
    ):
        read_table([path], "keel", target="Klass")
