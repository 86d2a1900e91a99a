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
# # Verdicts
#
# Every part of every claim at the main peak: where its effect lies, with the interval that decides, on a scale that all
# share. 0 is the threshold, 1 the limit of the interval that is furthest from it; to the right is the claim's side.
# Hollow: the verdict is another over nets whose start differs in its last bit.
#
# What to look for: intervals right of the line support, left of it refute, and across it leave the question open.

# %%
from matplotlib.lines import Line2D

from goodinit.report.plotting import VERDICT_COLORS, page, read_table, save_figure

table = read_table("verdicts").fillna({"part": "", "nudged": ""})
table["peak"] = table["peak"].astype(str)
main = table[table["peak"] == table["peak"].iloc[0]].reset_index(drop=True)
half = -(-len(main) // 2)

# %%
figure = page(0.5 + 0.1 * half)
axes = figure.subplots(1, 2, sharex=True)
for place, rows in zip(axes, (main.iloc[:half], main.iloc[half:]), strict=True):
    heights = range(len(rows))
    colors = rows["verdict"].map(VERDICT_COLORS)
    faces = colors.where((rows["nudged"] == "") | (rows["nudged"] == rows["verdict"]), "white")
    place.axvline(0, color="0.35", linewidth=0.7)
    place.hlines(heights, rows["low"], rows["high"], colors=colors, linewidth=1.4)
    place.scatter(rows["position"], heights, s=13, c=faces, edgecolors=colors, linewidths=0.9, zorder=3)
    first = rows["claim"] != rows["claim"].shift()
    numbers = rows["claim"].astype(str).where(first, "")
    place.set_yticks(heights, (numbers + "  " + rows["part"]).str.strip(), fontsize=6)
    for tick, color in zip(place.get_yticklabels(), colors, strict=True):
        tick.set_color(color)
    place.set(xlim=(-1.05, 1.05), ylim=(len(rows) - 0.5, -0.5))
    place.tick_params(axis="y", length=0)
    place.set_xticks([-1, 0, 1], ["refutes", "0", "supports"])
handles = [Line2D([], [], color=color, marker="o", markersize=4, label=name) for name, color in VERDICT_COLORS.items()]
figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
save_figure(figure, "verdicts", "The effect of every part of every claim with its interval, coloured by verdict.")
