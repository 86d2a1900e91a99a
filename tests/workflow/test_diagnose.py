"""`goodinit diagnose` as it is typed: processes, files and the printed answer."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from project import ROOT

HEADINGS = ["Answer", "Plateau", "Budget", "Foretold", "Peaks", "Gain", "Certainty", "Rows", "Columns", "Not done"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a table of 240 rows, which the default cannot learn in so few steps and others can."""
    rng = np.random.default_rng(1)
    x = rng.lognormal(size=(240, 3))
    table = pd.DataFrame(x, columns=list("abc")).assign(color=rng.choice(["red", "blue"], 240), label=x.argmax(1))
    table.to_csv(tmp_path / "my.csv", index=False)
    return tmp_path


def diagnose(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    settings = {"PATH": "", "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "1000"}
    command = [*words, "diagnose", "my.csv", "label"]
    return subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, timeout=600)


def test_the_answer_is_printed(folder: Path) -> None:
    script = diagnose(folder, str(Path(sys.executable).parent / "goodinit"))
    assert (script.returncode, script.stderr) == (0, "")
    told = {line[:11].strip(): line[11:] for line in script.stdout.splitlines()}
    assert list(told) == [*HEADINGS, "More"]
    assert told["Answer"].startswith("yes, PyTorch's default init has a plateau ahead here")
    assert "none of 9 default nets" in told["Budget"] or "of 9 default nets at peak 0.8 got out, at" in told["Budget"]
    assert "240 rows: 144 to train on, 48 to choose by, 48 held out; 3 classes of label" in told["Rows"]
    assert told["Columns"].startswith("scaled (a, b, c); a 0/1 column for each of 2 levels (color)")
    assert list(folder.iterdir()) == [folder / "my.csv"], "nothing is left behind"


def test_a_mistake_is_said_in_one_line(folder: Path) -> None:
    (folder / "my.csv").write_text("a,lable\n1,x\n2,y\n")
    run = diagnose(folder, sys.executable, "-m", "goodinit")
    assert (run.returncode, run.stdout) == (1, "")
    complaint = "my.csv has no target column 'label'; did you mean 'lable'? known: a, lable"
    assert run.stderr == f"goodinit diagnose: {complaint}\n"
