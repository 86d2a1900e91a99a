# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A population of tables
#
# A row per table, from light tails (above) to heavy ones: the share of nets that have a plateau, and how the other
# initializers end against the first, means over seeds with 95 % intervals. Triangles and squares are nets of the first
# initializer in features under other scalings; the last row is the mean over tables, other splits left out.
#
# What to look for: dots at the right of the first column. Does another initializer or another scaling move them to the
# left, and does that pay in loss and accuracy?


# %%
from itertools import cycle

import pandas as pd
import seaborn.objects as so
from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

from goodinit.report.plotting import NULL_LOSS_STYLE, add_legend, draw, page, read_table, save_figure, style

MEASURES = {
    "plateau": "share with a plateau",
    "valid_loss": "loss, difference (nats)",
    "valid_accuracy": "accuracy, difference",
}
MARKERS = {"standardize": "o", "quantile": "v", "robust-clip": "s"}
LINEAR_BELOW, TICKS = 0.2, [-5, -1, -0.2, 0, 0.2, 1, 5]  # nats
suite = read_table("suite")
suite["name"] = suite["dataset"].str.replace("-", " ").fillna("mean over tables")
suite["nets"] = suite["init"].where(suite["scaling"] == "standardize", suite["init"] + ", " + suite["scaling"])
suite["rank"] = suite["init"].map(list(suite["init"].unique()).index)
kinds = suite.drop_duplicates("nets").sort_values("rank", kind="stable").set_index("nets")
colors = {kind: style(init)[0] for kind, init in kinds["init"].items()}
markers = kinds["scaling"].map(MARKERS).to_dict()
suite = suite.sort_values(["tail_weight", "name"])  # without numeric features last, and then the mean
columns = {"value": "", "low": "_low", "high": "_high"}
of_measure = [
    suite.rename(columns={f"{measure}{suffix}": name for name, suffix in columns.items()}).assign(measure=label)
    for measure, label in MEASURES.items()
]
long = pd.concat(of_measure, ignore_index=True)

# %%
of_peak = suite.groupby("peak")[["name", "nets"]].nunique()
heights = 0.1 + 0.046 * of_peak["name"] * of_peak["nets"]
figure = page(1.0 + heights.sum())
beside = so.Dodge(empty="fill", by=["color"])
plot = (
    so.Plot(long, x="value", y="name", color="nets", marker="nets")
    .facet(row="peak", col="measure")
    .share(x="col", y="row")
    .add(so.Range(linewidth=0.8), beside, xmin="low", xmax="high", legend=False)
    .add(so.Dot(pointsize=2.9, edgewidth=0), beside, legend=False)
    .scale(color=so.Nominal(colors, order=list(colors)), marker=so.Nominal(markers, order=list(markers)))
    .label(x="", y="", row="peak")
)
places = draw(plot, figure)
places[0].get_gridspec().set_height_ratios(heights)
for place, measure in zip(places, cycle(MEASURES), strict=False):
    for line in place.get_yticks()[:-1]:
        place.axhline(line + 0.5, color="0.88", linewidth=0.4, zorder=0)
    if measure != "plateau":
        place.axvline(0, **NULL_LOSS_STYLE)
    if measure == "valid_loss":
        place.set_xscale("symlog", linthresh=LINEAR_BELOW)
        place.xaxis.set_major_locator(FixedLocator(TICKS))
        place.xaxis.set_major_formatter(StrMethodFormatter("${x:g}$"))
        place.xaxis.set_minor_locator(NullLocator())
add_legend(figure, [], **{kind: {"color": colors[kind], "marker": markers[kind], "ls": ""} for kind in colors})
save_figure(figure, "suite", "Share with a plateau and differences in loss and accuracy, a row per table.")
