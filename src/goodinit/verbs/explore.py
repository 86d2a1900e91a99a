import json
from pathlib import Path
from typing import Any

import pandas as pd

from goodinit import files
from goodinit.page import assembly, attachments, charts, claims, prose
from goodinit.places import Input, Output, Param
from goodinit.report import captions, proofreading
from goodinit.report.numbers import Number, spell_keys

CHAPTERS = ("practice", "limits")  # sections of the report that the page has, too


def explore(
    judged: Input[Path],
    others: Input[Path],
    numbers: Input[Path | None],
    text: Input[list[Path] | None],
    report: Input[Path | None],
    drawings: Input[list[Path] | None],
    tables: Input[list[Path] | None],
    cards: Input[list[Path] | None],
    caption: Input[Path],
    template: Input[Path],
    config: Param[dict[str, Any]],
    page: Output[Path],
) -> None:
    """Write the page to explore: what was found, what to do, claims, charts, figures, data, limits.

    judged, others: claims.csv and claims-by-dataset.csv; numbers, text, report: where there is a report; config: the
    whole of it.
    """
    known = {key: Number(**number) for key, number in json.loads(numbers.read_text()).items()} if numbers else {}
    texts = {path.stem: path.read_text() for path in text or []}
    source = "\n".join(texts.values())
    lead = prose.find_lead(source)
    chapters = {name: body for name in CHAPTERS if (body := prose.find_section(texts, name))}
    commands = prose.find_commands(source)
    task = commands.get("task", "")
    shown = "\n".join([lead, task, *chapters.values()])
    turned = proofreading.find_turned(shown, {key: number.value for key, number in known.items()})
    written = prose.Prose(
        spell_keys(known),
        turned=frozenset(one.leans_on for one in turned),
        commands=commands,
        figures=frozenset(path.stem for path in drawings or []) | prose.find_charts(shown),
        titles=prose.find_titles(source),
    )
    found = claims.describe_claims(pd.read_csv(judged), pd.read_csv(others), config)
    attached = {
        path.stem: attachments.attach(path.name, path.read_bytes()) for path in (judged, others, *(tables or []))
    }
    read = {path.stem: pd.read_csv(path) for path in tables or [] if path.stem in charts.TABLES}
    drawn, steps = charts.draw_charts(read)
    content = assembly.write_page(
        template,
        title=written.write(prose.find_title(source)),
        task=written.write(task),
        lead=written.write(lead),
        chapters=[
            assembly.Chapter(name, written.write(written.titles[name]), written.write_section(body))
            for name, body in chapters.items()
        ],
        claims=found,
        sections=assembly.collect_sections(
            {path.stem: attachments.attach_drawing(path) for path in drawings or []},
            captions.read_captions(caption),
            config,
        ),
        tables=attached,
        charts=drawn,
        steps=steps,
        seeds=sorted(read["escape"]["seed"].unique().tolist()) if "escape" in read else [],
        cards={path.parent.name: json.loads(path.read_text()) for path in cards or []},
        report=attachments.attach(report.name, report.read_bytes()) if report else None,
        config=config,
    )
    files.write_whole(page, content)
