"""Which nets are trained on a user's own table, and what they say in numbers."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from project import ROOT, read_config
from synthetic import BUDGET, H, Nets, change
from synthetic import STEPS as MADE_STEPS

from goodinit import GoodinitError
from goodinit.claims.claim import LINE
from goodinit.diagnosis import findings, trials
from goodinit.diagnosis.findings import Count, measure
from goodinit.diagnosis.sample import take_sample
from goodinit.diagnosis.trials import PEAKS, Trials, lowest_loss, run_trials
from goodinit.model.initializers import INITIALIZERS

SEEDS = np.arange(9)


@pytest.fixture
def tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Trials]:
    """Short trials in this process: others would not see what is patched here."""
    monkeypatch.setattr(trials, "ProcessPoolExecutor", lambda *_: ThreadPoolExecutor(1))
    monkeypatch.setattr(trials, "STEPS", 50)
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 3))
    pd.DataFrame(x, columns=list("abc")).assign(label=x.argmax(1)).to_csv(tmp_path / "my.csv", index=False)
    parts = take_sample(tmp_path / "my.csv", "label", tmp_path / "standardize.npz").parts
    return lambda: run_trials(tmp_path / "standardize.npz", parts["train"], tmp_path / "runs")


def test_a_peak_is_chosen_by_some_seeds_and_judged_on_others(tried: Callable[[], Trials]) -> None:
    found = tried()
    assert found.batch_size == 120
    assert found.nets.keys() == {(init, peak) for init, peaks in PEAKS.items() for peak in peaks}
    for init, peaks in PEAKS.items():
        assert found.peaks[init] == min(peaks, key=lambda peak: lowest_loss(found.nets[init, peak]))
    assert found.other == min(
        ["kaiming-relu", "lsuv"], key=lambda init: lowest_loss(found.nets[init, found.peaks[init]])
    )
    whole = {("default", 0.2), ("default", 0.8), *((init, found.peaks[init]) for init in ("default", found.other))}
    for place, nets in found.nets.items():
        assert nets.seeds.tolist() == list(SEEDS if place in whole else SEEDS[:3]), place
    assert all(nets.seeds.tolist() == SEEDS.tolist() for nets in found.start.values())
    first = found.nets["default", 0.2]
    np.testing.assert_array_equal(found.start["default"].first_signal, first.first_signal)
    assert measure(found).signals["default"] == np.median(first.first_signal)


def test_an_initializer_that_cannot_start_is_left_out_and_named(
    tried: Callable[[], Trials], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise GoodinitError("layer 4 is dead")

    monkeypatch.setitem(INITIALIZERS, "lsuv", refuse)
    found = tried()
    assert found.refused["lsuv"].endswith("layer 4 is dead")
    assert found.other == "kaiming-relu"
    assert [choice.init for choice in measure(found).choices] == ["default", "kaiming-relu"]


def test_other_initializers_never_refuse(tried: Callable[[], Trials], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise GoodinitError("a processor without FMA")

    monkeypatch.setitem(INITIALIZERS, "default", refuse)
    with pytest.raises(GoodinitError, match="without FMA"):
        tried()


def test_nets_are_those_of_the_published_study() -> None:
    config = read_config(ROOT / "config/config.yaml")
    shape = ("batch_size", "hidden_layers", "width")
    assert [config[key] for key in shape] == [trials.BATCH_SIZE, trials.HIDDEN_LAYERS, trials.WIDTH]
    assert list(PEAKS) == config["initializers"]
    assert config["peaks"][0] == trials.MAIN
    assert max(config["studies"]["stability"]["peaks"]) == trials.TOP, "claim 29 was judged up to this peak"
    assert config["optimizer"] == "sgd"


def make_trials(**changes: Nets) -> Trials:
    """Nine nets per condition: the default rests at peak 0.2, escapes at 0.8; kaiming-relu is better by seed / 10."""
    ends = {"test_loss": 0.9, "test_accuracy": 0.5, "valid_loss": 0.9}
    better = {"test_loss": 0.9 - SEEDS / 10, "test_accuracy": 0.5 + SEEDS / 20, "valid_loss": 0.4}
    signal = 1e-4 * np.geomspace(1, 16, 9)
    made: dict[str, Nets] = {
        "default made standardize 0.2": {"curves": "eeesssqqd", **ends},
        "default made standardize 0.8": {"curves": "AAABBBBsd", **ends, "valid_loss": 0.8},
        "kaiming-relu made standardize 0.2": {"curves": "q" * 9, **better},
        "lsuv made standardize 0.2": {"curves": "d" * 9, **ends},
        "default made standardize 0.8 nudged": {
            "curves": "q" * 9, "signal": signal[:, None, None, None], "logit_signal": signal[:, None],
        },
    }  # fmt: skip
    by_condition = change({}, {name: {**nets, **changes.get(name, {})} for name, nets in made.items()}).trained
    nets = {(one.init, one.peak): found for one, found in by_condition.items() if one.variant != "nudged"}
    start = {one.init: found for one, found in by_condition.items() if one.variant == "nudged"}
    return Trials(start, nets, {"default": 0.8, "kaiming-relu": 0.2, "lsuv": 0.2}, {}, 256)


def test_what_nets_say_in_numbers() -> None:
    found = measure(make_trials())
    assert found.rested == Count(6, 9)
    assert found.escaped == Count(6, 9), "the net that diverges had learned"
    assert found.diverged == Count(1, 9)
    assert found.null_loss == pytest.approx(H)
    np.testing.assert_allclose(found.sums[:7] / BUDGET, [0.8] * 3 + [1.4] * 4, rtol=0.05)
    assert np.isnan(found.sums[7])
    assert found.lost == 0
    assert found.budget == pytest.approx(4 * BUDGET, rel=0.02)
    assert found.per_step == pytest.approx(found.budget / MADE_STEPS / 0.8)
    assert [choice[:2] for choice in found.choices] == [("default", 0.8), ("kaiming-relu", 0.2), ("lsuv", 0.2)]
    # the last diverge, and count as the null net from then on
    assert [choice.lowest_loss for choice in found.choices] == pytest.approx([0.8, 0.4, H])
    assert found.pairs == 6
    assert found.loss.mean == pytest.approx(np.mean(SEEDS[3:] / 10))
    assert found.accuracy.mean == pytest.approx(np.mean(SEEDS[3:] / 20))
    assert found.loss.interval[0] < found.loss.mean < found.loss.interval[1]
    assert found.other.loss == pytest.approx(0.9 - np.mean(SEEDS[3:] / 10))
    assert (found.default.diverged, found.other.diverged) == (1, 0)


def test_a_net_that_diverges_on_its_rest_is_lost() -> None:
    at_rest = np.where(np.arange(MADE_STEPS) < 300, 1.0, np.nan)
    gone = {"curves": [at_rest, *"AAAAAAAA"]}
    found = measure(make_trials(**{"default made standardize 0.8": gone}))
    assert found.lost == 1
    assert np.isnan(found.sums[0])


def test_the_line_is_that_of_claim_30() -> None:
    start = make_trials().start["default"]
    assert np.log10(findings.foretell(start)) == pytest.approx(LINE[0] + LINE[1] * np.log10(4e-4))
    dead = make_trials(**{"default made standardize 0.8 nudged": {"signal": 0}}).start["default"]
    assert np.isnan(findings.foretell(dead))
