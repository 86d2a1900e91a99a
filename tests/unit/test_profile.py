"""What the profile for Slurm asks for, by rule."""

import re
from typing import Any

import pytest
import yaml
from project import ROOT
from snakemake.cli import get_argument_parser

PROFILE: dict[str, Any] = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())
RULES: dict[str, str] = {
    name: body
    for path in (ROOT / "workflow/rules").glob("*.smk")
    for name, body in re.findall(r"^rule (\w+):\n(.*?)(?=^rule |\Z)", path.read_text(), re.DOTALL | re.MULTILINE)
}
QUEUED = {name for name, body in RULES.items() if "localrule: True" not in body}
NETWORK = {"fetch"}  # nodes of a cluster often have none
GROWING = {name for name, body in RULES.items() if " runs=" in body} | {"train"}


def runtime(asked: dict[str, Any], attempt: int) -> int:
    """Minutes, an expression of the profile, as Snakemake computes it."""
    return int(eval(str(asked["runtime"]), {"attempt": attempt}))


def test_each_rule_that_is_named_is_one_that_goes_to_the_queue() -> None:
    assert set(PROFILE["set-resources"]) <= QUEUED


def test_what_reads_or_makes_runs_goes_to_the_queue_with_resources_of_its_own() -> None:
    assert {"train", "judge", "tabulate"} <= GROWING
    assert set(PROFILE["set-resources"]) == GROWING
    assert not NETWORK & QUEUED


@pytest.mark.parametrize("rule", ["default", *PROFILE["set-resources"]])
def test_a_second_attempt_has_more_time(rule: str) -> None:
    asked = PROFILE["default-resources"] if rule == "default" else PROFILE["set-resources"][rule]
    assert 0 < runtime(asked, 1) < runtime(asked, 2)
    assert PROFILE["retries"] > 0


def test_each_rule_of_the_queue_asks_for_the_memory_of_the_config() -> None:
    assert all("mem_mb=MEMORY" in RULES[name] for name in QUEUED)


def test_training_asks_for_a_gpu_where_the_config_does() -> None:
    assert 'gpu=1 if config["device"] == "cuda" else 0' in RULES["train"]


def test_snakemake_knows_each_setting() -> None:
    known = {option.lstrip("-") for action in get_argument_parser()._actions for option in action.option_strings}
    assert {name for name in PROFILE if not name.startswith("slurm-")} <= known
