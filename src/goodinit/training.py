"""Training one condition: the nets of a block of seeds, at once, with everything recorded that a study asks for."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from goodinit import GoodinitError, plateau
from goodinit.evaluation import Data, evaluate
from goodinit.initializers import Layer, initialize, streams
from goodinit.logbook import Logbook, evaluation_steps, masked
from goodinit.network import StackedMLP, TrainingPass
from goodinit.recording import DeviceRecorder, HostRecorder, Recorder, Sites
from goodinit.regularization import read_regularization
from goodinit.schedule import learning_rates
from goodinit.steps import GraphSteps, HostSteps

REPORT_EVERY = 46  # steps between two calls of `progress`

Array = NDArray[np.float64]
Progress = Callable[[int, float], None]


@dataclass(frozen=True)
class Recipe:
    """How a net is built and trained. peak: highest learning rate; evaluate_every: steps; regularization: as
    read_regularization names them; record: one of RECORDS."""

    init: str
    peak: float
    steps: int
    batch_size: int
    hidden_layers: int
    width: int
    evaluate_every: int
    regularization: str
    record: str


def batch_order(seed: int, rows: int, batch_size: int, steps: int) -> NDArray[np.int64]:
    """Row numbers of every batch of a seed: [steps, batch_size]. Each epoch is a fresh permutation, cut into batches;
    a last partial batch is dropped. Raises GoodinitError where the table has no full batch."""
    if rows < batch_size:
        raise GoodinitError(f"{rows} training rows make no batch of {batch_size}; lower `batch_size` in the config")
    _, _, generator = streams(seed)
    per_epoch = rows // batch_size
    epochs = [generator.permutation(rows)[: per_epoch * batch_size] for _ in range(-(-steps // per_epoch))]
    return np.concatenate(epochs).reshape(-1, batch_size)[:steps]


@torch.inference_mode()
def train(
    data: Data, recipe: Recipe, seeds: list[int], progress: Progress | None = None
) -> dict[str, NDArray[np.generic]]:
    """Train one net per seed and return what was seen: arrays by the names and dimensions of `goodinit.runs.VARIABLES`
    and `COORDINATES`, as many as `recipe.record` asks for.

    dtype and device are those of the data. What is recorded of a diverged net is NaN from that step on, while its
    neighbours go on. `progress` gets the steps done and the mean loss of the nets still alive. Raises GoodinitError for
    what initializers, batches and regularization refuse.
    """
    x, y = data.x["train"], data.y["train"]
    order = np.stack([batch_order(seed, len(x), recipe.batch_size, recipe.steps) for seed in seeds], axis=1)
    batches = torch.from_numpy(order).to(x.device)
    nets = _initialize_nets(data, recipe, seeds, x[batches[0]].double().cpu().numpy())
    model = StackedMLP(nets, x.dtype, x.device)
    regularization = read_regularization(recipe.regularization)
    training = TrainingPass(model, recipe.batch_size, regularization.weight_decay, regularization.dropout, seeds)
    sites = Sites(np.array([[layer.subtrahend for layer in net[:-1]] for net in nets]))
    evaluations = evaluation_steps(recipe.steps, recipe.evaluate_every)
    passes = len(evaluations) * (len(data.x["valid"]) // recipe.batch_size)
    validation = _make_recorder(passes, sites, "moments" if recipe.record == "everything" else "losses", x)
    logbook = Logbook(model, training, data, batches, evaluations, recipe.record, sites, validation)
    recorder = _make_recorder(recipe.steps, sites, recipe.record, x)
    take_steps: type[HostSteps | GraphSteps] = GraphSteps if x.is_cuda else HostSteps
    steps = take_steps(x, y, batches, learning_rates(recipe.peak, recipe.steps), training, recorder)

    for step in range(recipe.steps):
        logbook.look(step, steps.alive)
        steps.take(step)
        if progress and ((step + 1) % REPORT_EVERY == 0 or step + 1 == recipe.steps):
            progress(step + 1, steps.mean_loss(step))
    logbook.look(recipe.steps, steps.alive)

    loss = steps.collect_loss()
    diverged_step = plateau.diverged_step(loss)
    broken_by_last_update = np.isnan(diverged_step) & ~np.isfinite(logbook.last_train_loss())
    diverged_step[broken_by_last_update] = recipe.steps
    until_divergence = np.nan_to_num(diverged_step, nan=np.inf)
    restored_step = logbook.restore_best() if regularization.early_stopping else np.full(len(seeds), recipe.steps)
    alive = restored_step < until_divergence
    test_loss, test_accuracy = evaluate(model, data, "test")
    labels = y.cpu().numpy()
    null_loss = plateau.null_loss(labels)
    return {
        "seed": np.array(seeds),
        "step": np.arange(recipe.steps),
        "evaluation": evaluations,
        "loss": masked(loss, np.arange(recipe.steps), diverged_step),
        "test_loss": np.where(alive, test_loss, np.nan),
        "test_accuracy": np.where(alive, test_accuracy, np.nan),
        "restored_step": restored_step,
        "subtrahend": np.array([[layer.subtrahend for layer in net[:-1]] for net in nets]),
        "divisions": np.array([[layer.divisions for layer in net[:-1]] for net in nets]),
        "null_loss": np.array(null_loss),
        "majority_share": np.array(plateau.majority_share(labels)),
        "feature_mean_square": np.array(float(x.double().square().mean())),
        "outcome": np.where(broken_by_last_update, "diverged", plateau.outcome(loss, null_loss)),
        "escape_step": plateau.escape_step(loss, null_loss),
        "diverged_step": diverged_step,
        "layer": np.arange(1, recipe.hidden_layers + 1),
        **(recorder.collect() | {"site": np.array(sites.names)} if recorder else {}),
        **logbook.collect(diverged_step),
    }


def _initialize_nets(data: Data, recipe: Recipe, seeds: list[int], first_batches: Array) -> list[list[Layer]]:
    sizes = [first_batches.shape[2], *[recipe.width] * recipe.hidden_layers, data.classes]
    return [initialize(recipe.init, sizes, seed, batch) for seed, batch in zip(seeds, first_batches, strict=True)]


def _make_recorder(steps: int, sites: Sites, record: str, like: Tensor) -> Recorder | None:
    if record == "losses":
        return None
    histograms = record != "moments"
    return DeviceRecorder(steps, sites, histograms, like) if like.is_cuda else HostRecorder(steps, sites, histograms)
