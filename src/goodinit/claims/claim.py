"""The thread's claims, and what we ask beyond it: for each what is measured, the rule, and where it is undecidable.

A claim has parts, each with a rule: a function from a setting (a peak) to a finding. A finding compares a 95 % interval
with a threshold that was fixed before the published seeds were run: the whole interval on the claim's side supports it,
the whole interval on the other side refutes it, and one that holds the threshold leaves it undecided. A p-value never
decides. A claim as a whole takes the verdict that its parts at all its peaks share, and depends where they contradict
each other. A net that diverged has no end: ends are compared over the pairs of nets that both finished, n shows how
many, and how many do not is judged on its own. The docstrings of rules are printed in the report, with the constants
that they name in braces.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import getdoc
from typing import Literal, NamedTuple

from goodinit.claims.evidence import Setting
from goodinit.claims.verdicts import Finding
from goodinit.runs import file as runs

LAST_OF_THREAD = 21  # claims above are ours
NETS = "nets"  # or pairs of them

ACTIVE_BELOW = 0.95  # min-bin share
RARE = 1 / 3  # "gone" is a share below this
SOME = 0.2  # of nets, or of pairs of nets
LOSS_MARGIN, ACCURACY_MARGIN = 0.02, 0.005
UNIT_STD_MARGIN = 0.01  # the tolerance of the LSUV function quoted in the thread
NEARLY_THREE = 2.85  # 5 % short of it
FAST_LOSS = 0.9  # of H
SHORT_START = 0.1  # of the schedule
SUDDEN = 0.1  # of the plateau before
PRUNED = 0.8  # of the hidden weights
PERIODIC = 0.05  # of the variance within cycles
NEGLIGIBLE = 0.01  # of H
IGNORED = 0.01  # signal of the logits: differences of log odds between rows
MOSTLY_BIAS = 10  # times the signal
HALF_AS_FAR = 0.5
RIGHT = 0.8  # of the nets
LINE, MIDDLE = (-0.0423, -0.654), 2.685  # of log10 τ on log10 signal, and median log10 τ, on seeds 1000-1029
NEAR_THEORY = 0.25  # of an exponent per layer
ALMOST_ORDERED = 0.9  # rank correlation
AS_UNEQUAL = 0.8  # of the Gini index in the last window


class Said(NamedTuple):
    """A sentence of the thread, and its line there."""

    line: int
    words: str


Rule = Callable[[Setting], Finding]
Peaks = Literal["once", "main", "each", "each and best"]  # once: at the main peak, and not again for other datasets
CLAIMS: dict[int, "Claim"] = {}


@dataclass
class Claim:
    """A claim, registered as it is made. number: as in the thread's order; at: where it is judged; terms: what the
    rules of its parts share, in words; said: where the thread says it; taken_back: where it does so itself; counts:
    what the n of its primary part counts; parts: their rules by name, the primary one, which enters the correction for
    many tests, first; aside: those that by themselves do not tell whether it holds."""

    number: int
    statement: str
    at: Peaks
    terms: str = ""
    said: Said | None = None
    taken_back: Said | None = None
    counts: str = NETS
    parts: dict[str, Rule] = field(default_factory=dict)
    aside: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        CLAIMS[self.number] = self

    def part(self, name: str = "", aside: bool = False) -> Callable[[Rule], Rule]:
        """Register the rule of a part, or of a claim judged as a whole; without a docstring the terms tell it. aside:
        whether it is of other data, or of what the claim does not speak of."""

        def register(rule: Rule) -> Rule:
            self.parts[name] = rule
            self.aside |= {name} if aside else set()
            return rule

        return register

    @property
    def primary(self) -> str:
        """The name of the primary part."""
        return next(iter(self.parts))

    @property
    def criterion(self) -> str:
        """The terms, all rules and what n counts if not nets, in words, on one line."""
        told = [self.terms]
        for name, rule in self.parts.items():
            if words := getdoc(rule):
                told.append(f"{name.capitalize()}: {words[0].lower()}{words[1:]}" if name else words)
        if self.counts != NETS:
            told.append(f"n counts {self.counts}.")
        return " ".join(" ".join(told).format_map(vars(runs) | globals()).split())
