"""One training step of a block of nets: net after net on a CPU, the replay of a CUDA graph on a GPU. `state` is what
steps change."""

import math

import numpy as np
import torch

from goodinit.arrays import Array
from goodinit.model.optimizers import Optimizer
from goodinit.model.passes import Pass
from goodinit.training.batches import Batches
from goodinit.training.graphs import capture
from goodinit.training.recording import Recorder
from goodinit.training.statistics import measure_signal, signal_on_gpu
from goodinit.training.unfinished import State


class HostSteps:
    """Training steps on the CPU. alive: bool [nets], False from the step on at which a net diverged."""

    def __init__(
        self, batches: Batches, rates: Array, passes: list[Pass], optimizers: list[Optimizer], recorder: Recorder | None
    ) -> None:
        """rates: learning rates [steps]; passes: of one net each; optimizers: of each pass."""
        self._batches, self._rates, self._recorder = batches, rates, recorder
        steps, nets, _ = batches.order.shape
        self._loss, self._signal = np.full((nets, steps), np.nan), np.full((nets, steps), np.nan)
        self.alive = np.ones(nets, bool)
        self._learners = list(zip(passes, optimizers, strict=True))
        self.state = _state_of(passes, optimizers, recorder)
        self.state.tensors.extend(torch.from_numpy(kept) for kept in (self._loss, self._signal, self.alive))

    def take(self, step: int) -> None:
        """Forward, record and descend on the batches of a step. A net with a loss that is not finite has diverged, and
        rests from then on."""
        rate = float(self._rates[step])
        x, y = self._batches.take(step, slice(None))
        turns = zip(self._learners, torch.split(x, 1), torch.split(y, 1), strict=True)
        for net, ((one, optimizer), own_x, own_y) in enumerate(turns):
            if not self.alive[net]:
                continue
            loss = one.forward(own_x, own_y).item()
            self._loss[net, step], self._signal[net, step] = loss, measure_signal(one.logits.numpy()[0])
            self.alive[net] = math.isfinite(loss)
            if self._recorder:
                self._recorder.record(step, one.nets, one.linear, self.alive[one.nets])
            optimizer.step(one.backward(), rate)

    def mean_loss(self, step: int) -> float:
        """Mean over the nets alive; NaN where none is."""
        return float(self._loss[self.alive, step].mean()) if self.alive.any() else math.nan

    def collect_loss(self) -> Array:
        """Loss (nats) of every step, float64 [nets, steps]; NaN of a net that rests."""
        return self._loss

    def collect_signal(self) -> Array:
        """The signal of the logits, likewise."""
        return self._signal


class GraphSteps:
    """The same on a GPU. A step is captured once as a CUDA graph and then replayed: one launch, nothing read back."""

    def __init__(
        self, batches: Batches, rates: Array, passes: list[Pass], optimizers: list[Optimizer], recorder: Recorder | None
    ) -> None:
        """As HostSteps, on the device of the batches, with a single pass for all nets."""
        self._batches, self._recorder = batches, recorder
        (self._pass,), (self._optimizer,) = passes, optimizers
        x, (steps, nets, _) = batches.x, batches.order.shape
        self._rates = torch.tensor(rates, dtype=x.dtype, device=x.device)
        self._step = torch.zeros(1, dtype=torch.int64, device=x.device)
        self._loss, self._signal = torch.full((2, steps, nets), torch.nan, dtype=torch.float64, device=x.device)
        self.alive = torch.ones(nets, dtype=torch.bool, device=x.device)
        self.state = _state_of(passes, optimizers, recorder)
        self.state.tensors.extend([self._step, self._loss, self._signal, self.alive])
        self._graph = self._capture()

    def take(self, step: int) -> None:  # noqa: ARG002 the graph counts the steps itself
        """As HostSteps.take, without waiting; steps are taken in order."""
        self._graph.replay()

    def mean_loss(self, step: int) -> float:
        """As HostSteps.mean_loss; waits for the device."""
        return float(self._loss[step, self.alive].mean())

    def collect_loss(self) -> Array:
        """As HostSteps.collect_loss; waits for the device."""
        loss: Array = self._loss.T.cpu().numpy().copy()
        return loss

    def collect_signal(self) -> Array:
        """As HostSteps.collect_signal; waits for the device."""
        signal: Array = self._signal.T.cpu().numpy().copy()
        return signal

    def _advance(self) -> None:
        loss = self._pass.forward(*self._batches.take_at(self._step))
        self._loss.index_copy_(0, self._step, loss[None])
        self._signal.index_copy_(0, self._step, signal_on_gpu(self._pass.logits)[None])
        self.alive.logical_and_(loss.isfinite())
        if self._recorder:
            self._recorder.record(self._step, self._pass.nets, self._pass.linear, self.alive)
        self._optimizer.step(self._pass.backward(), self._rates.index_select(0, self._step))
        self._step.add_(1)

    def _capture(self) -> torch.cuda.CUDAGraph:
        return capture(self._advance, self.state)


def _state_of(passes: list[Pass], optimizers: list[Optimizer], recorder: Recorder | None) -> State:
    """What of a state is of the nets and what watches them."""
    buffers = [one.model.parameters for one in passes]
    buffers += [buffer for optimizer in optimizers for buffer in optimizer.buffers()]
    buffers += recorder.buffers() if recorder else []
    return State(buffers, [generator for one in passes if one.dropout for generator in one.dropout.generators])
