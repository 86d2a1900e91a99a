"""Measures of how badly a table is distributed."""

import numpy as np
import pandas as pd

from goodinit.data.shape import measure, summarize


def test_a_table_has_the_median_tail_of_its_numbers_and_the_mean_share_of_commonest_values() -> None:
    rows = [
        ("a", "standardize", "numeric", 1.0, 0.1),
        ("a", "standardize", "numeric", 900.0, 0.5),
        ("a", "standardize", "numeric", 3.0, 0.0),
        ("a", "standardize", "numeric", np.nan, 1.0),  # constant
        ("a", "standardize", "indicator", 50.0, 0.9),
        ("a", "quantile", "numeric", 0.0, 0.1),
        ("b", "standardize", "indicator", 50.0, 0.7),
    ]
    shapes = pd.DataFrame(rows, columns=["dataset", "scaling", "kind", "excess_kurtosis", "commonest_share"])
    found = summarize(shapes)
    assert found.index.tolist() == ["a", "b"]
    assert found["zeros"].tolist() == [0.5, 0.7]
    assert found.loc["a", "tail_weight"] == 3
    assert found["tail_weight"].isna().tolist() == [False, True]


def test_the_commonest_share_stays_when_a_column_is_scaled() -> None:
    counts = np.array([0.0, 0, 0, 1, 2, 7])
    assert measure(counts).commonest_share == measure((counts - 2) / 3).commonest_share == 0.5
