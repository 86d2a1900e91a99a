"""One training step of a stack: plain calls on a CPU, the replay of a CUDA graph on a GPU."""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from goodinit.network import TrainingPass
from goodinit.recording import Recorder

Array = NDArray[np.float64]


def gather(x: Tensor, y: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
    """The rows [nets, batch] of x [rows, features] and y [rows]: [nets, batch, features] and [nets, batch].

    index_select copies whole rows; plain indexing goes element by element, at a sixth of a step's time.
    """
    flat = rows.flatten()
    return x.index_select(0, flat).view(*rows.shape, -1), y.index_select(0, flat).view(rows.shape)


class HostSteps:
    """Training steps on the CPU. alive: bool [nets], False from the step on at which a net diverged."""

    def __init__(
        self, x: Tensor, y: Tensor, batches: Tensor, rates: Array, training: TrainingPass, recorder: Recorder | None
    ) -> None:
        """x: [rows, features]; y: [rows]; batches: row numbers [steps, nets, batch]; rates: learning rates [steps]."""
        self._x, self._y, self._batches, self._rates = x, y, batches, rates
        self._training, self._recorder = training, recorder
        self._loss = np.full((batches.shape[1], len(batches)), np.nan)
        self.alive = np.ones(batches.shape[1], bool)

    def take(self, step: int) -> None:
        """Forward, record and descend on the batches of a step. A net with a loss that is not finite has diverged."""
        x, y = gather(self._x, self._y, self._batches[step])
        self._loss[:, step] = self._training.forward(x, y).double().numpy()
        self.alive &= np.isfinite(self._loss[:, step])
        if self._recorder:
            self._recorder.record(step, self._training.linear, self.alive)
        self._training.descend(float(self._rates[step]))

    def mean_loss(self, step: int) -> float:
        """Mean over the nets alive; NaN where none is."""
        return float(self._loss[self.alive, step].mean()) if self.alive.any() else math.nan

    def collect_loss(self) -> Array:
        """Loss (nats) of every step, float64 [nets, steps]."""
        return self._loss


class GraphSteps:
    """The same on a GPU. A step is captured once as a CUDA graph and then replayed: one launch, nothing read back."""

    def __init__(
        self,
        x: Tensor,
        y: Tensor,
        batches: Tensor,
        rates: Array,
        training: TrainingPass,
        recorder: Recorder | None,
    ) -> None:
        """As HostSteps, on the device of x."""
        self._x, self._y, self._batches = x, y, batches
        self._training, self._recorder = training, recorder
        steps, nets, _ = batches.shape
        self._rates = torch.tensor(rates, dtype=x.dtype, device=x.device)
        self._step = torch.zeros(1, dtype=torch.int64, device=x.device)
        self._loss = torch.full((steps, nets), torch.nan, dtype=torch.float64, device=x.device)
        self.alive = torch.ones(nets, dtype=torch.bool, device=x.device)
        self._graph = self._capture()

    def take(self, step: int) -> None:  # noqa: ARG002 the graph counts the steps itself
        """As HostSteps.take, without waiting; steps are taken in order."""
        self._graph.replay()

    def mean_loss(self, step: int) -> float:
        """As HostSteps.mean_loss; waits for the device."""
        return float(self._loss[step, self.alive].mean())

    def collect_loss(self) -> Array:
        """As HostSteps.collect_loss; waits for the device."""
        return self._loss.T.cpu().numpy().copy()

    def _advance(self) -> None:
        x, y = gather(self._x, self._y, self._batches.index_select(0, self._step)[0])
        loss = self._training.forward(x, y).double()
        self._loss.index_copy_(0, self._step, loss[None])
        self.alive.logical_and_(loss.isfinite())
        if self._recorder:
            self._recorder.record(self._step, self._training.linear, self.alive)
        self._training.descend(self._rates.index_select(0, self._step))
        self._step.add_(1)

    def _capture(self) -> torch.cuda.CUDAGraph:
        generators = self._training.dropout.generators if self._training.dropout else []
        model = self._training.model
        changed = [*model.weights, *model.biases, self._step, self._loss, self.alive]
        changed += self._recorder.buffers() if self._recorder else []
        before, states = [tensor.clone() for tensor in changed], [generator.get_state() for generator in generators]

        warm_up = torch.cuda.Stream()  # type: ignore[no-untyped-call]  # capture asks for a run before it, elsewhere
        warm_up.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(warm_up):
            self._advance()
        torch.cuda.current_stream().wait_stream(warm_up)

        graph = torch.cuda.CUDAGraph()
        for generator in generators:
            graph.register_generator_state(generator)
        with torch.cuda.graph(graph):
            self._advance()

        for tensor, values in zip(changed, before, strict=True):  # the warm-up leaves no trace
            tensor.copy_(values)
        for generator, state in zip(generators, states, strict=True):
            generator.set_state(state)
        return graph
