"""Claims about the course of training: the plateau, the escape, and what goes without them."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from goodinit.claims.claim import FAST_LOSS, RARE, SHORT_START, SUDDEN, claim
from goodinit.claims.evidence import Setting
from goodinit.claims.plateaus import require_plateaus
from goodinit.claims.verdicts import (
    MIXED,
    REFUTED,
    SUPPORTED,
    Finding,
    attempt,
    judge,
    judge_mean,
    judge_share,
    require_seeds,
)
from goodinit.runs import plateau
from goodinit.statistics import inference


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
    first, length = nets.plateaus
    yield judge_share("a long plateau", nets.on_plateau, "nets")
    began_above = nets.loss[:, 0] > (1 + plateau.PLATEAU_BAND) * nets.null_loss
    brief = began_above & (first < SHORT_START * nets.loss.shape[1])
    start = "a brief start"
    yield from attempt(start, lambda: judge_share(start, brief[nets.on_plateau], "nets on a plateau"))
    fast = plateau.escape_step(nets.loss, nets.null_loss, FAST_LOSS)
    escaped = nets.on_plateau & ~np.isnan(fast)
    sudden = fast - (first + length) < SUDDEN * length
    yield from attempt(
        "a sudden escape", lambda: judge_share("a sudden escape", sudden[escaped], "escapes from a plateau")
    )


@claim(3, "Some default nets never leave the plateau within the schedule", "each")
def never_leaving(at: Setting) -> Iterator[Finding]:
    """A single stuck net supports it; without one it is refuted where the whole interval of their share is below
    20%."""
    stuck = at.nets("default")["outcome"].values == "stuck"
    finding = judge_share("", stuck, "nets", threshold=0.2)
    verdict = SUPPORTED if stuck.any() else REFUTED if finding.interval_high < 0.2 else MIXED
    yield replace(finding, verdict=verdict, p_value=np.nan)


@claim(10, "Kaiming's init for ReLU still has the plateau", "each and best")
def kaiming_plateau(at: Setting) -> Iterator[Finding]:
    """Most kaiming-relu nets have one, of those that did not diverge before it could be seen."""
    nets = at.nets("kaiming-relu")
    yield judge_share("", nets.on_plateau[nets.decided], "nets")


@claim(15, "With LSUV the plateau is gone", "each and best")
def lsuv_without_plateau(at: Setting) -> Iterator[Finding]:
    """Where most default nets have one, fewer than {RARE:.0%} of the lsuv nets have, of those that did not diverge
    before it could be seen."""
    default, nets = at.nets("default"), at.nets("lsuv")
    require_plateaus(default)
    note = f"default: {default.on_plateau.sum()} of {len(default.seeds)}"
    yield judge_share("", nets.on_plateau[nets.decided], "nets", RARE, above=False, note=note)


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
    yield judge_mean(
        "faster", new - old, "steps (median)", above=False, effect_unit="ranks",
        measured=inference.median_time(times[1]), default_value=inference.median_time(times[0]),
    )  # fmt: skip
    failed = [(~nets.trained).astype(float) for nets in (default, lsuv)]
    yield judge_mean(
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
