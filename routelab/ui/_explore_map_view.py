"""The map of prompts as a widget: drawn once per router, only the mark of one prompt moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import ipywidgets as w
import numpy as np

from routelab import plots
from routelab.plots._style import short
from routelab.ui._explore_map import PromptMap, regions
from routelab.ui._picture import PICTURE_DPI, LivePlot
from routelab.ui._points import clickable, nearest

if TYPE_CHECKING:
    from matplotlib.artist import Artist

WIDTH = 6.4
HEIGHT = 4.4


class MapView(w.VBox):
    """The map, and a choice of the router that colours it; a click asks about the nearest point.

    Parameters
    ----------
    mapped : PromptMap
    ask : callable
        Called with the prompt of the point.

    Attributes
    ----------
    of : Dropdown
        Its value is a router's name, or "" for the router whose vectors are shown.
    picture : LivePlot
    """

    def __init__(self, mapped: PromptMap, ask: Callable[[str], object]):
        self.mapped, self._ask = mapped, ask
        self._fig, (self._ax,) = plots.figure(WIDTH, HEIGHT, dpi=PICTURE_DPI)
        self._drawn = mapped.encoder_of
        self._marked: tuple[str, str] | None = None
        self._color()
        self.picture = LivePlot(self._fig)
        others = [(short(name), name) for name in mapped.answers if name != mapped.encoder_of]
        self.of = w.Dropdown(
            options=[(short(mapped.encoder_of), ""), *others], description="Map of",
            style={"description_width": "90px"},
        )  # fmt: skip
        super().__init__([self.of, clickable(self.picture, self.click)])

    def click(self, x: float, y: float) -> None:
        """Ask about the point nearest to a click, in shares of the picture from its upper left."""
        wide, high = self._fig.bbox.size
        found = nearest(x, y, self.places(), high / wide)
        if found is not None:
            self._ask(self.mapped.prompts[found])

    def places(self) -> np.ndarray:
        """Return where the points are, (n, 2), in shares of the picture from its upper left."""
        pixels = self._ax.transData.transform(self.mapped.points) / self._fig.bbox.size
        return np.column_stack([pixels[:, 0], 1 - pixels[:, 1]])

    def mark(self, prompt: str, router: str) -> str:
        """Mark the prompt on the map of a router, and return what the map shows.

        A blank prompt is not asked: it has no mark.
        """
        router = router or self.mapped.encoder_of
        if (prompt, router) != self._marked:  # else other settings have changed
            self.picture.clear()
            if router != self._drawn:
                self._drawn = router
                self._color()
                self.picture.rebuild()
            self.picture.show(self._ring(prompt))
            self._marked = prompt, router
        told = f" {self.mapped.told}" if self.mapped.told else ""
        return (
            f" The map holds {self.mapped.explained:.0%} of the differences between "
            f"{len(self.mapped.points):,} prompts: colour is what {short(router)} answers, "
            f"shade what most of the five nearest have.{told}"
        )

    def _ring(self, prompt: str) -> list[Artist]:
        if not prompt.strip():
            return []
        return plots.asked_point(self.mapped.place(prompt), self._ax)

    def _color(self) -> None:
        answers, points = self.mapped.answers[self._drawn], self.mapped.points
        names, codes = plots.answer_codes(answers)
        shades = regions(points, codes, plots.map_limits(points))
        self._ax.clear()
        plots.prompt_map(
            points, answers, self._ax, shades=shades,
            heading=f"Prompts that read alike are near; answers of {short(self._drawn, 16)}",
        )  # fmt: skip
