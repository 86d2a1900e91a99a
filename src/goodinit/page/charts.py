"""What a hover or a slider shows better than print: single nets, every layer at one step, as Vega-Lite charts.

The page sets the parameters `step` (one of `steps`) and `seed` (EVERY: all) of all charts at once.
"""

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from goodinit.report.plotting import color_peaks, style

MOST_STEPS = 40  # positions of the slider
DIGITS = 4  # significant, of what is only looked at
FAINT, HIDDEN = 0.35, 0.04  # opacity of a net, and of one that was not chosen
TOP = 1.5  # of H: a net that diverges leaves its chart
EVERY = -1  # seed that stands for all
BY_STEP = ("min-bin", "activation-moments", "gini", "activation-histograms")
TABLES = ("loss-curves", "escape", "law", *BY_STEP)
Charts = dict[str, dict[str, Any]]


def thin_steps(table: pd.DataFrame) -> list[int]:
    """At most MOST_STEPS of the steps of a table, the first and the last among them, in order."""
    steps = sorted(table["step"].unique())
    places = np.linspace(0, len(steps) - 1, min(MOST_STEPS, len(steps))).round().astype(int)
    return [int(steps[place]) for place in places]


def draw_charts(tables: Mapping[str, pd.DataFrame]) -> tuple[Charts, list[int]]:
    """The charts that there are tables for, by name, as Vega-Lite, and the steps of the slider. tables: by name, as in
    results/tables."""
    inside = [tables[name] for name in BY_STEP if name in tables]
    steps = thin_steps(inside[0]) if inside else []
    charts: Charts = {}
    if "loss-curves" in tables:
        ends = tables["escape"][["init", "peak", "seed", "outcome", "escape_step"]]
        losses = tables["loss-curves"].dropna(subset="seed").merge(ends, on=["init", "peak", "seed"])
        for peak, of_peak in losses.groupby("peak", sort=False):
            charts[f"loss at peak {peak:g}"] = _draw_losses(of_peak, steps)
    charts |= _draw_layers(tables, steps)
    if "activation-histograms" in tables:
        charts |= _draw_histograms(tables["activation-histograms"], steps)
    if "law" in tables:
        charts["signal by sum of rates"] = _draw_law(tables["law"])
    return charts, steps


def _draw_losses(losses: pd.DataFrame, steps: list[int]) -> dict[str, Any]:
    """The trailing loss of every net; a cross where it diverged, a rule at the step of the slider."""
    null = float(losses["null_loss"].iloc[0])
    last = losses["step"] == losses.groupby(["init", "seed"])["step"].transform("max")
    columns = ["init", "seed", "step", "trailing_loss", "outcome", "escape_step"]
    # a tooltip with a null in it is empty
    escape = losses["escape_step"].map("{:.0f}".format).where(losses["escape_step"].notna(), "never")
    data = _data(losses[columns].assign(cross=last & losses["diverged_step"].notna(), escape_step=escape))
    told = [
        *_tooltip("init", "seed"),
        alt.Tooltip("outcome:N", title="end"),
        alt.Tooltip("escape_step:N", title="escape"),
    ]
    x = alt.X("step:Q", title="training step", scale=alt.Scale(domain=[0, int(losses["step"].max())], nice=False))
    seen = losses["trailing_loss"].clip(upper=TOP * null)
    scale = alt.Scale(type="log", domain=[float(seen.min()), float(seen.max())], nice=False)
    y = alt.Y("trailing_loss:Q", title="training loss (nats)", scale=scale)
    nets = (
        alt.Chart(data)
        .mark_line(strokeWidth=1.2, clip=True)
        .encode(x=x, y=y, color=_colors(losses), detail="seed:N", opacity=_opacity(), tooltip=told)
    )
    crosses = (
        alt.Chart(data)
        .mark_point(shape="cross", size=40, angle=45, filled=True, clip=True)
        .encode(x=x, y=y, color=_colors(losses), opacity=_opacity(), tooltip=told)
        .transform_filter("datum.cross")
    )
    null_net = (
        alt.Chart(_one()).mark_rule(strokeDash=[2, 3], color="#555").encode(y=alt.YDatum(null, type="quantitative"))
    )
    layers = [nets, crosses, null_net]
    if steps:
        here = alt.Chart(_one()).mark_rule(color="#222").encode(x=alt.XDatum(alt.expr("step"), type="quantitative"))
        layers.append(here.add_params(_step(steps)))
    return _finish(alt.layer(*layers).add_params(_seed()), "Training loss of every net by step.")


def _draw_layers(tables: Mapping[str, pd.DataFrame], steps: list[int]) -> Charts:
    """What the layers look like at the step of the slider: every net, and the median over nets."""
    asked = [
        ("min-bin", "min_bin_share", "", "min-bin share"),
        ("activation-moments", "value", "std", "standard deviation"),
        ("activation-moments", "value", "signal", "signal"),
        ("gini", "gini", "", "Gini index"),
    ]
    charts: Charts = {}
    for name, values, measure, title in asked:
        if name in tables:
            table = tables[name].dropna(subset="seed")
            rows = table[table["measure"] == measure] if measure else table
            rows = rows[rows["step"].isin(steps)].rename(columns={values: "value"}).dropna(subset="value")
            charts[title] = _draw_profile(rows, title, name == "activation-moments", steps)
    return charts


def _draw_profile(rows: pd.DataFrame, name: str, logarithmic: bool, steps: list[int]) -> dict[str, Any]:
    positive = rows[rows["value"] > 0]
    logarithmic = logarithmic and len(positive) > 0
    rows = positive if logarithmic else rows
    ends = [float(end) for end in rows["value"].quantile([0.001, 0.999])] if logarithmic else [0.0, 1.0]
    data = _data(rows[["init", "seed", "step", "layer", "value"]])
    scale = alt.Scale(type="log" if logarithmic else "linear", domain=ends, clamp=True, nice=False)
    layers = sorted(int(layer) for layer in rows["layer"].unique())
    x = alt.X("layer:Q", title="layer", axis=alt.Axis(values=layers, format="d", grid=False))
    y = alt.Y("value:Q", title=name, scale=scale)
    nets = alt.Chart(data).transform_filter("datum.step === step").encode(x=x, y=y, color=_colors(rows))
    told = [*_tooltip("init", "seed", "layer"), alt.Tooltip("value:Q", title=name, format=".3~g")]
    dots = nets.mark_circle(size=14).encode(opacity=_opacity(), tooltip=told)
    medians = nets.encode(y=alt.Y("median(value):Q", title=name, scale=scale))
    if layers == list(range(layers[0], layers[-1] + 1)):
        lines = nets.mark_line(strokeWidth=0.8).encode(detail="seed:N", opacity=_opacity())
        drawn = alt.layer(lines, dots, medians.mark_line(strokeWidth=2.6))
    else:  # a line would cross layers that have no value
        drawn = alt.layer(dots, medians.mark_point(shape="stroke", size=600, strokeWidth=2.6, opacity=1))
    text = f"{name.capitalize()} of the activations by layer at the step of the slider, every net and the median."
    return _finish(drawn.add_params(_step(steps), _seed()), text)


def _draw_histograms(cells: pd.DataFrame, steps: list[int]) -> Charts:
    """The histogram of each layer at the step of the slider, all nets of an initializer together."""
    highest = float(cells["log_count"].max())
    charts: Charts = {}
    for layer, of_layer in cells[cells["step"].isin(steps)].groupby("layer"):
        told = [*_tooltip("init"), alt.Tooltip("bin:Q", title="from"), alt.Tooltip("log_count:Q", title="log₁₀ count")]
        bars = (
            alt.Chart(_data(of_layer[["init", "step", "bin", "log_count"]]))
            .transform_filter("datum.step === step")
            .mark_line(interpolate="step-after", strokeWidth=1.6, point={"opacity": 0, "size": 90})
            .encode(
                x=alt.X("bin:Q", title="activation after the ReLU"),
                y=alt.Y("log_count:Q", title="log₁₀(count + 1)", scale=alt.Scale(domain=[0, highest])),
                color=_colors(of_layer),
                tooltip=told,
            )
        )
        text = f"Histogram of the activations after layer {layer} at the step of the slider."
        charts[f"activations after layer {layer}"] = _finish(bars.add_params(_step(steps)), text)
    return charts


def _draw_law(law: pd.DataFrame) -> dict[str, Any]:
    """The signal of the logits of every net by the sum of its learning rates so far; a dot where it escapes."""
    rows = law[law["signal"] > 0]
    data = _data(
        rows.astype({"escaped": bool})[["dataset", "init", "peak", "seed", "step", "signal", "rate_sum", "escaped"]]
    )
    reach = {name: [float(rows[name].min()), float(rows[name].max())] for name in ("rate_sum", "signal")}
    colors = color_peaks(law["peak"])
    scale = alt.Scale(domain=list(colors), range=list(colors.values()))
    peaks = alt.Color("peak:O", title="peak", scale=scale, legend=alt.Legend(orient="top"))
    base = alt.Chart(data).encode(
        x=alt.X("rate_sum:Q", title="sum of the learning rates so far", scale=alt.Scale(domain=reach["rate_sum"])),
        y=alt.Y(
            "signal:Q", title="signal of the logits", scale=alt.Scale(type="log", domain=reach["signal"], nice=False)
        ),
        color=peaks,
        detail=["seed:N", "dataset:N"],
        opacity=_opacity(0.7),
    )
    lines = base.mark_line(strokeWidth=1.5).encode(tooltip=_tooltip("peak", "seed"))
    told = [*_tooltip("peak", "seed", "step"), alt.Tooltip("rate_sum:Q", title="sum of rates", format=".4~g")]
    dots = base.mark_circle(size=36).encode(tooltip=told).transform_filter("datum.escaped")
    text = "Signal of the logits by the sum of the learning rates, a line per net."
    return _finish(alt.layer(lines, dots).add_params(_seed()), text)


def _data(rows: pd.DataFrame) -> alt.InlineData:
    """Rows as CSV: a third of what they take as JSON; flags as 0 and 1."""
    rows = rows.astype({name: int for name in rows.columns if rows[name].dtype == bool})
    text = rows.to_csv(index=False, float_format=f"%.{DIGITS}g")
    numbers = {str(name): "number" for name in rows.select_dtypes("number")}
    return alt.InlineData(values=text, format=alt.CsvDataFormat(type="csv", parse=numbers))


def _one() -> alt.InlineData:
    return alt.InlineData(values=[{}])


def _step(steps: list[int]) -> alt.Parameter:
    return alt.param(name="step", value=steps[0])


def _seed() -> alt.Parameter:
    return alt.param(name="seed", value=EVERY)


def _opacity(of_chosen: float = FAINT) -> alt.OpacityValue:
    """That of the net that was chosen, and of others; the page's style lets the net under the pointer stand out."""
    chosen = f"seed === {EVERY} || datum.seed === seed"
    return alt.OpacityValue(condition={"test": chosen, "value": of_chosen}, value=HIDDEN)


def _colors(table: pd.DataFrame) -> alt.Color:
    inits = list(dict.fromkeys(table["init"]))
    return alt.Color("init:N", scale=alt.Scale(domain=inits, range=[style(init)[0] for init in inits]), legend=None)


def _tooltip(*columns: str) -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{column}:N", title=column) for column in columns]


def _finish(chart: alt.LayerChart | alt.FacetChart | alt.Chart, description: str) -> dict[str, Any]:
    """As wide as its place on the page; described in words."""
    sized = chart.properties(width="container", height=230, description=description)
    look = sized.configure(font="system-ui, sans-serif", axis={"grid": False}, view={"stroke": None})
    drawn: dict[str, Any] = look.to_dict()
    return drawn
