"""What training changes from step to step. Kept in a file while a run is unfinished, an interrupted job goes on from it
to the same bits."""

import hashlib
import io
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from goodinit.files import write_whole

SHARE = 0.01  # of a job's time that saving may take
FIRST = 1.0  # seconds before the first time
DIGEST = hashlib.sha256().digest_size


class State(NamedTuple):
    """tensors: those that a step changes and a later one reads; they stay where they are, as a CUDA graph must hold
    them. generators: of random numbers."""

    tensors: list[Tensor]
    generators: list[torch.Generator]

    def copy(self) -> list[Tensor]:
        """The state as it is now."""
        return [tensor.clone() for tensor in self.tensors] + [generator.get_state() for generator in self.generators]

    def restore(self, copy: list[Tensor]) -> None:
        """Bring back what `copy` returned."""
        split = len(self.tensors)
        for tensor, values in zip(self.tensors, copy[:split], strict=True):
            tensor.copy_(values)
        for generator, state in zip(self.generators, copy[split:], strict=True):
            generator.set_state(state)


class Unfinished:
    """The file of a run under way, beside the place of the finished one: a digest, then the steps done and the state
    as arrays, which hold no code."""

    def __init__(self, run: Path, origin: Mapping[str, object]) -> None:
        """run: where the finished one will be; origin: all that its bits depend on."""
        self._path = run.with_suffix(".unfinished")
        self._origin = json.dumps(origin, sort_keys=True).encode()
        self._due = time.monotonic() + FIRST

    def restore(self, state: State) -> int:
        """Bring the state to where the run was left; how many steps were done by then. 0 where nothing was kept, or
        what was kept is damaged or of another origin."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return 0
        digest, arrays = content[:DIGEST], content[DIGEST:]
        if digest != self._sign(arrays):
            print(f"{self._path} is damaged, or of other settings, code or data: training starts over", file=sys.stderr)
            return 0
        with np.load(io.BytesIO(arrays), allow_pickle=False) as kept:
            done, *copy = (kept[name] for name in kept.files)
        state.restore([torch.from_numpy(values) for values in copy])
        print(f"{self._path}: training goes on from step {done}", file=sys.stderr)
        return int(done)

    def save(self, done: int, state: State) -> None:
        """Keep the state after so many steps, as often as SHARE allows. Raises GoodinitError as write_whole."""
        start = time.monotonic()
        if start < self._due:
            return
        arrays = io.BytesIO()
        np.savez(arrays, np.array(done), *(tensor.cpu().numpy() for tensor in state.copy()))
        write_whole(self._path, self._sign(arrays.getbuffer()) + arrays.getbuffer())
        end = time.monotonic()
        self._due = end + (end - start) / SHARE

    def remove(self) -> None:
        """The run is finished."""
        self._path.unlink(missing_ok=True)

    def _sign(self, arrays: bytes | memoryview) -> bytes:
        digest = hashlib.sha256(self._origin)
        digest.update(arrays)  # no sum of the two, which would be one more copy of all that is kept
        return digest.digest()
