import os
import runpy
from pathlib import Path

import matplotlib

from goodinit.places import Input, Output


def draw(notebook: Input[Path], pdf: Output[Path]) -> None:
    """Draw one figure from its notebook, as PDF and SVG."""
    matplotlib.use("agg")
    os.environ["GOODINIT_RESULTS"] = str(pdf.parents[1])
    runpy.run_path(str(notebook))
