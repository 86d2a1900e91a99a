"""Claims about what makes the plateau: the data, the gain, the bias, the shape; and what they do to LSUV."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from goodinit.arrays import Array
from goodinit.claims.claim import RARE, claim
from goodinit.claims.evidence import Evidence, Setting, UntestableError
from goodinit.claims.plateaus import require_plateaus
from goodinit.claims.verdicts import Finding, attempt, judge, judge_mean, judge_share, require_seeds
from goodinit.runs.nets import Nets
from goodinit.statistics import inference


@claim(20, "Tables are badly distributed where pixels are not", "main")
def bad_tables(at: Setting) -> Iterator[Finding]:
    """The chance that a numeric feature of the table, standardized, has a larger excess kurtosis than one of the
    control; above one half. n counts features."""
    evidence = at.evidence
    if evidence.dataset == evidence.control:
        raise UntestableError("this is the control itself")
    shapes = evidence.table("shapes")
    numeric = shapes[shapes["kind"] == "numeric"]
    table = _kurtosis(numeric, evidence.dataset, evidence.scaling)
    pixels = _kurtosis(numeric, evidence.control, "standardize")
    require_seeds(min(len(table), len(pixels)), "numeric features")
    wrong, low, high = inference.pairs_interval(pixels, table, 1.0)
    above, low, high = 1 - wrong, 1 - high, 1 - low
    note = f"median {np.median(table):.1f} against {np.median(pixels):.1f}"
    unit = "share of pairs"
    yield Finding("", judge(low, high, 0.5), above, unit, len(table), above, unit, low, high, note=note)


def _kurtosis(shapes: pd.DataFrame, dataset: str, scaling: str) -> Array:
    of_data = shapes[(shapes["dataset"] == dataset) & (shapes["scaling"] == scaling)]
    return of_data["excess_kurtosis"].dropna().to_numpy()


@claim(
    21,
    "Badly distributed data are to blame for the plateau",
    "main",
    "gone on the control",
    "gone under quantile",
    "heavy tails make it",
)
def data_to_blame(at: Setting) -> Iterator[Finding]:
    """Where most default nets have the plateau, fewer than {RARE:.0%} have it on the control, and under quantile. Heavy
    tails make it: on the control they bring it to over half of the nets more. Of nets that did not diverge before it
    could be seen."""
    evidence = at.evidence

    def nets(dataset: str, scaling: str) -> Nets:
        return evidence.nets("default", evidence.peaks[0], dataset, scaling)

    def gone(part: str, dataset: str, scaling: str) -> Finding:
        require_plateaus(at.nets("default"))
        if (dataset, scaling) == (evidence.dataset, evidence.scaling):
            raise UntestableError("this is the data asked about")
        there = nets(dataset, scaling)
        return judge_share(part, there.on_plateau[there.decided], "nets", RARE, above=False)

    def made() -> Finding:
        first, second = nets(evidence.control, "standardize"), nets(evidence.control, "heavy")
        shared = np.intersect1d(first.seeds, second.seeds)
        require_seeds(len(shared), "pairs of nets")
        first, second = first.only(shared), second.only(shared)
        plain, heavy = (one.on_plateau[first.decided & second.decided] for one in (first, second))
        gained, note = heavy.astype(float) - plain, f"{plain.sum()} of {len(plain)} have it without"
        return judge_mean("heavy tails make it", gained, "share with plateau", 0.5, measured=heavy.mean(), note=note)

    parts = {
        "gone on the control": lambda: gone("gone on the control", evidence.control, "standardize"),
        "gone under quantile": lambda: gone("gone under quantile", evidence.dataset, "quantile"),
        "heavy tails make it": made,
    }
    for part, finding in parts.items():
        yield from attempt(part, finding)


def _without(at: Setting, other: str) -> Iterator[Finding]:
    """Findings on what of the default makes the plateau, by an initializer that lacks it."""
    default, changed = at.pair("default", other)
    require_plateaus(default)
    seen = default.on_plateau & changed.decided
    note = f"{default.on_plateau.sum()} plateaus under default, {changed.on_plateau.sum()} under {other}"
    yield judge_share("its presence", ~changed.on_plateau[seen], "seeds", note=note)
    escapes = [nets["escape_step"].values for nets in (default, changed)]
    old, new = inference.rank_times(*escapes)
    note = " against ".join(str((~np.isnan(steps)).sum()) for steps in escapes) + " escapes"
    yield judge_mean("its length", new - old, "ranks", above=False, note=note)


@claim(22, "The small gain of the weights makes the plateau", "main", "its presence", "its length")
def gain_decides(at: Setting) -> Iterator[Finding]:
    """Its presence: most default nets with a plateau have none as default-gain nets, of √6 times as wide weights. Its
    length: those escape sooner, by rank, censored at the end."""
    yield from _without(at, "default-gain")


@claim(23, "The bias makes the plateau", "main", "its presence", "its length")
def bias_decides(at: Setting) -> Iterator[Finding]:
    """Its presence: most default nets with a plateau have none as default-zero-bias nets, which differ in nothing else.
    Its length: those escape sooner, by rank, censored at the end."""
    yield from _without(at, "default-zero-bias")


@claim(24, "The uniform shape of the weights' distribution makes the plateau", "main", "its presence", "its length")
def shape_decides(at: Setting) -> Iterator[Finding]:
    """Its presence: most default nets with a plateau have none as default-normal nets, whose weights are normal with
    the same variance. Its length: those escape sooner, by rank, censored at the end."""
    yield from _without(at, "default-normal")


def _trained_peaks(evidence: Evidence, dataset: str, scalings: tuple[str, str]) -> tuple[Array, Array]:
    """Share of the peaks trained under both scalings at which each lsuv net is trained, [nets] each."""
    peaks = sorted(set.intersection(*(set(evidence.peaks_of("lsuv", dataset, scaling)) for scaling in scalings)))
    if len(peaks) < 2:
        raise UntestableError("lsuv was not trained at several peaks under both scalings")
    nets = {scaling: [evidence.nets("lsuv", peak, dataset, scaling) for peak in peaks] for scaling in scalings}
    seeds = np.array(sorted(set.intersection(*(set(one.seeds) for several in nets.values() for one in several))))
    first, second = (np.mean([one.only(seeds).trained for one in nets[scaling]], axis=0) for scaling in scalings)
    return first, second


@claim(25, "Quantile scaling widens the range of peaks at which LSUV trains", "main")
def quantile_widens(at: Setting) -> Iterator[Finding]:
    """Share of the peaks of the stability study at which an lsuv net is trained, quantile less standardize, paired:
    above 0."""
    before, after = _trained_peaks(at.evidence, at.evidence.dataset, ("standardize", "quantile"))
    note = f"standardize: {100 * before.mean():.0f} %"
    yield judge_mean("", after - before, "share of peaks", measured=float(after.mean()), note=note)


@claim(26, "Heavy tails narrow the range of peaks at which LSUV trains", "once")
def heavy_narrows(at: Setting) -> Iterator[Finding]:
    """Share of the peaks of the stability study at which an lsuv net is trained on the control, heavy less standardize,
    paired: below 0."""
    before, after = _trained_peaks(at.evidence, at.evidence.control, ("standardize", "heavy"))
    note = f"standardize: {100 * before.mean():.0f} %"
    yield judge_mean("", after - before, "share of peaks", above=False, measured=float(after.mean()), note=note)


@claim(
    27,
    "LSUV's calibration on one batch gets worse with heavier tails and smaller batches",
    "once",
    "heavier tails",
    "smaller batches",
)
def worse_calibration(at: Setting) -> Iterator[Finding]:
    """Off target: root mean square over layers and other batches of log10 std. Heavier tails: its Spearman correlation,
    over prepared datasets, with the mean excess kurtosis of their features, for the middle batch size, is above 0.
    Smaller batches: its log10 ratio of the smallest to the largest calibration batch, mean over the datasets that have
    both, is above 0. Intervals are over seeds, for these datasets."""
    table = at.evidence.table("calibration")
    sizes = sorted(table["batch_size"].unique())
    if len(sizes) < 2:
        raise UntestableError("fewer than two batch sizes")
    of_training = table[table["batch_size"] == sizes[len(sizes) // 2]]
    by_data = of_training.groupby(["dataset", "scaling"])["excess_kurtosis"].first().dropna()
    if len(by_data) < 3:
        raise UntestableError("fewer than three prepared datasets")
    off = of_training.pivot(index="seed", columns=["dataset", "scaling"], values="off_target")[by_data.index]
    correlation = off.rank(axis=1).corrwith(by_data.rank(), axis=1).to_numpy()
    yield judge_mean("heavier tails", correlation, "rank correlation", note=f"{len(by_data)} prepared datasets")
    by_size = np.log10(table.pivot(index=["seed", "dataset", "scaling"], columns="batch_size", values="off_target"))
    ratio = (by_size[sizes[0]] - by_size[sizes[-1]]).dropna().groupby("seed").mean().to_numpy()
    yield judge_mean("smaller batches", ratio, "log10 ratio", note=f"{sizes[0]} against {sizes[-1]} rows")
