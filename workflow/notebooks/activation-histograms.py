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
# column of pixels is the histogram of one epoch, the darkness of a pixel the logarithm of its count. Activations above
# the top edge are not shown; zeros are in the bottom row.
#
# What to look for: a picture with nothing but its bottom row is a dormant layer. Does it fill gradually or at once?

# %%
import numpy as np

from goodinit.report.plotting import panels, read_table, save_figure

cells = read_table("activation-histograms")
inits, layers = cells["init"].unique(), cells["layer"].unique()
steps, edges = (np.sort(cells[name].unique()) for name in ("step", "bin"))
top = max(cells["log_count"].max(), 1)

# %%
figure, axes = panels(len(layers), len(inits), height=0.7 + 1.35 * len(layers))
for place, (layer, init) in zip(axes, [(layer, init) for layer in layers for init in inits], strict=True):
    here = cells[(cells["layer"] == layer) & (cells["init"] == init)]
    counts = here.pivot(index="bin", columns="step", values="log_count").reindex(index=edges, columns=steps)
    image = place.pcolormesh(steps, edges, counts, cmap="magma_r", vmin=0, vmax=top, shading="nearest", rasterized=True)
    place.set_title(f"{init} (n = {here['n'].max():g})" if layer == layers[0] else "")
    if init == inits[0]:
        place.set_ylabel(f"layer {layer}")
figure.supxlabel("training step", fontsize=9)
figure.supylabel("activation", fontsize=9)
figure.colorbar(image, ax=axes, label="$\\log_{10}$(count + 1)", aspect=40, pad=0.02)
save_figure(figure, "activation-histograms")
