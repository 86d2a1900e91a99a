"""What is seen of nets from outside, over time: loss, escapes, training against validation."""

import numpy as np
import pandas as pd

from goodinit.runs import plateau
from goodinit.runs.nets import Nets
from goodinit.statistics import intervals
from goodinit.tables.tidy import END_METRICS, add_means, melt, table, to_rows

ZOOM_STEPS = 230  # shown before and after an escape


@table("loss-curves")
def loss_curves(studied: list[Nets]) -> pd.DataFrame:
    """Trailing loss every WINDOW steps, a row per net and step up to the step at which it diverged; and a row per
    step without seed: the mean over all nets, a diverged one counted as the null net (loss H), with its interval."""
    frames = []
    for nets in studied:
        every = slice(plateau.WINDOW - 1, None, plateau.WINDOW)
        trailing = plateau.trailing_loss(nets.loss)[:, every]
        curves = pd.DataFrame(trailing, index=nets.seeds, columns=nets["step"].values[every])
        frames.append(melt(nets, curves, "step", "trailing_loss").assign(null_loss=nets.null_loss))
    return add_means(pd.concat(frames, ignore_index=True), [], "step", "trailing_loss", diverged_as="null_loss")


@table("plateau")
def plateau_table(studied: list[Nets]) -> pd.DataFrame:
    """Two panels in one table. `escaped`: the share of nets that got out by a step (1 - Kaplan-Meier, no net leaves
    the study early) with Clopper-Pearson limits. `zoom`: batch loss of each escaped net of the first initializer by
    steps from its escape, and without seed the median over them."""
    escaped = [_share_escaped(nets) for nets in studied]
    reference = studied[0].condition.init
    zoom = pd.concat([_zoom(nets) for nets in studied if nets.condition.init == reference])
    median = zoom.groupby("step")["value"].median().reset_index().assign(panel="zoom", init=reference)
    return pd.concat([*escaped, zoom, median], ignore_index=True)


def _share_escaped(nets: Nets) -> pd.DataFrame:
    times, n = np.sort(nets["escape_step"].dropna("seed").values), len(nets.seeds)
    count = np.arange(len(times) + 1)
    limits = [intervals.share_interval(int(k), n) for k in count]
    columns = {
        "panel": "escaped",
        "step": np.append(0, times),
        "value": count / n,
        "interval_low": [low for low, _ in limits],
        "interval_high": [high for _, high in limits],
        "n": n,
        "null_loss": nets.null_loss,
        "last_step": int(nets["step"][-1]),
    }
    return pd.DataFrame(nets.condition._asdict() | columns)


def _zoom(nets: Nets) -> pd.DataFrame:
    around = np.arange(-ZOOM_STEPS, ZOOM_STEPS + 1)
    escaped = nets.only(nets.seeds[~np.isnan(nets["escape_step"].values)])
    windows = [
        pd.Series(loss, index=nets["step"].values - int(at)).reindex(around)
        for loss, at in zip(escaped["loss"].values, escaped["escape_step"].values, strict=True)
    ]
    rows = melt(nets, pd.DataFrame(windows, index=escaped.seeds, columns=around), "step", "value")
    return rows.dropna(subset="value").assign(panel="zoom", null_loss=nets.null_loss)


@table("generalization")
def generalization(studied: list[Nets]) -> pd.DataFrame:
    """Loss and accuracy (`measure`) over the training and the validation rows (`part`) at each evaluation, a row per
    net up to its divergence; and a row without seed: the mean over the nets that never diverged, with its interval.
    `null`: the loss or accuracy of a net that ignores its input."""
    return add_means(evaluations(studied, END_METRICS), ["part", "measure", "null"])


def evaluations(studied: list[Nets], metrics: list[str]) -> pd.DataFrame:
    """Some metrics at each evaluation, a row per net, with the score of the null net (`null`)."""
    frames = []
    for nets in studied:
        for metric in metrics:
            part, measure = metric.split("_")
            rows = to_rows(nets, nets[metric].rename(evaluation="step"))
            frames.append(rows.assign(part=part, measure=measure, null=nets.null_score(measure)))
    return pd.concat(frames, ignore_index=True)
