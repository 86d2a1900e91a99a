"""The page to explore that `make quick` left (with --study full: `make paper`), in a browser without a network."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page, expect, sync_playwright
from project import ROOT, read_config

from goodinit.claims import CLAIMS
from goodinit.page.charts import HIDDEN
from goodinit.study.figures import FIGURES

WIDE, NARROW = {"width": 1400, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def results(request: pytest.FixtureRequest) -> str:
    names = ["config"] if request.config.getoption("--study") == "full" else ["config", "quick"]
    return str(read_config(*[ROOT / f"config/{name}.yaml" for name in names])["results"])


@pytest.fixture(scope="module", params=[WIDE, NARROW], ids=["wide", "narrow"])
def page(results: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page, drawn; errors and requests to the outside fail the test that comes last."""
    report = ROOT / results / "report.html"
    asked, said = list[str](), list[str]()
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=shutil.which("chromium")) as browser,
    ):
        context = browser.new_context(viewport=request.param, offline=True)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda message: said.append(message.text))
        page.add_init_script(
            "window.shift = 0; new PerformanceObserver((list) => list.getEntries().forEach("
            "(entry) => { window.shift += entry.value })).observe({type: 'layout-shift', buffered: true})"
        )
        page.goto(report.as_uri())
        page.wait_for_function("document.body.dataset.drawn > 0")
        yield page
    assert [url for url in asked if url != report.as_uri() and not url.startswith(("data:", "blob:"))] == []
    assert said == []


def test_it_fits_its_window_and_does_not_shift(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("window.shift") < 0.1, "what counts as good: cumulative layout shift below 0.1"


def test_what_to_do_comes_before_the_claims_and_limits_after(page: Page) -> None:
    headings = page.locator("main > section > h2").all_inner_texts()
    assert headings[:4] == ["Abstract", "What to do on Monday", "Claims", "Limits"]
    asked = page.locator("#practice .asked")
    assert asked.count() == page.locator("#practice .then").count() > 1
    expect(page.locator("#practice pre")).to_contain_text("nn.init.kaiming_normal_")
    targets = page.locator("#practice a, #limits a").evaluate_all("links => links.map(link => link.hash)")
    assert all(page.locator(target).count() == 1 for target in targets)


def test_claims_are_sorted_filtered_and_opened(page: Page, results: str) -> None:
    judged = pd.read_csv(ROOT / results / "claims.csv")
    whole = judged[judged["part"] == "all"]
    expect(page.locator("tbody.claim")).to_have_count(len(CLAIMS))
    commonest = whole["verdict"].value_counts().index[0]
    for verdict in set(whole["verdict"]) - {commonest}:
        page.get_by_role("checkbox", name=verdict).uncheck()
    expect(page.locator("tbody.claim:visible")).to_have_count(int((whole["verdict"] == commonest).sum()))
    page.get_by_role("checkbox").evaluate_all("boxes => boxes.forEach(box => box.checked || box.click())")
    page.get_by_role("searchbox").fill("unit std LSUV")
    expect(page.locator("tbody.claim#claim-13")).to_be_visible()
    assert page.locator("tbody.claim:visible").count() < len(CLAIMS)
    page.get_by_role("searchbox").fill("")
    page.get_by_role("button", name="Effect", exact=True).click()
    rising = page.locator("tbody.claim").evaluate_all("rows => rows.map(row => Number(row.dataset.effect))")
    known = [value for value in rising if value == value]
    assert known == sorted(whole["effect"].dropna())
    page.get_by_role("button", name="No.", exact=True).click()
    opener = page.get_by_role("button", name=CLAIMS[2].statement, exact=True)
    opener.focus()
    page.keyboard.press("Enter")
    expect(opener).to_have_attribute("aria-expanded", "true")
    parts = judged[(judged["claim"] == 2) & (judged["part"] != "all")]
    expect(page.locator("#parts-2 tbody tr")).to_have_count(len(parts))
    expect(page.locator("#parts-2")).to_contain_text(CLAIMS[2].criterion)
    page.keyboard.press("Enter")
    expect(page.locator("#parts-2")).to_be_hidden()


def test_a_part_shows_its_effect_in_any_window(page: Page) -> None:
    page.get_by_role("button", name=CLAIMS[2].statement, exact=True).click()
    for cell in page.locator("#parts-2 [data-label='Effect']").all():
        place = cell.bounding_box()
        assert place is not None
        assert place["x"] + place["width"] <= page.evaluate("innerWidth")
    page.get_by_role("link", name="Top").click()
    page.wait_for_function("scrollY === 0")


def test_every_figure_is_shown_with_words(page: Page) -> None:
    assert page.locator("#figure-verdicts").count() == 0, "the table of claims draws it"
    for figure in FIGURES.keys() - {"verdicts"}:
        image = page.locator(f"#figure-{figure} img")
        image.scroll_into_view_if_needed()
        image.evaluate("image => image.decode()")  # waits for it, and raises for what is no image
        assert image.get_attribute("alt")
        expect(page.locator(f"#figure-{figure} figcaption")).to_contain_text(figure)


def test_the_slider_moves_the_charts_and_a_seed_picks_its_nets(page: Page) -> None:
    chart = page.locator("[data-chart='min-bin share'] svg")
    slider = page.get_by_role("slider")
    slider.focus()
    before = chart.inner_html()
    page.keyboard.press("End")
    expect(page.locator("#step-shown")).not_to_have_text("0")
    page.wait_for_function(
        "html => document.querySelector('[data-chart=\"min-bin share\"] svg').innerHTML !== html", arg=before
    )
    before = chart.inner_html()
    page.get_by_role("combobox", name="Net").select_option(index=1)
    page.wait_for_function(
        "html => document.querySelector('[data-chart=\"min-bin share\"] svg').innerHTML !== html", arg=before
    )
    assert page.locator("[data-chart] svg").count() == page.locator("[data-chart]").count()
    expect(page.locator("#nets")).not_to_contain_text("drawing …")


OPACITIES = "lines => lines.map((line) => Number(getComputedStyle(line).opacity))"
BEGINNING = """line => {
    const {x, y} = line.getPointAtLength(0)
    const {a, b, c, d, e, f} = line.getScreenCTM()
    return [a * x + c * y + e, b * x + d * y + f]
}"""


def test_a_net_under_the_pointer_stands_out_and_says_its_name(page: Page) -> None:
    page.get_by_role("combobox", name="Net").select_option(index=0)
    for chart in page.locator("[data-chart^='loss at peak'] svg").all():
        chart.scroll_into_view_if_needed()
        lines = chart.locator(".mark-line path")
        assert HIDDEN not in lines.evaluate_all(OPACITIES)
        x, y = lines.last.evaluate(BEGINNING)
        for shift in (-3, 0, 0.5):  # a pointer that comes to rest
            page.mouse.move(x + shift, y)
        expect(page.locator("#vg-tooltip-element")).to_contain_text("seed")
        opacities = lines.evaluate_all(OPACITIES)
        assert opacities.count(HIDDEN) == len(opacities) - 1
        page.mouse.move(0, 0)
        assert HIDDEN not in lines.evaluate_all(OPACITIES)


def test_data_come_out_as_they_went_in(page: Page, results: str) -> None:
    for button, file in {
        "claims.csv": "claims.csv",
        "min-bin.csv": "tables/min-bin.csv",
        "The report as PDF": "report.pdf",
    }.items():
        with page.expect_download() as download:
            page.get_by_role("button", name=button).first.click()
        assert download.value.path().read_bytes() == (ROOT / results / file).read_bytes()
        assert download.value.suggested_filename == Path(file).name
