"""Tables from run files written for the purpose, against counts by hand and lifelines."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr
from lifelines import KaplanMeierFitter
from made import make_data
from synthetic import run_of

from goodinit.arrays import Array
from goodinit.model.schedule import learning_rates
from goodinit.runs import file as runs
from goodinit.runs import plateau
from goodinit.runs.nets import Nets, collect_nets, read_nets
from goodinit.tables import curves, ends, law, pruning, remedies
from goodinit.tables.sweep import sweep
from goodinit.tables.tidy import END_METRICS
from goodinit.training.loop import Recipe, train
from goodinit.training.statistics import contract

NULL_LOSS = float(np.log(2))
STEPS = 460


def synthetic(
    path: Path,
    init: str,
    losses: Array,
    valid_loss: list[float],
    peak: float = 0.2,
    variant: str = "none",
    layers: int = 2,
) -> Path:
    """A run file whose nets have the given losses [nets, STEPS]."""
    nets = len(losses)
    arrays = {
        "seed": np.arange(nets),
        "step": np.arange(STEPS),
        "layer": np.arange(1, layers + 1),
        "subtrahend": np.zeros((nets, layers)),
        "evaluation": np.array([STEPS]),
        "loss": losses,
        "logit_signal": np.geomspace(1e-4, 1, STEPS) * np.ones((nets, 1)),
        **{name: np.full((nets, 1), 0.5) for name in ("train_loss", "train_accuracy", "valid_accuracy")},
        "valid_loss": np.array(valid_loss)[:, None],
        **{f"{part}null_loss": np.array(NULL_LOSS) for part in ("", "valid_", "test_")},
        **{f"{part}majority_share": np.array(0.5) for part in ("", "valid_", "test_")},
        "outcome": plateau.outcome(losses, NULL_LOSS),
        "escape_step": plateau.escape_step(losses, NULL_LOSS),
        "diverged_step": plateau.diverged_step(losses),
        "test_loss": np.array(valid_loss) + 0.01,
        "test_accuracy": 1 - np.array(valid_loss),
    }
    condition = {"dataset": "made", "scaling": "standardize", "init": init, "peak": peak, "variant": variant}
    runs.write_run(path, arrays, condition | {"optimizer": "sgd"}, contract())
    return path


def curve(escape: int | None = None, diverge: int | None = None) -> Array:
    loss = np.full(STEPS, NULL_LOSS)
    if escape is not None:
        loss[escape:] = 0.1
    if diverge is not None:
        loss[diverge:] = np.nan
    return loss


@pytest.fixture
def two(tmp_path: Path) -> list[Nets]:
    slow = [curve(300), curve(), curve(200), curve(diverge=100), curve(), curve(350)]
    fast = [curve(10), curve(20), curve(10), curve(30), curve(20, diverge=300), curve(10)]
    paths = [
        synthetic(tmp_path / "a.nc", "default", np.array(slow), [0.6, 0.7, 0.6, np.nan, 0.7, 0.6]),
        synthetic(tmp_path / "b.nc", "lsuv", np.array(fast), [0.3, 0.3, 0.3, 0.3, np.nan, 0.3]),
    ]
    return list(read_nets(paths).values())


def test_escape_counts_every_net(two: list[Nets]) -> None:
    nets = ends.escape(two)
    default = nets[nets["init"] == "default"]
    assert default["outcome"].tolist() == ["trained", "stuck", "trained", "diverged", "stuck", "trained"]
    assert default["escape_step"].notna().tolist() == [True, False, True, False, False, True]
    assert default["diverged_step"].dropna().tolist() == [100]
    assert default["final_loss_over_h"].round(3).tolist()[:2] == [round(0.1 / NULL_LOSS, 3), 1.0]
    assert nets[nets["init"] == "lsuv"]["outcome"].tolist()[4] == "diverged"


def test_comparisons_pair_seeds_and_count_diverged_nets_as_null(two: list[Nets]) -> None:
    rows = {row["measure"]: row for row in ends.comparisons(two).to_dict("records")}
    assert {(row["init"], row["reference"]) for row in rows.values()} == {("lsuv", "default")}
    loss, escape = rows["valid_loss"], rows["sooner"]
    old = np.array([0.6, 0.7, 0.6, NULL_LOSS, 0.7, 0.6])
    new = np.array([0.3, 0.3, 0.3, 0.3, NULL_LOSS, 0.3])
    assert loss["difference"] == pytest.approx((new - old).mean(), abs=1e-6)
    assert loss["survivors"] == pytest.approx(np.mean([-0.3, -0.4, -0.3, -0.3]), abs=1e-6)
    assert (loss["n"], loss["n_survivors"]) == (6, 4)
    assert escape["difference"] == 1
    assert escape["interval_low"] == pytest.approx(2 * 0.025 ** (1 / 6) - 1), "six of six are not certain"
    assert escape["p_value"] == pytest.approx(2 / 2**6)


def test_share_escaped_is_kaplan_meiers(two: list[Nets]) -> None:
    table, nets = curves.plateau_table(two), ends.escape(two)
    for init in ("default", "lsuv"):
        ours = table[(table["panel"] == "escaped") & (table["init"] == init)].drop_duplicates("step", keep="last")
        times = nets.loc[nets["init"] == init, "escape_step"]
        theirs = KaplanMeierFitter().fit(times.fillna(STEPS - 1), times.notna())
        for step, value in zip(ours["step"], ours["value"], strict=True):
            assert value == pytest.approx(1 - theirs.predict(step))


def test_around_an_escape_the_loss_has_a_median_and_quartiles(two: list[Nets]) -> None:
    zoom = curves.plateau_table(two).query("panel == 'zoom'")
    assert zoom["n"].unique().tolist() == [3], "nets of default that escape"
    first, *_, last = zoom[["interval_low", "value", "interval_high"]].to_numpy().tolist()
    assert first == pytest.approx([NULL_LOSS] * 3, rel=1e-6), "long before"
    assert last == pytest.approx([0.1] * 3, rel=1e-6), "long after"


def test_means_of_loss_curves_are_over_the_nets_that_never_diverge(two: list[Nets]) -> None:
    table = curves.loss_curves(two)
    lsuv = table[table["init"] == "lsuv"]
    last = lsuv[lsuv["seed"].isna()].iloc[-1]
    assert last["n"] == 5
    assert last["trailing_loss"] == pytest.approx(0.1, abs=1e-6)
    ends = lsuv.dropna(subset="diverged_step")
    assert ends["seed"].unique().tolist() == [4]
    assert ends["diverged_step"].unique().tolist() == [300]
    assert ends["step"].max() < 300


def test_the_law_follows_default_nets_by_their_sum_of_rates_until_they_are_out(two: list[Nets]) -> None:
    rows = law.law(two)
    assert set(rows["init"]) == {"default"}
    first = rows[rows["seed"] == 0]  # its loss falls at step 300
    assert first["step"].tolist() == list(range(0, 350, 46))
    assert first["escaped"].tolist() == [False] * 7 + [True]
    rates = learning_rates(0.2, STEPS)
    assert first["rate_sum"].tolist() == pytest.approx([rates[:step].sum() for step in first["step"]])
    assert first["signal"].tolist() == pytest.approx(np.geomspace(1e-4, 1, STEPS)[first["step"]].tolist(), rel=1e-6)
    stuck, diverged = (rows[rows["seed"] == seed]["step"].max() for seed in (1, 3))
    assert stuck == 414, "the last window"
    assert diverged == stuck, "as recorded"
    assert law.law(two[1:]).empty


def test_prediction_sets_the_first_signal_beside_what_nets_rested(two: list[Nets], tmp_path: Path) -> None:
    losses = np.array([curve(100), curve(300), curve(200), curve(), curve(), curve(160)])
    paths = [
        synthetic(tmp_path / "high.nc", "default", losses, [0.6] * 6, peak=0.6),
        synthetic(tmp_path / "small.nc", "kaiming-relu", losses[:2], [0.6] * 2, 0.4, "gain-0.5-in-1"),
        synthetic(tmp_path / "all.nc", "kaiming-relu", losses[3:4], [0.6], 0.4, "gain-0.5+depth-3", layers=3),
    ]
    table = law.prediction([*two, *read_nets(paths).values()])
    nets, shares = table.dropna(subset="seed"), table[table["seed"].isna()]
    assert nets.groupby("init", sort=False)["peak"].unique().explode().tolist() == [0.6, 0.4]
    assert nets[law.SHAPE].drop_duplicates().to_numpy().tolist() == [[1, 2, 2], [0.5, 1, 2], [0.5, 3, 3]]
    assert nets["signal"].to_numpy(float) == pytest.approx(1e-4)
    assert nets["escaped"].tolist() == [True, True, True, False, False, True, True, True, False]
    rates = learning_rates(0.6, STEPS)
    assert nets["rate_sum"].iloc[0] == pytest.approx(
        rates[: plateau.escape_step(losses, NULL_LOSS)[0].astype(int)].sum()
    )
    assert nets["rate_sum"].iloc[3] == pytest.approx(rates.sum())

    # at 0.2 nets 0, 2 and 5 escape, at 0.6 also net 1
    assert shares["peak"].tolist() == [0.2, 0.6]
    assert shares["n"].tolist() == [4, 3]
    assert shares["share"].tolist() == [0.75, 1]
    budget, own = learning_rates(0.2, STEPS).sum(), nets["rate_sum"].to_numpy(float)[[0, 1, 2, 5]]
    assert shares["foretold"].tolist() == [pytest.approx((own < budget).mean()), 1]
    assert (shares["interval_low"] < shares["share"]).all()


def test_prediction_is_of_standardized_features_and_may_be_of_nothing(two: list[Nets]) -> None:
    assert law.prediction(two[1:]).empty


def test_phase_counts_the_nets_of_each_shape(tmp_path: Path) -> None:
    losses = np.array([curve(100), curve(300), curve(200), curve(), curve(), curve(diverge=60)])
    paths = [
        synthetic(tmp_path / "small.nc", "kaiming-relu", losses, [0.6] * 6, 0.4, "gain-0.5-in-1"),
        synthetic(tmp_path / "all.nc", "kaiming-relu", losses[:3], [0.6] * 3, 0.4, "gain-0.7+depth-3", layers=3),
    ]
    first, second = law.phase(list(read_nets(paths).values())).to_dict("records")
    assert [first[name] for name in law.SHAPE] == [0.5, 1, 2]
    assert (first["n"], first["share"], first["finished"]) == (6, 0.5, pytest.approx(5 / 6))
    assert np.isnan(first["rate_sum"]), "half of them never got out"
    assert first["on_plateau"] == pytest.approx(3 / 6), "that which falls at step 300 and those that never do"
    rates = learning_rates(0.4, STEPS)
    middle = plateau.escape_step(losses[2:3], NULL_LOSS)[0]
    assert second["rate_sum"] == pytest.approx(rates[: int(middle)].sum())
    assert second["budget"] == pytest.approx(rates.sum())


def test_remedies_are_shown_at_the_best_peak_of_each(two: list[Nets], tmp_path: Path) -> None:
    losses = np.array([curve(350), curve(), curve(100), curve(diverge=60), curve(), curve(10)])
    paths = [
        synthetic(tmp_path / "c.nc", "default", losses, [0.6] * 6, 0.002, "adamw"),
        synthetic(tmp_path / "d.nc", "default", losses, [0.5, 0.4, 0.5, np.nan, 0.5, 0.5], 0.004, "adamw"),
        synthetic(tmp_path / "e.nc", "lsuv", losses[:2], [0.5, 0.9], 0.004, "adamw"),
    ]
    table = remedies.remedies([*two, *read_nets(paths).values()])
    plain, of_adamw = (
        [["default", "none", 0.2], ["lsuv", "none", 0.2]],
        [[i, "adamw", 0.004] for i in ("default", "lsuv")],
    )
    assert table[["init", "variant", "peak"]].drop_duplicates().to_numpy().tolist() == plain + of_adamw
    adamw = table[(table["variant"] == "adamw") & (table["init"] == "default")]
    rests, nets, mean = adamw.iloc[0], adamw.iloc[1:-1], adamw.iloc[-1]
    assert (rests["measure"], rests["value"], rests["n"]) == ("plateau", 3 / 5, 5), "one diverged before it could tell"
    assert nets["seed"].tolist() == list(range(6))
    assert nets["finished"].tolist() == [True, True, True, False, True, True]
    assert (mean["measure"], mean["n"], mean["value"]) == ("test_loss", 5, pytest.approx(0.49))


def test_a_sweep_chooses_on_one_half_of_the_nets_and_keeps_the_other_for_the_held_out_rows(
    two: list[Nets], tmp_path: Path
) -> None:
    losses = np.array([curve(100), curve(300), curve(), curve(diverge=60), curve(), curve(10)])
    paths = [
        synthetic(tmp_path / "better.nc", "default", losses, [0.5, 0.6, 0.5, np.nan, 0.6, 0.5], 0.4),
        synthetic(tmp_path / "worse.nc", "lsuv", losses, [0.4, 0.4, np.nan, 0.1, 0.1, 0.1], 0.4),
    ]
    table = sweep([*two, *read_nets(paths).values()])
    assert table[["init", "peak", "chosen"]].drop_duplicates().to_numpy().tolist() == [
        ["default", 0.2, False], ["lsuv", 0.2, True], ["default", 0.4, True], ["lsuv", 0.4, False]
    ]  # fmt: skip
    assert set(table.loc[table["choosing"], "seed"]) == {0, 1, 2}
    nets = table[(table["init"] == "default") & table["chosen"]]
    assert nets["test_loss"].tolist() == pytest.approx(
        [np.nan, np.nan, np.nan, NULL_LOSS, 0.61, 0.51], rel=1e-6, nan_ok=True
    )
    assert nets["test_accuracy"].tolist()[3:] == pytest.approx([0.5, 0.4, 0.5], rel=1e-6)
    assert table.loc[~table["chosen"], "test_loss"].isna().all()
    assert nets["on_plateau"].tolist() == pytest.approx([0, 1, 1, np.nan, 1, 0], nan_ok=True)
    assert nets["escaped"].tolist() == [True, True, False, False, False, True]
    rates = learning_rates(0.4, STEPS)
    assert nets["rate_sum"].tolist()[2:4] == pytest.approx([rates.sum(), rates[:60].sum()])
    assert nets["budget"].tolist() == pytest.approx([rates.sum()] * 6)


def test_stability_counts_outcomes_and_has_the_losses_beside_them(two: list[Nets]) -> None:
    table = ends.stability(two)
    shares = table[table["measure"] != "valid_loss"]
    counts = {(row["init"], row["measure"]): row["value"] * row["n"] for row in shares.to_dict("records")}
    by_hand = {"default": {"trained": 3, "stuck": 2, "collapsed": 0, "diverged": 1}, "lsuv": {"trained": 5, "stuck": 0}}
    assert all(counts[init, outcome] == n for init, found in by_hand.items() for outcome, n in found.items())
    assert ((shares["interval_low"] <= shares["value"]) & (shares["value"] <= shares["interval_high"])).all()
    losses = table[(table["measure"] == "valid_loss") & (table["init"] == "default")]
    assert losses["value"].tolist() == pytest.approx([0.6, 0.7, 0.6, 0.7, 0.6, 0.64], abs=1e-6)
    assert losses["seed"].tolist()[:-1] == [0, 1, 2, 4, 5], "one diverged"


def test_seeds_shows_the_pairs_behind_the_comparisons(two: list[Nets]) -> None:
    table = ends.seeds(two)
    for compared in ends.comparisons(two).to_dict("records"):
        rows = table[table["measure"] == compared["measure"]]
        if rows.empty:  # the figure shows three of the measures
            continue
        pairs, (mean,) = rows[rows["seed"].notna()], rows[rows["seed"].isna()].to_dict("records")
        assert pairs["difference"].mean() == pytest.approx(compared["difference"])
        assert [mean[name] for name in ("interval_low", "n")] == [compared[name] for name in ("interval_low", "n")]
        assert pairs.loc[~pairs["finished"].astype(bool), "seed"].tolist() == [3, 4], "a net of each pair diverged"
    assert table["measure"].nunique() == 3


def test_generalization_leaves_diverged_nets_out_of_means_and_says_how_many_are_left(two: list[Nets]) -> None:
    table = curves.generalization(two)
    valid = table[(table["init"] == "default") & (table["measure"] == "valid_loss")]
    (mean,) = valid[valid["seed"].isna()].to_dict("records")
    assert mean["value"] == pytest.approx(np.mean([0.6, 0.7, 0.6, 0.7, 0.6]), abs=1e-6)
    assert mean["n"] == 5
    assert mean["null"] == pytest.approx(NULL_LOSS)
    gap = table[(table["init"] == "lsuv") & (table["measure"] == "loss_gap")].dropna(subset="seed")
    assert gap["value"].tolist() == pytest.approx([0.3 - 0.5] * 5, abs=1e-6), "validation less training"


def test_no_mean_is_over_fewer_nets_than_five(tmp_path: Path) -> None:
    losses = [curve(10), curve(20), curve(10), curve(30), curve(diverge=300)]
    path = synthetic(tmp_path / "a.nc", "lsuv", np.array(losses), [0.3, 0.3, 0.3, 0.3, np.nan])
    table = curves.generalization(list(read_nets([path]).values()))
    means = table[table["seed"].isna() & (table["measure"] == "valid_loss")]
    assert means["n"].tolist() == [4]
    assert means[["value", "interval_low", "interval_high"]].isna().all(axis=None)


def test_where_every_net_diverges_no_mean_is_over_those_that_came_furthest(tmp_path: Path) -> None:
    losses = np.array([curve(diverge=step) for step in (100, 200, 300)])
    path = synthetic(tmp_path / "a.nc", "lsuv", losses, [np.nan] * 3)
    run = xr.open_dataset(path, engine="h5netcdf", decode_cf=False)
    evaluations = np.array([0, 230, 460])
    values = np.array([[1.0, np.nan, np.nan], [1.0, np.nan, np.nan], [1.0, 0.9, np.nan]])
    run = run.drop_dims("evaluation").assign_coords(evaluation=evaluations)
    run = run.assign(dict.fromkeys(END_METRICS, (("seed", "evaluation"), values)))
    (nets,) = collect_nets([run_of(run)]).values()
    evaluated = curves.generalization([nets])
    means = evaluated[evaluated["seed"].isna()]
    assert means["n"].tolist() == [0] * len(means)
    assert means["value"].isna().all()
    assert len(evaluated) - len(means) == 3 * 4, "every value that there is has a row"
    trailing = curves.loss_curves([nets])
    last = trailing[trailing["seed"].isna()].iloc[-1]
    assert (last["step"], last["n"]) == (STEPS - 1, 0)
    assert np.isnan(last["trailing_loss"])


def test_pruning_nothing_of_a_net_of_any_architecture_gives_its_own_loss(
    recipe: Callable[..., Recipe], tmp_path: Path
) -> None:
    data, wanted = make_data(dtype=torch.float32), recipe(variant="batch-norm+residual", hidden_layers=3, width=8)
    run = train(data, wanted, [0, 1])
    place = {"dataset": "made", "scaling": "standardize", "features": 6, "classes": 3}
    runs.write_run(tmp_path / "run.nc", run, place | asdict(wanted), contract())
    (nets,) = read_nets([tmp_path / "run.nc"]).values()
    table = pruning.tabulate_pruning(nets, data)
    for stage, evaluation in {"start": 0, "end": -1}.items():
        whole = table[(table["stage"] == stage) & (table["sparsity"] == 0)]
        assert whole["valid_loss"].tolist() == pytest.approx(run["valid_loss"][:, evaluation].tolist(), rel=1e-6)
