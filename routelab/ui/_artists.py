"""Artists that are made and drawn fast: what moves in panels at every touch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

DPI = 110  # for two pictures at each touch: at other panels' 144 their bytes take twice as long


def boxes(
    ax: Axes, low: np.ndarray, high: np.ndarray, color: str, *, half: float | None = None
) -> Artist:
    """Return one artist for a row of boxes: bars around 0, 1, ... or, without `half`, steps.

    One path for all of them: an artist per box takes ten times as long.
    """
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    x = np.flatnonzero(high > low)
    left, right = (x, x + 1) if half is None else (x - half, x + half)
    under, over = low[x], high[x]
    corners = np.stack([left, under, left, over, right, over, right, under, left, under], axis=1)
    codes = np.tile([Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY], len(x))
    path = Path(corners.reshape(-1, 2), codes.astype(Path.code_type))
    # Without smoothing no seams show between steps.
    patch = PathPatch(path, facecolor=color, lw=0, antialiased=half is not None)
    return ax.add_artist(patch)


def line(ax: Axes, x: object, y: object, *, across: bool = False, **look: Any) -> Artist:
    """Return a line; with `across`, `x` is in shares of the width. Limits stay as they are."""
    from matplotlib.lines import Line2D

    if across:
        look["transform"] = ax.get_yaxis_transform()
    return ax.add_artist(Line2D(x, y, **look))  # type: ignore[arg-type]
