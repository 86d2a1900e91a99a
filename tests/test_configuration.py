"""The schema says what the code knows, and contradictions are caught before anything runs."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from project import ROOT

from goodinit import GoodinitError, configuration
from goodinit.conditions import RECORDS, STUDIES, Condition, blocks, looks
from goodinit.datasets import READERS

SCHEMA = ROOT / "workflow/schemas/config.schema.yaml"


def test_the_schema_knows_every_reader_and_level() -> None:
    properties = yaml.safe_load(SCHEMA.read_text())["properties"]
    assert properties["datasets"]["additionalProperties"]["properties"]["reader"]["enum"] == sorted(READERS)
    assert set(properties["studies"]["properties"]["main"]["properties"]["record"]["enum"]) < set(RECORDS)
    assert set(properties["studies"]["properties"]) == set(STUDIES)


def test_the_quick_study_is_the_same_in_small() -> None:
    """Every study is in it, and it asks for nothing that the published one lacks but one peak to choose among."""
    published, quick = (yaml.safe_load((ROOT / f"config/{name}.yaml").read_text()) for name in ("config", "quick"))
    merged = published | quick
    merged["studies"] = {name: study | quick["studies"].get(name, {}) for name, study in published["studies"].items()}
    configuration.check(merged, SCHEMA, [str(ROOT / "config/config.yaml"), str(ROOT / "config/quick.yaml")])
    assert all(study["enabled"] for study in merged["studies"].values())
    assert set(looks(merged)) <= set(looks(published))


def test_a_shared_condition_is_trained_once_and_watched_most_closely() -> None:
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    shared = Condition("lahman", "standardize", "lsuv", 0.2, "none")
    asking = [name for name, study in STUDIES.items() if shared in study(config)]
    assert asking == ["main", "stability", "initializers", "overfitting"]
    assert looks(config)[shared] == ("everything", 46)
    assert blocks(config, STUDIES)[shared] == ["0-9", "10-19"]
    config["studies"]["main"]["enabled"] = config["studies"]["stability"]["enabled"] = False
    assert looks(config)[shared] == ("everything", 46), "nothing is trained again when a study is switched off"
    assert blocks(config, STUDIES)[shared] == ["0-9"]


OWN = {"reader": "csv", "target": "y", "raw": {"a.csv": {"path": "nowhere.csv"}}}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"table": "nowhere.csv", "target": "y"}, "table: there is no file nowhere.csv; correct the path"),
        ({"target": "y"}, "target: says nothing without `table`"),
        ({"group": "who"}, "group: says nothing without `table`"),
        ({"batch_size": 20_000}, "batch_size: 20000 rows are more than train_rows 12000"),
        ({"peaks": [0.2, 0.2000000001]}, "peaks: two of them are the same to six digits"),
        ({"results": "my results"}, "results: 'my results' does not match"),
        ({"results": "results/"}, "results: 'results/' does not match"),
        ({"datasets": {"table": OWN}}, "datasets: 'table' does not match"),
        ({"datasets": {"mine": OWN}}, "datasets: there is no file nowhere.csv"),
        (
            {"datasets": {"mine": {**OWN, "reader": "csvv"}}},
            "datasets.mine.reader: 'csvv' is not known; did you mean 'csv'",
        ),
        (
            {"datasets": {"mine": {"reader": "csv", "raw": {"a.csv": {"path": "b"}}}}},
            "datasets.mine.target: missing; add it",
        ),
        ({"datasets": {"mine": {**OWN, "raw": {"a": {"path": "a"}, "b": {"path": "b"}}}}}, "datasets.mine.raw: "),
        ({"studies": {"main": {"record": "losses"}}}, "studies.main.record: 'losses' is not known"),
    ],
)
def test_contradictions_are_caught(change: dict[str, Any], complaint: str, tmp_path: Path) -> None:
    published = ROOT / "config/config.yaml"
    config = yaml.safe_load(published.read_text())
    datasets = config["datasets"] | change.get("datasets", {})
    studies = {name: study | change.get("studies", {}).get(name, {}) for name, study in config["studies"].items()}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(change))
    files = [str(published), str(tmp_path / "mine.yaml")]
    with pytest.raises(GoodinitError) as caught:
        configuration.check(config | change | {"datasets": datasets, "studies": studies}, SCHEMA, files)
    assert complaint in str(caught.value)
    assert "mine.yaml: " in str(caught.value)


def test_the_published_config_is_sound() -> None:
    published = ROOT / "config/config.yaml"
    configuration.check(yaml.safe_load(published.read_text()), SCHEMA, [str(published)])
