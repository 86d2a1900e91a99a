"""The simulation runs the study's own functions, and they keep what they promise."""

import numpy as np
import pandas as pd
import pytest

from goodinit.statistics import inference, intervals
from goodinit.statistics.simulation import COLUMNS, DISTRIBUTIONS, SHARES, SIZES, simulate


@pytest.fixture(scope="module")
def measured() -> pd.DataFrame:
    return simulate(320)


def error(rows: pd.DataFrame) -> "pd.Series[float]":
    return (rows["nominal"] * (1 - rows["nominal"]) / rows["repetitions"]) ** 0.5


def test_a_row_per_method_distribution_and_n(measured: pd.DataFrame) -> None:
    assert measured.columns.tolist() == COLUMNS
    assert not measured.duplicated(["method", "distribution", "n"]).any()
    assert measured["method"].value_counts().to_dict() == {
        **dict.fromkeys(
            ["sign_flip_p", "bootstrap_interval", "pairs_interval", "spread_ratio"], len(DISTRIBUTIONS) * len(SIZES)
        ),
        "share_interval": len(SHARES) * len(SIZES),
    }
    assert measured["measured"].isna().equals(measured["repetitions"] == 0)


def test_p_values_keep_their_level(measured: pd.DataFrame) -> None:
    rows = measured[measured["method"] == "sign_flip_p"]
    assert (rows["measured"] <= rows["nominal"] + 3 * error(rows)).all()
    smallest = rows[rows["n"] == 6]
    assert smallest["measured"].mean() == pytest.approx(2 / 64, abs=3 * np.sqrt(2 / 64 / 960)), "2 of 64 flips reject"


def test_clopper_pearson_intervals_cover_at_least_as_promised(measured: pd.DataFrame) -> None:
    rows = measured[measured["method"] == "share_interval"]
    assert (rows["measured"] >= rows["nominal"] - 3 * error(rows)).all()


def test_pairs_cover_about_as_promised(measured: pd.DataFrame) -> None:
    rows = measured[measured["method"] == "pairs_interval"]  # of any distribution: only ranks count
    cover = rows.groupby("n")["measured"].mean()
    assert cover.between(0.92 - 3 * np.sqrt(0.95 * 0.05 / 240), 1).all()


def test_bootstrap_intervals_cover_as_promised_but_for_skewed_values(measured: pd.DataFrame) -> None:
    rows = measured[measured["method"].isin(["bootstrap_interval", "spread_ratio"]) & (measured["repetitions"] > 0)]
    assert rows["measured"].between(0.75, 1).all()
    of_mean = rows[rows["method"] == "bootstrap_interval"].set_index(["distribution", "n"])["measured"]
    assert (of_mean["normal"] > 0.95 - 4 * np.sqrt(0.95 * 0.05 / 320)).all()
    assert of_mean["lognormal", 6] < of_mean["normal", 6]


def test_it_repeats_and_calls_the_real_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    once = simulate(8)
    pd.testing.assert_frame_equal(simulate(8), once)
    monkeypatch.setattr(inference, "sign_flip_p", lambda differences: float(differences.mean() > np.inf))
    monkeypatch.setattr(intervals, "share_interval", lambda *_: (0.4, 0.6))
    broken = simulate(8).groupby(["method", "distribution"])["measured"].mean()
    assert (broken["sign_flip_p"] == 1).all()
    assert broken["share_interval"].tolist() == [0, 1]
