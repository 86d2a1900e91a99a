"""A few nets on a user's own table: nets and schedule of the published study, fewer and shorter, on all cores."""

import os
from collections.abc import Iterable
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from tqdm import tqdm

from goodinit import GoodinitError
from goodinit.arrays import Integers
from goodinit.model.initializers import CALIBRATED
from goodinit.model.variants import PLAIN
from goodinit.runs.condition import Condition, seeds_in
from goodinit.runs.file import write_run
from goodinit.runs.nets import Nets, collect_nets, open_run
from goodinit.runs.null_net import charge_diverged
from goodinit.runs.plateau import WINDOW
from goodinit.training.evaluation import choose_device, load_data
from goodinit.training.loop import Recipe, train
from goodinit.training.statistics import contract

BATCH_SIZE, HIDDEN_LAYERS, WIDTH = 256, 10, 40  # as in the published study
STEPS, EVALUATE_EVERY = 30 * WINDOW, 3 * WINDOW
BEST_WEIGHTS = "early-stopping"  # a net ends with those of its lowest validation loss
DEFAULT, MAIN, TOP = "default", 0.2, 0.8
PEAKS = {DEFAULT: (MAIN, 0.4, TOP), "kaiming-relu": (0.1, MAIN, 0.4), "lsuv": (0.1, MAIN, 0.4)}
CHOOSING, JUDGING = ("0-2",), ("3-5", "6-8")  # blocks of seeds: a peak is chosen on some, and judged on the others


class Block(NamedTuple):
    """Nets that one process trains at once; untrained ones take a single step, and record activations before it."""

    init: str
    peak: float
    seeds: str
    untrained: bool = False

    @property
    def condition(self) -> Condition:
        """As its run file has it."""
        return Condition("table", "standardize", self.init, self.peak, PLAIN if self.untrained else BEST_WEIGHTS)


@dataclass(frozen=True)
class Trials:
    """start: untrained nets by initializer, of all seeds; nets: trained ones by initializer and peak, the default at
    MAIN and TOP of all seeds; peaks: the chosen one of each initializer; refused: why one could not start; batch_size:
    rows."""

    start: dict[str, Nets]
    nets: dict[tuple[str, float], Nets]
    peaks: dict[str, float]
    refused: dict[str, str]
    batch_size: int

    @property
    def other(self) -> str:
        """The best initializer beside the default, by what peaks are chosen by."""
        return best_but_default(self.nets, self.peaks)


def run_trials(prepared: Path, rows: int, folder: Path) -> Trials:
    """Train on a prepared table of so many training rows, into run files in a folder: the default at MAIN and TOP with
    all seeds; every initializer at its PEAKS with those for choosing; the default and the best other one, each at the
    peak that is then chosen, with the rest. Raises GoodinitError for a processor that cannot train."""
    every, batch_size = (*CHOOSING, *JUDGING), min(BATCH_SIZE, rows)
    with ProcessPoolExecutor(len(os.sched_getaffinity(0)), get_context("spawn")) as pool:
        train_all = partial(_train_all, pool, prepared, batch_size, folder)
        read = partial(_read, folder)
        refused = train_all(Block(init, TOP, seeds, untrained=True) for init in PEAKS for seeds in every)
        peaks_of = {init: peaks for init, peaks in PEAKS.items() if init not in refused}
        train_all(
            [
                *(Block(DEFAULT, peak, seeds) for peak in (TOP, MAIN) for seeds in every),
                *(Block(init, peak, seeds) for init, some in peaks_of.items() for peak in some for seeds in CHOOSING),
            ]
        )
        nets = read(BEST_WEIGHTS)
        peaks = {init: min(some, key=lambda peak: lowest_loss(nets[init, peak])) for init, some in peaks_of.items()}
        best = (DEFAULT, best_but_default(nets, peaks))
        train_all(Block(init, peaks[init], seeds) for init in best for seeds in JUDGING)
    start = {init: nets for (init, _), nets in read(PLAIN).items()}
    return Trials(start, read(BEST_WEIGHTS), peaks, refused, batch_size)


def lowest_loss(nets: Nets) -> float:
    """What a peak is chosen by: the mean over the seeds for choosing of the lowest validation loss of each net, which
    counts as the null net once it has diverged."""
    some = nets.only(seeds_of(CHOOSING))
    return float(charge_diverged(some["valid_loss"].values, some.null_score("valid_loss")).min(1).mean())


def best_but_default(nets: dict[tuple[str, float], Nets], peaks: dict[str, float]) -> str:
    """The initializer beside the default with the lowest such loss at its peak."""
    return min((init for init in peaks if init != DEFAULT), key=lambda init: lowest_loss(nets[init, peaks[init]]))


def seeds_of(blocks: Iterable[str]) -> Integers:
    """All seeds of some blocks."""
    return np.concatenate([seeds_in(block) for block in blocks])


def _train_all(
    pool: Executor, prepared: Path, batch_size: int, folder: Path, blocks: Iterable[Block]
) -> dict[str, str]:
    """Train the blocks that have no run file yet; why an initializer could not start, by its name."""
    paths = {folder / str(block.condition) / f"seeds-{block.seeds}.nc": block for block in blocks}
    jobs = {
        pool.submit(_train_block, prepared, batch_size, block, path): block.init
        for path, block in paths.items()
        if not path.exists()
    }
    finished = tqdm(as_completed(jobs), "training", len(jobs), leave=False, disable=None, unit="block")
    return {jobs[job]: refusal for job in finished if (refusal := job.result())}


def _train_block(prepared: Path, batch_size: int, block: Block, output: Path) -> str:
    """Write the run file of a block, or return why it could not start."""
    torch.set_num_threads(1)
    recipe = Recipe(
        init=block.init, peak=block.peak, variant=block.condition.variant, steps=1 if block.untrained else STEPS,
        batch_size=batch_size, hidden_layers=HIDDEN_LAYERS, width=WIDTH, evaluate_every=EVALUATE_EVERY,
        record="moments" if block.untrained else "losses", optimizer="sgd",
    )  # fmt: skip
    try:
        arrays = train(load_data(prepared, choose_device("cpu")), recipe, seeds_in(block.seeds))
    except GoodinitError as refusal:
        if block.init not in CALIBRATED:
            raise
        return str(refusal)
    write_run(output, arrays, block.condition._asdict() | asdict(recipe), contract())
    return ""


def _read(folder: Path, variant: str) -> dict[tuple[str, float], Nets]:
    files = map(open_run, sorted(folder.rglob(f"{variant}/*.nc")))
    return {(condition.init, condition.peak): nets for condition, nets in collect_nets(files).items()}
