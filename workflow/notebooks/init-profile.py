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
# # The initial profile
#
# What comes out of each hidden layer before the first update, on the first training batch: a faint line per net, and
# their mean. Left, the std over rows and units together, as the thread printed it: with the theory for wide layers and
# its ten numbers for a "Kaiming" start. Right, the signal: the root mean square over units of the std over rows.
#
# What to look for: the left lines come to rest on a floor that the biases make, the same for every row. What of the
# input is left is on the right. Whose profile are the thread's numbers on?


# %%
import seaborn.objects as so

from goodinit.report.plotting import add_legend, draw, page, plot_nets, read_table, save_figure

profile = read_table("init-profile")
measured, theory, thread = (profile[profile["source"] == source] for source in ("measured", "theory", "thread"))
THEORY = {"color": "0.2", "linewidth": 0.8}
THREAD = {"color": "black", "marker": "x", "markersize": 4, "linestyle": "none"}

# %%
figure = page(2.6)
plot = plot_nets(measured, "layer", "value", col="measure").share(y=False).label(x="hidden layer", y="")
spread, signal = draw(plot.scale(x=so.Continuous().tick(every=1)), figure)
for _, line in theory.groupby("init"):
    spread.plot(line["layer"], line["value"], **THEORY)
spread.plot(thread["layer"], thread["value"], **THREAD)
spread.set(yscale="log", title="std over rows and units")
signal.set(yscale="log")
add_legend(figure, measured["init"].unique(), theory=THEORY, thread=THREAD)
save_figure(figure, "init-profile", "Std and signal of activations before training, by layer, a line per net.")
