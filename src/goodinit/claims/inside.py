"""Claims about what is recorded inside nets: the min bin, dormant layers, weights; and about the recording itself."""

import numpy as np

from goodinit.arrays import Array, Flags
from goodinit.claims.claim import ACCURACY_MARGIN, ACTIVE_BELOW, AS_UNEQUAL, NEGLIGIBLE, PERIODIC, PRUNED, Claim, Said
from goodinit.claims.evidence import Setting, UntestableError, require_seeds
from goodinit.claims.plateaus import require_finished
from goodinit.claims.verdicts import Finding, judge_mean, judge_share
from goodinit.runs.nets import Nets


@Claim(
    4, "The sharp periodic peaks in the recorded statistics were the validation batches", at="each",
    said=Said(28, "the strange periodic peaks! these were due to the differences between train and validation data"),
).part()  # fmt: skip
def compare_periods(at: Setting) -> Finding:
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
    return judge_mean(mixed - alone, "share of variance", PERIODIC, measured=float(mixed.mean()), note=note)


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


@Claim(
    5, "Recording all modules in order gave a false alternation between layers", at="each",
    said=Said(76, "They show the activations after the first 5 layers and the first 5 relu's and maybe that's the "
              "reason for the alternating sizes!"),
).part()  # fmt: skip
def compare_zigzags(at: Setting) -> Finding:
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
    return judge_mean(extra, "share in the min bin", measured=float(zigzag(modules).mean()))


def zigzag(values: Array) -> Array:
    """How far the entries of values [nets, entries] alternate: the absolute mean of (-1)^k times the distance of entry
    k from the middle of its neighbours, [nets]."""
    off = values[:, 1:-1] - (values[:, :-2] + values[:, 2:]) / 2
    alternating: Array = np.abs((off * (-1.0) ** np.arange(off.shape[1])).mean(1))
    return alternating


dormant_layers = Claim(
    6, "On the plateau most layers are dormant, only layers 1, 9 and 10 are active, and the rest wake at the escape",
    at="each",
    terms="Dormant: mean min-bin share over the plateau of at least {ACTIVE_BELOW:.0%}.",
    said=Said(119, "mostly in the plateau stage layer 1, 9 and 10 are active and the rest are dormant. When "
              "significant learning starts the other layers activations start to grow too."),
)  # fmt: skip


@dormant_layers.part("most are dormant")
def count_dormant_layers(at: Setting) -> Finding:
    """Over half the layers, in most nets."""
    nets = at.nets("default")
    dormant = dormant_on_plateau(nets)[nets.on_plateau]
    return judge_share(dormant.sum(1) > dormant.shape[1] / 2, "nets on a plateau")


@dormant_layers.part("layers 1, 9 and 10")
def compare_active_layers(at: Setting) -> Finding:
    """The overlap (Jaccard) of the active layers with the first and the last two is above one half."""
    nets = at.nets("default")
    active = ~dormant_on_plateau(nets)[nets.on_plateau]
    layers = active.shape[1]
    expected = np.isin(np.arange(1, layers + 1), (1, layers - 1, layers))
    overlap = (active & expected).sum(1) / (active | expected).sum(1)
    seen = ", ".join(str(layer + 1) for layer in np.flatnonzero(active.mean(0) > 0.5))
    return judge_mean(overlap, "overlap", 0.5, note=f"active in most nets: {seen or 'none'}")


@dormant_layers.part("the rest wake")
def follow_dormant_layers(at: Setting) -> Finding:
    """Of the dormant layers of trained nets, over half are active in the last window."""
    nets = at.nets("default")
    dormant = dormant_on_plateau(nets)
    woken = nets.trained & dormant.any(1)
    awake = nets.windows("min_bin_share")[woken, -1] < ACTIVE_BELOW
    share_awake = (awake & dormant[woken]).sum(1) / dormant[woken].sum(1)
    return judge_mean(share_awake, "share of dormant layers", 0.5)


def dormant_at_end(nets: Nets) -> Flags:
    """Whether some layer of a net is dormant in the last window, [nets]."""
    flags: Flags = nets.windows("min_bin_share")[:, -1].max(1) >= ACTIVE_BELOW
    return flags


def dormant_on_plateau(nets: Nets) -> Flags:
    """Whether a layer's mean min-bin share over the net's plateau is at least ACTIVE_BELOW, [nets, layers]; False for
    nets without a plateau. Raises UntestableError with fewer than MIN_SEEDS plateaus."""
    require_seeds(int(nets.on_plateau.sum()), "nets on a plateau")
    shares = nets.activations("min_bin_share")
    dormant = np.zeros((len(shares), shares.shape[2]), bool)
    for net, (start, length) in enumerate(zip(*nets.plateaus, strict=True)):
        if length:
            dormant[net] = shares[net, start : start + length].mean(0) >= ACTIVE_BELOW
    return dormant


@Claim(
    7, "Activation means of default nets rise during training", at="each",
    said=Said(43, "the increasing trend of the means along training"),
).part()  # fmt: skip
def compare_windows(at: Setting) -> Finding:
    """Mean over layers of the activation mean after the ReLU, last window less first: above 0. Of nets that
    finished."""
    nets = at.nets("default")
    windows = nets.windows("activation_mean")[require_finished(nets)].mean(2)
    return judge_mean(windows[:, -1] - windows[:, 0], "activation", measured=float(windows[:, -1].mean()))


zeroed_weights = Claim(
    8, "Training zeroes most weights of default nets, and the few that are left do the work", at="each",
    terms="Near zero: below {NEAR_ZERO:.0%} of the layer's initial std.",
    said=Said(43, "most of the weights get zeroed along training and only when a tiny fraction of the weights is left "
              "the net can actually learn"),
    taken_back=Said(43, "This hypothesis is in slight contrast to the increasing trend of the means along training so "
                    "I'm not sure its correct"),
)  # fmt: skip


@zeroed_weights.part("the share grows")
def compare_near_zero(at: Setting) -> Finding:
    """From before training to the start of the last window, of nets that finished."""
    near = _near_zero(at)
    return judge_mean(near[:, -1] - near[:, 0], "share of weights")


@zeroed_weights.part("most are zeroed")
def measure_near_zero(at: Setting) -> Finding:
    """Then over half the weights are near zero, of nets that finished."""
    near = _near_zero(at)
    return judge_mean(near[:, -1], "share of weights", 0.5, note=f"{100 * near[:, 0].mean():.2f} % at the start")


def _near_zero(at: Setting) -> Array:
    """Share of the weights of default nets that finished near zero, mean over layers, [nets, windows]."""
    nets = at.nets("default")
    near: Array = nets["near_zero_share"].values.astype(np.float64)[require_finished(nets)].mean(2)
    return near


@zeroed_weights.part("few do the work")
def prune(at: Setting) -> Finding:
    """Trained nets lose less than {ACCURACY_MARGIN} of validation accuracy when the smallest {PRUNED:.0%} of the hidden
    weights are set to zero."""
    nets, table = at.nets("default"), at.evidence.table("pruning")
    ends = table[(table["stage"] == "end") & (table["init"] == "default") & (table["peak"] == at.peaks["default"])]
    trained = nets.seeds[nets.trained]
    require_seeds(len(trained), "trained nets")
    accuracy = ends.pivot(index="seed", columns="sparsity", values="valid_accuracy")
    if not set(trained) <= set(accuracy.index):
        raise UntestableError("no pruning was done here")
    lost = (accuracy[0.0] - accuracy[PRUNED]).loc[trained.tolist()].to_numpy()
    return judge_mean(lost, "accuracy", ACCURACY_MARGIN, above=False)


tiny_activations = Claim(
    19, "Tiny activations may still carry the signal", at="each",
    said=Said(68, "It's possible that all acts in a layer will be very small in absolute value (i.e. in the first bin) "
              "but their effect won't be negligible."),
)  # fmt: skip


@tiny_activations.part("worth on the plateau")
def price_row_means(at: Setting) -> Finding:
    """A dormant layer replaced by its means over rows leaves a chain nothing that tells rows apart, and a training loss
    of H at best. So the layer is worth at least H less the loss: by how much of H, over the plateau? Above
    {NEGLIGIBLE:.0%}. Of default nets with a dormant layer there. The note has the same of the end, for trained nets
    with a dormant layer there."""
    nets = at.nets("default")
    resting = np.flatnonzero(dormant_on_plateau(nets).any(1))
    spans = [slice(start, start + length) for start, length in zip(*nets.plateaus, strict=True)]
    worth = np.array([1 - nets.loss[net, spans[net]].mean() / nets.null_loss for net in resting])
    asleep = nets.trained & dormant_at_end(nets)
    at_end = 1 - nets["train_loss"].values[asleep, -1] / nets.null_loss
    note = f"at the end {100 * at_end.mean():.0f} % of H, trained nets with one: {len(at_end)}" if len(at_end) else ""
    return judge_mean(worth, "share of H", NEGLIGIBLE, note=note)


@tiny_activations.part("dormant and trained")
def count_dormant_and_trained(at: Setting) -> Finding:
    """Most trained default nets end with a dormant layer."""
    nets = at.nets("default")
    return judge_share(dormant_at_end(nets)[nets.trained], "trained nets")


@tiny_activations.part("unequal on the plateau")
def compare_gini(at: Setting) -> Finding:
    """The Gini index of dormant layers there is above {AS_UNEQUAL:.0%} of their own in the last window of the net."""
    nets = at.nets("default")
    dormant = dormant_on_plateau(nets)
    gini, window = nets.activations("gini"), nets["gini"]["window"].values
    ratios = []
    for net in np.flatnonzero(nets.trained & dormant.any(1)):
        start, length = (int(values[net]) for values in nets.plateaus)
        here = (window >= start) & (window < start + length)
        layers = dormant[net]
        ratios.append((gini[net][here][:, layers].mean(0) / gini[net, -1, layers]).mean())
    known = np.array(ratios)[np.isfinite(ratios)]  # a layer whose activations are all zero has no Gini index
    return judge_mean(known, "ratio", AS_UNEQUAL)
