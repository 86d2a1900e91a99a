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
# # The plateau, and the way out
#
# Left: the share of nets that have escaped the plateau by a given step, per initializer; a curve stops where the last
# net is out, or at the last step with the share that is out and its Clopper-Pearson limits. Right: the median of the
# batch losses of the nets of the first initializer around their own escapes, with the quartiles.
#
# What to look for: is the way out a gradual decline, or a sudden drop after a long wait?

# %%
import seaborn as sns

from goodinit.report.plotting import NULL_LOSS_STYLE, add_legend, page, read_table, save_figure, style

table = read_table("plateau")
shares, zoom = (table[table["panel"] == panel] for panel in ("escaped", "zoom"))
inits = shares["init"].unique()
colors, dashes = ({init: style(init)[place] for init in inits} for place in (0, 1))

# %%
figure = page(2.3)
*axes, around = figure.subplots(1, shares["peak"].nunique() + 1)
for place, (peak, here) in zip(axes, shares.groupby("peak"), strict=True):
    for init, curve in here.groupby("init", sort=False):
        place.step(curve["step"], curve["value"], where="post", color=colors[init], linestyle=dashes[init], lw=1.3)
    ends = here.groupby("init", sort=False).tail(1)
    place.vlines(ends["step"], ends["interval_low"], ends["interval_high"], ends["init"].map(colors), linewidth=1)
    place.scatter(ends["step"], ends["value"], s=14, c=ends["init"].map(colors), zorder=3)
    place.set(title=f"peak {peak:g}", xlabel="training step", xscale="log", xlim=(20, None), ylim=(-0.03, 1.03))
    place.set_xticks([], minor=True)
axes[0].set_ylabel("share of nets escaped")
around.fill_between(zoom["step"], zoom["interval_low"], zoom["interval_high"], color=colors[inits[0]], alpha=0.3, lw=0)
sns.lineplot(zoom, x="step", y="value", color="black", linewidth=0.9, errorbar=None, ax=around)
around.axhline(table["null_loss"].max(), **NULL_LOSS_STYLE)
around.axvline(0, color="0.35", linewidth=0.7)
around.set(
    title=f"escapes of {inits[0]} ({max(zoom['n'], default=0):g})",
    xlabel="steps from the escape",
    ylabel="batch loss (nats)",
)
add_legend(figure, inits)
save_figure(figure, "plateau", "Share of nets escaped by step, and the loss around an escape: median and quartiles.")
