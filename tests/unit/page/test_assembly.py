"""The page to explore: what is on it, that names from users' tables are inert, and that the same content gives the same
bytes."""

import base64
import io
import json
import re
import zlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from project import ROOT

from goodinit.claims import CLAIMS
from goodinit.claims.evidence import Evidence
from goodinit.claims.judging import judge_claims
from goodinit.page.charts import MOST_STEPS, draw_charts, thin_steps
from goodinit.page.claims import describe_claims
from goodinit.report.plotting import color_peaks, style
from goodinit.verbs.explore import explore

CONFIG = yaml.safe_load((ROOT / "config/config.yaml").read_text())
EVIL = "</script><img src=x onerror=alert(1)>&\"'"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 453.6 200"><title>Nets &amp; lines</title><g/></svg>'
CARD = {
    "origin": EVIL,
    "features": [{"name": EVIL}],
    "class_share": {"train": {EVIL: 1.0}},
    "rows": {"train": 2, "valid": 1, "test": 1},
    "columns": [{"name": EVIL, "done": EVIL}],
}


class Reader(HTMLParser):
    """What a browser sees: every element with its attributes, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def ids(self) -> list[str]:
        return [attributes["id"] or "" for _, attributes in self.elements if "id" in attributes]


@pytest.fixture(scope="module")
def judged() -> pd.DataFrame:
    """Every claim with no runs to judge it by, and a note from outside."""
    table = judge_claims(Evidence({}, "my-table", "standardize", "satimage", [0.2], {}))
    table = pd.read_csv(io.StringIO(table.to_csv(index=False)))
    table.loc[table["part"] == "overall", "note"] = EVIL
    first = {"effect": -0.5, "interval_low": -1.0, "interval_high": 0.25, "n": 20, "verdict": "undecided"}
    told = {"effect_unit": "log10 ratio", "threshold": 0.0, "side": "below", "measured": -0.5, "unit": "log10 ratio"}
    table = table.astype({"effect_unit": object, "side": object, "unit": object})  # empty, and so read as numbers
    table.loc[0, list(first | told)] = pd.Series(first | told)
    return table


def write(folder: Path, judged: pd.DataFrame, **config: Any) -> str:
    """A page with one figure, without report."""
    names = {"claims.csv": judged, "claims-by-dataset.csv": judged.assign(dataset="fars", scaling="standardize")}
    for name, table in names.items():
        table.to_csv(folder / name, index=False)
    for name in ("figures", "tables", "my-table"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "my-table/card.json").write_text(json.dumps(CARD))
    (folder / "figures/verdicts.svg").write_text(SVG)
    pd.DataFrame({"x": [1.5], "name": [EVIL]}).to_csv(folder / "tables/verdicts.csv", index=False)
    explore(
        judged=folder / "claims.csv",
        others=folder / "claims-by-dataset.csv",
        numbers=None,
        text=None,
        report=None,
        drawings=[folder / "figures/verdicts.svg"],
        tables=[folder / "tables/verdicts.csv"],
        cards=[folder / "my-table/card.json"],
        caption=ROOT / "workflow/report/figure.rst",
        template=ROOT / "workflow/report/page.html",
        config=CONFIG | config,
        page=folder / "report.html",
    )
    return (folder / "report.html").read_text()


def test_every_claim_is_on_the_page_with_its_rule_and_parts(judged: pd.DataFrame, tmp_path: Path) -> None:
    page = Reader(write(tmp_path, judged))
    rows = [attributes for tag, attributes in page.elements if "data-verdict" in attributes and tag == "tbody"]
    assert [row["data-number"] for row in rows] == [str(number) for number in CLAIMS]
    assert [row["data-verdict"] for row in rows] == ["undecided"] + ["untestable"] * (len(CLAIMS) - 1)
    assert float(rows[0]["data-effect"] or 0) == -0.5
    for claim in CLAIMS.values():
        assert claim.criterion in page.text
        assert claim.said is None or f"“{claim.said.words}”" in page.text
    assert "untestable: fars (standardize)" in page.text


def test_an_effect_says_what_it_is_and_what_the_claim_has_it_be(judged: pd.DataFrame, tmp_path: Path) -> None:
    first = describe_claims(judged, judged.head(0), CONFIG)[0].whole
    assert (first.part, first.effect) == ("overall", "−0.500 [−1.000, 0.250]")
    assert (first.compared, first.measured) == ("log10 ratio, claimed below 0", "")
    assert "overall: log10 ratio, claimed below 0" in Reader(write(tmp_path, judged)).text


@pytest.mark.parametrize(
    ("changes", "measured"),
    [
        ({"unit": "of 20 nets", "effect_unit": "share of nets", "measured": 3.0}, ""),
        ({"measured": 0.333, "unit": "nats", "effect_unit": "nats"}, "0.333 nats"),
        ({"default_value": 1.25, "unit": "nats", "effect_unit": "nats"}, "−0.500 nats (default 1.250)"),
        ({"unit": "steps", "measured": 168.0}, "168 steps"),
    ],
)
def test_what_was_measured_is_told_where_it_is_not_the_effect(
    judged: pd.DataFrame, changes: dict[str, Any], measured: str
) -> None:
    judged = judged.copy()
    judged.loc[0, list(changes)] = pd.Series(changes)
    assert describe_claims(judged, judged.head(0), CONFIG)[0].whole.measured == measured


def test_names_from_outside_are_inert(judged: pd.DataFrame, tmp_path: Path) -> None:
    page = Reader(write(tmp_path, judged))
    assert page.text.count(EVIL) == 1 + 1 + 2, "the note, the origin and a column with what was done to it"
    assert [attributes for tag, attributes in page.elements if tag == "img" and "src" in attributes] == []
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert sum(tag == "script" and "id" not in attributes for tag, attributes in page.elements) == 1


def test_nothing_outside_is_asked_for_and_files_come_along(judged: pd.DataFrame, tmp_path: Path) -> None:
    text = write(tmp_path, judged)
    page = Reader(text)
    asked = [attributes.get("src") or attributes.get("href") or "#" for _, attributes in page.elements]
    assert {one for one in asked if not one.startswith("#")} == {"data:,"}
    ids = page.ids()
    assert len(ids) == len(set(ids))
    linked = [target.removeprefix("#") for target in asked if len(target) > 1 and target.startswith("#")]
    assert set(linked) <= set(ids)
    carried = {attributes["data-file"] for _, attributes in page.elements if "data-file" in attributes}
    assert carried <= set(ids)
    for name, file in {"file-verdicts": "tables/verdicts.csv", "drawing-verdicts": "figures/verdicts.svg"}.items():
        packed = re.search(rf'id="{name}"[^>]*>([^<]*)<', text)
        assert packed
        assert zlib.decompress(base64.b64decode(packed[1])) == (tmp_path / file).read_bytes()
    drawn = next(attributes for tag, attributes in page.elements if tag == "img")
    assert (drawn["alt"], drawn["width"]) == ("Nets & lines", "453.6")


def test_the_same_content_gives_the_same_bytes(judged: pd.DataFrame, tmp_path: Path) -> None:
    assert write(tmp_path, judged) == write(tmp_path, judged)


def test_studies_that_are_off_and_drafts(judged: pd.DataFrame, tmp_path: Path) -> None:
    studies = {name: study | {"enabled": name != "suite"} for name, study in CONFIG["studies"].items()}
    page = Reader(write(tmp_path, judged, studies=studies, draft=True))
    assert "study-main" in page.ids()
    assert "study-suite" not in page.ids()
    assert "nets" not in page.ids(), "no table, no chart"
    assert "Draft" in page.text


def make_tables() -> dict[str, pd.DataFrame]:
    """Two nets of each of two initializers over 100 windows of a net of two layers."""
    index = pd.MultiIndex.from_product(
        [["default", "lsuv"], [0.2], [5, 6], range(0, 4600, 46), [1, 2]],
        names=["init", "peak", "seed", "step", "layer"],
    )
    layers = index.to_frame(index=False)
    nets = layers[layers["layer"] == 1].drop(columns="layer")
    ends = nets.groupby(["init", "peak", "seed"], as_index=False).first().drop(columns="step")
    values = np.linspace(0.001, 0.9, len(layers))
    moments = [layers.assign(value=values, measure=measure) for measure in ("mean", "std", "signal")]
    return {
        "loss-curves": nets.assign(trailing_loss=1.5, null_loss=1.6, diverged_step=np.nan),
        "escape": ends.assign(outcome="trained", escape_step=200, null_loss=1.6, diverged_step=np.nan),
        "min-bin": layers.assign(min_bin_share=values),
        "gini": layers.assign(gini=values),
        "activation-moments": pd.concat(moments),
        "activation-histograms": layers.drop(columns="seed").assign(bin=0.25, log_count=2.0),
    }


def test_charts_hold_thinned_rows_of_every_net_in_the_figures_colours() -> None:
    tables = make_tables()
    charts, steps = draw_charts(tables)
    assert len(steps) == MOST_STEPS
    assert (steps[0], steps[-1]) == (0, 99 * 46)
    assert list(charts) == [
        "loss at peak 0.2",
        *("min-bin share", "standard deviation", "signal", "Gini index"),
        *("activations after layer 1", "activations after layer 2"),
    ]
    share = charts["min-bin share"]
    [text] = share["datasets"].values()
    rows = pd.read_csv(io.StringIO(text))
    shown = tables["min-bin"][tables["min-bin"]["step"].isin(steps)]
    assert len(rows) == len(shown) == 2 * 2 * 2 * MOST_STEPS
    assert rows["value"].to_numpy() == pytest.approx(shown["min_bin_share"].to_numpy(), rel=1e-3)
    scale = share["layer"][0]["encoding"]["color"]["scale"]
    assert dict(zip(scale["domain"], scale["range"], strict=True)) == {
        "default": style("default")[0],
        "lsuv": style("lsuv")[0],
    }
    assert charts == draw_charts(tables)[0], "no name is random or counted on"


def test_peaks_have_the_colours_of_the_figure() -> None:
    moments = make_tables()["activation-moments"].query("layer == 1 and measure == 'signal'").drop(columns="layer")
    law = moments.rename(columns={"value": "signal"}).assign(dataset="my-table", rate_sum=1.0, escaped=False)
    charts, _ = draw_charts({"law": pd.concat([law, law.assign(peak=0.8)])})
    scale = charts["signal by sum of rates"]["layer"][0]["encoding"]["color"]["scale"]
    assert dict(zip(scale["domain"], scale["range"], strict=True)) == color_peaks([0.2, 0.8])


def test_no_line_runs_across_layers_without_a_value() -> None:
    moments = make_tables()["activation-moments"]
    for second, connected in {2: True, 5: False}.items():
        charts, _ = draw_charts({"activation-moments": moments.replace({"layer": {2: second}})})
        marks = [layer["mark"]["type"] for layer in charts["signal"]["layer"]]
        assert ("line" in marks) is connected
        assert "circle" in marks


def test_what_was_not_recorded_has_no_chart() -> None:
    tables = make_tables()
    charts, steps = draw_charts({name: tables[name] for name in ("loss-curves", "escape")})
    assert (list(charts), steps) == (["loss at peak 0.2"], [])
    assert "step" not in [one["name"] for one in charts["loss at peak 0.2"]["params"]]
    charts, steps = draw_charts({"activation-moments": tables["activation-moments"]})
    assert (list(charts), len(steps)) == (["standard deviation", "signal"], MOST_STEPS)
    assert draw_charts({}) == ({}, [])


def test_few_steps_are_all_kept() -> None:
    assert thin_steps(pd.DataFrame({"step": [0, 46, 0, 92]})) == [0, 46, 92]
