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
# # The min bin
#
# The share of activations below 0.25 in absolute value, after the ReLU, layer by layer, at the main peak. Faint lines
# are nets, thick lines means over the nets that never diverged, with 95 % bootstrap intervals. A layer at 1 is dormant.
#
# What to look for: which layers are dormant while the loss sits on its plateau, and whether they wake at the escape.

# %%
from goodinit.plotting import add_legend, draw_nets, panels, read_table, save_figure

shares = read_table("min-bin")
inits, layers = shares["init"].unique(), shares["layer"].unique()
columns = min(5, len(layers))

# %%
figure, axes = panels(-(-len(layers) // columns), columns, height=3.2)
for place, layer in zip(axes, layers, strict=False):
    for init in inits:
        draw_nets(place, shares[(shares["layer"] == layer) & (shares["init"] == init)], "step", "min_bin_share", init)
    place.set_title(f"layer {layer}")
    place.set_ylim(0, 1.03)
figure.supxlabel("training step", fontsize=9)
figure.supylabel("share in the min bin", fontsize=9)
add_legend(figure, list(inits))
save_figure(figure, "min-bin")
