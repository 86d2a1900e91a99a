from pathlib import Path

from goodinit import files
from goodinit.places import Input, Output, Param
from goodinit.runs.reference import choose, path_of, read_reference, runs_of


def choose_runs(reference: Input[Path], date: Param[str], output: Output[Path]) -> None:
    """List the run files to verify, below the list's folder: the quick study's, and published ones that a date chooses.

    date: as 2026-01-31, or "all" for all of them.
    """
    known = read_reference(reference)
    published = runs_of("full", known)
    chosen = choose(published, date)
    print(f"{date}: {len(chosen)} of the {len(published)} published runs")
    for name in chosen:
        print(f"  {name}")
    paths = [path_of(name, output.parent) for name in [*runs_of("quick", known), *chosen]]
    files.write_whole(output, "".join(f"{path}\n" for path in paths).encode())
