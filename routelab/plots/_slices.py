"""Pictures of where a router gains: differences per slice; and a comparison in one figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from routelab.plots._comparison import (
    accuracy_bars,
    confusion,
    cost_quality,
    main_metric,
    router_colors,
    rows_shown,
)
from routelab.plots._style import Theme, dress, figure, legend, short, title

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from routelab.evaluate import Comparison

SLICES_SHOWN = 16
CONFUSION_SHOWN = 40


def slice_gains(
    comparison: Comparison, ax: Axes, theme: str | Theme = "light", *, router: str | None = None
) -> list[Artist]:
    """Draw each slice's difference to the control with its 95 % interval.

    Parameters
    ----------
    comparison : Comparison
    ax : Axes
    theme : {"light", "dark"} or Theme
    router : str, optional
        Only this router; by default all of them, side by side.

    Returns
    -------
    list of artists
        One container of points per router; none when there are no slices.
    """
    colors = dress(ax, theme)
    drawn = _points(comparison, ax, colors, router, ("difference", "diff_low", "diff_high"))
    if drawn:
        ax.axvline(0, color=colors.muted, lw=1.0, ls="--")
        ax.set_xlabel("gain over the control")
        title(ax, "Gain per slice, 95 % intervals", colors)
    return drawn


def slice_figures(
    comparison: Comparison, ax: Axes, theme: str | Theme = "light", *, router: str | None = None
) -> list[Artist]:
    """Draw each slice's accuracy (labels) or quality (outcomes) with its 95 % interval.

    Parameters and return value are those of :func:`slice_gains`.
    """
    colors = dress(ax, theme)
    drawn = _points(comparison, ax, colors, router, ("figure", "low", "high"))
    if drawn:
        main = main_metric(comparison)
        ax.set_xlabel(main)
        title(ax, f"{main.capitalize()} per slice, 95 % intervals", colors)
    return drawn


def _points(
    comparison: Comparison,
    ax: Axes,
    colors: Theme,
    router: str | None,
    columns: tuple[str, str, str],
) -> list[Artist]:
    """Draw value and interval of each slice; its name and number of prompts at the left."""
    palette = router_colors(comparison, colors)
    table = comparison.slices
    if router is not None and len(table):
        table = table[table["router"] == router]
    middle, from_, to = columns
    if not len(table) or middle not in table:
        return []
    names = list(dict.fromkeys(table["router"]))
    parts = list(dict.fromkeys(zip(table["slice"], table["value"], table["n"], strict=True)))
    largest = sorted(parts, key=lambda part: -part[2])[:SLICES_SHOWN]
    parts = [part for part in parts if part in largest]
    drawn: list[Artist] = []
    for number, name in enumerate(names):
        own = table[table["router"] == name].set_index(["slice", "value"])
        rows = own.loc[[part[:2] for part in parts]]
        offset = (number - (len(names) - 1) / 2) * 0.6 / len(names)
        value = rows[middle].to_numpy(float)
        error = np.clip([value - rows[from_], rows[to] - value], 0, None)
        drawn.append(
            ax.errorbar(
                value, np.arange(len(parts)) + offset, xerr=error, fmt="o", markersize=4,
                color=palette.get(name, colors.text), elinewidth=1.4, capsize=2.5,
                label=short(name),
            )  # type: ignore[arg-type]
        )  # fmt: skip
    told = [f"{short(part, 14)}: {short(value, 24)} ({n:,})" for part, value, n in parts]
    ax.set_yticks(range(len(parts)), told, parse_math=False)
    ax.set_ylim(len(parts) - 0.5, -0.5)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", color=colors.grid, linewidth=0.8)
    ax.locator_params(axis="x", nbins=6)
    if len(names) > 1:
        legend(ax, colors, loc="best")
    return drawn


def overview(comparison: Comparison, theme: str | Theme = "light") -> Figure:
    """Return a comparison in one figure: figures, curves or confusion, gains per slice.

    Parameters
    ----------
    comparison : Comparison
    theme : {"light", "dark"} or Theme

    Returns
    -------
    Figure
        Of its own, without pyplot; ``fig.savefig(path)`` writes it.

    Examples
    --------
    >>> import pandas as pd
    >>> from routelab import compare
    >>> frame = pd.DataFrame({"prompt": ["sort a list", "fix a loop", "a poem", "an ode"] * 30,
    ...                       "label": ["code", "code", "art", "art"] * 30})
    >>> len(overview(compare(["centroid"], frame, cv=2, n_boot=50)).axes)
    2
    """
    best = best_router(comparison)
    counts = comparison.confusion.get(best)
    second = bool(comparison.curves) or (counts is not None and len(counts) <= CONFUSION_SHOWN)
    sliced = bool(len(comparison.slices))
    height = 1.4 + 0.27 * max(len(rows_shown(comparison)), 8)
    fig, axes = figure(
        6.0 * (1 + second + sliced), height, theme=theme, columns=1 + second + sliced
    )
    accuracy_bars(comparison, axes[0], theme)
    if comparison.curves:
        cost_quality(comparison, axes[1], theme)
    elif second and counts is not None:
        confusion(counts, axes[1], theme)
    if sliced:
        slice_gains(comparison, axes[-1], theme)
    return fig


def best_router(comparison: Comparison) -> str:
    """Return the name of the router with the best figure, "" when there are only controls."""
    routers = comparison.table[~comparison.table["is_control"]]
    ranked = routers.sort_values(main_metric(comparison), ascending=False, kind="stable")
    return str(ranked["name"].iloc[0]) if len(ranked) else ""
