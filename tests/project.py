"""A copy of the project in a folder of its own, and its commands as a user types them."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import reduce
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
PARTS = [
    *["config", "paper", "profiles", "src", "workflow"],
    *[".dockerignore", "CITATION.cff", "Containerfile", "Makefile", "README.md", "Snakefile", "environment.yml"],
    *["pyproject.toml", "requirements-dev.lock", "requirements.lock"],
]

# what tells of the machine and the day, not of the study
ELSEWHERE = re.compile(r"logs/|benchmarks/|provenance\.json|tex/account\.tex|tex/build/")


def read_config(*files: Path) -> dict[str, Any]:
    """Config files merged as Snakemake merges them: mappings key by key, the later file wins."""
    return reduce(_merge, (yaml.load(file.read_text(), yaml.CSafeLoader) or {} for file in files), dict[str, Any]())


def _merge(weak: Mapping[str, Any], strong: Mapping[str, Any]) -> dict[str, Any]:
    inner = {key: _merge(weak.get(key) or {}, value) for key, value in strong.items() if isinstance(value, dict)}
    return {**weak, **strong, **inner}


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
        """A copy of what is needed to install it and to run, with what numba compiled for it."""
        folder.mkdir(exist_ok=True)
        for part in PARTS:
            source, target = ROOT / part, folder / part
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.pyc"))
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
        return subprocess.run(words, cwd=self.folder, env=settings, capture_output=True, text=True, timeout=1800)

    def snakemake(self, *words: str, **environment: str) -> str:
        """What Snakemake printed; it must succeed."""
        options = ["--configfile", "config/test.yaml"]
        run = self.command("snakemake", *words, "--cores", "2", *options, **environment)
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout + run.stderr

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
