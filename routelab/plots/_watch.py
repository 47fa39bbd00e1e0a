"""Pictures of a log that is watched: decisions and spend per day, and one feature's bins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from routelab.plots._style import Theme, dress, legend, legend_above, short, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_NAMES = 10
#: A line that is longer than so many times the dearest day leaves the picture.
ROOM = 1.25


def agreement_by_day(
    agreement: pd.DataFrame, days: Sequence[str], ax: Axes, theme: str | Theme = "light"
) -> list[Any]:
    """Draw where each day's judged requests went: as planned, to a fallback, elsewhere.

    Parameters
    ----------
    agreement : DataFrame
        Of a :class:`routelab.watching.DriftReport`.
    days : sequence of str
        From left to right; one without judged requests stays empty.
    ax : Axes
    theme : {"light", "dark"} or Theme

    Returns
    -------
    list of artists
        The bars.
    """
    colors = dress(ax, theme)
    rows = agreement[agreement["scope"] == "day"].set_index("name").reindex(list(days))
    bars: list[Any] = []
    below = np.zeros(len(days))
    for column, color, label in (
        ("same", colors.outcomes[0], "as planned"),
        ("fallback", colors.outcomes[2], "a fallback"),
        ("other", colors.outcomes[3], "elsewhere"),
    ):
        share = rows[column].fillna(0).to_numpy(float)
        bars += ax.bar(np.arange(1, len(days) + 1), share, bottom=below, color=color,
                       width=0.7, label=label)  # fmt: skip
        below += share
    _days(ax, days)
    ax.set_ylim(0, 1.03)
    ax.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    legend_above(ax, "Where judged requests went", colors)
    return bars


def spend_by_day(
    spend: pd.DataFrame, days: Sequence[str], ax: Axes, theme: str | Theme = "light"
) -> list[Any]:
    """Draw what each day cost, over the band of its forecast and what a further day may cost.

    Parameters
    ----------
    spend : DataFrame
        Of a :class:`routelab.watching.DriftReport`; days without a forecast are not in it.
    days : sequence of str
        From left to right.
    ax : Axes
    theme : {"light", "dark"} or Theme

    Returns
    -------
    list of artists
        The days' marks.
    """
    colors = dress(ax, theme)
    _days(ax, days)
    if spend.empty:
        title(ax, "Spend per day, USD", colors)
        ax.set_yticks([])
        ax.text(0.5, 0.5, "spend is not judged: see the notes", ha="center", color=colors.text,
                transform=ax.transAxes)  # fmt: skip
        return []
    x = np.array([list(days).index(day) + 1 for day in spend["day"]])
    ax.vlines(x, spend["low"], spend["high"], color=colors.muted, lw=1,
              label="a day may cost")  # fmt: skip
    ax.bar(x, spend["q95"] - spend["q05"], bottom=spend["q05"], width=0.34, color=colors.degraded,
           label="5-95 % of the forecast")  # fmt: skip
    usd, odd = spend["spend_usd"].to_numpy(float), spend["outside"].to_numpy(bool)
    marks: list[Any] = []
    for mask, color, label in ((~odd, colors.text, "logged"), (odd, colors.failed, "outside")):
        if mask.any():
            marks += ax.plot(x[mask], usd[mask], "D", ms=6, color=color, label=label)
    ax.set_ylim(0, ROOM * max(float(usd.max()), float(spend["q95"].max()), 1e-9))
    legend_above(ax, "Spend per day, USD", colors, ncols=4)
    return marks


def feature_bins(
    counts: pd.DataFrame, ax: Axes, told: str = "", theme: str | Theme = "light"
) -> list[Any]:
    """Draw the share of requests in each bin of a feature, on both sides.

    Parameters
    ----------
    counts : DataFrame
        ``reference`` and ``new`` per bin or name; of more than ten, those with most requests.
    ax : Axes
    told : str, optional
        What the title adds to the feature's name.
    theme : {"light", "dark"} or Theme

    Returns
    -------
    list of artists
        The bars.
    """
    colors = dress(ax, theme)
    shares = counts / counts.sum()
    shares = shares[counts.sum(axis=1) > 0]
    if len(shares) > MOST_NAMES + 2:
        shares = shares.loc[shares.max(axis=1).nlargest(MOST_NAMES).index]
    y = np.arange(len(shares))
    bars: list[Any] = []
    for side, shift, color in (("reference", -0.2, colors.muted), ("new", 0.2, colors.served)):
        bars += ax.barh(y + shift, shares[side], height=0.38, color=color, label=side)
    ax.set_yticks(y, [short(name) for name in shares.index])
    for text in ax.get_yticklabels():
        text.set_parse_math(False)
    ax.set_ylim(len(shares) - 0.4, -0.6)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", color=colors.grid, linewidth=0.8)
    ax.set_xlabel("share of requests")
    legend(ax, colors, ncols=2, loc="lower right", bbox_to_anchor=(1.01, 0.98))
    title(ax, short(f"{counts.index.name}{told}", 60), colors)
    return bars


def _days(ax: Axes, days: Sequence[str]) -> None:
    """Name some of the days by number and date, and leave half a day at both ends."""
    step = -(-len(days) // 8)
    shown = np.arange(1, len(days) + 1, step)
    names = [f"{number}\n{pd.Timestamp(day):%a %d}" for number, day in enumerate(days, 1)]
    ax.set_xticks(shown, names[::step])
    ax.set_xlim(0.4, len(days) + 0.6)
