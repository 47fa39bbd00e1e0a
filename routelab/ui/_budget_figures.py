"""Pictures of the budget panel: axes are drawn once per log and plan, a touch draws few artists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from routelab import plots
from routelab.plots._replay import OUTCOMES, TOLD, time_axis
from routelab.plots._style import Theme, color_of, dress, legend, short, style, title
from routelab.ui._artists import DPI, Artists, Look
from routelab.ui._budget_config import DAY, BudgetConfig
from routelab.ui._budget_replay import MIDNIGHT, Outcome
from routelab.ui._picture import LivePlot

if TYPE_CHECKING:
    from matplotlib.artist import Artist

WIDTH = 11.0
SLOWEST_S = 300.0
BAND = "#f8dfe2"  # the colour of failures, faint
BAR = 0.36  # half of a bar's width, in days


def outline(on: Artists, heights: np.ndarray, theme: Theme, *, half: float | None = None) -> Artist:
    """Return plan A's heights as a dotted line: around each bar or, without `half`, as steps."""
    x = np.arange(len(heights), dtype=float)
    if half is None:
        across, up = np.append(x, len(x)), np.append(heights, heights[-1:])
        look: Look = {"drawstyle": "steps-post", "lw": 0.9}
    else:
        gap, zero = np.full(len(x), np.nan), np.zeros(len(x))
        across = np.stack([x - half, x - half, x + half, x + half, gap], axis=1).ravel()
        up = np.stack([zero, heights, heights, zero, gap], axis=1).ravel()
        look = {"lw": 1.2}
    return on.line("plan A", across, up, color=theme.text, ls=":", **look)


class Frames:
    """The two pictures of a replay.

    Attributes
    ----------
    picture : LivePlot
        USD a day by model, and requests an hour by what became of them.
    details : LivePlot
        USD an hour, when the daily budget runs out, how long answers take.
    """

    def __init__(self, dearest: Outcome):
        self.theme = style("light")
        above, (self.days, self.hours) = plots.figure(
            WIDTH, 3.3, columns=2, ratios=(1.0, 1.35), dpi=DPI
        )
        below, (self.spend, self.clock, self.latency) = plots.figure(
            WIDTH, 2.9, columns=3, ratios=(1.2, 1.0, 1.0), dpi=DPI
        )
        self._set(dearest, False, 1.0)
        self.picture, self.details = LivePlot(above), LivePlot(below)

    def reset(self, dearest: Outcome, *, pinned: bool, scale: float = 1.0) -> None:
        """Draw the axes again, for other traffic or plans, or with plan A in the legends.

        Parameters
        ----------
        dearest : Outcome
            The replay without limits, which the axes hold.
        pinned : bool
        scale : float, default 1
            How much more than that they hold.
        """
        for live in (self.picture, self.details):
            live.clear()
        for ax in (self.days, self.hours, self.spend, self.clock, self.latency):
            ax.clear()
        self._set(dearest, pinned, scale)
        for live in (self.picture, self.details):
            live.rebuild()

    def show(self, found: Outcome, config: BudgetConfig) -> None:
        """Draw a replay, and plan A's as outlines where both have the same days."""
        before = found.pinned
        if before is not None and len(before.clock.edges) != len(found.clock.edges):
            before = None
        self.picture.show(self._days(found, before, config) + self._hours(found))
        self.details.show(
            self._spend(found, before) + self._clock(found) + self._latency(found, found.pinned)
        )

    def _set(self, dearest: Outcome, pinned: bool, scale: float) -> None:
        axes = (self.days, self.hours, self.spend, self.clock, self.latency)
        self._on = {ax: Artists(ax) for ax in axes}
        for ax in axes:
            dress(ax, self.theme)
            ax.set_autoscale_on(False)
        self._set_days(dearest, pinned, scale)
        self._set_hours(dearest)
        self._set_spend(dearest, scale)
        self._set_clock(dearest)
        self._set_latency(dearest)

    def _set_days(self, dearest: Outcome, pinned: bool, scale: float) -> None:
        ax, dates = self.days, pd.DatetimeIndex(dearest.clock.dates)
        step = max(1, -(-len(dates) // 10))
        form = "%a %d %b" if len(dates) <= 5 else "%a\n%d %b"
        ax.set_xticks(range(0, len(dates), step), dates.strftime(form)[::step])
        ax.set_xlim(-0.6, len(dates) - 0.4)
        top = max(float(dearest.per_day.max()), 1e-6) * scale
        ax.set_ylim(0, top * 1.38)  # room for the legend
        ax.set_ylabel("USD a day")
        title(ax, "Spend per day and model", self.theme)
        models = list(dearest.plan.catalog.names)
        entries = [self._patch(color, short(name)) for name, color in
                   color_of(models, self.theme).items()]  # fmt: skip
        entries.append(self._line(self.theme.failed, "--", "daily budget"))
        if pinned:
            entries.append(self._line(self.theme.text, ":", "plan A"))
        legend(ax, self.theme, handles=entries, ncols=2)

    def _set_hours(self, dearest: Outcome) -> None:
        ax = self.hours
        title(ax, "Requests per hour and what became of them", self.theme)
        ax.set_ylabel("requests an hour")
        time_axis(ax, dearest.clock.edges)
        ax.set_ylim(0, max(1, int(dearest.outcomes_per_hour.sum(axis=0).max())) * 1.55)
        entries = [self._patch(getattr(self.theme, name), TOLD[name]) for name in OUTCOMES]
        legend(ax, self.theme, handles=entries, ncols=2)

    def _set_spend(self, dearest: Outcome, scale: float) -> None:
        ax = self.spend
        title(ax, "Spend per hour", self.theme)
        ax.set_ylabel("USD an hour")
        time_axis(ax, dearest.clock.edges, names=4)
        ax.set_ylim(0, max(float(dearest.per_hour.max()), 1e-6) * scale * 1.1)

    def _set_clock(self, dearest: Outcome) -> None:
        ax, dates = self.clock, pd.DatetimeIndex(dearest.clock.dates)
        title(ax, "The daily budget runs out at", self.theme)
        step = max(1, -(-len(dates) // 7))
        ax.set_xticks(range(0, len(dates), step), dates.strftime("%a\n%d %b")[::step])
        ax.set_xlim(-0.6, len(dates) - 0.4)
        hours = range(0, 25, 6)
        ax.set_yticks(hours, [*(f"{hour}:00" for hour in hours[:-1]), "lasts"])
        ax.set_ylim(-0.5, 25)

    def _set_latency(self, dearest: Outcome) -> None:
        ax = self.latency
        title(ax, "Seconds, median to 95 %", self.theme)
        names = ["all", *(short(name, 22) for name in dearest.plan.catalog.names)]
        ax.set_yticks(range(len(names)), names, parse_math=False)
        ax.set_ylim(len(names) - 0.4, -0.6)
        ax.set_xscale("log")
        ax.set_xlim(0.1, SLOWEST_S)
        ax.set_xticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
        ax.set_xticks([], minor=True)

    def _days(self, found: Outcome, before: Outcome | None, config: BudgetConfig) -> list[Artist]:
        on, drawn = self._on[self.days], []
        bottom = np.zeros(len(found.per_day))
        colors = color_of(list(found.plan.catalog.names), self.theme)
        for (name, color), spent in zip(colors.items(), found.per_model_and_day, strict=True):
            if spent.any():
                drawn.append(on.boxes(f"model {name}", bottom, bottom + spent, color, half=BAR))
            bottom = bottom + spent
        limit = config.daily_usd
        if config.window == DAY and limit <= self.days.get_ylim()[1]:
            look: Look = {"color": self.theme.failed, "lw": 1.4, "ls": "--"}
            drawn.append(on.line("the limit", [0, 1], [limit, limit], across=True, **look))
        if before is not None:
            drawn.append(outline(on, before.per_day, self.theme, half=BAR + 0.06))
        return drawn

    def _hours(self, found: Outcome) -> list[Artist]:
        on, drawn = self._on[self.hours], []
        bottom = np.zeros(found.outcomes_per_hour.shape[1])
        for name, counts in zip(OUTCOMES, found.outcomes_per_hour, strict=True):
            if counts.any():
                color = getattr(self.theme, name)
                drawn.append(on.boxes(name, bottom, bottom + counts, color))
            bottom = bottom + counts
        return drawn

    def _spend(self, found: Outcome, before: Outcome | None) -> list[Artist]:
        on, spent = self._on[self.spend], found.per_hour
        drawn = [on.boxes("spent", np.zeros(len(spent)), spent, self.theme.served)]
        if before is not None:
            drawn.append(outline(on, before.per_hour, self.theme))
        return drawn

    def _clock(self, found: Outcome) -> list[Artist]:
        on, theme = self._on[self.clock], self.theme
        clock = next((c for c in found.run_out if c.budget == "plan"), None)
        if clock is None:
            told = "the gateway's window drifts:\nit has no days to run out on"
            look = {"ha": "center", "va": "center", "fontsize": 8.5, "color": theme.text}
            return [on.text("none", 0.5, 0.5, told, transform=self.clock.transAxes, **look)]
        median, low, high = clock.median
        wide = len(clock.hours) + 1.0  # one box from edge to edge
        band = on.boxes("band", np.array([low]), np.array([high]), BAND, half=wide)
        drawn = [band]
        look = {"color": theme.failed, "lw": 1.4}
        drawn.append(on.line("median", [0, 1], [median, median], across=True, **look))
        x, met = np.arange(len(clock.hours)), clock.hours < MIDNIGHT
        kinds = (("met", met, theme.failed, theme.failed), ("lasts", ~met, theme.muted, theme.face))
        for name, days, edge, fill in kinds:
            marks: Look = {"ls": "", "marker": "o", "ms": 5, "mec": edge, "mfc": fill}
            drawn.append(on.line(name, x[days], clock.hours[days], **marks))
        return drawn

    def _latency(self, found: Outcome, before: Outcome | None) -> list[Artist]:
        on, blue = self._on[self.latency], self.theme.served
        rows = np.arange(len(found.latency))
        known = ~np.isnan(found.latency[:, 0])
        seconds = np.clip(found.latency[known], 0.1, SLOWEST_S)
        gap = np.full(len(seconds), np.nan)
        spans = np.column_stack([seconds, gap]).ravel()
        drawn = [on.line("span", spans, np.repeat(rows[known], 3), color=blue, lw=3, alpha=0.45)]
        for column, marker in ((0, "o"), (1, "|")):
            marks: Look = {"ls": "", "marker": marker, "ms": 6, "mew": 2, "color": blue}
            drawn.append(on.line(marker, seconds[:, column], rows[known], **marks))
        if before is not None and before.latency.shape == found.latency.shape:
            marks = {"ls": "", "marker": "o", "ms": 4, "mfc": "none", "color": self.theme.text}
            drawn.append(on.line("plan A", before.latency[:, 0], rows - 0.28, **marks))
        return drawn

    def _patch(self, color: str, label: str) -> Artist:
        from matplotlib.patches import Patch

        return Patch(color=color, label=label)

    def _line(self, color: str, look: str, label: str) -> Artist:
        from matplotlib.lines import Line2D

        return Line2D([], [], color=color, ls=look, lw=1.3, label=label)
