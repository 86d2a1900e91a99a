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
# Each faint line is one net: its training loss averaged over the last epoch. The thick line is the mean over all nets
# with its 95 % bootstrap interval, where a net that diverged counts as one that ignores its input; the dotted line is
# that null net's loss, the entropy H of the classes.
#
# What to look for: how long a line stays on the dotted one (the plateau), whether it leaves suddenly, and which lines
# end early (a net that diverged).

# %%
from goodinit.report.plotting import NULL_LOSS_STYLE, draw_nets, panels, read_table, save_figure

curves = read_table("loss-curves")
inits, peaks = curves["init"].unique(), curves["peak"].unique()
null_loss = curves["null_loss"].max()

# %%
figure, axes = panels(len(peaks), len(inits), height=0.5 + 1.6 * len(peaks))
for place, (peak, init) in zip(axes, [(peak, init) for peak in peaks for init in inits], strict=False):
    here = curves[(curves["peak"] == peak) & (curves["init"] == init)]
    place.axhline(null_loss, **NULL_LOSS_STYLE)
    draw_nets(place, here, "step", "trailing_loss", init)
    place.set_title(f"{init}, peak {peak:g}")
    place.set_ylim(0, 1.15 * null_loss)
figure.supxlabel("training step", fontsize=9)
figure.supylabel("training loss (nats)", fontsize=9)
save_figure(figure, "loss-curves")
