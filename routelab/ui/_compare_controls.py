"""The controls of the compare panel: router, figure and class, threshold or cost, requests."""

from __future__ import annotations

from typing import Any

import ipywidgets as w

from routelab.plots._style import short
from routelab.ui._compare_config import EVERY, CompareConfig
from routelab.ui._compare_stage import Stage
from routelab.ui._parts import WholeText, number

WRAP = {"flex_flow": "row wrap", "align_items": "center"}


class Controls(w.VBox):
    """Two rows of controls; `offer` fills the lists with what a comparison holds.

    Parameters
    ----------
    config : CompareConfig
    kind : {"labels", "outcomes"}
        Of the comparisons.

    Attributes
    ----------
    router, metric, truth : Dropdown
    curve : Dropdown
        Where there are two to choose from.
    threshold, position : bounded number field
        Of these one is shown: the threshold for labels, the position for outcomes.
    per_day : WholeText
        Not bounded, so that a number that is refused is said and not changed silently.
    """

    def __init__(self, config: CompareConfig, kind: str):
        wide: dict[str, Any] = {
            "style": {"description_width": "80px"}, "layout": w.Layout(width="300px")
        }  # fmt: skip
        self.router = w.Dropdown(description="Router", **wide)
        self.metric = w.Dropdown(description="Figure", **wide)
        self.truth = w.Dropdown(description="Class", **wide)
        self.curve = w.Dropdown(
            description="Curve",
            style={"description_width": "45px"}, layout=w.Layout(width="230px"),
            options=[("quality over cost", "cost"), ("accuracy over share", "accuracy")],
        )  # fmt: skip
        self.threshold, threshold_row = number("Answer only when sure", 0.0, 0.0, 1.0, 0.01)
        self.position, position_row = number("Cost, % of its range", 50, 0, 100, 1)
        self.per_day = WholeText(
            config.per_day, step=1, description="Requests per day", continuous_update=False,
            style={"description_width": "120px"}, layout=w.Layout(width="250px"),
        )  # fmt: skip
        slider = threshold_row if kind == "labels" else position_row
        lists = w.HBox([self.router, self.metric, self.truth], layout=w.Layout(**WRAP))
        numbers = w.HBox([slider, self.per_day, self.curve], layout=w.Layout(**WRAP))
        super().__init__([lists, numbers])

    def offer(self, stage: Stage) -> None:
        """Offer the routers, figures and classes of a comparison."""
        routers = [(short(name, 40), name) for name in stage.routers]
        self.router.options = [(f"best: {short(stage.best, 34)}", ""), *routers]
        self.metric.options = stage.metrics
        self.truth.options = [(EVERY, EVERY), *((short(name, 40), name) for name in stage.classes)]
        labels = stage.comparison.kind == "labels"
        self.per_day.layout.display = "none" if labels and stage.prices is None else None
        self.curve.layout.display = None if stage.costed else "none"
        if labels:
            self.threshold.description = (
                "Answer only when sure" if stage.strong is None else "Strong from probability"
            )
        elif "strong_share" in stage.comparison.table:
            self.position.description = "Strong calls, %"
