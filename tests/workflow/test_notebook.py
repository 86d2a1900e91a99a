"""The notebook for a net of one's own runs, in the environment of the paper, and shows its figures."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from project import ROOT

pytestmark = pytest.mark.promise

FIGURES = {"start", "loss", "layers", "histograms"}


def test_the_notebook_runs_and_its_figures_are_made(tmp_path: Path) -> None:
    settings = os.environ | {"GOODINIT_RESULTS": str(tmp_path), "PYTHONPATH": str(ROOT / "src"), "MPLBACKEND": "agg"}
    command = [sys.executable, "-W", "error", str(ROOT / "notebooks/your-own-net.py")]
    run = subprocess.run(command, env=settings, capture_output=True, text=True, timeout=600)
    assert (run.returncode, run.stderr) == (0, "")
    told, came = run.stdout.splitlines()[:2], run.stdout.splitlines()[2:]
    assert told[0].startswith("default: a plateau is ahead, until about step ")
    assert told[1].startswith("lsuv: no plateau is ahead")
    assert [line.partition(",")[0].split(" at step")[0] for line in came] == ["default: out", "lsuv: out"]
    for name in FIGURES:
        assert (tmp_path / f"figures/your-own-net-{name}.svg").stat().st_size > 5000
    assert len(list((tmp_path / "figures").glob("*.pdf"))) == len(FIGURES)


def test_it_runs_as_a_notebook(tmp_path: Path) -> None:
    shutil.copy(ROOT / "notebooks/your-own-net.py", tmp_path)
    settings = os.environ | {"GOODINIT_RESULTS": str(tmp_path), "PYTHONPATH": str(ROOT / "src")}
    settings["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{settings['PATH']}"
    command = ["jupytext", "--to", "notebook", "--execute", "your-own-net.py"]
    run = subprocess.run(command, cwd=tmp_path, env=settings, capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stderr
    cells = json.loads((tmp_path / "your-own-net.ipynb").read_text())["cells"]
    shown = [output for cell in cells for output in cell.get("outputs", ()) if "image/png" in output.get("data", ())]
    assert len(shown) == len(FIGURES)
