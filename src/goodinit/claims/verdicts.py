"""From measurements of nets to a verdict: an interval against a threshold; a p-value never decides.

Supported, refuted; depends: parts or peaks contradict each other; undecided: an interval holds the threshold, or only
touches it; untestable: the runs cannot tell.
"""

from dataclasses import dataclass, replace

import numpy as np

from goodinit.arrays import Array, Flags
from goodinit.claims.evidence import UntestableError, require_seeds
from goodinit.statistics import inference, intervals

VERDICTS = ("supported", "refuted", "depends", "undecided", "untestable")
SUPPORTED, REFUTED, DEPENDS, UNDECIDED, UNTESTABLE = VERDICTS

ROUNDING = 1e-12


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a claim speaks of, in `unit`; default: the same of the default's nets, where they are compared."""

    value: float = np.nan
    unit: str = ""
    default: float = np.nan


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What is held against the threshold, in `unit`, with the limits of its interval; above: whether the claim has it
    above that; p_value: two-sided, of the threshold; thread: what the thread printed."""

    value: float = np.nan
    unit: str = ""
    low: float = np.nan
    high: float = np.nan
    threshold: float = np.nan
    above: bool = True
    p_value: float = np.nan
    thread: float = np.nan


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a rule finds at one peak, over n nets."""

    verdict: str
    n: int = 0
    measured: Measured = Measured()
    effect: Effect = Effect()
    note: str = ""

    def without_p(self) -> "Finding":
        """The same where the threshold is a tolerance, and no null hypothesis."""
        return replace(self, effect=replace(self.effect, p_value=np.nan))


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
    return UNDECIDED


def judge_effect(
    effect: Effect, n: int, threshold: float, *, above: bool = True, measured: Measured | None = None, note: str = ""
) -> Finding:
    """Judge an effect by its interval. measured: where that is not the effect itself."""
    verdict = judge(effect.low, effect.high, threshold, above)
    measured = measured or Measured(value=effect.value, unit=effect.unit)
    judged = replace(effect, threshold=threshold, above=above)
    return Finding(verdict=verdict, n=n, measured=measured, effect=judged, note=note)


def judge_share(hits: Flags, of: str, threshold: float = 0.5, *, above: bool = True, note: str = "") -> Finding:
    """Judge the share of nets with a property, hits [nets], by its Clopper-Pearson interval; p is the exact binomial
    test of the threshold. Raises UntestableError for fewer than MIN_SEEDS nets."""
    require_seeds(len(hits), of)
    count, n = int(hits.sum()), len(hits)
    low, high = intervals.share_interval(count, n)
    p_value = inference.share_p(count, n, threshold)
    effect = Effect(value=count / n, unit=f"share of {of}", low=low, high=high, p_value=p_value)
    measured = Measured(value=count, unit=f"of {n} {of}")
    return judge_effect(effect, n, threshold, above=above, measured=measured, note=note)


def judge_mean(
    values: Array, unit: str, threshold: float = 0.0, *, above: bool = True, measured: float | None = None,
    default: float = np.nan, thread: float = np.nan, note: str = "",
) -> Finding:  # fmt: skip
    """Judge the mean of values [nets], in `unit`, by its bootstrap interval; p is the sign-flip test of the threshold.
    Values that are all alike have nothing to resample: judged is then the share of nets on the claim's side. measured,
    default and thread are in `unit` too; without a value for the first it is that mean. Raises UntestableError for
    fewer than MIN_SEEDS nets, and where a value is not finite."""
    require_seeds(len(values), "nets")
    if broken := np.count_nonzero(~np.isfinite(values)):
        raise UntestableError(f"{broken} of {len(values)} values are not finite")
    mean = float(values.mean())
    of_claim = Measured(value=mean if measured is None else measured, unit=unit, default=default)
    if np.ptp(values) < ROUNDING:
        alike = judge_share(values > threshold if above else values < threshold, "nets, all alike", note=note)
        return replace(alike, measured=of_claim)
    low, high = map(float, intervals.bootstrap_interval(values))
    p_value = inference.sign_flip_p(values - threshold)
    effect = Effect(value=mean, unit=unit, low=low, high=high, p_value=p_value, thread=thread)
    return judge_effect(effect, len(values), threshold, above=above, measured=of_claim, note=note)


def judge_closeness(
    value: float, low: float, high: float, n: int, *, target: float, margin: float, unit: str, note: str = ""
) -> Finding:
    """Judge whether a value with the limits low and high lies within a margin of a target: all of its interval does,
    none, or some. The threshold is the edge of the margin on the side to which the interval reaches further: it alone
    decides."""
    above = target - low > high - target
    threshold = target - margin if above else target + margin
    return judge_effect(Effect(value=value, unit=unit, low=low, high=high), n, threshold, above=above, note=note)


def judge_gain(before: Flags, after: Flags) -> Finding:
    """Judge whether a property is gained more often than it is lost, before and after [pairs], by the share of gains
    among the pairs in which it changes (McNemar 1947). Raises UntestableError for fewer than MIN_SEEDS pairs."""
    return _judge_changes(after[after != before], len(before), "pairs that differ")


def judge_sooner(before: Array, after: Array, *, note: str = "") -> Finding:
    """Judge whether an event comes sooner after a change, by the share of pairs in which it does among those in which
    one comes first; times [pairs] each, NaN for an event that never came, which is later than any that did. Raises
    UntestableError for fewer than MIN_SEEDS pairs."""
    old, new = (np.nan_to_num(times, nan=np.inf) for times in (before, after))
    return _judge_changes((new < old)[new != old], len(old), "pairs in which one is sooner", note)


def _judge_changes(hits: Flags, pairs: int, of: str, note: str = "") -> Finding:
    """Judge whether most changes are hits, bool [those of the pairs that changed], by the Clopper-Pearson interval: few
    changes say little, none say nothing. p, of at least MIN_SEEDS changes, is the exact binomial test."""
    require_seeds(pairs, "pairs of nets")
    count, n = int(hits.sum()), len(hits)
    low, high = intervals.share_interval(count, n)
    p_value = inference.share_p(count, n, 0.5) if n >= inference.MIN_SEEDS else np.nan
    effect = Effect(value=count / n if n else np.nan, unit=f"share of {of}", low=low, high=high, p_value=p_value)
    return judge_effect(effect, n, 0.5, measured=Measured(value=count, unit=f"of {n} {of}"), note=note)


def combine(verdicts: list[str]) -> str:
    """The verdict on what has several: it depends where some contradict each other; is undecided where one is; else all
    that are testable share it; untestable where none is testable."""
    found = set(verdicts)
    if DEPENDS in found or {SUPPORTED, REFUTED} <= found:
        return DEPENDS
    return next((verdict for verdict in (UNDECIDED, SUPPORTED, REFUTED) if verdict in found), UNTESTABLE)
