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
# # Moments of the activations
#
# Mean, standard deviation over rows and units, and signal (root mean square over units of the std over rows) of the
# activations after the ReLU in the first, the middle and the last hidden layer, at the main peak, averaged over each
# epoch. Faint lines are nets, thick lines means over the nets that never diverged, with 95 % bootstrap intervals.
#
# What to look for: on the plateau mean and std stand still, while the signal grows from next to nothing until the net
# gets out.

# %%
from goodinit.report.plotting import add_legend, draw, page, plot_nets, read_table, save_figure

moments = read_table("activation-moments")
ranges = moments.groupby("measure", sort=False)["value"].quantile([0.002, 0.998]).unstack()  # not of a diverging net

# %%
figure = page(4.8)
plot = plot_nets(moments, "step", "value", row="measure", col="layer").share(y="row")
axes = draw(plot.label(x="training step", y="", col="layer"), figure)
for place, limits in zip(axes[:: len(axes) // len(ranges)], ranges.to_numpy() * [0.7, 1.5], strict=True):
    place.set(yscale="log", ylim=limits)
add_legend(figure, moments["init"].unique())
save_figure(
    figure, "activation-moments", "Mean, std and signal of activations by step in three layers, a line per net."
)
