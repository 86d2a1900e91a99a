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
# initializer in features under other scalings; the last row is the mean over tables, other splits left out.
#
# What to look for: dots at the right of the first column. Does another initializer or another scaling move them to the
# left, and does that pay in loss and accuracy?


# %%
import pandas as pd
import seaborn.objects as so

from goodinit.report.plotting import NULL_LOSS_STYLE, add_legend, draw, page, read_table, save_figure, scales

MEASURES = {
    "plateau": "share with a plateau",
    "valid_loss": "loss, difference (nats)",
    "valid_accuracy": "accuracy, difference",
}
MARKERS = {"standardize": "o", "quantile": "^", "robust-clip": "s"}
suite = read_table("suite")
suite["name"] = suite["dataset"].str.replace("-", " ").fillna("mean over tables")
suite = suite.sort_values(["tail_weight", "name"])  # without numeric features last, and then the mean
columns = {"value": "", "low": "_low", "high": "_high"}
of_measure = [
    suite.rename(columns={f"{measure}{suffix}": name for name, suffix in columns.items()}).assign(measure=label)
    for measure, label in MEASURES.items()
]
long, inits = pd.concat(of_measure, ignore_index=True), suite["init"].unique()

# %%
figure = page(1.1 + 0.17 * suite.groupby("peak")["name"].nunique().sum())
plot = (
    so.Plot(long, x="value", y="name", color="init", marker="scaling")
    .facet(row="peak", col="measure")
    .share(x="col", y="row")
    .add(so.Range(linewidth=0.8), so.Dodge(by=["color", "marker"]), xmin="low", xmax="high", legend=False)
    .add(so.Dot(pointsize=4, edgecolor="white", edgewidth=0.3), so.Dodge(by=["color", "marker"]), legend=False)
    .scale(color=scales(inits)["color"], marker=so.Nominal(MARKERS))
    .label(x="", y="", row="peak")
)
for place in draw(plot, figure)[1:]:
    place.axvline(0, **NULL_LOSS_STYLE)
others = {kind: {"color": "0.3", "marker": MARKERS[kind], "ls": ""} for kind in ("quantile", "robust-clip")}
add_legend(figure, inits, **others)
save_figure(figure, "suite", "Share with a plateau and differences in loss and accuracy, a row per table.")
