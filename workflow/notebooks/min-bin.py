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
from goodinit.report.plotting import draw_layers, read_table, save_figure

# %%
figure = draw_layers(read_table("min-bin"), "min_bin_share", "share in the min bin", height=3.2)
figure.axes[0].set_ylim(0, 1.03)
save_figure(figure, "min-bin")
