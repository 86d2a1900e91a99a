"""The catalogue agrees with what makes and draws its entries."""

from project import ROOT, read_config

from goodinit.report.captions import read_captions
from goodinit.runs.record import RECORDS
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
    config = read_config(ROOT / "config/config.yaml")
    assert tables_in(config, iter(STUDIES)) == list(CATALOGUE)
    assert [figure.name for figure in figures_in(config, ["stability", "data"])] == ["data-shape", "law", "stability"]
    config["studies"]["data"]["enabled"] = False
    assert [figure.name for figure in figures_in(config, ["stability", "data"])] == ["law", "stability"]


def test_what_was_not_recorded_has_no_table() -> None:
    config = read_config(ROOT / "config/config.yaml")
    names = {}
    for record in RECORDS:
        config["studies"]["main"]["record"] = record
        names[record] = [table.name for table in tables_in(config, ["main"])]
    assert "init-profile" not in names["losses"]
    assert {"init-profile", "min-bin"} < set(names["moments"])
    assert "pruning" not in names["moments"]
    assert names["full"] == names["everything"] == [table.name for table in CATALOGUE if table.study == "main"]
