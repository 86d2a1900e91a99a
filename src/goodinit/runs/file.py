"""The file of a finished run: one condition, one block of seeds, one NetCDF file that xarray opens.

Attributes carry the whole condition (dataset, scaling, init, peak, variant, …), hashes, versions and device.
The dimension `parameter` runs layer by layer, from the first hidden one to the output: weights [fan_in, fan_out] row by
row, then biases; in hidden layers that are normalized, scales and shifts, and batch-norm's running means and variances.
"""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import h5netcdf  # xarray, which reads these files, takes half a second to load: as long as a short training job works
import h5py
import numpy as np
from numpy.typing import NDArray

from goodinit.arrays import Arrays
from goodinit.files import write_whole
from goodinit.runs.plateau import ESCAPE_BELOW, OUTCOMES

BINS = 40  # of a histogram of |activation|
HISTOGRAM_TOP = 10.0
NEAR_ZERO = 0.01  # of a layer's initial weight std


class Variable(NamedTuple):
    """Dimensions, type on disk, unit and meaning of one array of a run."""

    dimensions: tuple[str, ...]
    dtype: str
    units: str
    meaning: str


EVALUATION = ("seed", "evaluation")
PER_WINDOW = ("seed", "window", "layer")
ACTIVATION = ("seed", "step", "layer", "site")  # of `goodinit.training.statistics`, which adds to VARIABLES
VALIDATION = ("seed", "evaluation", "valid_batch", "layer", "site")  # the same of passes over the validation rows
COORDINATES = {
    "seed": Variable(("seed",), "i4", "1", "seed of a net's weights, biases, batch order and dropout"),
    "step": Variable(("step",), "i4", "step", "updates before the batch was seen; 0 is before the first update"),
    "evaluation": Variable(("evaluation",), "i4", "step", "updates before the evaluation"),
    "checkpoint": Variable(("checkpoint",), "i4", "step", "updates before the snapshot"),
    "window": Variable(("window",), "i4", "step", "first step that a stored histogram sums over"),
    "layer": Variable(("layer",), "i4", "1", "hidden layer, 1 next to the features"),
    "site": Variable(("site",), "str", "1", "linear: before the ReLU; relu: after it; output: less the subtrahend too"),
    "bin": Variable(("bin",), "f8", "1", "left edge of a bin of |activation|"),
}
HALF_MAX = float(np.finfo(np.float16).max)
COMPRESSED: dict[str, Any] = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
VARIABLES = {  # in the order in which things happen
    "null_loss": Variable((), "f8", "nat", "entropy of the training class shares"),
    "majority_share": Variable((), "f8", "1", "share of the commonest class in the training rows"),
    "valid_null_loss": Variable((), "f8", "nat", "cross-entropy of the training class shares on the validation rows"),
    "valid_majority_share": Variable((), "f8", "1", "share of the training rows' commonest in the validation rows"),
    "test_null_loss": Variable((), "f8", "nat", "cross-entropy of the training class shares on the test rows"),
    "test_majority_share": Variable((), "f8", "1", "share of the training rows' commonest in the test rows"),
    "feature_mean_square": Variable((), "f8", "1", "mean square of the training features"),
    "subtrahend": Variable(("seed", "layer"), "f8", "1", "taken off after the ReLU"),
    "divisions": Variable(("seed", "layer"), "i4", "count", "divisions of the weights by the calibration"),
    "initial_weights": Variable(("seed", "parameter"), "f4", "1", "parameters before the first update"),
    "loss": Variable(("seed", "step"), "f4", "nat", "training loss of the step's batch"),
    "logit_signal": Variable(
        ("seed", "step"),
        "f4",
        "1",
        "root mean square over classes of the logits' std (ddof 1) over the batch's rows",
    ),
    "train_loss": Variable(EVALUATION, "f4", "nat", "loss over the training rows, evaluation mode"),
    "train_accuracy": Variable(EVALUATION, "f4", "1", "accuracy over the training rows, evaluation mode"),
    "valid_loss": Variable(EVALUATION, "f4", "nat", "loss over the validation rows, evaluation mode"),
    "valid_accuracy": Variable(EVALUATION, "f4", "1", "accuracy over the validation rows, evaluation mode"),
    "gini": Variable(
        ("seed", "window", "layer", "site"), "f4", "1", "Gini index of |activation|, first batch of window, no dropout"
    ),
    "gradient_norm": Variable(PER_WINDOW, "f4", "1", "norm of the loss gradient, weights and biases, same batch"),
    "weight_std": Variable(PER_WINDOW, "f4", "1", "std (ddof 1) of the weights at the window's start"),
    "near_zero_share": Variable(
        PER_WINDOW, "f4", "1", f"share of weights below {100 * NEAR_ZERO:g} % of the layer's initial std"
    ),
    "update_ratio": Variable(PER_WINDOW, "f4", "1", "Frobenius norm of the first update over that of the weights"),
    "distance_moved": Variable(PER_WINDOW, "f4", "1", "Frobenius distance from the initial weights over their norm"),
    "activation_histogram": Variable(
        ("seed", "window", "layer", "site", "bin"), "i4", "count", "|activation|, summed over the window's steps"
    ),
    "weights": Variable(("seed", "checkpoint", "parameter"), "f2", "1", "parameters at the checkpoints, within ±65504"),
    "final_weights": Variable(("seed", "parameter"), "f4", "1", "parameters after the last update"),
    "escape_step": Variable(
        ("seed",), "f8", "step", f"first step with trailing loss < {ESCAPE_BELOW:g} null_loss; NaN: none"
    ),
    "diverged_step": Variable(
        ("seed",), "f8", "step", "first step with a loss not finite; steps: broken by the last update; NaN: none"
    ),
    "outcome": Variable(("seed",), "str", "1", f"{', '.join(OUTCOMES[:-1])} or {OUTCOMES[-1]}"),
    "restored_step": Variable(("seed",), "i4", "step", "updates before the weights that the test metrics are of"),
    "test_loss": Variable(("seed",), "f4", "nat", "loss over the test rows at the end"),
    "test_accuracy": Variable(("seed",), "f4", "1", "accuracy over the test rows at the end"),
}


def write_run(path: Path, arrays: Arrays, attributes: Mapping[str, object], contract: Mapping[str, Variable]) -> None:
    """Write the arrays as one NetCDF file, whole or not at all. contract: what they are, by name.

    Raises GoodinitError where the disk refuses, KeyError for an array the contract does not know.
    """
    content = io.BytesIO()
    with h5netcdf.File(content, "w") as file:
        file.attrs.update(attributes)
        for name, array in arrays.items():
            _add(file, name, array, contract[name])
    write_whole(path, content.getvalue())


def _add(file: h5netcdf.File, name: str, array: NDArray[Any], variable: Variable) -> None:
    for dimension, size in zip(variable.dimensions, array.shape, strict=True):
        if dimension not in file.dimensions:
            file.dimensions[dimension] = size
    if variable.dtype == "f2":
        array = np.clip(array, -HALF_MAX, HALF_MAX)
    dtype = h5py.string_dtype() if variable.dtype == "str" else np.dtype(variable.dtype)
    compression = COMPRESSED if array.ndim > 1 else {}
    written = file.create_variable(name, variable.dimensions, dtype, data=array.astype(dtype), **compression)
    written.attrs.update(units=variable.units, long_name=variable.meaning)
