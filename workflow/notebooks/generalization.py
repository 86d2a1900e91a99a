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
# # Generalization
#
# Loss and accuracy over the validation rows while training, and by how much that loss exceeds the loss over the
# training rows, by peak. Faint lines are nets, thick lines means over the nets that never diverged, if they are five or
# more, with 95 % bootstrap intervals. The axis of the loss is logarithmic; dotted: a net that ignores its input.
#
# What to look for: a gap that opens, and a dip: a validation loss that falls, then rises again. That is overfitting;
# and does the accuracy suffer with the loss?

# %%
from goodinit.report.plotting import (
    NULL_LOSS_STYLE,
    add_legend,
    draw,
    page,
    plot_nets,
    read_table,
    save_figure,
    scale_losses,
)

MEASURES = {
    "valid_loss": "validation loss (nats)",
    "loss_gap": "gap to training loss (nats)",
    "valid_accuracy": "validation accuracy",
}
table = read_table("generalization")
table["measure"] = table["measure"].map(MEASURES)

# %%
figure = page(6.2)
plot = plot_nets(table, "step", "value", row="measure", col="peak").share(y="row")
axes = draw(plot.label(x="training step", y="", col="peak"), figure)
peaks = table["peak"].nunique()
for row, (_, here) in enumerate(table.groupby("measure", sort=False)):
    for place in axes[row * peaks : (row + 1) * peaks]:
        place.axhline(here["null"].max(), **NULL_LOSS_STYLE)
        place.set_ylim(*here["value"].quantile([0.002, 0.998]))
scale_losses(axes[0])
add_legend(figure, table["init"].unique())
save_figure(figure, "generalization", "Validation loss, its gap to the training loss and accuracy by step and peak.")
