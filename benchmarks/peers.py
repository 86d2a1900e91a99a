"""The same training in torch.func.vmap and in JAX, each written the fastest way that we found on a CPU.

Many nets at once, float32, SGD, the batches gathered from the rows at each step. Where they record, they measure what
the thread's hooks do, after each ReLU at every step: mean, std and a histogram of BINS bins of |a| on [0,
HISTOGRAM_TOP], without abs, as a ReLU leaves nothing negative (and without those of exactly HISTOGRAM_TOP). What was
tried on one thread of an AMD EPYC (Zen 4), microseconds per step and net:

- torch: histograms by one bincount of all layers and nets, 175 to 200; scatter_add 215, numpy's bincount 274, histc
  layer by layer 620. The std as a norm 26, as torch.std_mean 570. addmm saves 7 % of a step against @ and +.
- JAX: histograms by one indexed add for all layers 180; bincount 195, comparisons with every bin 900 to 2400,
  jnp.histogram 1180, sort and searchsorted 14 000. A whole step of nets in turn, whose activations stay in the cache:
  430, recording 700; under jax.vmap 480, recording 1070, or 830 with one bincount for all nets.
"""

import importlib.util
import math
import os
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from goodinit.arrays import Array, Integers
from goodinit.model.initializers import Layer
from goodinit.runs.file import BINS, HISTOGRAM_TOP
from goodinit.training.batches import Batches

BINS_PER_UNIT = int(BINS / HISTOGRAM_TOP)
CATEGORIES = BINS + 1  # the bins, and what lies at their top or above


Floats = NDArray[np.float32]


class Seen(NamedTuple):
    """loss: [steps, nets]; statistics: mean and std, [steps, nets, layers], and histogram, [steps, nets, layers, BINS],
    or nothing."""

    loss: Floats
    statistics: tuple[NDArray[Any], ...]


Training = Callable[[Integers, Array], Seen]  # on rows [steps, nets, batch] at rates [steps], from the same start
Maker = Callable[[Tensor, Tensor, list[list[Layer]], bool], Training]


def stack(nets: list[list[Layer]]) -> list[tuple[Floats, Floats]]:
    """Weight [nets, fan_in, fan_out] and bias [nets, fan_out] of each layer."""
    return [
        (np.array([layer.weight for layer in same], np.float32), np.array([layer.bias for layer in same], np.float32))
        for same in zip(*nets, strict=True)
    ]


def vmap_training(x: Tensor, y: Tensor, nets: list[list[Layer]], record: bool) -> Training:
    """torch.func.vmap over the nets of their gradient, and updates in place."""
    start = [(torch.from_numpy(weight), torch.from_numpy(bias)) for weight, bias in stack(nets)]
    own = (CATEGORIES * torch.arange(len(nets) * (len(start) - 1), dtype=torch.int32)).view(len(nets), -1, 1)

    def loss_of(parameters: list[tuple[Tensor, Tensor]], x: Tensor, y: Tensor) -> tuple[Tensor, list[Tensor]]:
        activations = [x]
        for weight, bias in parameters[:-1]:
            activations.append(torch.relu(torch.addmm(bias, activations[-1], weight)))
        weight, bias = parameters[-1]
        return nn.functional.cross_entropy(torch.addmm(bias, activations[-1], weight), y), activations[1:]

    descend = torch.func.vmap(torch.func.grad_and_value(loss_of, has_aux=True))

    def measure(activations: list[Tensor]) -> tuple[Tensor, ...]:
        a = torch.stack(activations, 1).flatten(2)
        mean = a.mean(-1)
        std = torch.linalg.vector_norm(a - mean[..., None], dim=-1) / math.sqrt(a.shape[-1] - 1)
        category = a.mul_(BINS_PER_UNIT).clamp_(max=BINS).to(torch.int32).add_(own)
        counts = torch.bincount(category.flatten(), minlength=own.numel() * CATEGORIES)
        return mean, std, counts.view(*mean.shape, CATEGORIES)[..., :BINS]

    def train(order: Integers, rates: Array) -> Seen:
        parameters = [(weight.clone(), bias.clone()) for weight, bias in start]
        batches = Batches(x, y, torch.from_numpy(order))
        losses, measured = [], []
        for step, rate in enumerate(rates.tolist()):
            gradients, (loss, activations) = descend(parameters, *batches.take(step, slice(None)))
            for layer, of_layer in zip(parameters, gradients, strict=True):
                for parameter, gradient in zip(layer, of_layer, strict=True):
                    parameter.sub_(gradient, alpha=rate)
            losses.append(loss)
            if record:
                measured.append(measure(activations))
        statistics = (torch.stack(values).numpy() for values in zip(*measured, strict=True))
        return Seen(torch.stack(losses).numpy(), tuple(statistics))

    return train


def jax_is_here() -> bool:
    """Whether JAX, which no lock holds, is installed."""
    return importlib.util.find_spec("jax") is not None


def jax_training(x: Tensor, y: Tensor, nets: list[list[Layer]], record: bool, net_by_net: bool = False) -> Training:
    """A compiled jax.lax.scan over the steps of a net, under jax.vmap over the nets, or with net_by_net under
    jax.lax.map; on one thread, if JAX was not used before."""
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
    import jax
    from jax import numpy as jnp

    all_x, all_y, start = jnp.asarray(x.numpy()), jnp.asarray(y.numpy()), jax.tree.map(jnp.asarray, stack(nets))
    hidden = len(start) - 1

    def loss_of(parameters: Any, x: Any, y: Any) -> Any:
        activations = [x]
        for weight, bias in parameters[:-1]:
            activations.append(jax.nn.relu(activations[-1] @ weight + bias))
        weight, bias = parameters[-1]
        log_softmax = jax.nn.log_softmax(activations[-1] @ weight + bias)
        return -jnp.take_along_axis(log_softmax, y[:, None], 1).mean(), activations[1:]

    def measure(activations: Any) -> Any:
        a = jnp.stack(activations)
        mean = a.mean(1).mean(1)  # rows first: XLA vectorizes over the units that are left
        squares = jnp.square(a - mean[:, None, None]).sum(1).sum(1)
        category = jnp.minimum(a * BINS_PER_UNIT, BINS).astype(jnp.int32)
        category += CATEGORIES * jnp.arange(hidden)[:, None, None]
        counts = jnp.zeros(hidden * CATEGORIES, jnp.int32).at[category.ravel()].add(1, mode="promise_in_bounds")
        return mean, jnp.sqrt(squares / (a[0].size - 1)), counts.reshape(hidden, CATEGORIES)[:, :BINS]

    def train_net(parameters: Any, order: Any, rates: Any) -> Any:
        def step(parameters: Any, now: Any) -> Any:
            rows, rate = now
            batch = (values.at[rows].get(mode="promise_in_bounds") for values in (all_x, all_y))
            (loss, activations), gradient = jax.value_and_grad(loss_of, has_aux=True)(parameters, *batch)
            parameters = jax.tree.map(lambda values, slope: values - rate * slope, parameters, gradient)
            return parameters, (loss, *(measure(activations) if record else ()))

        return jax.lax.scan(step, parameters, (order, rates))[1]

    @jax.jit
    def train_nets(order: Any, rates: Any) -> Any:
        if net_by_net:
            return jax.lax.map(lambda net: train_net(net[0], net[1], rates), (start, order))
        return jax.vmap(train_net, (0, 0, None))(start, order, rates)

    def train(order: Integers, rates: Array) -> Seen:
        seen = train_nets(order.swapaxes(0, 1).astype(np.int32), rates.astype(np.float32))
        loss, *statistics = (np.asarray(values).swapaxes(0, 1) for values in seen)
        return Seen(loss, tuple(statistics))

    return train
