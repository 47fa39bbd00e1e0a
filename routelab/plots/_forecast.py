"""Pictures of a forecast: the fan of what may be spent, and when budgets run out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from routelab._words import dollars
from routelab.plots._style import Theme, color_of, dress, legend, short, title

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from routelab.forecasting import Forecast

_BANDS = ((5, 95, 0.22), (25, 75, 0.38))


def spend_fan(forecast: Forecast, ax: Axes, theme: str | Theme = "light") -> list[Artist]:
    """Draw the cumulative spend: median, 25-75 % and 5-95 % of the paths, and the plan's budget.

    Parameters
    ----------
    forecast : Forecast
    ax : Axes
    theme : {"light", "dark"} or Theme

    Returns
    -------
    list of artists
        The bands, the median and the line of a daily budget of the whole plan.
    """
    colors = dress(ax, theme)
    spend = np.cumsum(forecast.table[:, 0, :, 1], axis=1)
    spend = np.concatenate([np.zeros((len(spend), 1)), spend], axis=1)
    x = np.arange(spend.shape[1])
    artists: list[Artist] = []
    for low, high, alpha in _BANDS:
        edges = np.percentile(spend, [low, high], axis=0)
        label = f"{low}–{high} % of {forecast.n_paths:,} paths"
        artists.append(
            ax.fill_between(x, *edges, color=colors.served, alpha=alpha, lw=0, label=label)
        )
    artists += ax.plot(x, np.median(spend, axis=0), color=colors.served, lw=1.8, label="median")
    top = float(spend.max())
    for budget in forecast.plan.budgets:
        if budget.scope == "plan" and budget.limit_usd * x[-1] <= 2.5 * top:
            label = f"daily budget {dollars(budget.limit_usd)}, added up"
            line = ax.plot(x, budget.limit_usd * x, color=colors.text, lw=1.4, ls="--", label=label)
            artists += line
            top = max(top, budget.limit_usd * x[-1])
    days = pd.to_datetime(pd.Series(forecast.days)).dt.strftime("%d %b").tolist()
    step = max(1, -(-len(days) // 7))
    ax.set_xticks(x[1::step], days[::step])
    ax.set_xlim(0, x[-1])
    ax.set_ylim(0, (top or 1.0) * 1.1)
    ax.set_ylabel("USD, from the first day on")
    title(ax, "Spend to come", colors)
    legend(ax, colors)
    return artists


def exhaustion_hours(forecast: Forecast, ax: Axes, theme: str | Theme = "light") -> list[Artist]:
    """Draw at which hour of the day each daily budget runs out, as a share of all days.

    Parameters
    ----------
    forecast : Forecast
    ax : Axes
    theme : {"light", "dark"} or Theme

    Returns
    -------
    list of artists
        One outline per calendar budget; its legend says on which share of days it runs out.
    """
    colors = dress(ax, theme)
    palette = color_of(list(forecast.budgets), colors)
    edges = np.arange(25)
    artists: list[Artist] = []
    for k, name in enumerate(forecast.budgets):
        hour = forecast.exhaustion[:, k, :, 0].ravel()
        counts, _ = np.histogram(hour[~np.isnan(hour)], edges)
        label = f"{short(name)}: on {counts.sum() / hour.size:.0%} of days"
        share = counts / hour.size
        artists.append(
            ax.stairs(share, edges, color=palette[name], fill=True, alpha=0.45, label=label)
        )
    ax.set_xticks(range(0, 25, 4))
    ax.set_xlim(0, 24)
    ax.set_xlabel(f"hour of the day, {forecast.zone}")
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    title(ax, "When daily budgets run out", colors)
    if artists:
        low, high = ax.get_ylim()
        ax.set_ylim(0, max(high, 0.01) * 1.35)
        legend(ax, colors)
    return artists
