"""A fresh run agrees with the reference, and one that is other does not: by bits, and by distribution."""

import platform
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from made import make_data

from goodinit import GoodinitError
from goodinit.arrays import Array, Arrays
from goodinit.model.initializers import INITIALIZERS, Draw, Layer, kaiming_relu
from goodinit.runs import file as runs
from goodinit.runs.fingerprint import Fingerprint
from goodinit.runs.reference import Reference, name_of
from goodinit.runs.verification import LEVEL, SAME_BITS_ON, Comparison, compare
from goodinit.training.loop import Recipe, train
from goodinit.training.statistics import contract
from goodinit.verbs.refer import refer
from goodinit.verbs.verify import verify

CONDITION = {"dataset": "made", "scaling": "standardize", "init": "kaiming-relu", "peak": 0.1, "variant": "none"}
RUN = Path("quick/runs/made/standardize/kaiming-relu/peak-0.1/none/seeds-0-5.nc")
NAME = name_of(RUN)
SHAPE = {"steps": 92, "batch_size": 20, "hidden_layers": 4, "width": 40, "evaluate_every": 46}


def train_six() -> Arrays:
    recipe = Recipe("kaiming-relu", peak=0.1, **SHAPE, variant="none", record="moments", optimizer="sgd")
    return train(make_data(), recipe, list(range(6)))


def write(path: Path, arrays: Arrays, device: str = "cpu") -> Path:
    runs.write_run(path, arrays, CONDITION | {"device": device}, contract())
    return path


@pytest.fixture(autouse=True)
def _on_the_promised_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: SAME_BITS_ON.split()[1])


@pytest.fixture
def told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., list[str]]:
    """What verify says of other arrays when the reference is of the first ones; its error comes last."""
    reference = tmp_path / "reference.json"
    refer([write(tmp_path / "reference" / RUN, train_six())], reference)

    def tell(arrays: Arrays, device: str = "cpu") -> list[str]:
        try:
            verify([write(tmp_path / "verify" / RUN, arrays, device)], reference)
        except GoodinitError as error:
            return [*capsys.readouterr().out.splitlines(), str(error).replace(str(reference), "REFERENCE")]
        return [line.replace(str(reference), "REFERENCE") for line in capsys.readouterr().out.splitlines()]

    return tell


def test_the_same_bits_agree(told: Callable[..., list[str]]) -> None:
    assert told(train_six()) == [
        f"compared by bits: all was computed on {SAME_BITS_ON}",
        "all 1 runs agree with REFERENCE",
    ]


def test_one_bit_is_found_with_its_run_array_step_and_seed(told: Callable[..., list[str]]) -> None:
    arrays = train_six()
    loss = arrays["loss"].astype(np.float32)
    loss[3, 8] = np.nextafter(loss[3, 8], np.float32(9))
    _, line, error = told(arrays | {"loss": loss})
    assert line.startswith(f"{NAME}: 1 of {len(arrays)} arrays differ, first loss; loss at step 8, seed 3: ")
    assert re.search(r" \(\+1\.2e-07\)$", line), "a float32 between 1 and 2, and the next"
    assert error == "1 of 1 runs differ from REFERENCE"


def test_a_bit_between_the_values_kept_is_found_with_its_array(told: Callable[..., list[str]]) -> None:
    arrays = train_six()
    arrays["loss"][3, 9] += 1e-3
    assert told(arrays)[1] == f"{NAME}: 1 of {len(arrays)} arrays differ, first loss; none of the values kept does"


def test_a_run_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reference = tmp_path / "reference.json"
    there, gone = tmp_path / RUN, tmp_path / "quick/runs/made/standardize/lsuv/peak-0.1/none/seeds-0-5.nc"
    refer([write(there, train_six()), write(gone, train_six())], reference)
    gone.unlink()
    with pytest.raises(GoodinitError, match="1 of 2 runs differ from"):
        verify([there, gone], reference)
    assert f"{name_of(gone)}: missing" in capsys.readouterr().out.splitlines()


def test_another_device_is_compared_by_distribution(told: Callable[..., list[str]]) -> None:
    arrays = train_six()
    assert told(arrays | {"loss": arrays["loss"].astype(np.float64) * (1 + 1e-6)}, "cuda") == [
        f"compared by distribution: cuda x86_64 does not promise the bits of {SAME_BITS_ON}",
        "all 1 conditions agree with REFERENCE",
    ]


def test_a_run_of_another_length_is_named_by_distribution_too(told: Callable[..., list[str]]) -> None:
    arrays = train_six()
    shorter = {
        name: array[:, :50] if contract()[name].dimensions[1:2] == ("step",) else array
        for name, array in arrays.items()
    }
    line = told(shorter | {"step": arrays["step"][:50]}, "cuda")[1]
    assert line == f"{NAME}: holds other values than the reference; has the config changed?"


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_gain_that_is_off_by_a_tenth_is_named(
    told: Callable[..., list[str]], device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def off(draws: list[Draw], batch: Array) -> list[Layer]:
        return [Layer(0.9 * layer.weight, layer.bias) for layer in kaiming_relu(draws, batch)]

    monkeypatch.setitem(INITIALIZERS, "kaiming-relu", off)
    _, line, error = told(train_six(), device)
    assert line.startswith(NAME if device == "cpu" else NAME.removesuffix("/seeds-0-5"))
    assert " activation std of layer 1 before training, seed 0: " in line
    assert error.startswith("1 of 1 ")


# Made studies: conditions whose nets are stuck with some probability, seeds as in the quick and the published study.

H = 1.5  # nats
STUCK = (0.0, 0.0, 0.1, 0.3, 0.5, 0.5, 0.7, 0.9, 1.0, 1.0)
RESAMPLES = 200


def make_run(rng: np.random.Generator, seeds: int, stuck: float, longer: float = 1.0) -> Fingerprint:
    """Start values belong to the seeds and carry rounding alone; losses end near H or, lognormal, well below; the
    escape takes `longer`."""
    stays, diverges = rng.random(seeds) < stuck, rng.random(seeds) < stuck / 4
    trained = np.where(diverges, H, rng.lognormal(-1, 0.3, seeds))
    loss = np.where(stays, H * rng.normal(1, 1e-3, seeds), trained)
    std = np.random.default_rng(0).lognormal(-1, 0.3, seeds) * rng.normal(1, 1e-5, seeds)
    escape = np.where(stays | diverges, 3680, longer * rng.lognormal(6, 0.2, seeds).round())
    course = {
        "loss at step 0": H * rng.normal(1.05, 0.02, seeds),
        "loss at step 64": rng.lognormal(0, 1, seeds),
        "loss at the end": loss,
        "accuracy at the end": np.where(stays, 0.367, 1 - loss / 4).round(4),
        "escape step": escape,
    }
    outcome = np.where(diverges, "diverged", np.where(stays, "stuck", "trained")).tolist()
    values = {what: values.tolist() for what, values in course.items()}
    return Fingerprint("cuda x86_64", "", {}, {"std": std.tolist()}, values, outcome)


def make_study(rng: np.random.Generator, seeds: int, longer: float = 1.0) -> Reference:
    """`longer` is for the last condition that is rarely stuck."""
    return {
        f"quick/made/{number}/seeds-0-{seeds - 1}": make_run(rng, seeds, stuck, longer if number == 1 else 1.0)
        for number, stuck in enumerate(STUCK)
    }


def compare_made(seeds: int, seed: int, longer: float = 1.0) -> Comparison:
    rng = np.random.default_rng([seeds, seed])
    return compare(make_study(rng, seeds, longer), make_study(rng, seeds))


@pytest.mark.parametrize("seeds", [6, 10, 20])
def test_false_alarms_are_no_more_than_promised(seeds: int) -> None:
    alarms = sum(bool(compare_made(seeds, seed).differences) for seed in range(RESAMPLES))
    assert alarms <= LEVEL * RESAMPLES


@pytest.mark.parametrize(("seeds", "longer"), [(6, 8.0), (10, 2.0), (20, 1.5)])
def test_what_trains_otherwise_is_named(seeds: int, longer: float) -> None:
    found = [compare_made(seeds, seed, longer).differences for seed in range(20)]
    named = [
        [line for line in lines if line.startswith("quick/made/1: ") and " escape step: " in line] for lines in found
    ]
    assert sum(map(bool, named)) >= 18
