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

from goodinit.report.plotting import color_peaks, page, read_table, save_figure

law = read_table("law").query("signal > 0")  # a net that has died has none
peaks = sorted(law["peak"].unique(), reverse=True)  # the short curves of low peaks above the long ones

# %%
figure = page(2.5)
place = figure.subplots()
look = {"x": "rate_sum", "y": "signal", "hue": "peak", "hue_order": peaks, "palette": color_peaks(peaks), "ax": place}
nets = law[["dataset", "peak", "seed"]].astype(str).agg("/".join, axis=1)
sns.lineplot(law, units=nets, estimator=None, lw=0.7, **look)
out = law[law["escaped"].astype(bool)]
sns.scatterplot(out, s=14, linewidth=0.3, legend=False, zorder=3, **look)
place.set(xlabel="sum of the learning rates so far", ylabel="signal of the logits", yscale="log")
save_figure(figure, "law", "Signal of the logits by the sum of the learning rates, a line per net, coloured by peak.")
