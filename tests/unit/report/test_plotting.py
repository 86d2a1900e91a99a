"""Where figures find their tables, and how initializers look."""

import pytest
from project import ROOT

from goodinit import GoodinitError
from goodinit.report.plotting import STYLES, read_table, results_folder, style


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
