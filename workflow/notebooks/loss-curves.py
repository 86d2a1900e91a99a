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
# # Loss curves
#
# Each faint line is one net: its training loss averaged over the last epoch, with a cross where the net diverges. The
# thick line is the mean over the nets that never do, if they are five or more, with its 95 % bootstrap interval; the
# dotted line is the loss of a net that ignores its input, the entropy H of the classes.
#
# What to look for: how long a line stays on the dotted one (the plateau), whether it leaves suddenly, and which lines
# end early.

# %%
import seaborn.objects as so

from goodinit.report.plotting import NULL_LOSS_STYLE, draw, page, plot_nets, read_table, save_figure

curves = read_table("loss-curves")
top = 1.15 * curves["null_loss"].max()
ends = curves.dropna(subset="diverged_step").groupby(["init", "peak", "seed"], sort=False).tail(1)
ends = ends.assign(last=ends["trailing_loss"].clip(upper=0.98 * top))

# %%
cross = so.Dot(marker="x", pointsize=3, stroke=0.8, color="0.1")
plot = (
    plot_nets(curves, "step", "trailing_loss", row="peak", col="init")
    .add(cross, data=ends, x="diverged_step", y="last", legend=False)
    .limit(y=(0, top))
    .label(x="training step", y="training loss (nats)", row="peak")
)
figure = page(0.5 + 1.6 * curves["peak"].nunique())
for place in draw(plot, figure):
    place.axhline(curves["null_loss"].max(), **NULL_LOSS_STYLE)
save_figure(
    figure,
    "loss-curves",
    "Training loss by step, a panel per initializer and peak learning rate, a line per net and their mean.",
)
