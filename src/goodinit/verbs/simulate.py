from pathlib import Path

from goodinit import files
from goodinit.places import Output, Param
from goodinit.statistics import simulation


def simulate(repetitions: Param[int], output: Output[Path]) -> None:
    """Measure level and coverage of the statistics on made-up data."""
    files.write_csv(output, simulation.simulate(repetitions))
