"""The catalogue agrees with what makes and draws its entries."""

from project import ROOT

from goodinit.report.captions import read_captions
from goodinit.study.conditions import STUDIES
from goodinit.study.figures import CATALOGUE, FIGURES, TABLES, figures_in, tables_in
from goodinit.tables import TABLES as TABULATED


def test_every_table_has_its_function_and_every_figure_its_notebook_and_caption() -> None:
    assert {table.name for table in CATALOGUE if table.rule == "tabulate"} == set(TABULATED)
    assert {path.stem for path in (ROOT / "workflow/notebooks").glob("*.py")} == set(FIGURES)
    assert list(read_captions(ROOT / "workflow/report/figure.rst")) == list(FIGURES)
    assert all(name in TABLES for figure in FIGURES.values() for name in figure.tables)


def test_entries_belong_to_studies_and_can_be_asked_for_by_them() -> None:
    assert {study for table in CATALOGUE for study in (table.study, *table.studies)} <= set(STUDIES)
    assert tables_in(iter(STUDIES)) == list(CATALOGUE)
    assert [figure.name for figure in figures_in(["stability", "data"])] == ["data-shape", "law", "stability"]
