"""How far a long job is: a live bar for a person at a terminal, a line per tenth for a log."""

import sys
import time
from types import TracebackType

from tqdm import tqdm


class Progress:
    """Called with the steps done and the loss; a context manager, so that the bar is closed whatever happens."""

    def __init__(self, label: str, steps: int) -> None:
        self._label, self._steps, self._tenths = label, steps, 0
        self._first: tuple[float, int] | None = None  # when the first call came, at which step
        self._bar = tqdm(total=steps, desc=label, unit="step") if sys.stderr.isatty() else None

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.close()

    def __call__(self, step: int, loss: float) -> None:
        """Say that `step` steps are done, with the loss (nats) of the last."""
        now = time.monotonic()
        began, first = self._first = self._first or (now, step)
        if self._bar is not None:
            self._bar.set_postfix(loss=f"{loss:.4f}", refresh=False)
            self._bar.update(step - self._bar.n)
        elif step * 10 // self._steps > self._tenths:
            self._tenths = step * 10 // self._steps
            line = f"{self._label}  {self._tenths * 10:3d} %  step {step}/{self._steps}  loss {loss:.4f}"
            if step > first:
                rate = (step - first) / (now - began)
                line += f"  {rate:.0f} steps/s  {(self._steps - step) / rate:.0f} s left"
            print(line, file=sys.stderr, flush=True)
