"""The user's wishes, checked before anything runs: every mistake named with its file, its key and the way out."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from goodinit import GoodinitError, suggest
from goodinit.declarations import registered
from goodinit.model.variants import read_variant

COMMAND_LINE = "--config on the command line"
MISSING = object()


def check(config: Mapping[str, Any], schema: Path, files: Iterable[str]) -> None:
    """Check the merged config against the JSON schema (YAML) and the rules it cannot state.

    files: the config files merged, the strongest last. Raises GoodinitError with one line for the first mistake.
    """
    validator = jsonschema.Draft202012Validator(yaml.safe_load(schema.read_text()))
    error = jsonschema.exceptions.best_match(validator.iter_errors(config))
    if error is not None:
        key, mistake = _explain(error)
        raise GoodinitError(f"{_origin(key, config, files)}: {'.'.join(map(str, key))}: {mistake}")
    for name, mistake in _contradictions(config):
        raise GoodinitError(f"{_origin(tuple(name.split('.')), config, files)}: {name}: {mistake}")


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
    if error.validator == "type" and schema["type"] == "boolean":
        hint = " (on the command line write True or False)"
    return path, f"{error.message}{hint}; {schema.get('description', 'see config/README.md')}"


def _contradictions(config: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    seeds, block, studies = config["seeds"], config["seed_block"], config["studies"]
    if seeds % block:
        below = seeds // block * block
        yield "seeds", f"{seeds} is no multiple of seed_block {block}; use {below or below + block} or {below + block}"
    for key, kind, names, known in _names(config):
        for name in names:
            if name not in known:
                yield key, f"unknown {kind} {name!r}; {suggest(name, known)}"
    remedies = [name for variant in studies["remedies"]["variants"] for name in variant]
    for study, names in {"overfitting": studies["overfitting"]["variants"], "remedies": remedies}.items():
        for name in names:
            try:
                read_variant(name)
            except GoodinitError as error:
                yield f"studies.{study}.variants", str(error)
    if not any(study["enabled"] for study in studies.values()):
        yield "studies", "no study is enabled, so there is nothing to do; set one to `enabled: true`"
    if config["table"] and not config["target"]:
        yield "table", "a table needs `target` too: the column with the class labels"
    for name in ("target", "group"):
        if config[name] and not config["table"]:
            yield name, "says nothing without `table`; for a dataset set it under `datasets`"
    for file in _own_files(config):
        if not Path(file).is_file():
            yield "table" if file == config["table"] else "datasets", f"there is no file {file}; correct the path"
    for name, dataset in config["datasets"].items():
        for key, other in {"bins": "quantiles", "group": "group_duplicates"}.items():
            if dataset.get(key) and dataset.get(other):
                yield f"datasets.{name}.{key}", f"says the same as `{other}`; leave one of them out"
    if config["batch_size"] > config["train_rows"]:
        yield "batch_size", f"{config['batch_size']} rows are more than train_rows {config['train_rows']}; lower it"
    for key, peaks in {"peaks": config["peaks"], "studies.stability.peaks": studies["stability"]["peaks"]}.items():
        if len({f"{peak:g}" for peak in peaks}) < len(peaks):
            yield key, "two of them are the same to six digits; leave one out"


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


def _origin(key: tuple[str | int, ...], config: Mapping[str, Any], files: Iterable[str]) -> str:
    """The strongest config file that gives `key`, or the nearest part of it, its value; else the command line."""
    contents = {os.path.relpath(file): yaml.safe_load(Path(file).read_text()) or {} for file in files}
    for depth in range(len(key), 0, -1):
        value = _look_up(config, key[:depth])
        if value is MISSING:
            continue
        for file, content in reversed(contents.items()):
            given = _look_up(content, key[:depth])
            if given == value or isinstance(given, dict):  # mappings are merged, so a file gives a part of it
                return file
        return COMMAND_LINE
    return next(iter(contents), COMMAND_LINE)


def _look_up(content: Any, key: tuple[str | int, ...]) -> Any:
    for part in key:
        try:
            content = content[part]
        except (KeyError, IndexError, TypeError):
            return MISSING
    return content
