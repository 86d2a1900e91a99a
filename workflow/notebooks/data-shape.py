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
# # The shape of the data
#
# Every numeric feature of every prepared table is a tick: its skewness, its excess kurtosis (both 0 for a normal
# distribution) and its largest distance from the mean in standard deviations, over the training rows; the number of
# features beside. The axes are logarithmic, and linear within ±1.
#
# What to look for: ticks far to the right are heavy tails. `quantile` takes them off a table, `heavy` puts them on.


# %%
import seaborn.objects as so

from goodinit.report.plotting import NULL_LOSS_STYLE, draw, page, read_table, save_figure

MEASURES = {"skewness": "skewness", "excess_kurtosis": "excess kurtosis", "max_abs_z": "largest $|z|$"}
shapes = read_table("data-shape").query("kind == 'numeric'")
n = shapes.groupby(["dataset", "scaling"])["kind"].transform("size").map(" ({:g})".format)
shapes["name"] = shapes["dataset"] + ", " + shapes["scaling"] + n
long = shapes.rename(columns=MEASURES).melt("name", list(MEASURES.values()))

# %%
figure = page(0.7 + 0.24 * shapes["name"].nunique())
ticks = so.Dash(width=0.6, linewidth=0.7, color="0.15", alpha=0.5)
plot = so.Plot(long, x="value", y="name").facet(col="variable").share(x=False).add(ticks)
for place, (_, here) in zip(draw(plot.label(x="", y=""), figure), long.groupby("variable", sort=False), strict=True):
    place.axvline(0, **NULL_LOSS_STYLE)
    low, high = min(-1, 1.5 * here["value"].min()), max(1, 1.5 * here["value"].max())
    shown = [tick for tick in (-100, -10, -1, 0, 1, 10, 100, 1000, 10000) if low <= tick <= high]
    place.set_xscale("symlog", linthresh=1)
    place.set_xticks(shown, [f"${tick:g}$" for tick in shown])
    place.set_xlim(low, high)
save_figure(figure, "data-shape", "Skewness, kurtosis and largest value of every numeric feature, a row per table.")
