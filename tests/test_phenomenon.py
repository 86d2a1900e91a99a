"""The published main study, trained in full: what the thread saw, and what it did not."""

import numpy as np
import pandas as pd
import pytest
from project import Project

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("study"), "draft: false")
    project.snakemake("results/tables/escape.csv", "results/tables/init-profile.csv")
    return project


@pytest.fixture(scope="module")
def nets(study: Project) -> pd.DataFrame:
    return pd.read_csv(study.folder / "results/tables/escape.csv")


def of(nets: pd.DataFrame, init: str, peak: float) -> pd.DataFrame:
    chosen = nets[(nets["init"] == init) & (nets["peak"] == peak)]
    assert len(chosen) == 20
    return chosen


def test_about_half_of_the_default_nets_never_escape_at_the_main_peak(nets: pd.DataFrame) -> None:
    """Between 5 and 15 of 20: what 20 draws at one half give with probability 0.99."""
    stuck = of(nets, "default", 0.2)["escape_step"].isna().sum()
    assert 5 <= stuck <= 15
    assert (of(nets, "default", 0.2)["plateau_steps"] > 0).all()


@pytest.mark.parametrize("init", ["kaiming-relu", "lsuv"])
def test_the_other_inits_have_no_plateau(nets: pd.DataFrame, init: str) -> None:
    assert (of(nets, init, 0.2)["plateau_steps"] == 0).all()
    assert (of(nets, init, 0.2)["outcome"] == "trained").mean() >= 0.8


def test_at_the_threads_peak_default_escapes_and_lsuv_diverges(nets: pd.DataFrame) -> None:
    assert of(nets, "default", 0.6)["escape_step"].notna().mean() >= 0.9
    assert (of(nets, "lsuv", 0.6)["outcome"] == "diverged").mean() > 0.5


def test_lsuv_starts_with_unit_std_in_all_layers(study: Project) -> None:
    profile = pd.read_csv(study.folder / "results/tables/init-profile.csv")
    lsuv = profile[(profile["init"] == "lsuv") & (profile["source"] == "measured")]
    assert len(lsuv) == 20 * 10
    np.testing.assert_allclose(lsuv["std"], 1, atol=1e-3)
