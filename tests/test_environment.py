"""One environment, said three times: pyproject.toml and environment.yml give ranges, requirements.lock the versions."""

import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from project import ROOT

LOCK = dict(line.split("==") for line in (ROOT / "requirements.lock").read_text().splitlines() if "==" in line)
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
PIP_NAMES = {"pytorch": "torch", "matplotlib-base": "matplotlib", "snakemake-minimal": "snakemake"}
ONLY_CONDA = {"python", "pip", "tectonic"}


def locked(name: str) -> str:
    return {key.lower().replace("_", "-"): version for key, version in LOCK.items()}[name.lower()]


@pytest.mark.parametrize("requirement", PYPROJECT["project"]["dependencies"] + PYPROJECT["dependency-groups"]["dev"])
def test_the_lock_satisfies_pyproject(requirement: str) -> None:
    wanted = Requirement(requirement)
    assert wanted.specifier.contains(locked(wanted.name)), requirement


@pytest.mark.parametrize("entry", CONDA)
def test_the_lock_satisfies_the_conda_environment(entry: str) -> None:
    name, _, versions = entry.partition(" ")
    if name not in ONLY_CONDA:
        assert SpecifierSet(versions).contains(locked(PIP_NAMES.get(name, name))), entry


def test_the_conda_environment_has_every_dependency_with_the_same_range() -> None:
    conda = {PIP_NAMES.get(name, name): versions for name, _, versions in (entry.partition(" ") for entry in CONDA)}
    for requirement in map(Requirement, PYPROJECT["project"]["dependencies"]):
        assert SpecifierSet(conda[requirement.name.lower()]) == requirement.specifier, requirement.name
    assert SpecifierSet(conda["python"]) == SpecifierSet(PYPROJECT["project"]["requires-python"])
