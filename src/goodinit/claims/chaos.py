"""A claim about chance: what of a net's end hangs on the last bit of its start."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from goodinit.claims.claim import SOME, Claim
from goodinit.claims.evidence import Setting, require_seeds
from goodinit.claims.verdicts import Finding, judge_share
from goodinit.runs.nets import Nets

last_bit = Claim(
    39, "How a net ends does not hang on the last bit of its start", at="each",
    terms="The nets of the main study, and the same from initial parameters that differ by about their last bit.",
)  # fmt: skip


@last_bit.part("whether it gets out")
def count_turned_escapes(at: Setting) -> Finding:
    """Of less than {SOME:.0%} of the nets one escapes and the other does not."""
    return _judge_turned(at, lambda nets: nets.rested[1])


@last_bit.part("how it ends")
def count_turned_outcomes(at: Setting) -> Finding:
    """Less than {SOME:.0%} of the nets have another outcome (trained, stuck, collapsed, diverged)."""
    return _judge_turned(at, lambda nets: nets["outcome"].values)


def _judge_turned(at: Setting, look: Callable[[Nets], NDArray[Any]]) -> Finding:
    """Judge how many nets look otherwise after their nudge; the note tells it by initializer."""
    turned, told = [np.empty(0, bool)], []
    for nudged in at.evidence.varied("nudged"):
        init = nudged.condition.init
        if nudged.condition.peak == at.peaks.get(init):
            plain = at.nets(init)
            shared = np.intersect1d(plain.seeds, nudged.seeds)
            require_seeds(len(shared), "nets")
            turned.append(look(plain.only(shared)) != look(nudged.only(shared)))
            told.append(f"{init} {turned[-1].sum()} of {len(shared)}")
    return judge_share(np.concatenate(turned), "nets", SOME, above=False, note=", ".join(told)).without_p()
