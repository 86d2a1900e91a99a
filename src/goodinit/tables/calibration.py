"""How far LSUV's calibration on one batch is off on other batches, without training."""

from pathlib import Path

import numpy as np
import pandas as pd

from goodinit import GoodinitError
from goodinit.arrays import Array
from goodinit.data.shape import excess_kurtosis
from goodinit.model.initializers import Layer, initialize, rectify
from goodinit.model.seeds import streams

BATCH_SIZES = (64, 256, 1024)  # rows calibrated on
OTHER_BATCHES, OTHER_ROWS = 8, 256  # batches looked at, and their rows


def tabulate_calibration(prepared: list[Path], seeds: list[int], hidden_layers: int, width: int) -> pd.DataFrame:
    """A row per prepared dataset ({dataset}/{scaling}.npz), batch size and seed: off_target (see there), and the mean
    excess kurtosis of the numeric training features (constant ones left out; NaN where there is none). Batch sizes that
    a table has not enough rows for are left out."""
    rows = []
    for path in prepared:
        with np.load(path, allow_pickle=False) as arrays:
            x, classes = arrays["x_train"].astype(np.float64), len(arrays["class_names"])
            numeric = x[:, ~arrays["indicator"] & (x.std(0) > 0)]
        kurtosis = float(np.mean([excess_kurtosis(values) for values in numeric.T])) if numeric.size else np.nan
        sizes = [x.shape[1], *[width] * hidden_layers, classes]
        for batch_size in BATCH_SIZES:
            if batch_size + OTHER_BATCHES * OTHER_ROWS > len(x):
                continue
            for seed in seeds:
                rows.append(  # noqa: PERF401 a comprehension over three loops reads worse
                    {
                        "dataset": path.parent.name,
                        "scaling": path.stem,
                        "excess_kurtosis": kurtosis,
                        "batch_size": batch_size,
                        "seed": seed,
                        "off_target": off_target(x, sizes, batch_size, seed),
                    }
                )
    columns = ["dataset", "scaling", "excess_kurtosis", "batch_size", "seed", "off_target"]
    return pd.DataFrame(rows, columns=columns)


def off_target(x: Array, sizes: list[int], batch_size: int, seed: int) -> float:
    """Root mean square over hidden layers and OTHER_BATCHES batches of log10 of the activation std (target 1) of an
    lsuv net calibrated on the first batch_size rows of x [rows, features] in the seed's order and looked at on the last
    ones; NaN where lsuv refuses them."""
    order = streams(seed).batches.permutation(len(x))
    try:
        net = initialize("lsuv", sizes, seed, x[order[:batch_size]])
    except GoodinitError:
        return np.nan
    others = x[order[-OTHER_BATCHES * OTHER_ROWS :]].reshape(OTHER_BATCHES, OTHER_ROWS, -1)
    stds = [activation_stds(net, batch) for batch in others]
    return float(np.sqrt((np.log10(stds) ** 2).mean()))


def activation_stds(net: list[Layer], batch: Array) -> list[float]:
    """Std (ddof 1) over rows and units after each hidden layer for a batch [rows, features]."""
    stds, h = [], batch
    for layer in net[:-1]:
        h = rectify(layer, h) - layer.subtrahend
        stds.append(float(h.std(ddof=1)))
    return stds
