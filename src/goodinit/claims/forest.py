"""Verdicts on one scale, whatever the unit of an effect, to be drawn."""

import pandas as pd

from goodinit.claims.judging import ALL

COLUMNS = ["claim", "part", "peak", "statement", "whole", "verdict", "nudged", "n", "position", "low", "high"]


def place_verdicts(judged: pd.DataFrame) -> pd.DataFrame:
    """Of a table as judge_claims makes it, each part at each peak with where its effect and the limits of its interval
    lie: 0 is the threshold, 1 or -1 the limit that is furthest from it, positive is the claim's side; NaN where there
    is no threshold. Columns COLUMNS; whole: the verdict on the whole claim."""
    parts = judged[judged["part"] != ALL]
    toward = parts["side"].map({"above": 1.0, "below": -1.0}).astype(float)
    ends = {name: (parts[name] - parts["threshold"]) * toward for name in ("effect", "interval_low", "interval_high")}
    limits = pd.concat([ends["interval_low"], ends["interval_high"]], axis=1)
    furthest = limits.abs().max(axis=1)
    scaled = limits.div(furthest.where(furthest > 0), axis=0)
    whole = judged[judged["part"] == ALL].set_index("claim")["verdict"]
    placed = parts.assign(
        whole=parts["claim"].map(whole),
        position=ends["effect"] / furthest.where(furthest > 0),
        low=scaled.min(axis=1),
        high=scaled.max(axis=1),
    )
    return placed[COLUMNS]
