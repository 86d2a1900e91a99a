"""An interrupted run goes on to the bits of an undisturbed one, or starts over where what was kept is not its own."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from gpu_code import use_code_of_gpu
from numpy.typing import NDArray

from goodinit.arrays import Arrays
from goodinit.training import unfinished
from goodinit.training.evaluation import Data
from goodinit.training.loop import Recipe, train
from goodinit.training.unfinished import State, Unfinished

SEEDS, STEPS, LEFT = [3, 4], 150, 92
ORIGIN = {"steps": STEPS, "code_sha256": "0123"}
KEPT = "seeds-3-4.unfinished"


class InterruptionError(Exception):
    pass


def interrupt(step: int, loss: float) -> None:  # noqa: ARG001
    if step > LEFT:
        raise InterruptionError


@pytest.fixture(autouse=True)
def saving_whenever_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unfinished, "FIRST", 0.0)
    monkeypatch.setattr(unfinished, "SHARE", 1e9)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return tmp_path / "seeds-3-4.nc"


def same(one: Arrays, other: Arrays) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name], _nan(one[name])) for name in one)


def _nan(values: NDArray[np.generic]) -> bool:
    return values.dtype.kind == "f"


def leave(data: Data, wanted: Recipe, run: Path) -> None:
    """Train until step LEFT and a bit more."""
    with pytest.raises(InterruptionError):
        train(data, wanted, SEEDS, interrupt, Unfinished(run, ORIGIN))
    assert run.with_name(KEPT).is_file()


@pytest.mark.parametrize("gpu", [False, True])
@pytest.mark.parametrize(
    ("init", "variant", "record"),
    [
        ("lsuv", "none", "everything"),
        ("default", "dropout-0.2", "full"),
        ("kaiming-relu", "momentum", "moments"),
        ("default", "adamw+batch-norm", "moments"),
        ("kaiming-relu", "early-stopping", "losses"),
    ],
)
def test_an_interrupted_run_ends_as_an_undisturbed_one(
    init: str, variant: str, record: str, gpu: bool, run: Path, data: Data, recipe: Callable[..., Recipe],
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    if gpu:
        use_code_of_gpu(monkeypatch)
    wanted = recipe(init, variant=variant, record=record, steps=STEPS, hidden_layers=3, width=8).vary()
    undisturbed = train(data, wanted, SEEDS)
    leave(data, wanted, run)
    steps: list[int] = []
    going_on = Unfinished(run, ORIGIN)
    assert same(train(data, wanted, SEEDS, lambda step, _: steps.append(step), going_on), undisturbed)
    assert steps == [138, 150], "only what was missing"
    assert capsys.readouterr().err == f"{run.with_name(KEPT)}: training goes on from step {LEFT}\n"
    going_on.remove()
    assert list(run.parent.iterdir()) == []


def test_a_run_that_had_diverged_goes_on_diverged(run: Path, data: Data, recipe: Callable[..., Recipe]) -> None:
    data.x["train"][:, 0] *= 1e20
    wanted = recipe("kaiming-relu", steps=STEPS, record="moments")
    leave(data, wanted, run)
    ended = train(data, wanted, SEEDS, None, Unfinished(run, ORIGIN))
    assert ended["outcome"].tolist() == ["diverged"] * 2
    assert same(ended, train(data, wanted, SEEDS))


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flip(content: bytes) -> bytes:
    return content[:-500] + bytes([content[-500] ^ 1]) + content[-499:]


@pytest.mark.parametrize("damage", [cut, flip, lambda _: b"", lambda content: b"\0" + content])
def test_what_is_damaged_is_not_used(
    damage: Callable[[bytes], bytes], run: Path, data: Data, recipe: Callable[..., Recipe],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    wanted = recipe(steps=STEPS, record="losses")
    leave(data, wanted, run)
    kept = run.with_name(KEPT)
    kept.write_bytes(damage(kept.read_bytes()))
    assert same(train(data, wanted, SEEDS, None, Unfinished(run, ORIGIN)), train(data, wanted, SEEDS))
    assert capsys.readouterr().err == f"{kept} is damaged, or of other settings, code or data: training starts over\n"


@pytest.mark.parametrize("other", [{"steps": STEPS + 1}, {"code_sha256": "4567"}, {"data_sha256": "89ab"}])
def test_what_another_run_left_is_not_used(
    other: dict[str, object], run: Path, data: Data, recipe: Callable[..., Recipe], capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = recipe(steps=STEPS, record="losses")
    leave(data, wanted, run)
    steps: list[int] = []
    train(data, wanted, SEEDS, lambda step, _: steps.append(step), Unfinished(run, ORIGIN | other))
    assert steps == [46, 92, 138, 150]
    assert "starts over" in capsys.readouterr().err


def test_saving_takes_its_share_of_the_time_at_most(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0

    def write(path: Path, content: bytes) -> None:  # noqa: ARG001
        nonlocal now
        now += 0.25
        saved.append(now)

    saved: list[float] = []
    monkeypatch.setattr(unfinished, "FIRST", 1.0)
    monkeypatch.setattr(unfinished, "SHARE", 0.01)
    monkeypatch.setattr(unfinished, "write_whole", write)
    monkeypatch.setattr("time.monotonic", lambda: now)
    kept = Unfinished(run, ORIGIN)
    for step in range(100):
        kept.save(step, State([], []))
        now += 0.5
    assert saved == [1.25, 26.5]
