"""All claims judged, as tables of verdicts."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from goodinit.claims import CLAIMS
from goodinit.claims.claim import Claim
from goodinit.claims.evidence import Evidence, Setting, UntestableError
from goodinit.claims.verdicts import UNTESTABLE, Finding, combine
from goodinit.runs.nets import NotRecordedError
from goodinit.statistics import inference

COLUMNS = [
    "claim", "part", "statement", "verdict", "measured", "unit", "n", "effect", "effect_unit", "interval_low",
    "interval_high", "p_value", "p_adjusted", "peak", "thread_value", "default_value", "note", "runs",
]  # fmt: skip
ALL = "all"  # the part and the peak of the row that holds a claim's verdict


def judge_claims(evidence: Evidence, again: bool = False) -> pd.DataFrame:
    """A row per claim, part and peak, after a row per claim (part and peak ALL) with its verdict and the numbers of its
    primary part at the main peak, which its note names; columns COLUMNS. p_adjusted: Holm's correction over the primary
    p-values. again: without those to be judged once."""
    rows = []
    for one in CLAIMS.values():
        if again and one.peaks == "once":
            continue
        found = list(_findings(one, evidence))
        verdict = combine([finding.verdict for _, finding in found])
        primary = found[0][1]
        note = ": ".join(filter(None, [primary.part, primary.note]))
        summary = replace(primary, part=ALL, verdict=verdict, note=note)
        for peak, finding in [(ALL, summary), *found]:
            rows.append({"claim": one.number, "statement": one.statement, "peak": peak, **vars(finding)})
    table = pd.DataFrame(rows)
    whole = table["part"] == ALL
    table.loc[whole, "p_adjusted"] = inference.holm(table.loc[whole, "p_value"].to_numpy("float64"))
    return table[COLUMNS]


def judge_others(evidence: Evidence) -> pd.DataFrame:
    """The same for every other prepared dataset that the runs are of, but for claims that do not depend on it, and
    without correction (these tests confirm nothing); columns dataset, scaling and COLUMNS."""
    tables = []
    without_pruning = {name: table for name, table in evidence.tables.items() if name != "pruning"}
    for dataset, scaling in evidence.prepared():
        if (dataset, scaling) != (evidence.dataset, evidence.scaling):
            peaks = [peak for peak in evidence.peaks if peak in evidence.peaks_of("default", dataset, scaling)]
            other = replace(
                evidence, dataset=dataset, scaling=scaling, peaks=peaks or evidence.peaks[:1], tables=without_pruning
            )
            table = judge_claims(other, again=True).assign(p_adjusted=np.nan)
            tables.append(table.assign(dataset=dataset, scaling=scaling)[["dataset", "scaling", *COLUMNS]])
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["dataset", "scaling", *COLUMNS])


def _findings(one: Claim, evidence: Evidence) -> Iterator[tuple[str, Finding]]:
    """All parts at all peaks; those that a rule did not come to are untestable for the reason it gave."""
    for label, setting in _settings(one, evidence):
        found: dict[str, Finding] = {}
        reason = ""
        try:
            at = setting()
            evidence.asked.clear()  # of what chose a best peak
            for finding in one.rule(at):
                found[finding.part] = finding
        except (UntestableError, NotRecordedError) as error:
            reason = str(error)
        if undeclared := found.keys() - set(one.parts):
            raise KeyError(f"claim {one.number} does not declare {undeclared}")
        for part in one.parts:
            finding = found.get(part) or Finding(part, UNTESTABLE, note=reason)
            yield label, replace(finding, runs=" ".join(dict.fromkeys(evidence.asked)))


def _settings(one: Claim, evidence: Evidence) -> Iterator[tuple[str, Callable[[], Setting]]]:
    if one.peaks in ("once", "main"):
        yield f"{evidence.peaks[0]:g}", evidence.main
        return
    for setting in evidence.at_main_peaks():
        yield setting.label, lambda setting=setting: setting  # type: ignore[misc]
    if one.peaks == "each and best":
        yield "best", evidence.at_best
