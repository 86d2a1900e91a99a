"""What `make quick` left (with --study full: `make paper`), as its readers get it: the HTML report, the notebooks, the
source archive, the release, the same bytes."""

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import jinja2
import pytest
import yaml
from playwright.sync_api import Page, expect, sync_playwright
from project import ROOT, read_config

from goodinit import __version__
from goodinit.report.captions import read_captions
from goodinit.study.figures import FIGURES, TABLES

RULES = {"fetch", "prepare", "train", "tabulate", "judge", "draw", "report"}  # from raw tables to the PDF, not all


class Study:
    """A study as it was left in the project itself. least: jobs and seconds of training."""

    def __init__(self, *names: str, least: tuple[int, float]) -> None:
        self.files = [ROOT / f"config/{name}.yaml" for name in names]
        self.config = read_config(*self.files)
        self.results = ROOT / self.config["results"]
        self.least = least
        assert self.results.is_dir(), f"{self.results} is missing; make it with: make quick, or make paper"

    def snakemake(self, *words: str) -> str:
        """What Snakemake printed; it must succeed."""
        options = [f"--configfile={file}" for file in self.files[1:]]
        found = run("snakemake", "--cores", "2", *words, *options, folder=ROOT)
        assert found.returncode == 0, found.stdout + found.stderr
        return found.stdout + found.stderr


@pytest.fixture(scope="module")
def study(request: pytest.FixtureRequest) -> Study:
    if request.config.getoption("--study") == "full":
        return Study("config", least=(80, 60))
    return Study("config", "quick", least=(30, 15))


def run(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        words, cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True, timeout=900
    )


def test_nothing_is_left_to_do_after_the_paper(study: Study) -> None:
    assert "Nothing to be done" in study.snakemake("--dry-run")


def test_the_html_report_shows_every_figure_and_asks_for_nothing(study: Study, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    study.snakemake("--report", str(report))
    requests, said = list[str](), list[str]()
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=shutil.which("chromium")) as browser,
    ):
        page = browser.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.goto(report.as_uri())
        page.add_style_tag(content="* { transition: none !important }")  # a menu that still widens can lose a click
        for figure in FIGURES:
            look_at(page, study, figure)
        page.get_by_role("link", name="Workflow").click()
        assert texts(page, "rulegraph") >= RULES
        page.get_by_role("link", name="Statistics").click()
        assert texts(page, "runtimes") >= RULES | {"runtime [s]"}
        assert texts(page, "timeline") >= RULES | {"end date"}
    assert [url for url in requests if url != report.as_uri() and not url.startswith(("data:", "blob:"))] == []
    assert [line for line in said if line.startswith("error: ")] == []


def look_at(page: Page, study: Study, figure: str) -> None:
    """Open a figure and its caption from the menu, and return there."""
    page.get_by_role("link", name=FIGURES[figure].study, exact=True).click()
    row = page.get_by_role("row").filter(has=page.get_by_role("cell", name=figure, exact=True))
    row.get_by_role("link").first.click()  # an eye: the figure
    row.get_by_role("link").last.click()  # an i: what is told of it
    image = page.locator("nav + div img")
    image.evaluate("image => image.decode()")  # waits for it, and raises for what is no image
    expect(image, figure).to_be_in_viewport(ratio=1)
    svg = base64.b64encode((study.results / f"figures/{figure}.svg").read_bytes()).decode()
    assert str(image.get_attribute("src")).endswith(f";base64,{svg}"), figure
    caption = jinja2.Template(read_captions(ROOT / "workflow/report/figure.rst")[figure])
    plain = re.sub("``|:math:`|`", "", caption.render(snakemake={"config": study.config}))
    expect(page.get_by_role("paragraph"), figure).to_have_text(plain)
    page.get_by_role("link", name="Results", exact=True).click()


def texts(page: Page, chart: str) -> set[str]:
    """What is written in a chart, which the page paints as pixels: its menu saves it as SVG."""
    expect(page.locator(f"div#{chart} canvas")).to_be_in_viewport()
    page.locator(f"div#{chart} summary").click()
    with page.expect_download() as download:
        page.locator(f"div#{chart}").get_by_role("link", name="Save as SVG").click()
    return set(re.findall("<text[^>]*>([^<]+)</text>", download.value.path().read_text()))


def test_notebooks_run_and_show_their_figure(study: Study) -> None:
    study.snakemake("notebooks")
    for figure in FIGURES:
        text = (study.results / "notebooks" / f"{figure}.html").read_text()
        assert "data:image/png;base64" in text, figure
        assert "What to look for" in text, figure
    assert "Nothing to be done" in study.snakemake("--dry-run"), "a notebook run again leaves the figures as they are"


def test_the_source_archive_compiles_elsewhere(study: Study, tmp_path: Path) -> None:
    study.snakemake(f"{study.config['results']}/report-source.tar.gz")
    with tarfile.open(study.results / "report-source.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    for _ in range(3):
        latex = run("pdflatex", "-halt-on-error", "-interaction=nonstopmode", "main.tex", folder=tmp_path)
        assert latex.returncode == 0, latex.stdout[-2000:]
    assert "undefined" not in latex.stdout
    assert (tmp_path / "main.pdf").stat().st_size > 100_000


def test_a_release_has_it_all_with_checksums_and_the_same_bytes_twice(study: Study, tmp_path: Path) -> None:
    release = study.results / "release.tar.gz"
    bundled = []
    for _ in range(2):
        release.unlink(missing_ok=True)
        study.snakemake(f"{study.config['results']}/release.tar.gz")
        bundled.append(release.read_bytes())
    assert bundled[0] == bundled[1]
    with tarfile.open(release) as archive:
        archive.extractall(tmp_path, filter="data")
    checked = run("sha256sum", "--check", "--strict", "SHA256SUMS", folder=tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    files = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    assert {Path(line.removesuffix(": OK")) for line in checked.stdout.splitlines()} == files - {Path("SHA256SUMS")}
    whole = {"report.pdf", "report-source.tar.gz", "claims.csv", "numbers.json", "reference.json", "CITATION.cff"}
    assert whole | {f"tables/{table.name}.csv" for table in TABLES.values()} <= {path.as_posix() for path in files}
    assert yaml.safe_load((tmp_path / "CITATION.cff").read_text())["version"] == __version__


def test_the_report_is_set_without_faults(study: Study) -> None:
    log = (study.results / "tex/build/main.log").read_text(errors="replace").replace("\n", "")
    assert "undefined" not in log
    assert "multiply defined" not in log
    assert "Float too large" not in log
    wide = [float(points) for points in re.findall(r"Overfull \\hbox \(([0-9.]+)pt too wide\)", log)]
    assert max(wide, default=0) <= 2


def test_provenance_tells_commit_machine_and_cost(study: Study) -> None:
    told = json.loads((study.results / "provenance.json").read_text())
    assert re.fullmatch("[0-9a-f]{40}", told["commit"])
    assert told["device"] == "cpu"
    assert told["rules"]["train"]["jobs"] >= study.least[0]
    assert told["rules"]["train"]["wall_s"] > study.least[1]
    assert told["rules"]["train"]["peak_memory_mb"] > 100


def test_the_same_results_give_the_same_bytes(study: Study) -> None:
    """Figures, tables of numbers and PDF made again from what was trained."""
    made = [study.results / name for name in ("report.pdf", "report.html", "numbers.json", "claims.csv")]
    made += sorted((study.results / "figures").glob("*")) + sorted((study.results / "tables").glob("*.csv"))
    before = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in made}
    for path in made:
        path.unlink()
    study.snakemake()
    changed = [path.name for path in made if hashlib.sha256(path.read_bytes()).hexdigest() != before[path]]
    assert changed == []
