"""How fast whole jobs train on a GPU, against the thread's way there; `make bench` prints it where there is one.

By the clock, waiting for the device: medians over ROUNDS after a warm-up. A job is what the main study runs: every step
and the validation rows recorded, evaluations, measures of weights; its start included.
"""

import statistics
import time
from collections.abc import Callable
from functools import partial

import torch

import thread
from goodinit.training.evaluation import Data
from goodinit.training.loop import Recipe, train

ROUNDS = 3
STEPS, STEPS_OF_THREAD = 920, 100
NETS = (1, 10, 20, 50, 100, 200)  # of a job
NETS_OF_MAIN_STUDY = 20


def compare(data: Data, rate: float) -> float:
    """Print what a step of a net costs; returns how many times as fast as the thread's way, recording, jobs of
    NETS_OF_MAIN_STUDY nets are. data: on the GPU."""
    print(f"{torch.cuda.get_device_name():40}  ms per step and net  speedup")
    silent = _time(lambda: _train_thread(data, rate, record=False)) / STEPS_OF_THREAD
    recording = _time(lambda: _train_thread(data, rate, record=True)) / STEPS_OF_THREAD
    print(f"{'thread, not recording':40}  {1e3 * silent:19.4f}  {recording / silent:5.1f} x")
    print(f"{'thread, recording':40}  {1e3 * recording:19.4f}  {1:5.1f} x")
    speedups = {}
    for nets in NETS:
        cost = _time(partial(_train_job, data, rate, nets)) / STEPS / nets
        speedups[nets] = recording / cost
        print(f"{f'a job of {nets} nets, recording':40}  {1e3 * cost:19.4f}  {speedups[nets]:5.1f} x")
    print()
    return speedups[NETS_OF_MAIN_STUDY]


def _train_thread(data: Data, rate: float, record: bool) -> None:
    x, y = data.x["train"], data.y["train"]
    batches = torch.randint(len(x), (STEPS_OF_THREAD, 256), device=x.device)
    for _ in thread.train(x, y, batches, [rate] * STEPS_OF_THREAD, data.classes, record):
        pass


def _train_job(data: Data, rate: float, nets: int) -> None:
    recipe = Recipe(
        init="kaiming-relu", peak=rate, variant="none", steps=STEPS, batch_size=256, hidden_layers=10, width=40,
        evaluate_every=46, record="everything", optimizer="sgd",
    )  # fmt: skip
    train(data, recipe, list(range(nets)))


def _time(run: Callable[[], None]) -> float:
    """Median seconds."""
    run()
    times = []
    for _ in range(ROUNDS):
        torch.cuda.synchronize()
        start = time.perf_counter()
        run()
        torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return statistics.median(times)
