"""The plan of the house: imports go down only, and no module is longer than one reads at a sitting."""

import ast
from pathlib import Path

import pytest
from project import ROOT

PACKAGE = ROOT / "src/goodinit"
FLOORS = [  # each imports from those above it alone, and neighbours not from one another
    {"arrays", "places", "compilation", "declarations"},
    {"arithmetic", "forkserver"},
    {"special", "layers"},
    {"propagation"},
    {"files", "memory", "model", "statistics"},
    {"data", "runs"},
    {"study"},
    {"training", "claims"},
    {"tables", "report", "diagnosis", "watching"},
    {"page"},
    {"verbs"},
    {"__main__"},
]
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))


def room(parts: tuple[str, ...]) -> str:
    return parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    """The folders and top-level modules that a module imports."""
    tree = ast.walk(ast.parse((PACKAGE / path).read_text()))
    sources = [node for node in tree if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("goodinit")]
    names = [f"{node.module}.{name.name}".split(".")[1] for node in sources for name in node.names]
    return {name for name in names if (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()}


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_imports_go_down_only(module: Path) -> None:
    own = room(module.parts)
    if own == "__init__":
        assert imported_rooms(module) == set()
        return
    floor = next(number for number, rooms in enumerate(FLOORS) if own in rooms)
    below = set().union(*FLOORS[:floor])
    assert imported_rooms(module) <= below | {own}


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_no_module_is_long(module: Path) -> None:
    assert len((PACKAGE / module).read_text().splitlines()) <= 400


def test_packages_hold_nothing_but_the_members_of_a_registry() -> None:
    full = {path.parent.name for path in PACKAGE.glob("*/__init__.py") if path.read_text()}
    assert full <= {"claims", "tables"}
