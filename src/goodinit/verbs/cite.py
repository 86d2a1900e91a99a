import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from goodinit import files
from goodinit.places import Input, Param
from goodinit.report import account, captions, ends, manuscript, numbers, recommendation


def cite(
    escape: Input[Path],
    claims: Input[Path],
    others: Input[Path],
    simulation: Input[Path | None],
    sweep: Input[Path],
    remedies: Input[Path | None],
    overfitting: Input[Path | None],
    cards: Input[list[Path]],
    caption: Input[Path],
    figures: Param[dict[str, Any]],
    config: Param[dict[str, Any]],
    results: Param[Path],
) -> None:
    """Write numbers and tables for the report.

    simulation: without it there is an empty table in its place; remedies, overfitting: absent where their study is
    switched off; figures: of each its target, tables and studies;
    config: the whole of it; results: the folder to write into.
    """
    judged, elsewhere = pd.read_csv(claims), pd.read_csv(others)
    of_dataset = {path.parent.name: json.loads(path.read_text()) for path in cards}
    raw = {name: card["raw_sha256"] for name, card in of_dataset.items()}
    hashes = {f"{name}/{file}": sha256 for name, hashed in raw.items() for file, sha256 in hashed.items()}
    told = {figure: text for figure, text in captions.read_captions(caption).items() if figure in figures}
    collected = numbers.collect_numbers(config, told, of_dataset, pd.read_csv(escape), judged, elsewhere)
    collected |= ends.spell_ends(*(pd.read_csv(table) if table else None for table in (remedies, overfitting)))
    swept, card = pd.read_csv(sweep), of_dataset[str(collected["dataset"].value)]
    collected |= recommendation.recommend(swept, config["peaks"][0], card["rows"]["test"])
    contents = {
        "tex/numbers.tex": numbers.write_macros(collected),
        "tex/outcome-counts.tex": manuscript.write_outcome_counts(collected, config),
        "tex/outcomes.tex": manuscript.write_outcomes(collected, config),
        "tex/claims.tex": manuscript.write_claims(judged),
        "tex/studies.tex": manuscript.write_studies(config),
        "tex/datasets.tex": manuscript.write_datasets(of_dataset),
        "tex/verdicts.tex": manuscript.write_verdicts(elsewhere),
        "tex/simulation.tex": manuscript.write_simulation(pd.read_csv(simulation)) if simulation else b"",
        "tex/choices.tex": manuscript.write_choices(swept),
        "tex/columns.tex": manuscript.write_columns(card["columns"]),
        "tex/judged.tex": manuscript.write_judged(judged),
        "tex/versions.tex": manuscript.write_pairs(account.versions()),
        "tex/hashes.tex": manuscript.write_pairs(hashes),
        "tex/origins.tex": manuscript.write_origins(figures),
    }
    files.write_json(results / "numbers.json", {key: asdict(number) for key, number in collected.items()})
    for name, content in contents.items():
        files.write_whole(results / name, content)
