"""Claims about what is recorded inside nets: the min bin, dormant layers, weights; and about the recording itself."""

from collections.abc import Iterator

import numpy as np

from goodinit.arrays import Array, Flags
from goodinit.claims.claim import ACCURACY_MARGIN, ACTIVE_BELOW, PERIODIC, PRUNED, claim
from goodinit.claims.evidence import Setting, UntestableError
from goodinit.claims.plateaus import require_finished
from goodinit.claims.verdicts import Finding, attempt, judge_mean, judge_share, require_seeds
from goodinit.runs.nets import Nets


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
    finished = require_finished(nets)
    train = nets.activations("activation_mean")[finished, : cycles * cycle]
    train = train.reshape(len(train), cycles, cycle, -1)
    valid = nets.activations("valid_activation_mean")[finished, 1 : cycles + 1]
    if not valid.shape[2]:
        raise UntestableError("the validation rows make no full batch")
    alone, mixed = (_periodic_share(series) for series in (train, np.concatenate([train, valid], axis=2)))
    note = f"without the validation batches {100 * alone.mean():.1f} %"
    yield judge_mean("", mixed - alone, "share of variance", PERIODIC, measured=float(mixed.mean()), note=note)


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
        windows = nets.windows("min_bin_share", site)[require_finished(nets)]
        change[site] = windows.max(1) - windows.min(1)
    layers = change["relu"]
    modules = np.stack([change["linear"], change["relu"]], axis=2).reshape(len(layers), -1)[:, : layers.shape[1]]
    if layers.shape[1] < 3:
        raise UntestableError("fewer than three layers cannot alternate")
    extra = zigzag(modules) - zigzag(layers)
    yield judge_mean("", extra, "share in the min bin", measured=float(zigzag(modules).mean()))


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
    yield judge_share("most are dormant", dormant[nets.on_plateau].sum(1) > layers / 2, "nets on a plateau")
    active, expected = ~dormant[nets.on_plateau], np.isin(np.arange(1, layers + 1), (1, layers - 1, layers))
    overlap = (active & expected).sum(1) / (active | expected).sum(1)
    seen = ", ".join(str(layer + 1) for layer in np.flatnonzero(active.mean(0) > 0.5))
    yield judge_mean("layers 1, 9 and 10", overlap, "overlap", 0.5, note=f"active in most nets: {seen or 'none'}")
    woken = nets.on_plateau & nets.trained & dormant.any(1)
    awake = nets.windows("min_bin_share")[woken, -1] < ACTIVE_BELOW
    share_awake = (awake & dormant[woken]).sum(1) / dormant[woken].sum(1)
    yield from attempt(
        "the rest wake", lambda: judge_mean("the rest wake", share_awake, "share of dormant layers", 0.5)
    )


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
    windows = nets.windows("activation_mean")[require_finished(nets)].mean(2)
    yield judge_mean("", windows[:, -1] - windows[:, 0], "activation", measured=float(windows[:, -1].mean()))


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
    near = nets["near_zero_share"].values.astype(np.float64)[require_finished(nets)].mean(2)
    start, end = near[:, 0], near[:, -1]
    yield judge_mean("the share grows", end - start, "share of weights")
    note = f"{100 * start.mean():.2f} % at the start"
    yield judge_mean("most are zeroed", end, "share of weights", 0.5, note=note)
    part = "few do the work"
    yield from attempt(
        part, lambda: judge_mean(part, _pruning_loss(at, "default"), "accuracy", ACCURACY_MARGIN, above=False)
    )


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


@claim(19, "Tiny activations may still carry the signal", "each", "dormant and trained", "unequal on the plateau")
def tiny_activations(at: Setting) -> Iterator[Finding]:
    """Dormant and trained: most trained default nets end with a dormant layer. Unequal on the plateau: the Gini index
    of dormant layers there is above 80% of their own in the last window of the net."""
    nets = at.nets("default")
    last = nets.windows("min_bin_share")[nets.trained, -1] >= ACTIVE_BELOW
    yield from attempt(
        "unequal on the plateau",
        lambda: judge_mean("unequal on the plateau", _gini_ratio(nets), "ratio", 0.8),
    )
    part = "dormant and trained"
    yield from attempt(part, lambda: judge_share(part, last.any(1), "trained nets"))


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
