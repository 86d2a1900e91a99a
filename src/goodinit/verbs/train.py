from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from goodinit.memory import require
from goodinit.places import Input, Output, Param, Resource, Threads, Wildcard
from goodinit.runs.condition import seeds_in
from goodinit.runs.file import write_run
from goodinit.runs.origin import describe_origin
from goodinit.study.jobs import Training, estimate_training
from goodinit.training import loop
from goodinit.training.evaluation import choose_device, load_data
from goodinit.training.progress import Progress
from goodinit.training.statistics import contract
from goodinit.training.unfinished import Unfinished


def train(
    data: Input[Path],
    dataset: Wildcard[str],
    scaling: Wildcard[str],
    init: Wildcard[str],
    peak: Wildcard[float],
    variant: Wildcard[str],
    seeds: Wildcard[str],
    optimizer: Param[str],
    steps: Param[int],
    batch_size: Param[int],
    hidden_layers: Param[int],
    width: Param[int],
    record: Param[str],
    evaluate_every: Param[int],
    device: Param[str],
    threads: Threads,
    mem_mb: Resource,
    output: Output[Path],
) -> None:
    """Train a block of seeds of one condition."""
    torch.set_num_threads(threads)
    recipe = loop.Recipe(
        init=init, peak=peak, variant=variant, steps=steps, batch_size=batch_size,
        hidden_layers=hidden_layers, width=width, evaluate_every=evaluate_every, record=record, optimizer=optimizer,
    ).vary()  # fmt: skip
    job = _measure(data, recipe, len(seeds_in(seeds)))
    way_out = "lower `seed_block`, `steps` or `record`, take fewer rows or features"
    require(estimate_training(job), mem_mb, f"training {job.nets} nets at once on {dataset}", way_out)
    loaded = load_data(data, choose_device(device))
    settings = {"dataset": dataset, "scaling": scaling, "seeds": seeds, "device": device} | asdict(recipe)
    x = loaded.x["train"]
    shape = {"features": x.shape[1], "classes": loaded.classes, "device": x.device.type}
    attributes = settings | shape | describe_origin(settings, data)
    unfinished = Unfinished(output, attributes)
    with Progress(f"{init} peak {peak:g} seeds {seeds}", recipe.steps) as progress:
        arrays = loop.train(loaded, recipe, seeds_in(seeds), progress, unfinished)
    write_run(output, arrays, attributes, contract())
    unfinished.remove()


def _measure(data: Path, recipe: loop.Recipe, nets: int) -> Training:
    with np.load(data, allow_pickle=False) as arrays:
        return Training(
            nets, recipe.steps, recipe.batch_size, recipe.hidden_layers, recipe.width, recipe.evaluate_every,
            recipe.record, features=len(arrays["feature_names"]), classes=len(arrays["class_names"]),
            valid_rows=len(arrays["y_valid"]), data_bytes=data.stat().st_size,
        )  # fmt: skip
