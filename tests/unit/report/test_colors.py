"""The initializers' colours as people see them who lack one of the three kinds of cones, by simulation."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from goodinit.arrays import Array
from goodinit.report.plotting import FAINT, STYLES, VERDICT_COLORS

# linear RGB to linear RGB where a cone is missing: Machado, Oliveira & Fernandes 2009, TVCG 15, table 1, severity 1
VISIONS = {
    "trichromacy": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
NOTICED = 2.3  # the least difference that is: Sharma 2003, Digital Color Imaging Handbook
MAIN = ("default", "kaiming-relu", "lsuv")  # whose lines lie over one another
INITS = {init: np.array(to_rgb(color)) for init, (color, _) in STYLES.items()}


def see(color: Array, vision: str) -> Array:
    """CIELAB (D65) of an sRGB colour [3] in 0 … 1 as seen under a vision: IEC 61966-2-1 and CIE 15:2004."""
    linear = np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(VISIONS[vision] @ linear, 0, 1) / TO_XYZ.sum(1)
    x, y, z = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def distance(one: Array, other: Array, vision: str) -> float:
    """CIE 1976 colour difference."""
    return float(np.linalg.norm(see(one, vision) - see(other, vision)))


@pytest.mark.parametrize("vision", VISIONS)
def test_lines_that_overlap_are_told_apart_by_colour_alone(vision: str) -> None:
    for one, other in combinations(MAIN, 2):
        first, second = INITS[one], INITS[other]
        assert distance(first, second, vision) > 10 * NOTICED, (one, other)
        faint = [FAINT * color + 1 - FAINT for color in (first, second)]
        assert distance(faint[0], faint[1], vision) > 3 * NOTICED, f"single nets of {one} and {other}"
        for below, above in ((first, second), (second, first)):
            assert distance(FAINT * above + (1 - FAINT) * below, below, vision) > 2 * NOTICED, (
                f"{one} and {other}, crossing"
            )


@pytest.mark.parametrize("vision", VISIONS)
def test_every_two_initializers_and_verdicts_have_colours_that_differ(vision: str) -> None:
    verdicts = {verdict: np.array(to_rgb(color)) for verdict, color in VERDICT_COLORS.items()}
    for colors in (INITS, verdicts):
        for one, other in combinations(colors, 2):
            assert distance(colors[one], colors[other], vision) > 5 * NOTICED, (one, other)


def test_every_two_initializers_have_dashes_that_differ() -> None:
    dashes = [dash for _, dash in STYLES.values()]
    assert len(set(dashes)) == len(dashes)


def test_distances_are_those_that_others_compute() -> None:
    """sRGB red, green and blue in CIELAB: Lindbloom's calculator, D65."""
    known = {"r": (53.24, 80.09, 67.20), "g": (87.74, -86.18, 83.18), "b": (32.30, 79.19, -107.86)}
    for unit, (_, lab) in zip(np.eye(3), known.items(), strict=True):
        assert see(unit, "trichromacy") == pytest.approx(lab, abs=0.02)
    assert distance(np.array([1.0, 0, 0]), np.array([0, 1.0, 0]), "trichromacy") == pytest.approx(170.6, abs=0.1)
