"""What the rules share: the checked config, which code a verb runs, which runs a table reads."""

import json
import os
import shlex
import sys
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir) / "src"))

from goodinit import GoodinitError, conditions, configuration

try:
    files = [workflow.configfiles[-1], *workflow.configfiles[:-1]]  # the one named in the Snakefile is the weakest
    configuration.check(config, Path(workflow.basedir) / "workflow/schemas/config.schema.yaml", files)
except GoodinitError as mistake:
    sys.exit(f"goodinit config: {mistake}")

shell.prefix(
    f"set -euo pipefail; export PYTHONPATH={shlex.quote(str(Path(workflow.basedir) / 'src'))}"
    f" GOODINIT_WORKFLOW={os.getpid()}; "  # a long job stops when this process is gone
)

RESULTS = config["results"]
ENVIRONMENT = "../../environment.yml"
DATASETS = conditions.datasets(config)
LOOKS = {str(condition): look for condition, look in conditions.looks(config).items()}
FIGURES = ["loss-curves", "plateau", "min-bin", "init-profile"]


wildcard_constraints:
    dataset="[a-z][a-z0-9]*",
    scaling="[a-z]+",
    init="[a-z][a-z0-9-]*",
    peak="[0-9.e-]+",
    regularization="[a-z][a-z0-9.-]*",
    seeds="[0-9]+-[0-9]+",


# modules of src/goodinit that a verb loads: its result depends on them and on no others (tests/test_workflow.py)
MODULES = {
    "fetch": ["artifacts", "sources"],
    "describe": ["artifacts", "datasets", "preparation"],
    "prepare": ["artifacts", "datasets", "preparation"],
    "train": [
        "artifacts",
        "evaluation",
        "initializers",
        "logbook",
        "network",
        "plateau",
        "progress",
        "provenance",
        "recording",
        "regularization",
        "runs",
        "steps",
        "training",
    ],
    "tabulate": ["artifacts", "inference", "plateau", "runs", "tables"],
    "draw": ["artifacts", "plotting"],
    "cite": ["artifacts", "inference", "manuscript", "plateau"],
}


def sources(verb):
    """The Python files a verb's result depends on, as inputs of its rule: Snakemake compares them by checksum."""
    return [f"src/goodinit/{module}.py" for module in MODULES[verb]]


def raw_files(wildcards):
    return [f"{RESULTS}/raw/{wildcards.dataset}/{name}" for name in DATASETS[wildcards.dataset]["raw"]]


def own_file(wildcards):
    """The user's own file behind a raw file, if it has one: editing it must be seen."""
    return DATASETS[wildcards.dataset]["raw"][wildcards.file].get("path", [])


def reader_options(wildcards):
    """Which columns the reader of a dataset takes, as JSON."""
    dataset = DATASETS[wildcards.dataset]
    return json.dumps({key: dataset[key] for key in ("target", "group", "drop", "origin") if dataset.get(key)})


def run_files(*studies, peaks=None):
    """The run files of the enabled ones of some studies, at all peaks or at some."""
    return [
        f"{RESULTS}/runs/{condition}/seeds-{block}.nc"
        for condition, blocks in conditions.blocks(config, studies).items()
        for block in blocks
        if peaks is None or condition.peak in peaks
    ]


def look(wildcards):
    """How closely a condition is watched: what any study asks for."""
    return LOOKS[
        f"{wildcards.dataset}/{wildcards.scaling}/{wildcards.init}/peak-{wildcards.peak}/{wildcards.regularization}"
    ]


def runs_of_table(wildcards):
    """min-bin shows one peak and init-profile the start of training: both read the runs at the main peak only."""
    if wildcards.table in ("min-bin", "init-profile"):
        return run_files("main", peaks=config["peaks"][:1])
    return run_files("main")
