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
# # Histograms of the activations
#
# How large the activations after the ReLU are while training, at the main peak, over all nets of an initializer: each
# column of cells is the histogram of one epoch, the darkness of a cell the logarithm of its count. Activations above
# the top edge are not shown; zeros are in the bottom row.
#
# What to look for: a picture with nothing but its bottom row is a dormant layer. Does it fill gradually or at once?


# %%
from goodinit.report.plotting import draw_heat, read_table, save_figure

cells = read_table("activation-histograms")
label, height = "$\\log_{10}$(count + 1)", 0.7 + 1.35 * cells["layer"].nunique()

# %%
figure = draw_heat(cells, "bin", "log_count", label, height, row="layer", col="init")
figure.axes[0].invert_yaxis()
figure.supylabel("activation", fontsize=9)
save_figure(figure, "activation-histograms", "Heat maps of histograms of activations by step, for three layers.")
