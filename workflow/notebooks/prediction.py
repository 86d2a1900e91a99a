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
# few are scaled, by how many hidden layers they have; crosses are nets of the default: x on the same table, + on
# others. Triangles are those of either that never escaped, at their budget: more than that. Right: the share of default
# nets that got out at each peak against the share that their own sums at other peaks foretell, with intervals.
#
# What to look for: left, one band over ten thousandfold signals, whatever made them small; right, the diagonal.

# %%
import numpy as np
import seaborn as sns
from matplotlib.lines import Line2D

from goodinit.report.plotting import page, read_table, save_figure, style

table = read_table("prediction")
nets = table.dropna(subset="seed").query("signal > 0")  # a net that is dead has none
nets = nets.astype({"hidden_layers": int, "escaped": bool})
scaled = nets["variant"] != "none"
studied = nets.loc[scaled, "dataset"].iloc[0]
shares = table[table["seed"].isna() & (table["dataset"] == studied)]
depths = sorted(nets.loc[scaled, "hidden_layers"].unique())
colors, default = dict(zip(depths, sns.color_palette("crest", len(depths)).as_hex(), strict=True)), style("default")[0]
nets["color"] = nets["hidden_layers"].map(colors).where(scaled, default)
nets["marker"] = np.select([~nets["escaped"], scaled, nets["dataset"] == studied], ["^", "o", "x"], "+")

# %%
figure = page(2.7)
place, beside = figure.subplots(1, 2, width_ratios=[1.7, 1])
for marker, some in nets.groupby("marker"):
    edge = {"edgecolors": "white"} if marker in "o^" else {}
    place.scatter(some["signal"], some["rate_sum"], 15, some["color"].to_list(), marker, linewidths=0.5, **edge)
place.set(xscale="log", yscale="log", xlabel="signal of the logits before training", ylabel="sum of the learning rates")
kinds = {f"{depth} hidden layers": (color, "o") for depth, color in colors.items()}
kinds |= {"default": (default, "x"), "default, other tables": (default, "+"), "never escaped": ("0.3", "^")}
place.legend(
    handles=[
        Line2D([], [], label=label, color=color, marker=marker, markersize=4, linestyle="")
        for label, (color, marker) in kinds.items()
    ],
    loc="lower left",
    handletextpad=0,
)

beside.axline((0, 0), slope=1, color="0.6", linewidth=0.6)
limits = np.abs(shares[["interval_low", "interval_high"]].to_numpy().T - shares["share"].to_numpy())
beside.errorbar(shares["foretold"], shares["share"], limits, fmt="o", color=default, markersize=4, lw=0.8)
for (foretold, share), here in shares.groupby(["foretold", "share"]):
    peaks = ", ".join(f"{peak:g}" for peak in here["peak"])
    at, side = (
        ((4, 7), "right")
        if foretold == 1
        else ((-5, -2.5), "right")
        if share == 1
        else ((5, 3 if share > foretold else -8), "left")
    )
    beside.annotate(peaks, (foretold, share), at, textcoords="offset points", fontsize=7, ha=side)
beside.set(xlabel="share foretold to get out", ylabel="share that got out", xlim=(-0.05, 1.05), ylim=(-0.08, 1.1))
save_figure(figure, "prediction", "Time to the escape by the signal before training; shares that got out and foretold.")
