"""Picture of a sweep: every policy with its intervals, and the Pareto front of two metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from routelab.plots._style import dress, legend_above

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from routelab.sweeps import Sweep

WITH_BARS = 60


def pareto_front(
    sweep: Sweep,
    ax: Axes,
    theme: str = "light",
    *,
    x: str = "spend_per_day_usd",
    y: str | None = None,
) -> list[Any]:
    """Draw two metrics of every policy: 95 % intervals as bars, the Pareto front as a line.

    Parameters
    ----------
    sweep : Sweep
    ax : Axes
    theme : {"light", "dark"} or Theme
    x, y : str
        Metrics; `y` is by default quality if the sweep has it, else availability. Policies beyond
        the front have bars only when there are few of them.

    Returns
    -------
    list of Line2D
        The points of the policies that are dominated, those that are not resolved from the front,
        and the front; groups without a policy are left out.

    Raises
    ------
    InputError
        The sweep has no such metric.
    """
    from routelab.sweeps.result import DOMINATED, FRONT, MAXIMIZED, UNRESOLVED

    colors = dress(ax, theme)
    y = y or ("quality" if "quality" in sweep.metrics else "availability")
    table = sweep.front(
        minimize=[name for name in (x, y) if name not in MAXIMIZED],
        maximize=[name for name in (x, y) if name in MAXIMIZED],
    )
    looks = {
        DOMINATED: ("o", colors.muted, "none"),
        UNRESOLVED: ("o", colors.fallback, "none"),
        FRONT: ("o", colors.served, "-"),
    }
    lines: list[Any] = []
    for standing, (marker, color, line) in looks.items():
        rows = table[table["standing"] == standing].sort_values([x, y])
        if rows.empty:
            continue
        if standing == FRONT or len(table) <= WITH_BARS:
            bars = [
                np.clip([rows[m] - rows[f"{m}_low"], rows[f"{m}_high"] - rows[m]], 0, None)
                for m in (x, y)
            ]
            ax.errorbar(rows[x], rows[y], xerr=bars[0], yerr=bars[1], fmt="none", ecolor=color,
                        elinewidth=0.9, alpha=0.55)  # fmt: skip
        lines += ax.plot(
            rows[x], rows[y], marker=marker, ms=4.5, ls=line, lw=1.6, color=color,
            label=f"{standing} {len(rows):,}", zorder=3 if standing == FRONT else 2,
        )  # fmt: skip
    ax.set_xlabel(x.replace("_", " "))
    ax.set_ylabel(y.replace("_", " "))
    legend_above(ax, f"{len(table):,} policies, bars of 95 %", colors)
    return lines
