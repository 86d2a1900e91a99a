from pathlib import Path

from goodinit import files
from goodinit.places import Input, Output, Wildcard
from goodinit.runs.nets import read_nets
from goodinit.tables import TABLES


def tabulate(table: Wildcard[str], runs: Input[list[Path]], output: Output[Path]) -> None:
    """Make one tidy table from run files."""
    files.write_csv(output, TABLES[table](list(read_nets(runs).values())))
