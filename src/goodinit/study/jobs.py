"""How much memory it takes at most to train nets and to read runs, in MB; `make growth` measures the factors."""

from collections.abc import Iterable
from typing import NamedTuple

from goodinit.declarations import registered
from goodinit.memory import LIBRARIES, MB
from goodinit.runs.record import CHECKPOINTS, reaches

COMPILING = 180  # MB more, where nobody has trained before
# bytes, with all copies that a job has at once while it saves or writes what it keeps
SITES = 3  # of a layer
NUMBER = 5 * 8  # of a number that is kept of every step, float64
SNAPSHOT = 5 * 4  # of a weight that is kept
PARAMETER = 100  # of the nets: draws, start, gradient, what the optimizer keeps
ROW = 2 * 8  # of a batch: its number, in the order of each net and of all
FIRST_BATCH = 4 + 8  # of a feature there
UNIT = 50  # of a row of the batch at work: pre-activation, activation, gradients, sorted copies
DATA = 3  # times the prepared arrays: as they are, and once more hashed, or squared in float64
LOSS = 4 + 4 + 8  # of a net's step that is read: loss and signal, and the loss as float64
STATISTIC = 4 * 4  # of a net's step, layer and site: those of one array at a time, collected, sorted and as float64
RESAMPLED = 500_000  # of a net in the resamples of intervals and tests


class Training(NamedTuple):
    """The sizes that a training job's memory depends on; those of its data are the least there can be where they are
    not known yet. evaluate_every: steps; record: one of RECORDS; data_bytes: of the prepared arrays."""

    nets: int
    steps: int
    batch_size: int
    hidden_layers: int
    width: int
    evaluate_every: int
    record: str
    features: int = 1
    classes: int = 2
    valid_rows: int = 0
    data_bytes: int = 0


def estimate_training(job: Training) -> float:
    """MB that a training job takes at most, on a CPU."""
    layers, width = job.hidden_layers, job.width
    parameters = (job.features + 1 + (layers - 1) * (width + 1)) * width + (width + 1) * job.classes
    passes = job.steps if reaches(job.record, "moments") else 0
    if reaches(job.record, "everything"):
        passes += (job.steps // job.evaluate_every + 2) * (job.valid_rows // job.batch_size)
    statistics = passes * layers * SITES * len(registered("training/statistics.py", "Quantity"))
    snapshots = (CHECKPOINTS + 2) * parameters if reaches(job.record, "full") else 0
    of_net = (
        NUMBER * (2 * job.steps + statistics)
        + SNAPSHOT * snapshots
        + PARAMETER * parameters
        + ROW * job.steps * job.batch_size
        + FIRST_BATCH * job.batch_size * job.features
    )
    at_work = UNIT * job.batch_size * width * layers
    return LIBRARIES + COMPILING + (job.nets * of_net + at_work + DATA * job.data_bytes) / MB


def estimate_reading(trained: Iterable[Training]) -> float:
    """MB that a job takes at most that reads all runs; nets: those of a condition."""
    sizes = list(trained)
    losses = sum(LOSS * one.nets * one.steps for one in sizes)
    resampled = RESAMPLED * max((one.nets for one in sizes), default=0)
    recorded = (one for one in sizes if reaches(one.record, "moments"))
    by_layer = (STATISTIC * one.nets * one.steps * one.hidden_layers * SITES for one in recorded)
    return LIBRARIES + (losses + resampled + max(by_layer, default=0)) / MB
