import contextlib
import io
import shlex
import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from snakemake.api import SnakemakeApi
from snakemake.cli import parse_args, parse_config
from snakemake.exceptions import ApiError, WorkflowError
from snakemake.settings.enums import Quietness
from snakemake.settings.types import ChangeType, ConfigSettings, DAGSettings, OutputSettings, ResourceSettings

from goodinit import GoodinitError
from goodinit.places import Input, Param
from goodinit.verbs.unlock import LOCKS, find_workflow

LONGEST = 40  # characters of a setting's value; of a longer one the name alone is told
Plan = Any  # Snakemake's workflow with the graph of its jobs; it has no types
Job = Any


def status(configfile: Input[list[Path] | None], config: Param[list[str] | None]) -> None:
    """Tell what of a study is done, what is missing and why something would run; options as Snakemake has them."""
    words = ["--configfile", *map(str, configfile)] if configfile else []
    words += ["--config", *config] if config else []
    at_work = find_workflow(Path.cwd())
    locked = LOCKS.exists() and any(LOCKS.iterdir())
    with _traces_removed():
        plan = _make_plan(words)
    lines = [shlex.join([plan.config["results"], *words])]
    if at_work:
        lines.append(f"a workflow is at work here: process {at_work}")
    elif locked:
        lines.append("locked by a workflow that is gone from this machine: `goodinit unlock`")
    for stage, jobs in _by_stage(plan).items():
        lines += _describe(stage, jobs, plan.dag, bool(at_work))
    left = sum(bool(job.output) for job in plan.dag.needrun_jobs())
    dry_run = shlex.join(["snakemake", "-n", *words])
    lines.append(f"{left} jobs to run: `{dry_run}` has each" if left else "nothing to run")
    print("\n".join(lines))


@contextlib.contextmanager
def _traces_removed() -> Iterator[None]:
    """Snakemake makes its folder where there is none, even to look."""
    folder = LOCKS.parent
    there = folder.exists()
    try:
        yield
    finally:
        if not there and not find_workflow(Path.cwd()):
            shutil.rmtree(folder, ignore_errors=True)


def _make_plan(words: list[str]) -> Plan:
    """What `snakemake -n` prints, before it is text."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            _, options = parse_args(words)  # and the profile's
            with SnakemakeApi(OutputSettings(dryrun=True, quiet={Quietness.ALL})) as api:
                workflow = api.workflow(
                    ResourceSettings(cores=1),
                    ConfigSettings(parse_config(options.config), options.configfile or [], options.config),
                )
                graph = workflow.dag(
                    DAGSettings(
                        rerun_triggers=options.rerun_triggers,
                        max_checksum_file_size=options.max_checksum_file_size,
                        force_incomplete=options.rerun_incomplete,
                    )
                )
                graph.list_changes(ChangeType.CODE)  # to build the graph: it neither locks nor runs
                return workflow._workflow
    except (OSError, ApiError, WorkflowError) as error:
        raise GoodinitError(" ".join(str(error).split())) from error


def _by_stage(plan: Plan) -> dict[str, list[Job]]:
    """The jobs by the file that their rules stand in, in the order of these files."""
    stages: dict[str, list[Job]] = {Path(rule.snakefile).stem: [] for rule in plan.rules if rule.output}
    for job in plan.dag.jobs:
        if job.output:
            stages[Path(job.rule.snakefile).stem].append(job)
    return stages


def _describe(stage: str, jobs: list[Job], graph: Any, at_work: bool) -> Iterator[str]:
    """A line, and one for each reason why jobs of the stage are not done."""
    groups: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        if graph.needrun(job):
            groups[_explain(job, graph.reason(job), at_work)].append(job)
        elif _absent(job):
            groups["gone, and nothing that is to run needs it"].append(job)
    yield f"{stage:<10}{len(jobs) - sum(map(len, groups.values()))} of {len(jobs)} done"
    for reason, group in groups.items():
        files = [file for job in group for file in _absent(job)]
        yield f"{'':<10}{len(group)} {reason}{': ' if files else ''}{_enumerate(files)}"


def _explain(job: Job, reason: Any, at_work: bool) -> str:
    if reason.forced:
        return "being made" if at_work else "left half done"
    if _absent(job):
        return "missing"
    if reason.params_changed:
        return f"to make again, of other settings ({_tell_settings(job, reason.params_changed)})"
    if changed := reason.updated_input - reason.updated_input_run:
        return f"to make again, for a change in {_enumerate(sorted(changed))}"
    if reason.input_changed:
        return "to make again, of other files than before"
    if reason.code_changed:
        return "to make again, by another command"
    return "to make again, after what it is made of"


def _tell_settings(job: Job, change: Any) -> str:
    names = [name for name, value in job.params.items() if repr(value) in change.only_new]
    values = [*change.only_old, *change.only_new]
    if len(names) == 1 and len(values) == 2 and max(map(len, values)) <= LONGEST:
        return f"{names[0]} {values[0]}, now {values[1]}"
    return ", ".join(names)


def _absent(job: Job) -> list[str]:
    return [file for file in job.output if not Path(file).exists()]


def _enumerate(files: list[str]) -> str:
    more = f" and {len(files) - 1} more files" if len(files) > 1 else ""
    return f"{files[0]}{more}" if files else ""
