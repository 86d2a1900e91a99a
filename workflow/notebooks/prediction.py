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
# # Foretold
#
# Left: how long a net rested, as the sum of its learning rates up to the escape, against the signal of its logits
# before training: one forward pass of one batch. Circles are nets with Kaiming's init in which all layers or the first
# few are scaled, by how many hidden layers they have, triangles those that never escaped; crosses are nets of the
# default: x on the same table, + on others. Right: the share of default nets that got out at each peak against the
# share that their own sums at other peaks foretell, with intervals.
#
# What to look for: left, one band over ten thousandfold signals, whatever made them small; right, the diagonal.

# %%
import numpy as np
import seaborn as sns

from goodinit.report.plotting import page, read_table, save_figure, style

table = read_table("prediction")
nets = table.dropna(subset="seed").query("signal > 0")  # a net that is dead has none
nets = nets.astype({"hidden_layers": int})
scaled, plain = nets[nets["variant"] != "none"], nets[nets["variant"] == "none"]
studied = scaled["dataset"].iloc[0]
shares = table[table["seed"].isna() & (table["dataset"] == studied)]

# %%
figure = page(2.7)
place, beside = figure.subplots(1, 2, width_ratios=[1.7, 1])
depths = sorted(scaled["hidden_layers"].unique())
colors = dict(zip(depths, sns.color_palette("crest", len(depths)), strict=True))
for escaped, marker in {True: "o", False: "^"}.items():
    some = scaled[scaled["escaped"] == escaped]
    look = {"palette": colors, "marker": marker, "s": 12, "legend": escaped, "ax": place}
    sns.scatterplot(some, x="signal", y="rate_sum", hue="hidden_layers", **look)
here = plain["dataset"] == studied
for some, marker, size in ((plain[~here], "+", 16), (plain[here], "x", 14)):
    place.scatter(some["signal"], some["rate_sum"], s=size, marker=marker, c=style("default")[0], linewidths=0.7)
place.set(xscale="log", yscale="log", xlabel="signal of the logits before training", ylabel="sum of the learning rates")
place.legend(title="hidden layers", loc="lower left")

beside.axline((0, 0), slope=1, color="0.6", linewidth=0.6)
limits = np.abs(shares[["interval_low", "interval_high"]].to_numpy().T - shares["share"].to_numpy())
beside.errorbar(shares["foretold"], shares["share"], limits, fmt="o", color=style("default")[0], markersize=4, lw=0.8)
for (foretold, share), here in shares.groupby(["foretold", "share"]):
    peaks = ", ".join(f"{peak:g}" for peak in here["peak"])
    at, side = ((4, 7), "right") if foretold == 1 else ((5, -9 if share else 6), "left")
    beside.annotate(peaks, (foretold, share), at, textcoords="offset points", fontsize=7, ha=side)
beside.set(xlabel="share foretold to get out", ylabel="share that got out", xlim=(-0.05, 1.05), ylim=(-0.05, 1.1))
save_figure(figure, "prediction", "Time to the escape by the signal before training; shares that got out and foretold.")
