"""Pictures of the budget panel: axes are drawn once per log and plan, a touch draws few artists."""

from __future__ import annotations

import ipywidgets as w

from routelab import plots
from routelab.plots._style import dress, style
from routelab.ui._artists import DPI
from routelab.ui._budget_charts import Chart, Days, Hours, Latency, RunOuts, Spend
from routelab.ui._budget_config import BudgetConfig
from routelab.ui._budget_replay import Outcome
from routelab.ui._picture import LivePlot, beside, side_by_side, stacked

READABLE = "440px"  # hours of a week shrink no further: a narrow window scrolls


class Frames(w.VBox):
    """The pictures of a replay, a chart each: where it is narrow they stand below each other.

    Attributes
    ----------
    pictures : dict of str to LivePlot
        ``days``, ``hours`` in the first row; ``spend``, ``run_outs``, ``latency`` in the second.
    """

    def __init__(self) -> None:
        self.theme = style("light")
        kinds: dict[str, type[Chart]] = {
            "days": Days, "hours": Hours, "spend": Spend, "run_outs": RunOuts, "latency": Latency,
        }  # fmt: skip
        self._charts: dict[str, Chart] = {}
        self.pictures: dict[str, LivePlot] = {}
        for name, kind in kinds.items():
            fig, (ax,) = plots.figure(*kind.size, dpi=DPI)
            self._charts[name], self.pictures[name] = kind(ax, self.theme), LivePlot(fig)
        days, hours, *below = self.pictures.values()
        above = side_by_side(days, hours)
        days.layout.flex, hours.layout.min_width = "330 1 330px", READABLE
        row = w.Layout(flex="460 1 460px", min_width="0", overflow="auto hidden")
        above.children = [days, w.Box([hours], tabbable=True, layout=row)]
        super().__init__([above, side_by_side(*below)])

    def reset(self, dearest: Outcome, *, pinned: bool, scale: float = 1.0) -> None:
        """Draw the axes again, for other traffic or plans, or with plan A in the legends.

        Parameters
        ----------
        dearest : Outcome
            The replay without limits, which the axes hold.
        pinned : bool
        scale : float, default 1
            How much more than that they hold.
        """
        for name, live in self.pictures.items():
            live.clear()
            ax = self._charts[name].ax
            ax.clear()
            self._charts[name] = type(self._charts[name])(ax, self.theme)
            self._frame(self._charts[name], dearest, pinned=pinned, scale=scale)
            live.lay_out()  # legends may have more rows

    def show(self, found: Outcome, config: BudgetConfig) -> None:
        """Draw a replay, and plan A's as outlines where both have the same days."""
        before = found.pinned
        if before is not None and len(before.clock.edges) != len(found.clock.edges):
            before = None
        for name, live in self.pictures.items():
            live.show(self._charts[name].show(found, before, config))

    def still(self) -> bytes:
        """Return the pictures as one, in their two rows."""
        first, second, *below = (live.value for live in self.pictures.values())
        return stacked([beside([first, second]), beside(below)])

    def _frame(self, chart: Chart, dearest: Outcome, *, pinned: bool, scale: float) -> None:
        dress(chart.ax, self.theme)
        chart.ax.set_autoscale_on(False)
        chart.frame(dearest, pinned=pinned, scale=scale)
