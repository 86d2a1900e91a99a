"""Claims about a population of tables: a family of tables counts once, however many splits and seeds it has."""

from collections.abc import Mapping, Sequence

import numpy as np

from goodinit.claims.claim import ACCURACY_MARGIN, LOSS_MARGIN, RARE, Claim
from goodinit.claims.evidence import Setting, UntestableError
from goodinit.claims.verdicts import Effect, Finding, judge_effect, judge_share
from goodinit.data.shape import summarize
from goodinit.runs.condition import family
from goodinit.runs.nets import Nets
from goodinit.statistics import inference, intervals


@Claim(
    35, "With the default init the plateau is common on tables", at="once",
    terms="A table counts once, whatever its splits, at the main peak in standardized features.", counts="tables",
).part()  # fmt: skip
def count_tables(at: Setting) -> Finding:
    """On most tables more than half of the default nets have one, of those that did not diverge before it could be
    seen. Noted: where not, where most nets never escape for all that, and on how many other splits of a table the
    answer is the same."""
    evidence, tables, rests = at.evidence, population(at), _rests(at)
    peak = evidence.peaks[0]
    splits = [name for name in evidence.datasets_of("default", peak, "standardize") if name not in rests]
    again = _shares({name: evidence.nets("default", peak, name, "standardize") for name in splits})
    same = sum((share > 0.5) == (rests.get(family(split), 0) > 0.5) for split, share in again.items())
    without = [table for table, share in rests.items() if share <= 0.5]
    notes = [f"not on {', '.join(without) or 'none'}"]
    if stuck := [table for table in without if np.isnan(tables[table].escape_sums).mean() > 0.5]:
        notes.append(f"most nets never escape on {', '.join(stuck)} either")
    if again:
        notes.append(f"of {len(again)} other splits {same} answer alike")
    return judge_share(np.array(list(rests.values())) > 0.5, "tables", note="; ".join(notes))


better_init = Claim(
    36, "On most tables Kaiming's init for ReLU buys held-out loss and accuracy", at="once",
    terms="Of each table, as in claim 35, the mean over the pairs of nets that both finished of the difference to the "
    "default's: bought is more than a margin ({LOSS_MARGIN} nats; {ACCURACY_MARGIN} of accuracy). Noted: the mean over "
    "tables, where it costs as much, on how many it is bought with diverged nets as null nets, and on how many no "
    "default net ended as trained.", counts="tables",
)  # fmt: skip
better_init.part("loss")(lambda at: _judge_bought(at, "loss", -1, LOSS_MARGIN))
better_init.part("accuracy")(lambda at: _judge_bought(at, "accuracy", 1, ACCURACY_MARGIN))


def _judge_bought(at: Setting, metric: str, sign: int, margin: float) -> Finding:
    """Judge on how many tables a metric is better by more than a margin; sign: of better."""
    default, kaiming = population(at), population(at, "kaiming-relu")
    gained, charged = {}, {}
    for table in sorted(default.keys() & kaiming.keys()):
        seeds = np.intersect1d(default[table].seeds, kaiming[table].seeds)
        old, new = default[table].only(seeds), kaiming[table].only(seeds)
        gain = sign * (new.end(f"valid_{metric}") - old.end(f"valid_{metric}"))
        if (both := old.finished & new.finished).any():
            gained[table], charged[table] = float(gain[both].mean()), float(gain.mean())
    _require_tables(list(gained), "pairs that finished")
    gains = np.array(list(gained.values()))
    costly = ", ".join(table for table, gain in gained.items() if gain < -margin) or "none"
    untrained = sum(not default[table].trained.any() for table in gained)
    better = sum(gain > margin for gain in charged.values())
    note = (
        f"mean change {sign * gains.mean():+.3f}; worse on {costly}; with diverged nets as null nets better on "
        f"{better}; on {untrained} of {len(gains)} tables no default net trained"
    )
    return judge_share(gains > margin, "tables", note=note)


longer_rest = Claim(
    37, "The worse a table is distributed, the longer its default nets rest", at="once",
    terms="Spearman's correlation over tables, as in claim 35, of the median τ, the sum of the learning rates up to "
    "the escape, at the highest main peak (a net that never escapes has the largest), is above 0.", counts="tables",
)  # fmt: skip


@longer_rest.part("tails")
def correlate_with_tails(at: Setting) -> Finding:
    """With the median excess kurtosis of its numeric features."""
    return _judge_correlation(at, "tail_weight")


@longer_rest.part("zeros")
def correlate_with_zeros(at: Setting) -> Finding:
    """With the mean over all features of the share of the commonest value, which in counts and indicators is 0."""
    return _judge_correlation(at, "zeros")


def _judge_correlation(at: Setting, measure: str) -> Finding:
    """Judge the correlation of a column of `summarize` with τ."""
    measured = summarize(at.evidence.table("shapes"))[measure].dropna()
    trained = population(at, peak=max(at.evidence.peaks))
    tables = [table for table in trained if table in measured.index]
    _require_tables(tables, "shapes")
    sums = np.array([np.median(np.nan_to_num(trained[table].escape_sums, nan=np.inf)) for table in tables])
    correlation, low, high = intervals.rank_correlation(measured[tables].to_numpy(), sums)
    if np.isnan(correlation):
        raise UntestableError("the tables are all alike")
    effect = Effect(value=correlation, unit="rank correlation", low=low, high=high)
    note = f"on {np.isinf(sums).sum()} half of the nets or more never escape"
    return judge_effect(effect, len(tables), 0.0, note=note)


scaling_instead = Claim(
    38, "A scaling does the work of an init: it takes the plateau off most tables that have it", at="once",
    terms="Of the tables where, as in claim 35, more than half of the default nets have the plateau, most have it no "
    "more, fewer than {RARE:.0%} of the default nets, in features scaled by this. Noted: off how many Kaiming's init "
    "for ReLU takes it, and off which it does not.", counts="tables",
)  # fmt: skip
scaling_instead.part("quantile")(lambda at: _judge_taken(at, "quantile"))
scaling_instead.part("robust-clip")(lambda at: _judge_taken(at, "robust-clip"))


def _judge_taken(at: Setting, scaling: str) -> Finding:
    """Judge off how many tables a scaling takes the plateau."""
    before, after, kaiming = _rests(at), _rests(at, scaling=scaling), _rests(at, "kaiming-relu")
    had = [table for table, share in before.items() if share > 0.5]
    by_init = {table: kaiming[table] < RARE for table in had if table in kaiming}
    left = ", ".join(table for table, off in by_init.items() if not off) or "none"
    taken = np.array([after[table] < RARE for table in had if table in after])
    note = f"Kaiming's init off {sum(by_init.values())} of {len(by_init)}, left on {left}"
    return judge_share(taken, "tables that had it", note=note)


def _rests(at: Setting, init: str = "default", scaling: str = "standardize") -> dict[str, float]:
    """By table the share of nets with a plateau, where some did not diverge before it could be seen."""
    return _shares(population(at, init, scaling))


def _shares(nets: Mapping[str, Nets]) -> dict[str, float]:
    return {table: float(one.on_plateau[one.decided].mean()) for table, one in nets.items() if one.decided.any()}


def population(
    at: Setting, init: str = "default", scaling: str = "standardize", peak: float | None = None
) -> dict[str, Nets]:
    """The nets of an initializer by table, at the main peak or another one. Raises UntestableError for too few."""
    peak = peak or at.evidence.peaks[0]
    tables = [name for name in at.evidence.datasets_of(init, peak, scaling) if name == family(name)]
    _require_tables(tables, f"runs of {init} ({scaling})")
    return {table: at.evidence.nets(init, peak, table, scaling) for table in tables}


def _require_tables(tables: Sequence[str], of: str) -> None:
    """Raise UntestableError where there are fewer than MIN_SEEDS."""
    if len(tables) < inference.MIN_SEEDS:
        raise UntestableError(f"no {of} on {inference.MIN_SEEDS} tables, but on {len(tables)}")
