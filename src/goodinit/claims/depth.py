"""Claims about small layers: how long nets of Kaiming's init rest of which some layers, or all, are too small."""

import numpy as np
import pandas as pd

from goodinit.arrays import Array
from goodinit.claims.claim import ALMOST_ORDERED, HALF_AS_FAR, NEAR_THEORY, RARE, Claim
from goodinit.claims.evidence import Setting, UntestableError, require_seeds
from goodinit.claims.verdicts import ROUNDING, Effect, Finding, judge_closeness, judge_effect, judge_share
from goodinit.model.variants import Variant, read_variant
from goodinit.runs.nets import Nets
from goodinit.statistics import intervals
from goodinit.statistics.regression import censored_regression

SAMPLES = 999  # of the bootstrap: a regression with nets that never escape takes a thousandth of a second or two

small_layers = Claim(
    32, "The more layers are too small, the more steeply a net's rest lengthens as they shrink", at="main",
    terms="τ as in claim 29, at the peak of the study depth, of nets whose first r layers are Kaiming's times a gain "
    "below 1, at the plain depth. The exponent is the slope of log τ on the log of 1/gain, by regression over nets, "
    "with those that never escape as censored; how much it grows with each layer is its slope on r, with a bootstrap "
    "interval over seeds.", counts="seeds",
)  # fmt: skip


@small_layers.part("steeper")
def judge_steepening(at: Setting) -> Finding:
    """The exponent grows with r."""
    growth, low, high, note, n = _fit_exponents(at)
    return judge_effect(Effect(value=growth, unit="exponent per layer", low=low, high=high), n, 0.0, note=note)


@small_layers.part("as in theory")
def compare_with_theory(at: Setting) -> Finding:
    """It grows by 1 for each layer, to within {NEAR_THEORY}: theory has τ go with a power of -(r - 2) of the gain."""
    growth, low, high, note, n = _fit_exponents(at)
    return judge_closeness(growth, low, high, n, target=1.0, margin=NEAR_THEORY, unit="exponent per layer", note=note)


@Claim(
    33, "What counts is how many layers are too small, and not how deep the net is", at="main",
    terms="τ and r as in claim 32, at the smallest gain, in nets of every depth.", counts="seeds",
).part()  # fmt: skip
def compare_depth_with_small_layers(at: Setting) -> Finding:
    """Another layer of the right size moves log τ less than {HALF_AS_FAR} times as far as another one that is too small
    (coefficients of either number in one regression)."""
    nets = _collect(at)
    nets = nets[nets["gain"] == nets["gain"].min()]
    if nets["first"].nunique() < 2 or nets["others"].nunique() < 2:
        raise UntestableError("small layers in nets of one shape only")
    slopes = _regress(nets, nets[["first", "others"]].assign(intercept=1).to_numpy(float))
    of_small = np.where(np.abs(slopes[:, 0]) < ROUNDING, np.nan, slopes[:, 0])
    ratio, low, high, n = _limit(slopes[:, 1] / of_small, nets)
    return judge_closeness(ratio, low, high, n, target=0.0, margin=HALF_AS_FAR, unit="ratio of slopes")


told_at_start = Claim(
    34, "How long a net rests is told before training by its logits' signal, whatever its gain and depth", at="main",
    terms="τ as in claim 29, at the peak of the study depth, of all nets of Kaiming's init with scaled layers.",
)  # fmt: skip


@told_at_start.part("told by the signal")
def correlate_with_signal(at: Setting) -> Finding:
    """Spearman's correlation over nets of τ with that signal, on the first batch, is below -{ALMOST_ORDERED}; nets that
    never escape have the largest. Noted: how many had a plateau, the same correlation without the nets of gain 1 and
    above, with what the setting alone says, the number of small layers times log gain, and with the signal within
    settings."""
    nets = _collect(at)
    sums = nets["sum"].where(~nets["stuck"], np.inf)
    correlation, low, high = intervals.rank_correlation(nets["signal"].to_numpy(), sums.to_numpy())
    small = nets["gain"] < 1
    of_small, *limits = intervals.rank_correlation(nets["signal"][small].to_numpy(), sums[small].to_numpy())
    effect = Effect(value=correlation, unit="rank correlation", low=low, high=high)
    of_setting = intervals.rank_correlation((nets["first"] * np.log(nets["gain"])).to_numpy(), sums.to_numpy())[0]
    notes = [
        f"{nets['plateau'].sum()} of {len(nets)} nets had a plateau",
        f"{of_small:.3f} [{limits[0]:.3f}, {limits[1]:.3f}] over the {small.sum()} with small layers",
        f"of small layers times log gain alone {of_setting:.2f}, of the signal within a setting "
        f"{_correlate_within(nets):.2f}",
    ]
    return judge_effect(effect, len(nets), -ALMOST_ORDERED, above=False, note="; ".join(notes))


@told_at_start.part("no plateau at Kaiming's gain")
def count_at_unit_gain(at: Setting) -> Finding:
    """At gain 1, whatever the depth, less than {RARE:.0%} of the nets have a plateau."""
    unscaled = [nets for nets in _scaled(at) if read_variant(nets.condition.variant).gain == 1]
    on_plateau = [np.empty(0, bool), *(nets.on_plateau[nets.decided] for nets in unscaled)]
    return judge_share(np.concatenate(on_plateau), "nets", RARE, above=False).without_p()


def _correlate_within(nets: pd.DataFrame) -> float:
    """Correlation of signal and τ over the nets of _collect that escaped, both as ranks in their setting (gain, small
    layers, others) less the mean rank there; NaN where either never differs."""
    of_setting = nets[~nets["stuck"]].groupby(["gain", "first", "others"])[["signal", "sum"]]
    ranks = of_setting.rank().sub((of_setting.transform("size") + 1) / 2, axis=0)
    return float(ranks.corr().to_numpy()[0, 1])


def _scaled(at: Setting) -> list[Nets]:
    """Nets of Kaiming's init with another gain, perhaps of another depth, and as plain as any otherwise, over the seeds
    they share. Raises UntestableError where there are none, or too few."""
    found = []
    for nets in at.evidence.varied("gain"):
        otherwise = read_variant(nets.condition.variant)._replace(gain=1, scaled=None, depth=None)
        if nets.condition.init == "kaiming-relu" and otherwise == Variant():
            found.append(nets)
    if not found:
        raise UntestableError("no runs of kaiming-relu with another gain")
    shared = np.array(sorted(set.intersection(*(set(nets.seeds) for nets in found))))
    require_seeds(len(shared), "nets of each shape")
    return [nets.only(shared) for nets in found]


def _collect(at: Setting) -> pd.DataFrame:
    """A row for each net in which layers were scaled: gain, how many of the first layers have it (`first`) and how many
    others there are, whether these are as many layers as ever (`plain`), seed, the sum of the learning rates that it
    rested for, whether it never escaped (`stuck`), whether it has a plateau, and the signal of its logits. Raises
    UntestableError."""
    frames = []
    for nets in _scaled(at):
        variant, depth = read_variant(nets.condition.variant), len(nets["layer"])
        first = variant.scaled or depth
        shape = {"gain": variant.gain, "first": first, "others": depth - first, "plain": variant.depth is None}
        sums, stuck = nets.rested
        told = {"sum": sums, "stuck": stuck, "plateau": nets.on_plateau, "signal": nets.first_signal}
        frames.append(pd.DataFrame({"seed": nets.seeds, **shape, **told}))
    return pd.concat(frames, ignore_index=True)


def _fit_exponents(at: Setting) -> tuple[float, float, float, str, int]:
    """By how much the exponent grows per layer, its limits, all exponents in words, and the number of seeds. Raises
    UntestableError."""
    nets = _collect(at)
    nets = nets[(nets["gain"] < 1) & nets["plain"]]
    if nets["first"].nunique() < 2 or nets["gain"].nunique() < 2:
        raise UntestableError("small layers of one number or one gain only")
    counts = np.unique(nets["first"])
    levels = (nets["first"].to_numpy()[:, None] == counts).astype(float)
    steepness = -np.log(nets["gain"].to_numpy())[:, None]
    joint = _regress(nets, np.hstack([levels, steepness, steepness * nets[["first"]].to_numpy()]))
    alone = _regress(nets, np.hstack([levels, levels * steepness]), samples=0)[0, len(counts) :]
    growth, low, high, n = _limit(joint[:, -1], nets)
    told = ", ".join(f"{exponent:.1f} (r = {count})" for count, exponent in zip(counts, alone, strict=True))
    return growth, low, high, f"exponents {told}", n


def _regress(nets: pd.DataFrame, design: Array, samples: int = SAMPLES) -> Array:
    """Coefficients of log τ on the columns of the design [nets, k], of all nets and then of bootstrap samples of their
    seeds: [1 + samples, k]."""
    seeds, place = np.unique(nets["seed"], return_inverse=True)
    weights = np.vstack([np.ones(len(seeds)), intervals.resample(len(seeds))[:samples] * len(seeds)])
    return censored_regression(design, np.log(nets["sum"].to_numpy()), nets["stuck"].to_numpy(), weights[:, place])


def _limit(values: Array, nets: pd.DataFrame) -> tuple[float, float, float, int]:
    """What holds for all nets, the limits that its bootstrap samples leave, and the number of seeds. Raises
    UntestableError where it is not determined."""
    if np.isnan(values[0]):
        raise UntestableError("too few nets escape, or all alike")
    seeds = nets["seed"].nunique()
    low, high = np.nanquantile(values[1:], intervals.tails(seeds))
    return float(values[0]), float(low), float(high), seeds
