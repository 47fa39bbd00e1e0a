"""Pictures of how sure routers are: stated against found, and what a threshold buys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

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


def accuracy_curves(
    curves: Mapping[str, pd.DataFrame],
    ax: Axes,
    colors: Theme,
    palette: Mapping[str, str],
    only: str,
) -> list[Any]:
    """Draw accuracy against the share answered, the router `only` with its band, others thin.

    Parameters
    ----------
    curves : mapping of str to DataFrame
        From :meth:`routelab.evaluate.cuts.Cuts.curve`, by router.
    ax : Axes
    colors : Theme
    palette : mapping of str to str
        Colour by router.
    only : str

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
        drawn += ax.plot(
            curve["share"], curve["accuracy"], color=color, lw=2.2 if chosen else 1.1,
            alpha=1.0 if chosen else 0.55, marker=mark, label=short(name),
        )  # fmt: skip
        if chosen:
            drawn.append(ax.fill_between(
                curve["share"], curve["low"], curve["high"], color=color, alpha=0.18, lw=0
            ))  # fmt: skip
    return drawn
