"""Tiers cut from the expected level where the cost is least, not where a share passes 0.5.

References
----------
C. Elkan, The foundations of cost-sensitive learning, IJCAI 2001, section 2: the decision follows
from the costs. The cuts themselves are found exactly, by dynamic programming over sorted scores.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.validation import check_is_fitted

from routelab._checks import InputError
from routelab.routers._folds import text_folds
from routelab.routers._labels import check_labelled, same_text
from routelab.routers._order import level_order


class CostThresholds(ClassifierMixin, BaseEstimator):
    """Serve each prompt by the tier that the cuts of its expected level name.

    The cuts are chosen on out-of-fold scores, so that they do not trust a router on the prompts
    that it was fitted on, and so as to make the mean cost as small as any cuts can.

    Parameters
    ----------
    router : classifier
        Unfitted, with `predict_proba`; for example ``make_router("complexity")``.
    costs : array-like of shape (levels, tiers)
        ``costs[i][j]``: USD of serving a prompt of level i (0 is the lowest) on tier j. See
        `serving_costs`.
    levels : list, optional
        The labels from low to high. Default: the order of a known scale (`ordinal_scale`).
    tiers : list, optional
        Names of the tiers from cheap to dear. Default: the levels, where there are as many.
    cv : int, default 5
        Folds, stratified and shuffled with a fixed seed; equal texts stay in one fold. Each level
        needs as many prompts.

    Attributes
    ----------
    classes_ : ndarray (tiers,)
        From cheap to dear.
    levels_ : list
        The labels from low to high.
    cuts_ : ndarray (tiers - 1,)
        On the expected level, which counts from 0; a prompt at the cut goes to the tier above it.
        -inf and inf where a tier gets nothing.
    cost_ : float
        Mean USD per prompt of the training prompts at these cuts, out of fold.
    router_ : classifier
        Fitted on all prompts.

    Examples
    --------
    >>> from routelab.routers import make_router
    >>> low, high = ["hi", "hello", "thanks", "ok"], ["prove it", "prove x", "prove y", "show it"]
    >>> costs = serving_costs([0.001, 0.02], underserved=1.0)
    >>> router = CostThresholds(make_router("complexity"), costs, cv=2)
    >>> router = router.fit(low + high, ["low"] * 4 + ["high"] * 4)
    >>> router.predict(["hello", "prove z"]).tolist()
    ['low', 'high']
    """

    def __init__(
        self,
        router: Any,
        costs: Any,
        *,
        levels: Any = None,
        tiers: Any = None,
        cv: int = 5,
    ):
        self.router = router
        self.costs = costs
        self.levels = levels
        self.tiers = tiers
        self.cv = cv

    def fit(self, X: Iterable[str], y: Any) -> CostThresholds:
        """Learn the router and the cuts from prompts (n,) and levels (n,)."""
        prompts, labels = check_labelled(X, y)
        self.levels_ = level_order(labels.tolist(), self.levels)
        costs = _checked_costs(self.costs, self.levels_)
        self.classes_ = np.asarray(_tier_names(self.tiers, self.levels_, costs.shape[1]))
        codes = np.array([self.levels_.index(label) for label in labels.tolist()])
        scores = _scores_out_of_fold(self.router, prompts, labels, self.levels_, self.cv)
        self.router_ = clone(self.router).fit(prompts, labels)
        self.cuts_, self.cost_ = best_cuts(scores, costs[codes])
        return self

    def expected_level(self, X: Iterable[str]) -> np.ndarray:
        """Return the mean level (n,), counted from 0 for the lowest."""
        check_is_fitted(self)
        return expected_level(self.router_.predict_proba(X), self.router_.classes_, self.levels_)

    def predict(self, X: Iterable[str]) -> np.ndarray:
        """Return the tier of each prompt (n,)."""
        scores = self.expected_level(X)
        return self.classes_[np.searchsorted(self.cuts_, scores, side="right")]


def serving_costs(usd: Any, underserved: float, *, levels: int | None = None) -> np.ndarray:
    """Return the costs (levels, tiers) of prices per tier and of an underserved prompt.

    Parameters
    ----------
    usd : array-like of shape (tiers,)
        USD of serving one prompt on each tier, from cheap to dear.
    underserved : float
        USD that each level short costs: a prompt of level i on tier j < i costs
        ``usd[j] + (i - j) * underserved``.
    levels : int, optional
        Number of levels. Default: one per tier. Where there are more levels than tiers, the tiers
        serve the levels in equal shares: level i needs the tier ``i * tiers // levels``.

    Examples
    --------
    >>> serving_costs([0.001, 0.02], underserved=1.0).tolist()
    [[0.001, 0.02], [1.001, 0.02]]
    """
    prices = np.asarray(usd, dtype=float)
    if prices.ndim != 1 or len(prices) < 2 or not np.isfinite(prices).all() or (prices < 0).any():
        raise InputError(f"'usd' must be at least two prices of at least 0, got {usd!r}")
    if not (np.isfinite(underserved) and underserved >= 0):
        raise InputError(f"'underserved' must be a price of at least 0, got {underserved!r}")
    rows = len(prices) if levels is None else levels
    if rows < len(prices):
        raise InputError(f"'levels' must be at least {len(prices)}, one per tier, got {levels!r}")
    needed = np.arange(rows) * len(prices) // rows
    short = np.maximum(needed[:, None] - np.arange(len(prices))[None, :], 0)
    return prices[None, :] + underserved * short


def best_cuts(scores: np.ndarray, costs: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the cuts (tiers - 1,) of scores (n,) of the least mean cost, and that cost.

    With prompts sorted by score, the cheapest way to serve the first k on tiers 0 to j is either
    the same without the k-th prompt on tier j, or all k on tiers 0 to j - 1: exact in n * tiers
    steps after sorting. Equal scores are never parted; a cut stands midway between two scores.
    Where several cuts cost the same, the lowest is taken, which serves more prompts well.

    Parameters
    ----------
    scores : ndarray (n,)
        Higher means harder.
    costs : ndarray (n, tiers)
        USD of each prompt on each tier.

    Examples
    --------
    >>> costs = np.array([[1.0, 2.0], [1.0, 2.0], [9.0, 2.0]])
    >>> cuts, cost = best_cuts(np.array([0.1, 0.3, 0.7]), costs)
    >>> cuts.tolist(), round(cost, 3)
    ([0.5], 1.333)
    """
    order = np.argsort(scores, kind="stable")
    ranked = scores[order]
    n, tiers = costs.shape
    spent = np.zeros((n + 1, tiers))
    spent[1:] = np.cumsum(costs[order], axis=0)
    allowed = np.ones(n + 1, dtype=bool)
    allowed[1:n] = ranked[1:] > ranked[:-1]
    least = spent[:, 0]
    begins = np.zeros((tiers, n + 1), dtype=int)  # where tier j begins when the first k are served
    for tier in range(1, tiers):
        saved = np.where(allowed, least - spent[:, tier], np.inf)
        lowest = np.minimum.accumulate(saved)
        fresh = np.concatenate([[True], saved[1:] < lowest[:-1]])
        begins[tier] = np.maximum.accumulate(np.where(fresh, np.arange(n + 1), 0))
        least = spent[:, tier] + lowest
    edges = np.empty(tiers - 1, dtype=int)
    end = n
    for tier in range(tiers - 1, 0, -1):
        end = edges[tier - 1] = begins[tier, end]
    padded = np.concatenate([[-np.inf], ranked, [np.inf]])
    return (padded[edges] + padded[edges + 1]) / 2, float(least[n] / n)


def _scores_out_of_fold(
    router: Any,
    prompts: list[str],
    labels: np.ndarray,
    levels: list[Any],
    cv: int,
) -> np.ndarray:
    """Return the expected level (n,) of each prompt by a router that was not fitted on it.

    Not cross_val_predict: it numbers the labels in the order of the alphabet before it asks for
    probabilities, and a router that learns from their order would learn the wrong one.
    """
    scores = np.empty(len(prompts))
    for test in text_folds(labels, same_text(prompts), cv):
        train = np.setdiff1d(np.arange(len(prompts)), test)
        fitted = clone(router).fit([prompts[i] for i in train], labels[train])
        shares = fitted.predict_proba([prompts[i] for i in test])
        scores[test] = expected_level(shares, fitted.classes_, levels)
    return scores


def expected_level(shares: np.ndarray, classes: Iterable[Any], levels: list[Any]) -> np.ndarray:
    """Return the mean level (n,) of shares (n, classes), whatever the order of the columns.

    Examples
    --------
    >>> expected_level(np.array([[0.5, 0.5]]), ["high", "low"], ["low", "medium", "high"]).tolist()
    [1.0]
    """
    return np.asarray(shares) @ [float(levels.index(name)) for name in np.asarray(classes).tolist()]


def _checked_costs(costs: Any, levels: list[Any]) -> np.ndarray:
    values = np.asarray(costs, dtype=float)
    if values.ndim != 2 or len(values) != len(levels) or values.shape[1] < 2:
        raise InputError(
            f"'costs' must have one row per level ({len(levels)}: {levels}) and a column per tier "
            f"(at least 2), got shape {values.shape}"
        )
    if not np.isfinite(values).all():
        row, column = np.argwhere(~np.isfinite(values))[0]
        raise InputError(
            f"'costs' must be finite, got {values[row, column]} for level {levels[row]!r}, "
            f"tier {column}"
        )
    return values


def _tier_names(tiers: Any, levels: list[Any], count: int) -> list[Any]:
    names = levels if tiers is None else list(tiers)
    if len(names) != count:
        raise InputError(
            f"'costs' has {count} tiers, but {len(names)} names: {names}; give 'tiers'"
        )
    if len(set(names)) != count:
        raise InputError(f"'tiers' must be distinct, got {names}")
    return names
