"""A prepared dataset on a device, and how well a stack of nets does on whole parts of it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from goodinit import GoodinitError
from goodinit.arrays import Array
from goodinit.model.network import StackedMLP

PARTS = ("train", "valid", "test")
EVALUATION_ROWS = 1024  # rows evaluated at once: a stack's activations then stay in the cache


@dataclass(frozen=True)
class Data:
    """x: float [rows, features] and y: int64 [rows] of each part; classes: how many there are."""

    x: dict[str, Tensor]
    y: dict[str, Tensor]
    classes: int


def choose_device(name: str) -> torch.device:
    """The device called "cpu" or "cuda", or for "auto" a GPU where there is one. Raises GoodinitError."""
    found = torch.cuda.is_available()
    if name == "cuda" and not found:
        raise GoodinitError("no CUDA device was found; set `device` to cpu or auto in the config")
    return torch.device("cuda" if found and name != "cpu" else "cpu")


def load_data(path: Path, device: torch.device, dtype: torch.dtype = torch.float32) -> Data:
    """The arrays of a prepared dataset (`preparation.prepare`) on a device."""
    with np.load(path, allow_pickle=False) as arrays:
        return Data(
            x={part: torch.tensor(arrays[f"x_{part}"], dtype=dtype, device=device) for part in PARTS},
            y={part: torch.tensor(arrays[f"y_{part}"], device=device) for part in PARTS},
            classes=len(arrays["class_names"]),
        )


def evaluate(model: StackedMLP, data: Data, part: str) -> tuple[Array, Array]:
    """Mean cross-entropy (nats) and accuracy over all rows of a part, in evaluation mode: float64 [nets] each."""
    x, y = data.x[part], data.y[part]
    loss = correct = torch.zeros(len(model.weights[0]), dtype=torch.float64, device=x.device)
    for rows, labels in zip(torch.split(x, EVALUATION_ROWS), torch.split(y, EVALUATION_ROWS), strict=True):
        logits = model.logits(rows).mT.contiguous()  # classes before rows, as in TrainingPass.forward
        chosen = torch.log_softmax(logits, 1).gather(1, labels.expand(len(logits), 1, -1))
        loss = loss - chosen.sum((1, 2), dtype=torch.float64)
        correct = correct + (logits.argmax(1) == labels).sum(1, dtype=torch.float64)
    return (loss / len(y)).cpu().numpy(), (correct / len(y)).cpu().numpy()
