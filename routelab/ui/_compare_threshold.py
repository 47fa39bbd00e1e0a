"""The pictures that the slider moves: a point on a curve, and the confusion beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ipywidgets as w
import numpy as np
import pandas as pd

from routelab import plots
from routelab.plots._style import style
from routelab.ui._compare_curves import Curves
from routelab.ui._compare_moves import Moved, Moves, all_columns, spread
from routelab.ui._compare_views import WIDTH
from routelab.ui._picture import PICTURE_DPI, LivePlot, side_by_side

CLASSES_WITH_NUMBERS = 8  # numbers take longest to draw: 64 fit into a touch


class Cells:
    """A colour per cell, put into axes pixel by pixel: no image is resampled.

    As much of an artist as :class:`LivePlot` asks for, without importing matplotlib.

    Parameters
    ----------
    ax : Axes
        Its layout must be settled when this is drawn.
    """

    def __init__(self, ax: Any):
        self._ax, self.colors = ax, np.zeros((1, 1, 4), np.uint8)

    def get_zorder(self) -> float:
        """Return where in the order it is drawn: first."""
        return 0.0

    def set_animated(self, animated: bool) -> None:
        """Do nothing: it is never part of the axes."""

    def draw(self, renderer: Any) -> None:
        """Draw every cell, the first row on top."""
        box = self._ax.get_window_extent()
        left, bottom, right, top = (round(x) for x in (box.x0, box.y0, box.x1, box.y1))
        rows, columns = self.colors.shape[:2]
        down = np.arange(top - bottom)[::-1] * rows // (top - bottom)  # drawn from below
        across = np.arange(right - left) * columns // (right - left)
        gc = renderer.new_gc()
        renderer.draw_image(gc, left, bottom, self.colors[down].take(across, axis=1))
        gc.restore()


class Grid:
    """A confusion table whose cells are set again rather than drawn again.

    Parameters
    ----------
    ax : Axes
    rows, columns : list of str
    """

    def __init__(self, ax: Any, rows: list[str], columns: list[str]):
        self.rows, self.columns, self._theme = rows, columns, style("light")
        empty = pd.DataFrame(np.zeros((len(rows), len(columns))), rows, columns)
        image: Any = plots.confusion(empty, ax)[0]
        self.ax, self.ramp = ax, image.get_cmap()
        self._cells: Any = Cells(ax)
        self._marker = ax.axhspan(-0.5, 0.5, fill=False, ec=self._theme.failed, lw=2)
        self._texts: dict[tuple[int, int], Any] = {}
        if len(rows) <= CLASSES_WITH_NUMBERS:
            for y, x in np.ndindex(len(rows), len(columns)):
                self._texts[y, x] = ax.text(x, y, "", ha="center", va="center", fontsize=8)
        for artist in (self._marker, *self._texts.values()):
            artist.set_animated(True)  # not part of the axes that are drawn once

    def show(self, counts: np.ndarray, truth: str) -> list[Any]:
        """Set counts and the marked class, and return what to draw."""
        share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        self._cells.colors = self.ramp(share, bytes=True)
        drawn: list[Any] = [self._cells]
        for (y, x), text in self._texts.items():
            if counts[y, x] >= 0.5:
                text.set_text(f"{counts[y, x]:.0f}")
                text.set_color(self._theme.face if share[y, x] > 0.5 else self._theme.text)
                drawn.append(text)
        if truth in self.rows:
            self._marker.set_y(self.rows.index(truth) - 0.5)
            drawn.append(self._marker)
        return drawn


class ThresholdView(w.HBox):
    """Curves and confusion of one comparison; only what moves is drawn again.

    Parameters
    ----------
    curves : Curves
        On which the point moves.
    moves : mapping of str to Moves
        By router, controls included.
    height : float
        Inches.

    Attributes
    ----------
    picture, table : LivePlot
        The curves, and the confusion.
    """

    def __init__(self, curves: Curves, moves: Mapping[str, Moves], height: float):
        self._curves, self._moves = curves, moves
        self._theme = style("light")
        first = next(iter(moves.values()))
        columns = all_columns(list(moves.values()))
        left, (self._ax,) = plots.figure(WIDTH, height, dpi=PICTURE_DPI)
        curves.frame(self._ax)
        self._held: list[Any] = []
        self._drawn = ""
        self._pointed: tuple[str, tuple[float, float]] | None = None
        right, (ax,) = plots.figure(WIDTH, height, dpi=PICTURE_DPI)
        self.grid = Grid(ax, first.rows, columns)
        self.picture, self.table = LivePlot(left), LivePlot(right)
        row = side_by_side(self.picture, self.table)
        super().__init__(row.children, layout=row.layout)

    @property
    def pictures(self) -> list[LivePlot]:
        """Both, from left to right."""
        return [self.picture, self.table]

    def show(self, router: str, moved: Moved, truth: str) -> None:
        """Show a router at one setting of the slider."""
        if router != self._drawn:
            for artist in self._held:
                artist.remove()
            self._held, self._drawn = self._curves.draw(self._ax, router), router
            self.picture.hold(self._held)
        at = self._curves.point(moved)
        if (router, at) != self._pointed:
            self._pointed = router, at
            (point,) = self._ax.plot(
                *([value] for value in at), "o", ms=9, mec=self._theme.face, mew=1.5,
                color=self._theme.text, zorder=5,
            )  # fmt: skip
            self.picture.show([point])
            point.remove()
        own = self._moves[router].columns
        self.table.show(self.grid.show(spread(moved.counts, own, self.grid.columns), truth))
