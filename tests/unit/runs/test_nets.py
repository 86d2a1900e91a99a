"""How long nets rest, by the sum of their learning rates."""

from pathlib import Path

import numpy as np
from synthetic import STEP, STEPS, fall, make_arrays, write

from goodinit.model.schedule import learning_rates
from goodinit.runs.nets import Nets, collect_nets

DIVERGES_AT_REST = np.where(STEP < 100, fall(STEPS), np.nan)


def read(path: Path, variant: str = "none") -> Nets:
    """Nets that escape, are stuck, diverge after their escape and before it, at peak 0.2."""
    arrays = make_arrays({"curves": [*"esd", DIVERGES_AT_REST]}, variant)
    (nets,) = collect_nets([write(path / "run.nc", f"default made standardize 0.2 {variant}", arrays)]).values()
    return nets


def test_a_net_rests_until_it_escapes_or_is_last_seen(tmp_path: Path) -> None:
    nets, rates = read(tmp_path), learning_rates(0.2, STEPS)
    sums, stuck = nets.rested
    assert nets["escape_step"].values.tolist()[::2] == [334, 45]
    np.testing.assert_allclose(sums, [rates[:seen].sum() for seen in (334, STEPS, 45, 100)])
    assert stuck.tolist() == [False, True, False, True]
    np.testing.assert_array_equal(nets.escape_sums, np.where(stuck, np.nan, sums))
    np.testing.assert_array_equal(nets.only(nets.seeds[::-1]).rested[0], sums[::-1])


def test_more_steps_are_a_larger_budget(tmp_path: Path) -> None:
    nets = read(tmp_path, "longer-2")
    sums, stuck = nets.rested
    np.testing.assert_allclose(nets.rate_sums[-1], learning_rates(0.2, 2 * STEPS).sum())
    assert sums[stuck].tolist() == [nets.rate_sums[-1], nets.rate_sums[200]]
