"""What is written down between two training steps: evaluations, weight snapshots, and measures once per window."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from goodinit.arrays import Array, Arrays, Integers
from goodinit.model.network import StackedMLP
from goodinit.model.passes import Pass
from goodinit.runs.plateau import WINDOW
from goodinit.runs.record import reaches
from goodinit.training.batches import Batches
from goodinit.training.evaluation import Data, evaluate
from goodinit.training.recording import Sites, make_recorder
from goodinit.training.statistics import quantities
from goodinit.training.weights import WeightMeasures, gini, gradient_norms

CHECKPOINTS = 16  # weight snapshots between start and end
CURVES = ("train_loss", "train_accuracy", "valid_loss", "valid_accuracy")


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
        self._valid_batches = len(data.x["valid"]) // rows if reaches(record, "everything") else 0
        self._validation = make_recorder(len(self._evaluations) * self._valid_batches, sites, False, batches.x)
        self._weight_measures = WeightMeasures(model)
        self._curves: list[Array] = []
        self._snapshots: list[NDArray[np.generic]] = []
        self._measured: list[dict[str, Array]] = []
        self._updates: list[Array] = []  # of the first step of each window
        self._best_loss = np.full(nets, np.inf)
        self._best = model.parameters.clone()
        self._best_step = np.zeros(nets, np.int64)

    def write(self, step: int, alive: Any) -> None:
        """Write down what is due before `step`; alive: bool [nets] as the recorder takes it."""
        if step in self._evaluations:
            self._record_validation(len(self._curves), alive)
            self._evaluate(step)
        if step in self._checkpoints:
            self._snapshots.append(self._model.parameters.cpu().numpy().copy())
        if step - 1 in self._windows:
            self._updates.append(self._weight_measures.measure_update())
        if step in self._windows:
            self._measured.append(self._measure_window(step))

    def last_train_loss(self) -> Array:
        """Loss over the training rows at the last evaluation, [nets]."""
        loss: Array = self._curves[-1][0]
        return loss

    def restore_best(self) -> Integers:
        """Give each net the weights of its evaluation with the lowest validation loss; returns its step, [nets]."""
        self._model.parameters.copy_(self._best)
        return self._best_step

    def collect(self, diverged_step: Array) -> Arrays:
        """What was written down, under the names of `goodinit.training.statistics.contract`; NaN where a net had
        diverged by then (diverged_step: [nets], NaN if it never did)."""
        curves = dict(zip(CURVES, np.stack(self._curves, axis=-1), strict=True))
        seen: Arrays = {"evaluation": self._evaluations}
        seen |= {name: masked(curve, self._evaluations, diverged_step) for name, curve in curves.items()}
        if self._valid_batches:
            seen |= self._collect_validation(diverged_step)
        if self._snapshots:
            seen |= self._collect_windows(diverged_step)
        return seen

    def _collect_validation(self, diverged_step: Array) -> Arrays:
        kept = {quantity.name for quantity in quantities() if quantity.in_validation}
        recorded = self._validation.collect()
        passes = (len(diverged_step), len(self._evaluations), self._valid_batches)
        return {
            f"valid_{name}": masked(values.reshape(*passes, *values.shape[2:]), self._evaluations, diverged_step)
            for name, values in recorded.items()
            if name in kept
        }

    def _collect_windows(self, diverged_step: Array) -> Arrays:
        snapshots = masked(np.stack(self._snapshots, axis=1), self._checkpoints, diverged_step)
        measured = {
            name: masked(np.stack([window[name] for window in self._measured], axis=1), self._windows, diverged_step)
            for name in self._measured[0]
        }
        measured["update_ratio"] = masked(np.stack(self._updates, axis=1), self._windows + 1, diverged_step)
        return {
            "initial_weights": snapshots[:, 0],
            "weights": snapshots[:, 1:-1],
            "final_weights": snapshots[:, -1],
            "checkpoint": self._checkpoints[1:-1],
            "window": self._windows,
            **measured,
        }

    def _evaluate(self, step: int) -> None:
        train, valid = evaluate(self._model, self._data, "train"), evaluate(self._model, self._data, "valid")
        self._curves.append(np.stack([*train, *valid]))
        better = valid[0] < self._best_loss
        if better.any():
            self._best_loss[better], self._best_step[better] = valid[0][better], step
            nets = torch.from_numpy(better)
            self._best[nets] = self._model.parameters[nets]

    def _record_validation(self, evaluation: int, alive: Any) -> None:
        """Whole validation batches, in order, evaluation mode: what a hook sees that forgets to ask for the phase."""
        _, _, rows = self._batches.order.shape
        x, y = self._data.x["valid"], self._data.y["valid"]
        for one in self._passes:
            nets = len(one.model.parameters)
            for batch in range(self._valid_batches):
                part = slice(batch * rows, (batch + 1) * rows)
                one.forward(x[part].expand(nets, -1, -1), y[part].expand(nets, -1), "evaluation")
                step = evaluation * self._valid_batches + batch
                self._validation.record(step, one.nets, one.linear, alive[one.nets])

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
