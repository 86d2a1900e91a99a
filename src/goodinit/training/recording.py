"""Where activations are measured, and what keeps the STATISTICS of every step.

At every hidden layer there are three sites: `linear` (what goes into the ReLU, after normalization), `relu` (what comes
out of it, before a residual connection adds to that) and `output` (after the subtrahend too; only where there is one).
Histograms are of |a|, BINS bins on [0, HISTOGRAM_TOP], summed over WINDOW steps.
"""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from goodinit.arrays import Array, Arrays, Flags
from goodinit.runs.file import BINS
from goodinit.runs.plateau import WINDOW
from goodinit.training.statistics import EDGES, STATISTICS, count_bins_on_gpu, count_bins_over_stack, quantities


class Sites:
    """Where activations are measured. names; rectified: bool [sites]; shifts: [layers, nets, sites], subtracted."""

    def __init__(self, subtrahends: Array, names: tuple[str, ...] = ("linear", "relu", "output")) -> None:
        """subtrahends: [nets, layers]; the site `output` falls away where they are all zero."""
        self.names = tuple(name for name in names if name != "output" or subtrahends.any())
        self.rectified = np.array([name != "linear" for name in self.names])
        self.shifts = np.stack([subtrahends.T * (name == "output") for name in self.names], axis=-1)

    def shifts_like(self, linear: Tensor) -> Tensor:
        """The shifts, [sites, layers, nets, 1, 1], of the type and on the device of linear."""
        return torch.tensor(self.shifts, dtype=linear.dtype, device=linear.device).permute(2, 0, 1)[..., None, None]

    def activations(self, linear: Tensor, shifts: Tensor) -> Iterator[Tensor]:
        """From pre-activations linear [layers, nets, batch, width] and these nets' shifts to activations of the same
        shape, by site."""
        for rectified, shift in zip(self.rectified, shifts, strict=True):
            yield (linear.clamp_min(0) if rectified else linear) - shift


class Recorder(Protocol):
    """Activation statistics of a block of nets, filled step by step."""

    def buffers(self) -> list[Tensor]:
        """The tensors that `record` changes."""

    def record(self, step: int | Tensor, nets: slice, linear: Tensor, alive: Any) -> None:
        """Measure the pre-activations linear [layers, nets, batch, width] of some nets; alive: bool [nets], of these
        too."""

    def collect(self) -> Arrays:
        """What was seen, by the names of the STATISTICS: float64, counts int64, [nets, steps, layers, sites], blank
        where a net was not alive; with histograms also activation_histogram, int64 [nets, windows, layers, sites,
        BINS], and the left edges of its bins."""


def make_recorder(steps: int, sites: Sites, histograms: bool, like: Tensor) -> Recorder:
    """A recorder for nets of the type and on the device of `like`."""
    return (DeviceRecorder if like.is_cuda else HostRecorder)(steps, sites, histograms, like)


def windows_of(steps: int, histograms: bool) -> int:
    """How many histograms are kept of a site."""
    return -(-steps // WINDOW) if histograms else 0


class HostRecorder:
    """The Recorder for nets on the CPU: one compiled pass per statistic, from where the pre-activations lie to where
    the numbers are kept."""

    def __init__(self, steps: int, sites: Sites, histograms: bool, like: Tensor) -> None:
        """like: a tensor of the nets' type."""
        self._sites, shape = sites, sites.shifts.shape
        self._shifts = sites.shifts.astype(like.numpy().dtype)
        self._measured = [
            np.full((steps, *shape, len(entry.quantities)), [quantity.blank for quantity in entry.quantities])
            for entry in STATISTICS
        ]
        self._histogram = np.zeros((windows_of(steps, histograms), *shape, BINS), np.int64)

    def record(self, step: int | Tensor, nets: slice, linear: Tensor, alive: Flags) -> None:
        """See Recorder."""
        step = int(step)
        places = linear.numpy(), self._sites.rectified, self._shifts[:, nets], alive
        for entry, measured in zip(STATISTICS, self._measured, strict=True):
            entry.on_cpu(*places, measured[step, :, nets])
        if len(self._histogram):
            count_bins_over_stack(*places, self._histogram[step // WINDOW, :, nets])

    def buffers(self) -> list[Tensor]:
        """See Recorder."""
        return [torch.from_numpy(kept) for kept in (*self._measured, self._histogram)]

    def collect(self) -> Arrays:
        """See Recorder."""
        seen: Arrays = {
            quantity.name: measured[..., place].transpose(2, 0, 1, 3).astype(quantity.in_memory)
            for entry, measured in zip(STATISTICS, self._measured, strict=True)
            for place, quantity in enumerate(entry.quantities)
        }
        if len(self._histogram):
            seen |= {"activation_histogram": self._histogram.transpose(2, 0, 1, 3, 4), "bin": EDGES}
        return seen


class DeviceRecorder:
    """The Recorder for nets on a GPU: torch operations on buffers that stay there, so that a CUDA graph can hold it."""

    def __init__(self, steps: int, sites: Sites, histograms: bool, like: Tensor) -> None:
        """like: a tensor of the nets' type on their device."""
        self._sites, self._shifts = sites, sites.shifts_like(like)
        shape = self._shifts.shape[:3]
        self._measured = {
            quantity.name: torch.from_numpy(quantity.allocate((steps, *shape))).to(like.device)
            for quantity in quantities()
        }
        windows = windows_of(steps, histograms)
        self._histogram = torch.zeros((windows, *shape, BINS), dtype=torch.int64, device=like.device)

    def buffers(self) -> list[Tensor]:
        """See Recorder."""
        return [*self._measured.values(), self._histogram]

    def record(self, step: int | Tensor, nets: slice, linear: Tensor, alive: Tensor) -> None:
        """See Recorder; a step tensor, int64 [1], is never read on the host."""
        at = torch.as_tensor(step, device=linear.device).reshape(1)
        for site, a in enumerate(self._sites.activations(linear, self._shifts[:, :, nets])):
            for entry in STATISTICS:
                for quantity, values in zip(entry.quantities, entry.on_gpu(linear, a), strict=True):
                    buffer = self._measured[quantity.name]
                    seen = torch.where(alive, values.to(buffer.dtype), quantity.blank)
                    buffer[:, site, :, nets].index_copy_(0, at, seen[None])
            if len(self._histogram):
                counts = count_bins_on_gpu(a) * alive[:, None]
                self._histogram[:, site, :, nets].index_add_(0, at // WINDOW, counts[None])

    def collect(self) -> Arrays:
        """See Recorder."""
        seen: Arrays = {name: buffer.permute(3, 0, 2, 1).cpu().numpy() for name, buffer in self._measured.items()}
        if len(self._histogram):
            seen |= {"activation_histogram": self._histogram.permute(3, 0, 2, 1, 4).cpu().numpy(), "bin": EDGES}
        return seen
