"""What a seed decides: a net's weights, biases and batch order, each from a generator of its own."""

import numpy as np


def streams(seed: int) -> tuple[np.random.Generator, np.random.Generator, np.random.Generator]:
    """Independent generators of one seed for weights, biases and batch order (numpy SeedSequence.spawn)."""
    weights, biases, batches = (np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(3))
    return weights, biases, batches
