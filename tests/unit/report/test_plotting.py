"""Where figures find their tables, how initializers look, and what a saved figure is."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, QuadMesh
from matplotlib.colors import to_rgb
from matplotlib.patches import Polygon
from project import ROOT

from goodinit import GoodinitError
from goodinit.arrays import Array
from goodinit.report.plotting import (
    STYLES,
    color_peaks,
    draw,
    draw_layers,
    page,
    plot_nets,
    read_table,
    results_folder,
    save_figure,
    style,
)


def test_results_are_those_of_the_project_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOODINIT_RESULTS", raising=False)
    assert results_folder() == ROOT / "results"
    monkeypatch.setenv("GOODINIT_RESULTS", "elsewhere")
    with pytest.raises(GoodinitError, match=r"elsewhere/tables/gini\.csv is missing; make it with: snakemake"):
        read_table("gini")


def test_an_initializer_without_a_style_of_its_own_has_one_that_follows_from_its_name() -> None:
    assert style("lsuv") == STYLES["lsuv"]
    color, dash = style("my-own")
    assert (color, dash) == style("my-own")
    assert color not in {own for own, _ in STYLES.values()}


def test_a_saved_figure_has_words_for_who_cannot_see_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOODINIT_RESULTS", str(tmp_path))
    figure = page(1)
    figure.subplots().plot([0, 1])
    save_figure(figure, "line", "A line from 0 to 1.")
    assert "<title>A line from 0 to 1.</title>" in (tmp_path / "figures/line.svg").read_text()
    assert b"/Title (A line from 0 to 1.)" in (tmp_path / "figures/line.pdf").read_bytes()


def test_means_and_intervals_are_drawn_as_the_table_has_them() -> None:
    nets = pd.DataFrame({"init": "lsuv", "seed": [1, 1, 2, 2], "step": [0, 9, 0, 9], "loss": [1.0, 2, 3, 8]})
    limits = {"interval_low": [1.0, 3], "interval_high": [2.5, 7]}
    mean = pd.DataFrame({"init": "lsuv", "step": [0, 9], "loss": [2.0, 6], **limits})
    (place,) = draw(plot_nets(pd.concat([nets, mean], ignore_index=True), "step", "loss"), page(2))
    (line,) = place.lines
    assert np.column_stack(line.get_data()).tolist() == [[0, 2], [9, 6]]
    (single,) = place.collections
    assert isinstance(single, LineCollection)
    assert [path.tolist() for path in single.get_segments()] == [[[0, 1], [9, 2]], [[0, 3], [9, 8]]]
    (band,) = place.patches
    assert isinstance(band, Polygon)
    assert {tuple(point) for point in band.get_xy().tolist()} == {(0, 1), (9, 3), (9, 7), (0, 2.5)}


def test_layers_are_bands_of_nets_sorted_by_their_means() -> None:
    value = {(1, 7): [0.9, 0.9], (1, 8): [0.1, np.nan], (2, 7): [0.8, 0.8], (2, 8): [0.2, np.nan]}
    rows = [(layer, seed, step, x) for (layer, seed), xs in value.items() for step, x in enumerate(xs)]
    figure = draw_layers(pd.DataFrame(rows, columns=["layer", "seed", "step", "x"]).assign(init="lsuv"), "x", "x", 2)
    (cells,) = [mesh for mesh in figure.axes[0].collections if isinstance(mesh, QuadMesh)]
    drawn: Array = np.ma.filled(np.ma.asarray(cells.get_array()).reshape(4, 2), np.nan)
    np.testing.assert_array_equal(drawn, [value[place] for place in ((1, 8), (1, 7), (2, 8), (2, 7))])
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["1", "2"]


@pytest.mark.parametrize("survivors", [0, 1])
def test_nets_that_diverge_at_once_are_the_last_lines_of_a_band(survivors: int) -> None:
    nets = [np.full(2, 0.5 if seed < survivors else np.nan) for seed in range(3)]
    rows = [(layer, seed, step, x) for layer in (1, 2) for seed, xs in enumerate(nets) for step, x in enumerate(xs)]
    figure = draw_layers(pd.DataFrame(rows, columns=["layer", "seed", "step", "x"]).assign(init="lsuv"), "x", "x", 2)
    (cells,) = [mesh for mesh in figure.axes[0].collections if isinstance(mesh, QuadMesh)]
    drawn: Array = np.ma.filled(np.ma.asarray(cells.get_array()).reshape(6, 2), np.nan)
    np.testing.assert_array_equal(drawn, [*nets, *nets])


def test_a_peak_is_darker_than_a_lower_one_whatever_the_order() -> None:
    colors = color_peaks([0.4, 0.05, 0.8, 0.05])
    lightness = [sum(to_rgb(color)) for color in colors.values()]
    assert list(colors) == [0.05, 0.4, 0.8]
    assert lightness == sorted(lightness, reverse=True)
    assert colors == color_peaks([0.05, 0.4, 0.8])
    assert len(color_peaks([0.2])) == 1
