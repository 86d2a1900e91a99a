"""How far a long job is: a live bar for a person at a terminal, a line per tenth for a log.

A job that a workflow started stops when that workflow is gone (killed, say): else it would go on writing for nobody.
"""

import os
import sys
import time
from pathlib import Path
from types import TracebackType

from tqdm import tqdm

from goodinit import GoodinitError


class Progress:
    """Called with the steps done and the loss; a context manager, so that the bar is closed whatever happens."""

    def __init__(self, label: str, steps: int) -> None:
        self._label, self._steps, self._start, self._tenths = label, steps, time.monotonic(), 0
        self._bar = tqdm(total=steps, desc=label, unit="step") if sys.stderr.isatty() else None

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.close()

    def _require_workflow(self) -> None:
        started_by = os.environ.get("GOODINIT_WORKFLOW")  # unset where the verb is run by hand
        if started_by and not Path(f"/proc/{started_by}").exists() and Path("/proc/self").exists():
            raise GoodinitError(f"{self._label}: the workflow that started this job is gone; start it again")

    def __call__(self, step: int, loss: float) -> None:
        """Say that `step` steps are done, with the loss (nats) of the last. Raises GoodinitError for an orphan."""
        self._require_workflow()
        if self._bar is not None:
            self._bar.set_postfix(loss=f"{loss:.4f}", refresh=False)
            self._bar.update(step - self._bar.n)
        elif step * 10 // self._steps > self._tenths:
            self._tenths = step * 10 // self._steps
            rate = step / (time.monotonic() - self._start)
            print(
                f"{self._label}  {self._tenths * 10:3d} %  step {step}/{self._steps}  loss {loss:.4f}  "
                f"{rate:.0f} steps/s  {(self._steps - step) / rate:.0f} s left",
                file=sys.stderr,
                flush=True,
            )
