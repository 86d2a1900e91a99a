"""Fixtures: small data, and a recipe with what a test does not care about filled in."""

from collections.abc import Callable

import pytest
import torch
from made import make_data

from goodinit.training.evaluation import Data
from goodinit.training.loop import Recipe

torch.set_num_threads(1)  # as jobs do: pytest-xdist runs a process per core


@pytest.fixture
def data() -> Data:
    return make_data()


@pytest.fixture
def recipe() -> Callable[..., Recipe]:
    def make(init: str = "default", **changes: object) -> Recipe:
        settings: dict[str, object] = {
            "peak": 0.2,
            "steps": 50,
            "batch_size": 32,
            "hidden_layers": 5,
            "width": 40,
            "evaluate_every": 20,
            "variant": "none",
            "record": "full",
            "optimizer": "sgd",
        }
        return Recipe(init=init, **(settings | changes))  # type: ignore[arg-type]

    return make
