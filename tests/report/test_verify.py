"""`make verify` in a copy of the project whose source is off."""

import re
from pathlib import Path

from project import Project


def test_make_verify_names_a_gain_that_is_off_by_a_tenth_in_the_source(tmp_path: Path) -> None:
    project = Project.make(tmp_path, "")
    source, std = "src/goodinit/model/initializers.py", "math.sqrt(2 / draw.fan_in)"
    assert (tmp_path / source).read_text().count(std) == 1
    project.replace(source, std, f"0.9 * {std}")
    verify = project.command("make", "verify", "PAPER=", "CORES=2")
    assert verify.returncode == 2, verify.stderr
    lines = [line for line in verify.stdout.splitlines() if "(standard error " in line]
    assert {line.split("/")[2] for line in lines} == {"kaiming-relu"}, lines
    key = "lahman/standardize/kaiming-relu/peak-0.2/none: activation std of layer 10 before training: "
    assert any(line.startswith(key) for line in lines), lines
    told = re.search("^goodinit verify: (.*)$", verify.stderr, re.MULTILINE)
    assert told, verify.stderr
    assert told[1].startswith(f"{len(lines)} of "), told[1]
