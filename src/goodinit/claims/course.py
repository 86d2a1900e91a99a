"""Claims about the course of training: the plateau, the escape, and what goes without them."""

from dataclasses import replace

import numpy as np

from goodinit.arrays import Array
from goodinit.claims.claim import FAST_LOSS, RARE, SHORT_START, SOME, SUDDEN, Claim, Said
from goodinit.claims.evidence import Setting, require_seeds
from goodinit.claims.plateaus import require_plateaus, require_room
from goodinit.claims.verdicts import (
    SUPPORTED,
    Effect,
    Finding,
    Measured,
    judge_effect,
    judge_gain,
    judge_share,
    judge_sooner,
)
from goodinit.runs import plateau
from goodinit.runs.nets import Nets
from goodinit.statistics import inference, intervals

plateau_and_escape = Claim(
    2, "Default nets learn briefly, rest on a long plateau, and escape suddenly", at="each",
    said=Said(38, "a small initial learning stage, followed by a long plateau of the loss, followed by some sudden "
              "crazy struggles after which the network manages to find the way"),
)  # fmt: skip


@plateau_and_escape.part("a long plateau")
def count_plateaus(at: Setting) -> Finding:
    """Most nets have one."""
    nets = at.nets("default")
    require_room(nets)
    return judge_share(nets.on_plateau, "nets")


@plateau_and_escape.part("a brief start")
def count_brief_starts(at: Setting) -> Finding:
    """Of those, most began above it (first loss over H by more than the plateau's band) and reached it within
    {SHORT_START:.0%} of the schedule."""
    nets = at.nets("default")
    began_above = nets.loss[:, 0] > (1 + plateau.PLATEAU_BAND) * nets.null_loss
    brief = began_above & (nets.plateaus[0] < SHORT_START * nets.loss.shape[1])
    return judge_share(brief[nets.on_plateau], "nets on a plateau")


@plateau_and_escape.part("a sudden escape")
def count_sudden_escapes(at: Setting) -> Finding:
    """Of those that escape, most fall from the band to {FAST_LOSS} H in under {SUDDEN:.0%} of the time they rested."""
    nets = at.nets("default")
    fast, (first, length) = _fast_step(nets), nets.plateaus
    sudden = fast - (first + length) < SUDDEN * length
    return judge_share(sudden[nets.on_plateau & ~np.isnan(fast)], "escapes from a plateau")


def _fast_step(nets: Nets) -> Array:
    """First step with a trailing loss below FAST_LOSS H, [nets]; NaN where there is none."""
    return plateau.escape_step(nets.loss, nets.null_loss, FAST_LOSS)


@Claim(
    3, "Some default nets never leave the plateau within the schedule", at="each",
    said=Said(348, "the original init sometimes didn't converge after 80 epochs"),
).part()  # fmt: skip
def count_stuck(at: Setting) -> Finding:
    """A single stuck net supports it; without one it is refuted where the whole interval of their share is below
    {SOME:.0%}."""
    nets = at.nets("default")
    require_room(nets)
    stuck = nets["outcome"].values == "stuck"
    finding = judge_share(stuck, "nets", SOME).without_p()
    seen = replace(finding, verdict=SUPPORTED, effect=replace(finding.effect, threshold=0.0))
    return seen if stuck.any() else finding


@Claim(
    10, "Kaiming's init for ReLU still has the plateau", at="each and best",
    said=Said(133, "we still have that long 'plateau' period where most of the layers are dormant"),
).part()  # fmt: skip
def count_kaiming_plateaus(at: Setting) -> Finding:
    """Most kaiming-relu nets have one, of those that did not diverge before it could be seen."""
    nets = at.nets("kaiming-relu")
    return judge_share(nets.on_plateau[nets.decided], "nets")


@Claim(15, "With LSUV the plateau is gone", at="each and best", said=Said(348, "The plateau is gone...")).part()
def count_lsuv_plateaus(at: Setting) -> Finding:
    """Where most default nets have one, fewer than {RARE:.0%} of the lsuv nets have, of those that did not diverge
    before it could be seen."""
    default, nets = at.nets("default"), at.nets("lsuv")
    require_plateaus(default)
    note = f"default: {default.on_plateau.sum()} of {len(default.seeds)}"
    return judge_share(nets.on_plateau[nets.decided], "nets", RARE, above=False, note=note)


lsuv_faster = Claim(
    16, "LSUV trains faster and more stably than the default", at="each and best", terms="Paired, lsuv less default.",
    said=Said(348, "Its faster and more stable (the original init sometimes didn't converge after 80 epochs)"),
)  # fmt: skip


@lsuv_faster.part("faster")
def compare_times(at: Setting) -> Finding:
    """Where the trailing loss of one net of a pair falls below {FAST_LOSS} H first, or alone, it is mostly the lsuv
    net's."""
    times = [_fast_step(nets) for nets in at.pair("default", "lsuv")]
    default, lsuv = map(inference.median_time, times)
    return replace(judge_sooner(*times), measured=Measured(value=lsuv, unit="steps (median)", default=default))


@lsuv_faster.part("more often trained")
def compare_failures(at: Setting) -> Finding:
    """Where one net of a pair ends as trained and the other does not, it is mostly the lsuv net."""
    default, lsuv = at.pair("default", "lsuv")
    old, new = (float(1 - nets.trained.mean()) for nets in (default, lsuv))
    measured = Measured(value=new, unit="share not trained", default=old)
    return replace(judge_gain(default.trained, lsuv.trained), measured=measured)


@lsuv_faster.part("less spread")
def compare_spreads(at: Setting) -> Finding:
    """The sd over seeds of the end loss of pairs that both finished is smaller (log10 ratio below 0)."""
    default, lsuv = at.pair("default", "lsuv")
    both = default.finished & lsuv.finished
    require_seeds(int(both.sum()), "pairs that finished")
    old, new = (nets.end(f"{at.part}_loss")[both] for nets in (default, lsuv))
    ratio, low, high = intervals.spread_ratio(old, new)
    effect = Effect(value=ratio, unit="log10 ratio", low=low, high=high)
    measured = Measured(value=float(new.std(ddof=1)), unit="nats (sd)")
    return judge_effect(effect, len(new), 0.0, above=False, measured=measured)
