"""What is said in each case, from numbers alone."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from goodinit.diagnosis import answer
from goodinit.diagnosis.findings import Choice, Count, End, Findings, Gain
from goodinit.diagnosis.sample import Sample

FOUND = Findings(
    rested=Count(9, 9),
    escaped=Count(0, 9),
    diverged=Count(0, 9),
    null_loss=1.0986,
    sums=np.array([310.0, 350, 380, 390, 392, 400, 420, 440, 470]),
    budget=554.4,
    lost=0,
    per_step=0.5,
    foretold=421.0,
    signals={"default": 3.1e-5, "kaiming-relu": 0.412},
    choices=[Choice("default", 0.8, 0.91), Choice("kaiming-relu", 0.2, 0.351), Choice("lsuv", 0.1, 0.38)],
    default=End(0.92, 0.63),
    other=End(0.34, 0.871),
    null=End(1.1, 0.38),
    pairs=6,
    loss=Gain(0.58, (0.4, 0.7)),
    accuracy=Gain(0.241, (0.2, 0.28)),
    refused={},
    batch_size=256,
)
NEVER, LATE = np.full(9, np.nan), np.array([510, 540, *[np.nan] * 7])
HALF = np.array([310, 350, 380, 390, 392, *[np.nan] * 4])
SAMPLE = Sample("my.csv", "label", 3, 0.38, 10_000, {"train": 6000, "valid": 2000, "test": 2000}, "scaled (size)")
UNCLEAR, WORSE = Gain(0.01, (-0.02, 0.03)), Gain(-0.2, (-0.3, -0.1))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "yes, PyTorch's default init has a plateau ahead here, until learning rates sum to about 390"),
        (
            {"sums": LATE},
            "yes, PyTorch's default init has a plateau ahead here, until learning rates sum to more than 550",
        ),
        ({"rested": Count(4, 9)}, "in part: some nets of PyTorch's default init rest on a plateau here, most do not"),
        (
            {"rested": Count(0, 9), "escaped": Count(9, 9)},
            "no, nets of PyTorch's default init learn here without a plateau",
        ),
        (
            {"rested": Count(0, 9)},
            "no plateau, but no start either: under PyTorch's default init the loss of most nets neither rests near "
            "that of the null net nor falls below 0.95 of it",
        ),
        (
            {"rested": Count(0, 0), "diverged": Count(9, 9)},
            "open: nets of PyTorch's default init diverge here before it could be seen whether they have a plateau",
        ),
    ],
    ids=["escapes", "never escapes", "in part", "none", "neither", "diverged"],
)
def test_whether_there_is_a_plateau(changes: dict[str, Any], said: str) -> None:
    assert answer.tell_plateau(replace(FOUND, **changes)) == said


@pytest.mark.parametrize(
    ("loss", "accuracy", "side", "measures"),
    [
        (FOUND.loss, FOUND.accuracy, "better", "loss and accuracy"),
        (UNCLEAR, UNCLEAR, "not clearly other", "loss and accuracy"),
        (WORSE, WORSE, "worse", "loss and accuracy"),
        (WORSE, FOUND.accuracy, "worse", "loss and better in accuracy"),
    ],
    ids=["better", "unclear", "worse", "at odds"],
)
def test_which_init_ends_better(loss: Gain, accuracy: Gain, side: str, measures: str) -> None:
    assert answer.tell_comparison(replace(FOUND, loss=loss, accuracy=accuracy)) == (
        f"after 1,380 steps kaiming-relu at peak 0.2 is {side} than the default at its best peak, 0.8, "
        f"in held-out {measures}"
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "about 390 in summed learning rates: 9 of 9 default nets at peak 0.8 got out, at 310 to 470. "),
        (
            {"sums": HALF},
            "about 390 in summed learning rates: 5 of 9 default nets at peak 0.8 got out, at 310 to 390, the others "
            "not by 550, where their runs end. ",
        ),
        (
            {"sums": LATE, "lost": 3},
            "more than 550 in summed learning rates: 2 of 9 default nets at peak 0.8 got out, at 510 to 540, the "
            "others not by 550, where their runs end; 3 diverged before. ",
        ),
        (
            {"sums": NEVER},
            "more than 550 in summed learning rates: none of 9 default nets at peak 0.8 got out by 550, where their "
            "runs end. ",
        ),
    ],
    ids=["all", "half", "few, some diverged", "none"],
)
def test_the_budget_is_the_median_or_a_limit(changes: dict[str, Any], said: str) -> None:
    assert answer.tell_budget(replace(FOUND, **changes)).startswith(said)


@pytest.mark.parametrize(
    ("sums", "said"),
    [
        (FOUND.sums, "about 2,000 steps of plain SGD at 0.2, or 3,900 of a schedule"),  # 392 / 0.2, twice that
        (NEVER, "more than 2,800 steps of plain SGD at 0.2, or 5,500 of a schedule"),
    ],
)
def test_the_budget_in_steps(sums: Any, said: str) -> None:
    assert said in answer.tell_budget(replace(FOUND, sums=sums))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "foretold a sum of 420: 1.1 times what it took"),
        ({"sums": NEVER}, "foretold a sum of 420: too little here"),
        ({"sums": NEVER, "foretold": 800.0}, "foretold a sum of 800: beyond these runs"),
        ({"foretold": np.nan}, "nothing gets through the default's layers, so the line of claim 30 says nothing"),
    ],
)
def test_what_was_foretold_is_held_against_what_came(changes: dict[str, Any], said: str) -> None:
    told = answer.tell_foretold(replace(FOUND, **changes))
    assert told.startswith("the logits' signal before training, how far rows differ: default 3e-05, kaiming-relu 0.4; ")
    assert told.endswith(said)


@pytest.mark.parametrize(
    ("tell", "changes", "said"),
    [
        (answer.tell_rests, {"diverged": Count(2, 9)}, "9 of 9 [66%, 100%] default nets at peak 0.2 rested for 230"),
        (answer.tell_rests, {"diverged": Count(2, 9)}, "0 of 9 [0%, 34%] got out in 1,380 steps, 2 diverged"),
        (
            answer.tell_peaks,
            {},
            "kaiming-relu 0.2 (of 0.1 0.2 0.4; 0.351 nats), lsuv 0.1 (of 0.1 0.2 0.4; 0.38 nats), default 0.8 (of",
        ),
        (answer.tell_peaks, {"refused": {"lsuv": "initializer 'lsuv', seed 3: layer 4"}}, "; initializer 'lsuv', seed"),
        (
            answer.tell_gain,
            {},
            "held out: kaiming-relu 0.34 nats and 87.1%, default 0.92 nats and 63.0%, null net 1.1 nats and 38.0%; "
            "kaiming-relu gains 0.58 [0.4, 0.7] nats, 24.1 [20.0, 28.0] points, in 6 pairs of fresh nets, 1,380 steps",
        ),
        (answer.tell_gain, {"other": End(0.34, 0.871, 2)}, "; 2 of kaiming-relu diverged later"),
    ],
)
def test_details(tell: Callable[[Findings], str], changes: dict[str, Any], said: str) -> None:
    assert said in tell(replace(FOUND, **changes))


def test_rows_alone_leave_an_accuracy_unsure() -> None:
    """statsmodels.stats.proportion.proportion_confint(1742, 2000, method="beta")"""
    told = answer.tell_certainty(FOUND, SAMPLE)
    assert told.endswith("2,000 held-out rows leave 87.1% uncertain between 85.6% and 88.5%")


def test_few_and_many_rows_are_said() -> None:
    assert answer.tell_rows(FOUND, SAMPLE) == (
        "my.csv; 10,000 rows: 6,000 to train on, 2,000 to choose by, 2,000 held out; "
        "3 classes of label, the commonest 38%"
    )
    few = answer.tell_rows(replace(FOUND, batch_size=120), SAMPLE)
    assert few.endswith("; batches of 120, as there are no 256 to train on: all is rougher")
    assert "12,000 rows, 10,000 drawn of them: 6,000 to" in answer.tell_rows(FOUND, SAMPLE._replace(rows=12_000))


def test_the_whole_study_is_named_as_a_shell_takes_it() -> None:
    told = answer.tell_more(SAMPLE._replace(target="the label"), "my table.csv")
    assert "--config 'table=my table.csv' 'target=the label'`" in told


def test_the_answer_comes_first() -> None:
    told = dict(answer.tell(FOUND, SAMPLE, "my.csv"))
    assert next(iter(told)) == "Answer"
    assert told["Answer"].startswith("yes, PyTorch's default init has a plateau")
    assert told["Answer"].endswith("is better than the default at its best peak, 0.8, in held-out loss and accuracy")
    assert told["Columns"] == SAMPLE.columns
    assert 8 <= len(told) <= 12
