"""What the hidden layers of a net are made of, by the names of `goodinit.layers`."""

from typing import NamedTuple


class Architecture(NamedTuple):
    """activation: "relu", "leaky-relu" or "gelu"; normalization of what goes into it: "none", "layer-norm" or
    "batch-norm"; residual: from the second hidden layer on a layer adds its input, where the widths agree (He et al.
    2016, equation 1)."""

    activation: str = "relu"
    normalization: str = "none"
    residual: bool = False


PLAIN = Architecture()
