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
# # Weights
#
# First row, at the main peak, as means over the hidden layers: the share of weights below 1 % of their layer's initial
# std, the distance from the start in units of the initial norm, the std over that at the start, and the norm of the
# loss gradient (logarithmic). Faint lines are nets, thick lines means over the nets that never diverged, with 95 %
# bootstrap intervals.
#
# Second row: validation accuracy when the smallest weights of every hidden layer are set to zero, at four stages: faint
# lines are the nets that reached the stage (their number beside), thick lines their means.
#
# What to look for: a share near zero that grows would be the lottery-ticket story; do nets after the escape bear
# more pruning than at the start?

# %%
import matplotlib.pyplot as plt

from goodinit.report.plotting import TEXT_WIDTH, add_legend, draw_nets, read_table, save_figure, style

weights, pruned = read_table("weights"), read_table("pruning")
pruned = pruned[pruned["peak"].isin(weights["peak"])]
inits = weights["init"].unique()
MEASURES = {
    "near_zero_share": "share near zero",
    "distance_moved": "distance moved",
    "weight_std": "std over initial std",
    "gradient_norm": "gradient norm",
}
STAGES = {"start": "at the start", "plateau": "on the plateau", "escaped": "after the escape", "end": "at the end"}

# %%
figure = plt.figure(figsize=(TEXT_WIDTH, 3.8))
above, below = figure.subfigures(2, 1)
for place, (measure, label) in zip(above.subplots(1, 4), MEASURES.items(), strict=True):
    for init in inits:
        draw_nets(place, weights[(weights["measure"] == measure) & (weights["init"] == init)], "step", "value", init)
    place.set(title=label, xlabel="training step", yscale="log" if measure == "gradient_norm" else "linear")
for place, (stage, label) in zip(below.subplots(1, 4, sharex=True, sharey=True), STAGES.items(), strict=True):
    for line, init in enumerate(inits):
        color, dash = style(init)
        here = pruned[(pruned["stage"] == stage) & (pruned["init"] == init)]
        for _, net in here.groupby("seed"):
            place.plot(net["sparsity"], net["valid_accuracy"], color=color, linewidth=0.5, alpha=0.3)
        mean = here.groupby("sparsity")["valid_accuracy"].mean()
        place.plot(mean.index, mean, color=color, linestyle=dash, linewidth=1.3)
        place.text(
            1,
            0.97 - 0.1 * line,
            f"{here['seed'].nunique()} nets",
            color=color,
            fontsize=7,
            ha="right",
            va="top",
            transform=place.transAxes,
        )
    place.set(title=label, xlabel="share pruned", ylim=(0, 1))
below.axes[0].set_ylabel("validation accuracy")
add_legend(figure, list(inits))
save_figure(figure, "weights")
