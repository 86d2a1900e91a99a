"""Compiling with numba, with a cache of what is compiled that several processes may fill at once."""

import contextlib
import fcntl
import hashlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import FunctionCache, IndexDataCacheFile


def cached_njit(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """numba.njit with options, its code kept in a SharedCache: a decorator."""

    def compile_cached(function: Callable[..., Any]) -> Any:
        dispatcher = numba.njit(**options)(function)
        dispatcher._cache = SharedCache(dispatcher.py_func)
        return dispatcher

    return compile_cached


@cache
def stamp(folder: Path) -> str:
    """SHA-256 of the modules of a folder, in the order of their names."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(folder.glob("*.py")))).hexdigest()


def name_after(closure: Callable[..., Any], function: Callable[..., Any]) -> None:
    """Name a closure after the function that it closes over, before it is compiled.

    numba calls what it compiles by its qualified name and a count of its process. Two closures of one name, compiled by
    two processes, can so have one symbol: a third that loads both from the cache runs one of them for the other.
    """
    closure.__qualname__ += f".{function.__qualname__}"


def bytecode_of(function: Callable[..., Any]) -> bytes:
    """Bytecode and constants of a function and of those that it closes over, the same in every process."""
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    values = [value for value in (*function.__code__.co_consts, *cells) if isinstance(value, int | float | str | tuple)]
    functions = [bytecode_of(cell) for cell in cells if callable(cell)]
    return b"".join([function.__code__.co_code, repr(values).encode(), *functions])


class SharedCache(FunctionCache):  # type: ignore[misc]  # numba has no types
    """numba's cache of a function, which goes by the content of its folder, written by one process at a time.

    numba goes by date and size of the function's own file, and keeps code that calls what has changed in another. So
    what compiled functions call stands in their folder.

    numba numbers the code of a function's types and closures, and writes the number before the code. So of two
    processes that compile different ones at once the slower may leave its code under the number of the other's: whoever
    loads that runs exp for log, or writes beyond an array.

    numba knows the functions that a closure closes over by their pickles, and these are others where a module was read
    from its source than where it was read from bytecode: a second run would compile once more.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        """See numba."""
        super().__init__(function)
        folder = Path(function.__code__.co_filename).parent
        self._cache_file = IndexDataCacheFile(self.cache_path, self._impl.filename_base, stamp(folder))

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """See numba."""
        with self._locked(fcntl.LOCK_SH):
            return super().load_overload(sig, target_context)

    def save_overload(self, sig: Any, data: Any) -> None:
        """See numba."""
        with self._locked(fcntl.LOCK_EX):
            super().save_overload(sig, data)

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        """Code for the same types, processor and function: see bytecode_of."""
        return sig, codegen.magic_tuple(), hashlib.sha256(bytecode_of(self._py_func)).hexdigest()

    @contextlib.contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        """Until the lock file is closed; a process that dies closes it."""
        folder = Path(self.cache_path)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "numba.lock").open("a") as file:
            fcntl.flock(file, how)
            yield
