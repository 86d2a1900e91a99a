"""The report's tables, and the sentence that counts: TeX made from the tidy tables and the numbers by key."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from goodinit.claims import CLAIMS
from goodinit.claims.claim import LAST_OF_THREAD, Claim
from goodinit.claims.judging import ALL
from goodinit.claims.verdicts import DEPENDS, UNTESTABLE, VERDICTS
from goodinit.model.variants import PLAIN
from goodinit.report.numbers import Numbers
from goodinit.report.tex import alike, code, digits, escape, listed, rows, spell, tabular, whole
from goodinit.runs import plateau
from goodinit.runs.condition import Condition
from goodinit.study.conditions import STUDIES

Row = Mapping[Any, Any]
NUMBER = re.compile(r"\d+(\.\d+)?")
METHODS = {
    "bootstrap_interval": "bootstrap: mean",
    "pairs_interval": "Newcombe: share of pairs",
    "spread_ratio": "bootstrap: ratio of spreads",
    "share_interval": "Clopper-Pearson: share",
    "sign_flip_p": "sign flips: level of the test",
}
Config = Mapping[str, Any]


def write_outcomes(numbers: Numbers, config: Config) -> bytes:
    """How the nets ended, as a tabular: a row per peak and initializer."""
    head = [
        [
            "",
            "",
            r"\multicolumn{4}{c}{outcome (nets)}",
            "median",
            r"\multicolumn{2}{c}{validation}",
            r"\multicolumn{2}{c}{rested (nets)}",
        ],
        [
            r"\cmidrule(lr){3-6}\cmidrule(lr){8-9}\cmidrule(lr){10-11}peak",
            "init",
            *plateau.OUTCOMES,
            "escape",
            "loss",
            "accuracy",
            "first",
            "later",
        ],
    ]
    measured = [*plateau.OUTCOMES, "median-escape", "valid-loss", "valid-accuracy", "plateau", "rested-later"]
    body = (
        [f"{peak:g}", code(init), *(numbers[f"{init}-{peak:g}-{name}"].text for name in measured)]
        for peak in config["peaks"]
        for init in config["initializers"]
    )
    return tabular("rlrrrrrrrrr", head, body).encode()


def write_outcome_counts(numbers: Numbers, config: Config) -> bytes:
    """The end of a sentence that counts, by peak, the nets that escaped and those that diverged."""

    def count(init: str, peak: float) -> str:
        escaped, diverged = (numbers[f"{init}-{peak:g}-{name}"] for name in ("escaped", "diverged"))
        more = f" ({diverged.text} of the {diverged.n} diverged)" if diverged.value else ""
        return f"{escaped.text} of {escaped.n} {code(init)} nets{more}"

    at_peaks = (
        f"at peak {peak:g}, {listed(count(init, peak) for init in config['initializers'])}" for peak in config["peaks"]
    )
    return f"{'; '.join(at_peaks)}.\n".encode()


def write_claims(judged: pd.DataFrame) -> bytes:
    """The verdict on every claim, as rows: number, statement, verdict, how many of its parts at all peaks have each of
    VERDICTS but DEPENDS, which only a whole claim has, what its primary part measures and the effect with its interval,
    at the main peak, n, the corrected p."""
    lines = []
    parts = judged[judged["part"] != ALL]
    for row in judged[judged["part"] == ALL].fillna({"effect_unit": ""}).to_dict("records"):
        claim = CLAIMS[row["claim"]]
        number = (r"\midrule " if claim.number == LAST_OF_THREAD + 1 else "") + str(claim.number)
        number += r"\textsuperscript{*}" if claim.taken_back else ""
        measure = ": ".join(filter(None, [claim.primary, row["effect_unit"]]))
        found = parts.loc[parts["claim"] == claim.number, "verdict"].value_counts()
        counts = "/".join(str(found.get(verdict, 0)) for verdict in VERDICTS if verdict != DEPENDS)
        cells = [number, escape(claim.statement), _verdict(row["verdict"]), counts, escape(measure), spell_effect(row)]
        lines.append([*cells, spell_count(row), spell_p_value(row["p_adjusted"])])
    return rows(lines).encode()


def write_findings(judged: pd.DataFrame) -> bytes:
    """Every claim with its rule, and below it every part at every peak, as rows of a longtable: part, peak, verdict,
    measured, effect with interval, n, p-value and a note."""
    lines = []
    parts = judged[judged["part"] != ALL].fillna({"part": "", "unit": "", "effect_unit": "", "note": ""})
    for claim in CLAIMS.values():
        rule = rf"\textbf{{{claim.number}}}\enspace\emph{{{escape(claim.statement)}.}} {_quote(claim)}"
        rule += escape(claim.criterion)
        lines.append(rf"\multicolumn{{8}}{{@{{}}p{{\linewidth}}@{{}}}}{{{rule}}}\\*")
        for row in parts[parts["claim"] == claim.number].to_dict("records"):
            cells = [
                escape(row["part"]),
                row["peak"],
                _verdict(row["verdict"]),
                spell_measured(row),
                spell_effect(row, with_unit=True),
            ]
            lines.append(rows([[*cells, spell_count(row), spell_p_value(row["p_value"]), escape(row["note"])]]).strip())
        lines[-1] += r"\addlinespace"
    return "".join(f"{line}\n" for line in lines).encode()


def write_studies(config: Config) -> bytes:
    """The enabled studies as a tabular: name, data and scalings, initializers and variants, peaks, numbers of seeds."""
    body = []
    for name, study in STUDIES.items():
        if config["studies"][name]["enabled"]:
            asked = study(config)
            data = _spell_data(asked)
            peaks = sorted({one.peak for one in asked})
            inits = dict.fromkeys(code(one.init) for one in asked)
            variants = _spell_variants(dict.fromkeys(one.variant for one in asked if one.variant != PLAIN))
            names = listed(inits) + (f", with {listed(variants)}" if variants else "")
            seeds = listed(map(str, sorted(set(asked.values()), reverse=True)))
            body.append([name, data, names, listed(f"{peak:g}" for peak in peaks), seeds])
    wide = r">{\raggedright\arraybackslash}p"
    head = [["study", "data", "initializers", "peaks", "seeds"]]
    return tabular(f"l{wide}{{3.6cm}}{wide}{{5.5cm}}{wide}{{2.2cm}}{wide}{{1.2cm}}", head, body).encode()


def _spell_variants(variants: Iterable[str]) -> list[str]:
    """Their names; those that differ by numbers only as one, with stars for these and how many they are."""
    alike: dict[str, list[str]] = {}
    for variant in variants:
        alike.setdefault(NUMBER.sub("*", variant), []).append(variant)
    return [code(names[0]) if len(names) == 1 else f"{code(stars)} ({len(names)})" for stars, names in alike.items()]


def _spell_data(asked: Iterable[Condition]) -> str:
    """The datasets by the scalings that they are asked for in."""
    scalings: dict[str, dict[str, None]] = {}
    for one in asked:
        scalings.setdefault(one.dataset, {})[escape(one.scaling)] = None
    datasets: dict[str, list[str]] = {}
    for dataset, names in scalings.items():
        datasets.setdefault(listed(names), []).append(escape(dataset))
    return "; ".join(f"{listed(names)} {scaled}" for scaled, names in datasets.items())


def write_datasets(cards: Mapping[str, Mapping[str, Any]]) -> bytes:
    """The datasets as a tabular: name, numbers of features and classes, share of the commonest class, rows by part, and
    where they are from."""
    head = [["dataset", "features", "classes", "commonest", "train", "valid", "test", "origin"]]
    body = []
    for name, card in cards.items():
        shares = card["class_share"]["train"].values()
        counts = [
            len(card["features"]),
            len(shares),
            f"{100 * max(shares):.1f}\\,\\%",
            *map(whole, card["rows"].values()),
        ]
        body.append([escape(name), *map(str, counts), escape(card["origin"])])
    return tabular(r"lrrrrrr>{\raggedright\arraybackslash}p{6.5cm}", head, body).encode()


def write_verdicts(others: pd.DataFrame) -> bytes:
    """The verdicts on other datasets and scalings as a tabular: a row per claim that has one, a column per prepared
    dataset."""
    judged = others[others["part"] == ALL]
    prepared = list(dict.fromkeys(zip(judged["dataset"], judged["scaling"], strict=True)))
    head = [["", "", *map(escape, names)] for names in zip(*prepared, strict=True)]
    body = []
    for claim, of_claim in judged.groupby("claim"):
        verdicts = of_claim.set_index(["dataset", "scaling"])["verdict"]
        if set(verdicts) != {UNTESTABLE}:
            statement = escape(of_claim["statement"].iloc[0])
            body.append([str(claim), statement, *(_verdict(str(verdicts[pair])) for pair in prepared)])
    return tabular(r"r>{\raggedright\arraybackslash}p{6.2cm}" + "l" * len(prepared), head, body).encode()


def write_simulation(simulation: pd.DataFrame) -> bytes:
    """Level and coverage on made-up data as a tabular: a row per method and distribution, a column per n."""
    wide = simulation.pivot(index=["method", "distribution", "nominal"], columns="n", values="measured")
    head = [["method", "data", "nominal", *(f"$n = {n}$" for n in wide.columns)]]
    body = (
        [METHODS[method], escape(data), *(digits(share, ".3f") for share in (nominal, *measured))]
        for (method, data, nominal), measured in zip(wide.index, wide.to_numpy(), strict=True)
    )
    return tabular("llr" + "r" * wide.shape[1], head, body).encode()


def write_pairs(pairs: Mapping[str, str]) -> bytes:
    """Names and values (versions, hashes) as a tabular."""
    return tabular("ll", [], ([code(name), code(value)] for name, value in pairs.items())).encode()


def write_origins(origins: Mapping[str, Mapping[str, list[str]]]) -> bytes:
    """Where each figure comes from, as a tabular: the target to ask for, its tables, the studies it shows."""
    body = (
        [code(origin["target"][0]), listed(origin["tables"]), listed(origin["studies"])] for origin in origins.values()
    )
    return tabular("lll", [["target", "tables", "studies"]], body).encode()


def _quote(claim: Claim) -> str:
    """Where the thread says it, and where it takes it back."""
    told = [("The thread", claim.said), ("and takes it back", claim.taken_back)]
    parts = [f"{who} (line {said.line}): ``{escape(said.words)}''" for who, said in told if said]
    return ", ".join(parts) + (". " if parts else "")


def _verdict(verdict: str) -> str:
    return "--" if verdict == UNTESTABLE else verdict


def spell_measured(row: Row) -> str:
    """What a row of claims.csv measured, with its unit and the same of the default's nets, as TeX."""
    unit = row["unit"]
    if pd.isna(row["measured"]):
        return "--"
    if unit.startswith("of "):
        return f"{row['measured']:.0f} {unit}"
    number = digits(row["measured"]) if unit == "log10 ratio" else spell(row["measured"], unit)[0]
    default = "" if pd.isna(row["default_value"]) else f" (default {spell(row['default_value'], unit)[0]})"
    return f"{number} {escape(unit.removeprefix('share '))}{default}"


def spell_effect(row: Row, with_unit: bool = False) -> str:
    """The effect with its interval, as TeX; its unit where wanted and told from that of what was measured."""
    if pd.isna(row["effect"]):
        return "--"
    names = ("effect", "interval_low", "interval_high")
    effect, *limits = alike(row[name] for name in names if not pd.isna(row[name]))
    told = with_unit and row["effect_unit"] != row["unit"] and not row["unit"].startswith("of ")
    unit = f" {escape(row['effect_unit'])}" if told else ""
    return effect + (f" [{', '.join(limits)}]" if limits else "") + unit


def spell_count(row: Row) -> str:
    """The number of nets or pairs that a row rests on; a dash for none."""
    return str(row["n"]) if row["n"] else "--"


def spell_p_value(value: float) -> str:
    """A p-value to four decimals, as TeX; a dash for none."""
    if pd.isna(value):
        return "--"
    return r"$<$.0001" if value < 0.0001 else f"{value:.4f}".removeprefix("0")
