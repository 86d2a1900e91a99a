"""Training one condition: the nets of a block of seeds, at once, with everything recorded."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from goodinit import GoodinitError, plateau
from goodinit.initializers import Layer, initialize, streams
from goodinit.network import StackedMLP, TrainingPass
from goodinit.recording import BINS, HISTOGRAM_TOP, WINDOW, Recorder

START_RATE, END_RATE, WARMUP_SHARE = 0.003, 0.002, 0.3  # the thread's schedule around the peak
CHECKPOINTS = 16  # weight snapshots between start and end
EVALUATION_ROWS = 1024  # rows evaluated at once: a stack's activations then stay in the cache
PARTS = ("train", "valid", "test")
REPORT_EVERY = 46  # steps between two calls of `progress`

Array = NDArray[np.float64]
Progress = Callable[[int, float], None]


@dataclass(frozen=True)
class Data:
    """x: float [rows, features] and y: int64 [rows] of each part; classes: how many there are."""

    x: dict[str, Tensor]
    y: dict[str, Tensor]
    classes: int


def load_data(path: Path, device: torch.device, dtype: torch.dtype = torch.float32) -> Data:
    """The arrays of a prepared dataset (`preparation.prepare`) on a device."""
    with np.load(path, allow_pickle=False) as arrays:
        return Data(
            x={part: torch.tensor(arrays[f"x_{part}"], dtype=dtype, device=device) for part in PARTS},
            y={part: torch.tensor(arrays[f"y_{part}"], device=device) for part in PARTS},
            classes=len(arrays["class_names"]),
        )


@dataclass(frozen=True)
class Recipe:
    """How a net is built and trained. peak: highest learning rate; evaluate_every: steps."""

    init: str
    peak: float
    steps: int
    batch_size: int
    hidden_layers: int
    width: int
    evaluate_every: int


def learning_rates(peak: float, steps: int) -> Array:
    """Cosine from START_RATE up to the peak over WARMUP_SHARE of the steps, then down towards END_RATE: [steps].

    As fast.ai's combine_scheds([0.3, 0.7], [sched_cos, sched_cos]); cosine annealing: Loshchilov & Hutter 2017, eq. 5.
    """
    position = np.arange(steps) / steps
    rising = np.minimum(position / WARMUP_SHARE, 1)
    falling = np.maximum((position - WARMUP_SHARE) / (1 - WARMUP_SHARE), 0)
    up = START_RATE + (peak - START_RATE) * (1 - np.cos(np.pi * rising)) / 2
    return np.where(position < WARMUP_SHARE, up, peak + (END_RATE - peak) * (1 - np.cos(np.pi * falling)) / 2)


def batch_order(seed: int, rows: int, batch_size: int, steps: int) -> NDArray[np.int64]:
    """Row numbers of every batch of a seed: [steps, batch_size]. Each epoch is a fresh permutation, cut into batches;
    a last partial batch is dropped. Raises GoodinitError where the table has no full batch."""
    if rows < batch_size:
        raise GoodinitError(f"{rows} training rows make no batch of {batch_size}; lower `batch_size` in the config")
    _, _, generator = streams(seed)
    per_epoch = rows // batch_size
    epochs = [generator.permutation(rows)[: per_epoch * batch_size] for _ in range(-(-steps // per_epoch))]
    return np.concatenate(epochs).reshape(-1, batch_size)[:steps]


def evaluation_steps(steps: int, every: int) -> NDArray[np.int64]:
    """How many updates precede each evaluation: 0, every, 2·every, … and steps."""
    return np.unique(np.append(np.arange(0, steps, every), steps))


def checkpoint_steps(steps: int) -> NDArray[np.int64]:
    """How many updates precede each weight snapshot: the start, CHECKPOINTS evenly spread steps, the end."""
    return np.unique(np.linspace(0, steps, CHECKPOINTS + 2).round().astype(np.int64))


def evaluate(model: StackedMLP, data: Data, part: str) -> tuple[Array, Array]:
    """Mean cross-entropy (nats) and accuracy over all rows of a part, in evaluation mode: float64 [nets] each."""
    x, y = data.x[part], data.y[part]
    loss = correct = torch.zeros(len(model.weights[0]), dtype=torch.float64, device=x.device)
    for rows, labels in zip(torch.split(x, EVALUATION_ROWS), torch.split(y, EVALUATION_ROWS), strict=True):
        logits = model.logits(rows)
        log_softmax = torch.log_softmax(logits, -1)
        chosen = log_softmax.gather(-1, labels.expand(len(logits), -1)[..., None])
        loss = loss - chosen.sum((1, 2), dtype=torch.float64)
        correct = correct + (logits.argmax(-1) == labels).sum(1, dtype=torch.float64)
    return (loss / len(y)).cpu().numpy(), (correct / len(y)).cpu().numpy()


@torch.inference_mode()
def train(
    data: Data, recipe: Recipe, seeds: list[int], progress: Progress | None = None
) -> dict[str, NDArray[np.generic]]:
    """Train one net per seed and return what was seen: arrays by the names and dimensions of `goodinit.runs.VARIABLES`
    and `COORDINATES`.

    dtype and device are those of the data. A net with a loss that is not finite has diverged: what is recorded of it is
    NaN from that step on, while its neighbours go on. `progress` gets the steps done and the mean loss of the nets
    still alive. Raises GoodinitError for what initializers and batches refuse.
    """
    x, y = data.x["train"], data.y["train"]
    order = np.stack([batch_order(seed, len(x), recipe.batch_size, recipe.steps) for seed in seeds], axis=1)
    batches = torch.from_numpy(order).to(x.device)
    nets = _start(data, recipe, seeds, x[batches[0]].double().cpu().numpy())
    model = StackedMLP(nets, x.dtype, x.device)
    training_pass = TrainingPass(model, recipe.batch_size)
    recorder = Recorder(recipe.steps, np.array([[layer.subtrahend for layer in net[:-1]] for net in nets]))
    rates = learning_rates(recipe.peak, recipe.steps)
    evaluations, checkpoints = evaluation_steps(recipe.steps, recipe.evaluate_every), checkpoint_steps(recipe.steps)

    loss, alive = np.full((len(seeds), recipe.steps), np.nan), np.ones(len(seeds), bool)
    curves: list[Array] = []
    weights: list[NDArray[np.generic]] = []
    for step in range(recipe.steps + 1):
        if step in evaluations:
            curves.append(np.stack([*evaluate(model, data, "train"), *evaluate(model, data, "valid")]))
        if step in checkpoints:
            weights.append(model.parameters().cpu().numpy())
        if step == recipe.steps:
            break
        rows = batches[step]
        loss[:, step] = training_pass.forward(x[rows], y[rows]).double().cpu().numpy()
        alive &= np.isfinite(loss[:, step])
        recorder.record(step, training_pass.linear, alive)
        training_pass.descend(rates[step])
        if progress and ((step + 1) % REPORT_EVERY == 0 or step + 1 == recipe.steps):
            progress(step + 1, float(loss[alive, step].mean()) if alive.any() else math.nan)

    train_loss, train_accuracy, valid_loss, valid_accuracy = np.stack(curves, axis=-1)
    loss[~np.isfinite(train_loss[:, -1]), -1] = np.nan  # the last update itself made the weights not finite
    diverged_step = plateau.diverged_step(loss)
    labels = y.cpu().numpy()
    null_loss = plateau.null_loss(labels)
    test_loss, test_accuracy = evaluate(model, data, "test")

    def until_divergence(values: NDArray[np.generic], steps: NDArray[np.int64]) -> NDArray[np.generic]:
        """values: [nets, len(steps), …]; NaN where a net had diverged by that step."""
        gone = ~(steps < np.nan_to_num(diverged_step, nan=np.inf)[:, None])
        return np.where(gone.reshape(gone.shape + (1,) * (values.ndim - 2)), np.array(np.nan, values.dtype), values)

    end = np.array([recipe.steps])
    snapshots = until_divergence(np.stack(weights, axis=1), checkpoints)
    return {
        "seed": np.array(seeds),
        "step": np.arange(recipe.steps),
        "evaluation": evaluations,
        "checkpoint": checkpoints[1:-1],
        "window": np.arange(recorder.histogram.shape[1]) * WINDOW,
        "layer": np.arange(1, recipe.hidden_layers + 1),
        "site": np.array(recorder.sites),
        "bin": np.arange(BINS) * HISTOGRAM_TOP / BINS,
        "loss": np.where(np.isfinite(loss), loss, np.nan),
        "train_loss": until_divergence(train_loss, evaluations),
        "train_accuracy": until_divergence(train_accuracy, evaluations),
        "valid_loss": until_divergence(valid_loss, evaluations),
        "valid_accuracy": until_divergence(valid_accuracy, evaluations),
        "test_loss": until_divergence(test_loss[:, None], end)[:, 0],
        "test_accuracy": until_divergence(test_accuracy[:, None], end)[:, 0],
        "activation_mean": recorder.mean,
        "activation_std": recorder.std,
        "min_bin_share": recorder.min_bin_share,
        "zero_share": recorder.zero_share,
        "activation_overflow": recorder.overflow,
        "activation_histogram": recorder.histogram,
        "initial_weights": snapshots[:, 0],
        "weights": snapshots[:, 1:-1],
        "final_weights": snapshots[:, -1],
        "subtrahend": np.array([[layer.subtrahend for layer in net[:-1]] for net in nets]),
        "divisions": np.array([[layer.divisions for layer in net[:-1]] for net in nets]),
        "null_loss": np.array(null_loss),
        "majority_share": np.array(plateau.majority_share(labels)),
        "feature_mean_square": np.array(float(x.double().square().mean())),
        "outcome": plateau.outcome(loss, null_loss),
        "escape_step": plateau.escape_step(loss, null_loss),
        "diverged_step": diverged_step,
    }


def _start(data: Data, recipe: Recipe, seeds: list[int], first_batches: Array) -> list[list[Layer]]:
    sizes = [first_batches.shape[2], *[recipe.width] * recipe.hidden_layers, data.classes]
    return [initialize(recipe.init, sizes, seed, batch) for seed, batch in zip(seeds, first_batches, strict=True)]
