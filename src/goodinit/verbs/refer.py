from pathlib import Path

from goodinit import files
from goodinit.places import Input, Output
from goodinit.runs.fingerprint import take_fingerprint
from goodinit.runs.nets import open_run
from goodinit.runs.reference import name_of, read_reference, replace_studies, spell_reference


def refer(runs: Input[list[Path]], reference: Output[Path]) -> None:
    """Put the runs of a study into the reference that `verify` compares with, in the place of those before."""
    fresh = {name_of(path): take_fingerprint(open_run(path)) for path in runs}
    before = read_reference(reference) if reference.is_file() else {}
    files.write_whole(reference, spell_reference(replace_studies(before, fresh)))
