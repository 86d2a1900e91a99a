"""What is written down between two training steps: evaluations, weight snapshots, and measures once per window."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from goodinit.arrays import Array, Arrays, Integers
from goodinit.model.network import StackedMLP
from goodinit.model.passes import Pass
from goodinit.runs.plateau import WINDOW
from goodinit.runs.record import CHECKPOINTS, reaches
from goodinit.training.batches import Batches
from goodinit.training.evaluation import Data, evaluate
from goodinit.training.recording import Sites
from goodinit.training.validation import ValidationPasses
from goodinit.training.weights import WeightMeasures, gini, gradient_norms

CURVES = ("train_loss", "train_accuracy", "valid_loss", "valid_accuracy")
PER_WINDOW = ("gini", "gradient_norm", "weight_std", "near_zero_share", "update_ratio", "distance_moved")


def evaluation_steps(steps: int, every: int) -> Integers:
    """How many updates precede each evaluation: 0, every, 2·every, … and steps."""
    return np.unique(np.append(np.arange(0, steps, every), steps))


def checkpoint_steps(steps: int) -> Integers:
    """How many updates precede each weight snapshot: the start, CHECKPOINTS evenly spread steps, the end."""
    return np.unique(np.linspace(0, steps, CHECKPOINTS + 2).round().astype(np.int64))


class Logbook:
    """What a level of recording asks for of a stack before each step and at the end."""

    def __init__(
        self, model: StackedMLP, passes: list[Pass], data: Data, batches: Batches, sites: Sites, evaluate_every: int,
        record: str,
    ) -> None:  # fmt: skip
        """passes: over the nets of the model; evaluate_every: steps; record: one of RECORDS."""
        self._model, self._passes, self._data = model, passes, data
        self._batches, self._sites = batches, sites
        steps, nets, rows = batches.order.shape
        full = reaches(record, "full")
        self._evaluations = evaluation_steps(steps, evaluate_every)
        self._checkpoints = checkpoint_steps(steps) if full else np.empty(0, np.int64)
        self._windows = np.arange(0, steps, WINDOW) if full else np.empty(0, np.int64)
        every_pass = reaches(record, "everything") and len(data.x["valid"]) >= rows
        self._validation = ValidationPasses(passes, data, rows, sites, len(self._evaluations)) if every_pass else None
        self._weight_measures = WeightMeasures(model)
        layers, parameters = len(model.weights) - 1, model.parameters[0].cpu().numpy()
        self._curves = np.full((len(CURVES), nets, len(self._evaluations)), np.nan)
        self._snapshots = np.empty((nets, len(self._checkpoints), len(parameters)), parameters.dtype)
        shape, by_site = (nets, len(self._windows), layers), {"gini": len(sites.names)}
        self._measured = {
            name: np.full((*shape, by_site[name]) if name in by_site else shape, np.nan) for name in PER_WINDOW
        }
        self._best_loss = np.full(nets, np.inf)
        self._best = model.parameters.clone()
        self._best_step = np.zeros(nets, np.int64)

    def write(self, step: int, alive: Any) -> None:
        """Write down what is due before `step`; alive: bool [nets] as the recorder takes it."""
        if step in self._evaluations:
            evaluation = int(self._evaluations.searchsorted(step))
            if self._validation:
                self._validation.record(evaluation, alive)
            self._evaluate(evaluation, step)
        if step in self._checkpoints:
            self._snapshots[:, self._checkpoints.searchsorted(step)] = self._model.parameters.cpu().numpy()
        if step - 1 in self._windows:
            self._measured["update_ratio"][:, step // WINDOW] = self._weight_measures.measure_update()
        if step in self._windows:
            for name, values in self._measure_window(step).items():
                self._measured[name][:, step // WINDOW] = values

    def buffers(self) -> list[Tensor]:
        """The tensors that `write` changes."""
        kept = self._curves, self._snapshots, *self._measured.values(), self._best_loss, self._best_step
        return [*map(torch.from_numpy, kept), self._best, *(self._validation.buffers() if self._validation else [])]

    def last_train_loss(self) -> Array:
        """Loss over the training rows at the last evaluation, [nets]."""
        loss: Array = self._curves[0][:, -1]
        return loss

    def restore_best(self) -> Integers:
        """Give each net the weights of its evaluation with the lowest validation loss; returns its step, [nets]."""
        self._model.parameters.copy_(self._best)
        return self._best_step

    def collect(self, diverged_step: Array) -> Arrays:
        """What was written down, under the names of `goodinit.training.statistics.contract`; NaN where a net had
        diverged by then (diverged_step: [nets], NaN if it never did)."""
        curves = dict(zip(CURVES, self._curves, strict=True))
        seen: Arrays = {"evaluation": self._evaluations}
        seen |= {name: masked(curve, self._evaluations, diverged_step) for name, curve in curves.items()}
        if self._validation:
            validation = self._validation.collect()
            seen |= {name: masked(values, self._evaluations, diverged_step) for name, values in validation.items()}
        if len(self._checkpoints):
            seen |= self._collect_windows(diverged_step)
        return seen

    def _collect_windows(self, diverged_step: Array) -> Arrays:
        snapshots = masked(self._snapshots, self._checkpoints, diverged_step)
        measured = {
            # an update is seen at the step after it
            name: masked(values, self._windows + (name == "update_ratio"), diverged_step)
            for name, values in self._measured.items()
        }
        return {
            "initial_weights": snapshots[:, 0],
            "weights": snapshots[:, 1:-1],
            "final_weights": snapshots[:, -1],
            "checkpoint": self._checkpoints[1:-1],
            "window": self._windows,
            **measured,
        }

    def _evaluate(self, evaluation: int, step: int) -> None:
        train, valid = evaluate(self._model, self._data, "train"), evaluate(self._model, self._data, "valid")
        self._curves[..., evaluation] = *train, *valid
        better = valid[0] < self._best_loss
        if better.any():
            self._best_loss[better], self._best_step[better] = valid[0][better], step
            nets = torch.from_numpy(better)
            self._best[nets] = self._model.parameters[nets]

    def _measure_window(self, step: int) -> dict[str, Array]:
        """Of the step's batch, without dropout: gini [nets, layers, sites], gradient_norm and the measures of weights,
        [nets, layers]."""
        ginis, norms = [], []
        for one in self._passes:
            one.forward(*self._batches.take(step, one.nets), "measuring")
            by_site = self._sites.activations(one.linear, self._sites.shifts_like(one.linear)[:, :, one.nets])
            ginis.append(np.stack([gini(a.flatten(2)).T for a in by_site], axis=-1))
            norms.append(gradient_norms(one.model, one.backward()))
        measured = {"gini": np.concatenate(ginis), "gradient_norm": np.concatenate(norms)}
        return measured | self._weight_measures.measure()


def masked(values: NDArray[np.generic], steps: Integers, diverged_step: Array) -> NDArray[np.generic]:
    """values [nets, len(steps), …], NaN where a net had diverged by that step."""
    gone = ~(steps < np.nan_to_num(diverged_step, nan=np.inf)[:, None])
    return np.where(gone.reshape(gone.shape + (1,) * (values.ndim - 2)), np.array(np.nan, values.dtype), values)
