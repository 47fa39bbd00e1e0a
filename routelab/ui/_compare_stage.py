"""One comparison with all that is prepared for it once: moves, prices, pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.evaluate import Comparison
from routelab.plots import best_router
from routelab.plots._comparison import main_metric
from routelab.ui import _compare_views as views
from routelab.ui._compare_calibration import calibration
from routelab.ui._compare_config import EVERY, CompareConfig
from routelab.ui._compare_curves import curves_of
from routelab.ui._compare_moves import Moved, all_columns, moves_of, spread, strong_class
from routelab.ui._compare_prices import Prices
from routelab.ui._compare_threshold import ThresholdView
from routelab.ui._picture import Picture

FIGURES = (
    "accuracy", "quality", "macro_f1", "within_one", "spearman", "ece", "cost", "apgr", "aiq",
    "strong_share",
)  # fmt: skip


class Stage:
    """A comparison, and what the panel shows of it.

    Attributes
    ----------
    routers : list of str
        Routers and controls whose answers were kept, in the order of the table.
    classes, answers : list of str
        Rows and columns of the confusion.
    costed : bool
        Whether labels lead to several groups with prices.
    told : str
        Why no cost is told.
    strong : str or None
        The strong one of two classes; the threshold is then of its probability.
    tall : float
        Height of every picture, in inches.
    """

    def __init__(self, comparison: Comparison, prices: Prices | None = None, told: str = ""):
        self.comparison, self.prices, self.told = comparison, prices, told
        known = {*comparison.confusion, *comparison.curves, *comparison.predictions}
        self.routers = [str(name) for name in comparison.table["name"] if name in known]
        self.best = best_router(comparison) or self.routers[0]
        self.strong = strong_class(comparison, prices)
        self.moves = {
            name: moves_of(comparison, name, self.strong, prices) for name in self.routers
        }
        self.costed = prices is not None and all(
            getattr(moves, "costs", None) is not None for moves in self.moves.values()
        )
        self.main = main_metric(comparison)
        table = comparison.table
        self.metrics = [m for m in FIGURES if m in table and table[m].notna().any()]
        self.classes = self.moves[self.best].rows
        self.answers = all_columns(list(self.moves.values()))
        self.tall = views.tall(comparison, len(self.classes))
        self._rows = {str(row["name"]): row for row in table.to_dict(orient="records")}
        self._views: dict[str, Any] = {}

    def router(self, name: str) -> str:
        """Return a router's name, that of the best for ""; or say that there is none."""
        if name and name not in self.routers:
            raise InputError(f"the comparison has no router {name!r}")
        return name or self.best

    def moved(self, config: CompareConfig) -> Moved:
        """Return what holds for the settings."""
        moves = self.moves[self.router(config.router)]
        setting = config.threshold if self.comparison.kind == "labels" else config.position
        return moves.at(setting, config.per_day)

    def figures(self, config: CompareConfig) -> dict[str, float]:
        """Return the figures of the table, of the class, and those that the slider moves."""
        router = self.router(config.router)
        if config.metric not in self.comparison.table:
            raise InputError(f"the comparison has no figure {config.metric!r}")
        for name, known in ((config.truth, self.classes), (config.answered, self.answers)):
            if name not in (EVERY, *known):
                raise InputError(f"the comparison has no class {name!r}")
        row = self._rows[router]
        figures = {self.main: float(row[self.main])}
        figures |= {f"{self.main} {end}": float(row[end]) for end in ("low", "high")}
        if config.metric != self.main:
            figures[config.metric] = float(row[config.metric])
        moved = self.moved(config)
        if config.truth != EVERY:
            counts = spread(moved.counts, self.moves[router].columns, self.answers)
            figures |= class_figures(counts, self.classes, self.answers, config.truth)
        return figures | moved.figures

    def errors(self, config: CompareConfig) -> pd.DataFrame:
        """Return the errors of the router at the threshold."""
        return self.moves[self.router(config.router)].errors(config.threshold)

    def view(self, name: str, curve: str) -> Any:
        """Return the widget of a tab, made when it is first asked for."""
        key = name if name != "threshold" else f"{name} {curve}"
        if key not in self._views:
            self._views[key] = _MAKERS[name](self, curve)
        return self._views[key]

    def show(self, name: str, config: CompareConfig) -> list[Picture]:
        """Draw a tab for the settings and return its pictures, from left to right."""
        view, router = self.view(name, config.curve), self.router(config.router)
        if name == "threshold":
            view.show(router, self.moved(config), config.truth)
        else:
            view.turn(config.metric if name == "figures" else router)
        pictures: list[Picture] = view.pictures
        return pictures

    def fitting(self, config: CompareConfig) -> CompareConfig:
        """Return settings with what this comparison has no more set back: router, figure, class."""
        table = self.comparison.table
        known = config.metric in table and table[config.metric].notna().any()
        return replace(
            config,
            router=config.router if config.router in self.routers else "",
            metric=config.metric if known else self.main,
            truth=config.truth if config.truth in self.classes else EVERY,
            answered=config.answered if config.answered in self.answers else EVERY,
        )


def _threshold(stage: Stage, curve: str) -> ThresholdView:
    curves = curves_of(stage.comparison, stage.moves, curve)
    return ThresholdView(curves, stage.moves, stage.tall)


_MAKERS: dict[str, Callable[[Stage, str], Any]] = {
    "threshold": _threshold,
    "figures": lambda stage, _: views.bars(stage.comparison, stage.tall),
    "calibration": lambda stage, _: calibration(stage.comparison, stage.tall),
    "slices": lambda stage, _: views.slices(stage.comparison, stage.tall),
}


def first_threshold(strong: str | None) -> float:
    """Return where the threshold starts: everything is answered, or goes where it more likely is.

    `strong` is the strong one of two classes, if the threshold is of its probability.
    """
    return 0.0 if strong is None else 0.5


def class_figures(
    counts: np.ndarray, rows: list[str], columns: list[str], truth: str
) -> dict[str, float]:
    """Return recall and precision of one class of a confusion, and its prompts.

    Examples
    --------
    >>> class_figures(np.array([[3, 1], [2, 4]]), ["a", "b"], ["a", "b"], "a")
    {'prompts': 4.0, 'recall': 0.75, 'precision': 0.6}
    """
    row = counts[rows.index(truth)]
    column = counts[:, columns.index(truth)] if truth in columns else np.zeros(len(counts))
    hits = row[columns.index(truth)] if truth in columns else 0.0
    return {
        "prompts": float(row.sum()),
        "recall": float(hits / row.sum()) if row.sum() else float("nan"),
        "precision": float(hits / column.sum()) if column.sum() else float("nan"),
    }
