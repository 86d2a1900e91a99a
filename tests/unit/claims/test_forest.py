"""Effects of any unit on one scale."""

import numpy as np
import pandas as pd
import pytest

from goodinit.claims.forest import COLUMNS, place_verdicts
from goodinit.claims.judging import ALL


def rows(*parts: tuple[str, float, float, float, float, str]) -> pd.DataFrame:
    names = ["part", "effect", "interval_low", "interval_high", "threshold", "side"]
    return pd.DataFrame(parts, columns=names).assign(
        claim=1, peak="0.2", statement="", verdict="supported", nudged="", n=6
    )


@pytest.mark.parametrize(
    ("effect", "low", "high", "threshold", "side", "placed"),
    [
        (3, 2, 5, 1, "above", (0.5, 0.25, 1)),
        (3, 2, 5, 1, "below", (-0.5, -1, -0.25)),
        (0, -1, 4, 0, "below", (0, -1, 0.25)),
        (0.5, 0.5, 0.5, 0.5, "above", (np.nan, np.nan, np.nan)),
        (3, 2, 5, np.nan, "", (np.nan, np.nan, np.nan)),
    ],
)
def test_the_claims_side_is_right_and_the_furthest_limit_is_one(
    effect: float, low: float, high: float, threshold: float, side: str, placed: tuple[float, float, float]
) -> None:
    table = place_verdicts(rows((ALL, 9, 9, 9, 9, "above"), ("", effect, low, high, threshold, side)))
    assert list(table) == COLUMNS
    assert table["part"].tolist() == [""]
    assert table[["position", "low", "high"]].to_numpy()[0] == pytest.approx(placed, nan_ok=True)
