"""What today's optimizers, normalizations, residual connections and activations leave for the init to do."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from goodinit.runs.nets import Nets, choose_peak
from goodinit.statistics import intervals
from goodinit.tables.tidy import CONDITION, table

COLUMNS = [*CONDITION, "measure", "seed", "value", "finished", "interval_low", "interval_high", "n"]


@table("remedies")
def remedies(studied: list[Nets]) -> pd.DataFrame:
    """Of each initializer and variant the nets at its best peak, that with the lowest mean validation loss (a diverged
    net counts as the null net).

    plateau: the share of the n nets that can be told to have one or not, with Clopper-Pearson limits, a row without
    seed; test_loss: a row per net (NaN where not `finished`), and one without seed: the mean over those n that
    finished, with its interval.
    """
    by_init: dict[tuple[str, ...], list[Nets]] = {}
    for nets in studied:
        by_init.setdefault((*nets.condition[:3], nets.condition.variant), []).append(nets)
    chosen = map(choose_peak, by_init.values())
    return pd.DataFrame([row for nets in chosen for row in _look_at(nets)], columns=COLUMNS)


def _look_at(nets: Nets) -> Iterator[dict[str, Any]]:
    condition = nets.condition._asdict()
    on_plateau = nets.on_plateau[nets.decided]
    low, high = intervals.share_interval(int(on_plateau.sum()), len(on_plateau))
    plateaus = {"value": on_plateau.mean() if len(on_plateau) else np.nan, "n": len(on_plateau)}
    yield condition | {"measure": "plateau", "interval_low": low, "interval_high": high} | plateaus
    losses = nets["test_loss"].values.astype(np.float64)
    for seed, loss, finished in zip(nets.seeds, losses, nets.finished, strict=True):
        yield condition | {"measure": "test_loss", "seed": seed, "value": loss, "finished": finished}
    ends = losses[nets.finished]
    low, high = map(float, intervals.bootstrap_interval(ends))
    means = {"value": ends.mean() if len(ends) else np.nan, "n": len(ends)}
    yield condition | {"measure": "test_loss", "interval_low": low, "interval_high": high} | means
