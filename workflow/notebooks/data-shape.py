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
from goodinit.report.plotting import NULL_LOSS_STYLE, panels, read_table, save_figure

shapes = read_table("data-shape")
numeric = shapes[shapes["kind"] == "numeric"]
prepared = list(numeric.groupby(["dataset", "scaling"], sort=False))
MEASURES = {"skewness": "skewness", "excess_kurtosis": "excess kurtosis", "max_abs_z": "largest $|z|$"}

# %%
figure, axes = panels(1, len(MEASURES), height=0.7 + 0.26 * max(1, len(prepared)), sharex=False)
for place, (measure, label) in zip(axes, MEASURES.items(), strict=True):
    for at, (_, here) in enumerate(prepared):
        place.plot(here[measure], [at] * len(here), "|", color="0.15", alpha=0.5, markersize=9, markeredgewidth=0.7)
    place.axvline(0, **NULL_LOSS_STYLE)
    place.set_xscale("symlog", linthresh=1)
    low, high = min(-1, 1.5 * numeric[measure].min()), max(1, 1.5 * numeric[measure].max())
    ticks = [tick for tick in (-100, -10, -1, 0, 1, 10, 100, 1000, 10000) if low <= tick <= high]
    place.set(xlim=(low, high), xlabel=label)
    place.set_xticks(ticks, [f"${tick:g}$" for tick in ticks], fontsize=7)
axes[0].set_yticks(
    range(len(prepared)), [f"{dataset}, {scaling} ({len(here)})" for (dataset, scaling), here in prepared]
)
axes[0].set_ylim(len(prepared) - 0.4, -0.6)
save_figure(figure, "data-shape")
