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
# # Gain and depth
#
# Median sum of the learning rates up to the escape of nets with Kaiming's init times a gain. Left: against the gain, a
# line for each number of first layers that have it; dashed, the slopes that theory gives them, -(r - 2). Right: all
# layers scaled, by gain and depth; "> b" where most nets were still at rest when the budget b of the schedule was used
# up. On a white line gain to the power of depth - 2, to which theory gives the same rest, is the same.
#
# What to look for: left, lines that fan out; right, colours that follow the lines.

# %%
import numpy as np
import seaborn as sns

from goodinit.report.plotting import page, read_table, save_figure

phase = read_table("phase")
plain = phase["hidden_layers"].mode().iloc[0]

# %%
figure = page(3.0)
place, beside = figure.subplots(1, 2)
lines = phase[(phase["hidden_layers"] == plain) & (phase["gain"] < 1)].dropna(subset="rate_sum")
counts = sorted(lines["small_layers"].unique())
colors = dict(zip(counts, sns.color_palette("flare", len(counts)), strict=True))
sns.lineplot(lines, x="gain", y="rate_sum", hue="small_layers", palette=colors, marker="o", errorbar=None, ax=place)
for count, line in lines.groupby("small_layers"):
    right = line.loc[line["gain"].idxmax()]
    theory = right["rate_sum"] * (line["gain"] / right["gain"]) ** (2 - count)
    place.plot(line["gain"], theory, color=colors[count], linestyle=(0, (5, 3)), linewidth=0.7)
gains = sorted(lines["gain"].unique())
place.set(
    xscale="log", yscale="log", xlabel="gain of the small layers", ylabel="sum of the learning rates at the escape"
)
place.set_xticks(gains, [f"{gain:g}" for gain in gains])
place.set_xticks([], minor=True)
place.legend(title="small layers")

whole = phase[phase["small_layers"] == phase["hidden_layers"]]
medians = whole.pivot(index="hidden_layers", columns="gain", values="rate_sum").sort_index(ascending=False)
budgets = whole.pivot(index="hidden_layers", columns="gain", values="budget").sort_index(ascending=False)
words = medians.map("{:.3g}".format).where(medians.notna(), budgets.map("$>${:.0f}".format))
known = np.log10(medians.fillna(budgets))
sns.heatmap(known, annot=words, fmt="", cmap="flare", cbar=False, linewidths=0.5, annot_kws={"fontsize": 8}, ax=beside)
depths = np.linspace(whole["hidden_layers"].min(), whole["hidden_layers"].max(), 100)
heights = np.interp(depths, medians.index[::-1], np.arange(len(medians))[::-1] + 0.5)
for signal in (0.3, 0.1, 0.01, 1e-3, 1e-4):
    gains = signal ** (1 / (depths - 2))
    inside = (gains > medians.columns.min()) & (gains < medians.columns.max())
    across = np.interp(gains[inside], medians.columns, np.arange(medians.shape[1]) + 0.5)
    beside.plot(across, heights[inside], color="white", alpha=0.5, linewidth=0.8, linestyle=(0, (4, 2)))
for word, color in zip(beside.texts, beside.collections[0].get_facecolors(), strict=True):
    word.set_bbox({"facecolor": color, "edgecolor": "none", "pad": 1})  # no line runs through a number
beside.set(xlabel="gain of all layers", ylabel="hidden layers")
save_figure(figure, "phase", "Time to the escape by gain and number of small layers, and by gain and depth.")
