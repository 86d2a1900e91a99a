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
# # Against overfitting
#
# Above: loss over the training rows (dashed) and the validation rows (solid) under each regularization, at the main
# peak; faint lines are the validation losses of single nets, thick lines means over the nets that never diverged, with
# 95 % bootstrap intervals; the grey line is the validation loss without regularization. The loss axis is logarithmic.
# Early stopping trains as without regularization: it differs only in the weights it gives back, from the ticked steps.
#
# Below: loss and accuracy over the test rows at the end, a dot per net (hollow: diverged, counted as a net that ignores
# its input), above them the mean with its interval.
#
# What to look for: does the validation loss still rise at the end, and which remedy pays off on the test rows?

# %%
import matplotlib.pyplot as plt

from goodinit.report.plotting import TEXT_WIDTH, draw_dots, draw_nets, read_table, save_figure, scale_losses, style

table = read_table("overfitting")
init, names = table["init"].iloc[0], table["variant"].unique()
curves, ends = table[table["part"] != "test"], table[table["part"] == "test"]
means = curves[curves["seed"].isna()]
plain = means[(means["variant"] == "none") & (means["part"] == "valid")]

# %%
figure = plt.figure(figsize=(TEXT_WIDTH, 2.3 + 0.3 * len(names)))
above, below = figure.subfigures(2, 1, height_ratios=[1.7, 0.6 + 0.3 * len(names)])
axes = above.subplots(1, len(names), sharex=True, sharey=True, squeeze=False)[0]
for place, name in zip(axes, names, strict=True):
    here = curves[curves["variant"] == name]
    valid, train = here[here["part"] == "valid"], here[(here["part"] == "train") & here["seed"].isna()]
    place.plot(plain["step"], plain["value"], color="0.6", linewidth=0.8, zorder=3)
    draw_nets(place, train, "step", "value", init, dash=(0, (2, 1)))
    draw_nets(place, valid, "step", "value", init, dash="-")
    early = ends[(ends["variant"] == name) & (ends["restored_step"] < ends["step"])]["restored_step"]
    place.plot(early, [0.03] * len(early), "|", color="black", markersize=6, transform=place.get_xaxis_transform())
    place.set_title(f"{name} (n = {valid.loc[valid['seed'].isna(), 'n'].fillna(0).max():g})", fontsize=8)
    scale_losses(place)
typical = means["value"].fillna(means["null"])
axes[0].set(ylim=(0.9 * typical.min(), 1.5 * typical.median()), ylabel="loss (nats)")
above.supxlabel("training step", fontsize=9)

for place, measure in zip(below.subplots(1, 2, sharey=True), ("loss", "accuracy"), strict=True):
    for at, name in enumerate(names):
        here = ends[(ends["measure"] == measure) & (ends["variant"] == name)]
        draw_dots(place, here, "value", at, style(init)[0])
    place.set_yticks(range(len(names)), names)
    place.set_xlabel("test loss (nats)" if measure == "loss" else "test accuracy")
below.axes[0].set_ylim(len(names) - 0.4, -0.6)
save_figure(figure, "overfitting")
