"""A fresh run agrees with the reference, and a net that starts otherwise does not."""

import json
from pathlib import Path

import numpy as np
import pytest
from made import make_data

from goodinit import GoodinitError
from goodinit.arrays import Array
from goodinit.model.initializers import INITIALIZERS, Draw, Layer, kaiming_relu
from goodinit.runs import file as runs
from goodinit.runs.nets import read_nets
from goodinit.runs.verification import Value, disagreements, summarize, write_reference
from goodinit.training.loop import Recipe, train
from goodinit.training.statistics import contract

CONDITION = {"dataset": "made", "scaling": "standardize", "init": "kaiming-relu", "peak": 0.1, "regularization": "none"}
SHAPE = {"steps": 92, "batch_size": 20, "hidden_layers": 4, "width": 40, "evaluate_every": 46}


def run(folder: Path) -> dict[str, Value]:
    recipe = Recipe("kaiming-relu", peak=0.1, **SHAPE, regularization="none", record="moments", optimizer="sgd")
    runs.write_run(folder / "run.nc", train(make_data(), recipe, list(range(6))), CONDITION, contract())
    return summarize(read_nets([folder / "run.nc"]))


def test_the_same_study_agrees(tmp_path: Path) -> None:
    values = run(tmp_path)
    reference = tmp_path / "reference.json"
    reference.write_bytes(write_reference(values, "quick", reference))
    assert len(values) == 5 + 1 + 4
    assert disagreements(values, "quick", reference) == []
    assert write_reference(values, "quick", reference) == reference.read_bytes()


def test_a_gain_that_is_off_by_a_tenth_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = tmp_path / "reference.json"
    reference.write_bytes(write_reference(run(tmp_path), "quick", reference))

    def off(draws: list[Draw], batch: Array) -> list[Layer]:
        return [Layer(0.9 * layer.weight, layer.bias) for layer in kaiming_relu(draws, batch)]

    monkeypatch.setitem(INITIALIZERS, "kaiming-relu", off)
    lines = disagreements(run(tmp_path), "quick", reference)
    key = "made/standardize/kaiming-relu/peak-0.1/none: activation std of layer 4 before training"
    assert any(line.startswith(key) for line in lines), lines


def test_three_standard_errors_are_the_limit_and_a_missing_value_is_said(tmp_path: Path) -> None:
    reference = tmp_path / "reference.json"
    reference.write_text(json.dumps({"quick": {"loss": [1.0, 0.1], "gone": [2.0, 0.1], "nan": [1.0, 0.0]}}))
    values = {"loss": Value(1.29, 0.1), "gone": Value(2.0, 0.1), "nan": Value(1.0005, 0.0)}
    assert disagreements(values, "quick", reference) == []
    off = disagreements({"loss": Value(1.31, 0.1), "nan": Value(np.nan, 0.0)}, "quick", reference)
    assert off == [
        "loss: 1.31, was 1 (standard error 0.1, 3.1 standard errors off)",
        "gone: missing, was 2",
        "nan: nan, was 1 (standard error 0)",
    ]
    with pytest.raises(GoodinitError, match="no values of the full study; make them with: make reference"):
        disagreements(values, "full", reference)
