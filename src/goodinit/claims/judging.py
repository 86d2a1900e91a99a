"""All claims judged, as tables of verdicts."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from goodinit.claims import CLAIMS
from goodinit.claims.claim import Claim, Rule
from goodinit.claims.evidence import Evidence, Setting, UntestableError
from goodinit.claims.verdicts import UNTESTABLE, Effect, Finding, combine
from goodinit.runs.condition import Condition
from goodinit.runs.nets import Nets, NotRecordedError
from goodinit.statistics import inference

Row = dict[str, Any]  # of COLUMNS
COLUMNS = [
    "claim", "part", "statement", "verdict", "measured", "unit", "n", "effect", "effect_unit", "interval_low",
    "interval_high", "threshold", "side", "p_value", "p_adjusted", "peak", "thread_value", "default_value", "note",
    "nudged", "runs",
]  # fmt: skip
ALL = "all"  # the part and the peak of the row that holds a claim's verdict


def judge_claims(evidence: Evidence, again: bool = False) -> pd.DataFrame:
    """A row per claim, part and peak, after a row per claim (part and peak ALL) with its verdict and the numbers of its
    primary part at the main peak, which its note names; columns COLUMNS. p_adjusted: Holm's correction over the family
    of all primary p-values in the table. nudged: the verdict over nets that started nudged instead, where there are
    such among those that a rule asks for and they tell. Parts aside alone make no verdict. again: on another dataset,
    without those to be judged once."""
    main = evidence.at_main_peaks()
    settings = {"once": main[:1], "main": main[:1], "each": main, "each and best": [*main, evidence.at_best()]}
    rows = []
    for one in CLAIMS.values():
        if not (again and one.at == "once"):
            found = [row for at in settings[one.at] for row in _judge_parts(one, at)]
            telling = [row["verdict"] for row in found if row["part"] not in one.aside]
            untold = combine(telling) == UNTESTABLE
            verdict = UNTESTABLE if untold else combine([row["verdict"] for row in found])
            note = "; ".join(filter(None, [one.primary, found[0]["note"], _say_untestable(found, verdict)]))
            nudged = combine([row["nudged"] or row["verdict"] for row in found]) if _are_nudged(found) else ""
            of_whole = {"part": ALL, "peak": ALL, "verdict": verdict, "nudged": nudged, "note": note}
            rows += [found[0] | of_whole, *found]
    table = pd.DataFrame(rows)
    whole = table["part"] == ALL
    table.loc[whole, "p_adjusted"] = inference.holm(table.loc[whole, "p_value"].to_numpy("float64"))
    return table


def _say_side(effect: Effect) -> str:
    """Where the claim has the effect."""
    return "" if np.isnan(effect.threshold) else "above" if effect.above else "below"


def _are_nudged(found: list[Row]) -> bool:
    return any(row["nudged"] for row in found)


def _say_untestable(found: list[Row], verdict: str) -> str:
    """That a verdict stands although some parts have none, or does not although some have one."""
    testable = {row["verdict"] != UNTESTABLE for row in found}
    if len(testable) == 1:
        return ""
    return "what is testable does not tell it here" if verdict == UNTESTABLE else "some of it is untestable"


def judge_others(evidence: Evidence, compared: Collection[str]) -> pd.DataFrame:
    """The same for every other prepared dataset, of those compared ("fars/standardize"), that the runs are of, but for
    claims that do not depend on it, and without correction (these tests confirm nothing); columns dataset, scaling and
    COLUMNS."""
    tables = []
    without_pruning = {name: table for name, table in evidence.tables.items() if name != "pruning"}
    for dataset, scaling in evidence.prepared():
        name = f"{dataset}/{scaling}"
        if name in compared and (dataset, scaling) != (evidence.dataset, evidence.scaling):
            peaks = [peak for peak in evidence.peaks if peak in evidence.peaks_of("default", dataset, scaling)]
            other = replace(
                evidence, dataset=dataset, scaling=scaling, peaks=peaks or evidence.peaks[:1], tables=without_pruning
            )
            table = judge_claims(other, again=True).assign(p_adjusted=np.nan)
            tables.append(table.assign(dataset=dataset, scaling=scaling)[["dataset", "scaling", *COLUMNS]])
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["dataset", "scaling", *COLUMNS])


class Watched(dict[Condition, Nets]):
    """Nets by condition, which keeps the conditions whose nets were asked for, in the order asked."""

    def __init__(self, nets: Mapping[Condition, Nets]) -> None:
        super().__init__(nets)
        self.asked: list[Condition] = []

    def __getitem__(self, condition: Condition) -> Nets:
        self.asked.append(condition)
        return super().__getitem__(condition)


def _judge_parts(one: Claim, at: Setting) -> list[Row]:
    """A row per part in a setting; `runs` are the conditions that any of them asked for."""
    watched = Watched(at.evidence.trained)
    nudged = replace(at, evidence=at.evidence.nudged())
    rows: list[Row] = []
    for part, rule in one.parts.items():
        before = len(watched.asked)
        finding = _judge_part(rule, replace(at, evidence=replace(at.evidence, trained=watched)))
        asks_for_nudged = not at.evidence.have_nudged().isdisjoint(watched.asked[before:])
        again = _judge_part(rule, nudged).verdict if asks_for_nudged else UNTESTABLE
        rows.append(_flatten(one, part, at.label, finding) | {"nudged": "" if again == UNTESTABLE else again})
    asked = " ".join(dict.fromkeys(map(str, watched.asked)))
    return [row | {"runs": asked} for row in rows]


def _judge_part(rule: Rule, at: Setting) -> Finding:
    """What a rule finds; where it cannot be applied that is untestable, and the note says why."""
    try:
        return rule(at)
    except (UntestableError, NotRecordedError) as reason:
        return Finding(verdict=UNTESTABLE, note=str(reason))


def _flatten(one: Claim, part: str, peak: str, finding: Finding) -> Row:
    measured, effect = finding.measured, finding.effect
    values = (
        one.number, part, one.statement, finding.verdict, measured.value, measured.unit, finding.n, effect.value,
        effect.unit, effect.low, effect.high, effect.threshold, _say_side(effect), effect.p_value, np.nan, peak,
        effect.thread, measured.default, finding.note, "", "",
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))
