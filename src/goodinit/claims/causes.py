"""Claims about what makes the plateau: the data, the gain, the bias, the shape; and what they do to LSUV."""

import numpy as np
import pandas as pd

from goodinit.arrays import Array
from goodinit.claims.claim import RARE, Claim, Said
from goodinit.claims.evidence import Evidence, Setting, UntestableError, require_seeds
from goodinit.claims.plateaus import require_plateaus
from goodinit.claims.verdicts import Effect, Finding, judge_effect, judge_mean, judge_share, judge_sooner
from goodinit.statistics import intervals


@Claim(
    20, "Tables are badly distributed where pixels are not", at="main",
    said=Said(175, "the data in these datasets is very nicely distributed (i.e. the pixel values), and most of the "
              "tabular data is badly distributed"),
    counts="features",
).part()  # fmt: skip
def compare_kurtosis(at: Setting) -> Finding:
    """The chance that a numeric feature of the table, standardized, has a larger excess kurtosis than one of the
    control; above one half."""
    evidence = at.evidence
    if evidence.dataset == evidence.control:
        raise UntestableError("this is the control itself")
    shapes = evidence.table("shapes")
    numeric = shapes[shapes["kind"] == "numeric"]
    table = _kurtosis(numeric, evidence.dataset, evidence.scaling)
    pixels = _kurtosis(numeric, evidence.control, "standardize")
    require_seeds(min(len(table), len(pixels)), "numeric features")
    wrong, low, high = intervals.pairs_interval(pixels, table, 1.0)
    effect = Effect(value=1 - wrong, unit="share of pairs", low=1 - high, high=1 - low)
    note = f"median {np.median(table):.1f} against {np.median(pixels):.1f}"
    return judge_effect(effect, len(table), 0.5, note=note)


def _kurtosis(shapes: pd.DataFrame, dataset: str, scaling: str) -> Array:
    of_data = shapes[(shapes["dataset"] == dataset) & (shapes["scaling"] == scaling)]
    return of_data["excess_kurtosis"].dropna().to_numpy()


def _judge_gone(at: Setting, dataset: str, scaling: str) -> Finding:
    evidence = at.evidence
    require_plateaus(at.nets("default"))
    if (dataset, scaling) == (evidence.dataset, evidence.scaling):
        raise UntestableError("this is the data asked about")
    nets = evidence.nets("default", evidence.peaks[0], dataset, scaling)
    return judge_share(nets.on_plateau[nets.decided], "nets", RARE, above=False)


data_to_blame = Claim(
    21, "Badly distributed data are to blame for the plateau", at="main",
    terms="Of nets that did not diverge before it could be seen. Gone: where most default nets have the plateau, fewer "
    "than {RARE:.0%} have it there (on the control; on the same data under quantile).",
    said=Said(175, "I wish more people would make a thorough research on such badly distributed datasets..."),
)  # fmt: skip
data_to_blame.part("gone on the control")(lambda at: _judge_gone(at, at.evidence.control, "standardize"))
data_to_blame.part("gone under quantile")(lambda at: _judge_gone(at, at.evidence.dataset, "quantile"))


@data_to_blame.part("heavy tails make it")
def compare_with_heavy(at: Setting) -> Finding:
    """Most nets that have none on the control have one there."""
    evidence = at.evidence
    here = ("default", evidence.peaks[0], evidence.control)
    first, second = (evidence.nets(*here, scaling) for scaling in ("standardize", "heavy"))
    shared = np.intersect1d(first.seeds, second.seeds)
    require_seeds(len(shared), "pairs of nets")
    first, second = first.only(shared), second.only(shared)
    plain, heavy = (nets.on_plateau[first.decided & second.decided] for nets in (first, second))
    return judge_share(heavy[~plain], "nets that have none without tails")


def _blame(number: int, statement: str, init: str, difference: str) -> None:
    """Claim that what the nets of an initializer lack of the default makes the plateau."""
    makes = Claim(number, statement, at="main", terms=f"The others: {init} nets, {difference}.", counts="seeds")

    @makes.part("its presence")
    def count_gone(at: Setting) -> Finding:
        """Most default nets with a plateau have none as the others."""
        default, changed = at.pair("default", init)
        require_plateaus(default)
        gone = ~changed.on_plateau[default.on_plateau & changed.decided]
        note = f"{default.on_plateau.sum()} plateaus under default, {changed.on_plateau.sum()} under {init}"
        return judge_share(gone, "seeds", note=note)

    @makes.part("its length")
    def compare_escapes(at: Setting) -> Finding:
        """Where one net escapes before the other, or alone, it is mostly the other."""
        default, changed = at.pair("default", init)
        require_plateaus(default)
        escapes = [nets["escape_step"].values for nets in (default, changed)]
        note = " against ".join(str((~np.isnan(steps)).sum()) for steps in escapes) + " escapes"
        return judge_sooner(*escapes, note=note)


_blame(22, "The small gain of the weights makes the plateau", "default-gain", "of √6 times as wide weights")
_blame(23, "The bias makes the plateau", "default-zero-bias", "which differ in nothing else")
_blame(
    24, "The uniform shape of the weights' distribution makes the plateau", "default-normal",
    "whose weights are normal with the same variance",
)  # fmt: skip


@Claim(25, "Quantile scaling widens the range of peaks at which LSUV trains", at="main", counts="seeds").part()
def compare_under_quantile(at: Setting) -> Finding:
    """Share of the peaks of the stability study at which an lsuv net is trained, quantile less standardize, paired:
    above 0."""
    return _judge_trained_peaks(at.evidence, at.evidence.dataset, "quantile")


@Claim(26, "Heavy tails narrow the range of peaks at which LSUV trains", at="once", counts="seeds").part()
def compare_under_heavy(at: Setting) -> Finding:
    """Share of the peaks of the stability study at which an lsuv net is trained on the control, heavy less standardize,
    paired: below 0."""
    return _judge_trained_peaks(at.evidence, at.evidence.control, "heavy", above=False)


def _judge_trained_peaks(evidence: Evidence, dataset: str, scaling: str, above: bool = True) -> Finding:
    """Judge the share of peaks at which each lsuv net is trained, of those trained under both scalings."""
    scalings = ("standardize", scaling)
    peaks = sorted(set.intersection(*(set(evidence.peaks_of("lsuv", dataset, one)) for one in scalings)))
    if len(peaks) < 2:
        raise UntestableError("lsuv was not trained at several peaks under both scalings")
    nets = [[evidence.nets("lsuv", peak, dataset, one) for peak in peaks] for one in scalings]
    seeds = np.array(sorted(set.intersection(*(set(at_peak.seeds) for under in nets for at_peak in under))))
    before, after = (np.mean([at_peak.only(seeds).trained for at_peak in under], axis=0) for under in nets)
    note = f"standardize: {100 * before.mean():.0f} %"
    return judge_mean(after - before, "share of peaks", above=above, measured=float(after.mean()), note=note)


worse_calibration = Claim(
    27, "LSUV's calibration on one batch gets worse with heavier tails and smaller batches", at="once",
    terms="Off target: root mean square over layers and other batches of log10 std. Intervals are over seeds, for "
    "these datasets.", counts="seeds",
)  # fmt: skip


@worse_calibration.part("heavier tails")
def correlate_with_kurtosis(at: Setting) -> Finding:
    """Its Spearman correlation, over prepared datasets, with the mean excess kurtosis of their features, for the middle
    batch size, is above 0."""
    table, sizes = _off_target(at)
    of_training = table[table["batch_size"] == sizes[len(sizes) // 2]]
    by_data = of_training.groupby(["dataset", "scaling"])["excess_kurtosis"].first().dropna()
    if len(by_data) < 3:
        raise UntestableError("fewer than three prepared datasets")
    off = of_training.pivot(index="seed", columns=["dataset", "scaling"], values="off_target")[by_data.index]
    correlation = off.rank(axis=1).corrwith(by_data.rank(), axis=1)
    return judge_mean(np.asarray(correlation, float), "rank correlation", note=f"{len(by_data)} prepared datasets")


@worse_calibration.part("smaller batches")
def compare_batch_sizes(at: Setting) -> Finding:
    """Its log10 ratio of the smallest to the largest calibration batch, mean over the datasets that have both, is above
    0."""
    table, sizes = _off_target(at)
    by_size = np.log10(table.pivot(index=["seed", "dataset", "scaling"], columns="batch_size", values="off_target"))
    ratio = (by_size[sizes[0]] - by_size[sizes[-1]]).dropna().groupby("seed").mean().to_numpy()
    return judge_mean(ratio, "log10 ratio", note=f"{sizes[0]} against {sizes[-1]} rows")


def _off_target(at: Setting) -> tuple[pd.DataFrame, list[int]]:
    """The table of calibration, and its batch sizes in order."""
    table = at.evidence.table("calibration")
    sizes = sorted(table["batch_size"].unique())
    if len(sizes) < 2:
        raise UntestableError("fewer than two batch sizes")
    return table, sizes
