"""Does a fresh run give the published one? By bits where arithmetic is the same, else by distribution over seeds."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

from goodinit.arrays import Array, Flags
from goodinit.runs.fingerprint import Fingerprint
from goodinit.runs.plateau import OUTCOMES
from goodinit.runs.reference import Reference, condition_of, seeds_of
from goodinit.statistics.inference import holm

SAME_BITS_ON = "cpu x86_64"
LEVEL = 0.05  # chance of a false alarm anywhere, where distributions are compared
ROUNDING = 2e-3  # relative; what other arithmetic may do without training: LSUV itself stops within 1e-3

Sample = Array | Flags  # of a condition, over its seeds


class Comparison(NamedTuple):
    """way: how runs were compared, and why; differences: a line each; compared: what was counted, and how many."""

    way: str
    differences: list[str]
    compared: str


def compare(fresh: Reference, kept: Reference) -> Comparison:
    """Compare the fresh runs with those kept of the same names: by bits where all were computed on what promises the
    same ones, else by distribution. A kept run that is not among the fresh ones is a difference."""
    foreign = sorted({run.computed_on for run in [*fresh.values(), *kept.values()]} - {SAME_BITS_ON})
    missing = [f"{name}: missing" for name in kept if name not in fresh]
    if foreign:
        way = f"compared by distribution: {', '.join(foreign)} does not promise the bits of {SAME_BITS_ON}"
        conditions = {condition_of(name) for name in kept}
        return Comparison(way, missing + compare_distributions(fresh, kept), f"{len(conditions)} conditions")
    way = f"compared by bits: all was computed on {SAME_BITS_ON}"
    return Comparison(way, missing + compare_bits(fresh, kept), f"{len(kept)} runs")


def compare_bits(fresh: Reference, kept: Reference) -> list[str]:
    """A line for each fresh run whose arrays differ in any bit from the kept ones: what differs first, by how much."""
    return [
        f"{name}: {_first_array(run, kept[name])}; {_first_value(name, run, kept[name])}"
        for name, run in fresh.items()
        if run.sha256 != kept[name].sha256
    ]


def _first_array(fresh: Fingerprint, kept: Fingerprint) -> str:
    names = list(kept.arrays | fresh.arrays)
    differing = [name for name in names if fresh.arrays.get(name) != kept.arrays.get(name)]
    return f"{len(differing)} of {len(names)} arrays differ, first {differing[0]}"


def _first_value(name: str, fresh: Fingerprint, kept: Fingerprint) -> str:
    now = _values(fresh)
    for what, values in _values(kept).items():
        for seed, new, old in zip(seeds_of(name), now.get(what, ()), values, strict=False):
            if new != old:
                return f"{what}, seed {seed}: {_tell(new, old)}"
    return "none of the values kept does"


def _values(run: Fingerprint) -> dict[str, Sequence[float | str]]:
    return {**run.start, **run.course, "outcome": run.outcome}


def _tell(new: float | str, old: float | str) -> str:
    by = "" if isinstance(new, str) or isinstance(old, str) else f" ({new - old:+.2g})"
    return f"{new} instead of {old}{by}"


def compare_distributions(fresh: Reference, kept: Reference) -> list[str]:
    """A line for each condition that differs over its seeds from the kept runs: how many values do, and the first.

    What the seeds alone decide must agree within ROUNDING, seed by seed. Of what training makes of it, means are
    compared by Welch's (1947) t-test, shares of outcomes by Fisher's exact test, with Holm's correction over all values
    of all conditions. Both sides count as independent samples, though they share their seeds, so false alarms are
    rarer than LEVEL.
    """
    other = [name for name, run in fresh.items() if _names(run) != _names(kept[name])]
    now = {name: run for name, run in fresh.items() if name not in other}
    before = {name: kept[name] for name in now}
    by_condition: dict[str, list[str]] = {}
    for condition, difference in [*_differences_at_start(now, before), *_differences_in_course(now, before)]:
        by_condition.setdefault(condition, []).append(difference)
    return [
        *(f"{name}: holds other values than the reference; has the config changed?" for name in other),
        *(f"{condition}: differing values: {len(told)}, first {told[0]}" for condition, told in by_condition.items()),
    ]


def _names(run: Fingerprint) -> list[str]:
    return [*run.start, *run.course]


def _differences_at_start(fresh: Reference, kept: Reference) -> Iterator[tuple[str, str]]:
    for name, run in kept.items():
        for what, values in run.start.items():
            for seed, new, old in zip(seeds_of(name), fresh[name].start[what], values, strict=True):
                if not abs(new - old) <= ROUNDING * abs(old):
                    yield condition_of(name), f"{what}, seed {seed}: {_tell(new, old)}"


def _differences_in_course(fresh: Reference, kept: Reference) -> Iterator[tuple[str, str]]:
    now, before = _pool(fresh), _pool(kept)
    adjusted = holm(np.array([_p_value(now[key], sample) for key, sample in before.items()]))
    for (key, sample), p in zip(before.items(), adjusted, strict=True):
        if p <= LEVEL:
            condition, what = key
            yield condition, f"{what}: {_spell(now[key])} instead of {_spell(sample)} (p = {p:.1g} by Holm)"


def _pool(runs: Reference) -> dict[tuple[str, str], Sample]:
    """All seeds of a condition, by condition and value: numbers, and whether the outcome is this one or that."""
    pooled: dict[tuple[str, str], list[float]] = {}
    for name, run in runs.items():
        flags: dict[str, list[float]] = {
            f"{outcome} nets": [net == outcome for net in run.outcome] for outcome in OUTCOMES
        }
        for what, values in (run.course | flags).items():
            pooled.setdefault((condition_of(name), what), []).extend(values)
    return {key: np.array(values) for key, values in pooled.items()}


def _p_value(fresh: Sample, kept: Sample) -> float:
    """Two-sided p-value that two samples [n], [m] are of one distribution. Means within ROUNDING of each other agree;
    where neither sample varies, others do not."""
    if kept.dtype == np.bool_:
        return float(stats.fisher_exact(np.array([_count(fresh), _count(kept)])).pvalue)
    if abs(fresh.mean() - kept.mean()) <= ROUNDING * abs(kept.mean()):
        return 1.0
    if np.ptp(fresh) == np.ptp(kept) == 0:
        return 0.0
    return float(stats.ttest_ind_from_stats(*_moments(fresh), *_moments(kept), equal_var=False).pvalue)


def _moments(sample: Sample) -> tuple[float, float, int]:
    """Mean, standard deviation, n."""
    return float(sample.mean()), float(sample.std(ddof=1)), len(sample)


def _count(flags: Sample) -> list[int]:
    """How many are true, how many are not."""
    return [int(flags.sum()), int(len(flags) - flags.sum())]


def _spell(sample: Sample) -> str:
    """A share as counts, a mean with its standard error (sd over seeds / √n)."""
    if sample.dtype == np.bool_:
        return f"{sample.sum()} of {len(sample)}"
    return f"{sample.mean():.4g} ± {stats.sem(sample):.2g}"
