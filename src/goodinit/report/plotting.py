"""The look of every figure: one colour and dash per initializer, the report's font and width, one way to save."""

import io
import os
import zlib
from colorsys import hls_to_rgb
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from goodinit import GoodinitError
from goodinit.files import write_whole

TEXT_WIDTH = 6.3  # inches, as in paper/report.tex
# colour-blind safe (seaborn "colorblind", after Wong 2011); the dash tells the same in grey
STYLES = {
    "default": ("#d55e00", "-"),
    "kaiming-relu": ("#0173b2", (0, (5, 1.5))),
    "lsuv": ("#029e73", (0, (1.5, 0.8))),
    "orthogonal": ("#6a4c93", (0, (6, 1, 1, 1))),
    "default-zero-bias": ("#e69f00", (0, (3, 1))),
    "default-gain": ("#b07d52", (0, (3, 1, 1, 1, 1, 1))),
    "default-normal": ("#8c1c13", (0, (4, 1, 1, 1))),
    "kaiming-default-bias": ("#56b4e9", (0, (2, 1))),
    "lsuv-kaiming": ("#cc78bc", (0, (1, 1))),
    "lsuv-preactivation": ("#8aa63a", (0, (3, 2))),
}
SPARE_DASHES = ["-", (0, (5, 1.5)), (0, (1.5, 0.8)), (0, (6, 1, 1, 1)), (0, (3, 1))]
# from light to dark the worse it ends; none is an initializer's
OUTCOME_COLORS = {"trained": "#e9e4d4", "stuck": "#b4bccb", "collapsed": "#77738f", "diverged": "#2b2933"}
VERDICT_COLORS = {
    "supported": "#029e73",
    "refuted": "#b5361c",
    "depends": "#6a4c93",
    "undecided": "#8a8a8a",
    "untestable": "#c9c9c9",
}
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
    return Path(os.environ.get("GOODINIT_RESULTS") or Path(__file__).parents[3] / "results")


def read_table(name: str) -> pd.DataFrame:
    """The tidy table `results/tables/{name}.csv`. Raises GoodinitError where it has not been made."""
    path = results_folder() / "tables" / f"{name}.csv"
    if not path.is_file():
        raise GoodinitError(f"{path} is missing; make it with: snakemake --cores all {path}")
    return pd.read_csv(path)


def panels(rows: int, columns: int, height: float, **layout: Any) -> tuple[Figure, list[Axes]]:
    """A figure as wide as the text and `height` inches high with rows x columns panels that share their axes, unless
    `layout`, arguments of plt.subplots, says otherwise."""
    layout = {"sharex": True, "sharey": True, "squeeze": False} | layout
    figure, axes = plt.subplots(max(rows, 1), max(columns, 1), figsize=(TEXT_WIDTH, height), **layout)
    return figure, list(axes.flat)


def style(init: str) -> tuple[str, Any]:
    """Colour and dash of an initializer, the same in every figure; where STYLES lacks it, they follow from its name."""
    if init in STYLES:
        return STYLES[init]
    number = zlib.crc32(init.encode())
    return to_hex(hls_to_rgb(number / 2**32, 0.35 + 0.05 * (number % 4), 0.7)), SPARE_DASHES[number % len(SPARE_DASHES)]


def draw_nets(axes: Axes, nets: pd.DataFrame, x: str, y: str, init: str, dash: Any = None) -> None:
    """Every net faintly; the mean with its interval on top (rows without seed). dash: instead of the initializer's."""
    color = style(init)[0]
    for _, net in nets.dropna(subset="seed").groupby("seed"):
        axes.plot(net[x], net[y], color=color, linewidth=0.5, alpha=0.4)
    mean = nets[nets["seed"].isna()]
    axes.fill_between(mean[x], mean["interval_low"], mean["interval_high"], color=color, alpha=0.25, linewidth=0)
    axes.plot(mean[x], mean[y], color=color, linestyle=dash or style(init)[1], linewidth=1.3)


def draw_layers(nets: pd.DataFrame, y: str, label: str, height: float) -> Figure:
    """Small multiples: a column `y` over steps, a panel per layer, all initializers in it."""
    inits, layers = nets["init"].unique(), nets["layer"].unique()
    columns = min(5, max(1, len(layers)))
    figure, axes = panels(-(-len(layers) // columns), columns, height)
    for place, layer in zip(axes, layers, strict=False):
        for init in inits:
            draw_nets(place, nets[(nets["layer"] == layer) & (nets["init"] == init)], "step", y, init)
        place.set_title(f"layer {layer}")
    for place in axes[len(layers) :]:
        place.axis("off")
    figure.supxlabel("training step", fontsize=9)
    figure.supylabel(label, fontsize=9)
    add_legend(figure, list(inits))
    return figure


def draw_dots(axes: Axes, rows: pd.DataFrame, x: str, at: float, color: str) -> None:
    """A dot per seed around the height `at`, hollow where a net diverged (column `finished`), and above them the mean
    with its interval (the row without seed)."""
    nets, mean = rows.dropna(subset="seed"), rows[rows["seed"].isna()]
    heights = at + 0.12 + 0.22 * np.linspace(-1, 1, len(nets))
    faces = [to_rgba(color, 0.5 if finished else 0) for finished in nets["finished"]]
    axes.scatter(nets[x], heights, s=8, c=faces, edgecolors=to_rgba(color, 0.7), linewidths=0.5)
    axes.plot(mean[["interval_low", "interval_high"]].to_numpy().T, [at - 0.28] * 2, color=color, linewidth=1.8)
    axes.plot(mean[x], [at - 0.28] * len(mean), "D", color=color, markersize=4, markeredgecolor="white")


def scale_losses(axes: Axes) -> None:
    """A logarithmic vertical axis with plain numbers, for losses between a tenth and a few nats."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 4, 6)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_minor_locator(NullLocator())


def add_legend(figure: Figure, inits: list[str], **others: dict[str, Any]) -> None:
    """One legend above the panels: the initializers in order, then other line styles by label (_ for a blank)."""
    handles = [Line2D([], [], color=style(init)[0], linestyle=style(init)[1], label=init) for init in inits]
    handles += [Line2D([], [], label=label.replace("_", " "), **line) for label, line in others.items()]
    figure.legend(handles=handles, loc="outside upper center", ncols=min(len(handles), 5))


def save_figure(figure: Figure, name: str) -> None:
    """Write `results/figures/{name}.pdf` and `.svg`, the same bytes for the same figure; what is there stays untouched
    if nothing has changed."""
    _settle(figure)
    for suffix, dated in {"pdf": {"CreationDate": None}, "svg": {"Date": None}}.items():
        content = io.BytesIO()
        figure.savefig(content, format=suffix, metadata=dated)
        path = results_folder() / "figures" / f"{name}.{suffix}"
        if not path.is_file() or path.read_bytes() != content.getvalue():
            write_whole(path, content.getvalue())


def _settle(figure: Figure) -> None:
    """Leave the axes where the layout has them, to nine digits: the last bits depend on the processor, and an SVG names
    its clip paths after all of them."""
    figure.savefig(io.BytesIO(), format="svg")  # lays it out, whatever the resolution of a screen or notebook
    figure.set_layout_engine("none")
    for axes in figure.axes:
        axes.set_position(tuple(np.round(axes.get_position().bounds, 9)))
