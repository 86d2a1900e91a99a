"""What the report reads: every number by key, and its tables, made from `results/` and never typed."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from goodinit import inference, plateau


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
    special = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    return "".join(special.get(letter) or ("\\" + letter if letter in "&%$#_{}" else letter) for letter in text)
