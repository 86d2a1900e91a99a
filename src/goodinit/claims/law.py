"""Claims about the sum of learning rates at which a net escapes: its own number, and told before training?"""

import numpy as np

from goodinit.arrays import Array, Flags, Integers
from goodinit.claims.claim import HALF_AS_FAR, LINE, MIDDLE, RIGHT, Claim
from goodinit.claims.evidence import Setting, UntestableError, require_seeds
from goodinit.claims.suite import population
from goodinit.claims.verdicts import Effect, Finding, judge_effect, judge_mean, judge_share
from goodinit.runs.nets import Nets
from goodinit.statistics import intervals

own_sum = Claim(
    29, "A default net escapes when the sum of its learning rates reaches a number of its own, whatever the peak",
    at="main",
    terms="τ: the sum of the learning rates of all updates before the escape. Budget: that of the whole schedule. Over "
    "all peaks that were trained.",
)  # fmt: skip


@own_sum.part("a number of its own")
def compare_distances(at: Setting) -> Finding:
    """Of nets that escape at several peaks, the mean distance of a net's log τ at one peak from that at another is less
    than half of that to other nets at the same peak (log10 of their ratio below that of {HALF_AS_FAR}). Noted: how many
    times as large τ is at the highest other peak as at the main one, the median over nets that escape at both."""
    log_sums = np.log10(_escape_sums(at))
    log_sums = log_sums[:, (~np.isnan(log_sums)).sum(0) >= 2]
    require_seeds(log_sums.shape[1], "nets that escape at several peaks")
    ratios = []
    for net, own in enumerate(log_sums.T[..., None]):
        over_peaks = np.nanmean(np.abs(own - own.T)[np.triu_indices(len(own), 1)])
        to_others = np.nanmean(np.abs(np.delete(log_sums, net, 1) - own))
        ratios.append(over_peaks / to_others if to_others else np.nan)  # nets that are all alike
    note = _tell_drift(at)
    return judge_mean(np.log10(ratios), "log10 ratio", np.log10(HALF_AS_FAR), above=False, note=note)


@own_sum.part("who gets out")
def compare_those_that_escape(at: Setting) -> Finding:
    """A net that gets out at the main peak has a smaller τ at the other peaks (their median) than one that does not: in
    more than half of all such pairs."""
    elsewhere, escaped = _foretell(at)
    require_seeds(int(min(escaped.sum(), (~escaped).sum())), "nets that do and that do not escape")
    wrong, low, high = intervals.pairs_interval(elsewhere[escaped], elsewhere[~escaped], 1.0)
    effect = Effect(value=1 - wrong, unit="share of pairs", low=1 - high, high=1 - low)
    return judge_effect(effect, len(escaped), 0.5)


@own_sum.part("the budget decides")
def compare_with_budget(at: Setting) -> Finding:
    """Whether that τ is within the budget of the main peak says for more than {RIGHT:.0%} of the nets whether they get
    out there."""
    elsewhere, escaped = _foretell(at)
    foretold = elsewhere < at.nets("default").rate_sums[-1]
    note = f"{foretold.sum()} foretold to get out, {escaped.sum()} did"
    return judge_share(foretold == escaped, "nets", RIGHT, note=note).without_p()


told_at_start = Claim(
    30, "How long a default net rests is told before training by the signal after its last hidden layer", at="main",
    terms="τ as in claim 29, at the highest peak.",
)  # fmt: skip


@told_at_start.part("longer for less")
def correlate_with_start(at: Setting) -> Finding:
    """Spearman's correlation over nets of τ with that signal at step 0, on the first batch, is below 0; a net that
    never escapes has the largest τ. Noted: the same of three rivals on that batch: the std over rows and units there,
    the share of its units that are 0 on all rows, and the geometric mean of the layers' gradient norms."""
    sums = np.nan_to_num(_escape_sums(at)[-1], nan=np.inf)
    start = at.nets("default").only(_seeds(at))
    signal, spread, dead = (start.activations(name)[:, 0, -1] for name in ("signal", "activation_std", "dead_share"))
    with np.errstate(divide="ignore"):  # a net born dead has no gradient
        norm = np.log(start["gradient_norm"].values[:, 0]).mean(1)
    correlation, low, high = intervals.rank_correlation(signal, sums)
    effect = Effect(value=correlation, unit="rank correlation", low=low, high=high)
    of_std, of_dead, of_norm = (intervals.rank_correlation(rival, sums)[0] for rival in (spread, dead, norm))
    note = f"of the std {of_std:.2f}, of dead units {of_dead:.2f}, of gradient norms {of_norm:.2f}"
    return judge_effect(effect, len(sums), 0.0, above=False, note=note)


@told_at_start.part("foretold in size")
def compare_with_line(at: Setting) -> Finding:
    """The line log10 τ = {LINE[0]} + {LINE[1]} log10 signal, which was fitted to other seeds (1000-1029), misses the
    log10 τ of nets that escape by less than the median there, {MIDDLE}, does: mean difference of both distances."""
    nets = at.evidence.nets("default", _peaks(at)[-1]).only(_seeds(at))
    start = at.nets("default").only(nets.seeds)
    known = ~nets.rested[1]
    log_signal, log_sum = np.log10(start.activations("signal")[known, 0, -1]), np.log10(nets.escape_sums[known])
    missed = np.abs(LINE[0] + LINE[1] * log_signal - log_sum)
    note = f"the line misses by {missed.mean():.2f}"
    return judge_mean(missed - np.abs(MIDDLE - log_sum), "log10 τ", above=False, measured=missed.mean(), note=note)


@told_at_start.part("on other tables", aside=True)
def correlate_on_other_tables(at: Setting) -> Finding:
    """On other tables, each by itself, at the highest main peak: the mean over tables of Spearman's correlation of τ
    with the signal of the logits at step 0 is below 0. Tables on which either is the same for all nets say nothing."""
    tables = population(at, peak=max(at.evidence.peaks))
    correlations = [
        intervals.rank_correlation(nets.first_signal, np.nan_to_num(nets.escape_sums, nan=np.inf))[0]
        for table, nets in tables.items()
        if table != at.evidence.dataset
    ]
    return judge_mean(
        np.array([value for value in correlations if not np.isnan(value)]), "rank correlation", above=False
    )


out_of_budget = Claim(
    31, "A default net that is stuck ran out of budget: with more steps it gets out", at="main",
    terms="The same nets, trained for more steps at the main peak.",
)  # fmt: skip


@out_of_budget.part("the longer budget decides")
def compare_with_longer_budget(at: Setting) -> Finding:
    """Whether τ, at other peaks as in claim 29, is within the budget of the longer schedule says for more than
    {RIGHT:.0%} of the nets whether they get out in it."""
    elsewhere, seeds = _elsewhere(at)
    longer = _longer(at)
    both = np.isin(seeds, longer.seeds)
    escaped, foretold = ~longer.only(seeds[both]).rested[1], elsewhere[both] < longer.rate_sums[-1]
    note = f"{foretold.sum()} foretold to get out, {escaped.sum()} did"
    return judge_share(foretold == escaped, "nets", RIGHT, note=note).without_p()


@out_of_budget.part("the stuck get out")
def count_freed(at: Setting) -> Finding:
    """Of the nets that are stuck at the main peak, most get out with more steps."""
    plain = at.nets("default")
    longer = _longer(at)
    stuck = plain.seeds[plain["outcome"].values == "stuck"]
    return judge_share(~longer.only(np.intersect1d(stuck, longer.seeds)).rested[1], "stuck nets")


def _tell_drift(at: Setting) -> str:
    """How many times as large τ is at the highest other peak as at the main one; empty if no net escapes at both."""
    peaks, main = _peaks(at), at.peaks["default"]
    other = max(peak for peak in peaks if peak != main)
    sums = _escape_sums(at)
    drift = sums[peaks.index(other)] / sums[peaks.index(main)]
    drift = drift[~np.isnan(drift)]
    if not len(drift):
        return ""
    times = f"τ at {other:g} is {np.median(drift):.2f} times that at {main:g}"
    return f"{times} (median of {len(drift)} nets, larger in {(drift > 1).sum()})"


def _longer(at: Setting) -> Nets:
    """The default nets at the main peak that were trained for more steps. Raises UntestableError."""
    here = at.nets("default").condition
    for nets in at.evidence.varied("longer"):
        if nets.condition[:4] == here[:4]:
            return nets
    raise UntestableError(f"no runs of default that are longer at peak {here.peak:g}")


def _foretell(at: Setting) -> tuple[Array, Flags]:
    """Of each net with a τ at another peak: their median, and whether it escapes at the main one, [nets] each."""
    elsewhere, seeds = _elsewhere(at)
    return elsewhere, ~at.nets("default").only(seeds).rested[1]


def _elsewhere(at: Setting) -> tuple[Array, Integers]:
    """The median τ of each net that has one at other peaks than the main one, and the seeds of these nets."""
    others = np.delete(_escape_sums(at), _peaks(at).index(at.peaks["default"]), axis=0)
    known = ~np.isnan(others).all(0)
    return np.nanmedian(others[:, known], axis=0), _seeds(at)[known]


def _escape_sums(at: Setting) -> Array:
    """τ of the default nets of _seeds at each of _peaks, [peaks, nets]; NaN: no escape."""
    seeds = _seeds(at)
    return np.array([at.evidence.nets("default", peak).only(seeds).escape_sums for peak in _peaks(at)])


def _seeds(at: Setting) -> Integers:
    """The seeds of default nets at all of _peaks. Raises UntestableError for fewer than MIN_SEEDS."""
    by_peak = (set(at.evidence.nets("default", peak).seeds) for peak in _peaks(at))
    seeds = np.array(sorted(set.intersection(*by_peak)))
    require_seeds(len(seeds), "nets at all peaks")
    return seeds


def _peaks(at: Setting) -> list[float]:
    """The peaks at which the default was trained. Raises UntestableError where there is one only."""
    at.nets("default")
    peaks = at.evidence.peaks_of("default")
    if len(peaks) < 2:
        raise UntestableError("default was not trained at several peaks")
    return peaks
