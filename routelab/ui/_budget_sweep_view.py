"""The sweep as a part of the budget panel: start, progress, cancel, the picture, its points."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as w
import numpy as np

from routelab import plots
from routelab._words import dollars
from routelab.sweeps import Sweep
from routelab.ui._budget_controls import SWEPT
from routelab.ui._budget_sweep import point_told
from routelab.ui._job import Job
from routelab.ui._parts import Status, guarded
from routelab.ui._picture import PICTURE_DPI, LivePlot
from routelab.ui._points import clickable, nearest

WIDTH, HEIGHT = 4.5, 3.4
COST = "spend_per_day_usd"
AGAINST = [
    ("share downgraded", "degraded_share"), ("share answered", "availability"),
    ("share refused", "refused_share"), ("95 % latency, s", "latency_p95_s"),
]  # fmt: skip
Run = Callable[[Callable[[int, int], None]], Sweep]


class SweepView(w.VBox):
    """A button, its progress, and the Pareto picture with a list of its points.

    Parameters
    ----------
    prepare : callable
        Returns what sweeps under the present settings; called when the button is pressed.
    use : callable
        Called with the settings of a point that was chosen.

    Attributes
    ----------
    found : Sweep or None
    job : Job
    by, against, points : Dropdown, Dropdown, Select
    """

    def __init__(self, prepare: Callable[[], Run], use: Callable[..., None]):
        wide = {"description_width": "150px"}
        room = w.Layout(width="420px", max_width="100%")
        self.found: Sweep | None = None
        self._used: dict[str, Any] = {}
        self._told = ""
        self._ids: list[str] = []
        self._at = self._places = np.zeros((0, 2))
        self._prepare, self._use = prepare, use
        self.status = Status()
        self.job = Job(self.status, self._running)
        options = [(told, field) for field, told in SWEPT.items()]
        self.by = w.Dropdown(
            options=options, description="Daily limits times", style=wide, layout=room
        )
        self.against = w.Dropdown(
            options=AGAINST, description="Cost against", style=wide, layout=room
        )
        self.start = w.Button(description="Sweep", tooltip="Replay many settings in the background")
        self.cancel = w.Button(description="Cancel sweep", tooltip="Stop, and keep what is done",
                               disabled=True)  # fmt: skip
        self.bar = w.IntProgress(value=0, max=1, layout=w.Layout(width="200px"))
        self.points = w.Select(options=[], rows=12, description="Points",
                               style={"description_width": "50px"},
                               layout=w.Layout(width="100%"))  # fmt: skip
        self.take = w.Button(description="Use this point", tooltip="Set the panel to its settings",
                             disabled=True, layout=w.Layout(width="auto"))  # fmt: skip
        self._fig, (self._ax,) = plots.figure(WIDTH, HEIGHT, dpi=PICTURE_DPI)
        self.picture = LivePlot(self._fig)
        self.start.on_click(lambda _: guarded(self.status)(self.run)())
        self.cancel.on_click(lambda _: self.job.cancel())
        self.take.on_click(lambda _: guarded(self.status)(self.use)())
        self.against.observe(lambda _: guarded(self.status)(self._draw)(), "value")
        self.points.observe(lambda _: guarded(self.status)(self._mark)(), "value")
        wrap = w.Layout(flex_flow="row wrap", align_items="center")
        shown = clickable(self.picture, lambda x, y: guarded(self.status)(self.clicked)(x, y))
        shown.layout.width, shown.layout.flex = "auto", "1 1 330px"
        listed = w.VBox(
            [self.points, self.take],
            layout=w.Layout(flex="1 1 300px", min_width="0", align_items="flex-start"),
        )
        self._shown = w.HBox(
            [shown, listed], layout=w.Layout(display="none", width="100%", flex_flow="row wrap")
        )
        super().__init__([
            w.HBox([self.by, self.against], layout=wrap),
            w.HBox([self.start, self.cancel, self.bar], layout=wrap), self.status, self._shown,
        ])  # fmt: skip
        self.status.ok("Nothing was swept yet: six daily limits times the values of one setting.")

    def run(self) -> None:
        """Sweep in the background; `job.join()` waits for it."""
        work, by = self._prepare(), self.by.value

        def swept(tell: Callable[[str], None], cancelled: Callable[[], bool]) -> None:
            def progress(done: int, total: int) -> None:
                self.bar.max, self.bar.value = total, done
                tell(f"{done} of {total} settings replayed …")
                if cancelled():
                    raise KeyboardInterrupt  # which a sweep takes as: keep what is done

            self.take_in(work(progress), by)

        self.bar.value = 0
        if self.job.start(swept):
            self.status.ok("sweeping …")

    def take_in(self, found: Sweep, by: str) -> None:
        """Show a sweep over daily limits and a setting."""
        self.found = found
        done = found.table[found.table["status"] == "done"]
        self.points.options = [
            (f"{point_told(dict(policy.values))}: {dollars(cost)} a day", policy.id)
            for policy, cost in zip(found.policies, found.table.get(COST, []), strict=False)
            if policy.id in set(done["id"])
        ]
        self.take.disabled = not len(done)
        self.points.index = 0 if len(done) else None
        self._draw()
        self._shown.layout.display = ""
        stopped = " Cancelled: the rest was not replayed." if found.interrupted else ""
        self._used = {}
        self._told = (
            f"{len(done)} of {len(found.policies)} settings replayed on the same requests with the "
            f"same luck: daily limits times {SWEPT[by]}. Click a point, or choose one in the list "
            f"and use it.{stopped}"
        )
        self.status.ok(self._told)

    def clicked(self, x: float, y: float) -> None:
        """Choose and use the point nearest to a click."""
        place = nearest(x, y, self._places, HEIGHT / WIDTH)
        if place is None:
            self.status.ok("There is no point near this click.")
            return
        self.points.value = self._ids[place]
        self.use()

    def use(self) -> None:
        """Set the panel to the chosen point."""
        values = self._values(self.points.value)
        self._use(**values)
        self._used = values
        self.status.ok(f"The panel shows: {point_told(values)}.")

    def follow(self, config: Any) -> None:
        """Say no more that the panel shows a point once its settings are others."""
        if any(getattr(config, name) != value for name, value in self._used.items()):
            self._used = {}
            self.status.ok(self._told)

    def _values(self, chosen: str) -> dict[str, Any]:
        assert self.found is not None
        return next(dict(p.values) for p in self.found.policies if p.id == chosen)

    def _draw(self) -> None:
        if self.found is None or not self.found.metrics:
            return
        self.picture.clear()
        self._ax.clear()
        self._ax.set_autoscale_on(True)
        plots.pareto_front(self.found, self._ax, x=COST, y=self.against.value)
        self._ax.set_xlabel("USD a day")
        self._ax.set_ylabel(next(told for told, name in AGAINST if name == self.against.value))
        self.picture.lay_out()
        table = self.found.table
        table = table[table["status"] == "done"]
        self._ids = table["id"].tolist()
        self._at = table[[COST, self.against.value]].to_numpy(float)
        pixels = self._ax.transData.transform(self._at)
        size = self._fig.bbox.size
        self._places = np.column_stack([pixels[:, 0] / size[0], 1 - pixels[:, 1] / size[1]])
        self._mark()

    def _mark(self) -> None:
        """Ring the point that the list has chosen."""
        if self.found is None or self.points.value not in self._ids:
            return
        self.picture.clear()
        at = self._at[self._ids.index(self.points.value)]
        ring = self._ax.plot(*at, "o", ms=13, mfc="none", mec="black", mew=1.6)
        self.picture.show(ring)

    def _running(self, running: bool) -> None:
        self.start.disabled, self.cancel.disabled = running, not running
