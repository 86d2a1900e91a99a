"""Every tidy table made from runs and every figure: to which study it belongs, whose runs it shows, at which peaks."""

from collections.abc import Iterable
from dataclasses import dataclass

from goodinit.runs.record import reaches
from goodinit.study.conditions import Config


@dataclass(frozen=True, kw_only=True)
class Table:
    """`results/tables/{name}.csv`, made where its study is enabled. runs_of: the studies whose runs it is made from,
    its own unless told; record: what its study must record at least, one of RECORDS; first_peak: from those at the main
    peak alone; rule: the one that makes it."""

    name: str
    study: str = "main"
    record: str = "losses"
    runs_of: tuple[str, ...] = ()
    first_peak: bool = False
    rule: str = "tabulate"

    @property
    def studies(self) -> tuple[str, ...]:
        """The studies whose runs it is made from."""
        return self.runs_of or (self.study,)


@dataclass(frozen=True, kw_only=True)
class Figure(Table):
    """The table of its name, drawn by the notebook of its name. beside: other tables that it draws too."""

    beside: tuple[str, ...] = ()

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of the tables that it draws."""
        return (self.name, *self.beside)


CATALOGUE = (
    Table(name="escape"),
    Table(name="comparisons"),
    Table(name="sweep", runs_of=("main", "stability")),
    Table(name="pruning", record="full", rule="prune"),
    Figure(name="verdicts", rule="judge"),
    Figure(name="loss-curves"),
    Figure(name="plateau"),
    Figure(name="min-bin", record="moments", first_peak=True),
    Figure(name="init-profile", record="moments", first_peak=True),
    Figure(name="activation-moments", record="moments", first_peak=True),
    Figure(name="generalization"),
    Figure(name="seeds", runs_of=("main", "initializers")),
    Figure(name="activation-histograms", record="full", first_peak=True),
    Figure(name="recording-artifacts", record="full", first_peak=True),
    Figure(name="weights", record="full", first_peak=True, beside=("pruning",)),
    Figure(name="gini", record="full", first_peak=True),
    Figure(name="data-shape", study="data", rule="tabulate_shapes"),
    Figure(name="law", study="stability"),
    Figure(name="prediction", study="depth", runs_of=("depth", "stability", "data", "suite")),
    Figure(name="phase", study="depth"),
    Figure(name="remedies", study="remedies"),
    Figure(name="stability", study="stability"),
    Figure(name="overfitting", study="overfitting"),
    Figure(name="suite", study="suite", rule="tabulate_suite"),
)
TABLES = {table.name: table for table in CATALOGUE}
FIGURES = {table.name: table for table in CATALOGUE if isinstance(table, Figure)}


def tables_in(config: Config, studies: Iterable[str]) -> list[Table]:
    """The tables of the enabled ones of some studies, as far as these record what they are made from, figures among
    them, in the order of the catalogue."""
    asked = {name: config["studies"][name] for name in studies}
    recorded = {name: study["record"] for name, study in asked.items() if study["enabled"]}
    return [table for table in CATALOGUE if table.study in recorded and reaches(recorded[table.study], table.record)]


def figures_in(config: Config, studies: Iterable[str]) -> list[Figure]:
    """The figures among them."""
    return [table for table in tables_in(config, studies) if isinstance(table, Figure)]
