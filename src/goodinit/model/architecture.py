"""What a hidden layer is made of."""

from typing import NamedTuple

import numpy as np

from goodinit.layers import ACTIVATIONS, NORMALIZATIONS, VECTORS
from goodinit.propagation import Structure


class Architecture(NamedTuple):
    """activation: one of ACTIVATIONS; normalization: one of NORMALIZATIONS, of what goes into the activation; residual:
    from the second hidden layer on a layer adds its input, where the widths agree (He et al. 2016, equation 1)."""

    activation: str = "relu"
    normalization: str = "none"
    residual: bool = False

    @property
    def vectors(self) -> int:
        """How many parameters a unit of a hidden layer has beside its weights: the bias; scale and shift; running mean
        and variance."""
        return VECTORS[NORMALIZATIONS.index(self.normalization)]

    def structure(self, sizes: list[int]) -> Structure:
        """The same as compiled code takes it, of a net of sizes: features, widths, classes."""
        codes = ACTIVATIONS.index(self.activation), NORMALIZATIONS.index(self.normalization)
        return Structure(np.array(sizes), *codes, self.residual)


PLAIN = Architecture()
