"""Every claim's way to every verdict, on runs made for the purpose."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from statsmodels.stats.multitest import multipletests  # type: ignore[import-untyped]
from synthetic import (
    ACTIVE,
    DIP,
    DRIFT,
    ESCAPED,
    FALL,
    FALLING,
    FAN_IN,
    GROWING,
    HALF,
    LAYERS,
    LONGER,
    NETS,
    QUICK,
    QUIET,
    REMEDY,
    RESTING,
    SCALED,
    SLEEPING,
    SPREAD,
    THREAD,
    WAKING,
    Changes,
    Nets,
    Trained,
    by_layer,
    calibration,
    change,
    condition_of,
    every_other,
    fall,
    fall_by_sum,
    make_arrays,
    make_run,
    make_study,
    min_bins,
    over_windows,
    pruning,
    shaped,
    shapes,
    signals,
    suite,
    suite_shapes,
    write,
)

from goodinit.arrays import Array
from goodinit.claims import CLAIMS, judging, start
from goodinit.claims.evidence import Evidence
from goodinit.claims.remedies import REMEDIES
from goodinit.claims.verdicts import (
    DEPENDS,
    REFUTED,
    SUPPORTED,
    UNDECIDED,
    UNTESTABLE,
    VERDICTS,
    combine,
    judge,
    judge_closeness,
)
from goodinit.runs import file as runs
from goodinit.runs.nets import collect_nets
from goodinit.training.statistics import contract

Judge = Callable[..., pd.DataFrame]

MADE = ("made", "standardize")
ALTERNATING = 0.5 + 0.4 * (np.arange(LAYERS) % 2)
STUCK = "s" * NETS
RISING = range(8)
UP_AND_DOWN = [0.2, 0.2, -0.2, -0.2]


def default(**arrays: object) -> dict[str, Any]:
    return {"default": arrays}


def kaiming(**arrays: object) -> dict[str, Any]:
    return {"kaiming-relu": arrays}


def lsuv(**arrays: object) -> dict[str, Any]:
    return {"lsuv": arrays}


def at_peaks(main: str, *others: str | None) -> Changes:
    """Default nets with curves at the main peak, at 0.4 and at 0.8."""
    names = [f"default made standardize {peak}" for peak in (0.4, 0.8)]
    return {"default": main} | {
        name: curves and {"curves": curves, "valid_loss": None} for name, curves in zip(names, others, strict=True)
    }


def remedied(init: str, nets: Nets | str | None) -> Changes:
    """All nets of claims 40 and 41 of an init, the plain ones too, changed."""
    plain = nets if isinstance(nets, Mapping) else {} if nets else None
    return {init: plain} | {f"{init} {REMEDY} {variant}": nets for variant in REMEDIES}


def given_longer(curves: str) -> Changes:
    """Thirty default nets: three of ten get out at the main peak, six more should with twice the steps, and one not;
    with their curves over twice the steps."""
    return {**at_peaks("eeesssssss" * 3, "aaabbbbbbs" * 3, "AAABBBBBBC" * 3), LONGER: curves}


def scaled(change: Callable[[str], Nets | str | None], named: str = "") -> Changes:
    """Those of the nets in which layers were scaled whose variant has some word in it, each changed."""
    return {run: change(run) for run in THREAD if run.startswith(f"{SCALED} gain") and named in run}


def with_signal(change: Callable[[Array], Array]) -> Changes:
    """Scaled nets whose first logits have another signal."""
    return scaled(lambda run: {"logit_signal": change(THREAD[run]["logit_signal"])})


DEFAULT_NUDGED, KAIMING_NUDGED = (f"{init} made standardize 0.2 nudged" for init in ("default", "kaiming-relu"))
EITHER = np.resize([0.0, 1.0], NETS)
NOISY = np.exp(np.random.default_rng(4).normal(0, 0.25, (NETS, 1)))

# claim, parts (all: every one), verdict, changes to THREAD, where every verdict is `supported`
ALL = "all"
CASES: list[tuple[int, str, str, Changes]] = [
    (1, ALL, REFUTED, default(activation_std=by_layer(FALLING[::-1]))),
    (1, ALL, UNDECIDED, default(activation_std=every_other(by_layer(FALLING), by_layer(FALLING[::-1])))),
    (1, ALL, UNTESTABLE, default(activation_std=None)),
    (2, "a long plateau", REFUTED, {"default": QUICK}),
    (2, "a long plateau", UNDECIDED, {"default": HALF}),
    (2, "a long plateau", UNTESTABLE, {"default": None}),
    (2, "a brief start", REFUTED, {"default": "f" * NETS}),
    (2, "a brief start", UNDECIDED, {"default": "fe" * 5}),
    (2, "a brief start", UNTESTABLE, {"default": QUICK}),
    (2, "a sudden escape", REFUTED, {"default": "g" * NETS}),
    (2, "a sudden escape", UNDECIDED, {"default": "ge" * 5}),
    (2, "a sudden escape", UNTESTABLE, {"default": STUCK}),
    (3, ALL, REFUTED, {"default": "e" * 17}),  # impossible with fewer nets: 0 of 16 may be a fifth
    (3, ALL, UNDECIDED, {"default": ESCAPED}),
    (3, ALL, UNTESTABLE, {"default": "s" * 5}),
    (4, ALL, REFUTED, default(valid_activation_mean=QUIET)),
    (4, ALL, UNDECIDED, default(valid_activation_mean=np.array([5, *[0.6] * 9]))),
    (4, ALL, UNTESTABLE, default(valid_activation_mean=None)),
    (5, ALL, REFUTED, default(min_bin_share=min_bins(ALTERNATING, 0, linear=1))),
    (5, ALL, UNDECIDED, default(
        min_bin_share=every_other(min_bins(0.5, 0, linear=0), min_bins(ALTERNATING, 0, linear=1)))),
    (5, ALL, UNTESTABLE, default(curves="d" * NETS)),
    (6, "most are dormant", REFUTED, default(min_bin_share=ACTIVE)),
    (6, "most are dormant", UNDECIDED, default(curves=ESCAPED, min_bin_share=every_other(WAKING, ACTIVE))),
    (6, "most are dormant", UNTESTABLE, default(curves=QUICK)),
    (6, "layers 1, 9 and 10", REFUTED, default(min_bin_share=ACTIVE)),
    (6, "layers 1, 9 and 10", UNDECIDED, default(curves=ESCAPED, min_bin_share=every_other(WAKING, ACTIVE))),
    (6, "layers 1, 9 and 10", UNTESTABLE, default(curves=QUICK)),
    (6, "the rest wake", REFUTED, default(min_bin_share=SLEEPING)),
    (6, "the rest wake", UNDECIDED, default(curves=ESCAPED, min_bin_share=every_other(WAKING, SLEEPING))),
    (6, "the rest wake", UNTESTABLE, default(curves=STUCK)),
    (7, ALL, REFUTED, default(activation_mean=-0.02 * DRIFT)),
    (7, ALL, UNDECIDED, default(activation_mean=every_other(0.02 * DRIFT, -0.02 * DRIFT))),
    (7, ALL, UNTESTABLE, default(curves="d" * NETS)),
    (8, "most are zeroed", REFUTED, default(near_zero_share=over_windows(0.01, 0.1))),
    (8, "the share grows", REFUTED, default(near_zero_share=over_windows(0.9, 0.8))),
    (8, "most are zeroed", UNDECIDED, default(near_zero_share=every_other(over_windows(0, 0.9), over_windows(0.9, 0)))),
    (8, "the share grows", UNDECIDED, default(near_zero_share=every_other(over_windows(0, 0.9), over_windows(0.9, 0)))),
    (8, "most are zeroed", UNTESTABLE, default(curves="d" * NETS)),
    (8, "the share grows", UNTESTABLE, default(near_zero_share=None)),
    (8, "few do the work", REFUTED, {"pruning": pruning(0.1)}),
    (8, "few do the work", UNDECIDED, {"pruning": pruning(np.resize(UP_AND_DOWN, NETS))}),
    (8, "few do the work", UNTESTABLE, {"pruning": None}),
    (9, ALL, REFUTED, default(weight_std=(3 * FAN_IN[None]) ** -0.5)),
    (9, ALL, UNDECIDED, default(weight_std=every_other(np.sqrt(3 / FAN_IN)[None], 0.9 * np.sqrt(3 / FAN_IN)[None]))),
    (9, ALL, UNTESTABLE, default(weight_std=None)),
    (10, ALL, REFUTED, {"kaiming-relu": QUICK}),
    (10, ALL, UNDECIDED, {"kaiming-relu": HALF}),
    (10, ALL, UNTESTABLE, {"kaiming-relu": None}),
    (11, "loss", REFUTED, kaiming(valid_loss=0.3 + SPREAD)),
    (11, "loss", UNDECIDED, kaiming(valid_loss=0.6 + SPREAD + every_other(0.1, -0.1))),
    (11, "loss", UNTESTABLE, {"kaiming-relu": None}),
    (11, "accuracy", REFUTED, kaiming(valid_accuracy=0.8)),
    (11, "accuracy", UNDECIDED, kaiming(valid_accuracy=every_other(0.6, 0.8))),
    (11, "accuracy", UNTESTABLE, {"kaiming-relu": None}),
    (12, "kaiming-relu against default", REFUTED, kaiming(valid_loss=2)),
    (12, "kaiming-relu against default", UNDECIDED, kaiming(valid_loss=0.75 + SPREAD)),
    (12, "kaiming-relu against default", UNTESTABLE, {"kaiming-relu": None}),
    (12, "lsuv against default", REFUTED, lsuv(valid_loss=2)),
    (12, "lsuv against default", UNDECIDED, lsuv(valid_loss=0.75 + SPREAD)),
    (12, "lsuv against default", UNTESTABLE, {"lsuv": None}),
    (12, "lsuv against kaiming-relu", REFUTED, lsuv(valid_loss=2)),
    (12, "lsuv against kaiming-relu", UNDECIDED, lsuv(valid_loss=0.75 + SPREAD)),
    (12, "lsuv against kaiming-relu", UNTESTABLE, lsuv(curves="q" * 5 + "d" * 5)),
    (13, "unit std", REFUTED, lsuv(activation_std=0.5)),
    (13, "unit std", UNDECIDED, lsuv(activation_std=every_other(1, 1.02))),
    (13, "unit std", UNTESTABLE, {"lsuv": None}),
    (13, "falling means", REFUTED, lsuv(activation_mean=by_layer(FALLING[::-1]))),
    (13, "falling means", UNDECIDED, lsuv(activation_mean=every_other(by_layer(FALLING), by_layer(FALLING[::-1])))),
    (13, "falling means", UNTESTABLE, lsuv(activation_mean=None)),
    (14, "one is enough", REFUTED, lsuv(divisions=3)),
    (14, "one is enough", UNDECIDED, lsuv(divisions=every_other(1, 3))),
    (14, "one is enough", UNTESTABLE, {"lsuv": None}),
    (14, "because of the nonlinearity", REFUTED, {"lsuv-kaiming": {"divisions": 1}}),
    (14, "because of the nonlinearity", UNDECIDED, {"lsuv-kaiming": {"divisions": every_other(1, 3)}}),
    (14, "because of the nonlinearity", UNTESTABLE, {"lsuv-kaiming": None}),
    (15, ALL, REFUTED, {"lsuv": ESCAPED}),
    (15, ALL, UNDECIDED, {"lsuv": HALF}),
    (15, ALL, UNTESTABLE, {"default": QUICK}),
    (16, "faster", REFUTED, {"default": QUICK, "lsuv": ESCAPED}),
    (16, "faster", UNDECIDED, {"default": "eq" * 5, "lsuv": "qe" * 5}),
    (16, "faster", UNTESTABLE, {"lsuv": None}),
    (16, "more often trained", REFUTED, {"default": QUICK, "lsuv": STUCK}),
    (16, "more often trained", UNDECIDED, {"default": "sq" * 5, "lsuv": "qs" * 5}),
    (16, "more often trained", UNTESTABLE, {"lsuv": "q" * 5}),
    (16, "less spread", REFUTED, lsuv(valid_loss=0.6 + 2 * SPREAD)),
    (16, "less spread", UNDECIDED, lsuv(valid_loss=0.6 + np.roll(SPREAD, 3))),
    (16, "less spread", UNTESTABLE, {"lsuv": "qd" * 5}),
    (17, "training loss lower", REFUTED, lsuv(train_loss=0.5)),
    (17, "training loss lower", UNDECIDED, lsuv(train_loss=every_other(0.1, 0.7))),
    (17, "gap larger", REFUTED, lsuv(train_loss=0.5)),
    (17, "gap larger", UNDECIDED, lsuv(train_loss=every_other(0.1, 0.7))),
    (17, "held-out loss worse", REFUTED, lsuv(valid_loss=0.3)),
    (17, "held-out loss worse", UNDECIDED, lsuv(valid_loss=0.6 + SPREAD + every_other(0.1, -0.1))),
    (17, "held-out accuracy better", REFUTED, lsuv(valid_accuracy=0.6)),
    (17, "held-out accuracy better", UNDECIDED, lsuv(valid_accuracy=every_other(0.6, 0.8))),
    (17, "a dip", REFUTED, lsuv(valid_loss=0.6)),
    (17, "a dip", UNDECIDED, lsuv(valid_loss=0.6 + every_other(0, 0.4 * DIP))),
    (17, "gap larger at equal training loss", REFUTED, lsuv(valid_loss=0.1)),
    (17, "gap larger at equal training loss", UNDECIDED, lsuv(valid_loss=0.3 + SPREAD + np.resize(UP_AND_DOWN, NETS))),
    *((17, part, UNTESTABLE, {"lsuv": None}) for part in ("training loss lower", "gap larger", "held-out loss worse")),
    (17, "held-out accuracy better", UNTESTABLE, {"default": None}),
    (17, "a dip", UNTESTABLE, {"lsuv": "qd" * 5}),
    (17, "gap larger at equal training loss", UNTESTABLE, {"lsuv": STUCK}),
    (18, ALL, REFUTED, default(activation_std=0.7) | kaiming(activation_std=by_layer(FALLING))),
    (18, ALL, UNDECIDED, default(activation_std=every_other(by_layer(FALLING), by_layer(FALLING[::-1]) * 9))),
    (18, ALL, UNTESTABLE, {"kaiming-relu": None}),
    (19, "worth on the plateau", REFUTED, default(curves=[fall(FALL) / RESTING] * NETS)),
    (19, "worth on the plateau", UNDECIDED, default(curves=[fall(FALL), fall(FALL) / RESTING] * (NETS // 2))),
    (19, "worth on the plateau", UNTESTABLE, default(min_bin_share=ACTIVE)),
    (19, "unequal on the plateau", REFUTED, default(gini=over_windows(0.2, 0.8)[:, :, None])),
    (19, "unequal on the plateau", UNDECIDED, default(curves=ESCAPED, gini=every_other(
        over_windows(0.8, 0.8)[:, :, None], over_windows(0.2, 0.8)[:, :, None]), min_bin_share=WAKING)),
    (19, "unequal on the plateau", UNTESTABLE, default(gini=None)),
    (19, "dormant and trained", REFUTED, default(min_bin_share=ACTIVE)),
    (19, "dormant and trained", UNDECIDED, default(curves=ESCAPED, min_bin_share=every_other(WAKING, ACTIVE))),
    (19, "dormant and trained", UNTESTABLE, default(curves=STUCK)),
    (20, ALL, REFUTED, {"shapes": shapes(0, 10)}),
    (20, ALL, UNDECIDED, {"shapes": shapes(0, 0)}),
    (20, ALL, UNTESTABLE, {"shapes": None}),
    (21, "gone on the control", REFUTED, {"default control standardize": ESCAPED}),
    (21, "gone on the control", UNDECIDED, {"default control standardize": HALF}),
    (21, "gone on the control", UNTESTABLE, {"default control standardize": None}),
    (21, "gone under quantile", REFUTED, {"default made quantile": ESCAPED}),
    (21, "gone under quantile", UNDECIDED, {"default made quantile": HALF}),
    (21, "gone under quantile", UNTESTABLE, {"default": QUICK}),
    (21, "heavy tails make it", REFUTED, {"default control heavy": QUICK}),
    (21, "heavy tails make it", UNDECIDED, {"default control heavy": HALF}),
    (21, "heavy tails make it", UNTESTABLE, {"default control heavy": None}),
    *((claim, part, verdict, {init: curves})
      for claim, init in ((22, "default-gain"), (23, "default-zero-bias"), (24, "default-normal"))
      for part, verdict, curves in (
          ("its presence", REFUTED, ESCAPED), ("its presence", UNDECIDED, HALF), ("its presence", UNTESTABLE, None),
          ("its length", UNDECIDED, "sqsqsqsqqs"), ("its length", UNTESTABLE, None))),
    *((claim, "its length", REFUTED, {"default": ESCAPED, init: STUCK})
      for claim, init in ((22, "default-gain"), (23, "default-zero-bias"), (24, "default-normal"))),
    (25, ALL, REFUTED, {"lsuv made quantile": STUCK, "lsuv made quantile 0.4": STUCK}),
    (25, ALL, UNDECIDED, {"lsuv made quantile 0.4": "qs" * 5, "lsuv made quantile": "qs" * 5}),
    (25, ALL, UNTESTABLE, {"lsuv made quantile 0.4": None}),
    (26, ALL, REFUTED, {"lsuv control standardize": STUCK, "lsuv control heavy 0.4": QUICK}),
    (26, ALL, UNDECIDED, {"lsuv control heavy 0.4": "sq" * 5, "lsuv control standardize 0.4": "qs" * 5}),
    (26, ALL, UNTESTABLE, {"lsuv control heavy": None}),
    (27, "heavier tails", REFUTED, {"calibration": calibration(-1, 1)}),
    (27, "heavier tails", UNDECIDED, {"calibration": calibration(every_other(-1, 1), 1)}),
    (27, "heavier tails", UNTESTABLE, {"calibration": None}),
    (27, "smaller batches", REFUTED, {"calibration": calibration(1, -1)}),
    (27, "smaller batches", UNDECIDED, {"calibration": calibration(1, every_other(-1, 1))}),
    (27, "smaller batches", UNTESTABLE, {"calibration": calibration(1, 1, sizes=[256])}),
    (28, "next to no signal", REFUTED, default(logit_signal=0.1)),
    (28, "next to no signal", UNDECIDED, default(curves=ESCAPED, logit_signal=every_other(0.001, 0.1))),
    (28, "next to no signal", UNTESTABLE, default(curves=QUICK)),
    (28, "the spread is not signal", REFUTED, default(signal=by_layer(FALLING))),
    (28, "the spread is not signal", UNDECIDED, default(signal=every_other(by_layer(FALLING / 90), by_layer(FALLING)))),
    (28, "the spread is not signal", UNTESTABLE, default(signal=None)),
    (28, "it grows", REFUTED, default(logit_signal=1e-3 / GROWING[None])),
    (28, "it grows", UNDECIDED, default(curves=ESCAPED, logit_signal=every_other(1e-3 / GROWING, 1e-4 * GROWING))),
    (28, "it grows", UNTESTABLE, default(logit_signal=None)),
    (29, "a number of its own", REFUTED, at_peaks("es" * 9, "ba" * 9, "AB" * 9)),
    (29, "a number of its own", UNDECIDED, at_peaks("es" * 9, "ab" * 6 + "ba" * 3, "AB" * 9)),
    (29, "a number of its own", UNTESTABLE, at_peaks("es" * 9, STUCK, STUCK)),
    (29, "who gets out", REFUTED, at_peaks("es" * 9, "ba" * 9, "BA" * 9)),
    (29, "who gets out", UNDECIDED, at_peaks("es" * 9, "ab" * 5 + "ba" * 4, "AB" * 5 + "BA" * 4)),
    (29, "who gets out", UNTESTABLE, at_peaks(ESCAPED, "a" * NETS, "A" * NETS)),
    (29, "the budget decides", REFUTED, at_peaks("es" * 9, "ba" * 9, "BA" * 9)),
    (29, "the budget decides", UNDECIDED, at_peaks("es" * 9, "ab" * 8 + "ba", "AB" * 8 + "BA")),
    (29, "the budget decides", UNTESTABLE, at_peaks("es" * 9, None, None)),
    (30, "longer for less", REFUTED, default(signal=every_other(by_layer(FALLING / 30), by_layer(FALLING / 20)))),
    (30, "longer for less", UNDECIDED, default(
        signal=by_layer(FALLING / 30) * np.linspace(1, 2, NETS)[:, None, None, None])),
    (30, "foretold in size", REFUTED, default(signal=by_layer(FALLING / 1e7))),
    (30, "foretold in size", UNDECIDED, default(signal=every_other(by_layer(FALLING / 20), by_layer(FALLING / 25e3)))),
    (30, "on other tables", REFUTED, signals(1)),
    (30, "on other tables", UNDECIDED, signals(1, -1)),
    (30, ALL, UNTESTABLE, default(signal=None)),
    (31, ALL, REFUTED, given_longer("ssssssssse" * 3)),
    (31, ALL, UNDECIDED, given_longer("eeeeeeesss" * 2 + "eeeeeessss")),
    (31, ALL, UNTESTABLE, {LONGER: None}),
    (32, ALL, REFUTED, shaped(lambda first, _: 10 - first)),
    (32, "steeper", UNDECIDED, shaped(lambda first, _: 3 + (EITHER - 0.5) * (first - 5))),
    (32, "as in theory", UNDECIDED, shaped(lambda first, _: (0.5 + EITHER / 2) * (first - 2))),
    (32, ALL, UNTESTABLE, scaled(lambda _: None, "-in-")),
    (33, ALL, REFUTED, shaped(lambda first, others: (first + others) / 2)),
    (33, ALL, UNDECIDED, shaped(lambda first, others: (first + (0.2 + 0.6 * EITHER) * others) / 2)),
    (33, ALL, UNTESTABLE, scaled(lambda _: None, "depth")),
    (34, "told by the signal", REFUTED, with_signal(lambda signal: 1 / signal)),
    (34, "told by the signal", UNDECIDED, with_signal(lambda signal: signal * NOISY)),
    (34, "no plateau at Kaiming's gain", REFUTED, scaled(lambda _: ESCAPED, "gain-1")),
    (34, "no plateau at Kaiming's gain", UNDECIDED, scaled(lambda _: HALF, "gain-1")),
    (34, ALL, UNTESTABLE, scaled(lambda _: None)),
    (35, ALL, REFUTED, suite(default="q")),
    (35, ALL, UNDECIDED, suite(default="eq")),
    (35, ALL, UNTESTABLE, {}),
    (36, ALL, REFUTED, suite(gains=-0.1)),
    (36, ALL, UNDECIDED, suite(gains=[0.1, -0.1] * 4)),
    (36, ALL, UNTESTABLE, suite(kaiming=None)),
    (37, ALL, REFUTED, suite(default="sseeeqqq") | {"shapes": suite_shapes(RISING, RISING)}),
    (37, ALL, UNDECIDED, suite(default="qs") | {"shapes": suite_shapes(RISING, RISING)}),
    (37, ALL, UNTESTABLE, suite(default="qqqeeess") | {"shapes": None}),
    (38, ALL, REFUTED, suite(scaled="e")),
    (38, ALL, UNDECIDED, suite(scaled="eq")),
    (38, ALL, UNTESTABLE, suite(default="q")),
    (39, ALL, REFUTED, {KAIMING_NUDGED: STUCK}),
    (39, ALL, UNDECIDED, {KAIMING_NUDGED: "ssss" + "e" * 6}),
    (39, ALL, UNTESTABLE, {DEFAULT_NUDGED: None, KAIMING_NUDGED: None}),
    (40, ALL, REFUTED, remedied("default", ESCAPED)),
    (40, ALL, UNDECIDED, remedied("default", HALF)),
    (40, ALL, UNTESTABLE, remedied("default", None)),
    (41, ALL, REFUTED, remedied("default", {"test_loss": 0.9})),
    (41, ALL, UNDECIDED, remedied("default", {"test_loss": np.resize([0.5, 0.7], NETS)})),
    (41, ALL, UNTESTABLE, remedied("kaiming-relu", None)),
]  # fmt: skip


WIDE = {"curves": "q" * 30, "valid_loss": 0.6 + np.linspace(-0.2, 0.2, 30)}
WORSE = WIDE | {"valid_loss": 0.601 + np.linspace(-0.2, 0.2, 30)}
WORST = WIDE | {"valid_loss": 0.602 + np.linspace(-0.2, 0.2, 30)}
# where THREAD has too few nets of a kind for a claim
ENOUGH: dict[int, Changes] = {
    12: {"default": WIDE | {"min_bin_share": None}, "kaiming-relu": WORSE, "lsuv": WORST},
    16: default(curves="sssssseeee"),
    29: at_peaks("es" * 9, "ab" * 9, "AB" * 9),
    30: signals(-1),
    31: given_longer("eeeeeeeees" * 3),
    35: suite(),
    36: suite(),
    37: suite(default="qqqeeess") | {"shapes": suite_shapes(RISING, RISING)},
    38: suite(),
}

# what each claim speaks of, taken out of THREAD
REMOVED: dict[int, Changes] = {
    1: default(activation_std=0.4),
    2: {"default": QUICK},
    3: {"default": ESCAPED},
    4: default(valid_activation_mean=QUIET),
    5: default(min_bin_share=min_bins(0.9, 0.5, linear=1)),
    6: default(min_bin_share=ACTIVE),
    7: default(activation_mean=0.5),
    8: default(near_zero_share=over_windows(0.01, 0.01)),
    9: default(weight_std=(3 * FAN_IN[None]) ** -0.5),
    10: {"kaiming-relu": QUICK},
    11: kaiming(valid_loss=0.5 + SPREAD),
    12: {"default": {"valid_loss": 0.6}, "kaiming-relu": {"valid_loss": 0.61}, "lsuv": {"valid_loss": 0.61}},
    13: lsuv(activation_std=0.5, activation_mean=0.3),
    14: {"lsuv": {"divisions": 3}, "lsuv-kaiming": {"divisions": 1}},
    15: {"lsuv": ESCAPED},
    19: default(min_bin_share=ACTIVE),
    20: {"shapes": shapes(0, 0)},
    27: {"calibration": calibration(every_other(-1, 1), every_other(-1, 1))},
    28: default(logit_signal=1e-3, signal=by_layer(FALLING)),
    29: at_peaks("es" * 9, "ba" * 9, "AB" * 9),
    30: default(signal=by_layer(FALLING / 1e7)),
    31: given_longer("eeesssssss" * 3),
    40: remedied("default", ESCAPED),
    41: remedied("default", {"test_loss": 0.9}),
    32: shaped(lambda *_: 4),
    33: shaped(lambda first, others: (first + others) / 2),
    34: with_signal(lambda _: 1 + SPREAD[:, None]),
    39: {DEFAULT_NUDGED: STUCK, KAIMING_NUDGED: STUCK},
    35: suite(default="q"),
    36: suite(gains=0),
    37: suite(default="qs") | {"shapes": suite_shapes(RISING, RISING)},
    38: suite(scaled="e"),
}
# the runs of a comparison, whose arrays are dealt out anew among them, seed by seed
# not claim 12: where inits do not differ, a pair gets the sign wrong most often
COMPARED = {
    11: ["default", "kaiming-relu"],
    15: ["default", "lsuv"],
    16: ["default", "lsuv"],
    17: ["default", "lsuv"],
    18: ["default", "kaiming-relu"],
    21: ["default", "default control standardize", "default made quantile", "default control heavy"],
    22: ["default", "default-gain"],
    23: ["default", "default-zero-bias"],
    24: ["default", "default-normal"],
    25: ["lsuv", "lsuv made standardize 0.4", "lsuv made quantile", "lsuv made quantile 0.4"],
    26: [f"lsuv control {place}" for place in ("standardize", "standardize 0.4", "heavy", "heavy 0.4")],
}


@pytest.fixture(scope="session")
def thread() -> Trained:
    """Shared by all, and not to be changed."""
    return make_study(THREAD)


@pytest.fixture
def evidence(thread: Trained) -> Callable[..., Evidence]:
    """THREAD with changes."""
    return partial(change, thread)


@pytest.fixture
def judged(evidence: Callable[..., Evidence], monkeypatch: pytest.MonkeyPatch) -> Judge:
    """The rows of one claim on THREAD with changes."""

    def rows(claim: int, changes: Changes, **more: object) -> pd.DataFrame:
        monkeypatch.setattr(judging, "CLAIMS", {claim: CLAIMS[claim]})
        return judging.judge_claims(evidence(changes, **more))

    return rows


@pytest.fixture(scope="module")
def everything(thread: Trained) -> pd.DataFrame:
    return judging.judge_claims(change(thread, {}))


def whole(table: pd.DataFrame) -> dict[int, str]:
    """The verdict on each claim; there must be one."""
    rows = table[table["part"] == ALL]
    assert rows["claim"].is_unique
    return dict(zip(rows["claim"], rows["verdict"], strict=True))


def at(table: pd.DataFrame, part: str, peak: str = "0.2") -> "pd.Series[Any]":
    """The row of a part at a peak."""
    row = table[(table["part"] == part) & (table["peak"] == peak)]
    assert len(row) == 1
    return row.iloc[0]


def notes(table: pd.DataFrame) -> "pd.Series[str]":
    """Why parts are untestable."""
    return table.loc[(table["verdict"] == UNTESTABLE) & (table["part"] != ALL), "note"]


def parts(claim: int, part: str) -> tuple[str, ...]:
    return tuple(CLAIMS[claim].parts) if part == ALL else (part,)


@pytest.mark.parametrize("claim", CLAIMS)
def test_the_thread_bears_out_every_part(claim: int, everything: pd.DataFrame, judged: Judge) -> None:
    rows = judged(claim, ENOUGH[claim]) if claim in ENOUGH else everything[everything["claim"] == claim]
    assert rows["part"].tolist()[: 1 + len(CLAIMS[claim].parts)] == [ALL, *CLAIMS[claim].parts]
    assert set(rows.loc[rows["peak"] != "best", "verdict"]) == {SUPPORTED}


def test_n_counts_what_the_claim_says(everything: pd.DataFrame) -> None:
    for row in everything[(everything["part"] == ALL) & (everything["n"] > 0)].to_dict("records"):
        claim = CLAIMS[row["claim"]]
        if row["unit"].startswith("of "):
            assert row["unit"].split()[2] in (claim.counts, "pairs"), claim.number
        assert claim.counts != "seeds" or row["n"] == NETS, claim.number


@pytest.mark.parametrize(("claim", "part", "verdict", "changes"), CASES)
def test_every_part_can_get(claim: int, part: str, verdict: str, changes: Changes, judged: Judge) -> None:
    rows = judged(claim, changes)
    for one in parts(claim, part):
        found = at(rows, one)
        assert found["verdict"] == verdict
        assert verdict != UNTESTABLE or found["note"]


def test_every_verdict_that_a_part_can_get_has_a_case() -> None:
    of_parts = (REFUTED, UNDECIDED, UNTESTABLE)
    possible = {(n, part, verdict) for n in CLAIMS for part in CLAIMS[n].parts for verdict in of_parts}
    assert {(n, one, verdict) for n, part, verdict, _ in CASES for one in parts(n, part)} == possible
    assert REMOVED.keys() | COMPARED.keys() == CLAIMS.keys()


@pytest.mark.parametrize(("steps", "verdict"), [(274, UNTESTABLE), (275, REFUTED)])
def test_a_schedule_too_short_for_a_plateau_refutes_none(
    steps: int, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Claims that there is one: 230 steps after the first 45, which have no trailing loss yet."""
    asked = (2, 3, 10)
    monkeypatch.setattr(judging, "CLAIMS", {claim: CLAIMS[claim] for claim in asked})
    quick = {"curves": [fall(20)[:steps]] * 30}
    found = Evidence(make_study(dict.fromkeys(["default", "kaiming-relu"], quick)), *MADE, "control", [0.2], {})
    assert whole(judging.judge_claims(found)) == dict.fromkeys(asked, verdict)


@pytest.mark.parametrize("claim", REMOVED)
def test_no_claim_outlives_its_effect(claim: int, judged: Judge) -> None:
    assert whole(judged(claim, REMOVED[claim]))[claim] != SUPPORTED


@pytest.mark.parametrize("claim", COMPARED)
def test_no_comparison_outlives_a_shuffle(claim: int, thread: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "CLAIMS", {claim: CLAIMS[claim]})
    before = {run: make_arrays(THREAD[run]) for run in COMPARED[claim]}
    order = np.random.default_rng(1).permuted(np.tile(np.arange(len(before))[:, None], NETS), axis=0)
    after = {run: dict(arrays) for run, arrays in before.items()}
    for name in set.intersection(*(set(arrays) - set(runs.COORDINATES) for arrays in before.values())):
        several = [arrays[name] for arrays in before.values()]
        if contract()[name].dimensions[:1] == ("seed",) and len({array.shape for array in several}) == 1:
            for arrays, shuffled in zip(after.values(), np.stack(several)[order, np.arange(NETS)], strict=True):
                arrays[name] = shuffled
    dealt = collect_nets(make_run(run, arrays) for run, arrays in after.items())
    found = Evidence({**thread, **dealt}, "made", "standardize", "control", [0.2], {})
    assert whole(judging.judge_claims(found))[claim] != SUPPORTED


@pytest.mark.parametrize(
    ("verdicts", "together"),
    [
        ([SUPPORTED, SUPPORTED], SUPPORTED),
        ([REFUTED, UNTESTABLE], REFUTED),
        ([SUPPORTED, UNTESTABLE], SUPPORTED),
        ([SUPPORTED, REFUTED], DEPENDS),
        ([SUPPORTED, REFUTED, UNDECIDED], DEPENDS),
        ([SUPPORTED, DEPENDS], DEPENDS),
        ([SUPPORTED, UNDECIDED], UNDECIDED),
        ([REFUTED, UNDECIDED, UNTESTABLE], UNDECIDED),
        ([UNTESTABLE], UNTESTABLE),
        ([], UNTESTABLE),
    ],
)
def test_a_claim_takes_the_verdict_that_its_parts_share(verdicts: list[str], together: str) -> None:
    assert combine(verdicts) == together


@pytest.mark.parametrize(
    ("low", "high", "above", "below"),
    [
        (0.6, 0.7, SUPPORTED, REFUTED),
        (0.3, 0.4, REFUTED, SUPPORTED),
        (0.5, 0.6, UNDECIDED, UNDECIDED),
        (0.4, 0.5, UNDECIDED, UNDECIDED),
        (0.5 + 1e-17, 0.6, UNDECIDED, UNDECIDED),
        (0.5 + 1e-15, 0.6, UNDECIDED, UNDECIDED),  # six sixths may not sum to one
        (0.4, 0.5 - 1e-15, UNDECIDED, UNDECIDED),
        (np.nan, np.nan, UNTESTABLE, UNTESTABLE),
    ],
)
def test_the_whole_interval_must_lie_on_one_side(low: float, high: float, above: str, below: str) -> None:
    assert (judge(low, high, 0.5), judge(low, high, 0.5, above=False)) == (above, below)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.9, 1.1, SUPPORTED),
        (1.1, 1.2, SUPPORTED),
        (0.76, 1.24, SUPPORTED),
        (0.75, 1.1, UNDECIDED),
        (0.9, 1.25, UNDECIDED),
        (0.0, 2.0, UNDECIDED),
        (0.6, 0.75, UNDECIDED),
        (0.6, 0.7, REFUTED),
        (1.3, 1.4, REFUTED),
        (-1.2, -0.8, REFUTED),
        (np.nan, np.nan, UNTESTABLE),
    ],
)
def test_the_whole_interval_must_be_near_or_far(low: float, high: float, verdict: str) -> None:
    found = judge_closeness((low + high) / 2, low, high, 7, target=1.0, margin=0.25, unit="m", note="so")
    assert (found.verdict, found.n, found.note, found.effect.unit) == (verdict, 7, "so", "m")
    np.testing.assert_equal((found.effect.low, found.effect.high), (low, high))
    np.testing.assert_equal((found.measured.value, found.effect.value), [(low + high) / 2] * 2)
    assert judge(low, high, found.effect.threshold, found.effect.above) == verdict, "what is printed decides"
    assert found.effect.threshold == (0.75 if found.effect.above else 1.25)


def test_a_claim_that_peaks_contradict_depends(judged: Judge) -> None:
    rows = judged(10, {"kaiming-relu made standardize 0.6": QUICK}, peaks=(0.2, 0.6))
    assert rows["verdict"].tolist() == [DEPENDS, SUPPORTED, REFUTED, UNTESTABLE]
    assert rows["peak"].tolist() == [ALL, "0.2", "0.6", "best"]


def test_the_numbers_of_a_claim_are_those_at_the_main_peak(judged: Judge) -> None:
    rows = judged(10, {"kaiming-relu": None, "kaiming-relu made standardize 0.6": ESCAPED}, peaks=(0.2, 0.6))
    assert rows["verdict"].tolist() == [SUPPORTED, UNTESTABLE, SUPPORTED, UNTESTABLE]
    assert at(rows, ALL, ALL)[["measured", "effect", "p_value", "p_adjusted"]].isna().all()


def test_few_changes_are_undecided_and_told_all_the_same(judged: Judge) -> None:
    few = at(judged(16, {"default": "sssssqqqqq", "lsuv": QUICK}), "more often trained")
    none = at(judged(16, {"default": QUICK, "lsuv": QUICK}), "more often trained")
    assert (few["verdict"], few["measured"], few["default_value"], few["n"]) == (UNDECIDED, 0, 0.5, 5)
    assert few["interval_low"] == pytest.approx(0.025 ** (1 / 5))
    assert np.isnan(few["p_value"])
    assert (none["verdict"], none["n"], none["interval_low"], none["interval_high"]) == (UNDECIDED, 0, 0, 1)


def halves(first: float, second: float) -> Array:
    return np.repeat([first, second], 6)


def test_the_best_peak_is_chosen_on_one_half_and_judged_on_the_other(monkeypatch: Any) -> None:
    rests, learns, around = "e" * 12, "q" * 12, np.resize([0.4, 0.6], 12)
    study: dict[str, Nets] = {
        "default": {"curves": learns, "valid_loss": 0.6, "test_loss": around, "test_accuracy": around},
        "default made standardize 0.4": {"curves": rests, "valid_loss": 0.61, "test_loss": 9, "test_accuracy": 0.5},
        "kaiming-relu": {"curves": learns, "valid_loss": 0.5, "test_loss": 9},
        "kaiming-relu made standardize 0.4": {
            "curves": rests,
            "valid_loss": halves(0.3, 0.9),  # on the second half 0.2 is better
            "test_loss": halves(9, 0.2),
            "test_accuracy": halves(0, 0.8),
        },
        # half of them diverge: 0.1 without them, 0.40 with them as null nets
        "kaiming-relu made standardize 0.6": {"curves": "dq" * 6, "valid_loss": 0.1, "test_loss": 9},
    }
    monkeypatch.setattr(judging, "CLAIMS", {n: CLAIMS[n] for n in (10, 11)})
    found = Evidence(make_study(study), "made", "standardize", "control", [0.2], {})
    rows = judging.judge_claims(found)
    kaiming, loss, accuracy = (at(rows, part, "best") for part in ("", "loss", "accuracy"))
    assert "kaiming-relu/peak-0.4/none" in kaiming["runs"]
    assert (kaiming["verdict"], kaiming["measured"], kaiming["n"]) == (SUPPORTED, 6, 6)
    assert (loss["verdict"], accuracy["verdict"]) == (REFUTED, REFUTED)
    assert (loss["measured"], loss["effect"]) == pytest.approx((0.2, 0.3))
    assert (accuracy["measured"], accuracy["effect"]) == pytest.approx((0.8, 0.3))


def test_fewer_than_six_seeds_decide_nothing(evidence: Callable[..., Evidence]) -> None:
    table = judging.judge_claims(
        evidence({run: {"curves": "esese"} for run in THREAD} | dict.fromkeys(["calibration"]))
    )
    verdicts = whole(table)
    assert verdicts.pop(20) == SUPPORTED  # counts features
    assert verdicts.keys() == CLAIMS.keys() - {20}
    assert set(verdicts.values()) == {UNTESTABLE}
    assert notes(table).str.contains("fewer than 6|main peaks|no runs|no table").all()
    assert table["p_adjusted"].isna().all()


def test_nets_that_all_diverge_bear_nothing_out(evidence: Callable[..., Evidence]) -> None:
    verdicts = whole(judging.judge_claims(evidence({run: {"curves": "d" * NETS} for run in THREAD})))
    supported = {claim for claim, verdict in verdicts.items() if verdict == SUPPORTED}
    of_the_start = {n for n in CLAIMS if start.__name__ in {rule.__module__ for rule in CLAIMS[n].parts.values()}}
    assert supported == of_the_start | {20, 27, 28, 30, 34, 39, 40}  # they escape at once
    assert {claim for claim, verdict in verdicts.items() if verdict == UNTESTABLE} >= {4, 5, 6, 7, 15, 19, 22, 23, 24}


def test_without_a_plateau_nothing_is_to_blame(evidence: Callable[..., Evidence]) -> None:
    table = judging.judge_claims(evidence(dict.fromkeys(THREAD, QUICK) | {"default control heavy": None}))
    verdicts = whole(table)
    assert {verdicts[claim] for claim in (15, 21, 22, 23, 24)} == {UNTESTABLE}
    assert verdicts[2] == verdicts[10] == REFUTED


@pytest.mark.parametrize("kept", [("default",), ("lsuv",), ()])
def test_missing_runs_are_named(kept: tuple[str, ...], evidence: Callable[..., Evidence]) -> None:
    missing = [*(run for run in THREAD if run not in kept), "shapes", "pruning", "calibration"]
    table = judging.judge_claims(evidence(dict.fromkeys(missing)))
    verdicts = whole(table)
    assert verdicts.keys() == CLAIMS.keys()
    alone = {"default": {1, 2, 3, 4, 5, 6, 7, 8, 9, 19, 28}, "lsuv": {13, 14}}
    testable = {claim for claim, verdict in verdicts.items() if verdict != UNTESTABLE}
    assert testable == set().union(*(alone[init] for init in kept))
    assert notes(table).str.contains("main peaks|no runs|no table|not trained").all()


def of_depth(layers: int) -> Changes:
    arrays = {"curves": QUICK, "layer": np.arange(1, layers + 1), "activation_std": 0.4}
    return {"default": dict.fromkeys(THREAD["default"]) | arrays}


@pytest.mark.parametrize(
    ("claim", "part", "changes"),
    [
        (1, "at every layer", of_depth(1)),
        (4, "", default(evaluation=np.array([0, 506]), valid_loss=0.6)),
        (8, "few do the work", default(curves=STUCK) | {"pruning": pruning(0).iloc[:0]}),
        (15, "", {"default": "eee"}),
        (18, "", of_depth(4)),
        (31, "the longer budget decides", {LONGER: None, "lsuv made standardize 0.2 longer-2": QUICK}),
        (32, "steeper", shaped(lambda *_: 30)),
        (34, "told by the signal", {**scaled(lambda _: None), "lsuv made standardize 0.4 gain-0.7": QUICK}),
        (27, "heavier tails", {"calibration": calibration(1, 1).iloc[:0]}),
    ],
)
def test_too_little_to_go_by(claim: int, part: str, changes: Changes, judged: Judge) -> None:
    found = at(judged(claim, changes), part)
    assert found["verdict"] == UNTESTABLE
    assert found["note"]


def test_heavy_tails_are_compared_over_the_seeds_both_have(judged: Judge) -> None:
    found = at(judged(21, {"default control heavy": "e" * 8}), "heavy tails make it")
    assert (found["verdict"], found["n"]) == (SUPPORTED, 8)


def test_longer_runs_of_fewer_seeds_are_compared_over_these(judged: Judge) -> None:
    rows = judged(31, given_longer("eeeeeeeees" * 2))
    assert at(rows, "the longer budget decides")[["measured", "n"]].tolist() == [20, 20]
    assert at(rows, "the stuck get out")[["measured", "n"]].tolist() == [12, 14]


def test_a_net_that_turns_without_an_escape_more_or_less_has_another_end(judged: Judge) -> None:
    rows = judged(39, {KAIMING_NUDGED: "d" * NETS})
    assert (at(rows, "whether it gets out")["verdict"], at(rows, "how it ends")["verdict"]) == (SUPPORTED, REFUTED)
    assert at(rows, "how it ends")["note"] == "default 0 of 10, kaiming-relu 10 of 10"


def test_gains_of_other_nets_than_kaimings_plain_ones_are_left_out(judged: Judge) -> None:
    others = {"lsuv made standardize 0.4 gain-0.7": STUCK, f"{SCALED} gain-0.7+adamw": "q" * 3}
    for claim in (32, 33, 34):
        with_others, without = (judged(claim, changes).drop(columns="runs") for changes in (others, {}))
        pd.testing.assert_frame_equal(with_others, without)


def test_how_tau_drifts_with_the_peak_is_told_over_nets_that_escape_at_both(judged: Judge) -> None:
    part = "a number of its own"
    sooner, later = (fall_by_sum(0.2, 0.8 * factor) for factor in (0.8, 1.2))
    main = default(curves=[*[sooner] * 4, *[later] * 3, *"sss"])
    changes = {**at_peaks("", "a" * 7 + "bss", "A" * 8 + "ss"), **main}
    assert at(judged(29, changes), part)["note"] == "τ at 0.8 is 1.22 times that at 0.2 (median of 7 nets, larger in 4)"
    assert at(judged(29, at_peaks("s" * 18, "ab" * 9, "AB" * 9)), part)["note"] == ""


@pytest.mark.parametrize(
    ("changes", "plateaus", "of_small", "of_setting", "within"),
    [
        (
            shaped(lambda first, _: first),
            10,
            "-0.999 [-1.000, -0.999]",
            "-0.98",
            "-1.00",
        ),  # all of gain 0.7 in 10 layers are stuck
        (with_signal(lambda signal: signal[::-1]), 10, "-0.896 [-0.935, -0.834]", "-0.84", "0.99"),
        (
            with_signal(lambda signal: np.full_like(signal, signal.mean())),
            10,
            "-0.974 [-0.984, -0.957]",
            "-0.84",
            "nan",
        ),
        (scaled(lambda _: {"curves": "sqqqqqqqqq"}, "gain-1"), 12, "-0.999 [-1.000, -0.999]", "-0.85", "-0.92"),
        (scaled(lambda _: {"curves": STUCK}), 110, "nan [nan, nan]", "nan", "nan"),
    ],
)
def test_what_the_setting_says_alone_and_the_signal_within_it_is_told(
    changes: Changes, plateaus: int, of_small: str, of_setting: str, within: str, judged: Judge
) -> None:
    told = f"{plateaus} of 110 nets had a plateau; {of_small} over the 90 with small layers; "
    told += f"of small layers times log gain alone {of_setting}, "
    told += f"of the signal within a setting {within}"
    assert at(judged(34, changes), "told by the signal")["note"] == told


def test_nudged_nets_turn_the_verdicts_of_what_they_decide(everything: pd.DataFrame, judged: Judge) -> None:
    same = everything[everything["claim"].isin([2, 10])]
    assert same["verdict"].tolist() == same["nudged"].where(same["peak"] != "best", UNTESTABLE).tolist()
    turned = judged(2, {DEFAULT_NUDGED: QUICK})
    assert at(turned, "a long plateau")[["verdict", "nudged"]].tolist() == [SUPPORTED, REFUTED]
    assert at(turned, "a brief start")[["verdict", "nudged"]].tolist() == [SUPPORTED, ""]
    assert at(turned, ALL, ALL)[["verdict", "nudged"]].tolist() == [SUPPORTED, DEPENDS]
    assert at(judged(16, {DEFAULT_NUDGED: STUCK}), "faster")["nudged"] == SUPPORTED, "against lsuv nets as they are"


def test_nothing_is_said_of_nudged_nets_where_they_are_not_asked_or_do_not_tell(everything: pd.DataFrame) -> None:
    told = set(everything.loc[everything["nudged"] != "", "claim"])
    not_recorded, not_asked = {1, 4, 5, 6, 7, 9, 18, 28, 30}, {13, 14, 20, 25, 26, 27, 32, 33, 34, 39}
    assert told.isdisjoint(not_recorded | not_asked)
    assert told >= {2, 3, 10, 11, 15, 16, 21, 22, 23, 24}


def test_a_table_counts_once_and_its_other_splits_are_told(judged: Judge) -> None:
    splits = {f"default table0-split-{k}": "q" * 5 if k == 3 else "e" * 5 for k in (1, 2, 3)}
    found = at(judged(35, suite(default="eeeeeeeq") | splits), "")
    assert (found["measured"], found["n"]) == (8, 10)
    assert found["note"] == "not on control, table7; of 3 other splits 2 answer alike"


def test_nets_that_diverge_buy_nothing_and_cost_nothing(judged: Judge) -> None:
    gone = {"kaiming-relu table0": {"curves": "d" * 5, "valid_loss": 9}}
    half = {"kaiming-relu table1": {"curves": "ddddq", "valid_loss": [9, 9, 9, 9, 0.5]}}
    found = at(judged(36, suite() | gone | half), "loss")
    assert (found["measured"], found["n"]) == (7, 8)
    assert found["note"] == (
        "mean change -0.038; worse on made; with diverged nets as null nets better on 6; "
        "on 0 of 8 tables no default net trained"
    )


def test_tables_on_which_no_default_net_trained_are_told(judged: Judge) -> None:
    rows = judged(36, suite(default="sssseeee") | {"default table0": {"curves": "sssse"}})
    for part in ("loss", "accuracy"):
        assert at(rows, part)["note"].endswith("better on 8; on 3 of 9 tables no default net trained")


def test_a_table_without_numbers_has_no_tails_and_tables_all_alike_no_correlation(judged: Judge) -> None:
    shapes = suite_shapes(RISING, RISING)
    shapes.loc[0, "kind"] = "indicator"
    rows = judged(37, suite(default="qqqeeess") | {"shapes": shapes})
    assert (at(rows, "tails")["n"], at(rows, "zeros")["n"]) == (7, 8)
    assert at(rows, "zeros")["note"] == "on 2 half of the nets or more never escape"
    alike = at(judged(37, suite() | {"shapes": shapes}), "tails")
    assert (alike["verdict"], alike["note"]) == (UNTESTABLE, "the tables are all alike")


def test_a_scaling_is_asked_about_tables_that_have_the_plateau(judged: Judge) -> None:
    found = at(judged(38, suite(default="eeeeeeqq", kaiming="q", scaled="qqqqqeee")), "robust-clip")
    assert (found["measured"], found["n"], found["note"]) == (5, 6, "Kaiming's init off 6 of 7, left on made")


COMPARABLE = [
    f"{dataset}/{scaling}" for dataset in ("made", "control") for scaling in ("standardize", "quantile", "heavy")
]
ONCE = {number for number, claim in CLAIMS.items() if claim.at == "once"}


def test_other_datasets_are_judged_alike_without_correction(thread: Trained, evidence: Callable[..., Evidence]) -> None:
    table = judging.judge_others(evidence(suite()), COMPARABLE)
    assert table.columns.tolist() == ["dataset", "scaling", *judging.COLUMNS]
    assert table["p_adjusted"].isna().all()
    assert table["p_value"].notna().any()
    assert (table["nudged"] == "").all()
    others = {prepared: whole(rows) for prepared, rows in table.groupby(["dataset", "scaling"])}
    assert others.keys() == {("made", "quantile"), ("control", "standardize"), ("control", "heavy")}
    assert all(verdicts.keys() == CLAIMS.keys() - ONCE for verdicts in others.values())
    assert others["control", "heavy"][15] == SUPPORTED
    assert others["control", "standardize"][2] == REFUTED
    assert {verdicts[8] for verdicts in others.values()} == {UNTESTABLE}
    default = condition_of("default")
    alone = judging.judge_others(replace(evidence({}), trained={default: thread[default]}), COMPARABLE)
    assert alone.empty
    assert alone.columns.tolist() == table.columns.tolist()


def test_parts_aside_alone_make_no_verdict(evidence: Callable[..., Evidence], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "CLAIMS", {41: CLAIMS[41]})
    no_tools = {run: None for init in ("default", "kaiming-relu") for run in remedied(init, None) if run != init}
    for changes, verdict in (({}, SUPPORTED), (no_tools, UNTESTABLE)):
        rows = judging.judge_claims(evidence(changes))
        assert at(rows, "plain")["verdict"] == SUPPORTED
        assert at(rows, ALL, ALL)["verdict"] == verdict
    assert "does not tell" in at(rows, ALL, ALL)["note"]


def test_the_table(everything: pd.DataFrame) -> None:
    assert everything.columns.tolist() == [
        "claim", "part", "statement", "verdict", "measured", "unit", "n", "effect", "effect_unit", "interval_low",
        "interval_high", "threshold", "side", "p_value", "p_adjusted", "peak", "thread_value", "default_value", "note",
        "nudged", "runs",
    ]  # fmt: skip
    assert list(whole(everything)) == list(CLAIMS) == sorted(CLAIMS)
    assert set(everything["verdict"]) <= set(VERDICTS)


def test_holms_correction_is_over_one_test_per_claim(everything: pd.DataFrame) -> None:
    one = (everything["part"] == ALL) & everything["p_value"].notna()
    assert set(everything.loc[one, "claim"]) == CLAIMS.keys() - {3, 9, 12, 20, *range(30, 42)}
    expected = multipletests(everything.loc[one, "p_value"], method="holm")[1]
    assert everything.loc[one, "p_adjusted"].to_numpy() == pytest.approx(expected)
    assert everything.loc[~one, "p_adjusted"].isna().all()


def test_blocks_of_seeds_are_one_condition_and_regularized_runs_another() -> None:
    arrays = make_arrays({"curves": ESCAPED})
    first, second = (make_run("kaiming-relu", arrays | {"seed": arrays["seed"] + start}) for start in (0, NETS))
    regularized = make_run("kaiming-relu made standardize 0.2 dropout-0.1", arrays)
    nets = Evidence(collect_nets([second, first, regularized]), "made", "standardize", "control", [0.2], {}).nets(
        "kaiming-relu", 0.2
    )
    assert nets.seeds.tolist() == list(range(2 * NETS))


@pytest.mark.parametrize("run", ["default", "lsuv", LONGER])
def test_a_run_that_was_never_written_is_as_its_file_would_be(run: str, tmp_path: Path) -> None:
    arrays = make_arrays(THREAD[run], condition_of(run).variant)
    made, read = make_run(run, arrays), write(tmp_path / "run.nc", run, arrays)
    assert set(made.variables) == set(read.variables)
    assert made.attributes == read.attributes
    for one, other in ((made.read(name), read.read(name)) for name in made.variables):
        xr.testing.assert_equal(one, other)
        assert one.dtype == other.dtype or {one.dtype.kind, other.dtype.kind} == {"U"}, one.name


def test_no_case_has_changed_what_all_share(everything: pd.DataFrame, evidence: Callable[..., Evidence]) -> None:
    """The last of this file."""
    pd.testing.assert_frame_equal(judging.judge_claims(evidence({})), everything)
