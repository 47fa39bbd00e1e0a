"""The other tabs of the compare panel: pictures that are drawn once and then come from memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from routelab import plots
from routelab._html import esc, table
from routelab.evaluate import Comparison
from routelab.evaluate.confidence import reliability
from routelab.plots._comparison import main_metric, rows_shown
from routelab.plots._slices import SLICES_SHOWN
from routelab.plots._style import short, style
from routelab.plots._sureness import count_bars, reliability_points
from routelab.ui._compare_threshold import WIDTH
from routelab.ui._parts import told
from routelab.ui._picture import PICTURE_DPI, LivePlot, Picture

BINS = 10


class Gallery(Picture):
    """Pictures by key, all of one size and layout: each is drawn when it is first asked for.

    Parameters
    ----------
    draw : callable
        ``draw(key, axes)``, on empty axes.
    height : float
    columns : int
    ratios : tuple of float, optional
    """

    def __init__(
        self,
        draw: Callable[[str, list[Any]], None],
        height: float,
        columns: int = 1,
        ratios: tuple[float, ...] | None = None,
    ):
        super().__init__(WIDTH)
        self._draw = draw
        self._fig, self._axes = plots.figure(
            WIDTH, height, columns=columns, dpi=PICTURE_DPI, ratios=ratios
        )
        self._kept: dict[str, bytes] = {}

    def turn(self, key: str) -> None:
        """Show the picture of a key."""
        if key not in self._kept:
            for ax in self._axes:
                ax.clear()
            self._draw(key, self._axes)
            self.paint(self._fig)
            self._fig.set_layout_engine("none")  # the first holds for all, and takes longest
            self._kept[key] = self.value
        self.value = self._kept[key]


def bars(comparison: Comparison) -> Gallery:
    """Return the bars of a figure (the key) for routers and controls."""

    def draw(metric: str, axes: list[Any]) -> None:
        plots.accuracy_bars(comparison, axes[0], metric=metric)

    return Gallery(draw, min(6.0, 1.0 + 0.26 * max(7, len(rows_shown(comparison)))))


class Calibration(LivePlot):
    """The reliability of one router on labels, and how many prompts tell it.

    Parameters
    ----------
    comparison : Comparison
    routers : sequence of str
    """

    def __init__(self, comparison: Comparison, routers: Sequence[str]):
        self._found = {name: reliability_of(comparison, name) for name in routers}
        self._why_not = "this router says nothing of how sure it is"
        if comparison.kind != "labels":
            self._why_not = "scores of outcomes are no probabilities: nothing to calibrate"
        fig, self._ax = plots.figure(WIDTH, 3.8, columns=2, dpi=PICTURE_DPI, ratios=(1.3, 1.0))
        self._theme = style("light")
        nothing = next(iter(self._found.values())).iloc[:0]
        plots.reliability(nothing, self._ax[0])
        plots.confidence_counts(nothing, self._ax[1])
        most = max((found["n"].max() for found in self._found.values() if len(found)), default=1)
        self._ax[1].set_ylim(0, 1.05 * most)
        super().__init__(fig)

    def turn(self, router: str) -> None:
        """Show a router."""
        self.clear()
        found = self._found[router]
        if len(found):
            points = reliability_points(found, self._ax[0], self._theme)
            self.show([*points, *count_bars(found, self._ax[1], self._theme)])
        else:
            self.show([self._ax[0].text(0.03, 0.93, self._why_not, fontsize=9)])


def reliability_of(comparison: Comparison, router: str) -> Any:
    """Return stated confidence beside accuracy in ten bins; empty where there are no scores."""
    if comparison.kind != "labels" or router not in comparison.scores:
        return reliability(np.zeros(0), np.zeros(0), BINS)
    answers = comparison.predictions[router].map(str).to_numpy()
    right = answers == comparison.judged["truth"].map(str).to_numpy()
    return reliability(right.astype(float), comparison.scores[router].to_numpy(float), BINS)


def slices(comparison: Comparison) -> Gallery:
    """Return the gains per slice of a router (the key)."""
    rows = 0
    if len(comparison.slices):
        rows = len(comparison.slices[["slice", "value"]].drop_duplicates())

    def draw(router: str, axes: list[Any]) -> None:
        if not plots.slice_gains(comparison, axes[0], router=router):
            control = router not in set(comparison.verdicts)
            said = (
                "a control has no gain over a control: choose a router"
                if control
                else "no part of these prompts is large enough to be looked at by itself"
            )
            axes[0].text(0.03, 0.9, said, fontsize=9, transform=axes[0].transAxes)

    return Gallery(draw, 1.3 + 0.3 * max(5, min(rows, SLICES_SHOWN)))


def table_of(comparison: Comparison) -> str:
    """Return every router and control with figure, interval, difference and verdict, escaped."""
    main = main_metric(comparison)
    rows = []
    for row in comparison.table.to_dict(orient="records"):
        name = f"{row['name']} (control)" if row["is_control"] else str(row["name"])
        gain, control = row.get("difference"), row.get("best_control")
        known = gain is not None and gain == gain
        rows.append([
            short(name, 60), f"{row[main]:.3f}", f"{row['low']:.3f} to {row['high']:.3f}",
            f"{gain:+.3f}" if known else "–",
            f"{row['diff_low']:+.3f} to {row['diff_high']:+.3f}" if known else "–",
            short(control, 40) if known else "–", row.get("verdict", ""),
        ])  # fmt: skip
    head = ["router", main, "95 % interval", "gain", "95 % interval of it", "over", "verdict"]
    count = f"Routers and their controls on {comparison.n:,} prompts"
    shown = scrolling("Routers and controls", table(head, rows), "white-space:nowrap")
    return told(f"<details open><summary>{esc(count)}</summary>{shown}</details>")


def scrolling(name: str, html: str, style: str = "") -> str:
    """Return HTML that scrolls sideways, by keyboard too, where it is wider than the panel."""
    return (
        f'<div role="region" aria-label="{esc(name)}" tabindex="0" '
        f'style="overflow-x:auto;width:0;min-width:100%;{style}">{html}</div>'
    )
