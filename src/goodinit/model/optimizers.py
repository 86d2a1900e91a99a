"""How a net descends: a registry of optimizers by name, each a class that is made for one stack of nets.

To add one, write a class below with `@optimizer("its-name")` and a test against torch's; it then works by that name in
the config. `descend` walks the layers from the last to the first, as `TrainingPass.backpropagate` hands them out. The
gradient of a layer's weights is inputs.mT @ gradient, that of its biases training.ones @ gradient.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable

from torch import Tensor

from goodinit import GoodinitError
from goodinit.model.network import StackedMLP, TrainingPass


class Optimizer(ABC):
    """Updates the weights and biases of a stack in place."""

    def __init__(self, model: StackedMLP, weight_decay: float) -> None:
        """weight_decay: decoupled from the gradient, times the learning rate."""
        self.model, self.weight_decay = model, weight_decay

    @abstractmethod
    def descend(self, training: TrainingPass, rate: float | Tensor) -> None:
        """One update by the loss gradient of the last forward; rate: a number, or a tensor [1] on the nets' device,
        which must not be read on the host."""

    def buffers(self) -> list[Tensor]:
        """The tensors that `descend` changes besides weights and biases: made once and changed in place, so that a
        CUDA graph can hold them, and restored after its warm-up."""
        return []

    def decay(self, depth: int, rate: float | Tensor) -> None:
        """Shrink a layer's weights (not biases) by rate · weight_decay, before they are updated: Loshchilov & Hutter
        2019, equation 10."""
        if self.weight_decay:
            self.model.weights[depth].mul_(1 - rate * self.weight_decay)


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

    def descend(self, training: TrainingPass, rate: float | Tensor) -> None:
        """See Optimizer. The rate goes into the gradient and that straight into the weights: no weight gradient is ever
        stored."""
        for depth, inputs, gradient in training.backpropagate(rate):
            self.decay(depth, rate)
            self.model.weights[depth].baddbmm_(inputs.mT, gradient, alpha=-1)
            self.model.biases[depth].baddbmm_(training.ones, gradient, alpha=-1)
