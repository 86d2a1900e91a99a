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
# Every claim in a line: the effect of its primary part at the main peak and its interval, on a scale on which the
# threshold is the line and the limit furthest from it the edge. Coloured by the verdict on the whole claim.
#
# What to look for: intervals right of the line support, left of it refute, and across it leave the question open. Where
# colour and side differ, other parts or peaks say otherwise.

# %%
from matplotlib.lines import Line2D

from goodinit.report.plotting import VERDICT_COLORS, page, read_table, save_figure

table = read_table("verdicts")
table["peak"] = table["peak"].astype(str)
claims = table[table["peak"] == table["peak"].iloc[0]].drop_duplicates("claim").reset_index(drop=True)

# %%
figure = page(0.5 + 0.118 * len(claims))
place = figure.subplots()
colors = claims["whole"].map(VERDICT_COLORS)
place.axvline(0, color="0.35", linewidth=0.7)
place.hlines(claims.index, claims["low"], claims["high"], colors=colors, linewidth=1.8)
place.scatter(claims["position"], claims.index, s=16, c=colors, zorder=3)
statements = (
    claims["statement"].str.replace("±", r"$\pm$").str.replace(r"√([\w-]+)", r"$\\sqrt{\\mathrm{\1}}$", regex=True)
)
place.set_yticks(claims.index, statements + "  " + claims["claim"].astype(str), fontsize=6.8)
place.set(xlim=(-1.05, 1.05), ylim=(len(claims) - 0.5, -0.5))
place.tick_params(axis="y", length=0)
place.set_xticks([-1, 0, 1], ["refutes", "threshold", "supports"])
handles = [Line2D([], [], color=color, marker="o", markersize=4, label=name) for name, color in VERDICT_COLORS.items()]
figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
save_figure(figure, "verdicts", "The effect of every claim with its interval, coloured by verdict.")
