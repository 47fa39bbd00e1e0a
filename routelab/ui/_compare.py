"""Turn a comparison over: a router at a time, a figure at a time, a class or a cost at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any

import ipywidgets as w
import numpy as np
import pandas as pd

from routelab import plots
from routelab._checks import InputError
from routelab.evaluate import Comparison
from routelab.plots._comparison import main_metric
from routelab.plots._style import short
from routelab.ui._base import Panel
from routelab.ui._code import Recipe
from routelab.ui._parts import Facts, number
from routelab.ui._picture import PICTURE_DPI, Picture
from routelab.ui._session import Session
from routelab.ui._settings import SETTINGS

WIDTH = 11.0
FIGURES = (
    "accuracy", "quality", "macro_f1", "within_one", "spearman", "cost", "apgr", "aiq",
    "strong_share",
)  # fmt: skip
EVERY = "all classes"


@SETTINGS.register("compare")
@dataclass(frozen=True, slots=True)
class CompareConfig:
    """Settings of the compare panel.

    Attributes
    ----------
    router : str
    metric : str
        Column of the comparison's table.
    truth : str
        One true class (labels only), or "all classes".
    position : int
        Where on the router's curve to read, in percent of its costs (outcomes only).
    """

    router: str
    metric: str
    truth: str = EVERY
    position: int = 50


class ComparePanel(Panel):
    """See :func:`compare`."""

    kind = "compare"

    def __init__(self, comparison: Comparison, **shared: Any):
        self.comparison = comparison
        table = comparison.table
        routers = [str(name) for name in table["name"]]
        metrics = [m for m in FIGURES if m in table and table[m].notna().any()]
        super().__init__(CompareConfig(routers[0], main_metric(comparison)), **shared)
        wide: dict[str, Any] = {
            "style": {"description_width": "80px"}, "layout": w.Layout(width="300px")
        }  # fmt: skip
        self.router = w.Dropdown(
            options=[(short(n, 40), n) for n in routers], description="Router", **wide
        )
        self.metric = w.Dropdown(
            options=metrics, value=self.config.metric, description="Figure", **wide
        )
        self.truth = w.Dropdown(options=self._classes(), description="Class", **wide)
        self.position, row = number("Cost, % of its range", 50, 0, 100, 1)
        for control, field in (
            (self.router, "router"), (self.metric, "metric"), (self.truth, "truth"),
            (self.position, "position"),
        ):  # fmt: skip
            self.bind(control, field)
        self.facts = Facts()
        self.picture = Picture(WIDTH)
        last = self.truth if comparison.kind == "labels" else row
        controls = w.HBox([self.router, self.metric, last], layout=w.Layout(flex_flow="row wrap"))
        self.begin(controls, self.facts, self.picture)

    def recipe(self) -> Recipe:
        """Return how this panel is made again: from the folder of a saved comparison."""
        line = self.file_line("comparison", "rl.Comparison.load({})", "the comparison")
        return Recipe("ui.compare(comparison)", (line,))

    def _classes(self) -> list[tuple[str, str]]:
        tables = list(self.comparison.confusion.values())
        names = [str(name) for name in tables[0].index] if tables else []
        return [(EVERY, EVERY), *((short(name, 40), name) for name in names)]

    def compute(self, config: CompareConfig) -> dict[str, float]:
        """Return the figures that the settings ask for."""
        table = self.comparison.table.set_index("name")
        if config.router not in table.index:
            raise InputError(f"the comparison has no router {config.router!r}")
        if config.metric not in table:
            raise InputError(f"the comparison has no figure {config.metric!r}")
        row: Any = table.loc[config.router]
        main = main_metric(self.comparison)
        figures = {main: float(row[main]), "low": float(row["low"]), "high": float(row["high"])}
        if config.metric != main:
            figures[config.metric] = float(row[config.metric])
        if config.truth != EVERY:
            figures |= class_figures(self.comparison.confusion[config.router], config.truth)
        curve = self.comparison.curves.get(config.router)
        if curve is not None:
            figures |= on_curve(curve, config.position)
        return figures

    def draw(self, result: dict[str, float]) -> str:
        """Show the figures, the bars, and the confusion or the curves."""
        config, comparison = self.config, self.comparison
        assert self.picture is not None
        height = 3.2 + 0.14 * max(0, len(comparison.confusion.get(config.router, ())) - 8)
        fig, axes = plots.figure(WIDTH, min(height, 5.0), columns=2, dpi=PICTURE_DPI)
        plots.accuracy_bars(comparison, axes[0], metric=config.metric)
        if comparison.kind == "labels":
            plots.confusion(comparison.confusion[config.router], axes[1])
            self._mark_class(axes[1])
        else:
            plots.cost_quality(comparison, axes[1], only=config.router)
            if "quality here" in result:
                axes[1].plot(
                    [result["cost here"]], [result["quality here"]], "o", ms=8,
                    color=plots.style("light").text, zorder=5,
                )  # fmt: skip
        self.picture.paint(fig)
        self.facts.show({name: _number(name, value) for name, value in result.items()})
        verdict = comparison.verdicts.get(config.router, "control: routers are judged against it.")
        told = f"{config.router}: {verdict}"
        if config.truth != EVERY:
            told += (
                f" Of {result['prompts']:,.0f} prompts of class {config.truth!r} it finds "
                f"{result['recall']:.1%}."
            )
        return told

    def _mark_class(self, ax: Any) -> None:
        names = [str(name) for name in self.comparison.confusion[self.config.router].index]
        if self.config.truth in names:
            y = names.index(self.config.truth)
            ax.axhspan(y - 0.5, y + 0.5, fill=False, ec=plots.style("light").failed, lw=2)


def class_figures(table: pd.DataFrame, truth: str) -> dict[str, float]:
    """Return recall and precision of one class of a confusion table, and its prompts.

    Examples
    --------
    >>> table = pd.DataFrame([[3, 1], [2, 4]], index=["a", "b"], columns=["a", "b"])
    >>> class_figures(table, "a")
    {'prompts': 4.0, 'recall': 0.75, 'precision': 0.6}
    """
    rows = {str(name): i for i, name in enumerate(table.index)}
    columns = {str(name): i for i, name in enumerate(table.columns)}
    if truth not in rows:
        raise InputError(f"the comparison has no class {truth!r}")
    counts = table.to_numpy(float)
    row = counts[rows[truth]]
    column = counts[:, columns[truth]] if truth in columns else np.zeros(len(counts))
    hits = row[columns[truth]] if truth in columns else 0.0
    return {
        "prompts": float(row.sum()),
        "recall": float(hits / row.sum()) if row.sum() else float("nan"),
        "precision": float(hits / column.sum()) if column.sum() else float("nan"),
    }


def on_curve(curve: pd.DataFrame, position: int) -> dict[str, float]:
    """Return cost and quality with its interval, `position` percent along a curve's costs.

    Examples
    --------
    >>> curve = pd.DataFrame({"cost": [0.0, 1.0], "quality": [0.2, 0.6], "low": [0.1, 0.5],
    ...                       "high": [0.3, 0.7]})
    >>> round(on_curve(curve, 50)["quality here"], 6)
    0.4
    """
    costs = curve["cost"].to_numpy(float)
    cost = float(costs.min() + (costs.max() - costs.min()) * position / 100)
    read = {name: float(np.interp(cost, costs, curve[name])) for name in ("quality", "low", "high")}
    return {
        "cost here": cost,
        "quality here": read["quality"],
        "low here": read["low"],
        "high here": read["high"],
    }


def _number(name: str, value: float) -> str:
    if name == "prompts":
        return f"{value:,.0f}"
    return "–" if np.isnan(value) else f"{value:.3f}" if abs(value) >= 1e-2 else f"{value:.3g}"


def compare(
    comparison: Comparison,
    *,
    session: Session | None = None,
    files: Mapping[str, str | PathLike[str]] | None = None,
) -> ComparePanel:
    """Return a panel that turns a comparison over, from what it has computed already.

    Parameters
    ----------
    comparison : Comparison
        From :func:`routelab.compare`.
    session : Session, optional
        Shared with other panels, and kept in a file.
    files : mapping of str to path, optional
        Where `comparison` is saved (:meth:`routelab.Comparison.save`), for "Copy as code".

    Returns
    -------
    ComparePanel
        ``panel.result`` holds the figures shown.

    Examples
    --------
    >>> import routelab as rl
    >>> frame = pd.DataFrame({"prompt": ["sort a list", "fix a loop", "poem on rain", "a poem"] * 2,
    ...                       "label": ["code", "code", "art", "art"] * 2})
    >>> panel = compare(rl.compare(["centroid"], frame, cv=2, n_boot=200))
    >>> sorted(panel.result)
    ['accuracy', 'high', 'low']
    """
    return ComparePanel(comparison, session=session, files=files)
