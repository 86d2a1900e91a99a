"""Claims about today's tools: is there a plateau under them, and does a better init still buy anything?"""

import numpy as np

from goodinit.claims.claim import LOSS_MARGIN, RARE, Claim, Rule
from goodinit.claims.evidence import Setting, UntestableError
from goodinit.claims.verdicts import Finding, judge_mean, judge_share
from goodinit.model.variants import PLAIN
from goodinit.runs.nets import Nets, choose_peak

REMEDIES = ("momentum", "adamw", "layer-norm", "batch-norm", "residual", "leaky-relu", "gelu")

none_left = Claim(
    40, "Under today's tools the default has no plateau", at="main",
    terms="A part for each variant of net or optimizer, at that of its peaks with the lowest mean validation loss (a "
    "diverged net counting as the null net): less than {RARE:.0%} of the default nets have a plateau.",
)  # fmt: skip
nothing_bought = Claim(
    41, "Under today's tools Kaiming's init for ReLU ends no better than the default", at="main",
    terms="A part for each variant, and first the plain net; either init at its own best peak, chosen as in claim 40. "
    "By how much the test loss of Kaiming's is lower, over the pairs that finished: less than {LOSS_MARGIN} nats.",
)  # fmt: skip


def judge_plateaus(variant: str) -> Rule:
    """The rule of claim 40 for a variant."""

    def rule(at: Setting) -> Finding:
        nets = _choose(at, "default", variant)
        note = f"at peak {nets.condition.peak:g}"
        return judge_share(nets.on_plateau[nets.decided], "nets", RARE, above=False, note=note).without_p()

    return rule


def judge_ends(variant: str) -> Rule:
    """The rule of claim 41 for a variant."""

    def rule(at: Setting) -> Finding:
        default, kaiming = (_choose(at, init, variant) for init in ("default", "kaiming-relu"))
        shared = np.intersect1d(default.seeds[default.finished], kaiming.seeds[kaiming.finished])
        losses = [nets.only(shared)["test_loss"].values.astype(np.float64) for nets in (default, kaiming)]
        note = f"at peaks {default.condition.peak:g} and {kaiming.condition.peak:g}"
        means = [float(loss.mean()) if len(loss) else np.nan for loss in losses]
        found = judge_mean(
            losses[0] - losses[1], "nats", LOSS_MARGIN, above=False, measured=means[1], default=means[0], note=note
        )
        return found.without_p()

    return rule


def _choose(at: Setting, init: str, variant: str) -> Nets:
    """The nets of an init and a variant at that of their peaks with the lowest mean validation loss. Raises
    UntestableError."""
    by_peak = [at.evidence.nets(init, peak, variant=variant) for peak in at.evidence.peaks_of(init, variant=variant)]
    evaluated = [nets for nets in by_peak if "valid_loss" in nets]
    if not evaluated:
        raise UntestableError(f"no runs of {init}, {variant}, that were evaluated")
    return choose_peak(evaluated)


for remedy in REMEDIES:
    none_left.part(remedy)(judge_plateaus(remedy))
nothing_bought.part("plain", aside=True)(judge_ends(PLAIN))
for remedy in REMEDIES:
    nothing_bought.part(remedy)(judge_ends(remedy))
