"""The picture of drift: how far each feature moved, beside what chance does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from routelab.plots._style import Theme, dress, legend, short, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from routelab.watching import DriftReport

MARKS = (0.1, 0.25)
MOST = 20


def drift(report: DriftReport, ax: Axes, theme: str | Theme = "light") -> list[Any]:
    """Draw the population stability index of each feature, the largest at the top.

    A tick on each bar is what 95 % of permutations stay below. Dashed lines are the usual marks,
    0.1 and 0.25, of which a small log takes no notice.

    Parameters
    ----------
    report : DriftReport
    ax : Axes
    theme : {"light", "dark"} or Theme

    Returns
    -------
    list of artists
        The bars, from top to bottom.
    """
    colors = dress(ax, theme)
    table = report.table.head(MOST)
    if table.empty:
        ax.text(0.5, 0.5, "no shift was tested", ha="center", color=colors.text,
                transform=ax.transAxes)  # fmt: skip
        ax.set_xticks([])
        ax.set_yticks([])
        title(ax, "Shift of the requests", colors)
        return []
    y = np.arange(len(table))
    index = table["psi"].to_numpy(float)
    moved = table["moved"].to_numpy(bool)
    large = moved & (index >= MARKS[1])
    some = moved & ~large & (index >= MARKS[0])
    paint = np.where(large, colors.failed, np.where(some, colors.fallback, colors.muted))
    bars = list(ax.barh(y, index, height=0.62, color=paint.tolist()))
    ax.plot(table["psi_by_chance"].to_numpy(float), y, ls="", marker="|", ms=11, mew=1.6,
            color=colors.text, label="95 % of chance stays below")  # fmt: skip
    for mark in MARKS:
        label = f"{MARKS[0]}: moved, {MARKS[1]}: moved much" if mark == MARKS[0] else None
        ax.axvline(mark, color=colors.muted, lw=1, ls="--", label=label)
    for color, mask, label in (
        (colors.failed, large, "moved much"),
        (colors.fallback, some, "moved"),
        (colors.muted, ~(large | some), "not moved, or little"),
    ):
        if mask.any():
            ax.barh([0], [0], color=color, label=label)
    ax.set_yticks(y, [short(name) for name in table.index])
    for text in ax.get_yticklabels():
        text.set_parse_math(False)
    ax.set_ylim(len(table) - 0.4, -0.6)
    ax.set_xlim(0, max(0.3, float(np.nanmax([index, table["psi_by_chance"]])) * 1.08))
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", color=colors.grid, linewidth=0.8)
    ax.set_xlabel("population stability index (PSI)")
    legend(ax, colors, loc="lower right")
    title(ax, "How far each feature has moved", colors)
    return bars
