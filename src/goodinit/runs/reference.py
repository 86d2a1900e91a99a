"""The reference, `paper/reference.json`: a fingerprint of every run of the quick and of the full, published study.

A run is named by its study and its place below `runs/`: "quick/lahman/standardize/lsuv/peak-0.2/none/seeds-0-5" lies at
`…/quick/runs/lahman/standardize/lsuv/peak-0.2/none/seeds-0-5.nc`.
"""

import hashlib
import json
from pathlib import Path

from goodinit import GoodinitError
from goodinit.runs.condition import seeds_in
from goodinit.runs.fingerprint import Fingerprint

HANDFUL = 4  # published runs that a date chooses
MADE_BY = {"quick": "make reference", "full": "make reference FULL=1"}
ALL = "all"  # the date that chooses all

Reference = dict[str, Fingerprint]  # by name


def name_of(path: Path) -> str:
    """The name of the run whose file lies at `path`."""
    folder, _, place = str(path.with_suffix("")).rpartition("/runs/")
    return f"{Path(folder).name}/{place}"


def path_of(name: str, folder: Path) -> Path:
    """Where the file of the run of that name lies in a folder with a folder for each study."""
    study, place = name.split("/", 1)
    return folder / study / "runs" / f"{place}.nc"


def condition_of(name: str) -> str:
    """Study and condition of a run, without its seeds."""
    return name.rpartition("/")[0]


def seeds_of(name: str) -> list[int]:
    """The seeds of a run."""
    return seeds_in(name.rpartition("seeds-")[2])


def read_reference(path: Path) -> Reference:
    """The fingerprints by name. Raises GoodinitError where the file at `path` is no reference."""
    try:
        return {name: Fingerprint(**run) for name, run in json.loads(path.read_text()).items()}
    except (OSError, ValueError, TypeError) as error:
        raise GoodinitError(f"{path} cannot be read ({error}); delete it, and make it with: make reference") from error


def spell_reference(reference: Reference) -> bytes:
    """The content of the file, a line per run."""
    lines = (f"{json.dumps(name)}: {json.dumps(run._asdict())}" for name, run in sorted(reference.items()))
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def replace_studies(old: Reference, fresh: Reference) -> Reference:
    """The old reference with the studies of the fresh runs replaced, each as a whole."""
    studies = {study_of(name) for name in fresh}
    return {name: run for name, run in old.items() if study_of(name) not in studies} | fresh


def study_of(name: str) -> str:
    """The study of a run, "quick" or "full"."""
    return name.split("/")[0]


def runs_of(study: str, reference: Reference) -> list[str]:
    """The names of the runs of a study, sorted. Raises GoodinitError where there are none."""
    names = sorted(name for name in reference if study_of(name) == study)
    if not names:
        raise GoodinitError(f"the reference has no runs of the {study} study; make them with: {MADE_BY[study]}")
    return names


def select(reference: Reference, names: list[str]) -> Reference:
    """The runs of these names. Raises GoodinitError where the reference lacks one."""
    for name in names:
        if name not in reference:
            made = MADE_BY.get(study_of(name))
            way_out = f"make it afresh with: {made}" if made else f"run files lie in a folder {' or '.join(MADE_BY)}"
            raise GoodinitError(f"the reference has no run {name}; {way_out}")
    return {name: reference[name] for name in names}


def choose(names: list[str], date: str) -> list[str]:
    """The runs that a date chooses: the HANDFUL with the smallest SHA-256 of date and name, so that every run has its
    turn some day; or ALL."""
    order = sorted(names, key=lambda name: hashlib.sha256(f"{date} {name}".encode()).digest())
    return order if date == ALL else order[:HANDFUL]
