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
# The Gini index of the activations after the ReLU at the main peak: 0 where all activations of a batch are equal, near
# 1 where a few have nearly everything; the zeros alone, about half of all, make it 0.5. Unlike the min bin it does not
# depend on the scale. A panel per initializer, a band per layer, in it a line of pixels per net, sorted by their means;
# grey: diverged, or nothing but zeros.
#
# What to look for: are activations that are all tiny by the min bin as unequal as large ones, on the plateau and after?

# %%
from goodinit.report.plotting import draw_layers, read_table, save_figure

# %%
figure = draw_layers(read_table("gini"), "gini", "Gini index of activations", height=3.2)
save_figure(figure, "gini", "Heat maps of the Gini index of activations by step, layer and net.")
