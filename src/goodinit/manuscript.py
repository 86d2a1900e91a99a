"""What the report reads: every number by key, and its tables, made from `results/` and never typed."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from goodinit import inference, plateau
from goodinit.claims import ALL, LAST_OF_THREAD

TEX_OF = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "√": r"\ensuremath{\surd}"}


def collect_numbers(
    config: Mapping[str, Any], card: Mapping[str, Any], escape: pd.DataFrame, comparisons: pd.DataFrame
) -> dict[str, str]:
    """Key -> text for TeX, of everything the report may cite."""
    return {
        "trailing-steps": _plain(plateau.TRAILING),
        "plateau-band": _percent(plateau.PLATEAU_BAND, decimals=0),
        "plateau-steps": _plain(plateau.PLATEAU_STEPS),
        "escape-below": f"{plateau.ESCAPE_BELOW:g}",
        "confidence": _percent(inference.CONFIDENCE, decimals=0),
        **{
            key.replace("_", "-"): _plain(config[key])
            for key in ("seeds", "steps", "batch_size", "hidden_layers", "width")
        },
        "min-seeds": _plain(inference.MIN_SEEDS),
        **{f"figure-{name}": "" for name in config["figures"]},
        "draft": "true" if config["draft"] else "false",
        "dataset": _escape_tex(str(escape["dataset"].iloc[0])),
        "origin": _escape_tex(card["origin"]),
        "target": _escape_tex(card["target"]),
        "features": _plain(len(card["features"])),
        "classes": _plain(len(card["class_share"]["train"])),
        **{f"{part}-rows": _plain(rows) for part, rows in card["rows"].items()},
        "largest-skewness": _largest(card, "skewness"),
        "largest-kurtosis": _largest(card, "excess_kurtosis"),
        "largest-z": _largest(card, "max_abs_z"),
        "null-loss": f"{escape['null_loss'].iloc[0]:.3f}",
        "majority-share": _percent(escape["majority_share"].iloc[0]),
        "main-peak": f"{config['peaks'][0]:g}",
        "peaks": _listed([f"{peak:g}" for peak in config["peaks"]]),
        "initializers": _listed([_code(init) for init in config["initializers"]]),
        "reference": _code(config["initializers"][0]),
        "outcome-sentences": " ".join(_outcome_sentences(escape)),
        "comparison-sentences": " ".join(_comparison_sentences(comparisons)) or "There is one initializer only.",
    }


def write_numbers(numbers: Mapping[str, str]) -> bytes:
    """TeX definitions of the numbers, read by \\result{key} in the report."""
    return "".join(f"\\setresult{{{key}}}{{{text}}}\n" for key, text in numbers.items()).encode()


def write_json(numbers: Mapping[str, str]) -> bytes:
    """The numbers as indented JSON."""
    return (json.dumps(numbers, indent=2, ensure_ascii=False) + "\n").encode()


def write_outcomes(escape: pd.DataFrame) -> bytes:
    """The results table of the report: a row per peak and initializer, as a TeX tabular."""
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
            _code(str(init)),
            *(str(counts.get(outcome, 0)) for outcome in plateau.OUTCOMES),
            "never" if pd.isna(median) else f"{median:.0f}",
            f"{finished['valid_loss'].mean():.3f}" if len(finished) else "--",
            _percent(finished["valid_accuracy"].mean()) if len(finished) else "--",
            str(int((nets["plateau_steps"] > 0).sum())),
        ]
        lines.append(" & ".join(cells) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""]).encode()


def write_claims(claims: pd.DataFrame) -> bytes:
    """The verdict on every claim, as rows of a TeX longtable: number, statement, verdict, what is held against the rule
    with its interval (of the primary part, at the main peak) and n."""
    whole = claims[claims["part"] == ALL]
    lines = []
    for row in whole.to_dict("records"):
        if row["claim"] == LAST_OF_THREAD + 1:
            lines.append(r"\midrule")
        cells = [str(row["claim"]), _escape_tex(row["statement"]), row["verdict"], _effect(row), _count(row)]
        lines.append(" & ".join(cells) + r" \\")
    return "\n".join([*lines, ""]).encode()


def write_findings(claims: pd.DataFrame) -> bytes:
    """Every part of every claim at every peak, as rows of a TeX longtable: number, part, peak, verdict, measured,
    effect with interval, n, p-value and a note."""
    lines = []
    for row in claims[claims["part"] != ALL].fillna({"part": "", "unit": "", "note": ""}).to_dict("records"):
        measured = "--" if pd.isna(row["measured"]) else f"{row['measured']:.3g} {_escape_tex(row['unit'])}"
        p_value = "--" if pd.isna(row["p_value"]) else _p_value(row["p_value"])
        cells = [str(row["claim"]), _escape_tex(row["part"]), row["peak"], row["verdict"], measured, _effect(row)]
        lines.append(" & ".join([*cells, _count(row), p_value, _escape_tex(row["note"])]) + r" \\")
    return "\n".join([*lines, ""]).encode()


def write_verdicts(others: pd.DataFrame) -> bytes:
    """The verdicts on other datasets and scalings as a TeX tabular: a row per claim, a column per prepared dataset."""
    whole = others[others["part"] == ALL]
    prepared = list(dict.fromkeys(zip(whole["dataset"], whole["scaling"], strict=True)))
    head = [_escape_tex(dataset) for dataset, _ in prepared], [_escape_tex(scaling) for _, scaling in prepared]
    lines = [r"\begin{tabular}{@{}r" + "l" * len(prepared) + "@{}}", r"\toprule"]
    lines += [" & ".join(["", *names]) + r" \\" for names in head] + [r"\midrule"]
    for claim, rows in whole.groupby("claim"):
        verdicts = rows.set_index(["dataset", "scaling"])["verdict"]
        shown = ["--" if verdicts[pair] == "untestable" else str(verdicts[pair]) for pair in prepared]
        lines.append(" & ".join([str(claim), *shown]) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""]).encode()


def write_simulation(simulation: pd.DataFrame) -> bytes:
    """Level and coverage on made-up data as a TeX tabular: a row per method and distribution, a column per n."""
    wide = simulation.pivot(index=["method", "distribution", "nominal"], columns="n", values="measured")
    lines = [
        r"\begin{tabular}{@{}llr" + "r" * wide.shape[1] + "@{}}",
        r"\toprule",
        " & ".join(["method", "data", "nominal", *(f"$n = {n}$" for n in wide.columns)]) + r" \\",
        r"\midrule",
    ]
    for (method, distribution, nominal), row in wide.iterrows():
        cells = [_escape_tex(method), _escape_tex(distribution), f"{nominal:.2f}"]
        lines.append(" & ".join([*cells, *("--" if pd.isna(value) else f"{value:.3f}" for value in row)]) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""]).encode()


def _effect(row: Mapping[str, Any]) -> str:
    if pd.isna(row["effect"]):
        return "--"
    numbers = [f"{row[name]:.3f}" for name in ("effect", "interval_low", "interval_high") if not pd.isna(row[name])]
    value, *interval = (number.replace("-", "$-$") for number in numbers)
    return f"{value} [{', '.join(interval)}]" if interval else value


def _count(row: Mapping[str, Any]) -> str:
    return str(row["n"]) if row["n"] else "--"


def _p_value(value: float) -> str:
    return r"$<$.0001" if value < 0.0001 else f"{value:.4f}".removeprefix("0")


def _outcome_sentences(escape: pd.DataFrame) -> Iterator[str]:
    for peak, at_peak in escape.groupby("peak", sort=False):
        parts = []
        for init, nets in at_peak.groupby("init", sort=False):
            got_out, diverged = int(nets["escape_step"].notna().sum()), int((nets["outcome"] == "diverged").sum())
            parts.append(
                f"{got_out} of {len(nets)} {_code(str(init))} nets escape"
                + (f" and {diverged} of the {len(nets)} diverge" if diverged else "")
            )
        yield f"At peak {peak:g}, {'; '.join(parts)}."


def _comparison_sentences(comparisons: pd.DataFrame) -> Iterator[str]:
    confidence = _percent(inference.CONFIDENCE, decimals=0)
    accuracy = comparisons[comparisons["measure"] == "valid_accuracy"]
    for row in accuracy.to_dict("records"):
        few = pd.isna(row["p_value"])
        p_value = "no p-value with so few seeds" if few else f"sign-flip $p = {row['p_value']:.4f}$"
        interval = f"{_points(row['interval_low'])} to {_points(row['interval_high'])}"
        yield (
            f"At peak {row['peak']:g}, the validation accuracy of {_code(row['init'])} differs from that of "
            f"{_code(row['reference'])} by {_points(row['difference'])} points "
            f"({confidence} interval {interval}, {p_value}, $n = {row['n']}$ pairs)."
        )


def _largest(card: Mapping[str, Any], measure: str) -> str:
    return f"{max((feature[measure] for feature in card['features'] if feature[measure] is not None), default=0):.1f}"


def _plain(number: int) -> str:
    return f"{number:,}".replace(",", r"\,")


def _percent(share: float, decimals: int = 1) -> str:
    return f"{100 * share:.{decimals}f}\\,\\%"


def _points(share: float) -> str:
    return f"${100 * share:+.1f}$"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _code(name: str) -> str:
    return rf"\texttt{{{_escape_tex(name)}}}"


def _escape_tex(text: str) -> str:
    return "".join(TEX_OF.get(letter) or ("\\" + letter if letter in "&%$#_{}" else letter) for letter in text)
