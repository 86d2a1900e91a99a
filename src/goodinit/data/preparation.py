"""From a typed table to arrays a network can read: split, encode, scale, and describe on a dataset card."""

import io
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from goodinit import GoodinitError, arithmetic, special
from goodinit.arrays import Array, Arrays, Flags, Integers
from goodinit.data.columns import tell_apart
from goodinit.data.readers import Table
from goodinit.data.shape import measure

PARTS = ("train", "valid", "test")
SPLIT_SEED = 20190331  # of split 0, which all studies are of but those that ask for others: seeds vary the nets
CLIP_AT = 3.0  # where robust_clip has its asymptote


@dataclass(frozen=True)
class Features:
    """The encoded columns of all rows, before scaling. values: float64 [rows, features]; indicator: bool [features],
    True for 0/1 columns, also those made from nominal ones and from missing values, which no scaling touches."""

    values: Array
    names: list[str]
    indicator: Flags


def split(table: Table, train_rows: int, valid_rows: int, number: int = 0) -> dict[str, Integers]:
    """Row numbers of each part, disjoint in rows and in groups, shuffled; each number draws others.

    `train_rows` and `valid_rows`, but at most 60 % and 20 % of the table; the rest is test. Where the data set rows
    aside for testing, those are the test part, and training gets at most 80 % of the others. Whole groups go to a part
    until it is full; what is left of the last group goes nowhere. Without groups the split is stratified by class.
    Raises GoodinitError where a class would be missing from a part.
    """
    own_test = np.zeros(len(table.target), bool) if table.test is None else table.test
    shares = (0.6, 0.2) if table.test is None else (0.8, 0.2)
    seed = SPLIT_SEED + number
    place = _shuffle_rows(table.target, seed) if table.group is None else _shuffle_groups(table.group, seed)
    order = np.argsort(place, kind="stable")
    order = order[~own_test[order]]
    parts, first = {}, 0
    for part, wanted, share in (("train", train_rows, shares[0]), ("valid", valid_rows, shares[1])):
        parts[part] = order[first : first + min(wanted, int(share * len(order)))]
        if len(parts[part]):
            first = int(np.searchsorted(place[order], place[parts[part][-1]], side="right"))
    parts["test"] = order[first:] if table.test is None else np.flatnonzero(own_test)
    _require_every_class(table.target, parts)
    return {part: np.random.default_rng(seed).permutation(members) for part, members in parts.items()}


def _shuffle_groups(group: pd.Series, seed: int) -> Integers:
    """A random place for each group, shared by its rows."""
    codes = pd.factorize(group)[0]
    return np.random.default_rng(seed).permutation(codes.max() + 1)[codes]


def _shuffle_rows(target: pd.Series, seed: int) -> Integers:
    """A random place for each row, such that every class is spread evenly over all places (a stratified split)."""
    shuffled = target.sample(frac=1, random_state=seed)
    by_class = shuffled.groupby(shuffled, observed=True)
    share_before = (by_class.cumcount() + 0.5) / by_class.transform("size")
    return share_before.rank(method="first").reindex(target.index).to_numpy().astype(np.int64) - 1


def _require_every_class(target: pd.Series, parts: dict[str, Integers]) -> None:
    counts = target.value_counts()
    if len(counts) < 2:
        raise GoodinitError(
            f"target {target.name!r} has one class, {str(counts.index[0])!r}: nothing to learn; choose another column"
        )
    for part, members in parts.items():
        missing = set(counts.index) - set(target.iloc[members])
        if missing:
            rarest = min(missing, key=lambda label: counts[label])
            raise GoodinitError(
                f"class {str(rarest)!r} of target {target.name!r} has {counts[rarest]} of {len(target)} rows, none of "
                f"them in {part}: too rare to split; merge it with another class or leave its rows out"
            )


def encode(features: pd.DataFrame, train: Integers) -> Features:
    """Nominal columns one-hot (levels seen in training; others are all zeros); bool ones as they are; dates as numbers;
    missing numbers become the training median plus a 0/1 column that says so. Raises GoodinitError where a column has
    no value in training."""
    columns = [part for name, column in features.items() for part in _encode_column(str(name), column, train)]
    names, values, indicator = zip(*columns, strict=True)
    return Features(np.column_stack(values), tell_apart(names), np.array(indicator))


def _encode_column(name: str, column: pd.Series, train: Integers) -> Iterator[tuple[str, Array, bool]]:
    """The names and values of what becomes of a column, and whether it is an indicator."""
    missing = column.isna().to_numpy()
    if missing[train].all():
        raise GoodinitError(f"column {name!r} has no value in the training rows; leave it out of the table")
    if isinstance(column.dtype, pd.CategoricalDtype):
        for level in sorted(column.iloc[train].dropna().unique(), key=str):
            yield f"{name}={level}", (column == level).to_numpy("float64"), True
        return
    for part, numbers in _to_numbers(column).items():
        values = numbers.to_numpy("float64")
        yield f"{name}{part}", np.where(missing, np.nanmedian(values[train]), values), column.dtype == bool
    if missing.any():
        yield f"{name} missing", missing.astype("float64"), True


def _to_numbers(column: pd.Series) -> dict[str, pd.Series]:
    """A column as it is, or what varies of a date: its days since 1970, the hour of the day and the day of the week, 0
    for Monday."""
    if not pd.api.types.is_datetime64_any_dtype(column):
        return {"": column}
    day = column.dt.normalize()
    parts = {
        "": (day - pd.Timestamp(0)) / pd.Timedelta(days=1),
        " hour": (column - day) / pd.Timedelta(hours=1),
        " weekday": column.dt.weekday,
    }
    return {name: numbers for name, numbers in parts.items() if numbers.nunique() > 1} or {"": parts[""]}


def standardize(features: Features, train: Integers) -> Array:
    """Subtract the training mean and divide by the training std, column by column; constant columns become zero,
    indicator columns stay 0/1."""
    mean, std = features.values[train].mean(0), features.values[train].std(0)
    z = (features.values - mean) / np.where(std > 0, std, np.inf)
    return np.where(features.indicator, features.values, z)


def quantile(features: Features, train: Integers) -> Array:
    """Mid-ranks among the training rows, through the normal quantile function, then standardized.

    Ties share one mid-rank, so that a column that is mostly zero keeps its zeros near the middle of the others.
    """
    return standardize(_map_ranks(features, train, special.normal_quantile), train)


def heavy(features: Features, train: Integers) -> Array:
    """Mid-ranks through the quantile function of the standard lognormal distribution, exp Φ⁻¹, then standardized: the
    order of the values and hence their information stay, the tails become those of counts (population skewness 6.2)."""
    return standardize(_map_ranks(features, train, lambda rank: arithmetic.exp(special.normal_quantile(rank))), train)


def robust_clip(features: Features, train: Integers) -> Array:
    """Subtract the training median, divide by the interquartile range, where that is 0 by half the range, and bend z to
    z/√(1 + (z/3)²), within ±3; constant columns become zero: Holzmüller, Grinsztajn & Steinwart 2024, section 3."""
    least, low, median, high, most = np.quantile(features.values[train], (0, 0.25, 0.5, 0.75, 1), axis=0)
    spread = np.where(high > low, high - low, (most - least) / 2)
    z = (features.values - median) / np.where(spread > 0, spread, np.inf)
    bent = z / np.sqrt(1 + (z / CLIP_AT) * (z / CLIP_AT))
    return np.where(features.indicator, features.values, bent)


def mid_ranks(values: Array, train: Array) -> Array:
    """Share of train [n] below each value plus half the share equal to it, kept within [1/2n, 1 - 1/2n]."""
    ordered, n = np.sort(train), len(train)
    below, up_to = (np.searchsorted(ordered, values, side) for side in ("left", "right"))
    return np.clip((below + up_to) / (2 * n), 1 / (2 * n), 1 - 1 / (2 * n))


def _map_ranks(features: Features, train: Integers, function: Callable[..., Array]) -> Features:
    """The features with numeric columns replaced by a function of their mid-ranks."""
    columns = zip(features.values.T, features.indicator, strict=True)
    mapped = [column if indicator else function(mid_ranks(column, column[train])) for column, indicator in columns]
    return replace(features, values=np.column_stack(mapped))


Scaling = Callable[[Features, Integers], Array]
SCALINGS: dict[str, Scaling] = {
    "standardize": standardize,
    "quantile": quantile,
    "heavy": heavy,
    "robust-clip": robust_clip,
}


def prepare(table: Table, scaling: str, train_rows: int, valid_rows: int, number: int = 0) -> bytes:
    """The content of `{scaling}.npz`, of the split of that number: x_train float32 [rows, features], y_train int64
    [rows], the same for valid and test, feature_names, indicator (bool [features]) and class_names; text is
    fixed-width, nothing is pickled. Raises GoodinitError."""
    if scaling not in SCALINGS:
        raise GoodinitError(f"unknown scaling {scaling!r}; choose one of {', '.join(SCALINGS)}")
    parts = split(table, train_rows, valid_rows, number)
    features = encode(table.features, parts["train"])
    scaled = SCALINGS[scaling](features, parts["train"])
    arrays: Arrays = {
        "feature_names": np.array(features.names),
        "indicator": features.indicator,
        "class_names": np.array([str(label) for label in table.target.cat.categories]),
    }
    for part, rows in parts.items():
        arrays[f"x_{part}"] = scaled[rows].astype(np.float32)
        arrays[f"y_{part}"] = table.target.cat.codes.to_numpy("int64")[rows]
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    return content.getvalue()


def describe(
    table: Table, train_rows: int, valid_rows: int, raw_sha256: dict[str, str], number: int = 0
) -> dict[str, Any]:
    """The dataset card: origin, hashes, number of the split and its sizes, class shares by part, what was done to each
    column of the raw files, and how badly each feature made of them is distributed over the training rows."""
    parts = split(table, train_rows, valid_rows, number)
    features = encode(table.features, parts["train"])
    columns = zip(features.names, features.values[parts["train"]].T, features.indicator, strict=True)
    return {
        "origin": table.origin,
        "raw_sha256": raw_sha256,
        "split": number,
        "rows": {part: len(rows) for part, rows in parts.items()},
        "grouped_by": None if table.group is None else table.group.name,
        "target": table.target.name,
        "class_share": {part: _class_share(table.target.iloc[rows]) for part, rows in parts.items()},
        "columns": [{"name": name, "done": done} for name, done in table.columns.items()],
        "features": [
            {"name": name, "kind": "indicator" if indicator else "numeric", **asdict(measure(values))}
            for name, values, indicator in columns
        ],
    }


def _class_share(target: pd.Series) -> dict[str, float]:
    return {str(label): float(share) for label, share in target.value_counts(normalize=True, sort=False).items()}
