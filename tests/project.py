"""A copy of the project in a folder of its own, and its commands as a user types them."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
PARTS = [
    *["config", "paper", "profiles", "src", "workflow"],
    *[".dockerignore", "CITATION.cff", "Containerfile", "Makefile", "README.md", "Snakefile", "environment.yml"],
    *["pyproject.toml", "requirements-dev.lock", "requirements.lock"],
]

# where Snakemake is loaded, which takes longer than most dry runs
FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(["snakemake.cli", "snakemake.report", "pandas"])

# the same for commands of jobs, in their order
JOBS = """
import contextlib, json, os, shlex, subprocess, sys
from pathlib import Path
import h5netcdf, numba, pandas, scipy.stats, seaborn, torch, xarray
from goodinit.__main__ import main

def work(words, log):
    with log.open("w") as file, contextlib.redirect_stderr(file):
        code = main(words)
    loaded = [module.__file__ for name, module in sys.modules.items() if name.startswith("goodinit.")]
    with Path("loaded").open("a") as file:
        print(json.dumps(loaded), file=file)
    os._exit(code)

for command in Path("commands").read_text().splitlines():
    words, _, log = command.partition(" 2> ")
    if " -m goodinit " not in words:
        subprocess.run(command, shell=True, check=True)
        continue
    log = Path(*shlex.split(log))
    log.parent.mkdir(parents=True, exist_ok=True)
    job = os.fork()
    if not job:
        work(shlex.split(words.partition(" -m goodinit ")[2]), log)
    assert os.waitpid(job, 0)[1] == 0, command + log.read_text()
"""

# what tells of the machine and the day, not of the study
ELSEWHERE = re.compile(r"logs/|benchmarks/|provenance\.json|tex/account\.tex|tex/build/")


def read_config(*files: Path) -> dict[str, Any]:
    """Config files merged as Snakemake merges them: mappings key by key, the later file wins."""
    return reduce(_merge, (yaml.load(file.read_text(), yaml.CSafeLoader) or {} for file in files), dict[str, Any]())


def _merge(weak: Mapping[str, Any], strong: Mapping[str, Any]) -> dict[str, Any]:
    inner = {key: _merge(weak.get(key) or {}, value) for key, value in strong.items() if isinstance(value, dict)}
    return {**weak, **strong, **inner}


def _run_snakemake(words: list[str], folder: Path, environment: dict[str, str], printed: list[str]) -> None:
    """As a shell would, but in this process. printed: the files that standard output and error are."""
    for name, stream in zip(printed, (sys.stdout, sys.stderr), strict=True):
        with Path(name).open("w") as file:
            os.dup2(file.fileno(), stream.fileno())
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path.insert(0, environment["PYTHONPATH"])
    sys.argv = words
    import_module("snakemake.cli").main()


def wait_until(condition: Callable[[], bool], seconds: float = 120) -> None:
    """Fails where that takes longer."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "this took too long"
        time.sleep(0.05)


class Project:
    """The project in a folder, where `config/test.yaml` is laid over the published config."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def make(cls, folder: Path, config: str) -> "Project":
        """A copy of what is needed to install it and to run, with what was compiled for it."""
        folder.mkdir(exist_ok=True)
        for part in PARTS:
            source, target = ROOT / part, folder / part
            if source.is_dir():
                shutil.copytree(source, target)
            else:
                shutil.copy(source, target)
        (folder / "config/test.yaml").write_text(config)
        return cls(folder)

    def copy(self, folder: Path) -> "Project":
        """With its results, and all that Snakemake knows of them."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Project(folder)

    def publish(self) -> None:
        """Make its study the published one, which commands mean that name no config."""
        published = self.folder / "config/config.yaml"
        published.write_text(yaml.safe_dump(read_config(published, self.folder / "config/test.yaml"), sort_keys=False))

    def replace(self, file: str, old: str, new: str) -> None:
        """Change a text file."""
        path = self.folder / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def hashes(self) -> dict[str, str]:
        """SHA-256 of each file of the results that the study alone decides."""
        results = self.folder / "results"
        files = {str(path.relative_to(results)): path for path in sorted(results.rglob("*")) if path.is_file()}
        return {
            name: hashlib.sha256(path.read_bytes()).hexdigest()
            for name, path in files.items()
            if not ELSEWHERE.match(name)
        }

    @property
    def environment(self) -> dict[str, str]:
        """What its commands find: this Python, and its own code."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return os.environ | {"PATH": path, "PYTHONPATH": str(self.folder / "src")}

    def command(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        settings = self.environment | environment
        if words[0] != "snakemake":
            return subprocess.run(words, cwd=self.folder, env=settings, capture_output=True, text=True, timeout=1800)
        with NamedTemporaryFile("r") as stdout, NamedTemporaryFile("r") as stderr:
            place = self.folder, settings, [stdout.name, stderr.name]
            run = FORKS.Process(target=_run_snakemake, args=(list(words), *place))
            run.start()
            run.join(1800)
            assert run.exitcode is not None, "this took too long"
            return subprocess.CompletedProcess(words, run.exitcode, stdout.read(), stderr.read())

    def snakemake(self, *words: str, **environment: str) -> str:
        """What Snakemake printed; it must succeed."""
        options = ["--configfile", "config/test.yaml"]
        run = self.command("snakemake", *words, "--cores", "2", *options, **environment)
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout + run.stderr

    def run_jobs(self, commands: Iterable[str], **environment: str) -> list[set[str]]:
        """Run the commands of jobs without Snakemake; they must succeed. The files of the package that each of ours has
        loaded then."""
        (self.folder / "commands").write_text("\n".join(commands))
        run = self.command(sys.executable, "-c", JOBS, **environment)
        assert run.returncode == 0, run.stdout + run.stderr
        package = self.folder / "src/goodinit"
        lines = (self.folder / "loaded").read_text().splitlines()
        return [{str(Path(file).relative_to(package)) for file in json.loads(line)} for line in lines]

    def planned(self, *words: str) -> dict[str, int]:
        """How many jobs of each rule a dry run announces."""
        output = self.snakemake("--dry-run", *words)
        if "Nothing to be done" in output:
            return {}
        table = re.search(r"^job +count\n[- ]+\n(.*?)^total", output, re.DOTALL | re.MULTILINE)
        assert table, output
        return {rule: int(count) for rule, count in (line.split() for line in table[1].strip().splitlines())}

    def detailed_summary(self) -> list[dict[str, str]]:
        lines = self.snakemake("--detailed-summary", "--quiet", "all").splitlines()
        start = next(number for number, line in enumerate(lines) if line.startswith("output_file\t"))
        names = lines[start].split("\t")
        rows = [line.split("\t") for line in lines[start + 1 :]]
        return [dict(zip(names, row, strict=True)) for row in rows if len(row) == len(names)]
