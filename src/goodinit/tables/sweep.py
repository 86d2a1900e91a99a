"""Every net at every peak: by what a peak is chosen, and what the choice gives on held-out rows."""

import numpy as np
import pandas as pd

from goodinit.arrays import Integers
from goodinit.runs.nets import Nets, choose_peak, halve
from goodinit.runs.null_net import charge_diverged
from goodinit.tables.tidy import table, with_condition


@table("sweep")
def sweep(studied: list[Nets]) -> pd.DataFrame:
    """A row per net of the prepared dataset that comes first. Each initializer's peak is `chosen` by the mean final
    validation loss over the first half of the seeds (`choosing`).

    on_plateau: empty where it cannot be told; signal: of the logits before training; rate_sum: of the learning rates up
    to the escape or, if it never `escaped`, to the last step that the net was seen at; budget: of the whole schedule of
    so many `steps`; lowest_valid_loss: of all evaluations; test_loss, test_accuracy: of chosen peaks and the other half
    of the seeds alone. In losses and accuracies a diverged net counts as the null net (test_null_loss,
    test_majority_share).
    """
    here = [nets for nets in studied if nets.condition[:2] == studied[0].condition[:2]]
    choosing, _ = halve(here[0].seeds)
    by_init: dict[str, list[Nets]] = {}
    for nets in here:
        by_init.setdefault(nets.condition.init, []).append(nets)
    chosen = {choose_peak(nets.only(choosing) for nets in by_peak).condition for by_peak in by_init.values()}
    return pd.concat([_describe(nets, choosing, nets.condition in chosen) for nets in here], ignore_index=True)


def _describe(nets: Nets, choosing: Integers, chosen: bool) -> pd.DataFrame:
    chooses = np.isin(nets.seeds, choosing)
    rate_sum, stuck = nets.rested
    valid_losses = charge_diverged(nets["valid_loss"].values, nets.null_score("valid_loss"))
    columns = {
        "seed": nets.seeds,
        "choosing": chooses,
        "chosen": chosen,
        "outcome": nets["outcome"].values,
        "on_plateau": np.where(nets.decided, nets.on_plateau, np.nan),
        "signal": nets.first_signal,
        "rate_sum": rate_sum,
        "escaped": ~stuck,
        "budget": nets.rate_sums[-1],
        "steps": nets["step"].size,
        "valid_loss": valid_losses[:, -1],
        "lowest_valid_loss": valid_losses.min(1),
        **{name: np.where(chosen & ~chooses, nets.end(name), np.nan) for name in ("test_loss", "test_accuracy")},
        "test_null_loss": nets.null_score("test_loss"),
        "test_majority_share": nets.null_score("test_accuracy"),
    }
    return with_condition(nets, pd.DataFrame(columns))
