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
# Loss over the training rows (dashed) and over the validation rows (solid) while training, per initializer and peak.
# Faint lines are the validation losses of single nets, thick lines means over the n nets that never diverged, with 95 %
# bootstrap intervals. Below each loss the accuracy. The loss axis is logarithmic; dotted: a net that ignores its input.
#
# What to look for: the gap between solid and dashed, and a dip: a validation loss that falls, then rises again while
# the training loss still falls. That is overfitting; and does the accuracy suffer with the loss?

# %%
from goodinit.report.plotting import (
    NULL_LOSS_STYLE,
    add_legend,
    draw_nets,
    panels,
    read_table,
    save_figure,
    scale_losses,
)

evaluations = read_table("generalization")
inits, peaks = evaluations["init"].unique(), evaluations["peak"].unique()
PARTS = {"train": {"color": "0.3", "linestyle": (0, (2, 1))}, "valid": {"color": "0.3", "linestyle": "-"}}
losses = evaluations[(evaluations["measure"] == "loss") & evaluations["seed"].isna()]
bottom = 0.9 * losses["value"].fillna(losses["null"]).min()

# %%
shown = [(peak, measure, init) for peak in peaks for measure in ("loss", "accuracy") for init in inits]
layout = {"sharey": "row", "height_ratios": [1.7, 1] * len(peaks)}
figure, axes = panels(2 * len(peaks), len(inits), height=0.8 + 2.8 * len(peaks), **layout)
for place, (peak, measure, init) in zip(axes, shown, strict=False):
    here = evaluations[
        (evaluations["measure"] == measure) & (evaluations["peak"] == peak) & (evaluations["init"] == init)
    ]
    valid, train = here[here["part"] == "valid"], here[(here["part"] == "train") & here["seed"].isna()]
    draw_nets(place, train, "step", "value", init, dash=PARTS["train"]["linestyle"])
    draw_nets(place, valid, "step", "value", init, dash="-")
    place.axhline(here["null"].max(), **NULL_LOSS_STYLE)
    if measure == "loss":
        n = valid.loc[valid["seed"].isna(), "n"].fillna(0).max()
        place.set_title(f"{init}, peak {peak:g} (n = {n:g})")
        scale_losses(place)
        place.set_ylim(bottom, 1.2 * here["null"].max())
    else:
        place.set_ylim(0, 1)
    if init == inits[0]:
        place.set_ylabel(f"{measure} (nats)" if measure == "loss" else measure)
figure.supxlabel("training step", fontsize=9)
add_legend(figure, [], **PARTS)
save_figure(figure, "generalization")
