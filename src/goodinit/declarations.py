"""What the code declares of itself, read from its text without running it: to load torch takes longer than to plan.

A verb is a file in `verbs/` with a function of its name, whose signature says where in the verb's rule each argument
stands (`goodinit.places`). The command line, the rule's shell line and the files that the result depends on follow.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

PACKAGE = Path(__file__).parent
PLACES = {
    "Input": "input", "Output": "output", "Param": "params", "Wildcard": "wildcards", "Threads": "threads",
    "Resource": "resources", "Operand": "operand",
}  # fmt: skip
NAMES = r"[\w.]+(?: as \w+)?(?:, [\w.]+(?: as \w+)?)*"
IMPORT = re.compile(rf"^[ \t]*(from [\w.]+ import (?:\([^)]*\)|{NAMES})|import {NAMES})(?=[ \t]*(?:#|$))", re.MULTILINE)


class Argument(NamedTuple):
    """One argument of a verb. place: in its rule, or "operand"; type: of a single value, as the signature spells it;
    many: takes a list; required: an input that a study may lack is not."""

    name: str
    place: str
    type: str
    many: bool
    required: bool

    @property
    def option(self) -> str:
        """The argument as the command line spells it."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def placeholder(self) -> str:
        """The argument as the rule's shell line spells it: all of its place where they share the name."""
        return f"{{{self.place}:q}}" if self.name == self.place else f"{{{self.place}.{self.name}:q}}"


def verbs() -> dict[str, str]:
    """Each verb with what it does, in a line."""
    names = sorted(path.stem for path in (PACKAGE / "verbs").glob("[a-z]*.py"))
    return {name: (ast.get_docstring(_function(name)) or "").splitlines()[0] for name in names}


def arguments(verb: str) -> list[Argument]:
    """The arguments of a verb, in the order of its signature."""
    return [_argument(argument) for argument in _function(verb).args.args]


def shell_line(verb: str) -> str:
    """The verb's command as its rule has it, with Snakemake's placeholders: `prune --data {input.data:q} …`."""
    return " ".join([command_name(verb), *(f"{one.option} {one.placeholder}" for one in arguments(verb))])


def command_name(verb: str) -> str:
    """A verb as the command line spells it."""
    return verb.replace("_", "-")


def code_of(verb: str, *scripts: Path) -> list[Path]:
    """The files of the package that a verb, and scripts that it runs, import, one by way of another: what its result
    depends on."""
    found: dict[Path, None] = {PACKAGE / f"verbs/{verb}.py": None, PACKAGE / "verbs/__init__.py": None}
    unread = [PACKAGE / f"verbs/{verb}.py", *scripts]
    while unread:
        new = [file for file in _imports(unread.pop()) if file not in found]
        found |= dict.fromkeys(new)
        unread += new
    return sorted(found)


def libraries_of(verb: str) -> set[str]:
    """The packages of others, and ours, that the code of a verb imports."""
    return {name.partition(".")[0] for file in code_of(verb) for name in imported_names(file)}


@cache
def imported_names(file: Path) -> list[str]:
    """What a Python file imports, wherever it does: `a` of `import a`, `a.b` of `from a import b`.

    Found in its text: to parse all files would take a third of a second of every start of Snakemake."""
    names = []
    for statement in IMPORT.findall(file.read_text()):
        [node] = ast.parse(statement).body
        assert isinstance(node, ast.Import | ast.ImportFrom)
        module = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
        names += [module + name.name for name in node.names]
    return names


@cache
def registered(module: str, name: str) -> list[str]:
    """The first arguments, text, of all calls of a name in a module, given as a path below the package, in order; so of
    its decorators `@name("text")`."""
    calls = (node for node in ast.walk(_read(PACKAGE / module)) if isinstance(node, ast.Call))
    return [
        ast.literal_eval(call.args[0]) for call in calls if isinstance(call.func, ast.Name) and call.func.id == name
    ]


def _function(verb: str) -> ast.FunctionDef:
    body = _read(PACKAGE / f"verbs/{verb}.py").body
    return next(node for node in body if isinstance(node, ast.FunctionDef) and node.name == verb)


def _argument(argument: ast.arg) -> Argument:
    annotation = argument.annotation
    if isinstance(annotation, ast.Name):  # Threads, Resource
        return Argument(argument.arg, PLACES[annotation.id], "int", many=False, required=True)
    assert isinstance(annotation, ast.Subscript), f"{argument.arg} has no place"
    assert isinstance(annotation.value, ast.Name)
    kind = ast.unparse(annotation.slice)
    one = kind.removesuffix(" | None")
    many = one.startswith("list[")
    single = one.removeprefix("list[").removesuffix("]") if many else one
    return Argument(argument.arg, PLACES[annotation.value.id], single, many, required=one == kind)


@cache
def _imports(file: Path) -> list[Path]:
    return [
        imported
        for name in imported_names(file)
        if name.partition(".")[0] == PACKAGE.name
        for imported in _files(name.split(".")[1:])
    ]


def _files(parts: list[str]) -> Iterator[Path]:
    """The files that an import of `goodinit.{parts}` loads, but for `goodinit` itself: the packages on the way and the
    module; the last part may be a name in it."""
    for length in range(1, len(parts) + 1):
        place = PACKAGE.joinpath(*parts[:length])
        yield from (file for file in (place / "__init__.py", place.with_suffix(".py")) if file.is_file())


@cache
def _read(file: Path) -> ast.Module:
    return ast.parse(file.read_text())
