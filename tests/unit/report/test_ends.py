"""Test losses in words, as the report sets them beside each other."""

import pandas as pd
import pytest

from goodinit.report.ends import spell_ends

COLUMNS = ["init", "variant", "peak", "measure", "seed", "value"]


def remedies() -> pd.DataFrame:
    rows = [
        ("default", "none", 0.4, "plateau", None, 1.0), ("default", "none", 0.4, "test_loss", None, 0.69),
        ("default", "adamw", 0.008, "plateau", None, 0.0), ("default", "adamw", 0.008, "test_loss", None, 0.3236),
        ("default", "layer-norm", 0.1, "plateau", None, 0.0), ("default", "layer-norm", 0.1, "test_loss", None, 0.3),
        ("default", "layer-norm", 0.1, "test_loss", 100, 0.9),  # of a single net
        ("default", "momentum", 0.08, "plateau", None, 0.1), ("default", "momentum", 0.08, "test_loss", None, 0.2),
        ("kaiming-relu", "none", 0.2, "plateau", None, 0.0), ("kaiming-relu", "none", 0.2, "test_loss", None, 0.344),
        ("kaiming-relu", "adamw", 0.2, "plateau", None, 0.0), ("kaiming-relu", "adamw", 0.2, "test_loss", None, 0.1),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def test_remedies_are_those_without_a_plateau_best_first() -> None:
    texts = {key: number.text for key, number in spell_ends(remedies(), None).items()}
    assert texts == {
        "remedies": r"0.300 with \texttt{layer-norm} at peak 0.1 and 0.324 with \texttt{adamw} at peak 0.008",
        "overfitting-ends": "not tested",
        "plain-default": "0.690 at peak 0.4",
        "plain-kaiming-relu": "0.344 at peak 0.2",
    }


@pytest.mark.parametrize("table", [None, pd.DataFrame(columns=COLUMNS)])
def test_without_a_study_nothing_was_tested(table: pd.DataFrame | None) -> None:
    assert {number.text for number in spell_ends(table, table).values()} == {"not tested"}


def test_regularizations_come_in_the_order_of_the_table() -> None:
    ends = [("lsuv", name, 0.2, "test_loss", None, loss) for name, loss in (("none", 0.36), ("dropout-0.1", 0.3852))]
    told = spell_ends(None, pd.DataFrame(ends, columns=COLUMNS))["overfitting-ends"]
    assert told.text == r"0.360 with \texttt{none} and 0.385 with \texttt{dropout-0.1}"
