"""The report's tables, and the sentences that count: TeX made from the tidy tables."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from goodinit import inference, plateau
from goodinit.claims import ALL, LAST_OF_THREAD
from goodinit.numbers import code, escape_tex, listed, minus, render
from goodinit.verdicts import UNTESTABLE

Row = Mapping[Any, Any]


def write_outcomes(escape: pd.DataFrame) -> bytes:
    """How the nets ended, as a tabular: a row per peak and initializer."""
    lines = [
        r"\begin{tabular}{@{}rl" + "r" * 4 + r"rrrr@{}}",
        r"\toprule",
        r"& & \multicolumn{4}{c}{outcome (nets)} & median & \multicolumn{2}{c}{validation} & plateau \\",
        r"\cmidrule(lr){3-6}\cmidrule(lr){8-9}",
        "peak & initializer & " + " & ".join(plateau.OUTCOMES) + r" & escape & loss & accuracy & (nets) \\",
        r"\midrule",
    ]
    for (peak, init), nets in escape.groupby(["peak", "init"], sort=False):
        counts = nets["outcome"].value_counts()
        median = inference.median_time(nets["escape_step"].to_numpy("float64"))
        finished = nets[nets["outcome"] != "diverged"]
        cells = [
            f"{peak:g}",
            code(str(init)),
            *(str(counts.get(outcome, 0)) for outcome in plateau.OUTCOMES),
            "never" if pd.isna(median) else f"{median:.0f}",
            render(finished["valid_loss"].mean(), "nats")[0],
            render(finished["valid_accuracy"].mean(), "accuracy")[0],
            str(int((nets["plateau_steps"] > 0).sum())),
        ]
        lines.append(_row(cells))
    return _lines(*lines, r"\bottomrule", r"\end{tabular}")


def write_outcome_sentences(escape: pd.DataFrame) -> bytes:
    """A sentence per peak that counts the nets that escaped and that diverged."""
    sentences = []
    for peak, at_peak in escape.groupby("peak", sort=False):
        parts = []
        for init, nets in at_peak.groupby("init", sort=False):
            got_out, diverged = int(nets["escape_step"].notna().sum()), int((nets["outcome"] == "diverged").sum())
            more = f" and {diverged} of the {len(nets)} diverge" if diverged else ""
            parts.append(f"{got_out} of {len(nets)} {code(str(init))} nets escape{more}")
        sentences.append(f"At peak {peak:g}, {'; '.join(parts)}.")
    return _lines(*sentences)


def write_claims(claims: pd.DataFrame) -> bytes:
    """The verdict on every claim, as rows of a longtable: number, statement, verdict, what is held against the rule
    with its interval (of the primary part, at the main peak), n and the corrected p-value."""
    lines = []
    for row in claims[claims["part"] == ALL].to_dict("records"):
        if row["claim"] == LAST_OF_THREAD + 1:
            lines.append(r"\midrule")
        cells = [str(row["claim"]), escape_tex(row["statement"]), _verdict(row["verdict"]), _effect(row), _count(row)]
        lines.append(_row([*cells, _p_value(row["p_adjusted"])]))
    return _lines(*lines)


def write_findings(claims: pd.DataFrame) -> bytes:
    """Every part of every claim at every peak, as rows of a longtable: number, part, peak, verdict, measured, effect
    with interval, n, p-value and a note."""
    lines, last = [], None
    parts = claims[claims["part"] != ALL].fillna({"part": "", "unit": "", "note": ""})
    for row in parts.to_dict("records"):
        measured = (
            "--" if pd.isna(row["measured"]) else f"{minus(format(row['measured'], '.3g'))} {escape_tex(row['unit'])}"
        )
        number = "" if row["claim"] == last else str(row["claim"])
        last = row["claim"]
        cells = [number, escape_tex(row["part"]), row["peak"], _verdict(row["verdict"]), measured, _effect(row)]
        lines.append(_row([*cells, _count(row), _p_value(row["p_value"]), escape_tex(row["note"])]))
    return _lines(*lines)


def write_verdicts(others: pd.DataFrame) -> bytes:
    """The verdicts on other datasets and scalings as a tabular: a row per claim, a column per prepared dataset."""
    whole = others[others["part"] == ALL]
    prepared = list(dict.fromkeys(zip(whole["dataset"], whole["scaling"], strict=True)))
    lines = [r"\begin{tabular}{@{}r" + "l" * len(prepared) + "@{}}", r"\toprule"]
    lines += [_row(["", *map(escape_tex, names)]) for names in zip(*prepared, strict=True)]
    lines.append(r"\midrule")
    for claim, rows in whole.groupby("claim"):
        verdicts = rows.set_index(["dataset", "scaling"])["verdict"]
        lines.append(_row([str(claim), *(_verdict(str(verdicts[pair])) for pair in prepared)]))
    return _lines(*lines, r"\bottomrule", r"\end{tabular}")


def write_simulation(simulation: pd.DataFrame) -> bytes:
    """Level and coverage on made-up data as a tabular: a row per method and distribution, a column per n."""
    wide = simulation.pivot(index=["method", "distribution", "nominal"], columns="n", values="measured")
    lines = [
        r"\begin{tabular}{@{}llr" + "r" * wide.shape[1] + "@{}}",
        r"\toprule",
        _row(["method", "data", "nominal", *(f"$n = {n}$" for n in wide.columns)]),
        r"\midrule",
    ]
    for row in wide.reset_index().to_dict("records"):
        measured = ("--" if pd.isna(row[n]) else f"{row[n]:.3f}" for n in wide.columns)
        lines.append(
            _row([escape_tex(row["method"]), escape_tex(row["distribution"]), f"{row['nominal']:.2f}", *measured])
        )
    return _lines(*lines, r"\bottomrule", r"\end{tabular}")


def write_pairs(pairs: Mapping[str, str]) -> bytes:
    """Names and values (versions, hashes) as a tabular."""
    rows = [_row([code(name), code(value)]) for name, value in pairs.items()]
    return _lines(r"\begin{tabular}{@{}ll@{}}", r"\toprule", *rows, r"\bottomrule", r"\end{tabular}")


def write_origins(origins: Mapping[str, Mapping[str, list[str]]]) -> bytes:
    """Where each figure comes from, as a tabular: the target to ask for, its tables, the studies it shows."""
    head = _row(["target", "tables", "studies"])
    rows = [
        _row([code(origin["target"][0]), listed(origin["tables"]), listed(origin["studies"])])
        for origin in origins.values()
    ]
    return _lines(
        r"\begin{tabular}{@{}lll@{}}", r"\toprule", head, r"\midrule", *rows, r"\bottomrule", r"\end{tabular}"
    )


def write_account(described: Mapping[str, Any]) -> bytes:
    """Commit, machine and the cost of each rule, for a report with `provenance: full`."""
    state = "clean" if described["clean"] else "with changes that are not committed"
    commit = f"Commit {code(described['commit'])}, {state}." if described["commit"] else "Outside a repository."
    machine = (
        f"{described['processor']}, {described['cores']} cores, {described['memory_gb']} GB, {described['system']}."
    )
    rows = [
        _row([code(rule), str(cost["jobs"]), f"{cost['wall_s']:.1f}", f"{cost['peak_memory_mb']:.0f}"])
        for rule, cost in described["rules"].items()
    ]
    head = _row(["rule", "jobs", "wall time (s)", "peak memory (MB)"])
    table = [r"\begin{tabular}{@{}lrrr@{}}", r"\toprule", head, r"\midrule", *rows, r"\bottomrule", r"\end{tabular}"]
    return _lines(commit, escape_tex(machine), "", r"\medskip\noindent", *table)


def _lines(*lines: str) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def _row(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"


def _verdict(verdict: str) -> str:
    return "--" if verdict == UNTESTABLE else verdict


def _effect(row: Row) -> str:
    if pd.isna(row["effect"]):
        return "--"
    interval = [minus(f"{row[name]:.3f}") for name in ("interval_low", "interval_high") if not pd.isna(row[name])]
    return minus(f"{row['effect']:.3f}") + (f" [{', '.join(interval)}]" if interval else "")


def _count(row: Row) -> str:
    return str(row["n"]) if row["n"] else "--"


def _p_value(value: float) -> str:
    if pd.isna(value):
        return "--"
    return r"$<$.0001" if value < 0.0001 else f"{value:.4f}".removeprefix("0")
