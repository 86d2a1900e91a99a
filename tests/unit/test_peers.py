"""What `make bench` measures us against does the same work: the losses and statistics of our engine."""

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from made import make_data

import peers
from goodinit.model.initializers import initialize
from goodinit.model.network import StackedMLP
from goodinit.model.optimizers import make_optimizer
from goodinit.model.passes import make_passes
from goodinit.training.batches import Batches
from goodinit.training.recording import HostRecorder, Sites
from goodinit.training.steps import HostSteps

STEPS, NETS, BATCH, HIDDEN, WIDTH = 8, 3, 32, 4, 20
MAKERS: dict[str, peers.Maker] = {
    "vmap": peers.vmap_training,
    "jax": peers.jax_training,
    "jax in turn": partial(peers.jax_training, net_by_net=True),
}


@pytest.mark.parametrize("name", MAKERS)
def test_a_peer_trains_and_records_as_the_engine_does(name: str) -> None:
    if "jax" in name:
        pytest.importorskip("jax")
    data = make_data(dtype=torch.float32)
    x, y, rates = data.x["train"], data.y["train"], np.linspace(0.05, 0.1, STEPS)
    sizes = [x.shape[1], *[WIDTH] * HIDDEN, data.classes]
    nets = [initialize("kaiming-relu", sizes, seed, x[:BATCH].double().numpy()) for seed in range(NETS)]
    order = np.random.default_rng(0).integers(len(x), size=(STEPS, NETS, BATCH))

    passes = make_passes(StackedMLP.stack(nets, x.dtype, x.device), BATCH, 0, list(range(NETS)))
    recorder = HostRecorder(STEPS, Sites(np.zeros((NETS, HIDDEN)), names=("relu",)), histograms=True, like=x)
    optimizers = [make_optimizer("sgd", one.model, weight_decay=0) for one in passes]
    steps = HostSteps(Batches(x, y, torch.from_numpy(order)), rates, passes, optimizers, recorder)
    for step in range(STEPS):
        steps.take(step)
    ours: dict[str, Any] = recorder.collect() | {"loss": steps.collect_loss()}

    seen = MAKERS[name](x, y, nets, True)(order, rates)
    np.testing.assert_allclose(seen.loss.T, ours["loss"], atol=1e-4)
    mean, std, histogram = (values.swapaxes(0, 1) for values in seen.statistics)
    np.testing.assert_allclose(mean, ours["activation_mean"][..., 0], atol=1e-4)
    np.testing.assert_allclose(std, ours["activation_std"][..., 0], atol=1e-4)
    counted = ours["activation_histogram"][:, 0, :, 0]  # STEPS lie within one window
    assert histogram.sum((1, 3)).min() > 0.9 * STEPS * BATCH * WIDTH
    assert np.abs(histogram.sum(1) - counted).max() <= 2  # an activation at an edge may round to its other side
