"""From measurements of nets to a verdict: an interval against a threshold; a p-value never decides."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from goodinit.arrays import Array, Flags
from goodinit.claims.evidence import UntestableError
from goodinit.runs.nets import NotRecordedError
from goodinit.statistics import inference

SUPPORTED, REFUTED, MIXED, UNTESTABLE = VERDICTS = ("supported", "refuted", "mixed", "untestable")

ROUNDING = 1e-12


@dataclass(frozen=True)
class Finding:
    """One part of a claim at one peak. measured: what the claim speaks of, in `unit`, over n nets; default_value: the
    same of the default's nets, where they are compared; effect: what is held against the threshold, in `effect_unit`,
    with its interval; p_value: two-sided, of the threshold; runs: the conditions asked for, as paths below runs/,
    separated by spaces."""

    part: str
    verdict: str
    measured: float = np.nan
    unit: str = ""
    n: int = 0
    effect: float = np.nan
    effect_unit: str = ""
    interval_low: float = np.nan
    interval_high: float = np.nan
    p_value: float = np.nan
    thread_value: float = np.nan
    note: str = ""
    default_value: float = np.nan
    runs: str = ""


def judge(low: float, high: float, threshold: float, above: bool = True) -> str:
    """The verdict on "the effect lies above (or below) the threshold" from its interval; a limit that misses the
    threshold by rounding only touches it."""
    if np.isnan(low):
        return UNTESTABLE
    low, high = (threshold if abs(limit - threshold) < ROUNDING else limit for limit in (low, high))
    if low > threshold:
        return SUPPORTED if above else REFUTED
    if high < threshold:
        return REFUTED if above else SUPPORTED
    return MIXED


def judge_share(part: str, hits: Flags, of: str, threshold: float = 0.5, above: bool = True, **more: Any) -> Finding:
    """Judge the share of nets with a property, hits [nets], by its Clopper-Pearson interval; p is the exact binomial
    test of the threshold. Raises UntestableError for fewer than MIN_SEEDS nets."""
    require_seeds(len(hits), of)
    count, n = int(hits.sum()), len(hits)
    low, high = inference.share_interval(count, n)
    return Finding(
        part, judge(low, high, threshold, above), count, f"of {n} {of}", n, count / n, f"share of {of}", low, high,
        inference.share_p(count, n, threshold), **more,
    )  # fmt: skip


def judge_mean(
    part: str, values: Array, unit: str, threshold: float = 0.0, above: bool = True, measured: float | None = None,
    effect_unit: str | None = None, **more: Any,
) -> Finding:  # fmt: skip
    """Judge the mean of values [nets] by its bootstrap interval; p is the sign-flip test of the threshold. measured, in
    `unit`: instead of that mean, which is in `effect_unit`, else in `unit` too. Raises UntestableError for fewer than
    MIN_SEEDS nets, and where a value is not finite."""
    require_seeds(len(values), "nets")
    if broken := np.count_nonzero(~np.isfinite(values)):
        raise UntestableError(f"{broken} of {len(values)} values are not finite")
    low, high = map(float, inference.bootstrap_interval(values))
    effect = float(values.mean())
    return Finding(
        part, judge(low, high, threshold, above), effect if measured is None else measured, unit, len(values), effect,
        effect_unit or unit, low, high, inference.sign_flip_p(values - threshold), **more,
    )  # fmt: skip


def require_seeds(n: int, of: str) -> None:
    """Raise UntestableError where there are fewer than MIN_SEEDS."""
    if n < inference.MIN_SEEDS:
        raise UntestableError(f"{of}: {n}, fewer than {inference.MIN_SEEDS}")


def attempt(part: str, finding: Callable[[], Finding]) -> Iterator[Finding]:
    """The finding, or that the part is untestable and why."""
    try:
        yield finding()
    except (UntestableError, NotRecordedError) as reason:
        yield Finding(part, UNTESTABLE, note=str(reason))


def combine(verdicts: list[str]) -> str:
    """The verdict that all testable ones share, else mixed; untestable where none is testable."""
    testable = {verdict for verdict in verdicts if verdict != UNTESTABLE}
    if not testable:
        return UNTESTABLE
    return testable.pop() if len(testable) == 1 else MIXED
