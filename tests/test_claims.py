"""Every claim's way to every verdict, on run files written for the purpose."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from synthetic import (
    ACTIVE,
    DIP,
    DRIFT,
    ESCAPED,
    FALLING,
    FAN_IN,
    HALF,
    LAYERS,
    NETS,
    ONE_ASLEEP,
    QUICK,
    QUIET,
    SLEEPING,
    SPREAD,
    THREAD,
    WAKING,
    Changes,
    by_layer,
    calibration,
    change,
    every_other,
    make_arrays,
    min_bins,
    over_windows,
    pruning,
    shapes,
    write,
    write_study,
)

from goodinit import claims, plateau
from goodinit.evidence import Evidence
from goodinit.verdicts import MIXED, REFUTED, SUPPORTED, UNTESTABLE, combine, judge

CLAIMS = claims.CLAIMS
Study = dict[str, xr.Dataset]
Judge = Callable[..., pd.DataFrame]

ALTERNATING = 0.5 + 0.4 * (np.arange(LAYERS) % 2)
STUCK = "s" * NETS


def default(**arrays: object) -> Changes:
    return {"default": arrays}


def kaiming(**arrays: object) -> Changes:
    return {"kaiming-relu": arrays}


def lsuv(**arrays: object) -> Changes:
    return {"lsuv": arrays}


# claim, parts (all: every one), verdict, changes to THREAD, where every verdict is `supported`
ALL = "all"
CASES: list[tuple[int, str, str, Changes]] = [
    (1, ALL, REFUTED, default(activation_std=by_layer(FALLING[::-1]))),
    (1, ALL, MIXED, default(activation_std=every_other(by_layer(FALLING), by_layer(FALLING[::-1])))),
    (1, ALL, UNTESTABLE, default(activation_std=None)),
    (2, "a long plateau", REFUTED, {"default": QUICK}),
    (2, "a long plateau", MIXED, {"default": HALF}),
    (2, "a long plateau", UNTESTABLE, {"default": None}),
    (2, "a brief start", REFUTED, {"default": "f" * NETS}),
    (2, "a brief start", MIXED, {"default": "fe" * 5}),
    (2, "a brief start", UNTESTABLE, {"default": QUICK}),
    (2, "a sudden escape", REFUTED, {"default": "g" * NETS}),
    (2, "a sudden escape", MIXED, {"default": "ge" * 5}),
    (2, "a sudden escape", UNTESTABLE, {"default": STUCK}),
    (3, ALL, REFUTED, {"default": "e" * 17}),  # impossible with fewer nets: 0 of 16 may be a fifth
    (3, ALL, MIXED, {"default": ESCAPED}),
    (3, ALL, UNTESTABLE, {"default": "s" * 5}),
    (4, ALL, REFUTED, default(valid_activation_mean=QUIET)),
    (4, ALL, MIXED, default(valid_activation_mean=np.array([5, *[0.6] * 9]))),
    (4, ALL, UNTESTABLE, default(valid_activation_mean=None)),
    (5, ALL, REFUTED, default(min_bin_share=min_bins(ALTERNATING, 0, linear=1))),
    (5, ALL, MIXED, default(min_bin_share=every_other(min_bins(0.5, 0, linear=0), min_bins(ALTERNATING, 0, linear=1)))),
    (5, ALL, UNTESTABLE, {"default": "d" * NETS}),
    (6, "most are dormant", REFUTED, default(min_bin_share=ACTIVE)),
    (6, "most are dormant", MIXED, default(curves=ESCAPED, min_bin_share=every_other(WAKING, ACTIVE))),
    (6, "most are dormant", UNTESTABLE, {"default": QUICK}),
    (6, "layers 1, 9 and 10", REFUTED, default(min_bin_share=ACTIVE)),
    (6, "layers 1, 9 and 10", MIXED, default(curves=ESCAPED, min_bin_share=every_other(WAKING, ACTIVE))),
    (6, "layers 1, 9 and 10", UNTESTABLE, {"default": QUICK}),
    (6, "the rest wake", REFUTED, default(min_bin_share=SLEEPING)),
    (6, "the rest wake", MIXED, default(curves=ESCAPED, min_bin_share=every_other(WAKING, SLEEPING))),
    (6, "the rest wake", UNTESTABLE, {"default": STUCK}),
    (7, ALL, REFUTED, default(activation_mean=-0.02 * DRIFT)),
    (7, ALL, MIXED, default(activation_mean=every_other(0.02 * DRIFT, -0.02 * DRIFT))),
    (7, ALL, UNTESTABLE, {"default": "d" * NETS}),
    (8, "most are zeroed", REFUTED, default(near_zero_share=over_windows(0.01, 0.1))),
    (8, "the share grows", REFUTED, default(near_zero_share=over_windows(0.9, 0.8))),
    (8, "most are zeroed", MIXED, default(near_zero_share=every_other(over_windows(0, 0.9), over_windows(0.9, 0)))),
    (8, "the share grows", MIXED, default(near_zero_share=every_other(over_windows(0, 0.9), over_windows(0.9, 0)))),
    (8, "most are zeroed", UNTESTABLE, {"default": "d" * NETS}),
    (8, "the share grows", UNTESTABLE, default(near_zero_share=None)),
    (8, "few do the work", REFUTED, {"pruning": pruning(0.1)}),
    (8, "few do the work", MIXED, {"pruning": pruning(np.resize([-0.1, -0.1, 0.1, 0.1], NETS))}),
    (8, "few do the work", UNTESTABLE, {"pruning": None}),
    (9, ALL, REFUTED, default(weight_std=(3 * FAN_IN[None]) ** -0.5)),
    (9, ALL, MIXED, default(weight_std=every_other(np.sqrt(3 / FAN_IN)[None], 0.9 * np.sqrt(3 / FAN_IN)[None]))),
    (9, ALL, UNTESTABLE, default(weight_std=None)),
    (10, ALL, REFUTED, {"kaiming-relu": QUICK}),
    (10, ALL, MIXED, {"kaiming-relu": HALF}),
    (10, ALL, UNTESTABLE, {"kaiming-relu": None}),
    (11, "loss", REFUTED, kaiming(valid_loss=0.3 + SPREAD)),
    (11, "loss", MIXED, kaiming(valid_loss=0.6 + SPREAD + every_other(0.1, -0.1))),
    (11, "loss", UNTESTABLE, {"kaiming-relu": None}),
    (11, "accuracy", REFUTED, kaiming(valid_accuracy=0.8)),
    (11, "accuracy", MIXED, kaiming(valid_accuracy=every_other(0.6, 0.8))),
    (11, "accuracy", UNTESTABLE, {"kaiming-relu": None}),
    (12, "kaiming-relu against default", REFUTED, kaiming(valid_loss=2)),
    (12, "kaiming-relu against default", MIXED, kaiming(valid_loss=0.75 + SPREAD)),
    (12, "kaiming-relu against default", UNTESTABLE, {"kaiming-relu": None}),
    (12, "lsuv against default", REFUTED, lsuv(valid_loss=2)),
    (12, "lsuv against default", MIXED, lsuv(valid_loss=0.75 + SPREAD)),
    (12, "lsuv against default", UNTESTABLE, {"lsuv": None}),
    (13, "unit std", REFUTED, lsuv(activation_std=0.5)),
    (13, "unit std", MIXED, lsuv(activation_std=every_other(1, 1.02))),
    (13, "unit std", UNTESTABLE, {"lsuv": None}),
    (13, "falling means", REFUTED, lsuv(activation_mean=by_layer(FALLING[::-1]))),
    (13, "falling means", MIXED, lsuv(activation_mean=every_other(by_layer(FALLING), by_layer(FALLING[::-1])))),
    (13, "falling means", UNTESTABLE, lsuv(activation_mean=None)),
    (14, "one is enough", REFUTED, lsuv(divisions=3)),
    (14, "one is enough", MIXED, lsuv(divisions=every_other(1, 3))),
    (14, "one is enough", UNTESTABLE, {"lsuv": None}),
    (14, "because of the nonlinearity", REFUTED, {"lsuv-kaiming": {"divisions": 1}}),
    (14, "because of the nonlinearity", MIXED, {"lsuv-kaiming": {"divisions": every_other(1, 3)}}),
    (14, "because of the nonlinearity", UNTESTABLE, {"lsuv-kaiming": None}),
    (15, ALL, REFUTED, {"lsuv": ESCAPED}),
    (15, ALL, MIXED, {"lsuv": HALF}),
    (15, ALL, UNTESTABLE, {"default": QUICK}),
    (16, "faster", REFUTED, {"default": QUICK, "lsuv": ESCAPED}),
    (16, "faster", MIXED, {"default": "eq" * 5, "lsuv": "qe" * 5}),
    (16, "faster", UNTESTABLE, {"lsuv": None}),
    (16, "more often trained", REFUTED, {"default": QUICK, "lsuv": STUCK}),
    (16, "more often trained", MIXED, {"default": ESCAPED}),
    (16, "more often trained", UNTESTABLE, {"lsuv": "q" * 5}),
    (16, "less spread", REFUTED, lsuv(valid_loss=0.6 + 2 * SPREAD)),
    (16, "less spread", MIXED, lsuv(valid_loss=0.6 + np.roll(SPREAD, 3))),
    (16, "less spread", UNTESTABLE, {"lsuv": "qd" * 5}),
    (17, "training loss lower", REFUTED, lsuv(train_loss=0.5)),
    (17, "training loss lower", MIXED, lsuv(train_loss=every_other(0.1, 0.7))),
    (17, "gap larger", REFUTED, lsuv(train_loss=0.5)),
    (17, "gap larger", MIXED, lsuv(train_loss=every_other(0.1, 0.7))),
    (17, "held-out loss worse", REFUTED, lsuv(valid_loss=0.3)),
    (17, "held-out loss worse", MIXED, lsuv(valid_loss=0.6 + SPREAD + every_other(0.1, -0.1))),
    (17, "held-out accuracy better", REFUTED, lsuv(valid_accuracy=0.6)),
    (17, "held-out accuracy better", MIXED, lsuv(valid_accuracy=every_other(0.6, 0.8))),
    (17, "a dip", REFUTED, lsuv(valid_loss=0.6)),
    (17, "a dip", MIXED, lsuv(valid_loss=0.6 + every_other(0, 0.4 * DIP))),
    (17, "gap larger at equal training loss", REFUTED, lsuv(valid_loss=0.1)),
    (17, "gap larger at equal training loss", MIXED, lsuv(valid_loss=0.3 + SPREAD + np.resize([0.2, 0.2, -0.2, -0.2], NETS))),
    *((17, part, UNTESTABLE, {"lsuv": None}) for part in ("training loss lower", "gap larger", "held-out loss worse")),
    (17, "held-out accuracy better", UNTESTABLE, {"default": None}),
    (17, "a dip", UNTESTABLE, {"lsuv": "qd" * 5}),
    (17, "gap larger at equal training loss", UNTESTABLE, {"lsuv": STUCK}),
    (18, ALL, REFUTED, default(activation_std=0.7) | kaiming(activation_std=by_layer(FALLING))),
    (18, ALL, MIXED, default(activation_std=every_other(by_layer(FALLING), by_layer(FALLING[::-1]) * 9))),
    (18, ALL, UNTESTABLE, {"kaiming-relu": None}),
    (19, "unequal on the plateau", REFUTED, default(gini=over_windows(0.2, 0.8)[:, :, None])),
    (19, "unequal on the plateau", MIXED, default(curves=ESCAPED, gini=every_other(
        over_windows(0.8, 0.8)[:, :, None], over_windows(0.2, 0.8)[:, :, None]), min_bin_share=WAKING)),
    (19, "unequal on the plateau", UNTESTABLE, default(gini=None)),
    (19, "dormant and trained", REFUTED, default(min_bin_share=ACTIVE)),
    (19, "dormant and trained", MIXED, default(curves=ESCAPED, min_bin_share=every_other(WAKING, ACTIVE))),
    (19, "dormant and trained", UNTESTABLE, {"default": STUCK}),
    (20, ALL, REFUTED, {"shapes": shapes(0, 10)}),
    (20, ALL, MIXED, {"shapes": shapes(0, 0)}),
    (20, ALL, UNTESTABLE, {"shapes": None}),
    (21, "gone on the control", REFUTED, {"default control standardize": ESCAPED}),
    (21, "gone on the control", MIXED, {"default control standardize": HALF}),
    (21, "gone on the control", UNTESTABLE, {"default control standardize": None}),
    (21, "gone under quantile", REFUTED, {"default made quantile": ESCAPED}),
    (21, "gone under quantile", MIXED, {"default made quantile": HALF}),
    (21, "gone under quantile", UNTESTABLE, {"default": QUICK}),
    (21, "heavy tails make it", REFUTED, {"default control heavy": QUICK}),
    (21, "heavy tails make it", MIXED, {"default control heavy": HALF}),
    (21, "heavy tails make it", UNTESTABLE, {"default control heavy": None}),
    *((claim, ALL, verdict, {init: curves})
      for claim, init in ((22, "default-gain"), (23, "default-zero-bias"), (24, "default-normal"))
      for verdict, curves in ((REFUTED, ESCAPED), (MIXED, HALF), (UNTESTABLE, None))),
    (25, ALL, REFUTED, {"lsuv made quantile": STUCK, "lsuv made quantile 0.4": STUCK}),
    (25, ALL, MIXED, {"lsuv made quantile 0.4": STUCK}),
    (25, ALL, UNTESTABLE, {"lsuv made quantile 0.4": None}),
    (26, ALL, REFUTED, {"lsuv control standardize": STUCK, "lsuv control heavy 0.4": QUICK}),
    (26, ALL, MIXED, {"lsuv control heavy 0.4": QUICK}),
    (26, ALL, UNTESTABLE, {"lsuv control heavy": None}),
    (27, "heavier tails", REFUTED, {"calibration": calibration(-1, 1)}),
    (27, "heavier tails", MIXED, {"calibration": calibration(every_other(-1, 1), 1)}),
    (27, "heavier tails", UNTESTABLE, {"calibration": None}),
    (27, "smaller batches", REFUTED, {"calibration": calibration(1, -1)}),
    (27, "smaller batches", MIXED, {"calibration": calibration(1, every_other(-1, 1))}),
    (27, "smaller batches", UNTESTABLE, {"calibration": calibration(1, 1, sizes=[256])}),
]  # fmt: skip


@pytest.fixture(scope="session")
def thread(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return write_study(tmp_path_factory.mktemp("thread"), THREAD)


@pytest.fixture
def judged(thread: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Judge:
    def rows(claim: int, changes: Changes, **more: object) -> pd.DataFrame:
        """The findings on one claim, the one on the whole first."""
        monkeypatch.setattr(claims, "CLAIMS", {claim: CLAIMS[claim]})
        return claims.judge_claims(change(tmp_path, thread, changes, **more))

    return rows
