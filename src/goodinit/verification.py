"""Does a fresh run give the published numbers? Means over seeds against committed ones, in standard errors."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from goodinit import GoodinitError, plateau
from goodinit.evidence import Nets

STANDARD_ERRORS = 3  # what chaotic rounding may move a mean of nets by
ROUNDING = 1e-3  # relative; what another machine's arithmetic may do where seeds hardly differ
METRICS = ("train_loss", "valid_loss", "valid_accuracy", "test_loss", "test_accuracy")


class Value(NamedTuple):
    """Mean over seeds, and its standard error (sd over seeds / √n)."""

    mean: float
    error: float


def summarize(runs: list[xr.Dataset]) -> dict[str, Value]:
    """What is compared, by key: of each condition the end metrics (a diverged net counts as the null net), the trailing
    loss half-way, and the activation std of each layer before training, where it was recorded."""
    conditions: dict[str, list[xr.Dataset]] = {}
    for run in runs:
        names = (run.attrs[name] for name in ("dataset", "scaling", "init"))
        key = "/".join([*names, f"peak-{run.attrs['peak']:g}", run.attrs["regularization"]])
        conditions.setdefault(key, []).append(run)
    values = {}
    for key, files in sorted(conditions.items()):
        nets = Nets(files)
        for metric in METRICS:
            values[f"{key}: {metric} at the end"] = _value(nets.end(metric))
        middle = plateau.trailing_loss(nets.loss)[:, nets.loss.shape[1] // 2]
        values[f"{key}: trailing loss half-way"] = _value(np.where(np.isnan(middle), nets.null_loss, middle))
        if "activation_std" in files[0]:
            for layer, std in enumerate(nets.activations("activation_std")[:, 0].T, start=1):
                values[f"{key}: activation std of layer {layer} before training"] = _value(std)
    return values


def _value(seeds: NDArray[np.float64]) -> Value:
    error = seeds.std(ddof=1) / np.sqrt(len(seeds)) if len(seeds) > 1 else 0.0
    return Value(float(seeds.mean()), float(error))


def write_reference(values: dict[str, Value], study: str, path: Path) -> bytes:
    """The content of the reference file at `path` with the values of one study put in or replaced."""
    reference = _read(path) if path.is_file() else {}
    reference[study] = {key: [float(f"{number:.6g}") for number in value] for key, value in values.items()}
    return (json.dumps(reference, indent=0, sort_keys=True) + "\n").encode()


def disagreements(values: dict[str, Value], study: str, path: Path) -> list[str]:
    """A line for each value of the reference that the run does not have, or misses by more than STANDARD_ERRORS (and
    ROUNDING). Raises GoodinitError where there is no reference for the study."""
    reference = _read(path).get(study)
    if not reference:
        raise GoodinitError(f"{path} has no values of the {study} study; make them with: make reference")
    lines = []
    for key, (mean, error) in reference.items():
        if key not in values:
            lines.append(f"{key}: missing, was {mean:.6g}")
        elif not abs(values[key].mean - mean) <= STANDARD_ERRORS * error + ROUNDING * abs(mean):
            off = f", {abs(values[key].mean - mean) / error:.1f} standard errors off" if error else ""
            lines.append(f"{key}: {values[key].mean:.6g}, was {mean:.6g} (standard error {error:.2g}{off})")
    return lines


def _read(path: Path) -> dict[str, dict[str, list[float]]]:
    try:
        content: dict[str, dict[str, list[float]]] = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise GoodinitError(f"{path} cannot be read ({error}); make it with: make reference") from error
    return content
