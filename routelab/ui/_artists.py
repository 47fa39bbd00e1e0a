"""Artists that are made once and then moved: what changes in panels at every touch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

DPI = 110  # for two pictures at each touch: at other panels' 144 their bytes take twice as long

Look = dict[str, Any]  # how an artist is drawn, as matplotlib names it


class Artists:
    """The artists of one axes by name; limits never follow them.

    Making an artist takes as long as drawing it, and leaves garbage whose collection takes longer.

    Parameters
    ----------
    ax : Axes
        With limits that do not follow what is drawn.
    """

    def __init__(self, ax: Axes):
        self.ax = ax
        self._made: dict[str, Any] = {}

    def boxes(
        self, name: str, low: np.ndarray, high: np.ndarray, color: str, *, half: float | None = None
    ) -> Artist:
        """Return one artist for a row of boxes: bars around 0, 1, ... or, without `half`, steps.

        One path for all of them: an artist per box takes ten times as long.
        """
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        x = np.flatnonzero(high > low)
        left, right = (x, x + 1) if half is None else (x - half, x + half)
        under, over = low[x], high[x]
        corners = np.stack(
            [left, under, left, over, right, over, right, under, left, under], axis=1
        )
        codes = np.tile([Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY], len(x))
        path = Path(corners.reshape(-1, 2), codes.astype(Path.code_type))
        patch = self._made.get(name)
        if patch is None:  # without smoothing no seams show between steps
            patch = PathPatch(path, facecolor=color, lw=0, antialiased=half is not None)
            self._made[name] = self.ax.add_artist(patch)
        patch.set_path(path)
        return patch

    def line(self, name: str, x: Any, y: Any, *, across: bool = False, **look: Any) -> Artist:
        """Return a line; with `across`, `x` is in shares of the axes' width."""
        from matplotlib.lines import Line2D

        made: Any = self._made.get(name)
        if made is None:
            if across:
                look["transform"] = self.ax.get_yaxis_transform()
            made = self._made[name] = self.ax.add_artist(Line2D([], [], **look))
        made.set_data(x, y)
        return made

    def text(self, name: str, x: float, y: float, text: str, **look: Any) -> Artist:
        """Return a text that is never read as a formula."""
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = self.ax.text(x, y, text, parse_math=False, **look)
        made.set_position((x, y))
        made.set_text(text)
        return made
