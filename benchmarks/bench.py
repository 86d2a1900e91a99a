"""How fast the engine is, against the thread's way, torch.func.vmap, JAX and the machine: `make bench`.

Prints tables; the last line is one JSON object. All on one thread in one process, after a warm-up, the contenders in
turn, medians over ROUNDS of processor time, which other jobs on the machine lengthen less than the clock's; only the
last table starts processes of its own, and goes by the clock.
"""

import json
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import torch

import gpu
import peers
import thread
from goodinit.model.initializers import Layer, initialize
from goodinit.model.network import StackedMLP
from goodinit.model.optimizers import make_optimizer
from goodinit.model.passes import make_passes
from goodinit.training.batches import Batches
from goodinit.training.evaluation import Data
from goodinit.training.recording import HostRecorder, Sites
from goodinit.training.steps import HostSteps

ROUNDS = 9
STEPS = 60  # of each contender in a round
RATE = 0.05

THREAD, VMAP, ENGINE = "thread's way", "torch.func.vmap", "goodinit"
JAX, JAX_IN_TURN = "JAX, vmap", "JAX, nets in turn"
SILENT, RECORDING = WAYS = "not recording", "recording"


@dataclass(frozen=True)
class Shape:
    """The main study's shape."""

    nets: int = 10
    batch: int = 256
    width: int = 40
    depth: int = 10
    features: int = 24
    classes: int = 7
    rows: int = 12_000

    def flops(self) -> int:
        """Floating-point operations in the matrix products of one step of one net: forward, weight gradients, and
        gradients handed down (not to the features)."""
        sizes = [self.features, *[self.width] * self.depth, self.classes]
        products = [fan_in * fan_out for fan_in, fan_out in pairwise(sizes)]
        return 2 * self.batch * (3 * sum(products) - products[0])


def main() -> None:
    """Print every table, and the summary as JSON."""
    torch.set_num_threads(1)
    summary = compare()
    for axis, values in GROWTH.items():
        grow(axis, values)
    place_jobs()
    summary["gpu_ratio"] = gpu.compare(data_on_gpu(Shape()), RATE) if torch.cuda.is_available() else None
    print(json.dumps(summary))


def compare() -> dict[str, float | None]:
    """All contenders, not recording and recording, and a large matrix product."""
    shape, a_matrix = Shape(), torch.randn(2048, 2048)
    makers: dict[str, Callable[[Shape, bool], Callable[[], None]]] = {
        THREAD: steps_of_thread,
        VMAP: partial(steps_of_peer, peers.vmap_training),
    }
    if peers.jax_is_here():
        makers[JAX] = partial(steps_of_peer, peers.jax_training)
        makers[JAX_IN_TURN] = partial(steps_of_peer, partial(peers.jax_training, net_by_net=True))
    makers[ENGINE] = steps_of_engine
    contenders = {f"{name}, {way}": make(shape, way == RECORDING) for name, make in makers.items() for way in WAYS}
    seconds = time_in_turn(contenders | {"sgemm": lambda: torch.mm(a_matrix, a_matrix)})
    sgemm_rate = 2 * 2048**3 / seconds.pop("sgemm")
    nets = {name: 1 if name.startswith(THREAD) else shape.nets for name in seconds}
    each = {name: total / STEPS / nets[name] for name, total in seconds.items()}

    reference = each[f"{THREAD}, {RECORDING}"]
    print(f"{'one thread':40}  ms per step and net  speedup  share of sgemm rate")
    for name, cost in each.items():
        share = shape.flops() / cost / sgemm_rate
        print(f"{name:40}  {1e3 * cost:19.3f}  {reference / cost:5.2f} x  {share:19.2f}")
    print(f"sgemm, 2048 x 2048: {sgemm_rate / 1e9:.0f} GFLOP/s\n")

    def ratio(prefix: str, way: str) -> float | None:
        """How many times as fast as the fastest of these peers we are."""
        costs = [cost for name, cost in each.items() if name.startswith(prefix) and name.endswith(f", {way}")]
        return round(min(costs) / each[f"{ENGINE}, {way}"], 2) if costs else None

    silent, recording = (each[f"{ENGINE}, {way}"] for way in WAYS)
    return {
        "recorded_speedup": round(reference / recording, 2),
        "recording_overhead": round(recording / silent - 1, 3),
        "sgemm_fraction": round(shape.flops() / recording / sgemm_rate, 3),
        "sgemm_fraction_not_recording": round(shape.flops() / silent / sgemm_rate, 3),
        "threads": torch.get_num_threads(),
        "nets": shape.nets,
        "jax_ratio": ratio("JAX", SILENT),
        "jax_recording_ratio": ratio("JAX", RECORDING),
        "vmap_ratio": ratio(VMAP, SILENT),
        "vmap_recording_ratio": ratio(VMAP, RECORDING),
    }


GROWTH = {
    "nets": (1, 2, 3, 5, 10, 20, 30, 50, 100),
    "batch": (64, 128, 256, 512, 1024),
    "width": (20, 40, 80, 160),
    "depth": (5, 10, 20, 50),
}


def grow(axis: str, values: tuple[int, ...]) -> None:
    """Cost per step and net along one axis, all else as in the main study."""
    seconds = time_in_turn(
        {str(value): steps_of_engine(Shape(**{axis: value}), record=True) for value in values}, rounds=5
    )
    each = {value: seconds[str(value)] / STEPS / Shape(**{axis: value}).nets for value in values}
    print(f"{axis:>6}  ms per step and net  GFLOP/s")
    for value, cost in each.items():
        print(f"{value:6d}  {1e3 * cost:19.3f}  {Shape(**{axis: value}).flops() / cost / 1e9:7.0f}")
    print()


def place_jobs() -> None:
    """Nets per job and threads per job: which fills this machine best."""
    cores = len(os.sched_getaffinity(0))
    print(f"{cores} cores: jobs x threads, nets per job, net-steps per second")
    for jobs, threads in {(cores, 1), (1, cores)}:
        for nets in (5, 10, 20):
            context = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(jobs, mp_context=context) as pool:
                rates = list(pool.map(rate_of_job, [nets] * jobs, [threads] * jobs))
            print(f"{jobs:5d} x {threads}  {nets:12d}  {sum(rates):22.0f}")
    print()


def rate_of_job(nets: int, threads: int) -> float:
    """Net-steps per second of one job that records, over about two seconds after a warm-up."""
    torch.set_num_threads(threads)
    run = steps_of_engine(Shape(nets=nets), record=True)
    run()
    start, rounds = time.perf_counter(), 0
    while time.perf_counter() - start < 2:
        run()
        rounds += 1
    return rounds * STEPS * nets / (time.perf_counter() - start)


def steps_of_thread(shape: Shape, record: bool) -> Callable[[], None]:
    """STEPS steps of the thread's way, from a fresh net, with its hooks or without; of one net only."""
    x, y = rows_of(shape)

    def run() -> None:
        batches = torch.randint(shape.rows, (STEPS, shape.batch))
        for _ in thread.train(x, y, batches, [RATE] * STEPS, shape.classes, record):
            pass

    return run


def steps_of_peer(make: peers.Maker, shape: Shape, record: bool) -> Callable[[], None]:
    """STEPS steps of a peer, always from the same nets."""
    x, y = rows_of(shape)
    train = make(x, y, nets_of(shape, x), record)

    def run() -> None:
        train(torch.randint(shape.rows, (STEPS, shape.nets, shape.batch)).numpy(), np.full(STEPS, RATE))

    return run


def steps_of_engine(shape: Shape, record: bool) -> Callable[[], None]:
    """STEPS steps of the production engine, recording what the thread recorded, at the site `relu`, or nothing."""
    x, y = rows_of(shape)
    model = StackedMLP.stack(nets_of(shape, x), x.dtype, x.device)
    passes = make_passes(model, shape.batch, dropout=0, seeds=list(range(shape.nets)))
    optimizers = [make_optimizer("sgd", one.model, weight_decay=0) for one in passes]
    sites = Sites(np.zeros((shape.nets, shape.depth)), names=("relu",))

    @torch.inference_mode()
    def run() -> None:
        batches = Batches(x, y, torch.randint(shape.rows, (STEPS, shape.nets, shape.batch)))
        recorder = HostRecorder(STEPS, sites, histograms=True, like=x) if record else None
        steps = HostSteps(batches, np.full(STEPS, RATE), passes, optimizers, recorder)
        for step in range(STEPS):
            steps.take(step)

    return run


def rows_of(shape: Shape) -> tuple[torch.Tensor, torch.Tensor]:
    """Heavy-tailed features and labels, the same every time."""
    generator = np.random.default_rng(0)
    x = generator.standard_t(4, (shape.rows, shape.features)).astype(np.float32)
    return torch.from_numpy(x), torch.from_numpy(generator.integers(shape.classes, size=shape.rows))


def data_on_gpu(shape: Shape) -> Data:
    """Half as many rows to validate and test."""
    x, y = (values.cuda() for values in rows_of(shape))
    rows = {"train": shape.rows, "valid": shape.rows // 2, "test": shape.rows // 2}
    xs, ys = ({part: values[:count] for part, count in rows.items()} for values in (x, y))
    return Data(xs, ys, shape.classes)


def nets_of(shape: Shape, x: torch.Tensor) -> list[list[Layer]]:
    """How the nets start."""
    sizes = [shape.features, *[shape.width] * shape.depth, shape.classes]
    return [initialize("kaiming-relu", sizes, seed, x[: shape.batch].double().numpy()) for seed in range(shape.nets)]


def time_in_turn(contenders: dict[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """Median seconds of processor time of each contender, run in turn so that a drift of the machine meets them all."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for name, seconds in _rounds(contenders, rounds):
        times[name].append(seconds)
    return {name: statistics.median(all_seconds) for name, all_seconds in times.items()}


def _rounds(contenders: dict[str, Callable[[], object]], rounds: int) -> Iterator[tuple[str, float]]:
    for run in contenders.values():
        run()
    for _ in range(rounds):
        for name, run in contenders.items():
            start = time.process_time()
            run()
            yield name, time.process_time() - start


if __name__ == "__main__":
    main()
