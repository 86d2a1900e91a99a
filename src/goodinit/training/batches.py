"""Which rows a net sees at which step."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from goodinit import GoodinitError
from goodinit.arrays import Integers
from goodinit.model.seeds import streams


@dataclass(frozen=True)
class Batches:
    """x: the training rows [rows, features]; y: their classes [rows]; order: row numbers [steps, nets, batch]."""

    x: Tensor
    y: Tensor
    order: Tensor

    def take(self, step: int, nets: slice) -> tuple[Tensor, Tensor]:
        """The batches of some nets at a step: [nets, batch, features] and [nets, batch]."""
        rows = self.order[step, nets]
        if rows.is_cuda:
            return self._gather(rows)
        # numpy's take costs a third of index_select, which would be 5 % of a step
        x, y = (torch.from_numpy(all_rows.numpy().take(rows.numpy(), 0)) for all_rows in (self.x, self.y))
        return x, y

    def take_at(self, step: Tensor) -> tuple[Tensor, Tensor]:
        """The same of all nets for a step tensor, int64 [1], which is never read on the host."""
        return self._gather(self.order.index_select(0, step)[0])

    def _gather(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        # index_select copies whole rows; plain indexing goes element by element, at a sixth of a step's time
        flat = rows.flatten()
        return self.x.index_select(0, flat).view(*rows.shape, -1), self.y.index_select(0, flat).view(rows.shape)


def draw_batches(x: Tensor, y: Tensor, seeds: list[int], batch_size: int, steps: int) -> Batches:
    """The batches of each seed's net, in the seed's own order. Raises GoodinitError where x has no full batch."""
    order = np.stack([batch_order(seed, len(x), batch_size, steps) for seed in seeds], axis=1)
    return Batches(x, y, torch.from_numpy(order).to(x.device))


def batch_order(seed: int, rows: int, batch_size: int, steps: int) -> Integers:
    """Row numbers of every batch of a seed: [steps, batch_size]. Each epoch is a fresh permutation, cut into batches;
    a last partial batch is dropped. Raises GoodinitError where the table has no full batch."""
    if rows < batch_size:
        raise GoodinitError(f"{rows} training rows make no batch of {batch_size}; lower `batch_size` in the config")
    generator = streams(seed).batches
    per_epoch = rows // batch_size
    epochs = [generator.permutation(rows)[: per_epoch * batch_size] for _ in range(-(-steps // per_epoch))]
    return np.concatenate(epochs).reshape(-1, batch_size)[:steps]
