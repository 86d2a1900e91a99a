"""How nets end: outcomes, comparisons of initializers by seed, what tames overfitting."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from goodinit.runs import plateau
from goodinit.runs.nets import Nets
from goodinit.runs.null_net import charge_diverged, score_of
from goodinit.statistics import inference, intervals
from goodinit.tables.curves import evaluations
from goodinit.tables.tidy import CONDITION, END_METRICS, add_means, table, with_condition

PAIR = [*[column for column in CONDITION if column != "init"], "init", "reference"]
COMPARED = ["n", "difference", "interval_low", "interval_high", "p_value", "survivors", "n_survivors"]
PAIRED = ("sooner", *END_METRICS)


@table("escape")
def escape(studied: list[Nets]) -> pd.DataFrame:
    """How every net ended, a row per net: escape_step and diverged_step (empty: never), outcome, how long it rested
    near H before its escape (plateau_steps) and after it (collapse_steps), final trailing loss over H, the end metrics
    (empty where diverged) and the null net's."""
    frames = [
        nets.condition._asdict()
        | {
            "seed": nets.seeds,
            "escape_step": nets["escape_step"].values,
            "diverged_step": nets["diverged_step"].values,
            "outcome": nets["outcome"].values,
            "plateau_steps": nets.plateaus[1],
            "collapse_steps": nets.collapses[1],
            "final_loss_over_h": plateau.trailing_loss(nets.loss)[:, -1] / nets.null_loss,
            **{score_of(metric): nets.null_score(metric) for metric in END_METRICS},
            **{name: nets[name][:, -1].values for name in END_METRICS},
        }
        for nets in studied
    ]
    return pd.concat([pd.DataFrame(frame) for frame in frames], ignore_index=True)


@table("comparisons")
def comparisons(studied: list[Nets]) -> pd.DataFrame:
    """Every initializer against the first one (`reference`), paired over seeds: a row per measure with the mean
    difference, its interval, the p-value and n.

    sooner: of the seeds at which one escapes before the other, or alone, the share at which it does less the share at
    which the reference does. In losses and accuracies a diverged net counts as the null net; `survivors` is the mean
    difference over the n_survivors pairs that both finished.
    """
    rows = [
        pair | {"measure": measure} | _compare(old, new, measure)
        for pair, old, new in _pairs(escape(studied))
        for measure in PAIRED
    ]
    return pd.DataFrame(rows, columns=[*PAIR, "measure", *COMPARED])


def _pairs(nets: pd.DataFrame) -> Iterator[tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]]:
    """The values of PAIR and the nets of reference and initializer, by seed, those of shared seeds."""
    for condition, both in nets.groupby(PAIR[:-2], sort=False):
        by_init = {init: group.set_index("seed") for init, group in both.groupby("init", sort=False)}
        reference, *others = by_init
        for init in others:
            old, new = by_init[reference].align(by_init[init], join="inner", axis=0)
            yield dict(zip(PAIR, (*condition, init, reference), strict=True)), old, new


def _differences(old: pd.DataFrame, new: pd.DataFrame, measure: str) -> pd.Series:
    """What `measure` differs by, by seed; a diverged net counts as the null net."""
    if measure == "sooner":
        before, after = (nets["escape_step"].fillna(np.inf) for nets in (old, new))
        return (after < before)[after != before] * 2.0 - 1
    scores = old[score_of(measure)]
    charged = [charge_diverged(nets[measure], scores) for nets in (new, old)]
    return pd.Series(charged[0] - charged[1], index=new.index)


def _compare(old: pd.DataFrame, new: pd.DataFrame, measure: str) -> dict[str, float]:
    differences = _differences(old, new, measure).to_numpy()
    survivors, n = differences, len(differences)
    if measure == "sooner":
        count = int((differences > 0).sum())
        low, high = (2 * limit - 1 for limit in intervals.share_interval(count, n)) if n else (np.nan, np.nan)
        p_value = inference.share_p(count, n, 0.5) if n else np.nan
    else:
        survivors = (new[measure] - old[measure]).dropna().to_numpy()
        low, high = map(float, intervals.bootstrap_interval(differences))
        p_value = inference.sign_flip_p(differences)
    return {
        "n": n,
        "difference": differences.mean() if n else np.nan,
        "interval_low": low,
        "interval_high": high,
        "p_value": p_value,
        "survivors": survivors.mean() if len(survivors) else np.nan,
        "n_survivors": len(survivors),
    }


@table("seeds")
def seeds(studied: list[Nets]) -> pd.DataFrame:
    """Every initializer less the first one (`reference`): a row per measure and seed, `finished` where neither net
    diverged; and a row without seed: the mean with its interval over n, as in `comparisons`."""
    rows: list[dict[Any, Any]] = []
    for pair, old, new in _pairs(escape(studied)):
        finished = (old["outcome"] != "diverged") & (new["outcome"] != "diverged")
        for measure in ("valid_loss", "valid_accuracy", "sooner"):
            place = pair | {"measure": measure}
            differences = _differences(old, new, measure)
            nets = pd.DataFrame({"difference": differences, "finished": finished}).rename_axis("seed").reset_index()
            rows += [place | net for net in nets.to_dict("records")]
            rows.append(place | _compare(old, new, measure))
    columns = [*PAIR, "measure", "seed", "difference", "finished", "interval_low", "interval_high", "n"]
    return pd.DataFrame(rows, columns=columns)


@table("stability")
def stability(studied: list[Nets]) -> pd.DataFrame:
    """How nets end, by `measure`: the share of the n nets of a condition that had each outcome, with Clopper-Pearson
    limits; and valid_loss at the end, a row per net that finished, and without seed their mean with its interval. The
    most watched dataset and scaling comes first."""
    watched = Counter(nets.condition[:2] for nets in studied for _ in nets.seeds)
    studied = sorted(studied, key=lambda nets: -watched[nets.condition[:2]])
    ends = evaluations(studied, ["valid_loss"])
    losses = add_means(ends[ends["step"] == ends["step"].max()], ["measure", "null"])
    return pd.concat([pd.DataFrame([row for nets in studied for row in _outcomes(nets)]), losses], ignore_index=True)


def _outcomes(nets: Nets) -> Iterator[dict[str, Any]]:
    for outcome in plateau.OUTCOMES:
        count, n = int((nets["outcome"].values == outcome).sum()), len(nets.seeds)
        low, high = intervals.share_interval(count, n)
        share = {"value": count / n, "interval_low": low, "interval_high": high, "n": n}
        yield nets.condition._asdict() | {"measure": outcome} | share


@table("overfitting")
def overfitting(studied: list[Nets]) -> pd.DataFrame:
    """Validation loss and loss_gap at each evaluation as in `generalization`; and test_loss and test_accuracy at the
    end, a diverged net (not `finished`) counted as the null net; restored_step: of their weights."""
    frames = [evaluations(studied, ["valid_loss", "loss_gap"])]
    for nets in studied:
        for measure in ("test_loss", "test_accuracy"):
            ends = {"seed": nets.seeds, "value": nets.end(measure), "finished": nets.finished}
            more = {"measure": measure, "null": nets.null_score(measure), "step": nets["step"].size}
            rows = with_condition(nets, pd.DataFrame(ends)).assign(**more)
            frames.append(rows.assign(restored_step=nets["restored_step"].values))
    return add_means(pd.concat(frames, ignore_index=True), ["measure", "null"])
