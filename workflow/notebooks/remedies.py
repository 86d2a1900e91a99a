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
# # Remedies
#
# Nets and optimizers of today beside the plain net, either initializer at its own best of several peaks, which stand
# beside the name (one where they are the same). Left: the share of nets with a plateau, with Clopper-Pearson limits.
# Right: the test loss at the end, a faint dot per net that finished, and their mean with its 95 % interval.
#
# What to look for: left, where the orange dots leave the right side; right, where the two dots of a row still differ.


# %%
from goodinit.report.plotting import add_legend, draw, page, plot_ends, read_table, save_figure, scales

MEASURES = {"plateau": "share of nets with a plateau", "test_loss": "test loss (nats)"}
table = read_table("remedies").replace({"variant": {"none": "plain"}})
inits, variants = table["init"].unique(), table.groupby("variant", sort=False)
best = variants["peak"].agg(lambda peaks: " and ".join(f"{peak:g}" for peak in dict.fromkeys(peaks)))
table["named"] = table["variant"] + ", " + table["variant"].map(best)

# %%
figure = page(0.9 + 0.28 * len(best))
plot = plot_ends(table, "value", "named", color="init", col="measure").scale(color=scales(inits)["color"])
places = draw(plot.label(y=""), figure)
for place in places:
    place.set(xlabel=MEASURES[place.get_title()], title="")
places[0].set_xlim(-0.03, 1.03)
add_legend(figure, inits)
save_figure(figure, "remedies", "Share of nets with a plateau and test loss under each variant, by initializer.")
