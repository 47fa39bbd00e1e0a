"""Pictures of traffic before any plan: how much, of what size, on which models, failing how."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from routelab.plots._request import bars
from routelab.plots._style import Theme, dress, legend, title

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

_SHOWN = 10


def requests_per_hour(
    traffic: pd.DataFrame, ax: Axes, theme: str | Theme = "light"
) -> list[Artist]:
    """Draw requests per hour, failures apart.

    Parameters
    ----------
    traffic : DataFrame
    ax : Axes
    theme : {"light", "dark"} or Theme
    """
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    colors = dress(ax, theme)
    hours = traffic["timestamp"].dt.floor("h")
    every = pd.date_range(hours.min(), hours.max(), freq="h")
    failed = (traffic["status"] >= 400).fillna(False).to_numpy(dtype=bool)
    parts = {}
    for name, mask in (("answered", ~failed), ("failed", failed)):
        parts[name] = hours[mask].value_counts().reindex(every, fill_value=0).to_numpy()
    start = every.tz_localize(None).to_numpy()
    edges = np.append(start, start[-1] + np.timedelta64(1, "h"))
    drawn: list[Artist] = []
    below = np.zeros(len(every))
    for name, color in (("answered", colors.served), ("failed", colors.failed)):
        label = f"{name} {int(parts[name].sum()):,}"
        drawn.append(ax.stairs(below + parts[name], edges, baseline=below, fill=True, color=color,
                               label=label))  # fmt: skip
        below = below + parts[name]
    ax.set_ylim(0, max(below.max(), 1) * 1.3)
    ticks = AutoDateLocator(maxticks=8)
    ax.xaxis.set_major_locator(ticks)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(ticks))
    ax.xaxis.get_offset_text().set_color(colors.text)
    legend(ax, colors, ncols=2)
    title(ax, "Requests per hour", colors)
    return drawn


def token_sizes(traffic: pd.DataFrame, ax: Axes, theme: str | Theme = "light") -> list[Artist]:
    """Draw how many tokens requests and answers have, on a logarithmic axis."""
    colors = dress(ax, theme)
    drawn: list[Artist] = []
    top = 1.0
    for name, color in (("input", colors.colors[0]), ("output", colors.colors[1])):
        known = traffic[f"{name}_tokens"].dropna().to_numpy(dtype="float64")
        known = known[known > 0]
        if not len(known):
            continue
        bins = np.logspace(0, max(np.log10(known.max()), 1), 40)
        label = f"{name}: median {np.median(known):,.0f}"
        counts, edges = np.histogram(known, bins)
        top = max(top, counts.max())
        drawn.append(ax.stairs(counts, edges, color=color, lw=1.8, label=label))
    ax.set_xscale("log")
    ax.set_xlabel("tokens")
    ax.set_ylim(0, top * 1.3)
    if drawn:
        legend(ax, colors, ncols=2)
    title(ax, "Requests by tokens", colors)
    return drawn


def requests_by(
    traffic: pd.DataFrame, column: str, ax: Axes, theme: str | Theme = "light"
) -> list[Artist]:
    """Draw how many requests each value of a column has, the most frequent ones.

    Parameters
    ----------
    column : str
        Such as ``"model"``, ``"user"`` or ``"provider"``.
    """
    colors = dress(ax, theme)
    found = traffic[column].value_counts()
    return _counted(ax, found, colors, f"Requests by {column}", colors.served)


def failures_by_class(
    traffic: pd.DataFrame, ax: Axes, theme: str | Theme = "light"
) -> list[Artist]:
    """Draw how many requests failed with which error class, or status where none is known."""
    colors = dress(ax, theme)
    failed = traffic[(traffic["status"] >= 400).fillna(False)]
    status = failed["status"].astype("string")
    found = failed["error_class"].fillna("status " + status).value_counts()
    return _counted(ax, found, colors, "Failures", colors.failed)


def _counted(ax: Axes, found: pd.Series, theme: Theme, heading: str, color: str) -> list[Artist]:
    shown = found.head(_SHOWN)
    rest = int(found.iloc[_SHOWN:].sum())
    names, values = [str(name) for name in shown.index], [float(v) for v in shown]
    if rest:
        names.append(f"{len(found) - _SHOWN:,} others")
        values.append(float(rest))
    if not names:
        names, values = ["none"], [0.0]
    palette = [color] * len(shown) + [theme.muted] * (len(names) - len(shown))
    told = [f"{int(value):,}" for value in values]
    return bars(ax, names, values, palette, heading, theme, told)
