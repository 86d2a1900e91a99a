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
# # Inequality of the activations
#
# The Gini index of the activations after the ReLU, layer by layer, at the main peak: 0 where all activations of a batch
# are equal, near 1 where a few have nearly everything. Unlike the min bin it does not depend on their scale. Faint lines
# are nets, thick lines means over the nets that never diverged, with 95 % bootstrap intervals.
#
# What to look for: whether layers that are dormant by the min bin still tell rows apart on the plateau. With equal shares of
# zeros an index that stays low means that all rows look alike to the layer.

# %%
from goodinit.plotting import draw_layers, read_table, save_figure

# %%
figure = draw_layers(read_table("gini"), "gini", "Gini index of activations", height=3.2)
figure.axes[0].set_ylim(0, 1.03)
save_figure(figure, "gini")
