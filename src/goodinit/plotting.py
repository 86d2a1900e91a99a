"""The look of every figure: one colour and dash per initializer, the report's font and width, one way to save."""

import io
import os
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from goodinit import GoodinitError
from goodinit.artifacts import write_whole

TEXT_WIDTH = 6.3  # inches, as in paper/report.tex
# colour-blind safe (seaborn "colorblind", after Wong 2011); the dash tells the same in grey
STYLES = {
    "default": ("#d55e00", "-"),
    "kaiming-relu": ("#0173b2", (0, (5, 1.5))),
    "lsuv": ("#029e73", (0, (1.5, 0.8))),
}
SPARE_STYLES = [("#cc78bc", (0, (6, 1, 1, 1))), ("#ca9161", (0, (3, 1))), ("#949494", (0, (1, 2))), ("#56b4e9", "-")]
NULL_LOSS_STYLE = {"color": "0.35", "linewidth": 0.7, "linestyle": (0, (1, 2)), "zorder": 0}

sns.set_theme(
    context="paper",
    style="ticks",
    rc={
        "font.family": "serif",
        "font.serif": ["cmr10", "DejaVu Serif"],  # shipped with matplotlib: the same on every machine
        "mathtext.fontset": "cm",
        "axes.formatter.use_mathtext": True,
        "font.size": 9,
        "axes.labelsize": 9,
        "axes.titlesize": 9,
        "xtick.labelsize": 8,
        "ytick.labelsize": 8,
        "legend.fontsize": 8,
        "legend.frameon": False,
        "axes.linewidth": 0.6,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "svg.fonttype": "path",
        "svg.hashsalt": "goodinit",
        "pdf.fonttype": 42,
        "figure.constrained_layout.use": True,
    },
)


def results_folder() -> Path:
    """$GOODINIT_RESULTS, else `results` at the root of the project."""
    return Path(os.environ.get("GOODINIT_RESULTS") or Path(__file__).parents[2] / "results")


def read_table(name: str) -> pd.DataFrame:
    """The tidy table `results/tables/{name}.csv`. Raises GoodinitError where it has not been made."""
    path = results_folder() / "tables" / f"{name}.csv"
    if not path.is_file():
        raise GoodinitError(f"{path} is missing; make it with: snakemake --cores all {path}")
    return pd.read_csv(path)


def panels(rows: int, columns: int, height: float) -> tuple[Figure, list[Axes]]:
    """A figure as wide as the text and `height` inches high with rows x columns panels that share their axes."""
    figure, axes = plt.subplots(rows, columns, figsize=(TEXT_WIDTH, height), sharex=True, sharey=True, squeeze=False)
    return figure, list(axes.flat)


def style(init: str) -> tuple[str, Any]:
    """Colour and dash of an initializer, the same in every figure."""
    return STYLES.get(init) or SPARE_STYLES[sum(init.encode()) % len(SPARE_STYLES)]


def draw_nets(axes: Axes, nets: pd.DataFrame, x: str, y: str, init: str) -> None:
    """Every net faintly; the mean with its interval on top (rows without seed)."""
    color, dash = style(init)
    for _, net in nets.dropna(subset="seed").groupby("seed"):
        axes.plot(net[x], net[y], color=color, linewidth=0.5, alpha=0.4)
    mean = nets[nets["seed"].isna()]
    axes.fill_between(mean[x], mean["interval_low"], mean["interval_high"], color=color, alpha=0.25, linewidth=0)
    axes.plot(mean[x], mean[y], color=color, linestyle=dash, linewidth=1.3)


def add_legend(figure: Figure, inits: list[str], **others: dict[str, Any]) -> None:
    """One legend above the panels: the initializers in order, then other line styles by label."""
    handles = [Line2D([], [], color=style(init)[0], linestyle=style(init)[1], label=init) for init in inits]
    handles += [Line2D([], [], label=label.replace("_", " "), **line) for label, line in others.items()]
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))


def save_figure(figure: Figure, name: str) -> None:
    """Write `results/figures/{name}.pdf` and `.svg`, the same bytes for the same figure."""
    for suffix, dated in {"pdf": {"CreationDate": None}, "svg": {"Date": None}}.items():
        content = io.BytesIO()
        figure.savefig(content, format=suffix, metadata=dated)
        write_whole(results_folder() / "figures" / f"{name}.{suffix}", content.getvalue())
