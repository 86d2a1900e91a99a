"""Claims about nets before their first step: profiles of activations, bounds, LSUV's loop."""

import numpy as np

from goodinit.claims.claim import NEARLY_THREE, UNIT_STD_MARGIN, Claim, Said
from goodinit.claims.evidence import Setting, UntestableError
from goodinit.claims.verdicts import Finding, judge_mean, judge_share
from goodinit.study import forum

shrinking_start = Claim(
    1, "Under torch's default init the activations shrink from layer to layer before training", at="main",
    terms="Activation std after the ReLU at step 0.",
    said=Said(40, "the stds in the initial phase is smaller for each consecutive layer"),
)  # fmt: skip


@shrinking_start.part("overall")
def compare_last_with_first(at: Setting) -> Finding:
    """The log10 ratio of the last layer's to the first's is below 0."""
    std = np.log10(at.nets("default").activations("activation_std")[:, 0])
    printed = float(np.log10(forum.STD[-1] / forum.STD[0]))
    return judge_mean(std[:, -1] - std[:, 0], "log10 ratio", above=False, thread=printed)


@shrinking_start.part("at every layer")
def compare_neighbours(at: Setting) -> Finding:
    """So is the log10 ratio of neighbours that has the largest mean (a hard test to pass)."""
    steps = np.diff(np.log10(at.nets("default").activations("activation_std")[:, 0]), axis=1)
    if not steps.shape[1]:
        raise UntestableError("a single layer has no neighbour")
    worst = int(steps.mean(0).argmax())
    printed = float(np.diff(np.log10(forum.STD)).max())
    note = f"worst from layer {worst + 1} to {worst + 2}"
    return judge_mean(steps[:, worst], "log10 ratio", above=False, thread=printed, note=note)


@Claim(
    9, "torch's default init multiplies by √3 twice: its weights are uniform within ±3/√fan-in", at="main",
    said=Said(213, "the kaiming_uniform returns the gain multiplied again by \\sqrt{3} which gives back 3"),
    taken_back=Said(245, "Ok, so that's the reason! thanks Nick! now I understand it better!"),
).part()  # fmt: skip
def compare_bounds(at: Setting) -> Finding:
    """The bound of a uniform distribution is √3 times its std: √3 · std · √fan-in, mean over hidden layers, is above
    {NEARLY_THREE}, 5% short of 3. (In truth the gain is √(2/(1+5)) = 1/√3, so the bound is √3 · gain / √fan-in =
    1/√fan-in.)"""
    nets = at.nets("default")
    std = nets["weight_std"].values[:, 0].astype(np.float64)
    width = float(str(nets.attribute("width")))
    fan_in = np.array([float(str(nets.attribute("features"))), *[width] * (std.shape[1] - 1)])
    bounds = (np.sqrt(3) * std * np.sqrt(fan_in)).mean(1)
    return judge_mean(bounds, "times 1/√fan-in", NEARLY_THREE, thread=3.0).without_p()


lsuv_start = Claim(
    13, "LSUV starts with unit std after all ten layers, and with means that fall from .33 to .18", at="main",
    terms="At step 0, on the batch it was fitted to.",
    said=Said(335, "(0.3296891152858734, 0.9999774694442749)"),
)  # fmt: skip


@lsuv_start.part("falling means")
def compare_means(at: Setting) -> Finding:
    """The first layer's mean (after the subtrahend) is above the last's; compared by sign, as the thread's data are
    others."""
    means = at.nets("lsuv").activations("activation_mean", "output")[:, 0]
    printed = forum.LSUV_MEANS[0] - forum.LSUV_MEANS[-1]
    note = f"from {means[:, 0].mean():.2f} to {means[:, -1].mean():.2f}"
    return judge_mean(means[:, 0] - means[:, -1], "activation", thread=printed, note=note)


@lsuv_start.part("unit std")
def compare_with_unit_std(at: Setting) -> Finding:
    """The std furthest from 1 is off by less than {UNIT_STD_MARGIN}."""
    off = np.abs(at.nets("lsuv").activations("activation_std", "output")[:, 0] - 1).max(1)
    return judge_mean(off, "distance from 1", UNIT_STD_MARGIN, above=False).without_p()


divisions = Claim(
    14, "LSUV: one division by the std is enough; or a loop is needed, because of the nonlinearity", at="main",
    said=Said(155, "Isn't it correct that when one divides some data by its std one gets std=1 by definition?"),
    taken_back=Said(263, "The nonlinearity causes the mean and std to become less predictable and an easy solution "
                    "here (...) is to iterate"),
)  # fmt: skip


@divisions.part("one is enough")
def count_divisions(at: Setting) -> Finding:
    """Most lsuv nets (default start, with biases) need no second division in any layer."""
    needed = at.nets("lsuv")["divisions"].values
    note = f"{needed.mean():.1f} divisions per layer, at most {needed.max()}"
    return judge_share(needed.max(1) <= 1, "nets", note=note)


@divisions.part("because of the nonlinearity")
def count_divisions_without_bias(at: Setting) -> Finding:
    """Most lsuv-kaiming nets, with the same ReLU and subtrahend but zero bias, need a second one too."""
    needed = at.nets("lsuv-kaiming")["divisions"].values
    note = f"{needed.mean():.1f} divisions per layer without bias, at most {needed.max()}"
    return judge_share(needed.max(1) > 1, "nets without bias", note=note)


@Claim(
    18, "The stds the thread printed for 'Kaiming' before LSUV are torch's default profile", at="main",
    said=Said(320, "Here are the means and stds before the LSUV init"),
).part()  # fmt: skip
def compare_with_printed_profile(at: Setting) -> Finding:
    """Root mean square over layers of the log10 distance between the printed stds and a net's at step 0 (after the
    ReLU): smaller to default nets than to kaiming-relu nets, paired."""
    distances = []
    for nets in at.pair("default", "kaiming-relu"):
        std = nets.activations("activation_std")[:, 0]
        if std.shape[1] != len(forum.STD):
            raise UntestableError("the thread printed ten layers; these nets have another depth")
        distances.append(np.sqrt((np.log10(std / forum.STD) ** 2).mean(1)))
    to_default, to_kaiming = distances
    note = f"to kaiming-relu: {to_kaiming.mean():.2f}"
    return judge_mean(to_default - to_kaiming, "log10 units", above=False, measured=to_default.mean(), note=note)
