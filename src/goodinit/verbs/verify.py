from pathlib import Path

from goodinit import GoodinitError
from goodinit.places import Input
from goodinit.runs import verification
from goodinit.runs.fingerprint import take_fingerprint
from goodinit.runs.nets import open_run
from goodinit.runs.reference import name_of, read_reference, select


def verify(runs: Input[list[Path]], reference: Input[Path]) -> None:
    """Compare run files with the reference: by bits, or by distribution where other arithmetic computed them."""
    kept = select(read_reference(reference), [name_of(path) for path in runs])
    fresh = {name_of(path): take_fingerprint(open_run(path)) for path in runs if path.is_file()}
    comparison = verification.compare(fresh, kept)
    print(comparison.way)
    for line in comparison.differences:
        print(line)
    if comparison.differences:
        raise GoodinitError(f"{len(comparison.differences)} of {comparison.compared} differ from {reference}")
    print(f"all {comparison.compared} agree with {reference}")
