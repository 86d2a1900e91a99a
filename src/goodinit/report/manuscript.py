"""The report's tables: TeX made from the tidy tables and the numbers by key."""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from goodinit.claims import CLAIMS
from goodinit.claims.claim import LAST_OF_THREAD
from goodinit.claims.judging import ALL
from goodinit.claims.verdicts import DEPENDS, UNTESTABLE, VERDICTS
from goodinit.report.numbers import Numbers
from goodinit.report.recommendation import DEFAULT, MEASURES, gain
from goodinit.report.tex import alike, code, digits, escape, listed, rows, spell, tabular, whole
from goodinit.runs import plateau
from goodinit.study.conditions import STUDIES

Row = Mapping[Any, Any]
COUNT = re.compile(r"\d+(?:,\d{3})*")
EXAMPLE = re.compile(r",? such as (?:'[^']*'|\"[^\"]*\")")
NAMES_SHOWN = 40
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
        cells = [
            number,
            escape(claim.statement),
            _verdict(row["verdict"]),
            counts,
            escape(measure),
            spell_effect(row),
        ]
        lines.append([*cells, _count(row), spell_p_value(row["p_adjusted"])])
    return rows(lines).encode()


def write_judged(judged: pd.DataFrame) -> bytes:
    """The claims that could be judged, as rows: number, statement, verdict, with a star where some parts have none, and
    what the primary part measures at the main peak."""
    lines = []
    open_parts = judged[(judged["part"] != ALL) & (judged["verdict"] == UNTESTABLE)]
    whole = judged[(judged["part"] == ALL) & (judged["verdict"] != UNTESTABLE)].fillna({"unit": ""})
    for row in whole.to_dict("records"):
        star = r"\textsuperscript{*}" if row["claim"] in set(open_parts["claim"]) else ""
        measured = ": ".join(filter(None, [escape(CLAIMS[row["claim"]].primary), spell_measured(row)]))
        lines.append([str(row["claim"]), escape(row["statement"]), row["verdict"] + star, measured])
    return rows(lines).encode()


def write_choices(sweep: pd.DataFrame) -> bytes:
    """Each initializer at its chosen peak and the null net, as a tabular: median signal of the logits before training,
    nets with a plateau and trained ones; and of the nets that no peak was chosen on the mean loss and accuracy on
    held-out rows, and what is gained on the default, with intervals."""
    over_two = r"\multicolumn{2}{c}"
    rules = r"\cmidrule(lr){4-5}\cmidrule(lr){6-7}\cmidrule(l){8-9}"
    head = [
        [
            "",
            "",
            "signal",
            f"{over_two}{{nets}}",
            f"{over_two}{{held out}}",
            f"{over_two}{{better than the default by}}",
        ],
        [
            f"{rules}init",
            "peak",
            "at start",
            "plateau",
            "trained",
            "loss",
            "accuracy",
            "loss (nats)",
            "accuracy (points)",
        ],
    ]
    chosen = sweep[sweep["chosen"]]
    body = [_choice(sweep, nets) for _, nets in chosen.groupby("init", sort=False)]
    null = chosen.iloc[0]
    scores = (spell(null["test_null_loss"], "nats")[0], spell(null["test_majority_share"], "accuracy")[0])
    return tabular("lrrrrrrrr", head, [*body, ["null net", *[""] * 4, *scores, "", ""]]).encode()


def _choice(sweep: pd.DataFrame, nets: pd.DataFrame) -> list[str]:
    init, held_out = str(nets["init"].iloc[0]), nets[~nets["choosing"]]
    rested = nets["on_plateau"].dropna()
    gains, forms = (gain(sweep, init, measure) for measure in MEASURES), (".3f", ".1f")
    return [
        code(init),
        f"{nets['peak'].iloc[0]:g}",
        digits(nets["signal"].median(), ".2g"),
        f"{rested.sum():.0f} of {len(rested)}",
        f"{(nets['outcome'] == 'trained').sum()} of {len(nets)}",
        spell(held_out["test_loss"].mean(), "nats")[0],
        spell(held_out["test_accuracy"].mean(), "accuracy")[0],
        *("--" if init == DEFAULT else _spell_gain(*one[:2], form) for one, form in zip(gains, forms, strict=True)),
    ]


def _spell_gain(mean: float, limits: Iterable[float], form: str) -> str:
    return f"{digits(mean, form)} [{', '.join(digits(limit, form) for limit in limits)}]"


def write_columns(columns: Iterable[Mapping[str, str]]) -> bytes:
    """What was done to the columns of a table, each with `name` and `done`, as rows, one for those to which the same
    was done but for its numbers and examples: how many, their names, what was done."""
    treated: dict[str, list[Mapping[str, str]]] = {}
    for column in columns:
        treated.setdefault(COUNT.sub("*", EXAMPLE.sub("", column["done"])), []).append(column)
    body = []
    for alike_treated in treated.values():
        names = [escape(column["name"]).replace(r"\_", r"\_\allowbreak ") for column in alike_treated]
        more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
        done = escape(_tell_at_once([column["done"] for column in alike_treated]))
        body.append([str(len(names)), ", ".join(names[:NAMES_SHOWN]) + more, done])
    return rows(body).encode()


def _tell_at_once(texts: list[str]) -> str:
    """Texts that differ in whole numbers and examples alone as one, with "3 to 12" for the numbers."""
    if len(texts) == 1:
        return texts[0]
    plain = [EXAMPLE.sub("", text) for text in texts]
    by_place = zip(*(COUNT.findall(text) for text in plain), strict=True)
    ordered = (sorted(set(found), key=lambda number: int(number.replace(",", ""))) for found in by_place)
    spans = (found[0] if len(found) == 1 else f"{found[0]} to {found[-1]}" for found in ordered)
    return COUNT.sub(lambda _: next(spans), plain[0])


def write_studies(config: Config) -> bytes:
    """The enabled studies as a tabular: name, what it asks by the first sentence of its docstring, then numbers: of
    tables, scalings, initializers, variants, peaks, the most seeds, and nets in all."""
    wide = r">{\raggedright\arraybackslash}p{6.4cm}"
    head = [["study", "", "tables", "scalings", "inits", "variants", "peaks", "seeds", "nets"]]
    body = []
    for name, study in STUDIES.items():
        if config["studies"][name]["enabled"]:
            asked = study(config)
            varied = [
                len({getattr(one, key) for one in asked}) for key in ("dataset", "scaling", "init", "variant", "peak")
            ]
            counts = [*varied, max(asked.values(), default=0), sum(asked.values())]
            body.append([name, escape(_first_sentence(study)), *map(whole, counts)])
    return tabular(f"l{wide}rrrrrrr", head, body).encode()


def _first_sentence(documented: Callable[..., Any]) -> str:
    text = " ".join((inspect.getdoc(documented) or "").split())
    return text.partition(". ")[0].removesuffix(".")


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
            digits(100 * max(shares), ".1f") + r"\,\%",
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


def _verdict(verdict: str) -> str:
    return "--" if verdict == UNTESTABLE else verdict


def spell_measured(row: Row) -> str:
    """What a row of claims.csv measured, with its unit and the same of the default's nets, as TeX; a dash for none."""
    unit = row["unit"]
    if pd.isna(row["measured"]):
        return "--"
    if unit.startswith("of "):
        return f"{row['measured']:.0f} {unit}"
    number = digits(row["measured"]) if unit == "log10 ratio" else spell(row["measured"], unit)[0]
    default = "" if pd.isna(row["default_value"]) else f" (default {spell(row['default_value'], unit)[0]})"
    return f"{number} {escape(unit.removeprefix('share '))}{default}"


def spell_effect(row: Row) -> str:
    """The effect of a row of claims.csv with its interval, as TeX; a dash for none."""
    if pd.isna(row["effect"]):
        return "--"
    names = ("effect", "interval_low", "interval_high")
    effect, *limits = alike(row[name] for name in names if not pd.isna(row[name]))
    return effect + (f" [{', '.join(limits)}]" if limits else "")


def _count(row: Row) -> str:
    return str(row["n"]) if row["n"] else "--"


def spell_p_value(value: float) -> str:
    """A p-value to four decimals, as TeX; a dash for none."""
    if pd.isna(value):
        return "--"
    return r"$<$.0001" if value < 0.0001 else f"{value:.4f}".removeprefix("0")
