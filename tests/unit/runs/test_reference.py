"""The reference is read as it was written, and over time every run of it has its turn."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from goodinit import GoodinitError
from goodinit.runs.fingerprint import Fingerprint
from goodinit.runs.reference import (
    ALL,
    HANDFUL,
    choose,
    name_of,
    path_of,
    read_reference,
    replace_studies,
    runs_of,
    select,
    spell_reference,
)
from goodinit.verbs.choose_runs import choose_runs

RUN = Fingerprint(
    "cpu x86_64", "ab", {"loss": "cd"}, {"std": [0.1]}, {"loss": [0.1 + 0.2, 1e-30]}, ["stuck", "trained"]
)
NAMES = [
    f"full/lahman/standardize/lsuv/peak-{peak}/none/seeds-{block}" for peak in range(43) for block in ("0-9", "10-19")
]


def write(path: Path, *names: str) -> Path:
    path.write_bytes(spell_reference(dict.fromkeys(names, RUN)))
    return path


def test_it_is_read_as_it_was_written_with_a_line_per_run(tmp_path: Path) -> None:
    path = write(tmp_path / "reference.json", *NAMES)
    assert read_reference(path) == dict.fromkeys(NAMES, RUN)
    assert len(path.read_text().splitlines()) == len(NAMES) + 2


def test_a_fresh_study_replaces_the_whole_one_and_leaves_the_other() -> None:
    old = dict.fromkeys(["full/a", "quick/a", "quick/b"], RUN)
    fresh = {"quick/b": RUN._replace(sha256="ef")}
    assert replace_studies(old, fresh) == {"full/a": RUN} | fresh


def test_a_name_is_a_place() -> None:
    path = Path("results/verify/full/runs/lahman/standardize/lsuv/peak-0.2/none/seeds-0-9.nc")
    assert name_of(path) == "full/lahman/standardize/lsuv/peak-0.2/none/seeds-0-9"
    assert path_of(name_of(path), Path("results/verify")) == path


def test_what_the_reference_lacks_is_said_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(GoodinitError, match="no runs of the full study; make them with: make reference FULL=1"):
        runs_of("full", {"quick/a": RUN})
    with pytest.raises(GoodinitError, match=r"no run quick/b; make it afresh with: make reference$"):
        select({"quick/a": RUN}, ["quick/a", "quick/b"])
    with pytest.raises(GoodinitError, match=r"no run results/b; run files lie in a folder quick or full"):
        select({"quick/a": RUN}, ["results/b"])
    (tmp_path / "reference.json").write_text('{"quick": {"loss": [1, 2]}}')
    with pytest.raises(GoodinitError, match=r"cannot be read .*; delete it, and make it with: make reference"):
        read_reference(tmp_path / "reference.json")


def test_a_date_chooses_the_same_handful_wherever_it_is_asked_and_another_date_another() -> None:
    assert choose(NAMES, "2026-01-31") == choose(NAMES[::-1], "2026-01-31")
    assert len(choose(NAMES, "2026-01-31")) == HANDFUL
    assert set(choose(NAMES, "2026-01-31")) != set(choose(NAMES, "2026-02-01"))
    assert set(choose(NAMES, ALL)) == set(NAMES)


def test_within_a_year_every_run_has_its_turn() -> None:
    days = [(date(2026, 1, 1) + timedelta(day)).isoformat() for day in range(365)]
    assert {name for day in days for name in choose(NAMES, day)} == set(NAMES)


def test_the_choice_is_printed_with_its_date_and_listed_as_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quick = "quick/lahman/standardize/lsuv/peak-0.2/none/seeds-0-5"
    choose_runs(write(tmp_path / "reference.json", quick, *NAMES), "2026-01-31", tmp_path / "chosen")
    chosen = choose(NAMES, "2026-01-31")
    told = ["2026-01-31: 4 of the 86 published runs", *(f"  {name}" for name in chosen)]
    assert capsys.readouterr().out.splitlines() == told
    listed = [Path(line) for line in (tmp_path / "chosen").read_text().splitlines()]
    assert listed == [path_of(name, tmp_path) for name in (quick, *chosen)]
