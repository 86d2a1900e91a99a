"""How variants are spelled, and what they do to the start of a net."""

import numpy as np
import pytest

from goodinit import GoodinitError
from goodinit.model.architecture import PLAIN, Architecture
from goodinit.model.initializers import alter, initialize
from goodinit.model.variants import NUDGE, Variant, read_variant
from goodinit.training.loop import Recipe

EVERYTHING = Architecture("leaky-relu", "batch-norm", residual=True)
SIZES = [5, 8, 8, 8, 3]


@pytest.mark.parametrize(
    ("name", "variant"),
    [
        ("none", Variant()),
        ("early-stopping", Variant(early_stopping=True)),
        ("dropout-0.1", Variant(dropout=0.1)),
        ("weight-decay-0.001", Variant(weight_decay=0.001)),
        ("gain-0.5", Variant(gain=0.5)),
        ("gain-1.2-in-4+depth-20", Variant(gain=1.2, scaled=4, depth=20)),
        ("adamw+weight-decay-2", Variant(optimizer="adamw", weight_decay=2)),
        ("longer-2+nudged", Variant(longer=2, nudge=NUDGE)),
        ("gelu+layer-norm", Variant(activation="gelu", normalization="layer-norm")),
        ("adamw+batch-norm+residual+leaky-relu", Variant(0, 0, False, "adamw", None, 1, 1, None, 0, *EVERYTHING)),
    ],
)
def test_a_name_says_what_differs(name: str, variant: Variant) -> None:
    assert read_variant(name) == variant


def test_an_architecture_is_plain_unless_a_part_says_otherwise() -> None:
    assert read_variant("adamw+dropout-0.1").architecture == PLAIN
    assert read_variant("leaky-relu+residual+batch-norm").architecture == EVERYTHING


@pytest.mark.parametrize(
    "name",
    [
        *["", "droput-0.1", "dropout", "dropout-0", "dropout-1", "dropout-x", "weight-decay", "weight-decay--1"],
        *["weight-decay-0.0", "gain-0", "gain-0.5-in-0", "depth-0", "depth-1.5", "longer-0", "none+nudged", "nudged+"],
        *["adamw+momentum", "gain-0.5+gain-0.5-in-2", "layer-norm+batch-norm", "gelu+leaky-relu", "residual+residual"],
        *["relu", "layernorm", "batch-norm-2"],
    ],
)
def test_unknown_or_doubled_variants_are_named(name: str) -> None:
    with pytest.raises(GoodinitError, match=r"^unknown variant '.*'; write none or, joined by") as error:
        read_variant(name)
    assert repr(name) in str(error.value)


def test_a_gain_scales_the_weights_of_the_first_hidden_layers_alone() -> None:
    net = initialize("default", SIZES, 3, np.zeros((4, 5)))
    for layers, variant in {2: Variant(gain=0.5, scaled=2), 3: Variant(gain=0.5)}.items():
        for depth, (before, after) in enumerate(zip(net, alter(net, variant, 3), strict=True)):
            np.testing.assert_array_equal(after.weight, before.weight * (0.5 if depth < layers else 1))
            np.testing.assert_array_equal(after.bias, before.bias)


def test_a_nudge_moves_every_parameter_by_as_much_as_it_says_and_by_the_seed() -> None:
    net = initialize("default", SIZES, 3, np.zeros((4, 5)))
    nudged = alter(net, Variant(nudge=NUDGE), 3)
    relative = np.concatenate(
        [
            (getattr(after, part) / getattr(before, part) - 1).ravel() / NUDGE
            for before, after in zip(net, nudged, strict=True)
            for part in ("weight", "bias")
        ]
    )
    assert (relative != 0).all()
    np.testing.assert_allclose([relative.mean(), relative.std()], [0, 1], atol=0.2)
    assert (alter(net, Variant(nudge=NUDGE), 4)[0].weight != nudged[0].weight).any()
    np.testing.assert_array_equal(alter(net, Variant(), 3)[0].weight, net[0].weight)


def test_a_recipe_takes_optimizer_depth_and_steps_from_its_variant() -> None:
    plain = Recipe("default", 0.2, 100, 8, 10, 40, 50, "adamw+depth-4+longer-3", "losses", "sgd")
    varied = plain.vary()
    assert (varied.optimizer, varied.hidden_layers, varied.steps) == ("adamw", 4, 300)
