"""The registry of tidy tables, filled by the modules that make them."""

from goodinit.tables import curves, ends, inside, law, remedies, sweep
from goodinit.tables.tidy import TABLES

__all__ = ["TABLES", "curves", "ends", "inside", "law", "remedies", "sweep"]
