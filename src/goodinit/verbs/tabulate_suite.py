from pathlib import Path

import pandas as pd

from goodinit import files
from goodinit.places import Input, Output
from goodinit.runs.nets import read_nets
from goodinit.tables import suite


def tabulate_suite(runs: Input[list[Path]], shapes: Input[Path], output: Output[Path]) -> None:
    """Tabulate how nets fare on every table of the suite."""
    files.write_csv(output, suite.tabulate_suite(list(read_nets(runs).values()), pd.read_csv(shapes)))
