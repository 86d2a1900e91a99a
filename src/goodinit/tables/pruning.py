"""How many weights a net needs: accuracy after one-shot magnitude pruning at four stages of training."""

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from goodinit.arrays import Integers
from goodinit.model.network import StackedMLP
from goodinit.model.variants import read_variant
from goodinit.runs.nets import Nets
from goodinit.training.evaluation import Data, evaluate

SPARSITIES = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95)
STAGES = ("start", "plateau", "escaped", "end")


@torch.inference_mode()
def tabulate_pruning(nets: Nets, data: Data) -> pd.DataFrame:
    """A row per net, stage it reached and sparsity: validation loss and accuracy with the smallest weights of each
    hidden layer set to zero, that share of them (Han et al. 2015, section 3, without retraining; layer by layer as
    Frankle & Carbin 2019). Biases and the output layer stay. `step`: updates before the weights were taken."""
    steps, weights = _snapshots(nets)
    rows = []
    for stage, at in _stages(nets, steps).items():
        reached = np.flatnonzero(at >= 0)
        if not len(reached):
            continue
        model = _rebuild(nets, reached, weights[reached, at[reached]])
        for sparsity in SPARSITIES:  # upwards: the smallest are among the smallest of the next
            prune(model, sparsity)
            loss, accuracy = evaluate(model, data, "valid")
            scores = {"valid_loss": loss, "valid_accuracy": accuracy}
            place = {"seed": nets.seeds[reached], "stage": stage, "step": steps[at[reached]], "sparsity": sparsity}
            rows.append(pd.DataFrame(nets.condition._asdict() | place | scores))
    return pd.concat(rows, ignore_index=True).dropna(subset="valid_loss")


def prune(model: StackedMLP, sparsity: float) -> None:
    """Set the smallest share `sparsity` of the weights of each net's hidden layers to zero, layer by layer."""
    for weight in model.weights[:-1]:
        flat: Tensor = weight.view(len(weight), -1)
        smallest = flat.abs().argsort(dim=1, stable=True)[:, : round(sparsity * flat.shape[1])]
        flat.scatter_(1, smallest, 0.0)


def _snapshots(nets: Nets) -> tuple[Integers, NDArray[np.float32]]:
    """Updates before each snapshot [snapshots], and the parameters [nets, snapshots, parameters]."""
    parts = [nets["initial_weights"].values[:, None], nets["weights"].values, nets["final_weights"].values[:, None]]
    steps = np.array([0, *nets["checkpoint"].values, nets["step"].size])
    return steps, np.concatenate([part.astype(np.float32) for part in parts], axis=1)


def _stages(nets: Nets, steps: Integers) -> dict[str, Integers]:
    """The snapshot of each net at each of STAGES, [nets]; -1 where it was never there. plateau: nearest to its middle;
    escaped: the first after the escape."""
    first, length = nets.plateaus
    middle = np.abs(steps - (first + length / 2)[:, None]).argmin(1)
    inside = (length > 0) & (steps[middle] >= first) & (steps[middle] < first + length)
    escape = nets["escape_step"].values
    after = (steps > np.nan_to_num(escape, nan=np.inf)[:, None]).argmax(1)
    everyone = np.zeros(len(first), np.int64)
    return {
        "start": everyone,
        "plateau": np.where(inside, middle, -1),
        "escaped": np.where(np.isnan(escape), -1, after),
        "end": everyone + len(steps) - 1,
    }


def _rebuild(nets: Nets, which: Integers, weights: NDArray[np.float32]) -> StackedMLP:
    """Some of the nets, by their places, with other parameters, [nets, parameters]."""
    hidden = [nets.attribute("width")] * nets.attribute("hidden_layers")
    sizes = [nets.attribute("features"), *hidden, nets.attribute("classes")]
    parameters = torch.from_numpy(weights)
    subtrahends = parameters.new_tensor(nets["subtrahend"].values[which].T[..., None, None])
    return StackedMLP(parameters, sizes, subtrahends, read_variant(nets.condition.variant).architecture)
