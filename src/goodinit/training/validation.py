"""Passes over whole validation batches, in order, in evaluation mode: what a hook sees that forgets to ask for the
phase."""

from typing import Any

import torch
from torch import Tensor

from goodinit.arrays import Arrays
from goodinit.model.passes import Pass
from goodinit.training.evaluation import Data
from goodinit.training.graphs import capture
from goodinit.training.recording import Sites, make_recorder
from goodinit.training.statistics import quantities
from goodinit.training.unfinished import State


class ValidationPasses:
    """The passes of each evaluation, and what is recorded of them."""

    def __init__(self, passes: list[Pass], data: Data, rows: int, sites: Sites, evaluations: int) -> None:
        """passes: over all nets; rows: of a batch; a last one with fewer is left out."""
        x, y = data.x["valid"], data.y["valid"]
        self._passes, self._evaluations, self._batches = passes, evaluations, len(x) // rows
        self._x = x[: self._batches * rows].view(self._batches, rows, -1)
        self._y = y[: self._batches * rows].view(self._batches, rows)
        self._recorder = make_recorder(evaluations * self._batches, sites, False, x)
        self._next = torch.zeros(1, dtype=torch.int64, device=x.device)
        self._graph: torch.cuda.CUDAGraph | None = None

    def buffers(self) -> list[Tensor]:
        """The tensors that `record` changes."""
        return self._recorder.buffers()

    def record(self, evaluation: int, alive: Any) -> None:
        """Those of one evaluation; alive: bool [nets] as the recorder takes it, always the same."""
        self._next.fill_(evaluation * self._batches)
        if self._next.is_cuda and not self._graph:
            state = State([*self.buffers(), self._next], [])
            self._graph = capture(lambda: self._record_next(alive), state)
        for _ in range(self._batches):
            self._graph.replay() if self._graph else self._record_next(alive)

    def collect(self) -> Arrays:
        """Of the statistics that are kept of validation batches, [nets, evaluations, batches, layers, sites] each."""
        kept = {quantity.name for quantity in quantities() if quantity.in_validation}
        return {
            f"valid_{name}": values.reshape(len(values), self._evaluations, self._batches, *values.shape[2:])
            for name, values in self._recorder.collect().items()
            if name in kept
        }

    def _record_next(self, alive: Any) -> None:
        batch = self._next % self._batches
        x, y = self._x.index_select(0, batch), self._y.index_select(0, batch)
        for one in self._passes:
            nets = len(one.model.parameters)
            one.forward(x.expand(nets, -1, -1), y.expand(nets, -1), "evaluation")
            self._recorder.record(self._next, one.nets, one.linear, alive[one.nets])
        self._next.add_(1)
