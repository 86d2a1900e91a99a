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
# Above: loss over the validation rows under each regularization, at the main peak, and its gap to the loss over the
# training rows; faint lines are nets, thick lines means over the nets that never diverged, with 95 % bootstrap
# intervals; black: without regularization. The axis of the loss is logarithmic. Early stopping trains as without
# regularization: it differs only in the weights it gives back, from the ticked steps.
#
# Below: loss and accuracy over the test rows at the end, a dot per net (hollow: diverged, counted as a net that ignores
# its input), above them the mean with its interval.
#
# What to look for: does the validation loss still rise at the end, and which remedy pays off on the test rows?


# %%
import numpy as np

from goodinit.report.plotting import draw, page, plot_ends, plot_nets, read_table, save_figure, scale_losses

MEASURES = {
    "valid_loss": "validation loss (nats)",
    "loss_gap": "gap to training",
    "test_loss": "test loss (nats)",
    "test_accuracy": "test accuracy",
}
table = read_table("overfitting")
table["measure"] = table["measure"].map(MEASURES)
tested = table["measure"].str.startswith("test")
curves, ends, count = table[~tested], table[tested], table["variant"].nunique()
plain = curves[curves["seed"].isna() & (curves["variant"] == "none")]
early = ends[ends["restored_step"] < ends["step"]]

# %%
figure = page(3.8 + 0.3 * count)
above, below = figure.subfigures(2, 1, height_ratios=[3, 0.8 + 0.3 * count])
plot = plot_nets(curves, "step", "value", row="measure", col="variant").share(y="row")
losses, gaps = np.reshape(draw(plot.label(x="training step", y=""), above), (2, -1))
for row, (measure, line) in zip((losses, gaps), plain.groupby("measure", sort=False), strict=True):
    row[0].set_ylim(*curves.loc[curves["measure"] == measure, "value"].quantile([0.002, 0.99]))
    for place in row:
        place.plot(line["step"], line["value"], color="black", linewidth=0.6)
for place, name in zip(losses, curves["variant"].unique(), strict=True):
    steps = early.loc[early["variant"] == name, "restored_step"]
    place.plot(steps, [0.03] * len(steps), "|", color="black", markersize=6, transform=place.get_xaxis_transform())
scale_losses(losses[0])
draw(plot_ends(ends, "value", "variant", col="measure").label(x="", y=""), below)
save_figure(figure, "overfitting", "Validation loss by step under each regularization, and test metrics at the end.")
