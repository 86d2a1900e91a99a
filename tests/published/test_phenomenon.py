"""The published study, as `make paper` left it: what the thread saw, and what it did not."""

import numpy as np
import pandas as pd
import pytest
from project import ROOT

from goodinit.claims import CLAIMS

RESULTS = ROOT / "results"
HALF_OF_TWENTY = range(5, 16)  # what 20 draws at one half give with probability 0.99


def read(name: str) -> pd.DataFrame:
    path = RESULTS / name
    assert path.is_file(), f"{path} is missing; make it with: make paper"
    return pd.read_csv(path)


def of(init: str, peak: float) -> pd.DataFrame:
    nets = read("tables/escape.csv")
    chosen = nets[(nets["init"] == init) & (nets["peak"] == peak)]
    assert len(chosen) == 20
    return chosen


def test_about_half_of_the_default_nets_never_escape_at_the_main_peak() -> None:
    assert of("default", 0.2)["escape_step"].isna().sum() in HALF_OF_TWENTY
    assert (of("default", 0.2)["plateau_steps"] > 0).all()


@pytest.mark.parametrize("init", ["kaiming-relu", "lsuv"])
def test_the_other_inits_have_no_plateau(init: str) -> None:
    assert (of(init, 0.2)["plateau_steps"] == 0).all()
    assert (of(init, 0.2)["outcome"] == "trained").mean() >= 0.8


def test_at_the_threads_peak_default_escapes_and_lsuv_diverges() -> None:
    assert of("default", 0.6)["escape_step"].notna().mean() >= 0.9
    assert (of("lsuv", 0.6)["outcome"] == "diverged").mean() > 0.5


def test_lsuv_starts_with_unit_std_in_all_layers() -> None:
    profile = read("tables/init-profile.csv")
    lsuv = profile[(profile["init"] == "lsuv") & (profile["measure"] == "std")].dropna(subset="seed")
    assert len(lsuv) == 20 * 10
    np.testing.assert_allclose(lsuv["value"], 1, atol=1e-3)


def test_every_claim_of_the_thread_is_decided() -> None:
    claims = read("claims.csv")
    whole = claims[claims["part"] == "all"].set_index("claim")["verdict"]
    assert whole.index.tolist() == list(CLAIMS)
    assert (whole != "untestable").all()
    assert {"supported", "refuted", "depends", "undecided"} <= set(whole)
