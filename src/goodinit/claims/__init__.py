"""The registry of claims, filled by the modules that judge them, in the order of their numbers."""

from goodinit.claims import causes, chaos, course, depth, ends, inside, law, remedies, signal, start, suite
from goodinit.claims.claim import CLAIMS as REGISTERED

CLAIMS = dict(sorted(REGISTERED.items()))

__all__ = [
    "CLAIMS",
    "causes",
    "chaos",
    "course",
    "depth",
    "ends",
    "inside",
    "law",
    "remedies",
    "signal",
    "start",
    "suite",
]
