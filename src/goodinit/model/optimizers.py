"""How a net descends: a registry of optimizers by name, each a class that is made for one net or a stack of nets.

To add one, write a class below with `@optimizer("its-name")` and a line in its test against torch's; it then works by
that name in the config. Sums, products, quotients and square roots of whole tensors round the same on every processor;
a fused or summing call of torch (add with alpha, addcmul, norm) does not.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor

from goodinit import GoodinitError
from goodinit.model.network import StackedMLP

MOMENTUM = 0.9
FIRST_DECAY, SECOND_DECAY, EPSILON = 0.9, 0.999, 1e-8  # of Adam's moments, and below the root


class Optimizer(ABC):
    """Updates parameters, [nets, parameters], in place."""

    def __init__(self, model: StackedMLP, weight_decay: float) -> None:
        """weight_decay: decoupled from the gradient, times the learning rate."""
        self.parameters = model.parameters
        self._decays = model.is_weight().mul_(weight_decay) if weight_decay else None

    def step(self, gradient: Tensor, rate: float | Tensor) -> None:
        """One update by the loss gradient, laid out as the parameters, which it may change. rate: a number, or a tensor
        [1] on the nets' device, which must not be read on the host. Weights (not biases) decay first: Loshchilov &
        Hutter 2019, equation 10."""
        if self._decays is not None:
            self.parameters.mul_(1 - self._decays * rate)
        self.descend(gradient, rate)

    @abstractmethod
    def descend(self, gradient: Tensor, rate: float | Tensor) -> None:
        """The update without decay."""

    def buffers(self) -> list[Tensor]:
        """The tensors that `descend` changes besides the parameters: made once and changed in place, so that a CUDA
        graph can hold them, and restored after its warm-up."""
        return []


OPTIMIZERS: dict[str, type[Optimizer]] = {}


def optimizer(name: str) -> Callable[[type[Optimizer]], type[Optimizer]]:
    """Register an optimizer."""

    def register(kind: type[Optimizer]) -> type[Optimizer]:
        OPTIMIZERS[name] = kind
        return kind

    return register


def make_optimizer(name: str, model: StackedMLP, weight_decay: float) -> Optimizer:
    """The optimizer `name` for a stack of nets. Raises GoodinitError for an unknown name."""
    if name not in OPTIMIZERS:
        raise GoodinitError(f"unknown optimizer {name!r}; choose from {', '.join(OPTIMIZERS)} in the config")
    return OPTIMIZERS[name](model, weight_decay)


@optimizer("sgd")
class SGD(Optimizer):
    """Plain stochastic gradient descent, w ← w - rate · gradient."""

    def descend(self, gradient: Tensor, rate: float | Tensor) -> None:
        """See Optimizer."""
        self.parameters.sub_(gradient.mul_(rate))


@optimizer("momentum")
class Momentum(Optimizer):
    """Momentum of 0.9: v ← 0.9 v + gradient, w ← w - rate · v (Polyak 1964, in the form of torch.optim.SGD)."""

    def __init__(self, model: StackedMLP, weight_decay: float) -> None:
        """See Optimizer."""
        super().__init__(model, weight_decay)
        self._velocity = torch.zeros_like(self.parameters)

    def descend(self, gradient: Tensor, rate: float | Tensor) -> None:
        """See Optimizer."""
        self._velocity.mul_(MOMENTUM).add_(gradient)
        self.parameters.sub_(self._velocity * rate)

    def buffers(self) -> list[Tensor]:
        """See Optimizer."""
        return [self._velocity]


@optimizer("adamw")
class AdamW(Optimizer):
    """Adam with decoupled weight decay: Kingma & Ba 2015, algorithm 1, and Loshchilov & Hutter 2019, algorithm 2, whose
    decay is the regularization of the run; without one it is Adam."""

    def __init__(self, model: StackedMLP, weight_decay: float) -> None:
        """See Optimizer."""
        super().__init__(model, weight_decay)
        self._first, self._second = torch.zeros_like(self.parameters), torch.zeros_like(self.parameters)
        # powers of the decays, multiplied up: pow of a C library has bits of its own
        self._powers = self.parameters.new_ones(2)
        self._decays_of_moments = self.parameters.new_tensor([FIRST_DECAY, SECOND_DECAY])

    def descend(self, gradient: Tensor, rate: float | Tensor) -> None:
        """See Optimizer."""
        self._first.mul_(FIRST_DECAY).add_(gradient * (1 - FIRST_DECAY))
        self._second.mul_(SECOND_DECAY).add_(gradient * gradient * (1 - SECOND_DECAY))
        first_bias, second_bias = 1 - self._powers.mul_(self._decays_of_moments)
        root = (self._second / second_bias).sqrt_().add_(EPSILON)
        self.parameters.sub_(self._first / first_bias * rate / root)

    def buffers(self) -> list[Tensor]:
        """See Optimizer."""
        return [self._first, self._second, self._powers]
