"""The thread's claims, and what we ask beyond it: for each what is measured, the rule, and where it is undecidable.

A claim is a function from a setting (a peak) to findings, one per part. A finding compares a 95 % interval with a
threshold that was fixed before the published seeds were run: the whole interval on the claim's side supports it, the
whole interval on the other side refutes it, and an interval that holds the threshold is mixed. A p-value never decides.
A claim as a whole takes the verdict that its parts at all its peaks share, else it is mixed. Where a rule says
"finished" it leaves out nets that diverged, which have no such value, and n shows it; elsewhere a diverged net counts
as the null net. The docstring of a rule is printed in the report, with the constants that it names in braces.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import getdoc

from goodinit.claims.evidence import Setting
from goodinit.claims.verdicts import Finding
from goodinit.runs import file as runs

LAST_OF_THREAD = 21  # claims above are ours

ACTIVE_BELOW = 0.95  # min-bin share
RARE = 1 / 3  # "gone" is a share below this
LOSS_MARGIN, ACCURACY_MARGIN = 0.02, 0.005
UNIT_STD_MARGIN = 0.01  # the tolerance of the LSUV function quoted in the thread
FAST_LOSS = 0.9  # of H
SHORT_START = 0.1  # of the schedule
SUDDEN = 0.1  # of the plateau before
PRUNED = 0.8  # of the hidden weights
PERIODIC = 0.05  # of the variance within cycles

Rule = Callable[[Setting], Iterator[Finding]]


@dataclass(frozen=True)
class Claim:
    """number: as in the thread's order; peaks: where it is judged, one of PEAKS; parts: of its findings, the primary
    one, which enters the correction for many tests, first."""

    number: int
    statement: str
    peaks: str
    parts: tuple[str, ...]
    rule: Rule

    @property
    def criterion(self) -> str:
        """The rule in words, on one line."""
        return " ".join(str(getdoc(self.rule)).format_map(vars(runs) | globals()).split())


PEAKS = ("once", "main", "each", "each and best")  # once: at the main peak, and not again for other datasets
CLAIMS: dict[int, Claim] = {}


def claim(number: int, statement: str, peaks: str, *parts: str) -> Callable[[Rule], Rule]:
    """Register a claim; without parts it is judged as a whole."""

    def register(rule: Rule) -> Rule:
        CLAIMS[number] = Claim(number, statement, peaks, parts or ("",), rule)
        return rule

    return register
