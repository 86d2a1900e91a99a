"""When a net sits on the plateau, escapes, and how it ends: the study's definitions, as short pure functions.

`loss` is a float array [..., step] of training losses (nats) of minibatches, step 0 before the first update; leading
axes are nets. `null_loss` is the loss H of a net that ignores its input. Not-finite losses mean the net has diverged.
"""

import numpy as np
from numpy.typing import NDArray

from goodinit.arrays import Array, Flags, Integers

WINDOW = 46  # steps the trailing loss averages over: one epoch of lahman's 12,000 rows in batches of 256
PLATEAU_BAND = 0.02  # of H, on either side
PLATEAU_STEPS = 230
SHORTEST = WINDOW - 1 + PLATEAU_STEPS  # steps of a schedule that has room for a plateau
ESCAPE_BELOW = 0.95  # of H
OUTCOMES = ("trained", "stuck", "collapsed", "diverged")


def trailing_loss(loss: Array) -> Array:
    """Mean loss of the last WINDOW steps, same shape as `loss`; NaN for the first WINDOW - 1 steps and from the
    first not-finite loss on."""
    trailing = np.full(loss.shape, np.nan)
    finite = np.isfinite(loss)
    if loss.shape[-1] >= WINDOW:
        windows = np.lib.stride_tricks.sliding_window_view(np.where(finite, loss, 0.0), WINDOW, axis=-1)
        trailing[..., WINDOW - 1 :] = windows.mean(-1)  # not a difference of sums: one huge loss would drown the rest
    trailing[~np.logical_and.accumulate(finite, axis=-1)] = np.nan
    return trailing


def plateau_span(loss: Array, null_loss: float) -> tuple[Integers, Integers]:
    """First step and length of each net's plateau, [...] each: its longest rest before its escape."""
    near, escaped = _near_and_escaped(loss, null_loss)
    return _longest_rest(near & ~escaped)


def collapse_span(loss: Array, null_loss: float) -> tuple[Integers, Integers]:
    """The same of each net's collapse: its longest rest after its escape."""
    near, escaped = _near_and_escaped(loss, null_loss)
    return _longest_rest(near & escaped)


def _near_and_escaped(loss: Array, null_loss: float) -> tuple[Flags, Flags]:
    """Whether the trailing loss is within PLATEAU_BAND of H, and whether the net has escaped, at each step."""
    near: Flags = np.abs(trailing_loss(loss) - null_loss) <= PLATEAU_BAND * null_loss
    step = np.arange(loss.shape[-1])
    return near, step >= np.nan_to_num(escape_step(loss, null_loss), nan=np.inf)[..., None]


def _longest_rest(near: Flags) -> tuple[Integers, Integers]:
    """First step and length of the longest run (the first of equally long ones) of steps near H, [...] each; length 0
    where that is under PLATEAU_STEPS."""
    step = np.arange(1, near.shape[-1] + 1)
    run = step - np.maximum.accumulate(np.where(near, 0, step), axis=-1)
    longest = run.max(-1)
    return run.argmax(-1) + 1 - longest, np.where(longest >= PLATEAU_STEPS, longest, 0)


def escape_step(loss: Array, null_loss: float, below: float = ESCAPE_BELOW) -> Array:
    """First step with trailing loss < below · H, [...]; NaN where there is none (censored at the last step)."""
    return _first(trailing_loss(loss) < below * null_loss)


def diverged_step(loss: Array) -> Array:
    """First step with a loss that is not finite, [...]; NaN where there is none."""
    return _first(~np.isfinite(loss))


def outcome(loss: Array, null_loss: float) -> NDArray[np.str_]:
    """One of OUTCOMES per net, [...]: diverged; else stuck (never escaped); else collapsed (escaped, but trailing loss
    ≥ ESCAPE_BELOW · H at the end); else trained."""
    return np.select(
        [
            ~np.isnan(diverged_step(loss)),
            np.isnan(escape_step(loss, null_loss)),
            trailing_loss(loss)[..., -1] >= ESCAPE_BELOW * null_loss,
        ],
        ["diverged", "stuck", "collapsed"],
        default="trained",
    )


def _first(condition: Flags) -> Array:
    return np.where(condition.any(-1), condition.argmax(-1), np.nan)
