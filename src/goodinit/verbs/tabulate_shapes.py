from pathlib import Path

from goodinit import files
from goodinit.data import shape
from goodinit.places import Input, Output


def tabulate_shapes(data: Input[list[Path]], output: Output[Path]) -> None:
    """Measure how badly the features of prepared datasets are distributed."""
    files.write_csv(output, shape.tabulate_shapes(data))
