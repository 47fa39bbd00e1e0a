"""Weights of the heuristic's dimensions: from a regression, then by what decisions are worth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.linear_model import LogisticRegression

from routelab.gateway_learning.boundaries import best_cuts, boundary_values, overridden_worth
from routelab.gateway_learning.dimensions import DIMENSIONS

STEPS = (-0.2, -0.1, -0.05, -0.02, -0.01, 0.01, 0.02, 0.05, 0.1, 0.2)
SWEEPS = 20
REASONING = DIMENSIONS.index("reasoningMarkers")


def is_marked(values: np.ndarray) -> np.ndarray:
    """Whether each prompt has two reasoning markers (n,): only then the dimension is 1."""
    return np.asarray(values[:, REASONING] == 1.0)


def search_weights(
    values: np.ndarray,
    worth: np.ndarray,
    start: np.ndarray,
    *,
    offset: np.ndarray | None = None,
    floor: float | None = None,
) -> np.ndarray:
    """Return weights (7,) whose best boundaries are worth more than those of `start`.

    Two starts, the given weights and those of an ordinal regression, are improved one weight at a
    time by steps of 0.01 to 0.2, boundaries found anew and exactly for each, until no step helps.
    Weights lie from -1 to 1, with two decimals; a negative one says that the dimension speaks for
    a lower tier.

    Parameters
    ----------
    values : ndarray (n, 7)
        See `dimension_values`.
    worth : ndarray (n, 4)
    start : ndarray (7,)
        Weights to begin with, as a rule the gateway's.
    offset : ndarray (n,), optional
        What custom dimensions add to the score.
    floor : float, optional
        ``reasoning_override_min_score``.
    """
    added = np.zeros(len(values)) if offset is None else offset
    start = np.asarray(start, dtype=float)
    # prompts with the same values get the same tier whatever the weights are: one row for them
    rows, place = np.unique(np.column_stack([values, added]), axis=0, return_inverse=True)
    joined = np.zeros((len(rows), worth.shape[1]))
    np.add.at(joined, place.ravel(), worth)

    def total(weights: np.ndarray) -> float:
        scores = rows[:, :-1] @ weights + rows[:, -1]
        marked = is_marked(rows)
        return best_cuts(scores, overridden_worth(joined, marked, scores, floor))[2]

    starts = [start, ordinal_weights(values, worth)]
    climbed = [_climb(weights, total) for weights in starts]
    return max(climbed, key=lambda found: found[1])[0]


def weights_pay(
    values: np.ndarray,
    worth: np.ndarray,
    start: np.ndarray,
    folds: np.ndarray,
    *,
    offset: np.ndarray | None = None,
    floor: float | None = None,
) -> bool:
    """Whether searched weights are worth more than `start` on prompts that did not choose them.

    Both get the boundaries that are best for them on the other folds.

    Parameters
    ----------
    values, worth, start, offset, floor
        As in `search_weights`.
    folds : ndarray of int (n,)
    """
    added = np.zeros(len(values)) if offset is None else offset
    gained = 0.0
    for fold in np.unique(folds):
        train, asked = folds != fold, folds == fold
        if not train.any():
            return False
        searched = search_weights(
            values[train], worth[train], start, offset=added[train], floor=floor
        )
        for weights, sign in ((searched, 1.0), (np.asarray(start, dtype=float), -1.0)):
            scores = values @ weights + added
            of_score = overridden_worth(worth, is_marked(values), scores, floor)
            places, cuts, _ = best_cuts(scores[train], of_score[train])
            bounds = list(boundary_values(places, cuts).values())
            taken = np.searchsorted(bounds, scores[asked], side="right")
            gained += sign * float(of_score[asked, taken].sum())
    return gained > 0


def _climb(weights: np.ndarray, total: Callable[[np.ndarray], float]) -> tuple[np.ndarray, float]:
    best, reached = weights.copy(), total(weights)
    for _ in range(SWEEPS):
        before = reached
        for k in range(len(best)):
            for tried in _neighbours(best, k):
                worth = total(tried)
                if worth > reached + 1e-9:
                    best, reached = tried, worth
        if reached == before:
            break
    return best, reached


def _neighbours(weights: np.ndarray, k: int) -> list[np.ndarray]:
    found = []
    for step in STEPS:
        moved = weights.copy()
        moved[k] = round(moved[k] + step, 2)
        if abs(moved[k]) <= 1:
            found.append(moved)
    return found


def ordinal_weights(values: np.ndarray, worth: np.ndarray) -> np.ndarray:
    """Return weights (7,) of a proportional-odds regression on the lowest best tier.

    One logistic regression over the three questions "is it above tier k" with common weights and
    an intercept for each (McCullagh 1980, Regression models for ordinal data, eq. 2.2), scaled so
    that the absolute weights add up to 1, like the gateway's.
    """
    lowest_best = worth.argmax(axis=1)
    above = (lowest_best[:, None] > np.arange(3)).T.ravel()
    if above.all() or not above.any():
        return np.zeros(values.shape[1])
    question = np.repeat(np.eye(3), len(values), axis=0)
    rows = np.hstack([np.tile(values, (3, 1)), question])
    model = LogisticRegression(fit_intercept=False, max_iter=1000).fit(rows, above)
    weights = model.coef_[0, : values.shape[1]]
    scale = np.abs(weights).sum()
    return np.round(weights / scale, 2) if scale > 0 else np.zeros(values.shape[1])
