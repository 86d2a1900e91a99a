"""The look of every figure: one colour and dash per initializer, the report's font and width, one way to save."""

import io
import logging
import os
import zlib
from collections.abc import Iterable
from colorsys import hls_to_rgb
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
import seaborn.objects as so
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from goodinit import GoodinitError
from goodinit.files import write_whole

TEXT_WIDTH = 6.3  # inches, as in paper/report.tex
FAINT = 0.3  # opacity of the line of a single net
# after Wong 2011, lighter or darker until who lacks a kind of cones tells them apart; the dash tells the same in grey
STYLES = {
    "default": ("#d55e00", "-"),
    "kaiming-relu": ("#0b4a8f", (0, (5, 1.5))),
    "lsuv": ("#00a878", (0, (1.5, 0.8))),
    "orthogonal": ("#a06cd5", (0, (6, 1, 1, 1))),
    "default-zero-bias": ("#e69f00", (0, (3, 1))),
    "default-gain": ("#b07d52", (0, (3, 1, 1, 1, 1, 1))),
    "default-normal": ("#8c1c13", (0, (4, 1, 1, 1))),
    "kaiming-default-bias": ("#56b4e9", (0, (2, 1))),
    "lsuv-kaiming": ("#cc78bc", (0, (1, 1))),
    "lsuv-preactivation": ("#8aa63a", (0, (3, 2))),
}
SPARE_DASHES = ["-", (0, (5, 1.5)), (0, (1.5, 0.8)), (0, (6, 1, 1, 1)), (0, (3, 1))]
# from light to dark the worse it ends; none is an initializer's
VERDICT_COLORS = {
    "supported": "#007a5a",
    "refuted": "#b5361c",
    "depends": "#6a4c93",
    "undecided": "#8a8a8a",
    "untestable": "#c9c9c9",
}
NULL_LOSS_STYLE = {"color": "0.35", "linewidth": 0.7, "linestyle": (0, (1, 2))}

logging.getLogger("fontTools").setLevel(logging.ERROR)  # it wonders at the age of cmr10 in every figure
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
    },
)
so.Plot.config.theme.update(plt.rcParams)


def results_folder() -> Path:
    """$GOODINIT_RESULTS, else `results` at the root of the project."""
    return Path(os.environ.get("GOODINIT_RESULTS") or Path(__file__).parents[3] / "results")


def read_table(name: str) -> pd.DataFrame:
    """The tidy table `results/tables/{name}.csv`. Raises GoodinitError where it has not been made."""
    path = results_folder() / "tables" / f"{name}.csv"
    if not path.is_file():
        raise GoodinitError(f"{path} is missing; make it with: snakemake --cores all {path}")
    return pd.read_csv(path)


def page(height: float) -> Figure:
    """An empty figure as wide as the text and `height` inches high."""
    return plt.figure(figsize=(TEXT_WIDTH, height), layout="constrained")


def style(init: str) -> tuple[str, Any]:
    """Colour and dash of an initializer, the same in every figure; where STYLES lacks it, they follow from its name."""
    if init in STYLES:
        return STYLES[init]
    number = zlib.crc32(init.encode())
    return to_hex(hls_to_rgb(number / 2**32, 0.35 + 0.05 * (number % 4), 0.7)), SPARE_DASHES[number % len(SPARE_DASHES)]


def color_peaks(peaks: Iterable[float]) -> dict[float, str]:
    """Colours of peaks, from yellow to black the higher they are."""
    rising = sorted(set(peaks))
    shades = sns.color_palette("inferno", as_cmap=True)(0.9 * np.linspace(1, 0, len(rising)) ** 0.8)
    return dict(zip(rising, map(to_hex, shades), strict=True))


def plot_nets(table: pd.DataFrame, x: str, y: str, **facets: str) -> so.Plot:
    """Every net faintly; the means with their intervals on top (rows without seed), in the initializers' styles, in a
    panel per value of the columns `facets` (row, col)."""
    nets, means = table.dropna(subset="seed"), table[table["seed"].isna()]
    return (
        so.Plot(table, x=x, y=y, color="init", linestyle="init")
        .facet(**facets)
        .add(so.Lines(linewidth=0.5, alpha=FAINT, linestyle="-"), data=nets, group="seed", legend=False)
        .add(so.Band(alpha=0.25), data=means, ymin="interval_low", ymax="interval_high", legend=False)
        .add(so.Line(linewidth=1.3), data=means, legend=False)
        .scale(**scales(table["init"]))
    )


def scales(inits: Iterable[str]) -> dict[str, so.Nominal]:
    """The initializers' colours and dashes as scales of a plot."""
    styles = {init: style(init) for init in dict.fromkeys(inits)}
    return {
        name: so.Nominal({init: values[place] for init, values in styles.items()})
        for place, name in enumerate(("color", "linestyle"))
    }


def plot_ends(table: pd.DataFrame, x: str, y: str, color: str | None = None, **facets: Any) -> so.Plot:
    """A row per value of the column `y`: a faint dot per net, hollow where it did not finish, and the mean with its
    interval (the row without seed), side by side by `color`."""
    nets, means = table.dropna(subset="seed"), table[table["seed"].isna()]
    faint, dark = ({}, {}) if color else ({"color": "0.4"}, {"color": "0.1"})
    dots = so.Dots(pointsize=3, alpha=0.5, fillalpha=0.5, stroke=0.5, **faint)
    limits = {"x": x, "xmin": "interval_low", "xmax": "interval_high"}
    beside = [so.Dodge(by=["color"])] if color else []
    return (
        so.Plot(table, x=x, y=y, color=color)
        .facet(**facets)
        .share(x=False)
        .add(dots, *beside, so.Jitter(0.3, seed=0), data=nets, x=x, fill="finished", legend=False)
        .add(so.Range(linewidth=1.2, **dark), *beside, data=means, legend=False, **limits)
        .add(so.Dot(pointsize=4.5, marker="D", **dark), *beside, data=means, x=x, legend=False)
        .scale(fill=so.Nominal({True: True, False: False}))
    )


def draw(plot: so.Plot, on: Figure | SubFigure) -> list[Axes]:
    """Draw a plot and return its panels, row by row; columns are named above the first row, rows beside the first
    column."""
    plot.on(on).plot()
    for place in on.axes:
        column, _, row = place.get_title().partition(" | ")
        spec: Any = place.get_subplotspec()
        if row:
            place.set_title(column if spec.is_first_row() else "")
            place.set_ylabel(f"{row}\n{place.get_ylabel()}".strip() if spec.is_first_col() else "")
    return list(on.axes)


def draw_layers(nets: pd.DataFrame, values: str, label: str, height: float) -> Figure:
    """Every net at once: a panel per initializer, in it a band per layer, in that a line of pixels per net, which the
    column `values` over the steps darkens; from the net with the least of it over all layers to that with the most."""
    rank = nets.groupby(["init", "seed"])[values].mean().groupby("init").rank(method="first", na_option="bottom")
    nets = nets.join(rank.rename("rank"), on=["init", "seed"])
    figure = draw_heat(nets, ["layer", "rank"], values, label, height, col="init")
    for place, (_, here) in zip(figure.axes, nets.groupby("init", sort=False), strict=False):
        layers, members = sorted(here["layer"].unique()), here["seed"].nunique()
        place.set_yticks((np.arange(len(layers)) + 0.5) * members, layers)
        place.hlines(np.arange(1, len(layers)) * members, *place.get_xlim(), color="white", linewidth=0.8)
    figure.axes[0].set_ylabel("layer")
    return figure


def draw_heat(
    table: pd.DataFrame, index: str | list[str], values: str, label: str, height: float, **facets: str
) -> Figure:
    """A panel per value of the columns `facets` (row, col), a row of cells per value of `index`, a column per step."""
    grid = sns.FacetGrid(table, despine=False, **facets)
    figure: Figure = grid.figure
    limits = {"vmin": table[values].min(), "vmax": table[values].max()}

    def paint(data: pd.DataFrame, **_: Any) -> None:
        cells = data.pivot(index=index, columns="step", values=values)
        rows, columns = (-(-size // 4) for size in cells.shape)
        look = {"cmap": "rocket_r", "cbar": False, "rasterized": True, **limits}
        sns.heatmap(cells, xticklabels=columns, yticklabels=rows, **look).set_facecolor("0.8")

    grid.map_dataframe(paint)
    grid.set_titles("layer {row_name}, {col_name}" if "row" in facets else "{col_name}")
    grid.set_axis_labels("training step", "").tick_params(rotation=0)
    figure.set_size_inches(TEXT_WIDTH, height)
    figure.set_layout_engine("constrained")  # seaborn's own has no place for a colour bar
    figure.colorbar(grid.axes.flat[0].collections[0], ax=grid.axes, label=label, aspect=30, pad=0.02)
    return figure


def scale_losses(axes: Axes) -> None:
    """A logarithmic vertical axis with plain numbers, for losses; powers of ten alone where it spans two or more."""
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 4, 6) if high < 100 * low else (1,)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_minor_locator(NullLocator())


def add_legend(figure: Figure, inits: list[str], **others: dict[str, Any]) -> None:
    """One legend above the panels: the initializers in order, then other line styles by label (_ for a blank)."""
    handles = [Line2D([], [], color=style(init)[0], linestyle=style(init)[1], label=init) for init in inits]
    handles += [Line2D([], [], label=label.replace("_", " "), **line) for label, line in others.items()]
    figure.legend(handles=handles, loc="outside upper center", ncols=min(len(handles), 6))


def save_figure(figure: Figure, name: str, alt: str) -> None:
    """Write `results/figures/{name}.pdf` and `.svg`, the same bytes for the same figure, with the text `alt` for those
    who cannot see it as title; what is there stays untouched if nothing has changed."""
    _settle(figure)
    for suffix, dated in {"pdf": {"CreationDate": None}, "svg": {"Date": None}}.items():
        content = io.BytesIO()
        figure.savefig(content, format=suffix, metadata={"Title": alt, **dated})
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
