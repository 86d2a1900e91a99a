"""What the rules share: the checked config, where things lie, what a verb's job runs and depends on."""

import json
import os
import re
import shlex
import sys
from pathlib import Path

PROJECT = Path(str(workflow.current_basedir)).parents[1]
sys.path.insert(0, str(PROJECT / "src"))

from goodinit import GoodinitError, declarations, files, forkserver
from goodinit.report import proofreading
from goodinit.runs.condition import Condition, family, seeds_in, spell_blocks
from goodinit.study import conditions, configuration
from goodinit.study.figures import FIGURES, TABLES, figures_in, tables_in

try:
    typed = workflow.overwrite_configfiles  # on the command line; the Snakefile's own come after them, and are weaker
    strongest_last = [*workflow.configfiles[len(typed) :], *typed]
    configuration.check(config, PROJECT / "workflow/schemas/config.schema.yaml", strongest_last)
except GoodinitError as mistake:
    sys.exit(f"goodinit config: {mistake}")

os.environ.update(GOODINIT_WORKFLOW=str(os.getpid()))  # a job stops when this process is gone
if workflow.remote_exec:  # on a node of a cluster a job works itself, within the limits that it was given
    os.environ.pop(forkserver.PLACE, None)


def imported_by(jobs):
    """The packages that our code imports where jobs run it, which have it among their input files."""
    scripts = {file for job in jobs for file in job.input if file.endswith(".py")}
    ours = [file for file in map(Path, scripts) if PROJECT.resolve() in file.resolve().parents]
    return {name.partition(".")[0] for file in ours for name in declarations.imported_names(file)}


# Snakemake knows one of these; of several it takes the last
onstart:
    if config["device"] == "cuda" and workflow.local_exec:  # elsewhere jobs run on other machines
        from goodinit.training.evaluation import choose_device

        try:
            choose_device("cuda")
        except GoodinitError as mistake:
            sys.exit(f"goodinit config: device: {mistake}")
    if workflow.is_main_process:  # not for the one job of a node
        forkserver.start(imported_by(workflow.dag.needrun_jobs()))
    if workflow.local_exec:  # a limit of jobs per second adds a timer for each that has finished: a fifth of a core
        workflow.scheduler.job_rate_limiter = None


RESULTS = config["results"]
ENVIRONMENT = "../../environment.yml"
MEMORY = config["memory"]
ENABLED = [study for study in conditions.STUDIES if config["studies"][study]["enabled"]]
DATASETS = conditions.datasets(config)
RECORDINGS = conditions.recordings(config)


wildcard_constraints:
    table="|".join(table.name for table in TABLES.values() if table.rule == "tabulate"),
    dataset="|".join(DATASETS),
    file="|".join(re.escape(name) for dataset in DATASETS.values() for name in dataset["raw"]),
    figure="|".join(FIGURES),
    scaling="[a-z][a-z-]*",
    init="[a-z][a-z0-9-]*",
    peak=r"[0-9]+(\.[0-9]+)?(e-[0-9]+)?",
    variant="[a-z][a-z0-9.+-]*",
    seeds="[0-9]+-[0-9]+",


def own(path):
    """A file of the project as a job finds it: relative where the workflow runs in the project's own folder."""
    path = PROJECT / path
    return str(path.relative_to(PROJECT) if PROJECT == Path.cwd() else path)


RUN = f"PYTHONPATH={shlex.quote(own('src'))} python -m goodinit"


def command(verb):
    """The shell line of a verb's rule, made from the verb's signature; it can be copied and run by hand."""
    return f"{RUN} {declarations.shell_line(verb)} 2> {{log:q}}"


def code_of(verb, *scripts):
    """The Python files that a verb's result depends on, as inputs of its rule: Snakemake compares them by checksum."""
    return [own(path) for path in declarations.code_of(verb, *map(Path, scripts))]


def run_files(studies, first_peak=False):
    """The run files of the enabled ones of some studies, at all peaks or at the main one alone."""
    return [
        f"{RESULTS}/runs/{condition}/seeds-{block}.nc"
        for condition, blocks in conditions.blocks(config, studies).items()
        for block in blocks
        if condition.peak == config["peaks"][0] or not first_peak
    ]


def figure_files(figures):
    """The files of some figures of the catalogue."""
    names = [figure.name for figure in figures]
    return expand("{results}/figures/{figure}.{suffix}", results=RESULTS, figure=names, suffix=["pdf", "svg"])


def table_files(tables):
    """The files of some tables of the catalogue."""
    return expand("{results}/tables/{table}.csv", results=RESULTS, table=[table.name for table in tables])


def table_if_made(name):
    """A table that a study makes which may be switched off."""
    return table_files(table for table in tables_in(config, ENABLED) if table.name == name)


def arrays(prepared):
    """The arrays of datasets with scalings."""
    return [f"{RESULTS}/data/{dataset}/{scaling}.npz" for dataset, scaling in prepared]


def card_files():
    """The cards of all datasets whose features are measured."""
    return [f"{RESULTS}/data/{dataset}/card.json" for dataset in sorted(dict(conditions.measured(config)))]


# data


def own_file(wildcards):
    """The user's own file behind a raw file, if it has one: editing it must be seen."""
    return DATASETS[wildcards.dataset]["raw"][wildcards.file].get("path", [])


def source(wildcards):
    """Where a raw file comes from."""
    return json.dumps(DATASETS[wildcards.dataset]["raw"][wildcards.file])


def raw_files(wildcards):
    """Those of a dataset, which all its splits share."""
    return [f"{RESULTS}/raw/{family(wildcards.dataset)}/{name}" for name in DATASETS[wildcards.dataset]["raw"]]


def reading(wildcards):
    """How the raw files of a dataset are read."""
    dataset = DATASETS[wildcards.dataset]
    return json.dumps({key: value for key, value in dataset.items() if key not in ("raw", "split") and value})


def split_of(wildcards):
    """The number of the draw of its parts."""
    return DATASETS[wildcards.dataset].get("split", 0)


# training


def recording(key):
    """How closely a condition is watched: what any study asks for."""
    return lambda wildcards: getattr(watched(wildcards), key)


def watched(wildcards):
    """How closely the condition of a run is watched; a run that no study asks for is refused by name."""
    condition = Condition.of(dict(wildcards.items()))
    if condition not in RECORDINGS or not seeds_in(wildcards.seeds):
        sys.exit(
            f"goodinit config: no study trains {condition}, seeds {wildcards.seeds}; correct the target or the config"
        )
    return RECORDINGS[condition]


# tables


def runs_of_table(wildcards):
    table = TABLES[wildcards.table]
    return run_files(table.studies, table.first_peak)


# figures


def tables_of(wildcards):
    return [f"{RESULTS}/tables/{table}.csv" for table in FIGURES[wildcards.figure].tables]


def code_of_figure(wildcards):
    return code_of("draw", PROJECT / f"workflow/notebooks/{wildcards.figure}.py")


def section(wildcards):
    """The study that a figure belongs to: its section in the HTML report."""
    return FIGURES[wildcards.figure].study


# report


def text_files():
    """The text of the report: its file, and for the article its sections."""
    sections = sorted(PROJECT.glob("paper/sections/*.tex")) if config["report"] == "article" else []
    return [own(path) for path in [f"paper/{config['report']}.tex", *sections]]


# the figures of the enabled studies; with an answer, those that it shows
SHOWN = figures_in(config, ENABLED)
if config["report"] == "answer":
    SHOWN = [one for one in SHOWN if one.name in proofreading.shown_figures((PROJECT / "paper/answer.tex").read_text())]
MADE = [*SHOWN, *(table for table in tables_in(config, ENABLED) if table.name not in FIGURES)]


# by rule cite, beside numbers.json
CITED = (
    "numbers outcome-counts outcomes claims studies datasets verdicts simulation versions hashes origins choices"
    " columns judged"
)


def origins():
    """Of each figure: its target, its tables, the studies whose runs it shows."""
    return {
        figure.name: {
            "target": [f"{RESULTS}/figures/{figure.name}.pdf"],
            "tables": [f"{table}.csv" for table in figure.tables],
            "studies": figure.studies,
        }
        for figure in SHOWN
    }


def hash_of(pattern):
    """SHA-256 of the project's files of a pattern."""
    return files.sha256(*sorted(PROJECT.glob(pattern)))


def main_tex(results):
    """The file that TeX starts from. Hashes in it, so that a change of code or lock typesets the report anew and does
    nothing else."""
    definitions = {
        r"\def\results": results,
        r"\def\codehash": hash_of("src/goodinit/**/*.py"),
        r"\def\lockhash": hash_of("requirements.lock"),
        r"\input": config["report"],
    }
    text = "".join(f"{name}{{{value}}}" for name, value in definitions.items())
    return lambda wildcards: text  # Snakemake takes braces in a plain string for wildcards
