"""Every number that the report cites, by key, with what it rests on; made from `results/` and never typed."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from goodinit.claims import CLAIMS, claim, verdicts
from goodinit.claims.judging import ALL
from goodinit.model import schedule
from goodinit.report import captions, tex
from goodinit.runs import file as runs
from goodinit.runs import plateau
from goodinit.runs.condition import Condition
from goodinit.runs.null_net import charge_diverged, score_of
from goodinit.statistics import inference, intervals

Numbers = dict[str, "Number"]
ENDS = {"valid_loss": "nats", "valid_accuracy": "accuracy"}


@dataclass(frozen=True)
class Number:
    """value: as computed; text: as the report prints it (TeX), after `format`; interval: its limits, n: what it is
    over, where there are such; runs: the conditions whose run files it came from, as paths below `runs/`."""

    value: float | str | None
    text: str
    format: str = "text"
    unit: str = ""
    interval: tuple[float, float] | None = None
    n: int | None = None
    runs: tuple[str, ...] = ()


def spell_keys(numbers: Numbers) -> dict[str, str]:
    """What \\result{key} prints: of each key the text; with /interval its interval, with /n its n, or a dash; TeX."""
    spelled = {}
    for key, number in numbers.items():
        limits = [tex.spell(limit, number.unit)[0] for limit in number.interval or ()]
        spelled[key] = number.text
        spelled[f"{key}/interval"] = f"[{', '.join(limits)}]" if limits else "--"
        spelled[f"{key}/n"] = str(number.n or "--")
    return spelled


def write_macros(numbers: Numbers) -> bytes:
    """The TeX definitions of all keys."""
    return "".join(f"\\setresult{{{key}}}{{{text}}}\n" for key, text in spell_keys(numbers).items()).encode()


def collect_numbers(
    config: Mapping[str, Any],
    told: Mapping[str, str],
    cards: Mapping[str, Mapping[str, Any]],
    escape: pd.DataFrame,
    judged: pd.DataFrame,
    others: pd.DataFrame,
) -> Numbers:
    """Key -> number. told: captions by figure, as `read_captions` gives them; cards: by dataset; escape, judged,
    others: the tables escape.csv, claims.csv and claims-by-dataset.csv."""
    return {
        **dict(_definitions()),
        **dict(_settings(config)),
        **{f"caption-{name}": Number(text, captions.typeset(text, config)) for name, text in told.items()},
        **dict(_data(cards[escape["dataset"].iloc[0]], escape)),
        **dict(_outcomes(escape)),
        **dict(_claims(judged, f"{config['peaks'][0]:g}")),
        **dict(_elsewhere(others)),
    }


def _definitions() -> Iterator[tuple[str, Number]]:
    yield "trailing-steps", _whole(plateau.WINDOW, "step")
    yield "plateau-band", _share(plateau.PLATEAU_BAND)
    yield "plateau-steps", _whole(plateau.PLATEAU_STEPS, "step")
    yield "escape-below", _plain(plateau.ESCAPE_BELOW)
    yield "confidence", _share(intervals.CONFIDENCE)
    yield "level", _plain(1 - intervals.CONFIDENCE)
    yield "sudden", _share(claim.SUDDEN)
    yield "min-seeds", _whole(inference.MIN_SEEDS)
    yield "resamples", _whole(intervals.RESAMPLES)
    yield "start-rate", _plain(schedule.START_RATE)
    yield "end-rate", _plain(schedule.END_RATE)
    yield "warmup-share", _share(schedule.WARMUP_SHARE)
    yield "min-bin-edge", _plain(runs.HISTOGRAM_TOP / runs.BINS)
    yield "histogram-top", _plain(runs.HISTOGRAM_TOP)
    yield "near-zero", _share(runs.NEAR_ZERO)
    yield "active-below", _plain(claim.ACTIVE_BELOW)
    yield "loss-margin", _plain(claim.LOSS_MARGIN, "nats")
    yield "accuracy-margin", _plain(100 * claim.ACCURACY_MARGIN, "points")
    yield "fast-loss", _plain(claim.FAST_LOSS)
    yield "ignored", _plain(claim.IGNORED)
    yield "pruned-share", _share(claim.PRUNED)
    yield "thread-claims", _whole(claim.LAST_OF_THREAD)
    yield "own-claims", _whole(len(CLAIMS) - claim.LAST_OF_THREAD)
    counted: dict[str, list[str]] = {}
    for one in CLAIMS.values():
        counted.setdefault(one.counts, []).append(str(one.number))
    others = (f"{what} for {tex.listed(numbers)}" for what, numbers in counted.items() if what != claim.NETS)
    yield "counted-otherwise", _text("; ".join(others))


def _settings(config: Mapping[str, Any]) -> Iterator[tuple[str, Number]]:
    yield "evaluate-every", _whole(config["studies"]["main"]["evaluate_every"], "step")
    for key in ("seeds", "steps", "batch_size", "hidden_layers", "width"):
        yield key.replace("_", "-"), _whole(config[key])
    yield "draft", Number(config["draft"], "true" if config["draft"] else "false")
    yield "main-peak", _plain(config["peaks"][0])
    yield "peaks", _words(f"{peak:g}" for peak in config["peaks"])
    yield "initializers", _words(map(tex.code, config["initializers"]))
    yield "reference", Number(config["initializers"][0], tex.code(config["initializers"][0]))
    yield "control", _text(config["control"])
    yield "table", _text(Path(config["table"] or config["main_dataset"]).name)
    if config["provenance"] == "full":
        yield "provenance-full", Number("full", "")
    studies = config["studies"]
    yield "stability-peaks", _words(f"{peak:g}" for peak in studies["stability"]["peaks"])
    yield "study-seeds", _whole(min(config["seeds"], studies["data"]["seeds"]))
    yield "longer", _plain(studies["budget"]["longer"])
    yield "variants", _words(map(tex.code, studies["overfitting"]["variants"]))
    for name, study in studies.items():
        if study["enabled"]:
            yield f"study-{name}", Number(name, "")


def _data(card: Mapping[str, Any], escape: pd.DataFrame) -> Iterator[tuple[str, Number]]:
    yield "dataset", _text(str(escape["dataset"].iloc[0]))
    yield "origin", _text(card["origin"])
    yield "target", _text(card["target"])
    yield "features", _whole(len(card["features"]))
    yield "classes", _whole(len(card["class_share"]["train"]))
    for part, rows in card["rows"].items():
        yield f"{part}-rows", _whole(rows, "rows")
    for key in ("skewness", "excess_kurtosis", "max_abs_z"):
        measured = [feature[key] for feature in card["features"] if feature[key] is not None]
        yield (
            f"largest-{key.replace('_', '-')}",
            Number(max(measured, default=0), f"{max(measured, default=0):.1f}", ".1f"),
        )
    zeros = [feature["zero_share"] for feature in card["features"]]
    yield "largest-zero-share", _share(max(zeros))
    yield "null-loss", _measured(float(escape["null_loss"].iloc[0]), "nats")
    yield "majority-share", _share(float(escape["majority_share"].iloc[0]), 1)


def _outcomes(escape: pd.DataFrame) -> Iterator[tuple[str, Number]]:
    """{init}-{peak}-{outcome}, -escaped, -plateau, -rested-later: nets; -median-escape: steps; -valid-loss,
    -valid-accuracy: means, in which a diverged net counts as the null net."""
    for (init, peak), nets in escape.groupby(["init", "peak"], sort=False):
        source = (str(Condition(nets["dataset"].iloc[0], nets["scaling"].iloc[0], str(init), float(str(peak)))),)
        key, n = f"{init}-{peak:g}", len(nets)
        counts = {outcome: int((nets["outcome"] == outcome).sum()) for outcome in plateau.OUTCOMES}
        counts |= {"escaped": int(nets["escape_step"].notna().sum()), "plateau": int((nets["plateau_steps"] > 0).sum())}
        counts["rested-later"] = int((nets["collapse_steps"] > 0).sum())
        for name, count in counts.items():
            limits = intervals.share_interval(count, n)
            yield f"{key}-{name}", Number(count, str(count), "d", f"of {n} nets", limits, n, source)
        median = inference.median_time(nets["escape_step"].to_numpy("float64"))
        never = pd.isna(median)
        yield (
            f"{key}-median-escape",
            Number(
                None if never else median,
                "never" if never else tex.digits(median, ".0f"),
                ".0f",
                "step",
                None,
                n,
                source,
            ),
        )
        for metric, unit in ENDS.items():
            value = float(charge_diverged(nets[metric], nets[score_of(metric)]).mean())
            yield f"{key}-{metric.replace('_', '-')}", _measured(value, unit, None, n, source)


def _claims(judged: pd.DataFrame, main_peak: str) -> Iterator[tuple[str, Number]]:
    """verdicts-{verdict}: how many of the thread's claims have it; verdicts-nudged: claims with another verdict over
    nudged nets; claims-untestable: which they are; family: how many claims have a p-value; claim-N: its verdict;
    claim-N-{verdict}: its parts that have it; best-peaks: which they are; and what _part has on every part of every
    claim."""
    whole = judged[judged["part"] == ALL].fillna({"nudged": ""})
    for verdict in verdicts.VERDICTS:
        count = int(((whole["verdict"] == verdict) & (whole["claim"] <= claim.LAST_OF_THREAD)).sum())
        yield f"verdicts-{verdict}", _whole(count, "claims")
    turned = whole.loc[(whole["nudged"] != whole["verdict"]) & (whole["nudged"] != ""), ["claim", "nudged"]]
    yield "verdicts-nudged", _words([f"{number} ({verdict})" for number, verdict in turned.to_numpy()] or ["none"])
    untestable = whole.loc[whole["verdict"] == verdicts.UNTESTABLE, "claim"]
    yield "claims-untestable", _words(map(str, untestable))
    yield "family", _whole(int(whole["p_value"].notna().sum()), "claims")
    for row in whole.to_dict("records"):
        yield f"claim-{row['claim']}", Number(row["verdict"], row["verdict"])
    parts = judged[judged["part"] != ALL].fillna({"part": "", "unit": "", "effect_unit": "", "runs": "", "note": ""})
    for claimed, of_claim in parts[parts["part"] != ""].groupby("claim"):
        for given in verdicts.VERDICTS:
            have_it = of_claim.loc[of_claim["verdict"] == given, "part"].unique()
            yield f"claim-{claimed}-{given}", _words(list(have_it) or ["none"])
    at_best = " ".join(parts.loc[parts["peak"] == "best", "runs"]).split()
    peaks = {condition.init: f"{condition.peak:g}" for condition in map(Condition.parse, at_best)}
    yield "best-peaks", _words(f"{peak} for {tex.code(init)}" for init, peak in sorted(peaks.items()))
    for (number, part), rows in parts.groupby(["claim", "part"], sort=False):
        yield from _part("-".join(filter(None, [f"claim-{number}", slug(str(part))])), rows, main_peak)


def _part(key: str, rows: pd.DataFrame, main_peak: str) -> Iterator[tuple[str, Number]]:
    """KEY-main and KEY-best: what was measured at the main peak and at each initializer's best, with -default, -effect,
    -verdict and -note; KEY-everywhere and -everywhere-default: what was measured at all peaks, in words, with
    -verdict."""
    by_peak = {row["peak"]: dict(_finding(row)) for row in rows.to_dict("records")}
    for peak, place in ((main_peak, "main"), ("best", "best")):
        yield from ((f"{key}-{place}{what}", number) for what, number in by_peak.get(peak, {}).items())
    yield f"{key}-everywhere-verdict", _text(verdicts.combine(list(rows["verdict"])))
    runs = tuple(dict.fromkeys(" ".join(rows["runs"]).split()))
    for what in ("", "-default"):
        said = [
            f"{found[what].text} at {'the best peak' if peak == 'best' else f'peak {peak}'}"
            for peak, found in by_peak.items()
            if found[what].value is not None
        ]
        yield f"{key}-everywhere{what}", replace(_words(said or ["not tested"]), runs=runs)


def _elsewhere(others: pd.DataFrame) -> Iterator[tuple[str, Number]]:
    """elsewhere: on how many other prepared datasets claims were judged; claim-N-elsewhere and
    claim-N-{part}-elsewhere: on how many of them with which verdict, in words."""
    yield "elsewhere", _whole(len(others[["dataset", "scaling"]].drop_duplicates()))
    for one in CLAIMS.values():
        for part in (ALL, *filter(None, one.parts)):
            rows = others[(others["claim"] == one.number) & (others["part"] == part)]
            prepared = rows.groupby(["dataset", "scaling"])["verdict"]
            found = [verdicts.combine(list(of_peaks)) for _, of_peaks in prepared]
            counts = {verdict: found.count(verdict) for verdict in verdicts.VERDICTS if verdict in found}
            name = "" if part == ALL else f"-{slug(part)}"
            said = [f"{verdict} on {count}" for verdict, count in counts.items()]
            yield f"claim-{one.number}{name}-elsewhere", _words(said or ["judged on none"])


def _finding(row: Mapping[Any, Any]) -> Iterator[tuple[str, Number]]:
    unit, n, source = row["unit"], int(row["n"]), tuple(row["runs"].split())
    measured, effect = (None if pd.isna(row[name]) else float(row[name]) for name in ("measured", "effect"))
    limits = None if pd.isna(row["interval_low"]) else (row["interval_low"], row["interval_high"])
    count = unit.startswith("of ") and measured is not None
    shown = (f"{measured:.0f} of {n}", "d") if count else tex.spell(measured, unit)
    yield "", Number(measured, *shown, unit, None, n, source)
    default = None if pd.isna(row["default_value"]) else float(row["default_value"])
    yield "-default", _measured(default, unit, None, n, source)
    yield "-effect", _measured(effect, row["effect_unit"], limits, n, source)
    yield "-verdict", Number(row["verdict"], row["verdict"])
    yield "-note", _text(row["note"])


def slug(part: str) -> str:
    """A part of a claim as keys spell it: "layers 1, 9 and 10" is layers-1-9-and-10."""
    return re.sub(r"[^a-z0-9]+", "-", part.lower()).strip("-")


def _measured(
    value: float | None,
    unit: str,
    interval: tuple[float, float] | None = None,
    n: int | None = None,
    runs: tuple[str, ...] = (),
) -> Number:
    return Number(value, *tex.spell(value, unit), unit, interval, n, runs)


def _words(words: Iterable[str]) -> Number:
    text = tex.listed(words)
    return Number(text, text)


def _text(text: str) -> Number:
    return Number(text, tex.escape(text))


def _whole(number: int, unit: str = "") -> Number:
    return Number(number, tex.whole(number), "d", unit)


def _plain(number: float, unit: str = "") -> Number:
    return Number(number, f"{number:g}", "g", unit)


def _share(share: float, decimals: int = 0) -> Number:
    return Number(share, tex.digits(100 * share, f".{decimals}f") + r"\,\%", "percent")
