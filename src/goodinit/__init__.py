"""goodinit: does the weight initialization decide whether a deep MLP trains on badly distributed tables?"""

import difflib
from collections.abc import Iterable

__version__ = "0.1.0"


class GoodinitError(Exception):
    """Something the user can mend. Its message is one line: what, where, and what to do next."""


def suggest(given: object, known: Iterable[object]) -> str:
    """The end of a message about a name that is not known: the nearest that is, and all."""
    names = [str(name) for name in known]
    near = difflib.get_close_matches(str(given), names, n=1, cutoff=0)
    return f"did you mean {near[0]!r}? known: {', '.join(names)}" if near else f"known: {', '.join(names)}"
