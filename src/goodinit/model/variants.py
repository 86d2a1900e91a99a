"""How a net departs from the plain recipe: a variant, by its name, as configs, run files and figures spell it.

A name is `none`, or parts joined by +, as "adamw+weight-decay-0.01".
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from goodinit import GoodinitError
from goodinit.declarations import registered
from goodinit.model.architecture import PLAIN as PLAIN_NET
from goodinit.model.architecture import Architecture

PLAIN = "none"
NUDGE = 1e-7  # relative: about the last bit of a float32


class Variant(NamedTuple):
    """dropout: probability that a hidden activation is dropped; weight_decay: decoupled, times the learning rate;
    early_stopping: restore the evaluation with the lowest validation loss; optimizer, depth: another optimizer or
    number of hidden layers than the config's; longer: times the steps; gain: times the initial weights of the first
    `scaled` hidden layers, or of all; nudge: relative size of random changes to the initial parameters; activation,
    normalization, residual: see Architecture."""

    dropout: float = 0.0
    weight_decay: float = 0.0
    early_stopping: bool = False
    optimizer: str | None = None
    depth: int | None = None
    longer: int = 1
    gain: float = 1.0
    scaled: int | None = None
    nudge: float = 0.0
    activation: str = PLAIN_NET.activation
    normalization: str = PLAIN_NET.normalization
    residual: bool = PLAIN_NET.residual

    @property
    def architecture(self) -> Architecture:
        """What the hidden layers are made of."""
        return Architecture(self.activation, self.normalization, self.residual)


COUNT, POSITIVE = r"([1-9]\d*)", r"(0\.\d*[1-9]\d*|[1-9]\d*(?:\.\d+)?)"
FORMS: dict[str, Callable[..., dict[str, Any]]] = {
    "early-stopping": lambda: {"early_stopping": True},
    r"dropout-(0\.\d*[1-9]\d*)": lambda share: {"dropout": float(share)},
    f"weight-decay-{POSITIVE}": lambda strength: {"weight_decay": float(strength)},
    f"depth-{COUNT}": lambda layers: {"depth": int(layers)},
    f"longer-{COUNT}": lambda times: {"longer": int(times)},
    f"gain-{POSITIVE}": lambda gain: {"gain": float(gain)},
    f"gain-{POSITIVE}-in-{COUNT}": lambda gain, layers: {"gain": float(gain), "scaled": int(layers)},
    "nudged": lambda: {"nudge": NUDGE},
    "(leaky-relu|gelu)": lambda name: {"activation": name},
    "(layer-norm|batch-norm)": lambda name: {"normalization": name},
    "residual": lambda: {"residual": True},
}
FORMS_IN_WORDS = (
    "early-stopping, dropout-P (0 < P < 1), weight-decay-L, depth-N, longer-N, gain-G, gain-G-in-N, nudged, "
    "leaky-relu, gelu, layer-norm, batch-norm, residual or the name of an optimizer"
)


def read_variant(name: str) -> Variant:
    """The variant of a name: PLAIN, "dropout-0.1", "gain-0.5-in-4+longer-2". Raises GoodinitError for a part that is
    unknown, or says what another one said."""
    fields: dict[str, Any] = {}
    for part in [] if name == PLAIN else name.split("+"):
        found = _read_part(part)
        if not found or found.keys() & fields.keys():
            raise GoodinitError(f"unknown variant {name!r}; write {PLAIN} or, joined by +, {FORMS_IN_WORDS}")
        fields |= found
    return Variant(**fields)


def _read_part(part: str) -> dict[str, Any]:
    """The fields that a part sets; none where it is unknown."""
    if part in registered("model/optimizers.py", "optimizer"):
        return {"optimizer": part}
    for form, fields in FORMS.items():
        if match := re.fullmatch(form, part):
            return fields(*match.groups())
    return {}
