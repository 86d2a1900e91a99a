"""What a table of one's own is answered, against numbers by hand."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from project import ROOT

from goodinit.report import manuscript
from goodinit.report.numbers import Number
from goodinit.report.proofreading import cited_keys
from goodinit.report.recommendation import best_but_default, gain, recommend

NETS, CHOOSING = 16, 8
STEPS, PER_STEP = 1000, 0.5  # of the peak


def at_peak(init: str, peak: float, chosen: bool, valid: Any, **columns: Any) -> pd.DataFrame:
    """NETS nets, which escape at the sums 100, 110, … where `rate_sum` is not given."""
    nets = pd.DataFrame({"seed": np.arange(NETS)}).assign(
        dataset="table", scaling="standardize", init=init, peak=peak, chosen=chosen, outcome="trained",
        choosing=np.arange(NETS) < CHOOSING, on_plateau=1.0, signal=0.01, escaped=True,
        rate_sum=100.0 + 10 * np.arange(NETS), budget=PER_STEP * STEPS * peak, steps=STEPS,
        valid_loss=valid, lowest_valid_loss=valid, test_null_loss=1.0, test_majority_share=0.5,
    )  # fmt: skip
    judged = chosen & ~nets["choosing"]
    ends = nets.assign(test_loss=valid + 0.1 + 0.001 * nets["seed"], test_accuracy=1 - valid - 0.01 * nets["seed"])
    ends.loc[~judged, ["test_loss", "test_accuracy"]] = np.nan
    return ends.assign(**columns)


def sweep(**other: Any) -> pd.DataFrame:
    """The default is best at its highest peak, 0.8; lsuv, at its lowest, better; kaiming-relu worse than both."""
    return pd.concat(
        [
            at_peak("default", 0.2, False, 0.9, escaped=False, rate_sum=100.0),
            at_peak("default", 0.8, True, 0.5),
            at_peak("lsuv", 0.2, True, 0.3, on_plateau=0.0, **other),
            at_peak("lsuv", 0.8, False, 0.4),
            at_peak("kaiming-relu", 0.2, True, 0.6),
        ],
        ignore_index=True,
    )


def answer(table: pd.DataFrame) -> dict[str, Number]:
    return dict(recommend(table, 0.2, test_rows=1000))


def test_all_that_is_recommended_in_the_answer_is_made() -> None:
    cited = {
        key
        for key in cited_keys((ROOT / "paper/answer.tex").read_text())
        if re.match("(best-(default|other)|gain|needed|highest)-", key)
    }
    assert len(cited) > 5
    assert cited <= set(answer(sweep()))


def test_the_best_init_and_what_it_gains_on_held_out_rows() -> None:
    found = answer(sweep())
    assert found["best-other-init"].value == "lsuv"
    assert found["best-other-peak"].text == "0.2 (the lowest that was tried)"
    assert found["best-default-peak"].text == "0.8 (the highest that was tried)"
    assert found["best-other-plateau"].text == "0 of 16"
    diverged = np.where(np.arange(NETS) < 3, "diverged", "trained")
    assert answer(sweep(outcome=diverged))["best-other-trained"].text == "13 of 16"
    assert found["best-default-loss"].value == pytest.approx(0.6 + 0.001 * 11.5)
    assert found["best-other-accuracy"].value == pytest.approx(0.7 - 0.01 * 11.5)
    assert found["best-other-accuracy"].interval == pytest.approx((0.55375, 0.61575), abs=1e-4), (
        "statsmodels.stats.proportion.proportion_confint(585, 1000, method='beta')"
    )
    assert found["gain-loss"].value == pytest.approx(0.2)
    assert found["gain-loss"].n == NETS - CHOOSING
    assert found["gain-accuracy"].value == pytest.approx(20), "in points"
    assert found["gain-loss-verdict"].text == found["gain-accuracy-verdict"].text == "supported"
    compared = ("table/standardize/default/peak-0.8/none", "table/standardize/lsuv/peak-0.2/none")
    assert found["gain-loss"].runs == compared


def test_a_gain_has_the_side_of_its_interval() -> None:
    around = np.where(np.arange(NETS) % 2, 0.4, 0.8)  # the default ends at 0.61
    assert gain(sweep(test_loss=around), "lsuv", "loss").verdict == "undecided"
    assert gain(sweep(test_loss=around + 0.5), "lsuv", "loss").verdict == "refuted"
    few = sweep()
    few = few[few["seed"] < CHOOSING + 5]
    assert gain(few, "lsuv", "loss").verdict == "untestable"


def test_an_init_is_chosen_without_the_nets_that_it_is_judged_on() -> None:
    valid = np.where(np.arange(NETS) < CHOOSING, 0.9, 0.1)
    assert best_but_default(sweep(valid_loss=valid)) == "kaiming-relu"


def test_a_validation_loss_that_rises_again_is_said() -> None:
    assert answer(sweep())["best-other-rise-verdict"].text == "refuted"
    risen = answer(sweep(lowest_valid_loss=0.2 - 0.001 * np.arange(NETS)))
    assert risen["best-other-rise-verdict"].text == "supported"
    assert risen["best-other-rise"].value == pytest.approx(0.1 + 0.001 * 11.5)


def test_what_it_takes_to_get_out_is_a_nets_own_sum_and_so_many_steps() -> None:
    """At 0.8 sums are 100, 110, … 250: their median is 175; per step a rate of 0.1 at 0.2, of 0.4 at 0.8."""
    found = answer(sweep())
    assert (found["needed-sum"].value, found["needed-sum"].text) == (175, "about 180")
    assert found["needed-nets"].text == "16 of 16"
    assert found["needed-span"].text == ", at 100 to 250"
    assert found["needed-steps-main"].text == r"about 1\,800"
    assert (found["highest-peak"].text, found["needed-steps-highest"].text) == ("0.8", "about 440")


def test_so_few_steps_that_no_trailing_loss_shows_them_are_not_counted() -> None:
    assert answer(sweep().assign(rate_sum=1.0))["needed-steps-main"].text == "less than 100"


def test_where_most_never_get_out_it_takes_more_than_was_seen() -> None:
    table = sweep()
    stuck = (table["init"] == "default") & (table["seed"] >= 4)
    found = answer(table.assign(escaped=table["escaped"] & ~stuck))
    assert found["needed-nets"].text == "4 of 16"
    assert found["needed-sum"].text == "more than 180", "the median of what they were seen at, or escaped at"
    assert found["needed-span"].text == ", at 100 to 130"
    none = answer(table.assign(escaped=False))
    assert (none["needed-nets"].text, none["needed-span"].text) == ("0 of 16", "")


@pytest.mark.parametrize("missing", ["default", "others"])
def test_what_was_not_trained_is_untestable_and_every_key_is_there(missing: str) -> None:
    table = sweep()
    table = table[(table["init"] == "default") == (missing == "others")]
    found = answer(table)
    assert set(found) == set(answer(sweep()))
    assert found["gain-loss-verdict"].text == found["gain-accuracy-verdict"].text == "untestable"
    assert found["gain-loss"].text == "--"
    if missing == "default":
        assert found["needed-sum"].text == found["needed-steps-main"].text == found["best-default-loss"].text == "--"


def test_the_table_of_choices_has_a_row_per_init_and_the_null_net() -> None:
    lines = manuscript.write_choices(sweep()).decode().splitlines()
    rows = {line.partition(" & ")[0]: line for line in lines if " & " in line}
    assert rows[r"\texttt{lsuv}"] == (
        r"\texttt{lsuv} & 0.2 & 0.01 & 0 of 16 & 16 of 16 & 0.412 & 58.5\,\% & 0.200 [0.200, 0.200] & "
        r"20.0 [20.0, 20.0] \\"
    )
    assert rows[r"\texttt{default}"].endswith(r" & 0.612 & 38.5\,\% & -- & -- \\")
    assert rows["null net"].endswith(r" & 1.000 & 50.0\,\% &  &  \\")


def test_columns_that_were_treated_alike_stand_in_one_row() -> None:
    columns = [
        {"name": "age", "done": "standardized; 12 gaps filled with the median and marked by a 0/1 column"},
        {"name": "first_name", "done": "left out: text with 1,234 different values, such as 'A'"},
        {"name": "income & more", "done": "standardized; 3 gaps filled with the median and marked by a 0/1 column"},
        {"name": "code", "done": "scaled, 1,100 texts such as 'n/a 7' made gaps"},
        {"name": "key", "done": 'scaled, 9 texts such as "it\'s" made gaps'},
        *({"name": f"x{k}", "done": "standardized"} for k in range(100)),
    ]
    assert manuscript.write_columns(columns).decode().splitlines() == [
        r"2 & age, income \& more & standardized; 3 to 12 gaps filled with the median and marked by a 0/1 column \\",
        r"1 & first\_\allowbreak name & left out: text with 1,234 different values, such as `A' \\",
        r"2 & code, key & scaled, 9 to 1,100 texts made gaps \\",
        rf"100 & {', '.join(f'x{k}' for k in range(40))} and 60 more & standardized \\",
    ]
