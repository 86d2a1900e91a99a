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
# # Seed by seed
#
# Each initializer against the first one, paired over seeds that share their draws and their batches: a dot per seed,
# hollow where one of the two nets diverged (it then counts as the null net), and above the dots their mean with its
# 95 % interval. Left of the line is less than the first initializer. At the right, dots are the seeds at which one of
# the two nets escapes before the other, or alone.
#
# What to look for: dots on both sides of the line. There a single pair of runs, which is what most comparisons in blog
# posts are, gets the sign wrong by chance.

# %%
from goodinit.report.plotting import draw_dots, panels, read_table, save_figure, style

differences = read_table("seeds")
MEASURES = {
    "valid_loss": "validation loss (nats)",
    "valid_accuracy": "validation accuracy",
    "sooner": "sooner (1) or later ($-1$)",
}
by_peak = [(peak, here["init"].unique().tolist()) for peak, here in differences.groupby("peak")] or [("", [])]
heights = [0.7 + len(inits) for _, inits in by_peak]

# %%
layout = {"sharex": "col", "sharey": "row", "height_ratios": heights}
figure, axes = panels(len(by_peak), len(MEASURES), height=0.8 + 0.3 * sum(heights), **layout)
for at_row, (peak, inits) in enumerate(by_peak):
    row = axes[at_row * len(MEASURES) : (at_row + 1) * len(MEASURES)]
    for place, measure in zip(row, MEASURES, strict=True):
        here = differences[(differences["peak"] == peak) & (differences["measure"] == measure)]
        place.axvline(0, color="0.35", linewidth=0.7)
        for at, init in enumerate(inits):
            draw_dots(place, here[here["init"] == init], "difference", at, style(init)[0])
        place.set_ylim(len(inits) - 0.4, -0.6)
    n = differences[differences["peak"] == peak].dropna(subset="n").groupby("init")["n"].first()
    row[0].set_yticks(range(len(inits)), [f"{init} (n = {n[init]:g})" for init in inits])
    row[0].set_title(f"peak {peak}", loc="left")
for place, label in zip(axes[-len(MEASURES) :], MEASURES.values(), strict=True):
    place.set_xlabel(label)
figure.supxlabel("difference to " + ", ".join(differences["reference"].unique()), fontsize=9)
save_figure(figure, "seeds")
