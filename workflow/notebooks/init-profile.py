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
from goodinit.report.plotting import add_legend, panels, read_table, save_figure, style

profile = read_table("init-profile")
measured = profile[profile["source"] == "measured"]
theory, thread = (profile[profile["source"] == source] for source in ("theory", "thread"))
THEORY = {"color": "0.2", "linewidth": 0.8}
THREAD = {"color": "black", "marker": "x", "markersize": 4, "linestyle": "none"}

# %%
figure, (spread, signal) = panels(1, 2, height=2.9, sharey=False)
for place, measure in ((spread, "std"), (signal, "signal")):
    for init, nets in measured.groupby("init", sort=False):
        color, dash = style(init)
        for _, net in nets.groupby("seed"):
            place.plot(net["layer"], net[measure], color=color, linewidth=0.5, alpha=0.4)
        mean = nets.groupby("layer")[measure].mean()
        place.plot(mean.index, mean, color=color, linestyle=dash, linewidth=1.3)
    place.set(xlabel="hidden layer", yscale="log")
for _, line in theory.groupby("init"):
    spread.plot(line["layer"], line["std"], **THEORY)
spread.plot(thread["layer"], thread["std"], **THREAD)
spread.set(ylabel="std over rows and units")
signal.set(ylabel="signal")
signal.set_xticks(sorted(measured["layer"].unique()))
add_legend(figure, list(measured["init"].unique()), theory=THEORY, thread=THREAD)
save_figure(figure, "init-profile")
