"""Figures about labels: each takes truth, answers and the order of the levels, if any."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from routelab._registry import Registry

#: Metric name -> function(truth, predicted, order); a NaN result leaves the column out.
METRICS: Registry[Callable[..., float]] = Registry("metric", "routelab.evaluate")


@METRICS.register("accuracy")
def accuracy(truth: Sequence[Any], predicted: Sequence[Any], order: Any = None) -> float:
    """Return the share of prompts (n,) answered right; abstaining (None) is not right.

    Examples
    --------
    >>> accuracy(["a", "b", "b"], ["a", "b", None])
    0.6666666666666666
    """
    return float(np.mean([t == p for t, p in zip(truth, predicted, strict=True)]))


@METRICS.register("macro_f1")
def macro_f1(truth: Sequence[Any], predicted: Sequence[Any], order: Any = None) -> float:
    """Return the mean F1 over the classes that occur in the truth (n,).

    A class that is never answered right counts 0. Labels that were only predicted are no class of
    their own; they cost the true class its recall.

    Examples
    --------
    >>> round(macro_f1(["a", "a", "b"], ["a", "b", "b"]), 4)   # F1 2/3 for a, 2/3 for b
    0.6667
    """
    scores = []
    answers = list(predicted)
    for label in dict.fromkeys(truth):
        true = np.array([t == label for t in truth])
        said = np.array([p == label for p in answers])
        scores.append(2 * (true & said).sum() / (true.sum() + said.sum()))
    return float(np.mean(scores))


def _ranks(labels: Sequence[Any], order: Sequence[Any] | None) -> np.ndarray:
    place = {label: float(i) for i, label in enumerate(order or [])}
    return np.array([place.get(label, np.nan) for label in labels])


@METRICS.register("within_one")
def within_one(
    truth: Sequence[Any], predicted: Sequence[Any], order: Sequence[Any] | None
) -> float:
    """Return the share of prompts (n,) answered at most one level away.

    Parameters
    ----------
    truth, predicted : sequence (n,)
    order : sequence or None
        The levels, ascending; None makes the result NaN. Answers outside it are wrong.

    Examples
    --------
    >>> within_one(["low", "high"], ["medium", "low"], ["low", "medium", "high"])
    0.5
    """
    if not order:
        return float("nan")
    return float(np.mean(np.abs(_ranks(truth, order) - _ranks(predicted, order)) <= 1))


@METRICS.register("spearman")
def spearman(truth: Sequence[Any], predicted: Sequence[Any], order: Sequence[Any] | None) -> float:
    """Return Spearman's rank correlation of true and predicted levels.

    Answers outside the levels are left out; NaN without an order, and 0 when either side is
    constant.

    Examples
    --------
    >>> spearman([1, 2, 3], [1, 2, 3], [1, 2, 3])
    1.0
    """
    if not order:
        return float("nan")
    pair = np.array([_ranks(truth, order), _ranks(predicted, order)])
    pair = pair[:, ~np.isnan(pair).any(axis=0)]
    if pair.shape[1] < 2 or (pair == pair[:, :1]).all(axis=1).any():
        return 0.0
    return round(float(np.corrcoef(rankdata(pair, axis=1))[0, 1]), 15)


def confusion(truth: Sequence[Any], predicted: Sequence[Any]) -> pd.DataFrame:
    """Return counts, truth in rows and answers in columns; None becomes "(abstained)".

    Examples
    --------
    >>> confusion(["a", "b"], ["a", "a"]).loc["b", "a"]
    np.int64(1)
    """
    said = ["(abstained)" if p is None else p for p in predicted]
    labels = _sorted({*truth})
    extra = _sorted({*said} - {*truth})
    rows = pd.Categorical(list(truth), categories=labels)
    columns = pd.Categorical(said, categories=labels + extra)
    counts = pd.crosstab(rows, columns, dropna=False)
    counts.index.name, counts.columns.name = "truth", "predicted"
    counts.index, counts.columns = (
        pd.Index(labels, name="truth"),
        pd.Index(labels + extra, name="predicted"),
    )
    return counts


def _sorted(labels: set[Any]) -> list[Any]:
    from routelab.routers import ordinal_scale

    return ordinal_scale(labels) or sorted(labels, key=str)
