"""Test losses that the report sets beside each other, in words: of each remedy, and of what tames the best fit."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from goodinit.report import tex
from goodinit.report.numbers import Number, Numbers

PLAIN = "none"


def spell_ends(remedies: pd.DataFrame | None, overfitting: pd.DataFrame | None) -> Numbers:
    """Mean test losses (nats) of the nets that finished, from remedies.csv and overfitting.csv; "not tested" where
    there are none, as without their study (None).

    remedies: the default's under each variant with which no net of it has a plateau, best first; plain-default,
    plain-kaiming-relu: without any; at their best peaks. overfitting-ends: with each regularization.
    """
    said = {
        "remedies": list(_say_remedies(remedies)),
        "overfitting-ends": [_say(end) for end in _means(overfitting, "test_loss").to_dict("records")],
    }
    plain = _means(remedies, "test_loss").query("variant == @PLAIN")
    for init in ("default", "kaiming-relu"):
        ends = plain[plain["init"] == init].to_dict("records")
        said[f"plain-{init}"] = [f"{_loss(end)} at peak {end['peak']:g}" for end in ends]
    return {key: Number(text, text) for key, words in said.items() for text in [tex.listed(words or ["not tested"])]}


def _say_remedies(remedies: pd.DataFrame | None) -> Iterator[str]:
    plateaus, ends = (
        _means(remedies, measure).query("init == 'default' and variant != @PLAIN")
        for measure in ("plateau", "test_loss")
    )
    free = plateaus.loc[plateaus["value"] == 0, "variant"]
    for end in ends[ends["variant"].isin(free)].sort_values("value").to_dict("records"):
        yield f"{_say(end)} at peak {end['peak']:g}"


def _means(table: pd.DataFrame | None, measure: str) -> pd.DataFrame:
    """The rows that are of no single seed."""
    if table is None:
        return pd.DataFrame(columns=["init", "variant", "peak", "value"])
    return table[(table["measure"] == measure) & table["seed"].isna()]


def _say(end: Mapping[Any, Any]) -> str:
    return f"{_loss(end)} with {tex.code(end['variant'])}"


def _loss(end: Mapping[Any, Any]) -> str:
    return tex.spell(end["value"], "nats")[0]
