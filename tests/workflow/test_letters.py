"""Letters that text from outside may bring into the report."""

import subprocess
from pathlib import Path

from goodinit.report import tex


def test_tex_sets_every_letter_that_is_known(tmp_path: Path) -> None:
    """Any of them first in a line of a table, where TeX looks for options."""
    lines = "".join(f"{tex.escape(letter)} & {tex.code(letter)} \\\\\n" for letter in sorted(tex.KNOWN - {"\n"}))
    (tmp_path / "all.tex").write_text(
        "\\documentclass{article}\\usepackage[T1]{fontenc}\\usepackage{lmodern,textcomp,longtable}\\begin{document}"
        f"\\begin{{longtable}}{{ll}}\n{lines}\\end{{longtable}}\\end{{document}}"
    )
    run = subprocess.run(
        ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "all.tex"], cwd=tmp_path, capture_output=True
    )
    assert run.returncode == 0, run.stdout.decode(errors="replace")[-2000:]
