"""Does a fresh run give the published numbers? Means over seeds against committed ones, in standard errors."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from goodinit import GoodinitError
from goodinit.arrays import Array
from goodinit.runs import plateau
from goodinit.runs.condition import Condition
from goodinit.runs.nets import Nets
from goodinit.runs.null_net import charge_diverged

STANDARD_ERRORS = 3  # what chaotic rounding may move a mean of nets by
ROUNDING = 1e-3  # relative; what another machine's arithmetic may do where seeds hardly differ
METRICS = ("train_loss", "valid_loss", "valid_accuracy", "test_loss", "test_accuracy")


class Value(NamedTuple):
    """Mean over seeds, and its standard error (sd over seeds / √n)."""

    mean: float
    error: float


def summarize(studied: Mapping[Condition, Nets]) -> dict[str, Value]:
    """What is compared, by key: of each condition the end metrics (a diverged net counts as the null net), the trailing
    loss half-way, and the activation std of each layer before training, where it was recorded."""
    values = {}
    for condition, nets in sorted((str(condition), nets) for condition, nets in studied.items()):
        for metric in METRICS:
            values[f"{condition}: {metric} at the end"] = _value(nets.end(metric))
        middle = plateau.trailing_loss(nets.loss)[:, nets.loss.shape[1] // 2]
        values[f"{condition}: trailing loss half-way"] = _value(charge_diverged(middle, nets.null_loss))
        if "activation_std" in nets:
            for layer, std in enumerate(nets.activations("activation_std")[:, 0].T, start=1):
                values[f"{condition}: activation std of layer {layer} before training"] = _value(std)
    return values


def _value(seeds: Array) -> Value:
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
