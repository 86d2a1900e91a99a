"""Where figures find their tables, how initializers look, and what a saved figure is."""

from pathlib import Path

import pytest
from project import ROOT

from goodinit import GoodinitError
from goodinit.report.plotting import STYLES, page, read_table, results_folder, save_figure, style


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
