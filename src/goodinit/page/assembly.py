"""The page put together: the template of workflow/report/ filled with what was found."""

import json
from collections.abc import Mapping
from inspect import getdoc
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import vl_convert
from markupsafe import Markup

from goodinit import __version__
from goodinit.claims.claim import LAST_OF_THREAD
from goodinit.page.attachments import Attachment, Drawing, attach
from goodinit.page.charts import EVERY, Charts
from goodinit.page.claims import Judged, count_verdicts
from goodinit.page.prose import Prose
from goodinit.report import captions
from goodinit.report.plotting import VERDICT_COLORS, style
from goodinit.study.conditions import STUDIES, main_dataset
from goodinit.study.figures import FIGURES


class Figure(NamedTuple):
    """A figure with its caption and the tables that it draws."""

    name: str
    drawing: Drawing
    caption: Markup
    tables: list[str]


class Chapter(NamedTuple):
    """A section of the report's text."""

    name: str
    title: Markup
    body: Markup


class Section(NamedTuple):
    """A study, what it trains, and its figures."""

    study: str
    about: str
    figures: list[Figure]


def collect_sections(
    drawings: Mapping[str, Drawing], told: Mapping[str, str], config: Mapping[str, Any]
) -> list[Section]:
    """The enabled studies with their figures, in the order of both. drawings and told, the captions' source: by
    figure."""
    sections = []
    for study, asks in STUDIES.items():
        figures = [
            Figure(
                name,
                drawings[name],
                Prose().write(captions.typeset(told[name], config)),
                list(figure.tables),
            )
            for name, figure in FIGURES.items()
            if name in drawings and figure.study == study
        ]
        if config["studies"][study]["enabled"]:
            sections.append(Section(study, " ".join((getdoc(asks) or "").split()), figures))
    return sections


def write_page(
    template: Path,
    *,
    title: Markup,
    task: Markup,
    lead: Markup,
    chapters: list[Chapter],
    claims: list[Judged],
    sections: list[Section],
    tables: Mapping[str, Attachment],
    charts: Charts,
    steps: list[int],
    seeds: list[int],
    cards: Mapping[str, Mapping[str, Any]],
    report: Attachment | None,
    config: Mapping[str, Any],
) -> bytes:
    """The page as HTML that asks for nothing outside: the same bytes for the same content. task: what nets learn on the
    main dataset."""
    loader = jinja2.FileSystemLoader(template.parent)
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    drawn = attach("charts.json", json.dumps(charts, separators=(",", ":")).encode())
    page = environment.get_template(template.name).render(
        version=__version__,
        dataset=main_dataset(config),
        last_of_thread=LAST_OF_THREAD,
        title=title,
        task=task,
        lead=lead,
        chapters={chapter.name: chapter for chapter in chapters},
        claims=claims,
        counts=count_verdicts(claims),
        colors=VERDICT_COLORS,
        inits={init: style(init)[0] for init in config["initializers"]},
        sections=sections,
        tables=tables,
        charts=list(charts),
        drawn=drawn,
        library=attach("vega.js", vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed").encode())
        if charts
        else None,
        steps=steps,
        seeds=seeds,
        every=EVERY,
        cards=cards,
        report=report,
        config=config,
    )
    return page.encode()
