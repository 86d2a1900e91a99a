from pathlib import Path

from goodinit import files
from goodinit.places import Input, Output, Param
from goodinit.runs import verification
from goodinit.runs.nets import read_nets


def refer(runs: Input[list[Path]], study: Param[str], reference: Output[Path]) -> None:
    """Write the numbers of a study (quick or full) that `verify` compares with."""
    values = verification.summarize(read_nets(runs))
    files.write_whole(reference, verification.write_reference(values, study, reference))
