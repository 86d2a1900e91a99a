"""Claims about the signal: how far what a net computes differs from row to row."""

import numpy as np

from goodinit.arrays import Array
from goodinit.claims.claim import IGNORED, MOSTLY_BIAS, Claim
from goodinit.claims.evidence import Setting, require_seeds
from goodinit.claims.verdicts import Finding, judge_mean, judge_share
from goodinit.runs.plateau import WINDOW

ignored_input = Claim(
    28, "A default net on the plateau all but ignores its input, and what of it comes through grows all the while",
    at="each",
    terms="Signal: root mean square over units (logits) of the std over the rows of a batch.",
)  # fmt: skip


@ignored_input.part("next to no signal")
def count_ignoring(at: Setting) -> Finding:
    """In most nets on a plateau the mean signal of the logits there is below {IGNORED}."""
    on_plateau = [signal.mean() for signal in _logit_signal_on_plateau(at)]
    note = f"median {np.median(on_plateau):.4f}" if on_plateau else ""
    return judge_share(np.array(on_plateau) < IGNORED, "nets on a plateau", note=note)


@ignored_input.part("the spread is not signal")
def compare_spread_with_signal(at: Setting) -> Finding:
    """At step 0, after the last ReLU, the std over rows and units together is more than {MOSTLY_BIAS} times the signal
    (log10 ratio above 1), in nets that have one, which no dead layer cuts off: the rest is what the biases make, the
    same for every row."""
    nets = at.nets("default")
    spread, signal = (nets.activations(name)[:, 0, -1] for name in ("activation_std", "signal"))
    alive = signal > 0
    return judge_mean(np.log10(spread[alive] / signal[alive]), "log10 ratio", np.log10(MOSTLY_BIAS))


@ignored_input.part("it grows")
def compare_ends_of_plateau(at: Setting) -> Finding:
    """In most nets on a plateau the signal of the logits is larger in the last window there than in the first."""
    first, last = (
        np.array([signal[part].mean() for signal in _logit_signal_on_plateau(at)])
        for part in (slice(None, WINDOW), slice(-WINDOW, None))
    )
    alive = first > 0
    note = f"median factor {np.median(last[alive] / first[alive]):.1f}" if alive.any() else ""
    return judge_share(last > first, "nets on a plateau", note=note)


def _logit_signal_on_plateau(at: Setting) -> list[Array]:
    """Of each default net that has a plateau, over its steps. Raises UntestableError with fewer than MIN_SEEDS."""
    nets = at.nets("default")
    require_seeds(int(nets.on_plateau.sum()), "nets on a plateau")
    signal = nets["logit_signal"].values.astype(np.float64)
    spans = zip(signal, *nets.plateaus, strict=True)
    return [of_net[first : first + length] for of_net, first, length in spans if length]
