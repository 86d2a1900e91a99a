"""What a seed decides: a net's weights, biases and batch order, each from a generator of its own."""

from typing import NamedTuple

import numpy as np


class Streams(NamedTuple):
    """Independent generators of one seed. nudges: small changes to the initial parameters, in the variant that asks."""

    weights: np.random.Generator
    biases: np.random.Generator
    batches: np.random.Generator
    nudges: np.random.Generator


def streams(seed: int) -> Streams:
    """Those of a seed (numpy SeedSequence.spawn)."""
    children = np.random.SeedSequence(seed).spawn(len(Streams._fields))
    return Streams(*map(np.random.default_rng, children))
