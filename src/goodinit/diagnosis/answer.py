"""What the numbers of a diagnosis say, in words: eleven lines, each under a heading."""

import shlex
from collections.abc import Iterator

import numpy as np

from goodinit.diagnosis.findings import Count, Findings, Gain
from goodinit.diagnosis.sample import Sample
from goodinit.diagnosis.trials import BATCH_SIZE, CHOOSING, HIDDEN_LAYERS, MAIN, PEAKS, STEPS, TOP, WIDTH, seeds_of
from goodinit.runs.plateau import ESCAPE_BELOW, PLATEAU_BAND, PLATEAU_STEPS
from goodinit.statistics.inference import median_time
from goodinit.statistics.intervals import CONFIDENCE, share_interval


def tell(found: Findings, sample: Sample, table: str) -> Iterator[tuple[str, str]]:
    """Headings and sentences. table: the path of the table as it was typed."""
    yield "Answer", f"{tell_plateau(found)}; {tell_comparison(found)}"
    yield "Plateau", tell_rests(found)
    yield "Budget", tell_budget(found)
    yield "Foretold", tell_foretold(found)
    yield "Peaks", tell_peaks(found)
    yield "Gain", tell_gain(found)
    yield "Certainty", tell_certainty(found, sample)
    yield "Rows", tell_rows(found, sample)
    yield "Columns", sample.columns
    yield "Not done", tell_not_done()
    yield "More", tell_more(sample, table)


def tell_plateau(found: Findings) -> str:
    """Whether the default has a plateau here."""
    rested, needed = found.rested, median_time(found.sums)
    if not rested.n:
        return "open: nets of PyTorch's default init diverge here before it could be seen whether they have a plateau"
    if rested.some > rested.n / 2:
        out = f"about {_round(needed)}" if np.isfinite(needed) else f"more than {_round(found.budget)}"
        return f"yes, PyTorch's default init has a plateau ahead here, until learning rates sum to {out}"
    if rested.some:
        return "in part: some nets of PyTorch's default init rest on a plateau here, most do not"
    if found.escaped.some > found.escaped.n / 2:
        return "no, nets of PyTorch's default init learn here without a plateau"
    return (
        "no plateau, but no start either: under PyTorch's default init the loss of most nets neither rests near that "
        f"of the null net nor falls below {ESCAPE_BELOW:g} of it"
    )


def tell_comparison(found: Findings) -> str:
    """Whether the best other initializer ends better."""
    default, other = found.choices[:2]
    words = {1: "better", 0: "not clearly other", -1: "worse"}
    loss, accuracy = words[_side(found.loss)], words[_side(found.accuracy)]
    measures = "and accuracy" if loss == accuracy else f"and {accuracy} in accuracy"
    return (
        f"after {STEPS:,} steps {other.init} at peak {other.peak:g} is {loss} than the default at its best peak, "
        f"{default.peak:g}, in held-out loss {measures}"
    )


def tell_rests(found: Findings) -> str:
    """How many default nets rest, and get out."""
    diverged = f", {found.diverged.some} diverged" if found.diverged.some else ""
    return (
        f"{_of(found.rested)} default nets at peak {MAIN:g} rested for {PLATEAU_STEPS} steps or more within "
        f"{PLATEAU_BAND:.0%} of {found.null_loss:.3g} nats, the loss of the null net, which ignores its input; "
        f"{_of(found.escaped)} got out in {STEPS:,} steps{diverged}"
    )


def tell_budget(found: Findings) -> str:
    """The sum of learning rates at which default nets get out, and how many steps that is."""
    needed = median_time(found.sums)
    short, sums = ("about ", needed) if np.isfinite(needed) else ("more than ", found.budget)
    return (
        f"{short}{_round(sums)} in summed learning rates: {_tell_escapes(found)}. At any peak, by claim 29: "
        f"{short}{_round(sums / MAIN)} steps of plain SGD at {MAIN:g}, or {_round(sums / MAIN / found.per_step)} of a "
        "schedule that warms up to it and anneals"
    )


def _tell_escapes(found: Findings) -> str:
    out, n = np.sort(found.sums[~np.isnan(found.sums)]), len(found.sums)
    ends = f"{_round(found.budget)}, where their runs end" + (f"; {found.lost} diverged before" if found.lost else "")
    if not len(out):
        return f"none of {n} default nets at peak {TOP:g} got out by {ends}"
    seen = f"{len(out)} of {n} default nets at peak {TOP:g} got out, at {_round(out[0])} to {_round(out[-1])}"
    return f"{seen}, the others not by {ends}" if len(out) < n else seen


def tell_foretold(found: Findings) -> str:
    """What could be said before training, and whether it was right."""
    signals = ", ".join(f"{init} {signal:.1g}" for init, signal in found.signals.items())
    told = f"the logits' signal before training, how far rows differ: {signals}"
    if np.isnan(found.foretold):
        return f"{told}; nothing gets through the default's layers, so the line of claim 30 says nothing"
    needed = median_time(found.sums)
    if np.isfinite(needed):
        check = f"{_round(found.foretold / needed)} times what it took"
    else:
        check = "too little here" if found.foretold < found.budget else "beyond these runs"
    return f"{told}; the line of claim 30, fitted on another table, foretold a sum of {_round(found.foretold)}: {check}"


def tell_peaks(found: Findings) -> str:
    """Which peak was chosen for each initializer, and by what."""
    by_loss = sorted(found.choices, key=lambda choice: choice.lowest_loss)
    chosen = ", ".join(
        f"{one.init} {one.peak:g} (of {' '.join(f'{peak:g}' for peak in PEAKS[one.init])}; {one.lowest_loss:.3g} nats)"
        for one in by_loss
    )
    refused = "".join(f"; {reason}" for reason in found.refused.values())
    return f"best by the lowest validation loss: {chosen}{refused}"


def tell_gain(found: Findings) -> str:
    """How nets end on the held-out rows."""
    default, other = found.choices[:2]
    ends = {other.init: found.other, default.init: found.default}
    diverged = "".join(f"; {end.diverged} of {init} diverged later" for init, end in ends.items() if end.diverged)
    told = ", ".join(
        f"{init} {end.loss:.3g} nats and {end.accuracy:.1%}" for init, end in {**ends, "null net": found.null}.items()
    )
    return (
        f"held out: {told}; {other.init} gains {_gain(found.loss, 1, '.2g')} nats, {_gain(found.accuracy, 100, '.1f')} "
        f"points, in {found.pairs} pairs of fresh nets, {STEPS:,} steps, with the weights of that loss{diverged}"
    )


def tell_certainty(found: Findings, sample: Sample) -> str:
    """What the numbers rest on, and what their intervals leave out."""
    rows, accuracy = sample.parts["test"], found.other.accuracy
    low, high = share_interval(round(accuracy * rows), rows)
    return (
        f"{found.escaped.n} nets for plateau and budget, {len(seeds_of(CHOOSING))} for each peak, {found.pairs} pairs "
        f"for the gain, on one split; brackets: {CONFIDENCE:.0%} intervals over nets. {rows:,} held-out rows leave "
        f"{accuracy:.1%} uncertain between {low:.1%} and {high:.1%}"
    )


def tell_rows(found: Findings, sample: Sample) -> str:
    """Which rows were used."""
    used = sum(sample.parts.values())
    drawn = f", {used:,} drawn of them" if used < sample.rows else ""
    train, valid, test = (f"{sample.parts[part]:,}" for part in ("train", "valid", "test"))
    small = f"; batches of {found.batch_size}, as there are no {BATCH_SIZE} to train on: all is rougher"
    return (
        f"{sample.origin}; {sample.rows:,} rows{drawn}: {train} to train on, {valid} to choose by, {test} held out; "
        f"{sample.classes} classes of {sample.target}, the commonest {sample.commonest:.0%}"
        f"{small if found.batch_size < BATCH_SIZE else ''}"
    )


def tell_not_done() -> str:
    """What these nets say nothing of."""
    return (
        f"other nets than {HIDDEN_LAYERS} hidden layers of {WIDTH}, other optimizers than plain SGD, normalization, "
        "residual connections, longer training, other scalings and splits, care for rows that belong together"
    )


def tell_more(sample: Sample, table: str) -> str:
    """What the report adds, and how it is made."""
    words = shlex.join([f"table={table}", f"target={sample.target}"])
    return (
        f"`snakemake --cores all --config {words}`, in the project's folder, makes a report of this table in three "
        "minutes: more nets for more steps, figures, and claims judged by rules fixed in advance (with group=COLUMN "
        "for rows that belong together)"
    )


def _side(gain: Gain) -> int:
    """1 or -1 where the interval is on one side of 0, else 0."""
    low, high = gain.interval
    return int(low > 0) - int(high < 0)


def _of(count: Count) -> str:
    low, high = share_interval(*count)
    return f"{count.some} of {count.n} [{low:.0%}, {high:.0%}]"


def _gain(gain: Gain, unit: int, digits: str) -> str:
    mean, low, high = (f"{unit * value:{digits}}" for value in (gain.mean, *gain.interval))
    return f"{mean} [{low}, {high}]"


def _round(number: float) -> str:
    """To two digits, as none of these is known better."""
    return f"{float(f'{number:.2g}'):,g}"
