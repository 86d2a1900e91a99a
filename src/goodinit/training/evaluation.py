"""A prepared dataset on a device, and how well a stack of nets does on whole parts of it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from goodinit import GoodinitError, propagation
from goodinit.arrays import Array
from goodinit.model.network import StackedMLP
from goodinit.model.stacked_layers import activate, normalize

PARTS = ("train", "valid", "test")
GPU_ROWS = 8192  # evaluated at once


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
    loss, correct = _evaluate_on_gpu(model, x, y) if x.is_cuda else _evaluate_on_cpu(model, x, y)
    return loss / len(y), correct / len(y)


def _evaluate_on_cpu(model: StackedMLP, x: Tensor, y: Tensor) -> tuple[Array, Array]:
    """Sum of the cross-entropies and number of right rows, [nets] each."""
    rows, labels, structure = x.numpy(), y.numpy(), model.structure
    subtrahends = model.subtrahends.flatten(1).numpy().T.copy()
    nets = zip(model.parameters.numpy(), subtrahends, strict=True)
    results = [propagation.evaluate(rows, labels, net, structure, shifts) for net, shifts in nets]
    loss, correct = np.array(results).T
    return loss, correct


def _evaluate_on_gpu(model: StackedMLP, x: Tensor, y: Tensor) -> tuple[Array, Array]:
    """The same."""
    loss = correct = torch.zeros(len(model.parameters), dtype=torch.float64, device=x.device)
    for rows, labels in zip(torch.split(x, GPU_ROWS), torch.split(y, GPU_ROWS), strict=True):
        h = rows.expand(len(model.parameters), *rows.shape)
        for depth, subtrahend in enumerate(model.subtrahends):
            linear = torch.baddbmm(model.biases[depth], h, model.weights[depth])
            if model.scales:
                normalize(model, depth, linear, "evaluation")
            output = activate(model.architecture.activation, linear, linear).sub_(subtrahend)
            h = output.add_(h) if model.adds_input(depth) else output
        logits = torch.baddbmm(model.biases[-1], h, model.weights[-1])
        chosen = torch.log_softmax(logits, 2).gather(2, labels.expand(len(logits), -1)[..., None])
        loss = loss - chosen.sum((1, 2), dtype=torch.float64)
        correct = correct + (logits.argmax(2) == labels).sum(1, dtype=torch.float64)
    return loss.cpu().numpy(), correct.cpu().numpy()
