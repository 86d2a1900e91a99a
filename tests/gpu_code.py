"""The CPU runs what is written for a GPU."""

from typing import Any

import pytest

from goodinit.model.passes import StackPass
from goodinit.training import loop, recording
from goodinit.training.recording import DeviceRecorder
from goodinit.training.steps import GraphSteps


class StepsWithoutGraph(GraphSteps):
    """The same tensors and the same step, run as it is: what the graph would replay."""

    def _capture(self) -> Any:
        return None

    def take(self, step: int) -> None:
        assert self._step.item() == step
        self._advance()


def use_code_of_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the CPU runs what is written for a GPU."""
    monkeypatch.setattr(recording, "HostRecorder", DeviceRecorder)
    monkeypatch.setattr(loop, "HostSteps", StepsWithoutGraph)
    monkeypatch.setattr(loop, "make_passes", lambda *args: [StackPass(*args)])
