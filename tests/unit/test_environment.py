"""One environment, said four times: pyproject.toml and environment.yml give ranges, the locks the versions; what the
paper needs in the one, what tests and lint need beside it in the other."""

import re
import tomllib
from collections.abc import Iterable
from importlib import metadata

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from project import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PAPER = PYPROJECT["project"]["dependencies"] + PYPROJECT["build-system"]["requires"]
DEV = PYPROJECT["dependency-groups"]["dev"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
PIP_NAMES = {"pytorch": "torch", "matplotlib-base": "matplotlib", "snakemake-minimal": "snakemake"}
ONLY_CONDA = {"python", "pip", "tectonic"}


def normalize(name: str) -> str:
    return re.sub("[-_.]+", "-", name).lower()


def read_lock(name: str) -> dict[str, str]:
    """Version by package."""
    pins = [line.split("==") for line in (ROOT / name).read_text().splitlines() if not line.startswith("#")]
    return {normalize(package): version for package, version in pins}


PAPER_LOCK, DEV_LOCK = read_lock("requirements.lock"), read_lock("requirements-dev.lock")


def needed(requirements: Iterable[str]) -> set[str]:
    """The packages of some requirements, and all that those need, as the packages installed say."""
    found = set[tuple[str, str]]()  # with an extra of it, "" for none
    wanted = [Requirement(requirement) for requirement in requirements]
    while wanted:
        requirement = wanted.pop()
        package = normalize(requirement.name)
        for extra in {"", *requirement.extras} - {extra for name, extra in found if name == package}:
            found.add((package, extra))
            more = map(Requirement, metadata.requires(package) or [])
            wanted += [one for one in more if one.marker is None or one.marker.evaluate({"extra": extra})]
    return {package for package, _ in found}


@pytest.mark.parametrize(
    ("requirement", "lock"),
    [
        *[(requirement, PAPER_LOCK) for requirement in PAPER],
        *[(requirement, PAPER_LOCK | DEV_LOCK) for requirement in DEV],
    ],
)
def test_the_locks_satisfy_pyproject(requirement: str, lock: dict[str, str]) -> None:
    wanted = Requirement(requirement)
    assert wanted.specifier.contains(lock[normalize(wanted.name)]), requirement


def test_the_paper_is_made_without_what_only_tests_need() -> None:
    assert set(PAPER_LOCK) == needed(PAPER)


def test_the_second_lock_adds_what_tests_need_and_repeats_nothing() -> None:
    assert set(DEV_LOCK) == needed(DEV) - needed(PAPER)


def test_what_is_installed_is_what_the_locks_say() -> None:
    for package, version in (PAPER_LOCK | DEV_LOCK).items():
        assert metadata.version(package).removesuffix("+cpu") == version, package


@pytest.mark.parametrize("python", ["3.11.2", "3.12.3"])  # of Debian 12 and of Ubuntu 24.04
def test_what_is_locked_installs_on_the_pythons_of_debian_and_ubuntu(python: str) -> None:
    for package in PAPER_LOCK | DEV_LOCK:
        asked = str(metadata.metadata(package).json.get("requires_python", ""))
        assert SpecifierSet(asked).contains(python), f"{package} wants Python {asked}"


@pytest.mark.parametrize("entry", CONDA)
def test_the_lock_satisfies_the_conda_environment(entry: str) -> None:
    name, _, versions = entry.partition(" ")
    if name not in ONLY_CONDA:
        assert SpecifierSet(versions).contains(PAPER_LOCK[PIP_NAMES.get(name, name)]), entry


def test_the_conda_environment_has_every_dependency_with_the_same_range() -> None:
    conda = {PIP_NAMES.get(name, name): versions for name, _, versions in (entry.partition(" ") for entry in CONDA)}
    for requirement in map(Requirement, PYPROJECT["project"]["dependencies"]):
        assert SpecifierSet(conda[requirement.name.lower()]) == requirement.specifier, requirement.name
    assert SpecifierSet(conda["python"]) == SpecifierSet(PYPROJECT["project"]["requires-python"])
