"""Compiling with numba, with a cache of what is compiled that several processes may fill at once."""

import contextlib
import fcntl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import FunctionCache


def cached_njit(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """numba.njit with options, its code kept in a SharedCache: a decorator."""

    def compile_cached(function: Callable[..., Any]) -> Any:
        dispatcher = numba.njit(**options)(function)
        dispatcher._cache = SharedCache(dispatcher.py_func)
        return dispatcher

    return compile_cached


class SharedCache(FunctionCache):  # type: ignore[misc]  # numba has no types
    """numba's cache of a function, written by one process at a time.

    numba numbers the code of a function's types and closures, and writes the number before the code. So of two
    processes that compile different ones at once the slower may leave its code under the number of the other's: whoever
    loads that runs exp for log, or writes beyond an array.
    """

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """See numba."""
        with self._locked(fcntl.LOCK_SH):
            return super().load_overload(sig, target_context)

    def save_overload(self, sig: Any, data: Any) -> None:
        """See numba."""
        with self._locked(fcntl.LOCK_EX):
            super().save_overload(sig, data)

    @contextlib.contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        """Until the lock file is closed; a process that dies closes it."""
        folder = Path(self.cache_path)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "numba.lock").open("a") as file:
            fcntl.flock(file, how)
            yield
