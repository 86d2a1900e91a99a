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
from goodinit.report.plotting import add_legend, draw_nets, panels, read_table, save_figure

moments = read_table("activation-moments")
inits, layers, measures = moments["init"].unique(), moments["layer"].unique(), ["mean", "std", "signal"]
ranges = moments.groupby("measure")["value"].quantile([0.002, 0.998]).unstack() * [
    0.7,
    1.5,
]  # not a net about to diverge

# %%
figure, axes = panels(len(measures), len(layers), height=4.6, sharey="row")
for place, (measure, layer) in zip(axes, [(m, layer) for m in measures for layer in layers], strict=False):
    here = moments[(moments["measure"] == measure) & (moments["layer"] == layer)]
    for init in inits:
        draw_nets(place, here[here["init"] == init], "step", "value", init)
    place.set_yscale("log")
    place.set_ylim(*ranges.loc[measure])
    place.set_title(f"layer {layer}" if measure == measures[0] else "")
for place, measure in zip(axes[:: len(axes) // len(measures)], measures, strict=True):
    place.set_ylabel(measure)
figure.supxlabel("training step", fontsize=9)
add_legend(figure, list(inits))
save_figure(figure, "activation-moments")
