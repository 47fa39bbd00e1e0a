"""Scores and costs of one request: axes are drawn once, and again only for other names."""

from __future__ import annotations

from collections.abc import Sequence

from routelab import plots
from routelab.plots import _request as pictures
from routelab.plots._style import style
from routelab.ui._explore_asked import Explored
from routelab.ui._picture import PICTURE_DPI, LivePlot

WIDTH = 11.0
HEIGHT = 3.3
ANSWERS_SHOWN = 8


class RequestView(LivePlot):
    """The scores of each router beside the costs on each model.

    Few answers stay in their rows, so that only dots move; of many, the best ones are shown.
    """

    def __init__(self) -> None:
        fig, self._axes = plots.figure(
            WIDTH, HEIGHT, columns=2, dpi=PICTURE_DPI, ratios=(1.25, 1.0)
        )
        self._theme = style("light")
        self._names: tuple[tuple[str, ...], ...] = ()
        super().__init__(fig)

    def show_request(self, result: Explored, routes: Sequence[str]) -> None:
        """Draw a result; `routes` is the order of answers, others come after them."""
        answers = {answer for given in result.scores.values() for answer in given}
        order = [route for route in routes if route in answers]
        order += sorted(answers - set(order))
        if len(order) > ANSWERS_SHOWN:
            order = pictures.score_order(result.scores, ANSWERS_SHOWN)
        self.clear()
        names = tuple(order), tuple(result.costs), tuple(result.scores)
        if names != self._names:
            self._lay_out(result, order)
            self._names = names
        left, right = self._axes
        moving = pictures.score_artists(result.scores, order, left, self._theme)
        moving += pictures.cost_artists(
            result.costs, right, self._theme, chosen=result.chosen, seconds=result.seconds
        )
        self.show(moving)

    def _lay_out(self, result: Explored, order: list[str]) -> None:
        """Draw the axes again for other names, with room for them."""
        left, right = self._axes
        for ax in self._axes:
            ax.clear()
        plots.router_scores(result.scores, left, order=order)
        plots.request_costs(result.costs, right, seconds=result.seconds)
        self._fig.set_layout_engine("constrained")
        self._canvas.draw()
        self._fig.set_layout_engine("none")
        for ax in self._axes:
            for artist in [*ax.lines, *ax.patches, *ax.texts]:  # what moves
                artist.remove()
        self.rebuild()
