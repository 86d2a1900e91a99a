"""Training one condition: the nets of a block of seeds, at once, with everything recorded that a study asks for."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch

from goodinit import GoodinitError
from goodinit.arrays import Array, Arrays, Integers
from goodinit.model.architecture import PLAIN
from goodinit.model.initializers import CALIBRATED, Layer, alter, initialize
from goodinit.model.network import StackedMLP
from goodinit.model.optimizers import make_optimizer
from goodinit.model.passes import make_passes
from goodinit.model.schedule import learning_rates
from goodinit.model.variants import read_variant
from goodinit.runs import null_net, plateau
from goodinit.runs.record import reaches
from goodinit.training.batches import Batches, draw_batches
from goodinit.training.evaluation import Data, evaluate
from goodinit.training.logbook import Logbook, masked
from goodinit.training.recording import Sites, make_recorder
from goodinit.training.steps import GraphSteps, HostSteps
from goodinit.training.unfinished import State, Unfinished

Report = Callable[[int, float], None]


@dataclass(frozen=True)
class Recipe:
    """How a net is built and trained. peak: highest learning rate; evaluate_every: steps; variant: as
    read_variant reads it; record: one of RECORDS; optimizer: one of OPTIMIZERS."""

    init: str
    peak: float
    steps: int
    batch_size: int
    hidden_layers: int
    width: int
    evaluate_every: int
    variant: str
    record: str
    optimizer: str

    def vary(self) -> "Recipe":
        """The recipe with the optimizer, the depth and the steps that its variant asks for."""
        variant = read_variant(self.variant)
        return replace(
            self,
            optimizer=variant.optimizer or self.optimizer,
            hidden_layers=variant.depth or self.hidden_layers,
            steps=self.steps * variant.longer,
        )


@torch.inference_mode()
def train(
    data: Data, recipe: Recipe, seeds: list[int], report: Report | None = None, unfinished: Unfinished | None = None
) -> Arrays:
    """Train one net per seed and return what was seen: arrays by the names and dimensions of
    `goodinit.training.statistics.contract`, as many as `recipe.record` asks for.

    dtype and device are those of the data. What is recorded of a diverged net is NaN from that step on, while its
    neighbours go on. `report` gets the steps done and the mean loss of the nets still alive, once per WINDOW;
    `unfinished` is where an interrupted run was left. Raises GoodinitError for what initializers, batches, optimizers
    and variants refuse, what does not go together, and a disk that is full.
    """
    _require_what_goes_together(recipe)
    x, y = data.x["train"], data.y["train"]
    batches = draw_batches(x, y, seeds, recipe.batch_size, recipe.steps)
    variant = read_variant(recipe.variant)
    nets = _initialize_nets(data, recipe, seeds, batches)
    model = StackedMLP.stack(nets, x.dtype, x.device, variant.architecture)
    passes = make_passes(model, recipe.batch_size, variant.dropout, seeds)
    optimizers = [make_optimizer(recipe.optimizer, one.model, variant.weight_decay) for one in passes]

    sites = Sites(_by_layer(nets, "subtrahend"))
    record_steps, histograms = reaches(recipe.record, "moments"), reaches(recipe.record, "full")
    recorder = make_recorder(recipe.steps, sites, histograms, x) if record_steps else None
    logbook = Logbook(model, passes, data, batches, sites, recipe.evaluate_every, recipe.record)
    steps_on_device: type[HostSteps | GraphSteps] = GraphSteps if x.is_cuda else HostSteps
    rates = learning_rates(recipe.peak, recipe.steps, recipe.optimizer)
    steps = steps_on_device(batches, rates, passes, optimizers, recorder)
    _take_all(steps, logbook, recipe.steps, report, unfinished)

    described = _describe(data, recipe, seeds, nets)
    course = _follow(steps.collect_loss(), logbook.last_train_loss(), float(described["null_loss"]))
    signal = masked(steps.collect_signal(), np.arange(recipe.steps), course["diverged_step"])
    written = logbook.collect(course["diverged_step"])
    restored_step = logbook.restore_best() if variant.early_stopping else np.full(len(seeds), recipe.steps)
    tested = _test(model, data, restored_step, course["diverged_step"])
    recorded = recorder.collect() | {"site": np.array(sites.names)} if recorder else {}
    return described | course | {"logit_signal": signal} | tested | recorded | written


def _require_what_goes_together(recipe: Recipe) -> None:
    architecture = read_variant(recipe.variant).architecture
    if architecture != PLAIN and recipe.init in CALIBRATED:
        raise GoodinitError(
            f"initializer {recipe.init!r} calibrates plain ReLU nets, not variant {recipe.variant!r}; choose another "
            f"than {', '.join(sorted(CALIBRATED))} for it in the config"
        )
    if architecture.activation != PLAIN.activation and reaches(recipe.record, "moments"):
        raise GoodinitError(
            f"variant {recipe.variant!r}: statistics of activations are those of a ReLU; set `record` of the studies "
            "that train it to losses in the config"
        )


def _initialize_nets(data: Data, recipe: Recipe, seeds: list[int], batches: Batches) -> list[list[Layer]]:
    sizes = [data.x["train"].shape[1], *[recipe.width] * recipe.hidden_layers, data.classes]
    first_batches = batches.take(0, slice(None))[0].double().cpu().numpy()
    nets = [initialize(recipe.init, sizes, seed, batch) for seed, batch in zip(seeds, first_batches, strict=True)]
    variant = read_variant(recipe.variant)
    return [alter(net, variant, seed) for net, seed in zip(nets, seeds, strict=True)]


def _by_layer(nets: list[list[Layer]], name: str) -> Array:
    """A number of each hidden layer, [nets, layers]."""
    return np.array([[getattr(layer, name) for layer in net[:-1]] for net in nets])


def _take_all(
    steps: HostSteps | GraphSteps, logbook: Logbook, count: int, report: Report | None, unfinished: Unfinished | None
) -> None:
    state = State([*steps.state.tensors, *logbook.buffers()], steps.state.generators)
    for step in range(unfinished.restore(state) if unfinished else 0, count):
        logbook.write(step, steps.alive)
        steps.take(step)
        done = step + 1
        if report and (done % plateau.WINDOW == 0 or done == count):
            report(done, steps.mean_loss(step))
        if unfinished and done % plateau.WINDOW == 0:  # between windows, whose measures know how they began
            unfinished.save(done, state)
    logbook.write(count, steps.alive)


def _describe(data: Data, recipe: Recipe, seeds: list[int], nets: list[list[Layer]]) -> Arrays:
    """What is known before training."""
    return {
        "seed": np.array(seeds),
        "step": np.arange(recipe.steps),
        "layer": np.arange(1, recipe.hidden_layers + 1),
        "subtrahend": _by_layer(nets, "subtrahend"),
        "divisions": _by_layer(nets, "divisions"),
        **null_net.scores({part: labels.cpu().numpy() for part, labels in data.y.items()}),
        "feature_mean_square": np.square(data.x["train"].cpu().numpy(), dtype=np.float64).mean(),
    }


def _follow(loss: Array, last_train_loss: Array, null_loss: float) -> dict[str, Array]:
    """Whether and when nets escaped, collapsed and diverged, by the losses of their batches [nets, steps] and, after
    the last update, over the training rows [nets]."""
    steps = loss.shape[1]
    diverged_step = plateau.diverged_step(loss)
    broken_by_last_update = np.isnan(diverged_step) & ~np.isfinite(last_train_loss)
    diverged_step[broken_by_last_update] = steps
    return {
        "loss": masked(loss, np.arange(steps), diverged_step),
        "outcome": np.where(broken_by_last_update, "diverged", plateau.outcome(loss, null_loss)),
        "escape_step": plateau.escape_step(loss, null_loss),
        "diverged_step": diverged_step,
    }


def _test(model: StackedMLP, data: Data, restored_step: Integers, diverged_step: Array) -> Arrays:
    """How the nets do on the test rows with the weights of `restored_step`; NaN where a net had diverged by then."""
    alive = restored_step < np.nan_to_num(diverged_step, nan=np.inf)
    loss, accuracy = evaluate(model, data, "test")
    return {
        "test_loss": np.where(alive, loss, np.nan),
        "test_accuracy": np.where(alive, accuracy, np.nan),
        "restored_step": restored_step,
    }
