"""What is seen between two training steps: evaluations, weight snapshots, and a closer look once per window."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from goodinit.evaluation import Data, evaluate
from goodinit.network import StackedMLP, TrainingPass
from goodinit.recording import Recorder, Sites, WeightMeasures, gini
from goodinit.runs import WINDOW
from goodinit.steps import gather

CHECKPOINTS = 16  # weight snapshots between start and end

Array = NDArray[np.float64]
Arrays = dict[str, NDArray[np.generic]]

CURVES = ("train_loss", "train_accuracy", "valid_loss", "valid_accuracy")
IN_VALIDATION = ("activation_mean", "activation_std", "min_bin_share")


def evaluation_steps(steps: int, every: int) -> NDArray[np.int64]:
    """How many updates precede each evaluation: 0, every, 2·every, … and steps."""
    return np.unique(np.append(np.arange(0, steps, every), steps))


def checkpoint_steps(steps: int) -> NDArray[np.int64]:
    """How many updates precede each weight snapshot: the start, CHECKPOINTS evenly spread steps, the end."""
    return np.unique(np.linspace(0, steps, CHECKPOINTS + 2).round().astype(np.int64))


class Logbook:
    """Looks at a stack before each step and at the end, and writes down what the level of recording asks for."""

    def __init__(
        self,
        model: StackedMLP,
        training: TrainingPass,
        data: Data,
        batches: Tensor,
        evaluations: NDArray[np.int64],
        record: str,
        sites: Sites,
        validation: Recorder | None,
    ) -> None:
        """batches: row numbers [steps, nets, batch]; validation: where passes over the validation rows are recorded."""
        self._model, self._training, self._data, self._batches = model, training, data, batches
        self._sites, self._validation = sites, validation
        self._evaluations = evaluations
        full = record in ("full", "everything")
        self._checkpoints = checkpoint_steps(len(batches)) if full else np.empty(0, np.int64)
        self._windows = np.arange(0, len(batches), WINDOW) if full else np.empty(0, np.int64)
        self._weight_measures = WeightMeasures(model.weights[:-1])
        self._curves: list[Array] = []
        self._snapshots: list[NDArray[np.generic]] = []
        self._looks: list[dict[str, Array]] = []
        self._best_loss = np.full(batches.shape[1], np.inf)
        self._best = model.parameters()
        self._best_step = np.zeros(batches.shape[1], np.int64)

    def look(self, step: int, alive: Any) -> None:
        """Write down what is due before `step`; alive: bool [nets] as the recorder takes it."""
        if step in self._evaluations:
            self._evaluate(step)
            if self._validation:
                self._record_validation(self._validation, alive)
        if step in self._checkpoints:
            self._snapshots.append(self._model.parameters().cpu().numpy())
        if step in self._windows:
            self._look_closely(step)

    def last_train_loss(self) -> Array:
        """Loss over the training rows at the last evaluation, [nets]."""
        loss: Array = self._curves[-1][0]
        return loss

    def restore_best(self) -> NDArray[np.int64]:
        """Give each net the weights of its evaluation with the lowest validation loss; returns its step, [nets]."""
        self._model.load_parameters(self._best)
        return self._best_step

    def collect(self, diverged_step: Array) -> Arrays:
        """What was seen, under the names of `goodinit.runs.VARIABLES`; NaN where a net had diverged by then
        (diverged_step: [nets], NaN if it never did)."""
        curves = dict(zip(CURVES, np.stack(self._curves, axis=-1), strict=True))
        seen: Arrays = {name: masked(curve, self._evaluations, diverged_step) for name, curve in curves.items()}
        if self._validation:
            for name, values in self._validation.collect().items():
                if name in IN_VALIDATION:
                    passes = values.reshape(len(values), len(self._evaluations), -1, *values.shape[2:])
                    seen[f"valid_{name}"] = masked(passes, self._evaluations, diverged_step)
        if self._snapshots:
            snapshots = masked(np.stack(self._snapshots, axis=1), self._checkpoints, diverged_step)
            seen |= {"initial_weights": snapshots[:, 0], "weights": snapshots[:, 1:-1]}
            seen |= {"final_weights": snapshots[:, -1], "checkpoint": self._checkpoints[1:-1]}
            seen["window"] = self._windows
            for name in self._looks[0]:
                values = np.stack([look[name] for look in self._looks], axis=1)
                seen[name] = masked(values, self._windows, diverged_step)
        return seen

    def _evaluate(self, step: int) -> None:
        train, valid = evaluate(self._model, self._data, "train"), evaluate(self._model, self._data, "valid")
        self._curves.append(np.stack([*train, *valid]))
        better = valid[0] < self._best_loss
        if better.any():
            self._best_loss[better], self._best_step[better] = valid[0][better], step
            nets = torch.from_numpy(better)
            self._best[nets] = self._model.parameters()[nets]

    def _record_validation(self, recorder: Recorder, alive: Any) -> None:
        """Whole validation batches, in order, evaluation mode: what a hook sees that forgets to ask for the phase."""
        nets, rows = self._batches.shape[1:]
        x, y = self._data.x["valid"], self._data.y["valid"]
        per_pass = len(x) // rows
        for batch in range(per_pass):
            part = slice(batch * rows, (batch + 1) * rows)
            self._training.forward(x[part].expand(nets, -1, -1), y[part].expand(nets, -1), training=False)
            at = (len(self._curves) - 1) * per_pass + batch
            recorder.record(at, self._training.linear, alive)

    def _look_closely(self, step: int) -> None:
        x, y = gather(self._data.x["train"], self._data.y["train"], self._batches[step])
        self._training.forward(x, y, training=False)
        by_site = [gini(self._sites.activations(site, self._training.linear)).T for site in self._sites.names]
        look = {"gini": np.stack(by_site, axis=-1)}
        look["gradient_norm"] = self._training.gradient_norms()[:, :-1].double().cpu().numpy()
        self._looks.append(look | self._weight_measures.measure(self._model.weights[:-1]))


def masked(values: NDArray[np.generic], steps: NDArray[np.int64], diverged_step: Array) -> NDArray[np.generic]:
    """values [nets, len(steps), …], NaN where a net had diverged by that step."""
    gone = ~(steps < np.nan_to_num(diverged_step, nan=np.inf)[:, None])
    return np.where(gone.reshape(gone.shape + (1,) * (values.ndim - 2)), np.array(np.nan, values.dtype), values)
