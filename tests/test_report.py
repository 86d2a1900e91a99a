"""What `make paper` left, as its readers get it: the HTML report, the notebooks, the source archive, the same bytes."""

import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
from html.parser import HTMLParser
from pathlib import Path

import pytest
from project import ROOT

pytestmark = pytest.mark.slow

RESULTS = ROOT / "results"
FIGURES = sorted(path.stem for path in (ROOT / "workflow/captions").glob("*.rst"))


def run(*words: str, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    settings = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT / "src")} | environment
    return subprocess.run(words, cwd=folder, env=settings, capture_output=True, text=True, timeout=900)


def snakemake(*words: str) -> str:
    found = run("snakemake", "--cores", "2", *words)
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout + found.stderr


def test_nothing_is_left_to_do_after_the_paper() -> None:
    assert "Nothing to be done" in snakemake("--dry-run")


class Outside(HTMLParser):
    """Addresses that a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        fetched = {"script": "src", "img": "src", "link": "href", "iframe": "src"}
        self.found += [value for name, value in attrs if name == fetched.get(tag) and value and "://" in value[:8]]


def test_the_html_report_shows_every_figure_and_asks_for_nothing(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    snakemake("--report", str(page))
    text = page.read_text()
    for figure in FIGURES:
        assert f"figures/{figure}.svg" in text, figure
    outside = Outside()
    outside.feed(text)
    assert outside.found == []
    log = tmp_path / "net.json"
    browser = run(
        "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0",
        f"--log-net-log={log}", "--virtual-time-budget=8000", f"--user-data-dir={tmp_path / 'profile'}",
        f"--screenshot={tmp_path / 'page.png'}", "--window-size=1400,1000", page.as_uri(),
    )  # fmt: skip
    assert (tmp_path / "page.png").stat().st_size > 20_000, browser.stderr
    errors = [
        line for line in browser.stderr.splitlines() if "CONSOLE" in line and re.search("error|refused", line, re.I)
    ]
    assert errors == []


def test_notebooks_run_and_show_their_figure() -> None:
    snakemake("notebooks")
    for figure in FIGURES:
        text = (RESULTS / "notebooks" / f"{figure}.html").read_text()
        assert "data:image/png;base64" in text, figure
        assert "What to look for" in text, figure
    assert "Nothing to be done" in snakemake("--dry-run"), "a notebook run again leaves the figures as they are"


def test_the_source_archive_compiles_elsewhere(tmp_path: Path) -> None:
    snakemake("results/report-source.tar.gz")
    with tarfile.open(RESULTS / "report-source.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    for _ in range(3):
        latex = run("pdflatex", "-halt-on-error", "-interaction=nonstopmode", "main.tex", folder=tmp_path)
        assert latex.returncode == 0, latex.stdout[-2000:]
    assert "undefined" not in latex.stdout
    assert (tmp_path / "main.pdf").stat().st_size > 100_000


def test_the_report_is_set_without_faults() -> None:
    log = (RESULTS / "tex/build/main.log").read_text(errors="replace").replace("\n", "")
    assert "undefined" not in log
    assert "multiply defined" not in log
    wide = [float(points) for points in re.findall(r"Overfull \\hbox \(([0-9.]+)pt too wide\)", log)]
    assert max(wide, default=0) <= 2


def test_provenance_tells_commit_machine_and_cost() -> None:
    told = json.loads((RESULTS / "provenance.json").read_text())
    assert re.fullmatch("[0-9a-f]{40}", told["commit"])
    assert told["device"] == "cpu"
    assert told["rules"]["train"]["jobs"] >= 80
    assert told["rules"]["train"]["wall_s"] > 60
    assert told["rules"]["train"]["peak_memory_mb"] > 100


def test_the_same_results_give_the_same_bytes() -> None:
    """Figures, tables of numbers and PDF made again from what was trained."""
    made = [RESULTS / "report.pdf", RESULTS / "numbers.json", RESULTS / "claims.csv"]
    made += sorted((RESULTS / "figures").glob("*")) + sorted((RESULTS / "tables").glob("*.csv"))
    before = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in made}
    for path in made:
        path.unlink()
    snakemake()
    changed = [path.name for path in made if hashlib.sha256(path.read_bytes()).hexdigest() != before[path]]
    assert changed == []
