"""What is seen of nets from outside, over time: loss, escapes, training against validation."""

import numpy as np
import pandas as pd

from goodinit.runs import plateau
from goodinit.runs.nets import Nets
from goodinit.statistics import intervals
from goodinit.tables.tidy import add_means, melt, table, to_rows

ZOOM_STEPS = 230  # shown before and after an escape


@table("loss-curves")
def loss_curves(studied: list[Nets]) -> pd.DataFrame:
    """Trailing loss every WINDOW steps, a row per net and step up to the step at which it diverged (`diverged_step`,
    empty: never); and a row per step without seed: the mean over the nets that never diverged, with its interval."""
    frames = []
    for nets in studied:
        every = slice(plateau.WINDOW - 1, None, plateau.WINDOW)
        trailing = plateau.trailing_loss(nets.loss)[:, every]
        curves = pd.DataFrame(trailing, index=nets.seeds, columns=nets["step"].values[every])
        rows = melt(nets, curves, "step", "trailing_loss").assign(null_loss=nets.null_loss)
        frames.append(rows.assign(diverged_step=rows["seed"].map(nets["diverged_step"].to_series())))
    return add_means(pd.concat(frames, ignore_index=True), ["null_loss"], "step", "trailing_loss")


@table("plateau")
def plateau_table(studied: list[Nets]) -> pd.DataFrame:
    """Two panels in one table. `escaped`: the share of nets that got out by a step (1 - Kaplan-Meier, no net leaves
    the study early) with Clopper-Pearson limits, up to the last step unless all do. `zoom`: of the batch losses of the
    n nets of the first initializer that escaped the median and quartiles (the interval), by steps from the escape."""
    reference = studied[0].condition.init
    around = pd.concat([_around_escape(nets) for nets in studied if nets.condition.init == reference])
    low, median, high = (around.quantile(share) for share in (0.25, 0.5, 0.75))
    zoom = {"step": around.columns, "value": median, "interval_low": low, "interval_high": high, "n": len(around)}
    frame = pd.DataFrame(zoom).dropna(subset="value").assign(panel="zoom", init=reference)
    escaped = [_share_escaped(nets) for nets in studied]
    return pd.concat([*escaped, frame.assign(null_loss=studied[0].null_loss)], ignore_index=True)


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
    }
    rows = pd.DataFrame(nets.condition._asdict() | columns)
    return rows if len(times) == n else pd.concat([rows, rows.iloc[-1:].assign(step=int(nets["step"][-1]))])


def _around_escape(nets: Nets) -> pd.DataFrame:
    """The batch losses of the nets that escaped, a row each, a column per step from the escape."""
    around = np.arange(-ZOOM_STEPS, ZOOM_STEPS + 1)
    escaped = nets.only(nets.seeds[~np.isnan(nets["escape_step"].values)])
    windows = [
        pd.Series(loss, index=nets["step"].values - int(at)).reindex(around)
        for loss, at in zip(escaped["loss"].values, escaped["escape_step"].values, strict=True)
    ]
    return pd.DataFrame(windows, columns=around, dtype=float)


@table("generalization")
def generalization(studied: list[Nets]) -> pd.DataFrame:
    """Loss and accuracy over the validation rows at each evaluation, and by how much the loss exceeds that over the
    training rows (`measure`: valid_loss, valid_accuracy, loss_gap), a row per net up to its divergence; and a row
    without seed: the mean over the nets that never diverged, with its interval. `null`: that of a net that ignores its
    input."""
    return add_means(evaluations(studied, ["valid_loss", "loss_gap", "valid_accuracy"]), ["measure", "null"])


def evaluations(studied: list[Nets], measures: list[str]) -> pd.DataFrame:
    """Some end metrics or the loss_gap at each evaluation, a row per net, with the score of the null net (`null`)."""
    frames = []
    for nets in studied:
        for measure in measures:
            gap = measure == "loss_gap"
            values = nets["valid_loss"] - nets["train_loss"] if gap else nets[measure]
            rows = to_rows(nets, values.rename(evaluation="step"))
            frames.append(rows.assign(measure=measure, null=0.0 if gap else nets.null_score(measure.partition("_")[2])))
    return pd.concat(frames, ignore_index=True)
