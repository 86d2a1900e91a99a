"""How badly a feature is distributed, in numbers."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from goodinit.arrays import Array


@dataclass(frozen=True)
class Shape:
    """Skewness and excess kurtosis (of the population: E z³ and E z⁴ - 3), largest |z|, share of zeros and share of the
    commonest value; None where a constant feature leaves it undefined."""

    skewness: float | None
    excess_kurtosis: float | None
    max_abs_z: float | None
    zero_share: float
    commonest_share: float


def measure(values: Array) -> Shape:
    """The shape of one feature, values [rows]."""
    zeros = float(np.mean(values == 0))
    commonest = float(np.unique(values, return_counts=True)[1].max() / len(values))
    if values.std() == 0:
        return Shape(None, None, None, zeros, commonest)
    z = (values - values.mean()) / values.std()
    return Shape(float((z**3).mean()), excess_kurtosis(values), float(np.abs(z).max()), zeros, commonest)


def excess_kurtosis(values: Array) -> float:
    """E z⁴ - 3 of values [rows], which are not all equal."""
    z = (values - values.mean()) / values.std()
    return float((z**4).mean() - 3)


def tabulate_shapes(prepared: list[Path]) -> pd.DataFrame:
    """A row per feature of prepared datasets ({dataset}/{scaling}.npz), over the training rows: kind (numeric or
    indicator) and the shape after scaling."""
    rows = []
    for path in prepared:
        with np.load(path, allow_pickle=False) as arrays:
            names, indicators, x = arrays["feature_names"], arrays["indicator"], arrays["x_train"].astype(np.float64)
        for name, indicator, values in zip(names, indicators, x.T, strict=True):
            place = {"dataset": path.parent.name, "scaling": path.stem, "feature": name}
            rows.append(place | {"kind": "indicator" if indicator else "numeric"} | asdict(measure(values)))
    return pd.DataFrame(rows)


def summarize(shapes: pd.DataFrame, scaling: str = "standardize") -> pd.DataFrame:
    """A row per dataset (index) of the table of shapes. tail_weight: the median excess kurtosis of its numeric
    features, NaN where it has none; zeros: the mean over all features of the share of the commonest value, which in
    counts and indicators is 0, whatever scaling makes of it."""
    here = shapes[shapes["scaling"] == scaling]
    tails = here[here["kind"] == "numeric"].groupby("dataset")["excess_kurtosis"].median()
    zeros = here.groupby("dataset")["commonest_share"].mean()
    return pd.DataFrame({"tail_weight": tails, "zeros": zeros}).reindex(here["dataset"].unique())
