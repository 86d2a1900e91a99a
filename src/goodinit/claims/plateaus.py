"""What several claims ask of nets before they measure."""

from goodinit.arrays import Flags
from goodinit.claims.evidence import UntestableError, require_seeds
from goodinit.runs.nets import Nets
from goodinit.runs.plateau import SHORTEST


def require_finished(nets: Nets) -> Flags:
    """Whether a net never diverged, [nets]. Raises UntestableError where fewer than MIN_SEEDS finished."""
    require_seeds(int(nets.finished.sum()), "nets that finished")
    return nets.finished


def require_room(nets: Nets) -> None:
    """Raise UntestableError where the schedule is too short for a plateau."""
    if (steps := nets.loss.shape[1]) < SHORTEST:
        raise UntestableError(f"a plateau takes {SHORTEST} steps to be seen, the schedule has {steps}")


def require_plateaus(default: Nets) -> None:
    """Raise UntestableError where half of the default nets or fewer have a plateau: then none can go."""
    require_seeds(len(default.seeds), "default nets")
    count, n = default.on_plateau.sum(), len(default.seeds)
    if count <= n / 2:
        raise UntestableError(f"only {count} of {n} default nets have a plateau, so none can go")
