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
# The share of activations below 0.25 in absolute value, after the ReLU, at the main peak: a panel per initializer, a
# band per layer, in it a line of pixels per net, sorted by their means. A layer at 1 is dormant; grey: diverged.
#
# What to look for: which layers are dormant while the loss sits on its plateau, and whether they wake at the escape.

# %%
from goodinit.report.plotting import draw_layers, read_table, save_figure

# %%
figure = draw_layers(read_table("min-bin"), "min_bin_share", "share in the min bin", height=3.2)
save_figure(figure, "min-bin", "Heat maps of the share of activations in the min bin by step, layer and net.")
