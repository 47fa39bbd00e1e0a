"""The curves on which the slider moves a point: quality over cost, or accuracy over answers."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any, Protocol

import pandas as pd

from routelab import plots
from routelab.evaluate import Comparison
from routelab.plots._comparison import curve_artists, main_metric, router_colors
from routelab.plots._style import dress, legend, short, style, title
from routelab.ui._compare_moves import LabelMoves, Moved, Moves

PER = 1000  # requests, of which costs are told
FAR = 5  # times as dear: costs are then drawn as logarithms


class Curves(Protocol):
    """What :class:`~routelab.ui._compare_threshold.ThresholdView` draws beside the confusion."""

    def frame(self, ax: Any) -> None:
        """Draw axes with limits that hold for every router."""

    def draw(self, ax: Any, router: str) -> list[Any]:
        """Draw the curves, that of a router above the others, and return them."""

    def point(self, moved: Moved) -> tuple[float, float]:
        """Return where the point is."""


def curves_of(comparison: Comparison, moves: Mapping[str, Moves], wanted: str) -> Curves:
    """Return the curves of a comparison; `wanted` is "cost" or "accuracy" where there are both."""
    if comparison.kind == "outcomes":
        return OutcomeCurves(comparison, moves)
    labels = {name: each for name, each in moves.items() if isinstance(each, LabelMoves)}
    if wanted == "cost" and all(each.costs is not None for each in labels.values()):
        return CostCurves(comparison, labels)
    return AccuracyCurves(comparison, labels)


class OutcomeCurves:
    """Quality over cost or strong calls, of outcomes."""

    def __init__(self, comparison: Comparison, moves: Mapping[str, Moves]):
        self._comparison, self._moves = comparison, moves
        self._theme = style("light")

    def frame(self, ax: Any) -> None:
        """Draw axes as wide as all curves."""
        plots.cost_quality(self._comparison, ax)
        if not self._comparison.curves:
            ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        limits = ax.get_xlim(), ax.get_ylim()
        for artist in [*ax.lines, *ax.collections, ax.get_legend()]:
            if artist is not None:
                artist.remove()
        ax.set(xlim=limits[0], ylim=limits[1])

    def draw(self, ax: Any, router: str) -> list[Any]:
        """Draw the router's curve and those of the controls."""
        drawn = curve_artists(self._comparison, ax, self._theme, router)
        deferral = getattr(self._moves[router], "deferral", None)
        if router not in self._comparison.curves and deferral is not None:
            color = router_colors(self._comparison, self._theme).get(router)
            drawn += ax.plot(
                deferral.shares, deferral.quality, lw=2.0, label=short(router), color=color
            )
        return _with_legend(ax, drawn)

    def point(self, moved: Moved) -> tuple[float, float]:
        """Return cost and quality."""
        return moved.point


class _LabelCurves:
    """What both curves of labels share: colours, and which routers and controls there are."""

    def __init__(self, comparison: Comparison, moves: Mapping[str, LabelMoves]):
        self._comparison, self._moves = comparison, moves
        self._theme = style("light")
        self._palette = router_colors(comparison, self._theme)
        table = comparison.table
        self._controls = set(table.loc[table["is_control"], "name"])

    def _shown(self, router: str) -> dict[str, LabelMoves]:
        """Return the routers, and a control that is looked at."""
        return {name: each for name, each in self._moves.items()
                if name not in self._controls or name == router}  # fmt: skip


class AccuracyCurves(_LabelCurves):
    """Accuracy of what is answered, over the share that is."""

    def frame(self, ax: Any) -> None:
        """Draw axes from 0 to 1."""
        dress(ax)
        strong = next(iter(self._moves.values())).strong
        ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        ax.set_xlabel("share answered" if strong is None else f"share sent to {strong}",
                      parse_math=False)  # fmt: skip
        ax.set_ylabel("accuracy of what is answered")
        title(ax, "What a threshold buys, 95 % band", self._theme)

    def draw(self, ax: Any, router: str) -> list[Any]:
        """Draw all routers' curves, and the accuracy of the best control."""
        curves = {name: each.curve for name, each in self._shown(router).items()}
        drawn = plots.threshold_curves(
            curves, ax, self._theme, self._palette, router, ("share", "accuracy")
        )
        table = self._comparison.table[self._comparison.table["is_control"]]
        if len(table):
            best: Any = table.iloc[int(table[main_metric(self._comparison)].argmax())]
            drawn.append(ax.axhline(best["accuracy"], color=self._theme.muted, ls="--", lw=1.2,
                                    label=f"best control: {best['name']}"))  # fmt: skip
        return _with_legend(ax, drawn)

    def point(self, moved: Moved) -> tuple[float, float]:
        """Return share and accuracy."""
        return moved.point


class CostCurves(_LabelCurves):
    """The share served as its labels ask, over what requests cost."""

    def __init__(self, comparison: Comparison, moves: Mapping[str, LabelMoves]):
        super().__init__(comparison, moves)
        self._curves = {name: _per(each.costs) for name, each in moves.items()}
        first = next(iter(moves.values()))
        assert first.served is not None
        self._groups = _per(first.served.constants(first.cuts.at(0.0).sum(axis=1)))

    def frame(self, ax: Any) -> None:
        """Draw axes as wide as all curves and groups."""
        dress(ax)
        every = pd.concat([self._groups, *self._curves.values()])
        low, high = float(every["cost"].min()), float(every["cost"].max())
        if high > FAR * low > 0:
            from matplotlib.ticker import LogLocator, NullFormatter

            ax.set_xscale("log")
            ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            ax.xaxis.set_major_formatter("{x:g}")
            ax.xaxis.set_minor_formatter(NullFormatter())
            ax.set_xlim(low / (high / low) ** 0.06, high * (high / low) ** 0.06)
        else:
            margin = 0.06 * (high - low) or 0.06 * high or 1.0
            ax.set_xlim(low - margin, high + margin)
        lowest = min(float(every["quality"].min()), float(every["low"].min()))
        ax.set_ylim(max(-0.02, lowest - 0.08), 1.04)
        ax.set_xlabel(f"mean USD per {PER:,} requests")
        ax.set_ylabel("share served as its label asks")
        title(ax, "Quality against cost, 95 % band", self._theme)

    def draw(self, ax: Any, router: str) -> list[Any]:
        """Draw all routers' curves, single groups and coins between them, and the controls."""
        curves = {name: self._curves[name] for name in self._shown(router)}
        drawn = plots.threshold_curves(
            curves, ax, self._theme, self._palette, router, ("cost", "quality")
        )
        drawn += plots.single_groups(self._groups, ax, self._theme)
        controls = (self._controls & {*self._curves}) - {"constant"}  # it is a single group
        for name, mark in zip(sorted(controls), itertools.cycle("x+1234"), strict=False):
            if name != router:
                own = self._curves[name].iloc[0]
                drawn += ax.plot(
                    own["cost"], own["quality"], mark, ms=7, mew=1.6, color=self._theme.muted,
                    label=f"{short(name)} (control)",
                )  # fmt: skip
        return _with_legend(ax, drawn)

    def point(self, moved: Moved) -> tuple[float, float]:
        """Return cost and quality."""
        cost, quality = moved.served
        return cost * PER, quality


def _per(frame: pd.DataFrame | None) -> pd.DataFrame:
    assert frame is not None
    return frame.assign(cost=frame["cost"] * PER)


def _with_legend(ax: Any, drawn: list[Any]) -> list[Any]:
    return [*drawn, legend(ax, style("light"), loc="best")] if drawn else []
