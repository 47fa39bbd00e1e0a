"""Scores and costs of one request: axes are drawn once, and again only for other names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from routelab import plots
from routelab.plots import _request as pictures
from routelab.plots._style import style
from routelab.ui._explore_asked import Explored
from routelab.ui._picture import PICTURE_DPI, LivePlot

WIDTH = 5.5
HEIGHT = 3.3
ANSWERS_SHOWN = 8


class _Live(LivePlot):
    """Axes that are laid out for some names, until there are others."""

    def __init__(self) -> None:
        fig, (self._ax,) = plots.figure(WIDTH, HEIGHT, dpi=PICTURE_DPI)
        self._theme = style("light")
        self._names: Any = None
        self._ax.set_axis_off()
        super().__init__(fig)

    def laid_out(self, names: Any) -> bool:
        """Return whether the axes have these names; if not, clear them for a new layout."""
        self.clear()
        if names == self._names:
            return True
        self._names = names
        self._ax.clear()
        self._ax.set_axis_on()
        return False

    def settle(self) -> None:
        """Give what was laid out its room, and keep the axes without what moves."""
        self.lay_out()
        for artist in [*self._ax.lines, *self._ax.patches, *self._ax.texts]:
            artist.remove()


class ScoresView(_Live):
    """The scores of each router.

    Few answers stay in their rows, so that only marks move; of many, the best ones are shown.
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown: Mapping[str, Mapping[str, float]] | None = None

    def show_scores(self, scores: Mapping[str, Mapping[str, float]], routes: Sequence[str]) -> None:
        """Draw scores by router; `routes` is the order of answers, others come after them."""
        if scores == self._shown:
            return
        self._shown = scores
        answers = {answer for given in scores.values() for answer in given}
        order = [route for route in routes if route in answers]
        order += sorted(answers - set(order))
        if len(order) > ANSWERS_SHOWN:
            order = pictures.score_order(scores, ANSWERS_SHOWN)
        if not order and self._names is not None:  # nothing is asked: empty rows
            self.clear()
            self.show([])
            return
        if not self.laid_out((tuple(order), tuple(scores))):
            plots.router_scores(scores, self._ax, order=order)
            self.settle()
        self.show(pictures.score_artists(scores, order, self._ax, self._theme))


class CostsView(_Live):
    """The cost and the time of the request on each model; the models that were chosen are dark."""

    def show_costs(self, result: Explored) -> None:
        """Draw the costs of a request."""
        if not self.laid_out((tuple(result.costs), bool(result.chosen))):
            told = "; dark: chosen" if result.chosen else ""
            plots.request_costs(
                result.costs, self._ax, seconds=result.seconds, heading=f"USD and seconds{told}"
            )
            self.settle()
        self.show(
            pictures.cost_artists(
                result.costs, self._ax, self._theme, chosen=result.chosen, seconds=result.seconds
            )
        )
