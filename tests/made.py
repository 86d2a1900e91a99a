"""Small data, a layer and a net as torch knows them, and what memory a process takes."""

import numpy as np
import torch
from torch import Tensor, nn

from goodinit.model.initializers import Layer
from goodinit.training.evaluation import Data


def make_data(rows: int = 600, features: int = 6, classes: int = 3, dtype: torch.dtype = torch.float64) -> Data:
    """Heavy-tailed features and labels that depend on them, the same at every call."""
    generator = np.random.default_rng(7)
    x = generator.standard_t(3, (rows, features))
    score = x @ generator.normal(size=(features, classes)) + 0.1 * generator.normal(size=(rows, classes))
    y = score.argmax(1)
    parts = {"train": slice(0, rows // 2), "valid": slice(rows // 2, rows * 3 // 4), "test": slice(rows * 3 // 4, rows)}
    return Data(
        x={part: torch.tensor(x[rows], dtype=dtype) for part, rows in parts.items()},
        y={part: torch.tensor(y[rows]) for part, rows in parts.items()},
        classes=classes,
    )


def linear_of(layer: Layer) -> nn.Linear:
    """The torch module with the weights of a layer, float64."""
    fan_in, fan_out = layer.weight.shape
    linear = nn.Linear(fan_in, fan_out, dtype=torch.float64)
    linear.weight.data, linear.bias.data = torch.tensor(layer.weight.T.copy()), torch.tensor(layer.bias)
    return linear


class Reused(nn.Module):
    """A net whose layers share one ReLU."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.relu = nn.Linear(6, 6), nn.Linear(6, 6), nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        hidden: Tensor = self.relu(self.second(self.relu(self.first(x))))
        return hidden
