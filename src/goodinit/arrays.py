"""What arrays are called in signatures; shapes stand in the docstrings, as [nets, steps]."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]
Arrays = dict[str, NDArray[np.generic]]  # of any type, by name
