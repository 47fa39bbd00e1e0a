"""What one slider moves, for each kind of comparison: counts, a point on a curve, figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from routelab.evaluate import Comparison
from routelab.evaluate.cuts import NOT_ANSWERED, Cuts, Deferral, label_cuts, summary
from routelab.evaluate.served import Served
from routelab.routers import ordinal_scale
from routelab.ui._compare_prices import Prices

ERRORS = ("prompt", "truth", "answer", "score")


@dataclass(frozen=True)
class Moved:
    """What holds at one setting of the slider.

    Attributes
    ----------
    counts : ndarray (rows, columns)
        Confusion; expected numbers for outcomes.
    point : (float, float)
        On the curve.
    figures : dict of str to float
    served : (float, float)
        On the curve of cost and quality: labels with prices only.
    """

    counts: np.ndarray
    point: tuple[float, float]
    figures: dict[str, float] = field(default_factory=dict)
    served: tuple[float, float] = (float("nan"), float("nan"))


@dataclass(frozen=True)
class LabelMoves:
    """A router on labels: a threshold decides what it answers, or what goes to the strong one.

    `usd` is the price of each answer; `costs` is the curve of cost and quality, there where the
    labels lead to several groups.
    """

    cuts: Cuts
    strong: str | None
    curve: pd.DataFrame
    usd: np.ndarray | None = None
    served: Served | None = None
    costs: pd.DataFrame | None = None

    @classmethod
    def of(cls, cuts: Cuts, strong: str | None, prices: Prices | None) -> LabelMoves:
        """Return the moves, with their curves computed once."""
        curve = cuts.curve(strong)
        if prices is None:
            return cls(cuts, strong, curve)
        usd, served = prices.of(cuts.answers), prices.served(cuts.truths, cuts.answers)
        costs = None if served is None else served.curve(cuts)
        return cls(cuts, strong, curve, usd, served, costs)

    @property
    def rows(self) -> list[str]:
        """The true classes."""
        return self.cuts.truths

    @property
    def columns(self) -> list[str]:
        """The answers."""
        return self.cuts.answers

    def at(self, threshold: float, per_day: int) -> Moved:
        """Return what holds at a threshold."""
        counts = self.cuts.at(threshold)
        share, accuracy, _ = summary(counts, self.columns, self.strong)
        name = "answered" if self.strong is None else f"sent to {self.strong}"
        figures = {name: share, "accuracy of answers": accuracy}
        if self.usd is not None:
            figures["USD per day"] = float(counts.sum(axis=0) @ self.usd / counts.sum()) * per_day
        if self.served is None:
            return Moved(counts, (share, accuracy), figures)
        point = self.served.point(counts)
        figures["served as labels ask"] = point[1]
        return Moved(counts, (share, accuracy), figures, point)

    def errors(self, threshold: float) -> pd.DataFrame:
        """Return wrong answers at a threshold, the surest first."""
        return self.cuts.wrong(threshold)


@dataclass(frozen=True)
class OutcomeMoves:
    """A router on outcomes: how far along its curve, in percent.

    `deferral` is there where it chooses between two models, and then counts move; else they are
    those of its own setting. `shares` says that the curve's costs are shares of strong calls.
    """

    rows: list[str]
    columns: list[str]
    own: np.ndarray
    wrong: pd.DataFrame
    curve: pd.DataFrame | None
    deferral: Deferral | None
    shares: bool

    def at(self, position: float, per_day: int) -> Moved:
        """Return what holds `position` percent along the curve."""
        figures, counts, point = {}, self.own, (float("nan"), float("nan"))
        usd = float("nan")
        if self.curve is not None:
            called = "share of strong calls" if self.shares else "USD per prompt here"
            figures = on_curve(self.curve, int(position), called)
            point = (figures[called], figures["quality here"])
            usd = float("nan") if self.shares else figures[called]
        if self.deferral is not None:
            counts, usd = self.deferral.counts(int(position)), self.deferral.cost[int(position)]
            if self.curve is None:
                point = (position / 100, float(self.deferral.quality[int(position)]))
                figures = {"share here": point[0], "quality here": point[1]}
            figures["threshold"] = self.deferral.threshold(int(position))
        if np.isfinite(usd):
            figures["USD per day"] = float(usd) * per_day
        return Moved(counts, point, figures)

    def errors(self, position: float) -> pd.DataFrame:
        """Return prompts that another model would have served better, at the router's setting."""
        return self.wrong


Moves = LabelMoves | OutcomeMoves


def strong_class(comparison: Comparison, prices: Prices | None) -> str | None:
    """Return which of two classes is the strong tier: the dearer, or the higher level; else None.

    Examples
    --------
    >>> from routelab import compare
    >>> frame = pd.DataFrame({"prompt": ["sort a list", "fix a loop", "prove it", "a proof"] * 3,
    ...                       "label": ["low", "low", "high", "high"] * 3})
    >>> strong_class(compare(["linear"], frame, cv=2, n_boot=50), None)
    'high'
    """
    tables = list(comparison.confusion.values())
    classes = [str(name) for name in tables[0].index] if tables else []
    return strong_of(classes, prices) if len(comparison.scores) else None


def strong_of(classes: Sequence[str], prices: Prices | None) -> str | None:
    """Return which of two classes is the strong tier; None for other numbers of classes.

    Examples
    --------
    >>> strong_of(["low", "high"], None), strong_of(["code", "poem"], None)
    ('high', None)
    """
    if len(classes) != 2:
        return None
    if prices is not None:
        cost = prices.of(classes)
        if cost[0] != cost[1]:
            return classes[int(cost.argmax())]
    levels = ordinal_scale(classes)
    return None if levels is None else str(levels[-1])


def moves_of(
    comparison: Comparison, router: str, strong: str | None, prices: Prices | None
) -> Moves:
    """Return what the slider moves for a router of a comparison."""
    if comparison.kind == "labels":
        cuts = label_cuts(comparison, router, strong)
        if cuts is None:
            return LabelMoves.of(_kept_counts(comparison, router), None, prices)
        return LabelMoves.of(cuts, strong, prices)
    judged = comparison.judged
    deferral = None
    if router in comparison.scores and judged.shape[1] == 4:
        deferral = Deferral.of(comparison.scores[router].to_numpy(float), judged)
    curve = comparison.curves.get(router)
    rows, columns, own = _chosen(comparison, router)
    if judged.shape[1] == 4:
        weak, _, strong_model, _ = (str(name).split(" ", 1)[1] for name in judged.columns)
        rows, columns = [f"{weak} is as good", f"{strong_model} is better"], [weak, strong_model]
        own = _two_by_two(comparison, router, strong_model)
    shares = "strong_share" in comparison.table
    return OutcomeMoves(rows, columns, own, _wrong(comparison, router), curve, deferral, shares)


def _kept_counts(comparison: Comparison, router: str) -> Cuts:
    """Return cuts without scores, of a comparison whose scores or answers were not kept."""
    table = comparison.confusion[router]
    truth, said = np.nonzero(table.to_numpy())
    times = table.to_numpy()[truth, said]
    rows, columns = ([str(name) for name in axis] for axis in (table.index, table.columns))
    return Cuts.of(
        [rows[i] for i in np.repeat(truth, times)], [columns[i] for i in np.repeat(said, times)],
        np.full(int(times.sum()), np.nan), truths=rows,
    )  # fmt: skip


def _chosen(comparison: Comparison, router: str) -> tuple[list[str], list[str], np.ndarray]:
    """Return the best model of each prompt against the chosen one, at the router's own setting."""
    oracle = [name for name in comparison.predictions if str(name).startswith("oracle")]
    singles = [str(name) for name in comparison.table["name"]]
    models = [name.removeprefix("always ") for name in singles if name.startswith("always ")]
    if router not in comparison.predictions or not oracle:
        return models, models, np.zeros((len(models), len(models)))
    best, chosen = (comparison.predictions[name].astype(str) for name in (oracle[-1], router))
    models = sorted({*models, *best, *chosen})
    table = pd.crosstab(best, chosen).reindex(index=models, columns=models, fill_value=0)
    return models, models, table.to_numpy(float)


def _two_by_two(comparison: Comparison, router: str, strong: str) -> np.ndarray:
    if router not in comparison.predictions:
        return np.zeros((2, 2))
    quality = comparison.judged.to_numpy(float)[:, [0, 2]]
    better = (quality[:, 1] > quality[:, 0]).astype(int)
    sent = (comparison.predictions[router].astype(str) == strong).to_numpy(int)
    return np.bincount(2 * better + sent, minlength=4).reshape(2, 2).astype(float)


def _wrong(comparison: Comparison, router: str) -> pd.DataFrame:
    own = comparison.errors[comparison.errors["router"] == router]
    lost = (own["best_quality"] - own["quality"]).rename("score")
    frame = own[["prompt", "best", "chosen"]].set_axis(ERRORS[:3], axis=1)
    frame = pd.concat([frame, lost], axis=1)
    return frame.sort_values("score", ascending=False, kind="stable", ignore_index=True)


def on_curve(curve: pd.DataFrame, position: int, called: str) -> dict[str, float]:
    """Return cost and quality with its interval, `position` percent along a curve's costs.

    `called` is the name of the cost, which may be a share of calls.

    Examples
    --------
    >>> curve = pd.DataFrame({"cost": [0.0, 1.0], "quality": [0.2, 0.6], "low": [0.1, 0.5],
    ...                       "high": [0.3, 0.7]})
    >>> round(on_curve(curve, 50, "USD")["quality here"], 6)
    0.4
    """
    costs = curve["cost"].to_numpy(float)
    cost = float(costs.min() + (costs.max() - costs.min()) * position / 100)
    read = {name: float(np.interp(cost, costs, curve[name])) for name in ("quality", "low", "high")}
    return {
        called: cost,
        "quality here": read["quality"],
        "low here": read["low"],
        "high here": read["high"],
    }


def spread(counts: np.ndarray, columns: Sequence[str], wanted: Sequence[str]) -> np.ndarray:
    """Return counts with the wanted columns in their order; others are 0.

    Examples
    --------
    >>> spread(np.array([[1, 2]]), ["b", "a"], ["a", "c", "b"]).tolist()
    [[2.0, 0.0, 1.0]]
    """
    place = {name: i for i, name in enumerate(wanted)}
    result = np.zeros((len(counts), len(wanted)))
    kept = [i for i, name in enumerate(columns) if name in place]
    result[:, [place[columns[i]] for i in kept]] = counts[:, kept]
    return result


def all_columns(moves: Sequence[Any]) -> list[str]:
    """Return the columns of all routers, "(not answered)" last and only where one may leave it."""
    named = [name for each in moves for name in each.columns]
    left = NOT_ANSWERED in named and any(
        each.strong is None and each.cuts.scored or NOT_ANSWERED in each.columns
        and each.cuts.at(0.0)[:, -1].any() for each in moves if isinstance(each, LabelMoves)
    )  # fmt: skip
    others = [name for name in dict.fromkeys(named) if name != NOT_ANSWERED]
    return [*others, *([NOT_ANSWERED] if left else [])]
