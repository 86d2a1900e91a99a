"""The thread's claims, and what we ask beyond it: for each what is measured, the rule, and where it is undecidable.

A claim is a function from a setting (a peak) to findings, one per part. A finding compares a 95 % interval with a
threshold that was fixed before the published seeds were run: the whole interval on the claim's side supports it, the
whole interval on the other side refutes it, and an interval that holds the threshold is mixed. A p-value never decides.
A claim as a whole takes the verdict that its parts at all its peaks share, else it is mixed. Where a rule says
"finished" it leaves out nets that diverged, which have no such value, and n shows it; elsewhere a diverged net counts
as the null net. The docstring of a rule is printed in the report, with the constants that it names in braces.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from inspect import getdoc

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from goodinit import inference, plateau, runs, thread
from goodinit.evidence import Evidence, Nets, Setting, UntestableError
from goodinit.verdicts import (
    MIXED,
    REFUTED,
    SUPPORTED,
    UNTESTABLE,
    Finding,
    attempt,
    combine,
    judge,
    mean,
    require_seeds,
    share,
)

LAST_OF_THREAD = 21  # claims above are ours

ACTIVE_BELOW = 0.95  # min-bin share
RARE = 1 / 3  # "gone" is a share below this
LOSS_MARGIN, ACCURACY_MARGIN = 0.02, 0.005
UNIT_STD_MARGIN = 0.01  # the tolerance of the LSUV function quoted in the thread
FAST_LOSS = 0.9  # of H
SHORT_START = 0.1  # of the schedule
SUDDEN = 0.1  # of the plateau before
PRUNED = 0.8  # of the hidden weights
PERIODIC = 0.05  # of the variance within cycles

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


Rule = Callable[[Setting], Iterator[Finding]]


@dataclass(frozen=True)
class Claim:
    """number: as in the thread's order; peaks: where it is judged, one of PEAKS; parts: of its findings, the primary
    one, which enters the correction for many tests, first."""

    number: int
    statement: str
    peaks: str
    parts: tuple[str, ...]
    rule: Rule

    @property
    def criterion(self) -> str:
        """The rule in words, on one line."""
        return " ".join(str(getdoc(self.rule)).format_map(vars(runs) | globals()).split())


PEAKS = ("once", "main", "each", "each and best")  # once: at the main peak, and not again for other datasets
CLAIMS: dict[int, Claim] = {}


def claim(number: int, statement: str, peaks: str, *parts: str) -> Callable[[Rule], Rule]:
    """Register a claim; without parts it is judged as a whole."""

    def register(rule: Rule) -> Rule:
        CLAIMS[number] = Claim(number, statement, peaks, parts or ("",), rule)
        return rule

    return register


@claim(
    1,
    "Under torch's default init the activations shrink from layer to layer before training",
    "main",
    "overall",
    "at every layer",
)
def shrinking_start(at: Setting) -> Iterator[Finding]:
    """Activation std after the ReLU at step 0. Overall: the log10 ratio of the last layer's to the first's is below 0.
    At every layer: so is the log10 ratio of neighbours that has the largest mean (a hard test to pass)."""
    std = np.log10(at.nets("default").activations("activation_std")[:, 0])
    printed = float(np.log10(thread.STD[-1] / thread.STD[0]))
    yield mean("overall", std[:, -1] - std[:, 0], "log10 ratio", above=False, thread_value=printed)
    steps = np.diff(std, axis=1)
    if not steps.shape[1]:
        raise UntestableError("a single layer has no neighbour")
    worst = int(steps.mean(0).argmax())
    printed = float(np.diff(np.log10(thread.STD)).max())
    note = f"worst from layer {worst + 1} to {worst + 2}"
    yield mean("at every layer", steps[:, worst], "log10 ratio", above=False, thread_value=printed, note=note)


@claim(
    2,
    "Default nets learn briefly, rest on a long plateau, and escape suddenly",
    "each",
    "a long plateau",
    "a brief start",
    "a sudden escape",
)
def plateau_and_escape(at: Setting) -> Iterator[Finding]:
    """A long plateau: most nets have one. A brief start: of those, most began above it (first loss over H by more than
    the plateau's band) and reached it within {SHORT_START:.0%} of the schedule. A sudden escape: of those that escape,
    most fall from the band to {FAST_LOSS} H in under {SUDDEN:.0%} of the time they rested."""
    nets = at.nets("default")
    start, length = nets.plateaus
    yield share("a long plateau", nets.on_plateau, "nets")
    began_above = nets.loss[:, 0] > (1 + plateau.PLATEAU_BAND) * nets.null_loss
    brief = began_above & (start < SHORT_START * nets.loss.shape[1])
    yield from attempt("a brief start", lambda: share("a brief start", brief[nets.on_plateau], "nets on a plateau"))
    fast = plateau.escape_step(nets.loss, nets.null_loss, FAST_LOSS)
    escaped = nets.on_plateau & ~np.isnan(fast)
    sudden = fast - (start + length) < SUDDEN * length
    yield from attempt("a sudden escape", lambda: share("a sudden escape", sudden[escaped], "escapes from a plateau"))


@claim(3, "Some default nets never leave the plateau within the schedule", "each")
def never_leaving(at: Setting) -> Iterator[Finding]:
    """A single stuck net supports it; without one it is refuted where the whole interval of their share is below
    20%."""
    stuck = at.nets("default")["outcome"].values == "stuck"
    finding = share("", stuck, "nets", threshold=0.2)
    verdict = SUPPORTED if stuck.any() else REFUTED if finding.interval_high < 0.2 else MIXED
    yield replace(finding, verdict=verdict, p_value=np.nan)


@claim(4, "The sharp periodic peaks in the recorded statistics were the validation batches", "each")
def validation_peaks(at: Setting) -> Iterator[Finding]:
    """The share of the variance of the layers' means within a cycle (training steps, then a validation pass) that the
    place in the cycle explains, adjusted for the number of cycles: by how much is it larger with the validation batches
    than without? By more than {PERIODIC:.0%}. Of default nets that finished."""
    nets = at.nets("default")
    evaluations = nets["valid_activation_mean"]["evaluation"].values
    cycle = int(evaluations[1] - evaluations[0])
    cycles = int((np.diff(evaluations) == cycle).sum())
    if cycles < 2:
        raise UntestableError("a single validation pass after training steps shows no period")
    finished = _finished(nets)
    train = nets.activations("activation_mean")[finished, : cycles * cycle]
    train = train.reshape(len(train), cycles, cycle, -1)
    valid = nets.activations("valid_activation_mean")[finished, 1 : cycles + 1]
    if not valid.shape[2]:
        raise UntestableError("the validation rows make no full batch")
    alone, mixed = (_periodic_share(series) for series in (train, np.concatenate([train, valid], axis=2)))
    note = f"without the validation batches {100 * alone.mean():.1f} %"
    yield mean("", mixed - alone, "share of variance", PERIODIC, measured=float(mixed.mean()), note=note)


def _finished(nets: Nets) -> Flags:
    """Whether a net never diverged, [nets]. Raises UntestableError where fewer than MIN_SEEDS finished."""
    require_seeds(int(nets.finished.sum()), "nets that finished")
    return nets.finished


def _periodic_share(series: Array) -> Array:
    """Share R² of the variance within cycles that the place in the cycle explains, adjusted as 1 - (1 - R²) C / (C - 1)
    for C cycles: series [nets, cycles, places, layers] -> [nets], mean over layers. Each cycle is standardized, so that
    no drift and no single cycle rules."""
    centred = series - series.mean(2, keepdims=True)
    std = centred.std(2, keepdims=True)
    scaled = np.divide(centred, std, out=np.zeros_like(centred), where=std > 0)
    explained = (scaled.mean(1) ** 2).mean(1)  # [nets, layers]; the total is 1
    cycles = series.shape[1]
    adjusted: Array = (1 - (1 - explained) * cycles / (cycles - 1)).mean(1)
    return adjusted


@claim(5, "Recording all modules in order gave a false alternation between layers", "each")
def false_alternation(at: Setting) -> Iterator[Finding]:
    """How far the change of the min-bin share (its range over windows) zigzags from entry to entry: by how much more
    over the first modules (linear, relu, linear, …) than over as many layers? Above 0. Of default nets that
    finished."""
    nets = at.nets("default")
    change = {}
    for site in ("linear", "relu"):
        windows = nets.windows("min_bin_share", site)[_finished(nets)]
        change[site] = windows.max(1) - windows.min(1)
    layers = change["relu"]
    modules = np.stack([change["linear"], change["relu"]], axis=2).reshape(len(layers), -1)[:, : layers.shape[1]]
    if layers.shape[1] < 3:
        raise UntestableError("fewer than three layers cannot alternate")
    extra = zigzag(modules) - zigzag(layers)
    yield mean("", extra, "share in the min bin", measured=float(zigzag(modules).mean()))


def zigzag(values: Array) -> Array:
    """How far the entries of values [nets, entries] alternate: the absolute mean of (-1)^k times the distance of entry
    k from the middle of its neighbours, [nets]."""
    off = values[:, 1:-1] - (values[:, :-2] + values[:, 2:]) / 2
    alternating: Array = np.abs((off * (-1.0) ** np.arange(off.shape[1])).mean(1))
    return alternating


@claim(
    6,
    "On the plateau most layers are dormant, only layers 1, 9 and 10 are active, and the rest wake at the escape",
    "each",
    "most are dormant",
    "layers 1, 9 and 10",
    "the rest wake",
)
def dormant_layers(at: Setting) -> Iterator[Finding]:
    """Dormant: mean min-bin share over the plateau of at least {ACTIVE_BELOW:.0%}. Most are dormant: over half the
    layers, in most nets. Layers 1, 9 and 10: the overlap (Jaccard) of the active layers with the first and the last two
    is above one half. The rest wake: of the dormant layers of trained nets, over half are active in the last window."""
    nets = at.nets("default")
    dormant = dormant_on_plateau(nets)
    layers = dormant.shape[1]
    yield share("most are dormant", dormant[nets.on_plateau].sum(1) > layers / 2, "nets on a plateau")
    active, expected = ~dormant[nets.on_plateau], np.isin(np.arange(1, layers + 1), (1, layers - 1, layers))
    overlap = (active & expected).sum(1) / (active | expected).sum(1)
    seen = ", ".join(str(layer + 1) for layer in np.flatnonzero(active.mean(0) > 0.5))
    yield mean("layers 1, 9 and 10", overlap, "overlap", 0.5, note=f"active in most nets: {seen or 'none'}")
    woken = nets.on_plateau & nets.trained & dormant.any(1)
    awake = nets.windows("min_bin_share")[woken, -1] < ACTIVE_BELOW
    share_awake = (awake & dormant[woken]).sum(1) / dormant[woken].sum(1)
    yield from attempt("the rest wake", lambda: mean("the rest wake", share_awake, "share of dormant layers", 0.5))


def dormant_on_plateau(nets: Nets) -> Flags:
    """Whether a layer's mean min-bin share over the net's plateau is at least ACTIVE_BELOW, [nets, layers]; False for
    nets without a plateau. Raises UntestableError with fewer than MIN_SEEDS plateaus."""
    require_seeds(int(nets.on_plateau.sum()), "nets on a plateau")
    return _over_plateau(nets, "min_bin_share") >= ACTIVE_BELOW


def _over_plateau(nets: Nets, name: str) -> Array:
    """Mean of a per-step statistic over each net's plateau, [nets, layers]; NaN without a plateau."""
    values = nets.activations(name)
    means = np.full((len(values), values.shape[2]), np.nan)
    for net, (start, length) in enumerate(zip(*nets.plateaus, strict=True)):
        if length:
            means[net] = values[net, start : start + length].mean(0)
    return means


@claim(7, "Activation means of default nets rise during training", "each")
def rising_means(at: Setting) -> Iterator[Finding]:
    """Mean over layers of the activation mean after the ReLU, last window less first: above 0. Of nets that
    finished."""
    nets = at.nets("default")
    windows = nets.windows("activation_mean")[_finished(nets)].mean(2)
    yield mean("", windows[:, -1] - windows[:, 0], "activation", measured=float(windows[:, -1].mean()))


@claim(
    8,
    "Training zeroes most weights of default nets, and the few that are left do the work",
    "each",
    "the share grows",
    "most are zeroed",
    "few do the work",
)
def zeroed_weights(at: Setting) -> Iterator[Finding]:
    """Near zero: below {NEAR_ZERO:.0%} of the layer's initial std. The share grows: from before training to the
    start of the last window. Most are zeroed: then over half the weights are near zero. Both of nets that finished. Few
    do the work: trained nets lose less than {ACCURACY_MARGIN} of validation accuracy when the smallest {PRUNED:.0%}
    of the hidden weights are set to zero."""
    nets = at.nets("default")
    near = nets["near_zero_share"].values.astype(np.float64)[_finished(nets)].mean(2)
    start, end = near[:, 0], near[:, -1]
    yield mean("the share grows", end - start, "share of weights")
    note = f"{100 * start.mean():.2f} % at the start"
    yield mean("most are zeroed", end, "share of weights", 0.5, note=note)
    part = "few do the work"
    yield from attempt(part, lambda: mean(part, _pruning_loss(at, "default"), "accuracy", ACCURACY_MARGIN, above=False))


def _pruning_loss(at: Setting, init: str) -> Array:
    """Validation accuracy that trained nets lose at the end with PRUNED of their hidden weights set to 0, [nets]."""
    table = at.evidence.table("pruning")
    ends = table[(table["stage"] == "end") & (table["init"] == init) & (table["peak"] == at.peaks[init])]
    nets = at.nets(init)
    trained = nets.seeds[nets.trained]
    require_seeds(len(trained), "trained nets")
    accuracy = ends.pivot(index="seed", columns="sparsity", values="valid_accuracy")
    if not set(trained) <= set(accuracy.index):
        raise UntestableError("no pruning was done here")
    lost: Array = (accuracy[0.0] - accuracy[PRUNED]).loc[trained.tolist()].to_numpy()
    return lost


@claim(9, "torch's default init multiplies by √3 twice: its weights are uniform within ±3/√fan-in", "main")
def doubled_root(at: Setting) -> Iterator[Finding]:
    """The bound of a uniform distribution is √3 times its std: √3 · std · √fan-in, mean over hidden layers, is above
    2.85, 5% short of 3. (In truth the gain is √(2/(1+5)) = 1/√3, so the bound is √3 · gain / √fan-in = 1/√fan-in.)"""
    nets = at.nets("default")
    std = nets["weight_std"].values[:, 0].astype(np.float64)
    width = float(str(nets.attribute("width")))
    fan_in = np.array([float(str(nets.attribute("features"))), *[width] * (std.shape[1] - 1)])
    bounds = (np.sqrt(3) * std * np.sqrt(fan_in)).mean(1)
    finding = mean("", bounds, "times 1/√fan-in", 2.85, thread_value=3.0)
    yield replace(finding, p_value=np.nan)


@claim(10, "Kaiming's init for ReLU still has the plateau", "each and best")
def kaiming_plateau(at: Setting) -> Iterator[Finding]:
    """Most kaiming-relu nets have one, of those that did not diverge before it could be seen."""
    nets = at.nets("kaiming-relu")
    yield share("", nets.on_plateau[nets.decided], "nets")


@claim(11, "Kaiming's init for ReLU ends no better than the default", "each and best", "loss", "accuracy")
def kaiming_no_better(at: Setting) -> Iterator[Finding]:
    """By how much it ends better, paired over seeds: less than a margin ({LOSS_MARGIN} nats; {ACCURACY_MARGIN} of
    accuracy)."""
    default, kaiming = at.pair("default", "kaiming-relu")
    old, new = thread.END["default"], thread.END["kaiming-relu"]
    for metric, sign, margin, printed in (
        ("loss", -1, LOSS_MARGIN, old[1] - new[1]),
        ("accuracy", 1, ACCURACY_MARGIN, new[2] - old[2]),
    ):
        gain = sign * (kaiming.end(f"{at.part}_{metric}") - default.end(f"{at.part}_{metric}"))
        before, after = (float(nets.end(f"{at.part}_{metric}").mean()) for nets in (default, kaiming))
        yield mean(
            f"{metric}", gain, UNITS[metric], margin, above=False, measured=after, default_value=before,
            thread_value=printed, note=_survivors(gain, default.finished & kaiming.finished),
        )  # fmt: skip


UNITS = {"loss": "nats", "accuracy": "accuracy"}


def _survivors(differences: Array, both: Flags) -> str:
    """The mean difference over the pairs of nets that both finished, where that is not all."""
    if both.all():
        return ""
    return (
        f"pairs that finished: {differences[both].mean():+.3f}, n = {both.sum()}" if both.any() else "no pair finished"
    )


@claim(
    12,
    "End results vary so much that one pair of runs often gets the sign of an init's effect wrong",
    "each and best",
    "kaiming-relu against default",
    "lsuv against default",
)
def wrong_signs(at: Setting) -> Iterator[Finding]:
    """Over all pairs of a default net and another init's net (any seeds): the share whose difference in end loss has
    not the sign of the mean difference, ties counting half: more than 20%. The direction is the whole sample's."""
    default = at.nets("default")

    def wrong(init: str) -> Finding:
        pair = (default.end(f"{at.part}_loss"), at.nets(init).end(f"{at.part}_loss"))
        require_seeds(min(map(len, pair)), "nets")
        direction = np.sign(pair[1].mean() - pair[0].mean())
        if direction == 0:
            raise UntestableError("there is no effect whose sign could be wrong")
        wrong, low, high = inference.pairs_interval(*pair, direction)
        part, unit = f"{init} against default", "share of pairs"
        return Finding(part, judge(low, high, 0.2), wrong, unit, len(pair[1]), wrong, unit, low, high)

    for init in ("kaiming-relu", "lsuv"):
        yield from attempt(f"{init} against default", partial(wrong, init))


@claim(
    13,
    "LSUV starts with unit std after all ten layers, and with means that fall from .33 to .18",
    "main",
    "falling means",
    "unit std",
)
def lsuv_start(at: Setting) -> Iterator[Finding]:
    """At step 0, on the batch it was fitted to. Falling means: the first layer's mean (after the subtrahend) is above
    the last's; compared by sign, as the thread's data are others. Unit std: the std furthest from 1 is off by less than
    {UNIT_STD_MARGIN}."""
    nets = at.nets("lsuv")
    off = np.abs(nets.activations("activation_std", "output")[:, 0] - 1).max(1)
    yield replace(mean("unit std", off, "distance from 1", UNIT_STD_MARGIN, above=False), p_value=np.nan)
    means = nets.activations("activation_mean", "output")[:, 0]
    fall, printed = means[:, 0] - means[:, -1], thread.LSUV_MEANS[0] - thread.LSUV_MEANS[-1]
    note = f"from {means[:, 0].mean():.2f} to {means[:, -1].mean():.2f}"
    yield mean("falling means", fall, "activation", thread_value=printed, note=note)


@claim(
    14,
    "LSUV: one division by the std is enough; or a loop is needed, because of the nonlinearity",
    "main",
    "one is enough",
    "because of the nonlinearity",
)
def divisions(at: Setting) -> Iterator[Finding]:
    """One is enough: most lsuv nets (default start, with biases) need no second division in any layer. Because of the
    nonlinearity: most lsuv-kaiming nets, with the same ReLU and subtrahend but zero bias, need a second one too."""

    def with_bias() -> Finding:
        needed = at.nets("lsuv")["divisions"].values
        note = f"{needed.mean():.1f} divisions per layer, at most {needed.max()}"
        return share("one is enough", needed.max(1) <= 1, "nets", note=note)

    def without_bias() -> Finding:
        divided = at.nets("lsuv-kaiming")["divisions"].values
        note = f"{divided.mean():.1f} divisions per layer without bias, at most {divided.max()}"
        return share("because of the nonlinearity", divided.max(1) > 1, "nets without bias", note=note)

    yield from attempt("one is enough", with_bias)
    yield from attempt("because of the nonlinearity", without_bias)


@claim(15, "With LSUV the plateau is gone", "each and best")
def lsuv_without_plateau(at: Setting) -> Iterator[Finding]:
    """Where most default nets have one, fewer than {RARE:.0%} of the lsuv nets have, of those that did not diverge
    before it could be seen."""
    default, nets = at.nets("default"), at.nets("lsuv")
    _require_plateaus(default)
    note = f"default: {default.on_plateau.sum()} of {len(default.seeds)}"
    yield share("", nets.on_plateau[nets.decided], "nets", RARE, above=False, note=note)


def _require_plateaus(default: Nets) -> None:
    """Raise UntestableError where half of the default nets or fewer have a plateau: then none can go."""
    require_seeds(len(default.seeds), "default nets")
    count, n = default.on_plateau.sum(), len(default.seeds)
    if count <= n / 2:
        raise UntestableError(f"only {count} of {n} default nets have a plateau, so none can go")


@claim(
    16,
    "LSUV trains faster and more stably than the default",
    "each and best",
    "faster",
    "more often trained",
    "less spread",
)
def lsuv_faster(at: Setting) -> Iterator[Finding]:
    """Paired, lsuv less default. Faster: the rank of the step at which the trailing loss first falls below {FAST_LOSS}
    H, censored at the end, is lower. More often trained: fewer nets end other than trained. Less spread: the sd over
    seeds of the end loss of pairs that both finished is smaller (log10 ratio below 0)."""
    default, lsuv = at.pair("default", "lsuv")
    times = [plateau.escape_step(nets.loss, nets.null_loss, FAST_LOSS) for nets in (default, lsuv)]
    old, new = inference.rank_times(*times)
    yield mean(
        "faster", new - old, "steps (median)", above=False, effect_unit="ranks",
        measured=inference.median_time(times[1]), default_value=inference.median_time(times[0]),
    )  # fmt: skip
    failed = [(~nets.trained).astype(float) for nets in (default, lsuv)]
    yield mean(
        "more often trained", failed[1] - failed[0], "share not trained", above=False, measured=failed[1].mean(),
        default_value=failed[0].mean(),
    )  # fmt: skip

    def spread() -> Finding:
        both = default.finished & lsuv.finished
        require_seeds(int(both.sum()), "pairs that finished")
        ends = [nets.end(f"{at.part}_loss")[both] for nets in (default, lsuv)]
        ratio, low, high = inference.spread_ratio(*ends)
        verdict = judge(low, high, 0.0, above=False)
        std, n = float(ends[1].std(ddof=1)), int(both.sum())
        return Finding("less spread", verdict, std, "nats (sd)", n, ratio, "log10 ratio", low, high)

    yield from attempt("less spread", spread)


@claim(
    17,
    "LSUV overfits: it fits the training rows better and validates worse in loss, better in accuracy",
    "each and best",
    "gap larger",
    "training loss lower",
    "held-out loss worse",
    "held-out accuracy better",
    "a dip",
    "gap larger at equal training loss",
)
def lsuv_overfits(at: Setting) -> Iterator[Finding]:
    """Differences lsuv less default at the end, paired over seeds: gap (held-out less training loss) above 0, training
    loss below 0, held-out loss above 0, held-out accuracy above 0. A dip: lsuv's validation loss ends more than
    {LOSS_MARGIN} nats above its own minimum. Gap larger at equal training loss: at the lowest level that both nets
    reach, where both trained."""
    default, lsuv = at.pair("default", "lsuv")
    old, new = thread.END["default, 80 epochs"], thread.END["lsuv"]
    held_out = f"{at.part}_loss"

    def compare(part: str, ends: Callable[[Nets], Array], unit: str, printed: float, above: bool = True) -> Finding:
        values, both = ends(lsuv) - ends(default), default.finished & lsuv.finished
        before, after = (float(ends(nets).mean()) for nets in (default, lsuv))
        return mean(
            part, values, unit, above=above, measured=after, default_value=before, thread_value=printed,
            note=_survivors(values, both),
        )  # fmt: skip

    yield compare(
        "training loss lower", lambda nets: nets.end("train_loss"), "nats", new[0] - old[0], above=False
    )  # fmt: skip
    yield compare(
        "gap larger", lambda nets: nets.end(held_out) - nets.end("train_loss"), "nats",
        (new[1] - new[0]) - (old[1] - old[0]),
    )  # fmt: skip
    yield compare("held-out loss worse", lambda nets: nets.end(held_out), "nats", new[1] - old[1])
    yield compare("held-out accuracy better", lambda nets: nets.end(f"{at.part}_accuracy"), "accuracy", new[2] - old[2])

    def dip() -> Finding:
        curves = lsuv["valid_loss"].values[lsuv.finished].astype(np.float64)
        return mean("a dip", curves[:, -1] - curves.min(1), "nats", LOSS_MARGIN, thread_value=new[1] - thread.LSUV_DIP)

    yield from attempt("a dip", dip)

    def at_equal_loss() -> Finding:
        return mean("gap larger at equal training loss", gap_at_equal_loss(default, lsuv), "nats")

    yield from attempt("gap larger at equal training loss", at_equal_loss)


def gap_at_equal_loss(first: Nets, second: Nets) -> Array:
    """Of pairs of trained nets: the gap (validation less training loss) of the second less that of the first, each at
    its first evaluation with a training loss at or below the lowest that both reach, [pairs]."""
    trained = first.trained & second.trained
    pairs = []
    for net in np.flatnonzero(trained):
        train = [nets["train_loss"].values[net].astype(np.float64) for nets in (first, second)]
        level = max(train[0].min(), train[1].min())
        at = [int((curve <= level).argmax()) for curve in train]
        gaps = [
            float(nets["valid_loss"].values[net, k]) - curve[k]
            for nets, curve, k in zip((first, second), train, at, strict=True)
        ]
        pairs.append(gaps[1] - gaps[0])
    return np.array(pairs)


@claim(18, "The stds the thread printed for 'Kaiming' before LSUV are torch's default profile", "main")
def misnamed_profile(at: Setting) -> Iterator[Finding]:
    """Root mean square over layers of the log10 distance between the printed stds and a net's at step 0 (after the
    ReLU): smaller to default nets than to kaiming-relu nets, paired."""
    distances = []
    for nets in at.pair("default", "kaiming-relu"):
        std = nets.activations("activation_std")[:, 0]
        if std.shape[1] != len(thread.STD):
            raise UntestableError("the thread printed ten layers; these nets have another depth")
        distances.append(np.sqrt((np.log10(std / thread.STD) ** 2).mean(1)))
    closer = distances[0] - distances[1]
    note = f"to kaiming-relu: {distances[1].mean():.2f}"
    yield mean("", closer, "log10 units", above=False, measured=distances[0].mean(), note=note)


@claim(19, "Tiny activations may still carry the signal", "each", "dormant and trained", "unequal on the plateau")
def tiny_activations(at: Setting) -> Iterator[Finding]:
    """Dormant and trained: most trained default nets end with a dormant layer. Unequal on the plateau: the Gini index
    of dormant layers there is above 80% of their own in the last window of the net."""
    nets = at.nets("default")
    last = nets.windows("min_bin_share")[nets.trained, -1] >= ACTIVE_BELOW
    yield from attempt(
        "unequal on the plateau",
        lambda: mean("unequal on the plateau", _gini_ratio(nets), "ratio", 0.8),
    )
    part = "dormant and trained"
    yield from attempt(part, lambda: share(part, last.any(1), "trained nets"))


def _gini_ratio(nets: Nets) -> Array:
    """Gini index on the plateau over that in the last window, mean over the layers dormant on the plateau, [nets]."""
    dormant = dormant_on_plateau(nets)
    gini = nets.activations("gini")
    window = nets["gini"]["window"].values
    ratios = []
    for net in np.flatnonzero(nets.trained & dormant.any(1)):
        start, length = (int(values[net]) for values in nets.plateaus)
        here = (window >= start) & (window < start + length)
        layers = dormant[net]
        ratios.append((gini[net][here][:, layers].mean(0) / gini[net, -1, layers]).mean())
    known: Array = np.array(ratios)[np.isfinite(ratios)]  # a layer whose activations are all zero has no Gini index
    return known


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
        _require_plateaus(at.nets("default"))
        if (dataset, scaling) == (evidence.dataset, evidence.scaling):
            raise UntestableError("this is the data asked about")
        there = nets(dataset, scaling)
        return share(part, there.on_plateau[there.decided], "nets", RARE, above=False)

    def made() -> Finding:
        first, second = nets(evidence.control, "standardize"), nets(evidence.control, "heavy")
        shared = np.intersect1d(first.seeds, second.seeds)
        require_seeds(len(shared), "pairs of nets")
        first, second = first.only(shared), second.only(shared)
        plain, heavy = (one.on_plateau[first.decided & second.decided] for one in (first, second))
        gained, note = heavy.astype(float) - plain, f"{plain.sum()} of {len(plain)} have it without"
        return mean("heavy tails make it", gained, "share with plateau", 0.5, measured=heavy.mean(), note=note)

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
    _require_plateaus(default)
    seen = default.on_plateau & changed.decided
    note = f"{default.on_plateau.sum()} plateaus under default, {changed.on_plateau.sum()} under {other}"
    yield share("its presence", ~changed.on_plateau[seen], "seeds", note=note)
    escapes = [nets["escape_step"].values for nets in (default, changed)]
    old, new = inference.rank_times(*escapes)
    note = " against ".join(str((~np.isnan(steps)).sum()) for steps in escapes) + " escapes"
    yield mean("its length", new - old, "ranks", above=False, note=note)


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
    yield mean("", after - before, "share of peaks", measured=float(after.mean()), note=note)


@claim(26, "Heavy tails narrow the range of peaks at which LSUV trains", "once")
def heavy_narrows(at: Setting) -> Iterator[Finding]:
    """Share of the peaks of the stability study at which an lsuv net is trained on the control, heavy less standardize,
    paired: below 0."""
    before, after = _trained_peaks(at.evidence, at.evidence.control, ("standardize", "heavy"))
    note = f"standardize: {100 * before.mean():.0f} %"
    yield mean("", after - before, "share of peaks", above=False, measured=float(after.mean()), note=note)


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
    yield mean("heavier tails", correlation, "rank correlation", note=f"{len(by_data)} prepared datasets")
    by_size = np.log10(table.pivot(index=["seed", "dataset", "scaling"], columns="batch_size", values="off_target"))
    ratio = (by_size[sizes[0]] - by_size[sizes[-1]]).dropna().groupby("seed").mean().to_numpy()
    yield mean("smaller batches", ratio, "log10 ratio", note=f"{sizes[0]} against {sizes[-1]} rows")


COLUMNS = [
    "claim", "part", "statement", "verdict", "measured", "unit", "n", "effect", "effect_unit", "interval_low",
    "interval_high", "p_value", "p_adjusted", "peak", "thread_value", "default_value", "note", "runs",
]  # fmt: skip
ALL = "all"  # the part and the peak of the row that holds a claim's verdict


def judge_claims(evidence: Evidence, again: bool = False) -> pd.DataFrame:
    """A row per claim, part and peak, after a row per claim (part and peak ALL) with its verdict and the numbers of its
    primary part at the main peak, which its note names; columns COLUMNS. p_adjusted: Holm's correction over the primary
    p-values. again: without those to be judged once."""
    rows = []
    for one in CLAIMS.values():
        if again and one.peaks == "once":
            continue
        found = list(_findings(one, evidence))
        verdict = combine([finding.verdict for _, finding in found])
        primary = found[0][1]
        note = ": ".join(filter(None, [primary.part, primary.note]))
        summary = replace(primary, part=ALL, verdict=verdict, note=note)
        for peak, finding in [(ALL, summary), *found]:
            rows.append({"claim": one.number, "statement": one.statement, "peak": peak, **vars(finding)})
    table = pd.DataFrame(rows)
    whole = table["part"] == ALL
    table.loc[whole, "p_adjusted"] = inference.holm(table.loc[whole, "p_value"].to_numpy("float64"))
    return table[COLUMNS]


def judge_others(evidence: Evidence) -> pd.DataFrame:
    """The same for every other prepared dataset that the runs are of, but for claims that do not depend on it, and
    without correction (these tests confirm nothing); columns dataset, scaling and COLUMNS."""
    tables = []
    without_pruning = {name: table for name, table in evidence.tables.items() if name != "pruning"}
    for dataset, scaling in evidence.prepared():
        if (dataset, scaling) != (evidence.dataset, evidence.scaling):
            peaks = [peak for peak in evidence.peaks if peak in evidence.peaks_of("default", dataset, scaling)]
            other = replace(
                evidence, dataset=dataset, scaling=scaling, peaks=peaks or evidence.peaks[:1], tables=without_pruning
            )
            table = judge_claims(other, again=True).assign(p_adjusted=np.nan)
            tables.append(table.assign(dataset=dataset, scaling=scaling)[["dataset", "scaling", *COLUMNS]])
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["dataset", "scaling", *COLUMNS])


def _findings(one: Claim, evidence: Evidence) -> Iterator[tuple[str, Finding]]:
    """All parts at all peaks; those that a rule did not come to are untestable for the reason it gave."""
    for label, setting in _settings(one, evidence):
        found: dict[str, Finding] = {}
        reason = ""
        try:
            at = setting()
            evidence.asked.clear()  # of what chose a best peak
            for finding in one.rule(at):
                found[finding.part] = finding
        except UntestableError as error:
            reason = str(error)
        if undeclared := found.keys() - set(one.parts):
            raise KeyError(f"claim {one.number} does not declare {undeclared}")
        for part in one.parts:
            finding = found.get(part) or Finding(part, UNTESTABLE, note=reason)
            yield label, replace(finding, runs=" ".join(dict.fromkeys(evidence.asked)))


def _settings(one: Claim, evidence: Evidence) -> Iterator[tuple[str, Callable[[], Setting]]]:
    if one.peaks in ("once", "main"):
        yield f"{evidence.peaks[0]:g}", evidence.main
        return
    for setting in evidence.at_main_peaks():
        yield setting.label, lambda setting=setting: setting  # type: ignore[misc]
    if one.peaks == "each and best":
        yield "best", evidence.at_best
