"""How much of a run is recorded."""

RECORDS = ("losses", "moments", "full", "everything")  # each level records all that the one before it does
CHECKPOINTS = 16  # weight snapshots between start and end


def reaches(record: str, level: str) -> bool:
    """Whether a run that is recorded as `record` holds what `level` asks for."""
    return RECORDS.index(record) >= RECORDS.index(level)
