from pathlib import Path

from goodinit import files
from goodinit.places import Input, Output, Param
from goodinit.runs.condition import seeds_in
from goodinit.tables import calibration


def tabulate_calibration(
    data: Input[list[Path]], seeds: Param[str], hidden_layers: Param[int], width: Param[int], output: Output[Path]
) -> None:
    """Measure how far LSUV's calibration on one batch is off on other batches."""
    files.write_csv(output, calibration.tabulate_calibration(data, seeds_in(seeds), hidden_layers, width))
