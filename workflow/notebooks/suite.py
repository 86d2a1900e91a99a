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
# # A population of tables
#
# A row per table, from light tails (above) to heavy ones: the share of nets that have a plateau, and how the other
# initializers end against the first, means over seeds with 95 % intervals. Triangles and squares are nets of the first
# initializer in features under other scalings; a diamond is the mean over tables, other splits left out.
#
# What to look for: dots at the right of the first column. Does another initializer or another scaling move them to the
# left, and does that pay in loss and accuracy?

# %%
import seaborn as sns

from goodinit.report.plotting import NULL_LOSS_STYLE, add_legend, panels, read_table, save_figure, style

MEASURES = {
    "plateau": "share with a plateau",
    "valid_loss": "loss, difference (nats)",
    "valid_accuracy": "accuracy, difference",
}
MARKERS = {"standardize": "o", "quantile": "^", "robust-clip": "s", "mean": "D"}
LANES = {"quantile": -0.32, "robust-clip": -0.08, "standardize": -0.2, "mean": -0.2}  # beside each other where equal

suite = read_table("suite")
colors = {init: style(init)[0] for init in suite["init"].unique()}
suite["kind"] = suite["scaling"].where(suite["dataset"].notna(), "mean")
suite["name"] = suite["dataset"].str.replace("-", " ").fillna("mean over tables")
suite = suite.sort_values(["tail_weight", "name"])  # without numeric features last, and then the mean
suite["lane"] = suite["kind"].map(LANES) + 0.2 * suite["init"].map(list(colors).index)

# %%
peaks = dict(list(suite.groupby("peak")))
heights = [here["name"].nunique() for here in peaks.values()]
layout = {"sharex": "col", "sharey": "row", "height_ratios": heights}
figure, axes = panels(len(peaks), len(MEASURES), height=1.0 + 0.16 * sum(heights), **layout)
for at_row, (peak, here) in enumerate(peaks.items()):
    row = axes[at_row * len(MEASURES) : (at_row + 1) * len(MEASURES)]
    names = list(here["name"].unique())
    here = here.assign(height=here["name"].map(names.index) + here["lane"])
    for place, measure in zip(row, MEASURES, strict=True):
        if measure != "plateau":
            between = here.dropna(subset=f"{measure}_low")
            limits = (between[f"{measure}_low"], between[f"{measure}_high"])
            place.hlines(between["height"], *limits, colors=between["init"].map(colors), linewidth=0.8)
            place.axvline(0, **NULL_LOSS_STYLE)
        dots = {"hue": "init", "palette": colors, "style": "kind", "markers": MARKERS, "s": 13, "linewidth": 0.2}
        sns.scatterplot(here, x=measure, y="height", legend=False, ax=place, **dots)
        place.set(xlabel=MEASURES[measure], ylabel="", ylim=(len(names) - 0.4, -0.6))
    row[0].set_yticks(range(len(names)), names, fontsize=7)
    row[0].set_title(f"peak {peak:g}", loc="left")
others = {kind: {"color": next(iter(colors.values())), "marker": MARKERS[kind], "ls": ""} for kind in MARKERS}
add_legend(figure, list(colors), **{kind: others[kind] for kind in ("quantile", "robust-clip")})
save_figure(figure, "suite")
