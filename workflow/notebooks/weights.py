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
# lines are the nets that reached the stage, thick lines their means.
#
# What to look for: a share near zero that grows would be the lottery-ticket story; do nets after the escape bear
# more pruning than at the start?


# %%
import seaborn.objects as so

from goodinit.report.plotting import add_legend, draw, page, plot_nets, read_table, save_figure, scales

MEASURES = {
    "near_zero_share": "share near zero",
    "distance_moved": "distance moved",
    "weight_std": "std over initial std",
    "gradient_norm": "gradient norm",
}
STAGES = {"start": "at the start", "plateau": "on the plateau", "escaped": "after the escape", "end": "at the end"}
weights, pruned = read_table("weights"), read_table("pruning")
weights["measure"], pruned["stage"] = weights["measure"].map(MEASURES), pruned["stage"].map(STAGES)
pruned, inits = pruned[pruned["peak"].isin(weights["peak"])], weights["init"].unique()

# %%
figure = page(3.8)
above, below = figure.subfigures(2, 1)
moved = plot_nets(weights, "step", "value", col="measure").share(y=False)
draw(moved.label(x="training step", y=""), above)[-1].set_yscale("log")
kept = (
    so.Plot(pruned, x="sparsity", y="valid_accuracy", color="init", linestyle="init")
    .facet(col="stage", order=[name for name in STAGES.values() if name in set(pruned["stage"])])
    .add(so.Lines(linewidth=0.5, alpha=0.3, linestyle="-"), group="seed", legend=False)
    .add(so.Line(linewidth=1.3), so.Agg(), legend=False)
    .scale(**scales(inits))
    .limit(y=(0, 1))
)
draw(kept.label(x="share pruned", y="validation accuracy"), below)
add_legend(figure, inits)
save_figure(figure, "weights", "Statistics of the weights by step, and validation accuracy by the share pruned.")
