"""The schema says what the code knows, and contradictions are caught before anything runs."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from project import ROOT

from goodinit import GoodinitError, configuration
from goodinit.conditions import RECORDS
from goodinit.datasets import READERS

SCHEMA = ROOT / "workflow/schemas/config.schema.yaml"


def test_the_schema_knows_every_reader_and_level() -> None:
    properties = yaml.safe_load(SCHEMA.read_text())["properties"]
    assert properties["datasets"]["additionalProperties"]["properties"]["reader"]["enum"] == sorted(READERS)
    assert set(properties["studies"]["properties"]["main"]["properties"]["record"]["enum"]) < set(RECORDS)


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
        ({"studies": {"main": {"enabled": True, "record": "losses"}}}, "studies.main.record: 'losses' is not known"),
    ],
)
def test_contradictions_are_caught(change: dict[str, Any], complaint: str, tmp_path: Path) -> None:
    published = ROOT / "config/config.yaml"
    config = yaml.safe_load(published.read_text())
    datasets = config["datasets"] | change.get("datasets", {})
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(change))
    files = [str(published), str(tmp_path / "mine.yaml")]
    with pytest.raises(GoodinitError) as caught:
        configuration.check(config | change | {"datasets": datasets}, SCHEMA, files)
    assert complaint in str(caught.value)
    assert "mine.yaml: " in str(caught.value)


def test_the_published_config_is_sound() -> None:
    published = ROOT / "config/config.yaml"
    configuration.check(yaml.safe_load(published.read_text()), SCHEMA, [str(published)])
