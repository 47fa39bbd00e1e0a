"""Pictures of a replay: what was spent, what became of the requests, who served them, how fast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from routelab._words import dollars
from routelab.plots._request import bars
from routelab.plots._style import (
    Theme,
    color_of,
    dress,
    legend,
    legend_above,
    short,
    thousands,
    title,
)

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from routelab.simulation import Replay

#: What can become of a request, from the bottom of the stack to its top.
OUTCOMES = ("served", "degraded", "fallback", "failed", "refused")
TOLD = {
    "served": "served as asked",
    "degraded": "served cheaper by a budget",
    "fallback": "served by a fallback",
    "failed": "failed",
    "refused": "refused by a budget",
}


def outcome_of(replay: Replay) -> np.ndarray:
    """Return what became of each request (n,): a number that points into `OUTCOMES`."""
    decisions = replay.decisions
    served = decisions["model"].notna().to_numpy()
    refused = (decisions["error"] == "BudgetExceededError").to_numpy(bool)
    fell_back = (decisions["fallbacks"] > 0).to_numpy()
    degraded = decisions["degraded"].to_numpy(bool)
    return np.select(
        [~served & refused, ~served, served & fell_back, served & degraded], [4, 3, 2, 1], 0
    )


def outcome_counts(replay: Replay) -> dict[str, int]:
    """Return how many requests met each outcome."""
    counts = np.bincount(outcome_of(replay), minlength=len(OUTCOMES))
    return dict(zip(OUTCOMES, counts.tolist(), strict=True))


def daily_spend(replay: Replay, ax: Axes, theme: str | Theme = "light") -> list[Artist]:
    """Draw USD per day, stacked by model, with the daily budget as a line.

    Parameters
    ----------
    replay : Replay
    ax : Axes
    theme : {"light", "dark"} or Theme

    Returns
    -------
    list of artists
        The bars, their totals and the budget lines.
    """
    colors = dress(ax, theme)
    days = pd.DatetimeIndex([str(day) for day in replay.daily.index])
    full = np.isin(replay.daily.index.astype(str), whole_days(replay))
    step = max(1, -(-len(days) // 10))
    ax.set_xticks(range(0, len(days), step), day_names(days, full)[::step])
    mark_partial(ax, full, colors)
    ax.set_ylabel("USD a day")
    thousands(ax.yaxis)
    artists = spend_artists(replay, ax, colors)
    legend_above(ax, "Spend per day and model", colors)
    top = max([*_heights(replay), *(limit for limit in _limits(replay) if _fits(limit, replay))])
    ax.set_ylim(0, (top or 1.0) * 1.08)  # room for the totals
    ax.set_xlim(-0.6, len(days) - 0.4)
    return artists


def spend_artists(replay: Replay, ax: Axes, theme: Theme) -> list[Artist]:
    """Draw what moves in :func:`daily_spend` when a setting changes; axes stay as they are."""
    models = list(replay.plan.catalog.names)
    palette = color_of(models, theme)
    position = list(range(len(replay.daily)))
    bottom = np.zeros(len(replay.daily))
    artists: list[Artist] = []
    for model in models:
        column = f"usd:{model}"
        if column not in replay.daily:
            continue
        height = replay.daily[column].to_numpy(float)
        bars = ax.bar(
            position, height, 0.72, bottom=bottom, color=palette[model], label=short(model)
        )
        artists += list(bars)
        bottom = bottom + height
    for x, total in zip(position, bottom, strict=True):
        artists.append(
            ax.text(
                x, total, f"{total:,.2f}", ha="center", va="bottom", fontsize=7.5, color=theme.text
            )
        )
    for budget in replay.plan.budgets:
        if budget.scope == "plan" and _fits(budget.limit_usd, replay):
            label = f"daily budget {dollars(budget.limit_usd)}"
            line = ax.axhline(budget.limit_usd, color=theme.text, lw=1.4, ls="--", label=label)
            artists.append(line)
    return artists


def day_names(days: pd.DatetimeIndex, full: np.ndarray) -> list[str]:
    """Return names of days for an axis, which say of which the log holds a part only."""
    parts = ("" if whole else "\nin part" for whole in full)
    return [f"{day:%a\n%d %b}{part}" for day, part in zip(days, parts, strict=True)]


def mark_partial(ax: Axes, full: np.ndarray, theme: Theme) -> None:
    """Shade the days, at 0, 1, ..., that a log holds in part."""
    for place in np.flatnonzero(~full):
        ax.axvspan(place - 0.5, place + 0.5, color=theme.grid, alpha=0.6, lw=0, zorder=0.1)


def whole_days(replay: Replay) -> list[str]:
    """Return the days, of those in ``replay.daily``, that the log holds from morning to night."""
    from routelab.forecasting._days import kept_days, wall_clock

    stamps = replay.decisions["timestamp"].sort_values()
    dates, whole, _ = kept_days(wall_clock(stamps, replay.summary["timezone"]))
    return [day for day in dates[whole].astype(str) if day in replay.daily.index]


def _heights(replay: Replay) -> list[float]:
    return [0.0, *replay.daily["spend_usd"].astype(float)]


def _limits(replay: Replay) -> list[float]:
    return [budget.limit_usd for budget in replay.plan.budgets if budget.scope == "plan"]


def _fits(limit: float, replay: Replay) -> bool:
    """Whether a budget line leaves the bars tall enough to read."""
    return limit <= 2.5 * max(_heights(replay))


def hourly_outcomes(replay: Replay, ax: Axes, theme: str | Theme = "light") -> list[Artist]:
    """Draw requests per hour, stacked by what became of them; the legend counts them.

    Parameters
    ----------
    replay : Replay
    ax : Axes
    theme : {"light", "dark"} or Theme

    Returns
    -------
    list of artists
        One area per outcome that occurs.
    """
    colors = dress(ax, theme)
    ax.set_ylabel("requests an hour")
    thousands(ax.yaxis)
    edges, counts = hourly_counts(replay)
    artists = outcome_artists(replay, ax, colors)
    legend_above(ax, "Requests per hour and what became of them", colors, ncols=2)
    time_axis(ax, edges)
    ax.set_ylim(0, max(1, int(counts.sum(axis=0).max(initial=0))) * 1.05)
    return artists


def time_axis(ax: Axes, edges: pd.DatetimeIndex, names: int = 8) -> None:
    """Mark whole days (or hours, when there are few) under hours; about `names` of them."""
    hours = len(edges) - 1
    ax.set_xlim(0, max(hours, 1))
    if hours < 36:
        step = max(1, hours // min(6, names))
        ax.set_xticks(range(0, hours + 1, step), [f"{t:%H:%M}" for t in edges[::step]])
        return
    midnights = [i for i, t in enumerate(edges) if t.hour == 0]
    if midnights[0] > 12:  # the log's first day has room for a name as well
        midnights = [0, *midnights]
    midnights = midnights[:: -(-len(midnights) // names)]
    ax.set_xticks(midnights, [f"{edges[i]:%a\n%d %b}" for i in midnights], ha="left")


def hourly_counts(replay: Replay) -> tuple[pd.DatetimeIndex, np.ndarray]:
    """Return hour edges (h + 1,) in the plan's time zone and requests (outcomes, h)."""
    zone = replay.summary["timezone"]
    hour = replay.decisions["timestamp"].dt.tz_convert(zone).dt.tz_localize(None).dt.floor("h")
    number = ((hour - hour.iloc[0]) // pd.Timedelta(hours=1)).to_numpy()
    low, high = int(number.min()), int(number.max())
    width = high - low + 1
    flat = outcome_of(replay) * width + (number - low)
    counts = np.bincount(flat, minlength=len(OUTCOMES) * width).reshape(len(OUTCOMES), width)
    first = hour.iloc[0] + pd.Timedelta(hours=low)
    return pd.date_range(first, periods=width + 1, freq="h"), counts


def outcome_artists(replay: Replay, ax: Axes, theme: Theme) -> list[Artist]:
    """Draw what moves in :func:`hourly_outcomes` when a setting changes."""
    _, counts = hourly_counts(replay)
    edges = np.arange(counts.shape[1] + 1)
    bottom = np.zeros(counts.shape[1])
    artists: list[Artist] = []
    for name, color, row in zip(OUTCOMES, theme.outcomes, counts, strict=True):
        if not row.any():
            continue
        artists.append(
            ax.fill_between(
                edges,
                _closed(bottom),
                _closed(bottom + row),
                step="post",
                lw=0,
                color=color,
                label=f"{TOLD[name]} {int(row.sum()):,}",
            )
        )
        bottom = bottom + row
    return artists


def _closed(heights: np.ndarray) -> np.ndarray:
    """Repeat the last height, which a step needs at its right edge."""
    return np.append(heights, heights[-1])


def model_share(replay: Replay, ax: Axes, theme: str | Theme = "light") -> list[Artist]:
    """Draw the share of served requests per model, with the percentage at each bar.

    Returns
    -------
    list of artists
        The bars.
    """
    colors = dress(ax, theme)
    names = list(replay.plan.catalog.names)
    palette = color_of(names, colors)
    shares = [replay.summary["share_by_model"].get(name, 0.0) for name in names]
    return bars(
        ax, names, shares, [palette[name] for name in names], "Share of served requests", colors,
        [f"{share:.1%}" for share in shares],
    )  # fmt: skip


def latency(replay: Replay, ax: Axes, theme: str | Theme = "light") -> list[Any]:
    """Draw the share of requests answered within a time, per model (log scale, 200 quantiles).

    Returns
    -------
    list of Line2D
    """
    colors = dress(ax, theme)
    names = list(replay.plan.catalog.names)
    palette = color_of(names, colors)
    shares = np.linspace(0, 1, 200)
    lines: list[Any] = []
    groups = replay.decisions.groupby("model", observed=True)["latency_s"]
    by_model = {str(model): values.to_numpy(float) for model, values in groups}
    for name in names:
        seconds = by_model.get(name, np.zeros(0))
        seconds = seconds[seconds > 0]
        if seconds.size:
            lines += ax.plot(
                np.quantile(seconds, shares), shares, color=palette[name], label=short(name), lw=1.8
            )
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.xaxis.set_minor_formatter(lambda value, _: "")
    ax.set_xlabel("seconds, with retries and fallbacks")
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    ax.set_ylim(0, 1.02)
    title(ax, "Answered within", colors)
    if lines:
        legend(ax, colors, loc="lower right")
    return lines
