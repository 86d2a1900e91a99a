"""Claims about nets before their first step: profiles of activations, bounds, LSUV's loop."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from goodinit.claims.claim import UNIT_STD_MARGIN, claim
from goodinit.claims.evidence import Setting, UntestableError
from goodinit.claims.verdicts import Finding, attempt, judge_mean, judge_share
from goodinit.study import forum


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
    printed = float(np.log10(forum.STD[-1] / forum.STD[0]))
    yield judge_mean("overall", std[:, -1] - std[:, 0], "log10 ratio", above=False, thread_value=printed)
    steps = np.diff(std, axis=1)
    if not steps.shape[1]:
        raise UntestableError("a single layer has no neighbour")
    worst = int(steps.mean(0).argmax())
    printed = float(np.diff(np.log10(forum.STD)).max())
    note = f"worst from layer {worst + 1} to {worst + 2}"
    yield judge_mean("at every layer", steps[:, worst], "log10 ratio", above=False, thread_value=printed, note=note)


@claim(9, "torch's default init multiplies by √3 twice: its weights are uniform within ±3/√fan-in", "main")
def doubled_root(at: Setting) -> Iterator[Finding]:
    """The bound of a uniform distribution is √3 times its std: √3 · std · √fan-in, mean over hidden layers, is above
    2.85, 5% short of 3. (In truth the gain is √(2/(1+5)) = 1/√3, so the bound is √3 · gain / √fan-in = 1/√fan-in.)"""
    nets = at.nets("default")
    std = nets["weight_std"].values[:, 0].astype(np.float64)
    width = float(str(nets.attribute("width")))
    fan_in = np.array([float(str(nets.attribute("features"))), *[width] * (std.shape[1] - 1)])
    bounds = (np.sqrt(3) * std * np.sqrt(fan_in)).mean(1)
    finding = judge_mean("", bounds, "times 1/√fan-in", 2.85, thread_value=3.0)
    yield replace(finding, p_value=np.nan)


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
    yield replace(judge_mean("unit std", off, "distance from 1", UNIT_STD_MARGIN, above=False), p_value=np.nan)
    means = nets.activations("activation_mean", "output")[:, 0]
    fall, printed = means[:, 0] - means[:, -1], forum.LSUV_MEANS[0] - forum.LSUV_MEANS[-1]
    note = f"from {means[:, 0].mean():.2f} to {means[:, -1].mean():.2f}"
    yield judge_mean("falling means", fall, "activation", thread_value=printed, note=note)


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
        return judge_share("one is enough", needed.max(1) <= 1, "nets", note=note)

    def without_bias() -> Finding:
        divided = at.nets("lsuv-kaiming")["divisions"].values
        note = f"{divided.mean():.1f} divisions per layer without bias, at most {divided.max()}"
        return judge_share("because of the nonlinearity", divided.max(1) > 1, "nets without bias", note=note)

    yield from attempt("one is enough", with_bias)
    yield from attempt("because of the nonlinearity", without_bias)


@claim(18, "The stds the thread printed for 'Kaiming' before LSUV are torch's default profile", "main")
def misnamed_profile(at: Setting) -> Iterator[Finding]:
    """Root mean square over layers of the log10 distance between the printed stds and a net's at step 0 (after the
    ReLU): smaller to default nets than to kaiming-relu nets, paired."""
    distances = []
    for nets in at.pair("default", "kaiming-relu"):
        std = nets.activations("activation_std")[:, 0]
        if std.shape[1] != len(forum.STD):
            raise UntestableError("the thread printed ten layers; these nets have another depth")
        distances.append(np.sqrt((np.log10(std / forum.STD) ** 2).mean(1)))
    closer = distances[0] - distances[1]
    note = f"to kaiming-relu: {distances[1].mean():.2f}"
    yield judge_mean("", closer, "log10 units", above=False, measured=distances[0].mean(), note=note)
