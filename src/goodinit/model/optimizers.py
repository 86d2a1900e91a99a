"""How a net descends: a registry of optimizers by name, each a class that is made for one net or a stack of nets.

To add one, write a class below with `@optimizer("its-name")` and a line in its test against torch's; it then works by
that name in the config. Sums, products, quotients and square roots of whole tensors round the same on every processor;
a fused or summing call of torch (add with alpha, addcmul, norm) does not.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable

from torch import Tensor

from goodinit import GoodinitError
from goodinit.model.network import StackedMLP


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
