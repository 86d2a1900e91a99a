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
# # Two mistakes of recording
#
# Above, one net of the first initializer over a few epochs: the mean after the ReLU as a hook records it that does not
# ask whether the net is training (first row: after each epoch come the batches of the validation rows, black), and the
# training batches alone (second row). Below, how far the min-bin share ranges over training, by entry of a list:
# the first modules in order, Linear and ReLU in turn, against the layers after their ReLU; faint lines are nets, thick
# ones means over the nets that never diverged, with 95 % bootstrap intervals.
#
# What to look for: peaks at equal distances in the first row that the second row does not have; a zigzag from entry to
# entry that comes from the kind of module, not from the layer.


# %%
import pandas as pd
import seaborn.objects as so

from goodinit.report.plotting import draw, page, plot_nets, read_table, save_figure, style

table = read_table("recording-artifacts")
calls, entries = (table[table["panel"] == panel] for panel in ("calls", "entries"))
color = style(table["init"].iloc[0])[0]
hooked = calls.assign(view="all batches", at=calls["call"])
both = pd.concat(
    [hooked, calls[calls["part"] == "train"].assign(view="training only", at=calls["step"])], ignore_index=True
)
kinds = so.Nominal({"linear": "s", "relu": "o"})

# %%
figure = page(4.7)
above, below = figure.subfigures(2, 1, height_ratios=[2.9, 1.8])
dots = so.Plot(both, x="at", y="value", color="part").facet(row="view", col="layer").share(x="row", y="col")
dots = dots.add(so.Dot(pointsize=1.5), legend=False).scale(color={"train": color, "valid": "black"})
if not both.empty:  # some net was recorded around an escape
    axes = draw(dots.label(x="training step", y="", col="layer"), above)
    axes[len(axes) // 4].set_xlabel("call of the hook (black: validation batches)", visible=True)
ranges = plot_nets(entries, "entry", "value", col="listed")
ranges = ranges.add(so.Dot(pointsize=4), data=entries[entries["seed"].isna()], y="value", marker="site", legend=False)
names = entries["site"].str[0].str.upper() + entries["layer"].map("{:g}".format)
for place, (_, here) in zip(
    draw(ranges.scale(marker=kinds).share(x=False).label(x="", y="range of min-bin share"), below),
    names.groupby(entries["listed"], sort=False),
    strict=True,
):
    place.set_xticks(range(1, here.nunique() + 1), here.unique())
save_figure(figure, "recording-artifacts", "An activation mean as two hooks record it; ranges of the min-bin share.")
