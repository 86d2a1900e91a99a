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
# Left: the share of nets that have escaped the plateau by a given step, per initializer, with Clopper-Pearson limits; a
# curve that ends below 1 leaves nets behind for good. Right: the loss of every net of the first initializer around
# its own escape.
#
# What to look for: is the way out a gradual decline, or a sudden drop after a long wait?

# %%
import matplotlib.pyplot as plt

from goodinit.report.plotting import NULL_LOSS_STYLE, TEXT_WIDTH, add_legend, read_table, save_figure, style

table = read_table("plateau")
shares, zoom = (table[table["panel"] == panel] for panel in ("escaped", "zoom"))
inits, peaks = shares["init"].unique(), shares["peak"].unique()
null_loss, last_step = table["null_loss"].max(), shares["last_step"].max()

# %%
figure, axes = plt.subplots(1, len(peaks) + 1, figsize=(TEXT_WIDTH, 2.2))
for place, peak in zip(axes, peaks, strict=False):
    for init in inits:
        escaped = shares[(shares["peak"] == peak) & (shares["init"] == init)]
        color, dash = style(init)
        steps = [*escaped["step"], last_step]
        limits = [[*escaped[name], escaped[name].iloc[-1]] for name in ("interval_low", "interval_high", "value")]
        place.fill_between(steps, limits[0], limits[1], step="post", color=color, alpha=0.2, linewidth=0)
        place.step(steps, limits[2], where="post", color=color, linestyle=dash, linewidth=1.3)
    place.set(title=f"peak {peak:g}", xlabel="training step", ylim=(-0.02, 1.02))
axes[0].set_ylabel("share of nets escaped")

color, median, escapes = style(inits[0])[0], zoom[zoom["seed"].isna()], zoom.groupby(["peak", "seed"])
for _, net in escapes:
    axes[-1].plot(net["step"], net["value"], color=color, linewidth=0.3, alpha=0.25)
axes[-1].plot(median["step"], median["value"], color="black", linewidth=0.9)
axes[-1].axvline(0, color="0.35", linewidth=0.7)
axes[-1].axhline(null_loss, **NULL_LOSS_STYLE)
axes[-1].set(
    title=f"escapes of {inits[0]} ({escapes.ngroups})", xlabel="steps from the escape", ylabel="batch loss (nats)"
)
axes[-1].set_ylim(0.6 * null_loss, 1.25 * null_loss)
add_legend(figure, list(inits))
save_figure(figure, "plateau")
