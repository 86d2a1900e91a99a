"""The commands that the documents name."""

import re
from collections.abc import Iterator

from project import ROOT

PROGRAMS = {
    *["apt-get", "buildah", "conda", "docker", "git", "goodinit", "jupytext", "jupyter", "make", "mypy", "pip"],
    *["podman", "pre-commit", "pytest", "python", "ruff", "sbatch", "snakemake", "source", "sudo"],
}
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(document: str) -> Iterator[str]:
    """The lines of its sh blocks without comments, and the commands in its text."""
    text = (ROOT / document).read_text()
    for language, block in BLOCK.findall(text):
        if language == "sh":
            yield from (re.sub(r"\s+#.*", "", line) for line in block.splitlines())
    for quoted in re.findall(r"`([^`]+)`", BLOCK.sub("", text)):
        words = quoted.split()
        if words and words[0] in PROGRAMS:
            yield " ".join(words)
