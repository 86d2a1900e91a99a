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
# # Your own net
#
# What the report shows of its nets, shown of yours: is a plateau ahead, what do the layers do on it, and does another
# init take it away? Put your model and your data into the next cell; the rest takes any `torch.nn.Module` whose first
# axis is the rows of a batch. It runs on a table that is made up here, in half a minute.
#
# `Watch`, `apply_lsuv` and `foretell` are a page each, in `src/goodinit/watching/`, to be copied.

# %%
import numpy as np
import seaborn as sns
import torch
from torch import nn

from goodinit.model.schedule import learning_rates
from goodinit.report.plotting import NULL_LOSS_STYLE, page, save_figure, scale_losses, style
from goodinit.runs.plateau import escape_step
from goodinit.watching.forecast import foretell
from goodinit.watching.lsuv import apply_lsuv
from goodinit.watching.watch import Watch, measure_signal

# %% [markdown]
# ## A model and a table
#
# Features with heavy tails, which standardizing leaves mostly near zero: mixtures of four sizes that decide the class,
# and noise. Ten hidden layers of 40 units, as torch starts them.

# %%
generator = np.random.default_rng(0)
sizes = generator.standard_t(3, (12_000, 4))
features = sizes @ generator.normal(size=(4, 24)) + 0.3 * generator.standard_t(3, (12_000, 24))
scores = sizes @ generator.normal(size=(4, 4))
x = torch.tensor((features - features.mean(0)) / features.std(0), dtype=torch.float32)
y = torch.tensor(scores.argmax(1))

torch.manual_seed(0)
torch.set_num_threads(1)  # a net this small gains nothing from more
hidden = [nn.Sequential(nn.Linear(width, 40), nn.ReLU()) for width in [24] + [40] * 9]
model = nn.Sequential(*hidden, nn.Linear(40, 4))
activation, batch_size, steps = nn.ReLU, 256, 1800

# %% [markdown]
# ## LSUV
#
# Layer by layer, activations get mean 0 and std 1 on one batch. `apply_lsuv` gives a copy of the model, so make the
# optimizer after it. A net that starts with a stronger signal may need a smaller learning rate: choose the peak after
# the init.

# %%
batch = x[:batch_size]
models = {"default": model, "lsuv": apply_lsuv(model, batch, activation)}
peaks = {"default": 0.8, "lsuv": 0.2}

# %% [markdown]
# ## Before training
#
# The signal is how far rows differ: the root mean square over units of the std over rows. The std over rows and units
# together mostly shows what the biases make, which is the same for every row.
#
# What to look for: does the signal fall layer by layer? Then the gain is too small for the depth, and the logits will
# not tell rows apart until it has grown.

# %%
figure = page(2.6)
place = figure.subplots()
for init, net in models.items():
    with Watch(net, activation) as watch, torch.no_grad():
        net(batch)
    start = watch.statistics().assign(layer=lambda table: np.arange(len(table)) + 1)
    place.plot(start["layer"], start["signal"], color=style(init)[0], label=f"{init}, signal")
    place.plot(start["layer"], start["std"], color=style(init)[0], linestyle=":", label=f"{init}, std")
place.set(yscale="log", xlabel="hidden layer", ylabel="of the activations on one batch")
place.legend()
save_figure(figure, "your-own-net-start", "Signal and std of every layer before training, under both inits.")

# %% [markdown]
# How long the net will rest is told by the signal of its logits: the smaller it is, the larger the sum of learning
# rates that it takes to get out. A net whose sum is larger than all rates of the schedule together gets stuck.
#
# **How far to trust it.** The line behind it was fitted to plain SGD on one table, and to nets like this one, of ten
# hidden layers under torch's default init. Where these hold, and the target is not a hard one, it is about right; for
# another optimizer, architecture or table it says no more than short or long. With momentum of 0.9 count each rate ten
# times. Under Adam a sum of rates does not mean the same, and the line says nothing.

# %%
rates = {init: learning_rates(peak, steps) for init, peak in peaks.items()}
forecasts = {}
for init, net in models.items():
    with torch.no_grad():
        forecasts[init] = foretell(measure_signal(net(batch)), rates[init])
    print(f"{init}: {forecasts[init]}")


# %% [markdown]
# ## Training, watched
#
# Validation batches do not get in: `Watch` leaves out passes in eval mode. Recorded with the others they drew the sharp
# regular peaks that puzzled the thread.


# %%
def train(net: nn.Module, rates: np.ndarray) -> tuple[np.ndarray, Watch]:
    """The loss of every step, and what was watched."""
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    order = np.random.default_rng(1)
    losses = []
    with Watch(net.train(), activation) as watch:
        for rate in rates:
            optimizer.param_groups[0]["lr"] = rate
            rows = order.choice(len(x), batch_size, replace=False)
            loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return np.array(losses), watch


losses, watched = {}, {}
for init, net in models.items():
    losses[init], watched[init] = train(net, rates[init])

# %% [markdown]
# ## Did it come as told?
#
# The dotted line is the loss of a net that ignores its input, the entropy of the class shares; a loss that rests there
# is the plateau. A vertical line is the step that the forecast gave.

# %%
shares = np.bincount(y) / len(y)
null_loss = -(shares * np.log(shares)).sum()
figure = page(2.6)
place = figure.subplots()
place.axhline(null_loss, **NULL_LOSS_STYLE)
for init, loss in losses.items():
    color, dash = style(init)
    place.plot(loss, color=color, linewidth=0.6, label=init)
    if forecasts[init].step is not None:
        place.axvline(forecasts[init].step, color=color, linestyle=dash)
    escape = escape_step(loss, null_loss)
    if np.isnan(escape):
        print(f"{init}: never out in {steps} steps; told: {forecasts[init]}")
    else:
        spent = rates[init][: int(escape)].sum()
        print(f"{init}: out at step {escape:.0f}, after rates of {spent:.3g} in all; told: {forecasts[init]}")
scale_losses(place)
place.set(xlabel="training step", ylabel="training loss")
place.legend()
save_figure(figure, "your-own-net-loss", "Training loss of both nets by step, with the steps that were foretold.")

# %% [markdown]
# ## Inside
#
# Layer by layer from light (first) to dark (last).
#
# What to look for: on the plateau means and stds stand still while the signal grows; the min-bin share, the thread's
# measure, says which layers sleep.

# %%
names = {"mean": "mean", "std": "std", "signal": "signal", "min_bin_share": "min-bin share"}
figure = page(6.5)
axes = figure.subplots(len(names), len(models), sharex=True, sharey="row")
for column, (init, watch) in enumerate(watched.items()):
    statistics = watch.statistics().query("step % 10 == 0")
    for row, (name, label) in enumerate(names.items()):
        place = axes[row, column]
        sns.lineplot(statistics, x="step", y=name, hue="layer", palette="flare", lw=0.7, legend=False, ax=place)
        place.set(xlabel="training step", ylabel=label, yscale="log" if name == "signal" else "linear")
    axes[0, column].set_title(f"{init}, peak {peaks[init]:g}")
save_figure(figure, "your-own-net-layers", "Statistics of every layer by step, under both inits.")

# %% [markdown]
# The thread's heat maps: how the sizes of a layer's activations are spread, step by step; the darker, the more there
# are, on a logarithmic scale.

# %%
figure = page(5.5)
axes = figure.subplots(4, len(models), sharex=True, sharey=True)
for column, (init, watch) in enumerate(watched.items()):
    histograms = list(watch.histograms().values())
    for row, layer in enumerate(np.linspace(0, len(histograms) - 1, 4).astype(int)):
        place = axes[row, column]
        image = np.log1p(histograms[layer]).T
        place.imshow(image, origin="lower", aspect="auto", extent=(0, steps, 0, 10), cmap="Greys", rasterized=True)
        place.set_title(f"{init}, layer {layer + 1}")
figure.supxlabel("training step", fontsize=9)
figure.supylabel("size of the activation", fontsize=9)
save_figure(figure, "your-own-net-histograms", "Sizes of four layers' activations by step.")
