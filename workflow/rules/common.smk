"""What the rules share: the checked config, which code a verb runs, which runs a table reads."""

import json
import os
import shlex
import sys
from pathlib import Path

import jinja2

sys.path.insert(0, str(Path(workflow.basedir) / "src"))

from goodinit import GoodinitError, artifacts, conditions, configuration

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
FIGURES_OF = {  # by the study that they show
    "main": [
        "loss-curves",
        "plateau",
        "min-bin",
        "init-profile",
        "activation-moments",
        "generalization",
        "seeds",
        "activation-histograms",
        "recording-artifacts",
        "weights",
        "gini",
    ],
    "data": ["data-shape"],
    "stability": ["stability"],
    "initializers": [],
    "overfitting": ["overfitting"],
}
ENABLED = [study for study in conditions.STUDIES if config["studies"][study]["enabled"]]
FIGURES = [figure for study in ENABLED for figure in FIGURES_OF[study]]
# the HTML report finds its captions in the config, filled in; the PDF's are made from the same files (rule cite)
config["captions"] = {
    figure: jinja2.Template(Path(workflow.basedir, f"workflow/captions/{figure}.rst").read_text()).render(
        snakemake={"config": config}
    )
    for figure in FIGURES
}
CITED = ["numbers.json"] + [
    f"tex/{name}.tex"
    for name in (
        "numbers outcome-counts outcomes claims findings studies datasets verdicts simulation"
        " versions hashes origins"
    ).split()
]
TABLES_OF = FIGURES_OF | {"main": [*FIGURES_OF["main"], "escape", "comparisons", "pruning"]}


wildcard_constraints:
    table="(?!data-shape|pruning|calibration|simulation)[a-z-]+",
    dataset="[a-z][a-z0-9]*",
    scaling="[a-z]+",
    init="[a-z][a-z0-9-]*",
    peak="[0-9.e-]+",
    regularization="[a-z][a-z0-9.-]*",
    seeds="[0-9]+-[0-9]+",


# modules of src/goodinit that a verb loads: its result depends on them and on no others (tests/test_workflow.py)
MODULES = {
    "fetch": "artifacts sources",
    "describe": "artifacts datasets preparation shape",
    "prepare": "artifacts datasets preparation shape",
    "train": "artifacts evaluation initializers logbook network plateau progress provenance recording"
    " regularization runs schedule steps training",
    "tabulate": "artifacts inference plateau runs tables thread",
    "measure": "artifacts shape",
    "calibrate": "artifacts calibration initializers runs",
    "prune": "artifacts evaluation initializers network plateau pruning runs",
    "judge": "artifacts claims evidence inference plateau runs thread verdicts",
    "draw": "artifacts plotting",
    "account": "artifacts tex trace",
    "proofread": "artifacts proofreading",
    "simulate": "artifacts inference simulation",
    "cite": "artifacts claims conditions evidence inference manuscript numbers plateau runs schedule tex"
    " thread trace verdicts",
}


def sources(verb):
    """The Python files a verb's result depends on, as inputs of its rule: Snakemake compares them by checksum."""
    return [f"src/goodinit/{module}.py" for module in MODULES[verb].split()]


def hash_of(pattern):
    """SHA-256 of the project's files of a pattern."""
    return artifacts.sha256(*sorted(Path(workflow.basedir).glob(pattern)))


# hashes as params of the report, so that a change of code or lock typesets it anew and does nothing else
MAIN_TEX = "".join(
    f"\\{command}{{{value}}}"
    for command, value in {
        "def\\results": RESULTS,
        "def\\codehash": hash_of("src/goodinit/*.py"),
        "def\\lockhash": hash_of("requirements.lock"),
        "input": "report",
    }.items()
)


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


def first_block():
    """The first block of seeds."""
    return f"{config['first_seed']}-{config['first_seed'] + config['seed_block'] - 1}"


def look(wildcards):
    """How closely a condition is watched: what any study asks for."""
    return LOOKS[
        f"{wildcards.dataset}/{wildcards.scaling}/{wildcards.init}/peak-{wildcards.peak}/{wildcards.regularization}"
    ]


AT_MAIN_PEAK = "min-bin init-profile activation-moments activation-histograms recording-artifacts gini weights".split()
STUDIES_OF_TABLE = {"seeds": ["main", "initializers"], "stability": ["stability"], "overfitting": ["overfitting"]}


def runs_of_table(wildcards):
    """Most tables are of the main study, some of them at its first peak only."""
    peaks = config["peaks"][:1] if wildcards.table in AT_MAIN_PEAK else None
    return run_files(*STUDIES_OF_TABLE.get(wildcards.table, ["main"]), peaks=peaks)


def section(wildcards):
    """The study that a figure belongs to: its section in the HTML report."""
    return next(study for study, figures in FIGURES_OF.items() if wildcards.figure in figures)


def figure_files(*studies):
    """The figures of the enabled ones of some studies."""
    figures = [figure for study in studies if study in ENABLED for figure in FIGURES_OF[study]]
    return expand("{results}/figures/{figure}.{suffix}", results=RESULTS, figure=figures, suffix=["pdf", "svg"])


def table_files(*studies):
    """The tables of the enabled ones of some studies."""
    tables = [table for study in studies if study in ENABLED for table in TABLES_OF[study]]
    return expand("{results}/tables/{table}.csv", results=RESULTS, table=tables)


def tables_of(figure):
    """A figure draws the table of its name; weights draws the pruning too."""
    names = {"weights": ["weights", "pruning"]}.get(figure, [figure])
    return [f"{RESULTS}/tables/{name}.csv" for name in names]


def origins():
    """Of each figure: its target, its tables, the studies whose runs it shows."""
    return {
        figure: {
            "target": [f"{RESULTS}/figures/{figure}.pdf"],
            "tables": [Path(path).name for path in tables_of(figure)],
            "studies": STUDIES_OF_TABLE.get(figure, [study]),
        }
        for study in ENABLED
        for figure in FIGURES_OF[study]
    }


def card_files():
    """The cards of all datasets that are prepared."""
    return sorted({str(Path(path).parent / "card.json") for path in prepared_files()})


def prepared_files():
    """The prepared files of the main dataset, the control and those compared with them; of the first two in every
    scaling, so that tails differ and nothing else."""
    both = dict.fromkeys([conditions.main_dataset(config), config["control"]])
    pairs = [f"{name}/{scaling}" for name in both for scaling in ("standardize", "quantile", "heavy")]
    pairs += [f"{name}/standardize" for name in config["studies"]["data"]["datasets"] if name not in both]
    return [f"{RESULTS}/data/{pair}.npz" for pair in pairs]
