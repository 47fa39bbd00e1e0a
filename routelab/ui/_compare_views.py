"""The tabs of figures and slices, drawn once and then from memory; and the table of routers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from textwrap import wrap
from typing import Any

import ipywidgets as w

from routelab import plots
from routelab._html import esc, table
from routelab.evaluate import Comparison
from routelab.plots._comparison import gain_figure, main_metric, rows_shown
from routelab.plots._slices import SLICES_SHOWN
from routelab.plots._style import short
from routelab.ui._picture import PICTURE_DPI, Picture, side_by_side

WIDTH = 5.5  # two stand beside each other


class Gallery(w.HBox):
    """Two pictures side by side by key: each pair is drawn when it is first asked for.

    Parameters
    ----------
    draw : pair of callables
        ``draw(key, ax)``, on empty axes, for the left and the right picture.
    height : float
        Inches.
    """

    def __init__(self, draw: Sequence[Callable[[str, Any], object]], height: float):
        self._draw = draw
        self.pictures = [Picture(WIDTH) for _ in draw]
        self._figures = [plots.figure(WIDTH, height, dpi=PICTURE_DPI) for _ in draw]
        self._kept: dict[str, list[bytes]] = {}
        row = side_by_side(*self.pictures)
        super().__init__(row.children, layout=row.layout)

    @property
    def picture(self) -> Picture:
        """The left picture, which stands for both where only one can."""
        return self.pictures[0]

    def turn(self, key: str) -> None:
        """Show the pictures of a key."""
        if key not in self._kept:
            for draw, picture, (fig, (ax,)) in zip(
                self._draw, self.pictures, self._figures, strict=True
            ):
                ax.clear()
                draw(key, ax)
                picture.paint(fig)
            self._kept[key] = [picture.value for picture in self.pictures]
        for picture, png in zip(self.pictures, self._kept[key], strict=True):
            picture.value = png


def bars(comparison: Comparison, height: float) -> Gallery:
    """Return the bars of a figure (the key) for routers and controls, and the routers' gains."""

    def figures(metric: str, ax: Any) -> None:
        plots.accuracy_bars(comparison, ax, metric=metric)

    def gains(metric: str, ax: Any) -> None:
        if not plots.router_gains(comparison, ax):
            said(ax, "no control was judged beside these routers: no gain to tell")

    return Gallery((figures, gains), height)


def slices(comparison: Comparison, height: float) -> Gallery:
    """Return the figures and the gains per slice of a router (the key)."""

    def figures(router: str, ax: Any) -> None:
        if not plots.slice_figures(comparison, ax, router=router):
            control = router not in set(comparison.verdicts)
            said(
                ax,
                "a control has no gain over a control: choose a router"
                if control
                else "no part of these prompts is large enough to be looked at by itself",
            )

    def gains(router: str, ax: Any) -> None:
        if not plots.slice_gains(comparison, ax, router=router):
            ax.set_axis_off()  # the other picture says why

    return Gallery((figures, gains), height)


def said(ax: Any, text: str) -> None:
    """Write a sentence where nothing can be drawn."""
    ax.set_axis_off()
    ax.text(0.0, 0.95, "\n".join(wrap(text, 52)), fontsize=9, va="top", transform=ax.transAxes)


def tall(comparison: Comparison, classes: int) -> float:
    """Return the height of all pictures of a comparison in inches: those of no tab are higher."""
    parts = 0
    if len(comparison.slices):
        parts = min(len(comparison.slices[["slice", "value"]].drop_duplicates()), SLICES_SHOWN)
    needed = 1.1 + 0.26 * len(rows_shown(comparison)), 1.3 + 0.24 * parts, 2.4 + 0.13 * classes
    return min(4.6, max(3.6, *needed))


def table_of(comparison: Comparison) -> str:
    """Return every router and control with verdict, figure, interval and gain, escaped."""
    main = main_metric(comparison)
    rows = []
    for row in comparison.table.to_dict(orient="records"):
        name = f"{row['name']} (control)" if row["is_control"] else str(row["name"])
        gain, control = row.get("difference"), row.get("best_control")
        known = gain is not None and gain == gain
        figure = "" if gain_figure(comparison, row) == main else " APGR"
        rows.append([
            short(name, 60), row.get("verdict", ""), f"{row[main]:.3f}",
            f"{row['low']:.3f} to {row['high']:.3f}",
            f"{gain:+.3f}{figure} over {short(control, 40)}" if known else "–",
            f"{row['diff_low']:+.3f} to {row['diff_high']:+.3f}" if known else "–",
        ])  # fmt: skip
    head = ["router", "verdict", main, "95 % interval", "gain", "95 % interval of the gain"]
    count = f"Routers and their controls on {comparison.n:,} prompts"
    shown = f"<details open><summary>{esc(count)}</summary>{table(head, rows)}</details>"
    return scrolling("Routers and controls", shown, "white-space:nowrap")


def scrolling(name: str, html: str, style: str = "") -> str:
    """Return HTML that scrolls, by keyboard too, where it is wider than the panel."""
    return (
        f'<div class="rl-told" role="region" aria-label="{esc(name)}" tabindex="0" '
        f'style="overflow:auto;width:0;min-width:100%;{style}">{html}</div>'
    )
