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
# # Two mistakes of recording
#
# Above, one net of the first initializer over a few epochs: the mean after the ReLU as a hook records it that does not
# ask whether the net is training (first row: after each epoch come the batches of the validation rows, black), and the
# training batches alone (second row). Below, how far the min-bin share ranges over training, by entry of a list:
# the first modules in order, Linear and ReLU in turn, against the layers after their ReLU; faint lines are nets, thick
# ones means over the nets that never diverged, with 95 % bootstrap intervals.
#
# What to look for: peaks at equal distances in the first row that the second row does not have; a zigzag from entry to
# entry that comes from the kind of module, not from the layer.

# %%
import matplotlib.pyplot as plt

from goodinit.report.plotting import TEXT_WIDTH, draw_nets, read_table, save_figure, style

table = read_table("recording-artifacts")
calls, entries = (table[table["panel"] == panel] for panel in ("calls", "entries"))
init, layers = table["init"].iloc[0], calls["layer"].unique()
MARKERS = {"linear": "s", "relu": "o"}

# %%
figure = plt.figure(figsize=(TEXT_WIDTH, 4.7))
above, below = figure.subfigures(2, 1, height_ratios=[2.9, 1.8])
axes = above.subplots(2, max(len(layers), 1), sharex="row", sharey="col", squeeze=False)
for (hooked, training), layer in zip(axes.T, layers, strict=False):
    here = calls[calls["layer"] == layer]
    train = here[here["part"] == "train"]
    for place, x in ((hooked, "call"), (training, "step")):
        place.plot(train[x], train["value"], ".", color=style(init)[0], markersize=1.5)
    valid = here[here["part"] == "valid"]
    hooked.plot(valid["call"], valid["value"], ".", color="black", markersize=1.5)
    hooked.set(title=f"layer {layer:g}", xlabel="call of the hook")
    training.set_xlabel("training step")
axes[0][0].plot([], [], ".", color=style(init)[0], label="training batches")
axes[0][0].plot([], [], ".", color="black", label="validation batches")
above.legend(loc="outside upper center", ncols=2)
axes[0][0].set_ylabel("all batches")
axes[1][0].set_ylabel("training only")

for place, (listed, here) in zip(
    below.subplots(1, 2, sharey=True), entries.groupby("listed", sort=False), strict=False
):
    draw_nets(place, here, "entry", "value", init, dash="-")
    mean = here[here["seed"].isna()].sort_values("entry")
    for site, marker in MARKERS.items():
        members = mean[mean["site"] == site]
        place.plot(members["entry"], members["value"], marker, color=style(init)[0], markeredgecolor="white")
    n = mean["n"].max()
    place.set_title(f"{listed} (n = {0 if n != n else n:g})")
    place.set_xticks(
        mean["entry"],
        [f"{'L' if site == 'linear' else 'R'}{layer:g}" for site, layer in mean[["site", "layer"]].to_numpy()],
    )
below.axes[0].set_ylabel("range of min-bin share")
save_figure(figure, "recording-artifacts")
