"""Which nets are trained: the studies of the config as a set of conditions, each in blocks of seeds."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Condition(NamedTuple):
    """All that tells one training run from another but for the seed."""

    dataset: str
    scaling: str
    init: str
    peak: float
    regularization: str

    def __str__(self) -> str:
        """The condition as a path below `runs/`."""
        return f"{self.dataset}/{self.scaling}/{self.init}/peak-{self.peak:g}/{self.regularization}"


def main_study(config: Mapping[str, Any]) -> list[Condition]:
    """The main dataset, standardized, under every initializer of the config at every main peak."""
    return [
        Condition(main_dataset(config), "standardize", init, peak, "none")
        for peak in config["peaks"]
        for init in config["initializers"]
    ]


STUDIES = {"main": main_study}

# each level records all that the one before it does
RECORDS = ("losses", "moments", "full", "everything")


def records(config: Mapping[str, Any]) -> dict[Condition, str]:
    """What is recorded of each condition: the most that any study of the config asks for, enabled or not, so that
    switching a study off trains nothing again."""
    levels: dict[Condition, str] = {}
    for name, study in STUDIES.items():
        for condition in study(config):
            asked = [config["studies"][name]["record"], levels.get(condition, RECORDS[0])]
            levels[condition] = max(asked, key=RECORDS.index)
    return levels


def main_dataset(config: Mapping[str, Any]) -> str:
    """The dataset of the main study: the user's `table` where there is one."""
    return "table" if config["table"] else str(config["main_dataset"])


def datasets(config: Mapping[str, Any]) -> dict[str, Any]:
    """The datasets of the config by name; the user's `table`, `target` and `group` make one called "table"."""
    if not config["table"]:
        return dict(config["datasets"])
    own = {"reader": "csv", "raw": {"table.csv": {"path": config["table"]}}}
    return {**config["datasets"], "table": own | {key: config[key] for key in ("target", "group")}}


def seed_blocks(config: Mapping[str, Any]) -> list[str]:
    """The blocks of seeds of every condition as file names spell them: "0-9", "10-19", …"""
    size = config["seed_block"]
    return [f"{first}-{first + size - 1}" for first in range(0, config["seeds"], size)]
