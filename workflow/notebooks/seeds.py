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
# Each initializer less the first one, paired over seeds that share their draws and their batches, at each peak: a dot
# per seed, hollow where one of the two nets diverged (it then counts as the null net), and their mean with its 95 %
# interval. At the right, of the seeds at which one of the two nets escapes before the other, or alone, the share at
# which it is the new one less the share at which it is the first.
#
# What to look for: dots on both sides of the line. There a single pair of runs, which is what most comparisons in blog
# posts are, gets the sign wrong by chance.

# %%
from goodinit.report.plotting import draw, page, plot_ends, read_table, save_figure

MEASURES = {
    "valid_loss": "validation loss (nats)",
    "valid_accuracy": "validation accuracy",
    "sooner": "share that escapes sooner",
}
table = read_table("seeds")
table = table[table["seed"].isna() | (table["measure"] != "sooner")]
table["measure"] = table["measure"].map(MEASURES)
n = table.groupby(["init", "peak"])["seed"].transform("nunique")
table["pair"] = table["init"] + table["peak"].map(", {:g}".format) + n.map(" (n = {:g})".format)

# %%
figure = page(0.9 + 0.34 * table["pair"].nunique())
plot = plot_ends(table, "difference", "pair", col="measure", order=list(MEASURES.values()))
for place in draw(plot.label(x="difference to " + ", ".join(table["reference"].unique()), y=""), figure):
    place.axvline(0, color="0.35", linewidth=0.7)
save_figure(figure, "seeds", "Differences between initializers at the end of training, a dot per seed, with means.")
