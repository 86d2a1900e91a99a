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
# Nets and optimizers of today beside the plain net, either initializer at its own best of several peaks. Left: the
# share of nets with a plateau, with Clopper-Pearson limits. Right: the test loss at the end, a faint dot per net that
# finished, and their mean with its 95 % interval.
#
# What to look for: left, where the orange dots leave the right side; right, where the two dots of a row still differ.

# %%
import seaborn as sns

from goodinit.report.plotting import add_legend, panels, read_table, save_figure, style

table = read_table("remedies")
variants, inits = table["variant"].unique(), table["init"].unique()
heights = {variant: place for place, variant in enumerate(variants)}
sides = {init: 0.3 * (place - (len(inits) - 1) / 2) for place, init in enumerate(inits)}
table["height"] = table["variant"].map(heights) + table["init"].map(sides)

# %%
figure, axes = panels(1, 2, height=0.9 + 0.36 * len(variants), sharex=False, width_ratios=[1, 1.4])
for place, (measure, label) in zip(
    axes, {"plateau": "share with a plateau", "test_loss": "test loss (nats)"}.items(), strict=True
):
    here = table[table["measure"] == measure]
    palette = {init: style(init)[0] for init in inits}
    sns.scatterplot(
        here.dropna(subset="seed"),
        x="value",
        y="height",
        hue="init",
        palette=palette,
        s=9,
        alpha=0.35,
        legend=False,
        ax=place,
    )
    for init, mean in here[here["seed"].isna()].groupby("init"):
        place.hlines(mean["height"], mean["interval_low"], mean["interval_high"], color=palette[init], linewidth=1.6)
        place.scatter(mean["value"], mean["height"], marker="D", s=18, color=palette[init], edgecolor="white", zorder=3)
    place.set(xlabel=label, ylabel="")
axes[0].set(xlim=(-0.03, 1.03), ylim=(len(variants) - 0.5, -0.5))
axes[0].set_yticks(list(heights.values()), ["plain" if variant == "none" else variant for variant in variants])
add_legend(figure, list(inits))
save_figure(figure, "remedies")
