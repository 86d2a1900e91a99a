"""What is kept of a run: the SHA-256 of its arrays, and a few values that tell what differs first, and by how much."""

import hashlib
import platform
from typing import NamedTuple

import numpy as np
import xarray as xr

from goodinit.arrays import Array
from goodinit.runs.file import COORDINATES, VARIABLES
from goodinit.runs.nets import Nets, Run
from goodinit.runs.null_net import charge_diverged

SHORT = 8  # hexadecimal digits of an array's hash
METRICS = ("train_loss", "valid_loss", "valid_accuracy", "test_loss", "test_accuracy")

Values = dict[str, list[float]]  # of each net, in the order of their seeds, by what they are


class Fingerprint(NamedTuple):
    """What stands in the reference of a run, arrays and values in the order in which things happen.

    computed_on: device and machine; sha256: over all arrays; arrays: the beginning of each one's own; start: what the
    seeds alone decide; course: what training makes of it, where the last bit of the arithmetic may decide; outcome: of
    each net.
    """

    computed_on: str
    sha256: str
    arrays: dict[str, str]
    start: Values
    course: Values
    outcome: list[str]


def take_fingerprint(run: Run) -> Fingerprint:
    """The fingerprint of a run, opened by `open_run` on the machine that computed it. Attributes (versions, hashes)
    leave no mark."""
    digests = {name: _digest(name, run.read(name)) for name in run.variables}
    nets = Nets([run])
    whole = hashlib.sha256("".join(digests[name] for name in sorted(digests)).encode())
    return Fingerprint(
        computed_on=f"{run.attributes['device']} {platform.machine()}",
        sha256=whole.hexdigest(),
        arrays={name: digests[name][:SHORT] for name in sorted(digests, key=_when)},
        start=_start(nets),
        course=_course(nets),
        outcome=nets["outcome"].values.tolist(),
    )


def _digest(name: str, array: xr.DataArray) -> str:
    values = array.values.astype(np.str_) if array.dtype.kind == "O" else array.values
    return hashlib.sha256(f"{name} {values.dtype.str} {values.shape} ".encode() + values.tobytes()).hexdigest()


def _when(name: str) -> tuple[int, bool, str]:
    """Where an array stands in the order in which things happen: statistics of activations just before the loss."""
    order = [*COORDINATES, *VARIABLES]
    known = name in order
    return order.index(name if known else "loss"), known, name


def _start(nets: Nets) -> Values:
    """The activation std of each layer before training, where it was recorded."""
    if "activation_std" not in nets:
        return {}
    layers = nets.activations("activation_std")[:, 0].T
    return {f"activation std of layer {layer} before training": _spell(std) for layer, std in enumerate(layers, 1)}


def _course(nets: Nets) -> Values:
    """The loss at steps 0, 1, 2, 4, … and the last; the end metrics; the step of the escape, the number of steps where
    there is none. A diverged net counts as the null net."""
    steps = nets.loss.shape[1]
    ladder = sorted({0, *(2**power for power in range((steps - 1).bit_length())), steps - 1})
    losses = charge_diverged(nets.loss, nets.null_loss)
    return {
        **{f"loss at step {step}": _spell(losses[:, step]) for step in ladder},
        **{f"{metric} at the end": _spell(nets.end(metric)) for metric in METRICS},
        "escape step": _spell(np.nan_to_num(nets["escape_step"].values, nan=steps)),
    }


def _spell(values: Array) -> list[float]:
    """With nine significant digits, which tell any two float32 apart."""
    return [float(f"{value:.9g}") for value in values]
