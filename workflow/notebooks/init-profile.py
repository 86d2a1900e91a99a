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
# The std of the activations after each hidden layer before the first update, on the first training batch: a faint line
# per net, their mean, the theory for wide layers, and the ten numbers the thread printed for its "Kaiming" start.
#
# What to look for: a line that falls with depth loses the signal. Whose profile are the thread's numbers on?

# %%
import matplotlib.pyplot as plt

from goodinit.report.plotting import TEXT_WIDTH, add_legend, read_table, save_figure, style

profile = read_table("init-profile")
measured = profile[profile["source"] == "measured"]
theory, thread = (profile[profile["source"] == source] for source in ("theory", "thread"))
THEORY = {"color": "0.2", "linewidth": 0.8}
THREAD = {"color": "black", "marker": "x", "markersize": 4, "linestyle": "none"}

# %%
figure, axes = plt.subplots(figsize=(0.8 * TEXT_WIDTH, 2.9))
for init, nets in measured.groupby("init", sort=False):
    color, dash = style(init)
    for _, net in nets.groupby("seed"):
        axes.plot(net["layer"], net["std"], color=color, linewidth=0.5, alpha=0.4)
    mean = nets.groupby("layer")["std"].mean()
    axes.plot(mean.index, mean, color=color, linestyle=dash, linewidth=1.3)
for _, line in theory.groupby("init"):
    axes.plot(line["layer"], line["std"], **THEORY)
axes.plot(thread["layer"], thread["std"], **THREAD)
axes.set(xlabel="hidden layer", ylabel="activation std before training", yscale="log")
axes.set_xticks(sorted(measured["layer"].unique()))
add_legend(figure, list(measured["init"].unique()), theory=THEORY, thread=THREAD)
save_figure(figure, "init-profile")
