from pathlib import Path

from goodinit import GoodinitError
from goodinit.places import Input, Param
from goodinit.runs import verification
from goodinit.runs.nets import read_nets


def verify(runs: Input[list[Path]], study: Param[str], reference: Input[Path]) -> None:
    """Compare the run files of a study (quick or full) with the published numbers."""
    values = verification.summarize(read_nets(runs))
    lines = verification.disagreements(values, study, reference)
    for line in lines:
        print(line)
    if lines:
        raise GoodinitError(f"{len(lines)} of {len(values)} values disagree with {reference}")
    print(f"all {len(values)} values agree with {reference}")
