"""Pictures of how sure routers are: stated against found, and what a threshold buys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from routelab.evaluate.hull import hull
from routelab.plots._style import Theme, dress, short, title

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


def reliability(
    table: pd.DataFrame,
    ax: Axes,
    theme: str | Theme = "light",
    *,
    color: str | None = None,
    heading: str = "Calibration: below the line it is too sure",
    found: str = "how often it is right",
) -> list[Artist]:
    """Draw accuracy against stated confidence; on the dashed line they agree.

    Parameters
    ----------
    table : DataFrame
        From :func:`routelab.evaluate.confidence.reliability`.
    ax : Axes
    theme : {"light", "dark"} or Theme
    color : str, optional
        Of the points; by default the first of the theme.
    heading, found : str
        The title, and what the vertical axis tells.

    Returns
    -------
    list of artists
        Points and their 95 % intervals; none for an empty table.
    """
    colors = dress(ax, theme)
    ax.plot([0, 1], [0, 1], ls="--", lw=1.0, color=colors.muted)
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    ax.set_xlabel("how sure the router is (mean of the bin)")
    ax.set_ylabel(found)
    title(ax, heading, colors)
    if not len(table):
        return []
    right = table["accuracy"].to_numpy(float)
    error = np.clip([right - table["low"], table["high"] - right], 0, None)
    points = ax.errorbar(
        table["confidence"], right, yerr=error, fmt="o-", color=color or colors.colors[0], lw=1.4,
        markersize=5, elinewidth=1.2, capsize=2.5,
    )  # fmt: skip
    return list(points.get_children())


def confidence_counts(
    table: pd.DataFrame, ax: Axes, theme: str | Theme = "light", *, color: str | None = None
) -> list[Artist]:
    """Draw how many prompts stand in each bin of :func:`reliability`."""
    colors = dress(ax, theme)
    ax.set_xlim(-0.02, 1.02)
    ax.set_xlabel("how sure the router is")
    title(ax, "Prompts per bin", colors)
    width = table["end"] - table["start"]
    color = color or colors.colors[0]
    return list(ax.bar(table["start"] + width / 2, table["n"], width * 0.9, color=color))


def threshold_curves(
    curves: Mapping[str, pd.DataFrame],
    ax: Axes,
    colors: Theme,
    palette: Mapping[str, str],
    only: str,
    axes: tuple[str, str],
) -> list[Any]:
    """Draw what routers do as their threshold rises, the router `only` with its band, others thin.

    Parameters
    ----------
    curves : mapping of str to DataFrame
        From :meth:`routelab.evaluate.cuts.Cuts.curve` or
        :meth:`routelab.evaluate.served.Served.curve`, by router.
    ax : Axes
    colors : Theme
    palette : mapping of str to str
        Colour by router.
    only : str
    axes : (str, str)
        The columns of the horizontal and the vertical axis.

    Returns
    -------
    list of artists
        Lines, and the band.
    """
    drawn: list[Any] = []
    for name, curve in curves.items():
        chosen = name == only
        color = palette.get(name, colors.muted)
        mark = "" if len(curve) > 1 else "s"  # one that gives no scores is one point
        x, y = (curve[axis].to_numpy(float) for axis in axes)
        drawn += ax.plot(
            x, y, color=color, lw=2.2 if chosen else 1.1,
            alpha=1.0 if chosen else 0.55, marker=mark, label=short(name),
        )  # fmt: skip
        if chosen:  # costs may fall and rise again: the band runs along the curve and back
            band = np.r_[curve["low"], curve["high"][::-1]]
            drawn += ax.fill(np.r_[x, x[::-1]], band, color=color, alpha=0.18, lw=0)
    return drawn


def single_groups(groups: pd.DataFrame, ax: Axes, colors: Theme) -> list[Any]:
    """Draw what one model group for everything costs and serves, and the best coin between two.

    Parameters
    ----------
    groups : DataFrame
        From :meth:`routelab.evaluate.served.Served.constants`.
    ax : Axes
    colors : Theme

    Returns
    -------
    list of artists
    """
    costs, quality = hull(groups["cost"].to_numpy(float), groups["quality"].to_numpy(float))
    between = np.linspace(costs[0], costs[-1], 200)  # a coin's line is bent where costs are logs
    drawn: list[Any] = ax.plot(
        between, np.interp(between, costs, quality), ls="--", lw=1.4, color=colors.muted,
        label="one group, or a coin between two",
    )  # fmt: skip
    middle = np.mean(ax.transData.transform(np.c_[ax.get_xlim(), ax.get_ylim()])[:, 0])
    for row in groups.to_dict(orient="records"):
        at = row["cost"], row["quality"]
        left = ax.transData.transform(at)[0] < middle
        drawn += ax.plot(*at, "s", ms=6, color=colors.muted)
        drawn.append(
            ax.annotate(
                f"always {short(row['group'], 20)}", at, (7 if left else -7, -11),
                textcoords="offset points", ha="left" if left else "right", fontsize=8,
                color=colors.text, parse_math=False,
            )
        )  # fmt: skip
    return drawn
