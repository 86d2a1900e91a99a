"""The claims table computed a second time from the run files, to be compared with the product's own.

Written from the documented definitions and file formats; nothing of the product is imported here. What a random seed
decides (bootstrap limits, Monte-Carlo p-values) is drawn again with other seeds and compared within its own error.
"""

import csv
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr
from scipy.stats import beta, t

Array = NDArray[np.float64]
Condition = tuple[str, str, str, float]  # dataset, scaling, init, peak
Record = dict[str, str]  # one row of a csv file

WINDOW = 46
ROOM = 275  # steps: for a first trailing loss and a plateau
FEWEST = 6  # nets, for anything to be said
RESAMPLES_THERE, RESAMPLES_HERE = 9999, 200_000
LINES_THERE, LINES_HERE = 999, 4000  # resamples that a line is drawn through
SIGMAS = 5  # of Monte-Carlo error that are still agreement
RTOL, ATOL = 1e-5, 1e-9
SUPPORTED, REFUTED, DEPENDS = "supported", "refuted", "depends"
UNDECIDED, UNTESTABLE = "undecided", "untestable"

THREAD_STD = (0.3726, 0.1629, 0.0577, 0.0514, 0.0517, 0.0474, 0.0413, 0.0457, 0.0562, 0.0649)
THREAD_LSUV_MEANS = (0.3297, 0.1756)  # of the first and the last layer
# train loss, valid loss, valid accuracy
DEFAULT_70, KAIMING_70 = (0.5789, 0.6380, 0.7638), (0.6052, 0.6496, 0.7614)
DEFAULT_80, LSUV_80 = (0.5601, 0.6289, 0.7657), (0.3298, 0.6691, 0.7803)
THREAD_LOWEST_VALID = 0.60


class UntestableError(Exception):
    """The files do not hold what a rule asks for."""


# Nets: the run files of one condition


@dataclass(frozen=True)
class Course:
    """What the training loss of one net did. plateau: its steps, empty without one; end: trained, stuck, …"""

    trailing: Array
    plateau: range
    end: str
    null_loss: float

    def first_below(self, share: float) -> float:
        """First step with a trailing loss below that share of H; infinite where there is none."""
        return next(
            (float(step) for step, value in enumerate(self.trailing) if value < share * self.null_loss), math.inf
        )


def follow(losses: Array, last_train_loss: float, null_loss: float) -> Course:
    """The course of one net, losses [steps]."""
    alive = 0
    while alive < len(losses) and math.isfinite(losses[alive]):
        alive += 1
    trailing = np.full(len(losses), np.nan)
    if alive >= WINDOW:
        trailing[WINDOW - 1 : alive] = np.convolve(losses[:alive], np.ones(WINDOW), "valid") / WINDOW
    longest, begin, escaped = range(0), None, False
    for step, value in enumerate([*trailing, np.nan]):
        escaped = escaped or value < 0.95 * null_loss
        inside = abs(value - null_loss) <= 0.02 * null_loss and not escaped
        if inside and begin is None:
            begin = step
        if not inside and begin is not None:
            if step - begin > len(longest):
                longest = range(begin, step)
            begin = None
    plateau = longest if len(longest) >= 230 else range(0)
    if alive < len(losses) or not math.isfinite(last_train_loss):
        end = "diverged"
    elif not (trailing < 0.95 * null_loss).any():
        end = "stuck"
    else:
        end = "collapsed" if trailing[-1] >= 0.95 * null_loss else "trained"
    return Course(trailing, plateau, end, null_loss)


class Nets:
    """The nets of a condition in the order of their seeds."""

    def __init__(self, files: list[Any]) -> None:
        self.files = sorted(files, key=lambda file: int(file["seed"][0]))
        self.seeds = [int(seed) for file in self.files for seed in file["seed"][:]]
        self.null_loss = float(files[0]["null_loss"][()])
        self.null_valid_loss = float(files[0]["valid_null_loss"][()])
        self.valid_majority_share = float(files[0]["valid_majority_share"][()])
        self.courses = [
            follow(losses, last, self.null_loss)
            for losses, last in zip(self.of_nets("loss"), self.of_nets("train_loss")[:, -1], strict=True)
        ]
        recorded = [text.decode() for file in self.files for text in file["outcome"][:]]
        if recorded != [course.end for course in self.courses]:
            raise AssertionError(f"{self.files[0].filename}: outcomes are {[one.end for one in self.courses]}")

    @cache  # noqa: B019 lives as long as the nets
    def of_nets(self, name: str) -> Array:
        """A variable [nets, …] as float64."""
        if any(name not in file for file in self.files):
            raise UntestableError(name)
        return np.concatenate([file[name][:].astype(np.float64) for file in self.files])

    @cache  # noqa: B019
    def at_site(self, name: str, site: str) -> Array:
        """A statistic of activations [nets, …, layers]; without a subtrahend "output" is the same as "relu"."""
        if "site" not in self.files[0]:
            raise UntestableError(name)
        sites = [text.decode() for text in self.files[0]["site"][:]]
        return self.of_nets(name)[..., sites.index(site if site in sites else "relu")]

    def attribute(self, name: str) -> float:
        """A number among the attributes."""
        return float(np.ravel(self.files[0].attrs[name])[0])

    def steps_of(self, name: str) -> list[int]:
        """A coordinate: evaluation, window or checkpoint."""
        if name not in self.files[0]:
            raise UntestableError(name)
        return [int(step) for step in self.files[0][name][:]]


@dataclass(frozen=True)
class Net:
    """One net; as `Nets`, without the first axis."""

    nets: Nets
    place: int

    @property
    def seed(self) -> int:
        return self.nets.seeds[self.place]

    @property
    def course(self) -> Course:
        return self.nets.courses[self.place]

    @property
    def plateau(self) -> range:
        return self.course.plateau

    @property
    def trained(self) -> bool:
        return self.course.end == "trained"

    @property
    def finished(self) -> bool:
        return self.course.end != "diverged"

    @property
    def seen(self) -> bool:
        """Not diverged before it had a plateau or an escape, in a schedule with room for a plateau."""
        if len(self.get("loss")) < ROOM:
            return False
        return self.finished or bool(self.plateau) or self.course.first_below(0.95) < math.inf

    def get(self, name: str) -> Array:
        value: Array = self.nets.of_nets(name)[self.place]
        return value

    def at(self, name: str, site: str = "relu") -> Array:
        value: Array = self.nets.at_site(name, site)[self.place]
        return value

    def windows(self, name: str, site: str = "relu") -> Array:
        """Means over whole windows, [windows, layers]."""
        steps = self.at(name, site)
        return np.array([steps[k : k + WINDOW].mean(0) for k in range(0, len(steps) - WINDOW + 1, WINDOW)])

    def at_end(self, metric: str) -> float:
        """A metric at the end."""
        return float(np.ravel(self.get(metric))[-1])

    def counted(self, metric: str) -> float:
        """The same of validation rows; a diverged net counts as the null net."""
        null = {"valid_loss": self.nets.null_valid_loss, "valid_accuracy": self.nets.valid_majority_share}
        return self.at_end(metric) if self.finished else null[metric]


@dataclass(eq=False)
class Study:
    """Everything that a claims table is made from. data: the folder of {dataset}/{scaling}.npz; tables: that of the
    csv files; peaks: the main ones."""

    files: Iterable[Path]
    data: Path
    tables: Path
    dataset: str
    scaling: str
    control: str
    peaks: list[float]
    prune: bool = True
    _runs: dict[Condition, list[Any]] = field(default_factory=dict)
    _nets: dict[Any, Nets] = field(default_factory=dict)
    _varied: dict[str, dict[Condition, list[Any]]] = field(default_factory=dict)  # by variant
    asked: set[Condition] = field(default_factory=set)

    def __post_init__(self) -> None:
        for path in self.files:
            file = h5py.File(path)
            names = [str(file.attrs[name]) for name in ("dataset", "scaling", "init")]
            condition = (names[0], names[1], names[2], float(np.ravel(file.attrs["peak"])[0]))
            variant = str(file.attrs["variant"])
            runs = self._runs if variant == "none" else self._varied.setdefault(variant, {})
            runs.setdefault(condition, []).append(file)

    def other(self, dataset: str, scaling: str) -> "Study":
        """The same runs, asked about another prepared dataset."""
        trained = self.peaks_of("default", dataset, scaling)
        peaks = [peak for peak in self.peaks if peak in trained] or self.peaks[:1]
        return replace(self, files=[], dataset=dataset, scaling=scaling, peaks=peaks, prune=False, asked=set())

    def nudged(self) -> "tuple[Study, set[Condition]]":
        """The same study of this dataset with nets from a nudged start where there are such; and where there are."""
        runs = {
            condition: files
            for condition, files in self._varied.get("nudged", {}).items()
            if condition[:2] == (self.dataset, self.scaling)
        }
        nets = {condition: nets for condition, nets in self._nets.items() if condition not in runs}
        varied = {variant: files for variant, files in self._varied.items() if variant != "nudged"}
        study = replace(self, files=[], _runs=self._runs | runs, _nets=nets, _varied=varied, asked=set())
        return study, set(runs)

    def prepared(self) -> set[tuple[str, str]]:
        return {(dataset, scaling) for dataset, scaling, _, _ in self._runs}

    def trained(self) -> list[Condition]:
        return list(self._runs)

    def initializers(self) -> set[str]:
        return {init for _, _, init, _ in self._runs}

    def peaks_of(self, init: str, dataset: str, scaling: str) -> list[float]:
        return sorted(run[3] for run in self._runs if run[:3] == (dataset, scaling, init))

    def nets(self, init: str, peak: float, dataset: str = "", scaling: str = "") -> list[Net]:
        wanted = (dataset or self.dataset, scaling or self.scaling, init, peak)
        if wanted not in self._runs:
            raise UntestableError(str(wanted))
        self.asked.add(wanted)
        return self._open(wanted, self._runs[wanted])

    def varied(self, form: str, init: str) -> list[tuple[re.Match[str], float, list[Net]]]:
        """What a variant says, the peak and the nets, of all of an initializer's whose variant has this form."""
        return [
            (said, condition[3], self._open((*condition, variant), files))
            for variant, runs in sorted(self._varied.items())
            if (said := re.fullmatch(form, variant))
            for condition, files in sorted(runs.items(), key=lambda item: item[0])
            if condition[:3] == (self.dataset, self.scaling, init)
        ]

    def _open(self, name: Any, files: list[Any]) -> list[Net]:
        if name not in self._nets:
            self._nets[name] = Nets(files)
        nets = self._nets[name]
        return [Net(nets, place) for place in range(len(nets.seeds))]

    def table(self, name: str) -> list[Record]:
        if name == "pruning" and not self.prune:
            raise UntestableError(name)
        path = self.tables / f"{name}.csv"
        if not path.exists():
            raise UntestableError(name)
        return read_csv(path)

    def prepared_data(self) -> dict[tuple[str, str], Path]:
        return {(path.parent.name, path.stem): path for path in sorted(self.data.glob("*/*.npz"))}


def read_csv(path: Path) -> list[Record]:
    """The rows of a csv file."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True)
class Place:
    """Where a claim is judged: at one peak on the validation rows, or at best peaks on the test rows of some seeds."""

    study: Study
    label: str
    rows: str
    peak_of: dict[str, float] | float
    seeds: tuple[int, ...] = ()

    def nets(self, init: str) -> list[Net]:
        peak = self.peak_of.get(init) if isinstance(self.peak_of, dict) else self.peak_of
        if peak is None:
            raise UntestableError(init)
        return [net for net in self.study.nets(init, peak) if not self.seeds or net.seed in self.seeds]

    def pairs(self, first: str, second: str) -> list[tuple[Net, Net]]:
        others = {net.seed: net for net in self.nets(second)}
        return [(net, others[net.seed]) for net in self.nets(first) if net.seed in others]


def places(study: Study, kind: str) -> list[Place]:
    """Where claims of a kind ("once", "main", "each", "each and best") are judged."""
    peaks = study.peaks[:1] if kind in ("once", "main") else study.peaks
    found = [Place(study, f"{peak:g}", "valid", peak) for peak in peaks]
    if kind == "each and best":
        found.append(Place(study, "best", "test", *best_peaks(study)))
    return found


def best_peaks(study: Study) -> tuple[dict[str, float], tuple[int, ...]]:
    """The peak with the lowest mean validation loss over the first half of the seeds, of initializers with peaks beside
    the main ones that were trained for all seeds; and the other half."""
    try:
        seeds = [net.seed for net in study.nets("default", study.peaks[0])]
    except UntestableError:
        return {}, ()
    half = len(seeds) // 2
    best = {}
    for init in study.initializers():
        score = {}
        for peak in study.peaks_of(init, study.dataset, study.scaling):
            ends = {
                net.seed: net.at_end("valid_loss") if net.finished else net.nets.null_valid_loss
                for net in study.nets(init, peak)
            }
            if all(seed in ends for seed in seeds):
                score[peak] = sum(ends[seed] for seed in seeds[:half]) / half
        if len(score) > len(study.peaks):
            best[init] = min(score, key=lambda peak: (score[peak], peak))
    return best, tuple(seeds[half:])


# Statistics


@dataclass(frozen=True)
class Limit:
    """Where one limit of an interval must lie; one point, but for Monte-Carlo error."""

    low: float
    high: float


@dataclass(frozen=True)
class Part:
    """What a row must hold. p and slack: the p-value and by how much Monte Carlo may miss it; numbers: those of the
    note, in order."""

    measured: float
    n: int
    effect: float
    low: Limit
    high: Limit
    verdicts: frozenset[str]
    p: float = math.nan
    slack: float = 0.0
    thread: float = math.nan
    default: float = math.nan
    numbers: tuple[float, ...] = ()


def need(nets: Sequence[object] | Array) -> None:
    if len(nets) < FEWEST:
        raise UntestableError(f"{len(nets)} of {FEWEST}")


def verdicts(low: Limit, high: Limit, threshold: float, above: bool) -> frozenset[str]:
    """Each verdict that limits at these places may give."""
    found = set()
    for bottom in (low.low, low.high):
        for top in (high.low, high.high):
            if bottom > threshold:
                found.add(SUPPORTED if above else REFUTED)
            elif top < threshold:
                found.add(REFUTED if above else SUPPORTED)
            else:
                found.add(UNDECIDED)
    return frozenset(found)


def share(hits: Sequence[bool], threshold: float = 0.5, above: bool = True, **more: Any) -> Part:
    """The share of hits against a threshold: Clopper-Pearson, exact binomial test."""
    need(hits)
    count, n = sum(map(bool, hits)), len(hits)
    low = float(beta.ppf(0.025, count, n - count + 1)) if count else 0.0
    high = float(beta.ppf(0.975, count + 1, n - count)) if count < n else 1.0
    limits = Limit(low, low), Limit(high, high)
    chances = [math.comb(n, k) * threshold**k * (1 - threshold) ** (n - k) for k in range(n + 1)]
    p = min(1.0, sum(chance for chance in chances if chance <= chances[count] * (1 + 1e-7)))
    return Part(count, n, count / n, *limits, verdicts(*limits, threshold, above), p, **more)


def mean(values: Sequence[float], threshold: float = 0.0, above: bool = True, measured: float | None = None,
         test: bool = True, **more: Any) -> Part:  # fmt: skip
    """The mean of values against a threshold: percentile bootstrap, sign-flip test; where all are alike, the share of
    those on the claim's side."""
    need(values)
    sample = np.array(values, np.float64)
    if not np.isfinite(sample).all():
        raise UntestableError("a value that is none")
    if np.ptp(sample) < 1e-12:
        alike = share([bool(value > threshold if above else value < threshold) for value in values])
        told = {name: more[name] for name in ("default", "numbers") if name in more}
        return changed(alike, measured=average(values) if measured is None else measured, **told)
    resampled = sample[draws(len(sample), 0)].mean(1)
    low, high = limits_of(resampled, len(sample))
    effect = float(sample.mean())
    p, slack = sign_flip(sample - threshold) if test else (math.nan, 0.0)
    held = verdicts(low, high, threshold, above)
    return Part(effect if measured is None else measured, len(sample), effect, low, high, held, p, slack, **more)


@cache
def draws(n: int, stream: int) -> NDArray[np.int64]:
    """Which of n observations are in each resample, [RESAMPLES_HERE, n]."""
    return np.random.default_rng([77, stream]).integers(0, n, (RESAMPLES_HERE, n))


def limits_of(resampled: Array, n: int, there: int = RESAMPLES_THERE) -> tuple[Limit, Limit]:
    """Where the limits of an interval from n observations may lie with as many resamples as the product draws: at the
    tail that a normal distribution has beyond √(n/(n-1)) times Student's 97.5 % point."""
    beyond = math.sqrt(n / (n - 1)) * float(t.ppf(0.975, n - 1))
    tail = math.erfc(beyond / math.sqrt(2)) / 2
    error = SIGMAS * math.sqrt(tail * (1 - tail) * (1 / there + 1 / len(resampled)))
    ordered = np.sort(resampled)
    finite = ordered[np.isfinite(ordered)]
    slack = 1e-6 * float(np.abs(finite).max()) if len(finite) else 0.0

    def order(share: float) -> int:
        return min(max(math.floor(share * len(ordered)), 0), len(ordered) - 1)

    places = [(order(tail - error) - 1, order(tail + error) + 1)]
    places.append((order(1 - tail - error) - 1, order(1 - tail + error) + 1))
    low, high = (
        Limit(float(ordered[max(first, 0)]) - slack, float(ordered[min(last, len(ordered) - 1)]) + slack)
        for first, last in places
    )
    return low, high


def sign_flip(sample: Array) -> tuple[float, float]:
    """Two-sided p-value over all flips of signs, and how far the product's may be off: because files hold rounded
    numbers, which may part what would tie, and by its 9,999 random flips where it draws."""
    if not np.isfinite(sample).all():
        return math.nan, 0.0
    sums = np.zeros(1)
    if len(sample) <= 21:
        for value in sample:
            sums = np.concatenate([sums + value, sums - value])
    else:
        signs = np.random.default_rng(78).choice([-1.0, 1.0], (200_000, len(sample)))
        sums = signs @ sample
    observed, rounding = abs(float(sample.sum())), 1e-6 * float(np.abs(sample).max())
    most = min(1.0, 2 * float((sums >= observed - rounding).mean()))
    least = min(1.0, 2 * (float((sums > observed + rounding).mean()) + 1 / len(sums)))  # the sample itself counts
    slack = most - least + ATOL
    if 2 ** len(sample) > RESAMPLES_THERE:
        slack += 2 * (SIGMAS * math.sqrt(most / 2 * (1 - most / 2) / RESAMPLES_THERE) + 2 / RESAMPLES_THERE)
    return most, slack


def superiority(below: Array, above: Array, threshold: float, n: int, numbers: tuple[float, ...] = ()) -> Part:
    """Chance that one of `above` is larger than one of `below`, ties half, against a threshold: between the chances
    that lie 1.96 standard errors of their own away, for samples of the same mean size (Newcombe 2006, method 5)."""
    need(below)
    need(above)
    effect = average(1.0 if b > a else 0.5 if b == a else 0.0 for b in above for a in below)
    pairs, size = len(below) * len(above), (len(below) + len(above)) / 2

    def errors_away(chance: float) -> float:
        one, both = chance / (2 - chance), 2 * chance**2 / (1 + chance)  # Hanley & McNeil's Q1 and Q2
        variance = chance * (1 - chance) + (size - 1) * (one + both - 2 * chance**2)
        return abs(effect - chance) / math.sqrt(variance / pairs)

    def edge(inside: float, outside: float) -> float:
        for _ in range(200):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if errors_away(middle) < 1.959963984540054 else (inside, middle)
        return inside

    tiny = 1e-13
    low = Limit(*[edge(min(effect, 1 - tiny), tiny) if effect > 0 else 0.0] * 2)
    high = Limit(*[edge(max(effect, tiny), 1 - tiny) if effect < 1 else 1.0] * 2)
    return Part(effect, n, effect, low, high, verdicts(low, high, threshold, True), numbers=numbers)


def spread(first: Array, second: Array) -> Part:
    """log10 ratio of the stds of paired samples, below 0."""
    measured, n = float(second.std(ddof=1)), len(first)
    if not np.ptp(first) or not np.ptp(second):
        nowhere = Limit(math.nan, math.nan)
        return Part(measured, n, math.nan, nowhere, nowhere, frozenset({UNTESTABLE}))
    chosen = draws(n, 0)
    stds = [np.where(np.ptp(one[chosen], axis=1) > 0, one[chosen].std(1), 0.0) for one in (first, second)]
    some = (stds[0] > 0) | (stds[1] > 0)
    with np.errstate(divide="ignore"):
        low, high = limits_of(np.log10(stds[1][some]) - np.log10(stds[0][some]), n)
    effect = math.log10(measured / float(first.std(ddof=1)))
    return Part(measured, n, effect, low, high, verdicts(low, high, 0.0, above=False))


def sooner(old: Sequence[float], new: Sequence[float], **more: Any) -> Part:
    """The share of pairs in which the new time is the earlier one, of those that differ."""
    return changes([b < a for a, b in zip(old, new, strict=True) if a != b], len(old), **more)


def changes(hits: Sequence[bool], pairs: int, **more: Any) -> Part:
    """The share of hits among the pairs that changed, however few these are."""
    need(range(pairs))
    if len(hits) >= FEWEST:
        return share(hits, **more)
    count, n = sum(hits), len(hits)
    low = float(beta.ppf(0.025, count, n - count + 1)) if count else 0.0
    high = float(beta.ppf(0.975, count + 1, n - count)) if count < n else 1.0
    limits = Limit(low, low), Limit(high, high)
    return Part(count, n, count / n if n else math.nan, *limits, verdicts(*limits, 0.5, True), **more)


def average_ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 1, ties share their mean."""
    return [
        sum(other < value for other in values) + (sum(other == value for other in values) + 1) / 2 for value in values
    ]


def median_step(steps: Sequence[float]) -> float:
    """The median; NaN where it is infinite."""
    median = float(np.median(steps))
    return median if math.isfinite(median) else math.nan


def excess_kurtosis(values: Array) -> float:
    """Fourth central moment over the squared variance, less 3."""
    off = values - values.mean()
    return float((off**4).mean() / (off**2).mean() ** 2 - 3)


# The claims, in the order of their numbers. A rule gives the parts; one that cannot be computed raises.

Rule = Callable[[Place], dict[str, Callable[[], Part]]]


def average(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


def shrinking(at: Place) -> dict[str, Callable[[], Part]]:
    def logs() -> Array:
        return np.log10([net.at("activation_std")[0] for net in at.nets("default")])

    def overall() -> Part:
        thread = math.log10(THREAD_STD[-1] / THREAD_STD[0])
        return mean([row[-1] - row[0] for row in logs()], above=False, thread=thread)

    def every() -> Part:
        steps = [[row[k + 1] - row[k] for row in logs()] for k in range(logs().shape[1] - 1)]
        worst = max(range(len(steps)), key=lambda k: average(steps[k]))
        thread = max(math.log10(b / a) for a, b in pairwise(THREAD_STD))
        return mean(steps[worst], above=False, thread=thread, numbers=(worst + 1, worst + 2))

    return {"overall": overall, "at every layer": every}


def with_room(at: Place) -> list[Net]:
    """The default nets, whose schedule must have room for a plateau."""
    nets = list(at.nets("default"))
    if any(len(net.get("loss")) < ROOM for net in nets):
        raise UntestableError("too short a schedule")
    return nets


def resting(at: Place) -> dict[str, Callable[[], Part]]:
    def brief() -> Part:
        hits = []
        for net in at.nets("default"):
            if net.plateau:
                losses = net.get("loss")
                above = losses[0] > 1.02 * net.nets.null_loss
                hits.append(above and net.plateau.start < 0.1 * len(losses))
        return share(hits)

    def sudden() -> Part:
        hits = []
        for net in at.nets("default"):
            there = net.course.first_below(0.9)
            if net.plateau and there < math.inf:
                hits.append(there - net.plateau.stop < 0.1 * len(net.plateau))
        return share(hits)

    return {
        "a long plateau": lambda: share([bool(net.plateau) for net in with_room(at)]),
        "a brief start": brief,
        "a sudden escape": sudden,
    }


def never_out(at: Place) -> dict[str, Callable[[], Part]]:
    def stuck() -> Part:
        hits = [net.course.end == "stuck" for net in with_room(at)]
        part = share(hits, 0.2)
        verdict = SUPPORTED if any(hits) else REFUTED if part.high.low < 0.2 else UNDECIDED
        return changed(part, verdicts=frozenset({verdict}), p=math.nan)

    return {"": stuck}


def changed(part: Part, **values: Any) -> Part:
    return Part(**{**vars(part), **values})


def validation_batches(at: Place) -> dict[str, Callable[[], Part]]:
    def periodic(cycles: list[Array]) -> float:
        """cycles: [places, layers] each."""
        scores = []
        for cycle in cycles:
            off = cycle - cycle.mean(0)
            size = np.sqrt((off**2).mean(0))
            scores.append(off / np.where(size > 0, size, np.inf))
        explained = (sum(scores) / len(scores)) ** 2
        residual = 1 - np.asarray(explained).mean(0)
        return average(1 - residual * len(cycles) / (len(cycles) - 1))

    def larger() -> Part:
        with_them, without = [], []
        for net in at.nets("default"):
            if not net.finished:
                continue
            evaluations = net.nets.steps_of("evaluation")
            valid, train = net.at("valid_activation_mean"), net.at("activation_mean")
            if not valid.shape[1]:
                raise UntestableError("no validation batch")
            length = evaluations[1] - evaluations[0]
            whole = [k for k in range(1, len(evaluations)) if evaluations[k] - evaluations[k - 1] == length]
            if len(whole) < 2:
                raise UntestableError("one cycle has no period")
            parts = [(train[evaluations[k] - length : evaluations[k]], valid[k]) for k in whole]
            without.append(periodic([steps for steps, _ in parts]))
            with_them.append(periodic([np.concatenate(part) for part in parts]))
        more = [a - b for a, b in zip(with_them, without, strict=True)]
        need(more)
        return mean(more, 0.05, measured=average(with_them), numbers=(100 * average(without),))

    return {"": larger}


def alternation(at: Place) -> dict[str, Callable[[], Part]]:
    def zigzag(entries: Sequence[float]) -> float:
        total = 0.0
        for k in range(1, len(entries) - 1):
            total += (-1) ** k * (entries[k] - (entries[k - 1] + entries[k + 1]) / 2)
        return abs(total) / (len(entries) - 2)

    def false() -> Part:
        of_modules, of_layers = [], []
        for net in at.nets("default"):
            if net.finished:
                change = {site: np.ptp(net.windows("min_bin_share", site), axis=0) for site in ("linear", "relu")}
                depth = len(change["relu"])
                if depth < 3:
                    raise UntestableError("two entries cannot alternate")
                modules = [change[site][layer] for layer in range(depth) for site in ("linear", "relu")]
                of_modules.append(zigzag(modules[:depth]))
                of_layers.append(zigzag(list(change["relu"])))
        more = [a - b for a, b in zip(of_modules, of_layers, strict=True)]
        need(more)
        return mean(more, measured=average(of_modules))

    return {"": false}


def dormant_layers(net: Net) -> set[int]:
    """Layers, from 1, whose mean min-bin share over the plateau is at least .95."""
    shares = net.at("min_bin_share")[net.plateau.start : net.plateau.stop].mean(0)
    return {layer for layer, value in enumerate(shares, start=1) if value >= 0.95}


def active_at_end(net: Net) -> set[int]:
    shares = net.windows("min_bin_share")[-1]
    return {layer for layer, value in enumerate(shares, start=1) if value < 0.95}


def dormancy(at: Place) -> dict[str, Callable[[], Part]]:
    def resting_nets() -> list[Net]:
        nets = [net for net in at.nets("default") if net.plateau]
        need(nets)
        return nets

    def most() -> Part:
        return share([len(dormant_layers(net)) > depth(net) / 2 for net in resting_nets()])

    def which() -> Part:
        overlaps, seen = [], []
        for net in resting_nets():
            active = set(range(1, depth(net) + 1)) - dormant_layers(net)
            expected = {1, depth(net) - 1, depth(net)}
            overlaps.append(len(active & expected) / len(active | expected))
            seen.append(active)
        often = [layer for layer in range(1, 99) if sum(layer in active for active in seen) > len(seen) / 2]
        return mean(overlaps, 0.5, numbers=tuple(often))

    def wake() -> Part:
        shares = []
        for net in resting_nets():
            dormant = dormant_layers(net)
            if net.trained and dormant:
                shares.append(len(dormant & active_at_end(net)) / len(dormant))
        return mean(shares, 0.5)

    return {"most are dormant": most, "layers 1, 9 and 10": which, "the rest wake": wake}


def depth(net: Net) -> int:
    return int(net.nets.attribute("hidden_layers"))


def rising(at: Place) -> dict[str, Callable[[], Part]]:
    def rise() -> Part:
        means = [net.windows("activation_mean").mean(1) for net in at.nets("default") if net.finished]
        return mean([row[-1] - row[0] for row in means], measured=average(row[-1] for row in means))

    return {"": rise}


def zeroing(at: Place) -> dict[str, Callable[[], Part]]:
    def near_zero() -> list[Array]:
        return [net.get("near_zero_share").mean(1) for net in at.nets("default") if net.finished]

    def zeroed() -> Part:
        return mean([row[-1] for row in near_zero()], 0.5, numbers=(100 * average(row[0] for row in near_zero()),))

    def few() -> Part:
        accuracy = {}
        for row in at.study.table("pruning"):
            here = at.peak_of if isinstance(at.peak_of, float) else 0.0
            if row["init"] == "default" and row["stage"] == "end" and float(row["peak"]) == here:
                accuracy[int(row["seed"]), float(row["sparsity"])] = float(row["valid_accuracy"])
        trained = [net.seed for net in at.nets("default") if net.trained]
        if any((seed, 0.0) not in accuracy for seed in trained):
            raise UntestableError("not pruned")
        lost = [accuracy[seed, 0.0] - accuracy[seed, 0.8] for seed in trained]
        return mean(lost, 0.005, above=False)

    return {
        "most are zeroed": zeroed,
        "the share grows": lambda: mean([row[-1] - row[0] for row in near_zero()]),
        "few do the work": few,
    }


def double_root(at: Place) -> dict[str, Callable[[], Part]]:
    def bound() -> Part:
        values = []
        for net in at.nets("default"):
            stds = net.get("weight_std")[0]
            inputs = [net.nets.attribute("features")] + [net.nets.attribute("width")] * (len(stds) - 1)
            values.append(average(math.sqrt(3) * std * math.sqrt(m) for std, m in zip(stds, inputs, strict=True)))
        return mean(values, 2.85, thread=3.0, test=False)

    return {"": bound}


def kaiming_rests(at: Place) -> dict[str, Callable[[], Part]]:
    return {"": lambda: share([bool(net.plateau) for net in at.nets("kaiming-relu") if net.seen])}


def require_plateaus(default: Sequence[Net]) -> int:
    need(default)
    count = sum(bool(net.plateau) for net in default)
    if 2 * count <= len(default):
        raise UntestableError("too few plateaus")
    return count


def both_finished(pairs: Sequence[tuple[Net, Net]]) -> tuple[list[tuple[Net, Net]], tuple[float, ...]]:
    """The pairs that finished, and the number in the note where those are not all."""
    kept = [(a, b) for a, b in pairs if a.finished and b.finished]
    need(kept)
    return kept, () if len(kept) == len(pairs) else (len(pairs),)


def kaiming_no_better(at: Place) -> dict[str, Callable[[], Part]]:
    def better(metric: str, sign: int, margin: float, thread: float) -> Part:
        (pairs, numbers), name = both_finished(at.pairs("default", "kaiming-relu")), f"{at.rows}_{metric}"
        gains = [sign * (kaiming.at_end(name) - default.at_end(name)) for default, kaiming in pairs]
        ends = average(kaiming.at_end(name) for _, kaiming in pairs)
        before = average(default.at_end(name) for default, _ in pairs)
        return mean(gains, margin, above=False, measured=ends, thread=thread, default=before, numbers=numbers)

    return {
        "loss": lambda: better("loss", -1, 0.02, DEFAULT_70[1] - KAIMING_70[1]),
        "accuracy": lambda: better("accuracy", 1, 0.005, KAIMING_70[2] - DEFAULT_70[2]),
    }


def wrong_signs(at: Place) -> dict[str, Callable[[], Part]]:
    def wrong(init: str, reference: str) -> Part:
        name = f"{at.rows}_loss"
        first, second = (
            np.array([net.at_end(name) for net in at.nets(one) if net.finished]) for one in (reference, init)
        )
        need(first)
        need(second)
        direction = np.sign(second.mean() - first.mean())
        if direction == 0:
            raise UntestableError("no effect")
        return superiority(direction * second, direction * first, 0.2, len(second))

    return {
        "kaiming-relu against default": lambda: wrong("kaiming-relu", "default"),
        "lsuv against default": lambda: wrong("lsuv", "default"),
        "lsuv against kaiming-relu": lambda: wrong("lsuv", "kaiming-relu"),
    }


def lsuv_start(at: Place) -> dict[str, Callable[[], Part]]:
    def unit() -> Part:
        worst = [float(np.abs(net.at("activation_std", "output")[0] - 1).max()) for net in at.nets("lsuv")]
        return mean(worst, 0.01, above=False, test=False)

    def falling() -> Part:
        means = [net.at("activation_mean", "output")[0] for net in at.nets("lsuv")]
        ends = average(row[0] for row in means), average(row[-1] for row in means)
        thread = THREAD_LSUV_MEANS[0] - THREAD_LSUV_MEANS[1]
        return mean([row[0] - row[-1] for row in means], thread=thread, numbers=ends)

    return {"unit std": unit, "falling means": falling}


def divisions(at: Place) -> dict[str, Callable[[], Part]]:
    def needed(init: str) -> tuple[list[float], tuple[float, float]]:
        rows = [net.get("divisions") for net in at.nets(init)]
        return [float(row.max()) for row in rows], (average(row.mean() for row in rows), max(row.max() for row in rows))

    def one() -> Part:
        most, numbers = needed("lsuv")
        return share([count <= 1 for count in most], numbers=numbers)

    def nonlinearity() -> Part:
        most, numbers = needed("lsuv-kaiming")
        return share([count >= 2 for count in most], numbers=numbers)

    return {"one is enough": one, "because of the nonlinearity": nonlinearity}


def lsuv_without(at: Place) -> dict[str, Callable[[], Part]]:
    def gone() -> Part:
        default, lsuv = at.nets("default"), [net for net in at.nets("lsuv") if net.seen]
        numbers = require_plateaus(default), len(default)
        return share([bool(net.plateau) for net in lsuv], 1 / 3, above=False, numbers=numbers)

    return {"": gone}


def lsuv_faster(at: Place) -> dict[str, Callable[[], Part]]:
    def faster() -> Part:
        pairs = at.pairs("default", "lsuv")
        old = [default.course.first_below(0.9) for default, _ in pairs]
        new = [lsuv.course.first_below(0.9) for _, lsuv in pairs]
        return changed(sooner(old, new), measured=median_step(new), default=median_step(old))

    def stabler() -> Part:
        pairs = at.pairs("default", "lsuv")
        before, after = (average(not pair[k].trained for pair in pairs) for k in (0, 1))
        gains = [lsuv.trained for default, lsuv in pairs if lsuv.trained != default.trained]
        return changed(changes(gains, len(pairs)), measured=after, default=before)

    def narrower() -> Part:
        pairs = [(a, b) for a, b in at.pairs("default", "lsuv") if a.finished and b.finished]
        need(pairs)
        name = f"{at.rows}_loss"
        return spread(np.array([a.at_end(name) for a, _ in pairs]), np.array([b.at_end(name) for _, b in pairs]))

    return {"faster": faster, "more often trained": stabler, "less spread": narrower}


def overfitting(at: Place) -> dict[str, Callable[[], Part]]:
    held_out = f"{at.rows}_loss"

    def compare(value: Callable[[Net], float], above: bool, thread: float) -> Part:
        pairs, numbers = both_finished(at.pairs("default", "lsuv"))
        differences = [value(lsuv) - value(default) for default, lsuv in pairs]
        before, after = (average(value(pair[k]) for pair in pairs) for k in (0, 1))
        return mean(differences, above=above, thread=thread, measured=after, default=before, numbers=numbers)

    def dip() -> Part:
        curves = [lsuv.get("valid_loss") for _, lsuv in at.pairs("default", "lsuv") if lsuv.finished]
        return mean([row[-1] - row.min() for row in curves], 0.02, thread=LSUV_80[1] - THREAD_LOWEST_VALID)

    def at_equal_loss() -> Part:
        more = []
        for default, lsuv in at.pairs("default", "lsuv"):
            if default.trained and lsuv.trained:
                level = max(default.get("train_loss").min(), lsuv.get("train_loss").min())
                gaps = []
                for net in (default, lsuv):
                    curve = net.get("train_loss")
                    first = next(k for k in range(len(curve)) if curve[k] <= level)
                    gaps.append(net.get("valid_loss")[first] - curve[first])
                more.append(gaps[1] - gaps[0])
        return mean(more)

    loss_gap = (LSUV_80[1] - LSUV_80[0]) - (DEFAULT_80[1] - DEFAULT_80[0])
    return {
        "training loss lower": lambda: compare(
            lambda net: net.at_end("train_loss"), above=False, thread=LSUV_80[0] - DEFAULT_80[0]
        ),
        "gap larger": lambda: compare(
            lambda net: net.at_end(held_out) - net.at_end("train_loss"), above=True, thread=loss_gap
        ),
        "held-out loss worse": lambda: compare(
            lambda net: net.at_end(held_out), above=True, thread=LSUV_80[1] - DEFAULT_80[1]
        ),
        "held-out accuracy better": lambda: compare(
            lambda net: net.at_end(f"{at.rows}_accuracy"), above=True, thread=LSUV_80[2] - DEFAULT_80[2]
        ),
        "a dip": dip,
        "gap larger at equal training loss": at_equal_loss,
    }


def misnamed(at: Place) -> dict[str, Callable[[], Part]]:
    def distance(net: Net) -> float:
        stds = net.at("activation_std")[0]
        if len(stds) != len(THREAD_STD):
            raise UntestableError("another depth")
        off = [math.log10(std / printed) for std, printed in zip(stds, THREAD_STD, strict=True)]
        return math.sqrt(average(value**2 for value in off))

    def closer() -> Part:
        both = [(distance(default), distance(kaiming)) for default, kaiming in at.pairs("default", "kaiming-relu")]
        numbers = (average(kaiming for _, kaiming in both),)
        return mean(
            [default - kaiming for default, kaiming in both], above=False, numbers=numbers,
            measured=average(default for default, _ in both),
        )  # fmt: skip

    return {"": closer}


def tiny(at: Place) -> dict[str, Callable[[], Part]]:
    def unequal() -> Part:
        resting_nets = [net for net in at.nets("default") if net.plateau]
        need(resting_nets)
        ratios = []
        for net in resting_nets:
            dormant = sorted(dormant_layers(net))
            if net.trained and dormant:
                gini = net.at("gini")
                here = [k for k, first in enumerate(net.nets.steps_of("window")) if first in net.plateau]
                ratios.append(average(average(gini[here, layer - 1]) / gini[-1, layer - 1] for layer in dormant))
        return mean([ratio for ratio in ratios if math.isfinite(ratio)], 0.8)

    def worth() -> Part:
        """What lies between the loss and H, the best that a net can have whose output is the same for all rows."""
        resting_nets = [net for net in at.nets("default") if net.plateau]
        need(resting_nets)
        asleep = [net for net in resting_nets if dormant_layers(net)]
        at_end = [net for net in at.nets("default") if net.trained and len(active_at_end(net)) < depth(net)]
        left = [1 - net.at_end("train_loss") / net.nets.null_loss for net in at_end]
        numbers = (100 * average(left), len(left)) if left else ()
        worth = [1 - average(net.get("loss")[list(net.plateau)]) / net.nets.null_loss for net in asleep]
        return mean(worth, 0.01, numbers=numbers)

    def dormant_and_trained() -> Part:
        trained = [net for net in at.nets("default") if net.trained]
        return share([len(active_at_end(net)) < depth(net) for net in trained])

    return {
        "worth on the plateau": worth,
        "unequal on the plateau": unequal,
        "dormant and trained": dormant_and_trained,
    }


def numeric_kurtosis(path: Path) -> Array:
    """Of each numeric feature of a prepared dataset that is not constant, over the training rows."""
    with np.load(path) as arrays:
        columns, indicator = arrays["x_train"].astype(np.float64).T, arrays["indicator"]
    numeric = [column for column, flag in zip(columns, indicator, strict=True) if not flag and np.ptp(column)]
    return np.array([excess_kurtosis(column) for column in numeric])


def bad_tables(at: Place) -> dict[str, Callable[[], Part]]:
    def heavier() -> Part:
        study = at.study
        if study.dataset == study.control:
            raise UntestableError("the control itself")
        study.table("data-shape")
        files = study.prepared_data()
        table = numeric_kurtosis(files[study.dataset, study.scaling])
        pixels = numeric_kurtosis(files[study.control, "standardize"])
        medians = float(np.median(table)), float(np.median(pixels))
        return superiority(pixels, table, 0.5, len(table), medians)

    return {"": heavier}


def to_blame(at: Place) -> dict[str, Callable[[], Part]]:
    study, peak = at.study, at.study.peaks[0]

    def rest(dataset: str, scaling: str) -> dict[int, bool]:
        return {net.seed: bool(net.plateau) for net in study.nets("default", peak, dataset, scaling) if net.seen}

    def gone(dataset: str, scaling: str) -> Part:
        require_plateaus(study.nets("default", peak))
        if (dataset, scaling) == (study.dataset, study.scaling):
            raise UntestableError("nothing to blame")
        return share(list(rest(dataset, scaling).values()), 1 / 3, above=False)

    def made() -> Part:
        heavy, plain = rest(study.control, "heavy"), rest(study.control, "standardize")
        return share([heavy[seed] for seed in sorted(heavy.keys() & plain.keys()) if not plain[seed]])

    return {
        "gone on the control": lambda: gone(study.control, "standardize"),
        "gone under quantile": lambda: gone(study.dataset, "quantile"),
        "heavy tails make it": made,
    }


def makes_plateau(other: str) -> Rule:
    def rule(at: Place) -> dict[str, Callable[[], Part]]:
        def pairs() -> list[tuple[Net, Net]]:
            found = at.pairs("default", other)
            require_plateaus([a for a, _ in found])
            return found

        def presence() -> Part:
            counts = sum(bool(a.plateau) for a, _ in pairs()), sum(bool(b.plateau) for _, b in pairs())
            return share([not b.plateau for a, b in pairs() if a.plateau and b.seen], numbers=counts)

        def length() -> Part:
            old = [a.course.first_below(0.95) for a, _ in pairs()]
            new = [b.course.first_below(0.95) for _, b in pairs()]
            counts = [sum(step < math.inf for step in steps) for steps in (old, new)]
            return sooner(old, new, numbers=tuple(counts))

        return {"its presence": presence, "its length": length}

    return rule


def range_of_peaks(which: str, after: str, above: bool) -> Rule:
    def rule(at: Place) -> dict[str, Callable[[], Part]]:
        def wider() -> Part:
            study = at.study
            dataset = getattr(study, which)
            peaks = set(study.peaks_of("lsuv", dataset, "standardize")) & set(study.peaks_of("lsuv", dataset, after))
            if len(peaks) < 2:
                raise UntestableError("one peak is no range")
            trained: dict[tuple[str, int], list[bool]] = {}
            for scaling in ("standardize", after):
                for peak in peaks:
                    for net in study.nets("lsuv", peak, dataset, scaling):
                        trained.setdefault((scaling, net.seed), []).append(net.trained)
            full = {place for place, flags in trained.items() if len(flags) == len(peaks)}
            seeds = sorted({seed for _, seed in full if {("standardize", seed), (after, seed)} <= full})
            old = [average(trained["standardize", seed]) for seed in seeds]
            new = [average(trained[after, seed]) for seed in seeds]
            need(seeds)
            differences = [b - a for a, b in zip(old, new, strict=True)]
            return mean(differences, above=above, measured=average(new), numbers=(100 * average(old),))

        return {"": wider}

    return rule


def calibration(at: Place) -> dict[str, Callable[[], Part]]:
    def rows() -> list[tuple[str, float, int, int, float]]:
        """Prepared dataset, kurtosis, batch size, seed, how far off."""
        found = []
        for row in at.study.table("calibration"):
            numbers = [float(row[name] or "nan") for name in ("excess_kurtosis", "off_target")]
            name = f"{row['dataset']}/{row['scaling']}"
            found.append((name, numbers[0], int(row["batch_size"]), int(row["seed"]), numbers[1]))
        return found

    def sizes() -> list[int]:
        found = sorted({size for _, _, size, _, _ in rows()})
        kurtosis = {name: value for name, value, _, _, _ in rows() if not math.isnan(value)}
        if len(kurtosis) < 3:
            raise UntestableError("three points make a correlation")
        return found

    def tails() -> Part:
        middle = sizes()[len(sizes()) // 2]
        by_seed: dict[int, list[tuple[float, float]]] = {}
        for _, kurtosis, size, seed, off in rows():
            if size == middle and not math.isnan(kurtosis) and not math.isnan(off):
                by_seed.setdefault(seed, []).append((kurtosis, off))
        datasets = {name for name, kurtosis, size, _, _ in rows() if size == middle and not math.isnan(kurtosis)}
        return mean([spearman(pairs) for pairs in by_seed.values()], numbers=(len(datasets),))

    def batches() -> Part:
        smallest, largest = sizes()[0], sizes()[-1]
        off = {(name, seed, size): value for name, _, size, seed, value in rows()}
        ratios: dict[int, list[float]] = {}
        for (name, seed, size), value in off.items():
            other = off.get((name, seed, largest), math.nan)
            if size == smallest and not math.isnan(value + other):
                ratios.setdefault(seed, []).append(math.log10(value / other))
        return mean([average(of_seed) for of_seed in ratios.values()], numbers=(smallest, largest))

    return {"heavier tails": tails, "smaller batches": batches}


def ignoring(at: Place) -> dict[str, Callable[[], Part]]:
    def on_plateau() -> list[Array]:
        nets = [net for net in at.nets("default") if net.plateau]
        need(nets)
        return [net.get("logit_signal")[net.plateau.start : net.plateau.stop] for net in nets]

    def little() -> Part:
        means = [average(signal) for signal in on_plateau()]
        return share([value < 0.01 for value in means], numbers=(float(np.median(means)),))

    def spread() -> Part:
        nets = at.nets("default")
        pairs = [(net.at("activation_std")[0, -1], net.at("signal")[0, -1]) for net in nets]
        return mean([math.log10(std / signal) for std, signal in pairs if signal], 1.0)

    def growing() -> Part:
        ends = [(average(signal[:WINDOW]), average(signal[-WINDOW:])) for signal in on_plateau()]
        factors = [last / first for first, last in ends if first]
        return share([last > first for first, last in ends], numbers=(float(np.median(factors)),) if factors else ())

    return {"next to no signal": little, "the spread is not signal": spread, "it grows": growing}


def sum_of_rates(peak: float, steps: int, updates: float) -> float:
    """Of the learning rates of the first updates: half a cosine up over 30 % of the steps, another down."""
    total = 0.0
    for step in range(int(updates)):
        place = step / steps
        low, way = (0.003, place / 0.3) if place < 0.3 else (0.002, 1 - (place - 0.3) / 0.7)
        total += low + (peak - low) * (1 - math.cos(math.pi * way)) / 2
    return total


def escape_sums(at: Place) -> dict[int, dict[float, float]]:
    """By seed of the default nets at all peaks: the sum of rates at the escape by peak, infinite without one."""
    peaks = at.study.peaks_of("default", at.study.dataset, at.study.scaling)
    if len(peaks) < 2 or at.study.peaks[0] not in peaks:
        raise UntestableError("one peak")
    found: dict[int, dict[float, float]] = {}
    for peak in peaks:
        for net in at.study.nets("default", peak):
            escape, steps = net.course.first_below(0.95), len(net.course.trailing)
            out = escape < math.inf
            found.setdefault(net.seed, {})[peak] = sum_of_rates(peak, steps, escape) if out else math.inf
    whole = {seed: by_peak for seed, by_peak in found.items() if len(by_peak) == len(peaks)}
    need(list(whole))
    return whole


def escaping_by_sum(at: Place) -> dict[str, Callable[[], Part]]:
    main = at.study.peaks[0]

    def own() -> Part:
        logs = {
            seed: {peak: math.log10(value) for peak, value in by_peak.items() if value < math.inf}
            for seed, by_peak in escape_sums(at).items()
        }
        logs = {seed: by_peak for seed, by_peak in logs.items() if len(by_peak) > 1}
        need(list(logs))
        ratios = []
        for seed, mine in logs.items():
            within = average(abs(mine[a] - mine[b]) for a in mine for b in mine if a < b)
            others = [theirs for other, theirs in logs.items() if other != seed]
            across = average(abs(theirs[peak] - mine[peak]) for theirs in others for peak in mine if peak in theirs)
            if not across:
                raise UntestableError("all alike")
            ratios.append(math.log10(within / across))
        return mean(ratios, math.log10(0.5), above=False, numbers=drift())

    def drift() -> tuple[float, ...]:
        """Over nets out at both peaks: the median of τ at the highest other peak over that at the main one."""
        sums = list(escape_sums(at).values())
        high = max(peak for peak in sums[0] if peak != main)
        pairs = [(one[high], one[main]) for one in sums if max(one[high], one[main]) < math.inf]
        median = float(np.median([above / below for above, below in pairs])) if pairs else math.nan
        return (high, median, main, len(pairs), sum(above > below for above, below in pairs)) if pairs else ()

    def foretold() -> list[tuple[float, bool]]:
        """The median of the sums at other peaks, and whether the net gets out at the main one."""
        found = []
        for by_peak in escape_sums(at).values():
            others = [value for peak, value in by_peak.items() if peak != main and value < math.inf]
            if others:
                found.append((float(np.median(others)), by_peak[main] < math.inf))
        return found

    def who() -> Part:
        out = np.array([value for value, escaped in foretold() if escaped])
        not_out = np.array([value for value, escaped in foretold() if not escaped])
        return superiority(out, not_out, 0.5, len(out) + len(not_out))

    def budget() -> Part:
        steps = len(at.nets("default")[0].course.trailing)
        whole = sum_of_rates(main, steps, steps)
        hits = [(value < whole) == escaped for value, escaped in foretold()]
        counts = sum(value < whole for value, _ in foretold()), sum(escaped for _, escaped in foretold())
        return changed(share(hits, 0.8, numbers=counts), p=math.nan)

    return {"a number of its own": own, "who gets out": who, "the budget decides": budget}


def told_by_signal(at: Place) -> dict[str, Callable[[], Part]]:
    def told() -> Part:
        sums = {seed: by_peak[max(by_peak)] for seed, by_peak in escape_sums(at).items()}
        nets = [net for net in at.nets("default") if net.seed in sums]
        signal, *rivals = (
            spearman([(float(net.at(name)[0, -1]), sums[net.seed]) for net in nets])
            for name in ("signal", "activation_std", "dead_share")
        )
        norms = [(float(np.prod(net.get("gradient_norm")[0])), sums[net.seed]) for net in nets]
        return correlation(signal, len(nets), 0.0, (*rivals, spearman(norms)))

    def size() -> Part:
        sums = {seed: by_peak[max(by_peak)] for seed, by_peak in escape_sums(at).items()}
        pairs = [
            (math.log10(net.at("signal")[0, -1]), math.log10(sums[net.seed]))
            for net in at.nets("default")
            if sums.get(net.seed, math.inf) < math.inf
        ]
        missed = [abs(-0.0423 - 0.654 * signal - true) for signal, true in pairs]
        differences = [miss - abs(2.685 - true) for miss, (_, true) in zip(missed, pairs, strict=True)]
        need(missed)
        return mean(differences, above=False, measured=average(missed), numbers=(average(missed),))

    def elsewhere() -> Part:
        peak, found = max(at.study.peaks), []
        for name, nets in population(at, peak=peak).items():
            pairs = [(float(net.get("logit_signal")[0]), net.course.first_below(0.95)) for net in nets]
            if (
                name != at.study.dataset
                and len(pairs) > 3
                and min(len(set(column)) for column in zip(*pairs, strict=True)) > 1
            ):
                found.append(spearman(pairs))
        return mean(found, above=False)

    return {"longer for less": told, "foretold in size": size, "on other tables": elsewhere}


def population(at: Place, init: str = "default", scaling: str = "standardize", peak: float = 0) -> dict[str, list[Net]]:
    """The nets of an initializer by table, without other splits; at the main peak, unless told."""
    place = (scaling, init, peak or at.study.peaks[0])
    names = [dataset for dataset, *rest in at.study.trained() if tuple(rest) == place and "-split-" not in dataset]
    need(names)
    return {name: at.study.nets(init, place[2], name, scaling) for name in names}


def resting_share(nets: Sequence[Net]) -> float:
    """Of the nets that can be seen to rest or not; NaN without any."""
    seen = [bool(net.plateau) for net in nets if net.seen]
    return average(seen) if seen else math.nan


def resting_shares(at: Place, init: str = "default", scaling: str = "standardize") -> dict[str, float]:
    found = {name: resting_share(nets) for name, nets in population(at, init, scaling).items()}
    return {name: value for name, value in found.items() if not math.isnan(value)}


def common_on_tables(at: Place) -> dict[str, Callable[[], Part]]:
    def common() -> Part:
        tables, peak = resting_shares(at), at.study.peaks[0]
        splits = [run[0] for run in at.study.trained() if run[1:] == ("standardize", "default", peak)]
        shares = {name: resting_share(at.study.nets("default", peak, name)) for name in splits if "-split-" in name}
        alike = [(value > 0.5) == (tables[name.split("-split-")[0]] > 0.5) for name, value in shares.items()]
        counts = (len(alike), sum(alike)) if alike else ()
        return share([value > 0.5 for value in tables.values()], numbers=counts)

    return {"": common}


def bought(at: Place) -> dict[str, Callable[[], Part]]:
    def part(metric: str, margin: float) -> Callable[[], Part]:
        def on_most() -> Part:
            old, new = population(at), population(at, "kaiming-relu")
            differences, charged, untrained = [], [], 0
            for name in old.keys() & new.keys():
                ends = [{net.seed: net.at_end(metric) for net in nets[name] if net.finished} for nets in (old, new)]
                if both := ends[0].keys() & ends[1].keys():
                    differences.append(average(ends[1][seed] - ends[0][seed] for seed in both))
                    counted = [{net.seed: net.counted(metric) for net in nets[name]} for nets in (old, new)]
                    shared = counted[0].keys() & counted[1].keys()
                    charged.append(average(counted[1][seed] - counted[0][seed] for seed in shared))
                    untrained += all(net.course.end != "trained" for net in old[name])
            better, still = (
                [(value > margin) if margin > 0 else (value < margin) for value in values]
                for values in (differences, charged)
            )
            return share(better, numbers=(average(differences), sum(still), untrained, len(differences)))

        return on_most

    return {"loss": part("valid_loss", -0.02), "accuracy": part("valid_accuracy", 0.005)}


def longer_rest(at: Place) -> dict[str, Callable[[], Part]]:
    def tails(path: Path) -> float:
        return float(np.median(numeric_kurtosis(path))) if len(numeric_kurtosis(path)) else math.nan

    def zeros(path: Path) -> float:
        with np.load(path) as arrays:
            columns = arrays["x_train"].T
        return average(np.unique(column, return_counts=True)[1].max() / len(column) for column in columns)

    def part(measure: Callable[[Path], float]) -> Callable[[], Part]:
        def correlated() -> Part:
            peak = max(at.study.peaks)
            pairs = []
            for name, nets in population(at, peak=peak).items():
                escapes = [(net.course.first_below(0.95), len(net.course.trailing)) for net in nets]
                sums = [sum_of_rates(peak, n, step) if step < math.inf else math.inf for step, n in escapes]
                pairs.append((measure(at.study.prepared_data()[name, "standardize"]), float(np.median(sums))))
            pairs = [pair for pair in pairs if not math.isnan(pair[0])]
            need(pairs)
            if min(len(set(column)) for column in zip(*pairs, strict=True)) < 2:
                raise UntestableError("all alike")
            never = sum(value == math.inf for _, value in pairs)
            return correlation(spearman(pairs), len(pairs), 0.0, (never,), above=True)

        return correlated

    return {"tails": part(tails), "zeros": part(zeros)}


def scaling_instead(at: Place) -> dict[str, Callable[[], Part]]:
    def part(scaling: str) -> Callable[[], Part]:
        def taken() -> Part:
            rests, scaled, kaiming = (
                resting_shares(at),
                resting_shares(at, scaling=scaling),
                resting_shares(at, "kaiming-relu"),
            )
            had = {name for name, value in rests.items() if value > 0.5}
            gone = [kaiming[name] < 1 / 3 for name in had & kaiming.keys()]
            return share([scaled[name] < 1 / 3 for name in had & scaled.keys()], numbers=(sum(gone), len(gone)))

        return taken

    return {"quantile": part("quantile"), "robust-clip": part("robust-clip")}


def correlation(value: float, n: int, threshold: float, numbers: tuple[float, ...] = (), above: bool = False) -> Part:
    """A rank correlation against a threshold, with its limits on Fisher's scale."""
    inside = max(min(value, 1 - 12 / (n**3 - n)), 12 / (n**3 - n) - 1)
    half = 1.959963984540054 * math.sqrt((1 + inside * inside / 2) / (n - 3))
    low, high = (math.tanh(math.atanh(inside) + side * half) for side in (-1, 1))
    limits = Limit(low, low), Limit(high, high)
    return Part(value, n, value, *limits, verdicts(*limits, threshold, above), numbers=numbers)


def spearman(pairs: Sequence[tuple[float, float]]) -> float:
    first, second = (np.array(average_ranks(column)) for column in zip(*pairs, strict=True))
    a, b = first - first.mean(), second - second.mean()
    if not (a.any() and b.any()):
        return math.nan
    return float((a * b).sum() / math.sqrt((a**2).sum() * (b**2).sum()))


def within_groups(groups: Iterable[Sequence[tuple[float, float]]]) -> float:
    """Pearson's correlation of ranks that are taken, and centred, group by group."""
    both = [[np.array(average_ranks(column)) for column in zip(*group, strict=True)] for group in groups]
    a, b = (np.concatenate([np.zeros(0), *[ranks[k] - ranks[k].mean() for ranks in both]]) for k in (0, 1))
    return float((a * b).sum() / math.sqrt((a**2).sum() * (b**2).sum())) if a.any() and b.any() else math.nan


def rest(net: Net, peak: float) -> tuple[float, bool]:
    """The sum of the rates before the escape; or, for a net that never escapes, before its loss breaks or the end."""
    losses, escape = net.get("loss"), net.course.first_below(0.95)
    seen = next((step for step, loss in enumerate(losses) if not math.isfinite(loss)), len(losses))
    return sum_of_rates(peak, len(losses), min(escape, seen)), escape == math.inf


def more_budget(at: Place) -> dict[str, Callable[[], Part]]:
    main = at.study.peaks[0]

    def longer() -> dict[int, Net]:
        for _, peak, nets in at.study.varied(r"longer-\d+", "default"):
            if peak == main:
                return {net.seed: net for net in nets}
        raise UntestableError("no longer runs")

    def gets_out(net: Net) -> bool:
        return not rest(net, main)[1]

    def decides() -> Part:
        foretold, out = [], []
        for seed, by_peak in escape_sums(at).items():
            others = [value for peak, value in by_peak.items() if peak != main and value < math.inf]
            if others and (net := longer().get(seed)):
                steps = len(net.course.trailing)
                foretold.append(float(np.median(others)) < sum_of_rates(main, steps, steps))
                out.append(gets_out(net))
        part = share([a == b for a, b in zip(foretold, out, strict=True)], 0.8, numbers=(sum(foretold), sum(out)))
        return changed(part, p=math.nan)

    def freed() -> Part:
        stuck = [net.seed for net in at.nets("default") if net.course.end == "stuck"]
        return share([gets_out(longer()[seed]) for seed in stuck if seed in longer()])

    return {"the longer budget decides": decides, "the stuck get out": freed}


@dataclass(frozen=True)
class Scaled:
    """A net of Kaiming's init whose first layers have another gain. others: how many layers do not; plain: it is as
    deep as any."""

    net: Net
    peak: float
    gain: float
    first: int
    others: int
    plain: bool


def scaled_nets(at: Place) -> list[Scaled]:
    """Those of seeds of which there is every kind."""
    kinds = at.study.varied(r"gain-([\d.]+)(?:-in-(\d+))?(?:\+depth-(\d+))?", "kaiming-relu")
    if not kinds:
        raise UntestableError("no gains")
    shared = set.intersection(*({net.seed for net in nets} for _, _, nets in kinds))
    need(list(shared))
    found = []
    for said, peak, nets in kinds:
        depth = len(nets[0].nets.steps_of("layer"))
        first = int(said[2] or depth)
        kind = (peak, float(said[1]), first, depth - first, said[3] is None)
        found += [Scaled(net, *kind) for net in nets if net.seed in shared]
    return found


def likeliest(design: Array, values: Array, stuck: NDArray[np.bool_], weights: Array) -> Array:
    """Of each sample, weights [samples, n], the line with normal errors that makes it likeliest that the stuck lie
    above their values and the others at them; NaN where the others leave a line open.

    By Newton's method in the line over the error and one over the error, in which the logarithm of the likelihood has
    one summit (Olsen 1978).
    """
    known = (weights > 0) & ~stuck
    rows = np.flatnonzero(np.linalg.matrix_rank(design * known[..., None]) == design.shape[1])
    terms = np.column_stack([-design, values])

    def climb(place: Array, rows: NDArray[np.int64]) -> tuple[Array, Array, Array]:
        """Logarithm of the likelihood, its slope and its curvature."""
        off, count = place @ terms.T, weights[rows]
        beyond = log_ndtr(-off)
        hazard = np.exp(-(off**2) / 2 - beyond) / math.sqrt(2 * math.pi)
        height = (count * np.where(stuck, beyond, np.log(place[:, -1:]) - off**2 / 2)).sum(1)
        slope = -(count * np.where(stuck, hazard, off)) @ terms
        bend = count * np.where(stuck, hazard * (hazard - off), 1.0)
        curvature = np.einsum("sn,ni,nj->sij", bend, terms, terms)
        of_others = (count * ~stuck).sum(1)
        slope[:, -1] += of_others / place[:, -1]
        curvature[:, -1, -1] += of_others / place[:, -1] ** 2
        return height, slope, curvature

    place = np.full((len(weights), terms.shape[1]), np.nan)
    place[rows] = [*np.zeros(design.shape[1]), 1 / np.abs(values).max()]
    for _ in range(100):
        here = place[rows]
        height, slope, curvature = climb(here, rows)
        step = np.linalg.solve(curvature, slope[..., None])[..., 0]
        stride = np.minimum(1.0, -0.9 / np.minimum(step[:, -1] / here[:, -1], -0.9))  # the error stays above 0
        for _ in range(20):
            lower = climb(here + stride[:, None] * step, rows)[0] < height - 1e-12 * np.abs(height)
            stride = np.where(lower, stride / 2, stride)
        place[rows] = here + stride[:, None] * step
        near = np.abs(step / here[:, -1:]).max(1) < 1e-10
        rows = rows[~near & (place[rows, -1] < 1e6)]  # or no error is left
    return place[:, :-1] / place[:, -1:]


def slopes(nets: list[Scaled], columns: list[list[float]], samples: int) -> Array:
    """Of all nets and of as many samples of their seeds: how the logarithm of their rest goes with the columns."""
    rests = [rest(one.net, one.peak) for one in nets]
    seeds = sorted({one.net.seed for one in nets})
    chosen = np.random.default_rng([77, 5]).integers(0, len(seeds), (samples, len(seeds)))
    counts = np.vstack([np.ones(len(seeds)), *[np.bincount(row, minlength=len(seeds)) for row in chosen]])
    weights = counts[:, [seeds.index(one.net.seed) for one in nets]]
    values = np.log([value for value, _ in rests])
    return likeliest(np.array(columns, float), values, np.array([stuck for _, stuck in rests]), weights)


def drawn(values: Array, nets: list[Scaled], numbers: tuple[float, ...] = ()) -> Part:
    """A value over all nets and over samples of their seeds; no verdict yet."""
    if math.isnan(values[0]):
        raise UntestableError("no line")
    n = len({one.net.seed for one in nets})
    limits = limits_of(values[1:][~np.isnan(values[1:])], n, LINES_THERE)
    return Part(float(values[0]), n, float(values[0]), *limits, frozenset(), numbers=numbers)


def within(part: Part, target: float, margin: float) -> Part:
    """Judged by whether all of the interval, or none, is as near to the target as the margin."""
    found = set()
    for low in (part.low.low, part.low.high):
        for high in (part.high.low, part.high.high):
            inside = target - margin < low and high < target + margin
            outside = high < target - margin or low > target + margin
            found.add(SUPPORTED if inside else REFUTED if outside else UNDECIDED)
    return changed(part, verdicts=frozenset(found))


def small_layers(at: Place) -> dict[str, Callable[[], Part]]:
    def growth() -> Part:
        nets = [one for one in scaled_nets(at) if one.gain < 1 and one.plain]
        counts = sorted({one.first for one in nets})
        if len(counts) < 2 or len({one.gain for one in nets}) < 2:
            raise UntestableError("one kind")
        level = [[float(one.first == count) for count in counts] for one in nets]
        steep = [math.log(1 / one.gain) for one in nets]
        rising = [[*row, s, s * one.first] for row, s, one in zip(level, steep, nets, strict=True)]
        apart = [[*row, *[s * here for here in row]] for row, s in zip(level, steep, strict=True)]
        exponents = slopes(nets, apart, 0)[0, len(counts) :]
        numbers = tuple(float(number) for pair in zip(exponents, counts, strict=True) for number in pair)
        return drawn(slopes(nets, rising, LINES_HERE)[:, -1], nets, numbers)

    def steeper() -> Part:
        part = growth()
        return changed(part, verdicts=verdicts(part.low, part.high, 0.0, above=True))

    return {"steeper": steeper, "as in theory": lambda: within(growth(), 1.0, 0.25)}


def depth_or_small(at: Place) -> dict[str, Callable[[], Part]]:
    def ratio() -> Part:
        nets = scaled_nets(at)
        smallest = min(one.gain for one in nets)
        nets = [one for one in nets if one.gain == smallest]
        if len({one.first for one in nets}) < 2 or len({one.others for one in nets}) < 2:
            raise UntestableError("one shape")
        found = slopes(nets, [[one.first, one.others, 1.0] for one in nets], LINES_HERE)
        return within(drawn(found[:, 1] / found[:, 0], nets), 0.0, 0.5)

    return {"": ratio}


def told_before(at: Place) -> dict[str, Callable[[], Part]]:
    def signal() -> Part:
        nets = scaled_nets(at)
        sums = [math.inf if stuck else value for value, stuck in (rest(one.net, one.peak) for one in nets)]
        signals = [float(one.net.get("logit_signal")[0]) for one in nets]
        pairs = list(zip(signals, sums, strict=True))
        of_setting = spearman([(math.log(one.gain) * one.first, value) for one, value in zip(nets, sums, strict=True)])
        settings: dict[tuple[float, int, int], list[tuple[float, float]]] = {}
        for one, pair in zip(nets, pairs, strict=True):
            if pair[1] < math.inf:
                settings.setdefault((one.gain, one.first, one.others), []).append(pair)
        small = [pair for one, pair in zip(nets, pairs, strict=True) if one.gain < 1]
        plateaus, within = sum(bool(one.net.plateau) for one in nets), within_groups(settings.values())
        of_small = correlation(spearman(small), len(small), -0.9)
        limits = of_small.low.low, of_small.high.low
        numbers = plateaus, len(nets), of_small.measured, *limits, len(small), of_setting, within
        return correlation(spearman(pairs), len(pairs), -0.9, numbers)

    def unscaled() -> Part:
        nets = [one.net for one in scaled_nets(at) if one.gain == 1]
        return changed(share([bool(net.plateau) for net in nets if net.seen], 1 / 3, above=False), p=math.nan)

    return {"told by the signal": signal, "no plateau at Kaiming's gain": unscaled}


def turning(at: Place) -> dict[str, Callable[[], Part]]:
    def count(look: Callable[[Net], object]) -> Part:
        turned, numbers = [], []
        for init in sorted(at.study.initializers()):
            for _, peak, nudged in at.study.varied("nudged", init):
                if peak == at.peak_of:
                    plain = {net.seed: net for net in at.nets(init)}
                    here = [look(plain[net.seed]) != look(net) for net in nudged if net.seed in plain]
                    need(here)
                    numbers += [sum(here), len(here)]
                    turned += here
        return changed(share(turned, 0.2, above=False, numbers=tuple(numbers)), p=math.nan)

    def escapes() -> Part:
        return count(lambda net: net.course.first_below(0.95) < math.inf)

    def ends() -> Part:
        return count(lambda net: net.course.end)

    return {"whether it gets out": escapes, "how it ends": ends}


TOOLS = ("momentum", "adamw", "layer-norm", "batch-norm", "residual", "leaky-relu", "gelu")


def best_of(at: Place, init: str, variant: str) -> tuple[float, list[Net]]:
    """The peak with the lowest mean validation loss, and its nets, of all runs of an init and a variant."""
    if variant == "none":
        peaks = at.study.peaks_of(init, at.study.dataset, at.study.scaling)
        found = [(peak, at.study.nets(init, peak)) for peak in peaks]
    else:
        found = [(peak, nets) for _, peak, nets in at.study.varied(re.escape(variant), init)]

    def score(nets: list[Net]) -> float:
        return average(net.at_end("valid_loss") if net.finished else net.nets.null_valid_loss for net in nets)

    if not found:
        raise UntestableError(variant)
    return min(found, key=lambda pair: (score(pair[1]), pair[0]))


def plateaus_left(at: Place) -> dict[str, Callable[[], Part]]:
    def left(variant: str) -> Part:
        peak, nets = best_of(at, "default", variant)
        rests = [bool(net.plateau) for net in nets if net.seen]
        return changed(share(rests, 1 / 3, above=False, numbers=(peak,)), p=math.nan)

    return {variant: partial(left, variant) for variant in TOOLS}


def ends_apart(at: Place) -> dict[str, Callable[[], Part]]:
    def apart(variant: str) -> Part:
        (old_peak, old), (new_peak, new) = (best_of(at, init, variant) for init in ("default", "kaiming-relu"))
        others = {net.seed: net.at_end("test_loss") for net in new if net.finished}
        pairs = [(net.at_end("test_loss"), others[net.seed]) for net in old if net.finished and net.seed in others]
        need(pairs)
        before, after = zip(*pairs, strict=True)
        found = mean(
            [a - b for a, b in pairs], 0.02, above=False, measured=average(after), default=average(before),
            numbers=(old_peak, new_peak), test=False,
        )  # fmt: skip
        return changed(found, p=math.nan)

    return {"plain": partial(apart, "none"), **{variant: partial(apart, variant) for variant in TOOLS}}


RULES: dict[int, tuple[str, Rule]] = {
    1: ("main", shrinking),
    2: ("each", resting),
    3: ("each", never_out),
    4: ("each", validation_batches),
    5: ("each", alternation),
    6: ("each", dormancy),
    7: ("each", rising),
    8: ("each", zeroing),
    9: ("main", double_root),
    10: ("each and best", kaiming_rests),
    11: ("each and best", kaiming_no_better),
    12: ("each and best", wrong_signs),
    13: ("main", lsuv_start),
    14: ("main", divisions),
    15: ("each and best", lsuv_without),
    16: ("each and best", lsuv_faster),
    17: ("each and best", overfitting),
    18: ("main", misnamed),
    19: ("each", tiny),
    20: ("main", bad_tables),
    21: ("main", to_blame),
    22: ("main", makes_plateau("default-gain")),
    23: ("main", makes_plateau("default-zero-bias")),
    24: ("main", makes_plateau("default-normal")),
    25: ("main", range_of_peaks("dataset", "quantile", above=True)),
    26: ("once", range_of_peaks("control", "heavy", above=False)),
    27: ("once", calibration),
    28: ("each", ignoring),
    29: ("main", escaping_by_sum),
    30: ("main", told_by_signal),
    31: ("main", more_budget),
    32: ("main", small_layers),
    33: ("main", depth_or_small),
    34: ("main", told_before),
    35: ("once", common_on_tables),
    36: ("once", bought),
    37: ("once", longer_rest),
    38: ("once", scaling_instead),
    39: ("each", turning),
    40: ("main", plateaus_left),
    41: ("main", ends_apart),
}
# the part that stands for a claim of several
PRIMARY: dict[int, str] = {
    1: "overall", 2: "a long plateau", 6: "most are dormant", 8: "the share grows", 11: "loss",
    12: "kaiming-relu against default", 13: "falling means", 14: "one is enough", 16: "faster", 17: "gap larger",
    19: "worth on the plateau", 21: "gone on the control", 22: "its presence", 23: "its presence", 24: "its presence",
    27: "heavier tails", 28: "next to no signal", 29: "a number of its own", 30: "longer for less",
    31: "the longer budget decides", 32: "steeper", 34: "told by the signal", 36: "loss",
    37: "tails", 38: "quantile", 39: "whether it gets out",
    40: "momentum", 41: "plain",
}  # fmt: skip
ASIDE = {30: {"on other tables"}, 41: {"plain"}}  # which by themselves give no verdict


# The tables that claims read, again from prepared data and weights


def shape_table(study: Study) -> list[str]:
    """What is wrong with the kurtosis of the data-shape table."""
    problems = []
    for row in study.table("data-shape"):
        with np.load(study.prepared_data()[row["dataset"], row["scaling"]]) as arrays:
            place = [str(name) for name in arrays["feature_names"]].index(row["feature"])
            column, indicator = arrays["x_train"][:, place].astype(np.float64), bool(arrays["indicator"][place])
        value = excess_kurtosis(column) if np.ptp(column) else math.nan
        if not close(number(row["excess_kurtosis"]), value) or indicator is not (row["kind"] == "indicator"):
            problems.append(
                f"{row['dataset']}/{row['scaling']} {row['feature']}: {row['excess_kurtosis']}, not {value}"
            )
    return problems


def pruning_table(study: Study, peak: float) -> list[str]:
    """What is wrong with the rows that claim 8 reads at a peak: default nets at the end, none and .8 of the hidden
    weights set to zero."""
    with np.load(study.prepared_data()[study.dataset, study.scaling]) as arrays:
        x, labels = arrays["x_valid"].astype(np.float64), arrays["y_valid"]
    nets = {net.seed: net for net in study.nets("default", peak)}
    problems, checked = [], 0
    for row in study.table("pruning"):
        sparsity = float(row["sparsity"])
        wanted = (row["init"], float(row["peak"]), row["stage"]) == ("default", peak, "end") and sparsity in (0.0, 0.8)
        if not wanted:
            continue
        checked += 1
        net = nets[int(row["seed"])]
        layers = layers_of(net, net.get("final_weights"))
        for weight, _ in layers[:-1]:
            order = np.argsort(np.abs(weight), axis=None)
            weight.ravel()[order[: round(sparsity * weight.size)]] = 0.0
        loss, accuracy = score(layers, net.get("subtrahend"), x, labels)
        if abs(float(row["valid_accuracy"]) - accuracy) > 1.5 / len(labels) or not math.isclose(
            float(row["valid_loss"]), loss, rel_tol=1e-3
        ):
            problems.append(f"seed {net.seed} at {sparsity}: {row['valid_loss']} {row['valid_accuracy']}, "
                            f"not {loss} {accuracy}")  # fmt: skip
    return problems if checked else ["no row was checked"]


def layers_of(net: Net, parameters: Array) -> list[tuple[Array, Array]]:
    """Weight [fan_in, fan_out] and bias of each layer: one after the other, the weight row by row, then the bias."""
    width = int(net.nets.attribute("width"))
    sizes = [int(net.nets.attribute("features")), *[width] * depth(net), int(net.nets.attribute("classes"))]
    layers, start = [], 0
    for inputs, outputs in pairwise(sizes):
        weight = parameters[start : start + inputs * outputs].reshape(inputs, outputs).copy()
        start += inputs * outputs
        layers.append((weight, parameters[start : start + outputs]))
        start += outputs
    return layers


def score(layers: list[tuple[Array, Array]], subtrahends: Array, x: Array, labels: Array) -> tuple[float, float]:
    """Cross-entropy and accuracy."""
    for (weight, bias), subtrahend in zip(layers[:-1], subtrahends, strict=True):
        x = np.maximum(x @ weight + bias, 0) - subtrahend
    logits = x @ layers[-1][0] + layers[-1][1]
    top = logits.max(1)
    losses = np.log(np.exp(logits - top[:, None]).sum(1)) + top - logits[np.arange(len(labels)), labels]
    return float(losses.mean()), float((logits.argmax(1) == labels).mean())


def calibration_table(study: Study, hidden_layers: int, width: int) -> list[str]:
    """What is wrong with the rows of the first seed in the calibration table."""
    problems = []
    rows = study.table("calibration")
    for row in rows:
        if row["seed"] != rows[0]["seed"]:
            continue
        path = study.prepared_data()[row["dataset"], row["scaling"]]
        with np.load(path) as arrays:
            x = arrays["x_train"].astype(np.float64)
        sizes = [x.shape[1], *[width] * hidden_layers]
        off, kurtosis = off_target(x, sizes, int(row["batch_size"]), int(row["seed"])), numeric_kurtosis(path)
        if not close(float(row["off_target"]), off) or not close(float(row["excess_kurtosis"]), average(kurtosis)):
            problems.append(f"{path.stem} {row['batch_size']}: {row['off_target']} {row['excess_kurtosis']}, not {off}")
    return problems


def off_target(x: Array, sizes: list[int], batch_size: int, seed: int) -> float:
    """How far the stds of an lsuv net are from 1 on eight other batches of 256 rows, the last ones of the seed's order
    of the rows; root mean square of log10."""
    weights, biases, batches = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(3)]
    order = batches.permutation(len(x))
    batch, others = x[order[:batch_size]], [x[order[-2048:][k : k + 256]] for k in range(0, 2048, 256)]
    uniform = np.vectorize(lambda z: math.erf(z / math.sqrt(2)))  # 2 Φ(z) - 1
    logs = []
    for inputs, outputs in pairwise(sizes):
        weight = uniform(weights.standard_normal((inputs, outputs))) / math.sqrt(inputs)
        bias = uniform(biases.standard_normal(outputs)) / math.sqrt(inputs)
        subtrahend = np.maximum(batch @ weight + bias, 0).mean()
        while True:
            response = np.maximum(batch @ weight + bias, 0)
            if abs(response.std(ddof=1) - 1) <= 1e-3:
                break
            weight = weight / response.std(ddof=1)
        batch = response - subtrahend
        others = [np.maximum(other @ weight + bias, 0) - subtrahend for other in others]
        logs += [math.log10(other.std(ddof=1)) for other in others]
    return math.sqrt(average(value**2 for value in logs))


# The comparison

Key = tuple[int, str, str]  # claim, peak, part


@cache
def recompute(study: Study) -> dict[Key, Part | None]:
    """What each row must hold but those of whole claims; None where nothing can be said."""
    found: dict[Key, Part | None] = {}
    for claim, (kind, rule) in RULES.items():
        for place in places(study, kind):
            for name, part in rule(place).items():
                try:
                    found[claim, place.label, name] = part()
                except UntestableError:
                    found[claim, place.label, name] = None
    return found


@cache
def recompute_nudged(study: Study) -> dict[Key, frozenset[str]]:
    """The verdicts that each row may have over nets that were nudged, where these were asked and tell."""
    nudged, where = study.nudged()
    found = {}
    for claim, (kind, rule) in RULES.items() if where else ():
        for place in places(study, kind):
            for name, part in rule(replace(place, study=nudged)).items():
                nudged.asked.clear()
                try:
                    told = part().verdicts - {UNTESTABLE}
                except UntestableError:
                    continue
                if told and nudged.asked & where:
                    found[claim, place.label, name] = told
    return found


def disagreements(study: Study, rows: Sequence[Record], corrected: bool = True) -> list[str]:
    """Each number or verdict of a claims table that the run files do not bear out, by its row. corrected: the table
    has adjusted p-values, and the claims judged once."""
    rules = [claim for claim, (kind, _) in RULES.items() if corrected or kind != "once"]
    expected = {key: part for key, part in recompute(study).items() if key[0] in rules}
    problems = []
    table = {(int(row["claim"]), row["peak"], row["part"]): row for row in rows}
    if len(table) < len(rows):
        problems.append("two rows of one name")
    for key, part in expected.items():
        if key in table:
            problems += [f"{key}: {problem}" for problem in against(table[key], part)]
            problems += [f"{key}: {table[key]['verdict']}" for _ in [0] if not may_be(table[key], part)]
            if table[key]["nudged"] not in recompute_nudged(study).get(key, {""}):
                problems.append(f"{key}: nudged {table[key]['nudged']}")
        else:
            problems.append(f"{key}: no such row")
    problems += [f"{key}: unexpected" for key in table.keys() - expected.keys() if key[1] != "all"]
    wholes = [row for (_, peak, _), row in table.items() if peak == "all"]
    if sorted(int(row["claim"]) for row in wholes) != rules:
        problems.append("not every claim has a row for the whole")
    for row in wholes:
        claim = int(row["claim"])
        key = (claim, f"{study.peaks[0]:g}", PRIMARY.get(claim, ""))
        problems += [f"{(claim, 'all')}: {problem}" for problem in against(row, expected.get(key))]
        of_claim = [other for other in rows if int(other["claim"]) == claim and other["peak"] != "all"]
        verdict = together({other["verdict"] for other in of_claim})
        if {other["verdict"] for other in of_claim if other["part"] not in ASIDE.get(claim, set())} <= {UNTESTABLE}:
            verdict = UNTESTABLE
        if row["verdict"] != verdict:
            problems.append(f"{(claim, 'all')}: verdict {row['verdict']}, of its parts {verdict}")
        nudged = {other["nudged"] or other["verdict"] for other in of_claim if any(one["nudged"] for one in of_claim)}
        if row["nudged"] != (together(nudged) if nudged else ""):
            problems.append(f"{(claim, 'all')}: nudged {row['nudged']}, of its parts {nudged}")
    adjusted = holm([number(row["p_value"]) for row in wholes]) if corrected else [math.nan] * len(wholes)
    for row, value in zip(wholes, adjusted, strict=True):
        if not close(number(row["p_adjusted"]), value):
            problems.append(f"{(int(row['claim']), 'all')}: p_adjusted {row['p_adjusted']}, not {value}")
    return problems


def together(of_parts: set[str]) -> str:
    """The verdict on a claim whose parts have these."""
    if {SUPPORTED, REFUTED} <= of_parts:
        return DEPENDS
    if UNDECIDED in of_parts:
        return UNDECIDED
    return (of_parts - {UNTESTABLE} or {UNTESTABLE}).pop()


def may_be(row: Record, part: Part | None) -> bool:
    """Whether the verdict of a row is one that its part may have."""
    return row["verdict"] in (part.verdicts if part else {UNTESTABLE})


def against(row: Record, part: Part | None) -> list[str]:
    """What is wrong with the numbers of a row."""
    if part is None:
        filled = [name for name in ("measured", "effect", "interval_low", "p_value") if row[name]]
        return [f"{filled} where nothing can be said"] if filled or int(row["n"]) else []
    problems = []
    for name, value in (("measured", part.measured), ("n", part.n), ("effect", part.effect)):
        if not close(number(row[name]), value):
            problems.append(f"{name} {row[name]}, not {value}")
    for name, limit in (("interval_low", part.low), ("interval_high", part.high)):
        slack = RTOL * max(abs(limit.low), abs(limit.high)) + ATOL
        if not close(number(row[name]), limit.low) and not limit.low - slack <= number(row[name]) <= limit.high + slack:
            problems.append(f"{name} {row[name]}, not {limit.low} … {limit.high}")
    p_value = number(row["p_value"])
    if not close(p_value, part.p) and not abs(p_value - part.p) <= part.slack:
        problems.append(f"p_value {row['p_value']}, not {part.p} ± {part.slack}")
    if row["side"]:
        low, high = (Limit(number(row[name]), number(row[name])) for name in ("interval_low", "interval_high"))
        threshold = number(row["threshold"])
        if row["verdict"] not in verdicts(low, high, threshold, row["side"] == "above") and row["peak"] != "all":
            problems.append(f"{row['verdict']}, not from [{low.low}, {high.low}] against {threshold}")
    for name, value in (("thread_value", part.thread), ("default_value", part.default)):
        if not close(number(row[name]), value):
            problems.append(f"{name} {row[name]}, not {value}")
    return problems + against_note(row["note"], part.numbers)


def against_note(note: str, numbers: Sequence[float]) -> list[str]:
    """Whether the numbers in a note are these, rounded as the note rounds them."""
    printed = re.findall(r"nan|(?<![\w.-])[-+]?\d+(?:\.\d+)?(?!\w)", note)  # kc1 is a name
    wrong = []
    for text, value in zip(printed, numbers, strict=False):
        rounding = 0.501 * 10.0 ** -len(text.partition(".")[2])
        if not close(number(text), value) and not abs(float(text) - value) <= rounding:
            wrong.append(f"note has {text}, not {value}")
    return wrong if len(printed) == len(numbers) else [f"note {note!r} does not hold {numbers}"]


def number(text: str) -> float:
    return float(text) if text else math.nan


def close(a: float, b: float) -> bool:
    return (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=RTOL, abs_tol=ATOL)


def holm(p_values: Sequence[float]) -> list[float]:
    """Each p-value times the number of those not smaller, at least as large as any before it, at most 1."""
    order = sorted((k for k in range(len(p_values)) if not math.isnan(p_values[k])), key=lambda k: p_values[k])
    adjusted, largest = [math.nan] * len(p_values), 0.0
    for place, k in enumerate(order):
        largest = max(largest, p_values[k] * (len(order) - place))
        adjusted[k] = min(1.0, largest)
    return adjusted
