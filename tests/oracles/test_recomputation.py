"""The claims table against a second computation of it from the same run files (recomputation.py)."""

from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import recomputation
import torch
from recomputation import Record, Study
from scipy.special import ndtri

from goodinit.arrays import Array, Arrays, Integers
from goodinit.claims import evidence, judging
from goodinit.data import shape
from goodinit.runs import file as runs
from goodinit.runs.condition import Condition
from goodinit.runs.nets import collect_nets, open_run
from goodinit.tables import calibration, pruning
from goodinit.training import evaluation
from goodinit.training import loop as training
from goodinit.training.statistics import contract

SEEDS = list(range(1000, 1012))
PEAKS, MORE_PEAKS = [0.18, 1.5], [0.1]
FEATURES, HIDDEN_LAYERS, WIDTH, STEPS = 8, 6, 12, 690
ROWS = {"train": 2400, "valid": 320, "test": 320}
INITS = ["default", "kaiming-relu", "lsuv"]
TABLES = {f"table{k}": k for k in range(1, 8)}
DEGREES = {"table": 3, "control": 300, "table-split-1": 3} | TABLES  # of freedom: fewer are heavier tails
FREEING_PEAK = 0.6
SHAPES = ["gain-0.3", "gain-0.6", "gain-1", "gain-0.3-in-3", "gain-0.6-in-3"]
SHAPES += ["gain-0.3+depth-4", "gain-0.3-in-2+depth-4"]
TOOLS = [("adamw", 0.002), ("adamw", 0.01), ("layer-norm", 0.3), ("gelu", 0.3)]
ATTRIBUTION = ["default-gain", "default-zero-bias", "default-normal", "lsuv-kaiming"]


COMPARED = ["table/quantile", "control/standardize", "control/heavy"]


def ranks(x: Array) -> Array:
    return (x.argsort(0).argsort(0) + 0.5) / len(x)


def write_data(folder: Path, dataset: str, scaling: str, x: Array, y: Integers) -> evaluation.Data:
    parts = dict(zip(ROWS, np.split(np.arange(len(x)), np.cumsum(list(ROWS.values()))[:-1]), strict=True))
    x = (x - x.mean(0)) / x.std(0)
    path = folder / dataset / f"{scaling}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays: Arrays = {
        "feature_names": np.array([f"feature {k}" for k in range(x.shape[1])]),
        "indicator": np.arange(x.shape[1]) == x.shape[1] - 1,
        "class_names": np.array(["a", "b", "c"]),
    }
    for part, rows in parts.items():
        arrays |= {f"x_{part}": x[rows].astype(np.float32), f"y_{part}": y[rows]}
    np.savez(path, allow_pickle=False, **arrays)
    return evaluation.load_data(path, torch.device("cpu"))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of results as the workflow makes it, of a study that is small and really trained, where nets end in
    every way."""
    folder = tmp_path_factory.mktemp("results")
    rng = np.random.default_rng(5)
    prepared = {}
    for dataset, degrees in DEGREES.items():
        x = rng.standard_t(degrees, (sum(ROWS.values()), FEATURES))
        x[:, -1] = x[:, -1] > 0
        score = x @ rng.normal(size=(FEATURES, 3)) + 0.1 * rng.normal(size=(len(x), 3))
        y = score.argmax(1).astype(np.int64)
        scaled = {"standardize": x, "quantile": ndtri(ranks(x)), "heavy": np.exp(ndtri(ranks(x)))}
        scaled["robust-clip"] = x / np.sqrt(1 + (x / 3) ** 2)
        for scaling, values in scaled.items():
            prepared[dataset, scaling] = write_data(folder / "data", dataset, scaling, values, y)

    asked: dict[Condition, str] = {}
    main = ("table", "standardize")
    for init in INITS:
        asked |= {Condition(*main, init, peak): "everything" for peak in PEAKS}
        asked |= {Condition(*main, init, peak): "losses" for peak in MORE_PEAKS}
        asked |= {Condition(*main, init, peak, "nudged"): "losses" for peak in PEAKS}
    asked |= {Condition(*main, init, PEAKS[0]): "losses" for init in ATTRIBUTION}
    asked |= {Condition(*main, "default", FREEING_PEAK): "losses"}
    asked |= {Condition(*main, "default", PEAKS[0], "longer-2"): "losses"}
    asked |= {Condition(*main, "kaiming-relu", FREEING_PEAK, shape): "losses" for shape in SHAPES}
    asked |= {Condition(*main, init, peak, tool): "losses" for init in INITS[:2] for tool, peak in TOOLS}
    for other in (("control", "standardize"), ("control", "heavy"), ("table", "quantile")):
        asked |= {Condition(*other, init, PEAKS[0]): "moments" if init == "default" else "losses" for init in INITS}
        asked |= {Condition(*other, "lsuv", peak): "losses" for peak in [PEAKS[1], *MORE_PEAKS]}

    asked[Condition("table-split-1", "standardize", "default", PEAKS[0])] = "losses"
    for name in TABLES:
        standardized = [("default", PEAKS[0]), ("default", PEAKS[1]), ("kaiming-relu", PEAKS[0])]
        asked |= {Condition(name, "standardize", *place): "losses" for place in standardized}
        asked |= {Condition(name, scaling, "default", PEAKS[0]): "losses" for scaling in ("quantile", "robust-clip")}

    files = []
    for condition, record in asked.items():
        dataset, scaling, init, peak, variant = condition
        data = prepared[dataset, scaling]
        recipe = training.Recipe(
            init=init, peak=peak, steps=STEPS, batch_size=32, hidden_layers=HIDDEN_LAYERS, width=WIDTH,
            evaluate_every=46 if record == "everything" else 460, variant=variant, record=record,
            optimizer="sgd",
        ).vary()  # fmt: skip
        few, of_main = SEEDS[: len(SEEDS) // 2], init in INITS and (dataset, scaling) == main
        blocks = [few, SEEDS[len(few) :]] if record == "everything" else [SEEDS] if of_main else [few]
        for seeds in [few] if variant in SHAPES else blocks:
            path = folder / f"runs/{condition}/seeds-{seeds[0]}-{seeds[-1]}.nc"
            path.parent.mkdir(parents=True, exist_ok=True)
            place = {"dataset": dataset, "scaling": scaling, "features": FEATURES, "classes": 3}
            runs.write_run(path, training.train(data, recipe, seeds), vars(recipe) | place, contract())
            files.append(path)

    tables = folder / "tables"
    tables.mkdir()
    data_files = sorted(folder.glob("data/*/*.npz"))
    calibrated = [path for path in data_files if path.parent.name in ("table", "control")]
    opened = [open_run(path) for path in files]
    recorded = [run for run in opened if run.attributes["record"] == "everything"]
    made = {
        "shapes": shape.tabulate_shapes(data_files),
        "calibration": calibration.tabulate_calibration(calibrated, SEEDS[:6], HIDDEN_LAYERS, WIDTH),
        "pruning": pd.concat(
            [pruning.tabulate_pruning(nets, prepared[main]) for nets in collect_nets(recorded).values()]
        ),
    }
    for name, table in made.items():
        table.to_csv(tables / f"{'data-shape' if name == 'shapes' else name}.csv", index=False)
    given = evidence.Evidence(collect_nets(opened), *main, "control", PEAKS, made)
    judging.judge_claims(given).to_csv(folder / "claims.csv", index=False)
    judging.judge_others(given, COMPARED).to_csv(folder / "claims-by-dataset.csv", index=False)
    return folder


def study_of(folder: Path, dataset: str, control: str, peaks: list[float]) -> Study:
    files = sorted(folder.glob("runs/**/*.nc"))
    return Study(files, folder / "data", folder / "tables", dataset, "standardize", control, peaks)


@pytest.fixture(scope="module")
def study(results: Path) -> Study:
    return study_of(results, "table", "control", PEAKS)


def check(folder: Path, study: Study, compared: Collection[str] = COMPARED) -> list[str]:
    """Every disagreement in the claims tables of a folder of results and in the tables that they read. compared: the
    other datasets with scalings that are judged, as far as there are runs."""
    problems = recomputation.disagreements(study, recomputation.read_csv(folder / "claims.csv"))
    others = recomputation.read_csv(folder / "claims-by-dataset.csv")
    for dataset, scaling in sorted(study.prepared() - {(study.dataset, study.scaling)}):
        if f"{dataset}/{scaling}" not in compared:
            continue
        rows = [row for row in others if (row["dataset"], row["scaling"]) == (dataset, scaling)]
        of_other = recomputation.disagreements(study.other(dataset, scaling), rows, corrected=False)
        problems += [f"{dataset}/{scaling} {problem}" for problem in of_other]
    return problems


def test_small_study_agrees(results: Path, study: Study) -> None:
    assert check(results, study) == []


def test_tables_of_the_small_study_agree(study: Study) -> None:
    assert recomputation.shape_table(study) == []
    assert [recomputation.pruning_table(study, peak) for peak in PEAKS] == [[], []]
    assert recomputation.calibration_table(study, HIDDEN_LAYERS, WIDTH) == []


def test_small_study_tells_something(results: Path) -> None:
    """Otherwise agreement says little: most parts are judged, to every verdict."""
    rows = recomputation.read_csv(results / "claims.csv")
    verdicts = [row["verdict"] for row in rows]
    assert set(verdicts) == {"supported", "refuted", "depends", "undecided", "untestable"}
    assert verdicts.count("untestable") < len(rows) / 4


PERTURBED: dict[str, Callable[[Record], object]] = {
    "measured": lambda row: 1.001 * float(row["measured"]),
    "n": lambda row: int(row["n"]) - 1,
    "effect": lambda row: 1.001 * float(row["effect"]),
    "interval_low": lambda row: 0.7 * float(row["interval_low"]) + 0.3 * float(row["interval_high"]),
    "interval_high": lambda row: 0.3 * float(row["interval_low"]) + 0.7 * float(row["interval_high"]),
    "p_value": lambda row: 0.5 * float(row["p_value"]) + 0.1,
    "verdict": lambda row: "refuted" if row["verdict"] == "supported" else "supported",
    "thread_value": lambda _: 0.5,
    "default_value": lambda row: 1.001 * float(row["default_value"]),
    "threshold": lambda row: float(row["threshold"]) + 1,
    "side": lambda row: "below" if row["side"] == "above" else "above",
    "note": lambda row: row["note"] + " 7",
    "part": lambda row: row["part"] + " else",
    "nudged": lambda row: "refuted" if row["nudged"] == "supported" else "supported",
}


@pytest.mark.parametrize("column", PERTURBED)
def test_a_wrong_number_is_found_and_its_row_named(results: Path, study: Study, column: str) -> None:
    rows = recomputation.read_csv(results / "claims.csv")
    place = (16, f"{PEAKS[0]:g}", "faster")
    row = next(row for row in rows if (int(row["claim"]), row["peak"], row["part"]) == place)
    row[column] = str(PERTURBED[column](row))
    found = recomputation.disagreements(study, rows)
    assert any(problem.startswith(f"{place}:") for problem in found), found


def test_a_wrong_correction_is_found(results: Path, study: Study) -> None:
    rows = recomputation.read_csv(results / "claims.csv")
    row = next(row for row in rows if row["claim"] == "16" and row["peak"] == "all")
    row["p_adjusted"] = row["p_value"]
    found = recomputation.disagreements(study, rows)
    assert [problem for problem in found if "p_adjusted" in problem and "(16, 'all')" in problem]
