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
# # Stability
#
# How the nets of each condition ended, as shares by the peak of the learning rate: trained; stuck (never left the
# plateau); collapsed (left it, and lost it all again); diverged. The darker, the worse.
#
# What to look for: how wide the light band of peaks is at which an initializer trains, and whether it is cut off by
# stuck nets below or by diverged nets above; and what the other scaling of the same table changes.

# %%
from matplotlib.patches import Patch

from goodinit.report.plotting import OUTCOME_COLORS, panels, read_table, save_figure

outcomes = read_table("stability")
columns = min(3, outcomes["init"].nunique())
studied = outcomes[["dataset", "scaling", "init"]].drop_duplicates().to_numpy().tolist()
peaks = sorted(outcomes["peak"].unique())

# %%
rows = -(-len(studied) // columns)
figure, axes = panels(rows, columns, height=0.7 + 1.35 * rows)
for place, (dataset, scaling, init) in zip(axes, studied, strict=False):
    here = outcomes[(outcomes["dataset"] == dataset) & (outcomes["scaling"] == scaling) & (outcomes["init"] == init)]
    shares = here.pivot(index="peak", columns="outcome", values="share").reindex(peaks)
    below = 0 * shares[next(iter(OUTCOME_COLORS))]
    for outcome, color in OUTCOME_COLORS.items():
        place.bar(range(len(peaks)), shares[outcome], bottom=below, width=0.9, color=color)
        below = below + shares[outcome]
    n = "–".join(f"{n:g}" for n in sorted({here["n"].min(), here["n"].max()}))
    place.set_title(f"{init} (n = {n})\n{dataset}, {scaling}", fontsize=8)
    place.set_xticks(range(len(peaks)), [f"{peak:g}" for peak in peaks])
    place.set(ylim=(0, 1), yticks=[0, 0.5, 1])
for place in axes[len(studied) :]:
    place.axis("off")
for place in axes[max(0, len(studied) - columns) : len(studied)]:
    place.tick_params(labelbottom=True)
figure.supxlabel("peak of the learning rate", fontsize=9)
figure.supylabel("share of nets", fontsize=9)
handles = [Patch(facecolor=color, edgecolor="0.4", linewidth=0.4, label=name) for name, color in OUTCOME_COLORS.items()]
figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
save_figure(figure, "stability")
