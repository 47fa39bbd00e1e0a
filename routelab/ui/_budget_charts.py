"""The five charts of the budget panel: their axes, and the few artists that a touch moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from routelab.plots._replay import OUTCOMES, TOLD, day_names, mark_partial, time_axis
from routelab.plots._style import Theme, color_of, legend_above, short, thousands, title
from routelab.ui._artists import Artists, Look
from routelab.ui._budget_config import DAY, BudgetConfig
from routelab.ui._budget_replay import MIDNIGHT, Outcome

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

SLOWEST_S = 300.0
BAR = 0.36  # half of a bar's width, in days


class Chart:
    """One chart: `frame` draws what stays, `show` returns what moves.

    Black is the budget in all of them, grey what is not split; other colours are of models or, in
    the requests per hour, of outcomes.

    Parameters
    ----------
    ax : Axes
        Dressed; its limits never follow what is drawn.
    theme : Theme
    """

    size = 3.65, 2.9  # inches

    def __init__(self, ax: Axes, theme: Theme):
        self.ax, self.theme = ax, theme
        self.on = Artists(ax)

    def frame(self, dearest: Outcome, *, pinned: bool, scale: float) -> None:
        """Draw title, ticks and limits for a replay without limits."""
        raise NotImplementedError

    def show(self, found: Outcome, before: Outcome | None, config: BudgetConfig) -> list[Artist]:
        """Return a replay's artists; `before` is plan A's over the same days, or None."""
        raise NotImplementedError

    def outline(self, heights: np.ndarray, half: float | None = None) -> Artist:
        """Return plan A's heights, dotted: around each bar or, without `half`, as steps."""
        x = np.arange(len(heights), dtype=float)
        if half is None:
            across, up = np.append(x, len(x)), np.append(heights, heights[-1:])
            look: Look = {"drawstyle": "steps-post", "lw": 0.9}
        else:
            gap, zero = np.full(len(x), np.nan), np.zeros(len(x))
            across = np.stack([x - half, x - half, x + half, x + half, gap], axis=1).ravel()
            up = np.stack([zero, heights, heights, zero, gap], axis=1).ravel()
            look = {"lw": 1.2}
        return self.on.line("plan A", across, up, color=self.theme.text, ls=":", **look)


class Days(Chart):
    """USD a day by model, with the daily budget."""

    size = 4.6, 3.5

    def frame(self, dearest: Outcome, *, pinned: bool, scale: float) -> None:
        """Draw title, legend, ticks and limits."""
        ax, theme = self.ax, self.theme
        _day_axis(ax, dearest, theme, at_most=8)
        self.top = max(float(dearest.per_day.max()), 1e-6) * scale * 1.05
        ax.set_ylim(0, self.top)
        ax.set_ylabel("USD a day")
        thousands(ax.yaxis)
        models = color_of(list(dearest.plan.catalog.names), theme)
        entries = [_patch(color, short(name)) for name, color in models.items()]
        entries.append(_line(theme.text, "--", "daily budget"))
        if pinned:
            entries.append(_line(theme.text, ":", "plan A"))
        legend_above(ax, "Spend per day and model", theme, ncols=2, handles=entries)

    def show(self, found: Outcome, before: Outcome | None, config: BudgetConfig) -> list[Artist]:
        """Return the bars, the line of the budget, and plan A's outline."""
        on, drawn = self.on, []
        bottom = np.zeros(len(found.per_day))
        colors = color_of(list(found.plan.catalog.names), self.theme)
        for (name, color), spent in zip(colors.items(), found.per_model_and_day, strict=True):
            if spent.any():
                drawn.append(on.boxes(f"model {name}", bottom, bottom + spent, color, half=BAR))
            bottom = bottom + spent
        limit = config.daily_usd
        if config.window == DAY and limit <= self.top:
            look: Look = {"color": self.theme.text, "lw": 1.4, "ls": "--"}
            drawn.append(on.line("the limit", [0, 1], [limit, limit], across=True, **look))
        elif config.window == DAY:
            look = {"ha": "right", "va": "top", "fontsize": 8, "color": self.theme.text}
            told = "the daily budget is above this picture"
            drawn.append(on.text("far", 0.99, 0.99, told, transform=self.ax.transAxes, **look))
        if before is not None:
            drawn.append(self.outline(before.per_day, BAR + 0.06))
        return drawn


class Hours(Chart):
    """Requests an hour by what became of them."""

    size = 6.4, 3.5

    def frame(self, dearest: Outcome, *, pinned: bool, scale: float) -> None:
        """Draw title, legend, ticks and limits."""
        ax, theme = self.ax, self.theme
        ax.set_ylabel("requests an hour")
        thousands(ax.yaxis)
        time_axis(ax, dearest.clock.edges)
        ax.set_xlabel(_zone(dearest))
        ax.set_ylim(0, max(1, int(dearest.outcomes_per_hour.sum(axis=0).max())) * 1.05)
        kinds = zip(OUTCOMES, theme.outcomes, strict=True)
        entries = [_patch(color, TOLD[name]) for name, color in kinds]
        legend_above(
            ax, "Requests per hour and what became of them", theme, ncols=2, handles=entries
        )

    def show(self, found: Outcome, before: Outcome | None, config: BudgetConfig) -> list[Artist]:
        """Return the steps of each outcome."""
        drawn = []
        bottom = np.zeros(found.outcomes_per_hour.shape[1])
        kinds = zip(OUTCOMES, self.theme.outcomes, found.outcomes_per_hour, strict=True)
        for name, color, counts in kinds:
            if counts.any():
                drawn.append(self.on.boxes(name, bottom, bottom + counts, color))
            bottom = bottom + counts
        return drawn


class Spend(Chart):
    """USD an hour."""

    def frame(self, dearest: Outcome, *, pinned: bool, scale: float) -> None:
        """Draw title, ticks and limits."""
        ax = self.ax
        title(ax, "Spend per hour", self.theme)
        ax.set_ylabel("USD an hour")
        thousands(ax.yaxis)
        time_axis(ax, dearest.clock.edges, names=4)
        ax.set_xlabel(_zone(dearest))
        ax.set_ylim(0, max(float(dearest.per_hour.max()), 1e-6) * scale * 1.05)

    def show(self, found: Outcome, before: Outcome | None, config: BudgetConfig) -> list[Artist]:
        """Return the steps, and plan A's outline."""
        spent = found.per_hour
        drawn = [self.on.boxes("spent", np.zeros(len(spent)), spent, self.theme.muted)]
        if before is not None:
            drawn.append(self.outline(before.per_hour))
        return drawn


class RunOuts(Chart):
    """When the daily budget runs out: a dot a day, the median over whole days and its interval."""

    def frame(self, dearest: Outcome, *, pinned: bool, scale: float) -> None:
        """Draw title, ticks and limits."""
        ax = self.ax
        title(ax, "Daily budget runs out at: median, 95 %", self.theme)
        _day_axis(ax, dearest, self.theme, at_most=4)
        hours = range(0, 25, 6)
        ax.set_yticks(hours, [*(f"{hour:02d}:00" for hour in hours[:-1]), "never"])
        ax.set_ylim(-0.5, 25)

    def show(self, found: Outcome, before: Outcome | None, config: BudgetConfig) -> list[Artist]:
        """Return the dots, the median and its band; or why there are none."""
        on, theme = self.on, self.theme
        clock = found.plan_clock
        if clock is None:
            told = "the gateway's window drifts:\nit has no days to run out on"
            look = {"ha": "center", "va": "center", "fontsize": 8.5, "color": theme.text}
            return [on.text("none", 0.5, 0.5, told, transform=self.ax.transAxes, **look)]
        median, low, high = clock.median
        wide = len(clock.hours) + 1.0  # one box from edge to edge
        band = on.boxes("band", np.array([low]), np.array([high]), theme.grid, half=wide)
        look = {"color": theme.text, "lw": 1.4}
        drawn = [band, on.line("median", [0, 1], [median, median], across=True, **look)]
        x, met = np.arange(len(clock.hours)), clock.hours < MIDNIGHT
        kinds = (("met", met, theme.text, theme.text), ("never", ~met, theme.muted, theme.face))
        for name, days, edge, fill in kinds:
            marks: Look = {"ls": "", "marker": "o", "ms": 5, "mec": edge, "mfc": fill}
            drawn.append(on.line(name, x[days], clock.hours[days], **marks))
        return drawn


class Latency(Chart):
    """Seconds that answers take, of all and per model."""

    def frame(self, dearest: Outcome, *, pinned: bool, scale: float) -> None:
        """Draw title, ticks and limits."""
        ax = self.ax
        title(ax, "Seconds, median to 95 %", self.theme)
        names = ["all", *(short(name, 22) for name in dearest.plan.catalog.names)]
        ax.set_yticks(range(len(names)), names, parse_math=False)
        ax.set_ylim(len(names) - 0.4, -0.6)
        ax.set_xscale("log")
        ax.set_xlim(0.1, SLOWEST_S)
        ax.set_xticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
        ax.set_xticks([], minor=True)

    def show(self, found: Outcome, before: Outcome | None, config: BudgetConfig) -> list[Artist]:
        """Return a span for each row, and plan A's medians as rings."""
        on, grey, before = self.on, self.theme.muted, found.pinned
        rows = np.arange(len(found.latency))
        known = ~np.isnan(found.latency[:, 0])
        seconds = np.clip(found.latency[known], 0.1, SLOWEST_S)
        gap = np.full(len(seconds), np.nan)
        spans = np.column_stack([seconds, gap]).ravel()
        drawn = [on.line("span", spans, np.repeat(rows[known], 3), color=grey, lw=3, alpha=0.6)]
        for column, marker in ((0, "o"), (1, "|")):
            marks: Look = {"ls": "", "marker": marker, "ms": 6, "mew": 2, "color": grey}
            drawn.append(on.line(marker, seconds[:, column], rows[known], **marks))
        if before is not None and before.latency.shape == found.latency.shape:
            marks = {"ls": "", "marker": "o", "ms": 4, "mfc": "none", "color": self.theme.text}
            drawn.append(on.line("plan A", before.latency[:, 0], rows - 0.28, **marks))
        return drawn


def _day_axis(ax: Axes, found: Outcome, theme: Theme, at_most: int) -> None:
    """Name the days, and shade those that the log holds in part."""
    clock = found.clock
    dates = pd.DatetimeIndex(clock.dates)
    step = max(1, -(-len(dates) // at_most))
    ax.set_xticks(range(0, len(dates), step), day_names(dates, clock.full)[::step])
    ax.set_xlim(-0.6, len(dates) - 0.4)
    ax.set_xlabel(_zone(found))
    mark_partial(ax, clock.full, theme)


def _zone(found: Outcome) -> str:
    return f"time in {found.clock.zone}"


def _patch(color: str, label: str) -> Artist:
    from matplotlib.patches import Patch

    return Patch(color=color, label=label)


def _line(color: str, look: str, label: str) -> Artist:
    from matplotlib.lines import Line2D

    return Line2D([], [], color=color, ls=look, lw=1.3, label=label)
