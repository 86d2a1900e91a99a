"""The claims tables of the published study against a second computation of them (tests/oracles)."""

import recomputation
from project import ROOT, read_config
from test_recomputation import check, study_of

from goodinit.study.conditions import prepared


def test_published_study_agrees() -> None:
    config = read_config(ROOT / "config/config.yaml")
    folder = ROOT / config["results"]
    assert (folder / "claims.csv").is_file(), f"{folder} holds no claims table; make it with: make paper"
    study = study_of(folder, config["main_dataset"], config["control"], config["peaks"])
    assert check(folder, study, ["/".join(one) for one in prepared(config)]) == []
    assert recomputation.shape_table(study) == []
    assert [recomputation.pruning_table(study, peak) for peak in config["peaks"]] == [[], []]
    assert recomputation.calibration_table(study, config["hidden_layers"], config["width"]) == []
