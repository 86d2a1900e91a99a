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
# # A law
#
# The signal of the logits of every default net, at every peak, until the net is out (a dot), against the sum of the
# learning rates until then instead of the step. The signal is the root mean square over classes of the std over rows.
#
# What to look for: one bundle of curves, whatever the peak. A low peak ends where its rates are used up; a net that is
# called stuck was on its way.

# %%
import seaborn as sns

from goodinit.report.plotting import page, read_table, save_figure

law = read_table("law").query("signal > 0")  # a net that has died has none
peaks = sorted(law["peak"].unique())
colors = dict(zip(peaks, sns.color_palette("flare", len(peaks)), strict=True))

# %%
figure = page(2.5)
place = figure.subplots()
nets = law[["dataset", "peak", "seed"]].astype(str).agg("/".join, axis=1)
sns.lineplot(law, x="rate_sum", y="signal", hue="peak", units=nets, estimator=None, palette=colors, lw=0.6, ax=place)
out = law[law["escaped"].astype(bool)]
sns.scatterplot(out, x="rate_sum", y="signal", hue="peak", palette=colors, s=12, legend=False, ax=place)
place.set(xlabel="sum of the learning rates so far", ylabel="signal of the logits", yscale="log")
save_figure(figure, "law", "Signal of the logits by the sum of the learning rates, a line per net, coloured by peak.")
