"""The claims as the page shows them: what each found, and below it every part at every peak."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd
from markupsafe import Markup

from goodinit.claims import CLAIMS
from goodinit.claims.claim import Claim
from goodinit.claims.forest import place_verdicts
from goodinit.claims.judging import ALL
from goodinit.claims.verdicts import VERDICTS
from goodinit.page.prose import Prose
from goodinit.report import manuscript, tex
from goodinit.runs.condition import Condition
from goodinit.study.conditions import STUDIES


class Place(NamedTuple):
    """Where an effect and its interval lie, as claims.forest places them: 0 is the threshold, 1 the furthest limit on
    the claim's side."""

    position: float
    low: float
    high: float


class Found(NamedTuple):
    """A row of claims.csv. effect, measured and p_value: as the report prints them; compared: what the effect is, and
    what the claim has it be; measured: empty where that is the effect itself; place: None without a threshold; nudged:
    the verdict over nudged nets where it is another."""

    part: str
    peak: str
    verdict: str
    nudged: str
    effect: Markup
    compared: Markup
    measured: Markup
    n: int
    p_value: Markup
    note: str
    place: Place | None


class Judged(NamedTuple):
    """A claim: its verdict with the numbers of its primary part at the main peak, all parts at all peaks, the other
    datasets by verdict, and the studies whose runs it compares. order: its verdict's; effect, p_value: NaN for none."""

    claim: Claim
    order: int
    effect: float
    p_value: float
    whole: Found
    parts: list[Found]
    elsewhere: dict[str, list[str]]
    studies: list[str]


def describe_claims(judged: pd.DataFrame, others: pd.DataFrame, config: Mapping[str, Any]) -> list[Judged]:
    """Every claim of the table claims.csv, in the order of their numbers. others: claims-by-dataset.csv; config: the
    whole of it."""
    placed = place_verdicts(judged)[["position", "low", "high"]]
    rows = judged.join(placed).fillna({"part": "", "unit": "", "effect_unit": "", "note": "", "nudged": "", "runs": ""})
    asked = {name: study(config) for name, study in STUDIES.items() if config["studies"][name]["enabled"]}
    described = []
    for number, of_claim in rows.groupby("claim"):
        whole, *parts = of_claim.to_dict("records")
        claim = CLAIMS[int(str(number))]
        first = dict(whole) | {name: parts[0][name] for name in Place._fields} | {"part": claim.primary}
        runs = dict.fromkeys(" ".join(of_claim["runs"]).split())
        described.append(
            Judged(
                claim=claim,
                order=VERDICTS.index(whole["verdict"]),
                effect=whole["effect"],
                p_value=whole["p_adjusted"],
                whole=_read(first, whole["p_adjusted"]),
                parts=[_read(part, part["p_value"]) for part in parts],
                elsewhere=_judge_elsewhere(others[others["claim"] == claim.number]),
                studies=_find_studies(list(runs), asked),
            )
        )
    return described


def count_verdicts(judged: list[Judged]) -> dict[str, int]:
    """How many claims have each verdict."""
    return {verdict: sum(one.whole.verdict == verdict for one in judged) for verdict in VERDICTS}


def _read(row: Mapping[Any, Any], p_value: float) -> Found:
    place = Place(*(float(row[name]) for name in Place._fields))
    return Found(
        part=row["part"],
        peak=str(row["peak"]),
        verdict=row["verdict"],
        nudged=row["nudged"] if row["nudged"] != row["verdict"] else "",
        effect=Prose().write(manuscript.spell_effect(row)),
        compared=_tell_compared(row),
        measured=Prose().write("" if _is_effect(row) else manuscript.spell_measured(row)),
        n=int(row["n"]),
        p_value=Prose().write(manuscript.spell_p_value(p_value)),
        note=row["note"],
        place=None if math.isnan(sum(place)) else place,
    )


def _tell_compared(row: Mapping[Any, Any]) -> Markup:
    """The effect's unit, and on which side of the threshold the claim has it; nothing where there is no effect."""
    claimed = "" if pd.isna(row["threshold"]) else f"claimed {row['side']} {tex.digits(row['threshold'])}"
    told = [] if pd.isna(row["effect"]) else filter(None, [tex.escape(row["effect_unit"]), claimed])
    return Prose().write(", ".join(told))


def _is_effect(row: Mapping[Any, Any]) -> bool:
    """Whether what was measured is the effect: the same number, or the count behind a share."""
    alike = row["unit"] == row["effect_unit"] and math.isclose(row["measured"], row["effect"])
    return bool(pd.isna(row["measured"]) or row["unit"].startswith("of ") or (alike and pd.isna(row["default_value"])))


def _judge_elsewhere(rows: pd.DataFrame) -> dict[str, list[str]]:
    """The other datasets on which a claim has each verdict, as "fars (standardize)"."""
    found: dict[str, list[str]] = {}
    for row in rows[rows["part"] == ALL].to_dict("records"):
        found.setdefault(row["verdict"], []).append(f"{row['dataset']} ({row['scaling']})")
    return {verdict: found[verdict] for verdict in VERDICTS if verdict in found}


def _find_studies(runs: list[str], asked: Mapping[str, Mapping[Condition, int]]) -> list[str]:
    """The studies that asked for some conditions, each condition by the first that did."""
    found = set()
    for condition in map(Condition.parse, runs):
        found |= set([name for name, conditions in asked.items() if condition in conditions][:1])
    return [name for name in asked if name in found]
