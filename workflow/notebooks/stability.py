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
# # Stability
#
# How the nets of each initializer ended, by the peak of the learning rate, on each table in each scaling: the shares of
# nets that trained; were stuck (never left the plateau); collapsed (left it, and lost it all again); diverged; with
# Clopper-Pearson limits. Below, the validation loss at the end: a dot per net that finished, and where they are five or
# more their mean with its 95 % bootstrap interval; dotted: a net that ignores its input.
#
# What to look for: how wide the band of peaks is at which an initializer trains, and whether it is cut off by stuck
# nets below or by diverged nets above; what the other scaling of the same table changes; and whether the best loss of
# one initializer, whatever its peak, is that of another.

# %%
import numpy as np
import seaborn.objects as so

from goodinit.report.plotting import NULL_LOSS_STYLE, add_legend, draw, page, read_table, save_figure, scales

table = read_table("stability").replace({"measure": {"valid_loss": "loss (nats)"}})
inits, peaks = list(table["init"].unique()), sorted(table["peak"].unique())
table["where"] = table["dataset"] + ", " + table["scaling"]
table["at"] = table["peak"].map(peaks.index) + 0.16 * (table["init"].map(inits.index) - (len(inits) - 1) / 2)
means, nets = table[table["seed"].isna()], table.dropna(subset="seed")

# %%
plot = (
    so.Plot(table, x="at", y="value", color="init", linestyle="init")
    .facet(row="measure", col="where")
    .share(y="row")
    .add(so.Dots(pointsize=1.5, stroke=0.3, alpha=0.5), data=nets, y="value", legend=False)
    .add(so.Line(linewidth=0.7), data=means, y="value", legend=False)
    .add(so.Range(linewidth=1, linestyle="-"), ymin="interval_low", ymax="interval_high", legend=False)
    .add(so.Dot(pointsize=3.5), data=means, y="value", legend=False)
    .scale(**scales(inits))
    .label(x="peak learning rate", y="")
)
figure = page(6.4)
nulls = table.groupby("where", sort=False)["null"].max()
*shares, losses = np.reshape(draw(plot, figure), (-1, len(nulls)))
for place, null in zip(losses, nulls, strict=True):
    place.axhline(null, **NULL_LOSS_STYLE)
    place.set_xticks(range(len(peaks)), [f"{peak:g}" for peak in peaks])
for row in shares:
    row[0].set_ylim(-0.05, 1.05)
add_legend(figure, inits)
save_figure(figure, "stability", "Shares of nets by outcome and the final loss against the peak learning rate.")
