"""Multinomial logistic regression for wide text features, fitted in float32.

The solver is L-BFGS. scikit-learn's keeps some twenty float64 copies of the coefficients, which
for 65,000 terms x 150 classes costs more than the products with the data; here they are float32,
and the line search reuses the product with the direction, so that a step is two sparse products.

References
----------
Nocedal and Wright, Numerical Optimization, 2nd ed., algorithm 7.4.
"""

from __future__ import annotations

import warnings
from collections import deque
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from routelab._checks import InputError
from routelab.routers._by_scores import ScoresMixin
from routelab.routers._labels import softmax
from routelab.routers._rows import SparseInputMixin, asked_rows

MEMORY = 7


class LogisticHead(SparseInputMixin, ScoresMixin, BaseEstimator):
    """Multinomial logistic regression in float32, for rows of length one.

    Parameters
    ----------
    C : float, default 20.0
        Inverse of the squared penalty, as in scikit-learn. Unit rows do best with a weak one.
    tol : float, default 1e-4
        Largest entry of the gradient at which the solver stops.
    max_iter : int, default 500
        Most steps of the solver.

    Attributes
    ----------
    classes_ : ndarray (classes,)
        Sorted.
    coef_ : float32 ndarray (d, classes)
    intercept_ : ndarray (classes,)
    n_iter_ : int

    Examples
    --------
    >>> head = LogisticHead().fit([[0.0], [1.0], [2.0]], ["low", "medium", "high"])
    >>> head.classes_.tolist(), head.predict([[2.5]]).tolist()
    (['high', 'low', 'medium'], ['high'])
    """

    def __init__(self, *, C: float = 20.0, tol: float = 1e-4, max_iter: int = 500):
        self.C = C
        self.tol = tol
        self.max_iter = max_iter

    def fit(self, X: Any, y: Any) -> LogisticHead:
        """Learn from rows (n, d), dense or csr, and labels (n,)."""
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=np.float32)
        check_classification_targets(y)
        if not self.C > 0:
            raise InputError(f"'C' must be above 0, got {self.C!r}")
        names, codes = np.unique(y, return_inverse=True)
        if len(names) < 2:
            raise ValueError(f"needs at least two classes, got one class: {names.tolist()[0]!r}")
        self.classes_ = names
        weights, self.n_iter_ = _minimise(X, codes, len(names), self.C, self.tol, self.max_iter)
        self.coef_, self.intercept_ = weights[:-1], weights[-1].astype(float)
        return self

    def scores(self, X: Any) -> np.ndarray:
        """Return the score of each class (n, classes), two of them as well."""
        X = asked_rows(self, X)
        return np.asarray(X @ self.coef_) + self.intercept_


def _minimise(
    X: Any, codes: np.ndarray, classes: int, C: float, tol: float, max_iter: int
) -> tuple[np.ndarray, int]:
    """Return coefficients (d + 1, classes), the intercept last, and the number of steps."""
    n, d = X.shape
    row = np.arange(n)
    penalty = 1.0 / (C * n)
    transposed = X.T.tocsr() if hasattr(X, "tocsr") else X.T
    weights = np.zeros((d + 1, classes), dtype=np.float32)
    scores = np.zeros((n, classes))

    def value_and_shares(at: np.ndarray) -> tuple[float, np.ndarray]:
        shares = softmax(at)
        return float(-np.log(np.maximum(shares[row, codes], 1e-300)).mean()), shares

    def gradient_of(shares: np.ndarray) -> np.ndarray:
        shares[row, codes] -= 1.0
        shares /= n
        gradient = np.empty_like(weights)
        gradient[:-1] = transposed @ shares.astype(np.float32)
        gradient[:-1] += np.float32(penalty) * weights[:-1]
        gradient[-1] = shares.sum(axis=0)
        return gradient

    loss, shares = value_and_shares(scores)
    gradient = gradient_of(shares)
    pairs: deque[tuple[np.ndarray, np.ndarray, float]] = deque(maxlen=MEMORY)
    for iteration in range(max_iter):
        if np.abs(gradient).max() <= tol:
            return weights, iteration
        direction = _two_loop(gradient, pairs)
        slope = _dot(gradient, direction)
        if slope >= 0:  # stale curvature: start over along the gradient
            pairs.clear()
            direction, slope = -gradient, -_dot(gradient, gradient)
        moved = np.asarray(X @ direction[:-1], dtype=float) + direction[-1]
        cross = _dot(weights[:-1], direction[:-1])
        own = _dot(direction[:-1], direction[:-1])
        step = 1.0 if pairs else min(1.0, 1.0 / np.sqrt(_dot(gradient, gradient))) * np.sqrt(n)
        for _ in range(40):
            trial, shares = value_and_shares(scores + step * moved)
            change = penalty * (step * cross + 0.5 * step * step * own)
            if trial - loss + change <= 1e-4 * step * slope:
                break
            step *= 0.5
        else:  # float32 resolves no further descent
            return weights, iteration
        loss, scores = trial, scores + step * moved
        difference = np.float32(step) * direction
        weights += difference
        fresh = gradient_of(shares)
        bend = fresh - gradient
        curvature = _dot(bend, difference)
        if curvature > 1e-10 * _dot(bend, bend):
            pairs.append((difference, bend, 1.0 / curvature))
        gradient = fresh
    warnings.warn(
        f"logistic regression stopped after {max_iter} steps; raise max_iter or lower C",
        ConvergenceWarning,
        stacklevel=3,
    )
    return weights, max_iter


def _two_loop(
    gradient: np.ndarray, pairs: deque[tuple[np.ndarray, np.ndarray, float]]
) -> np.ndarray:
    """Return minus the inverse Hessian's estimate times the gradient (algorithm 7.4)."""
    direction = -gradient
    parts = []
    for difference, bend, inverse in reversed(pairs):
        part = inverse * _dot(difference, direction)
        direction -= np.float32(part) * bend
        parts.append(part)
    if pairs:
        _, bend, inverse = pairs[-1]
        direction *= np.float32(1.0 / (inverse * _dot(bend, bend)))
    for (difference, bend, inverse), part in zip(pairs, reversed(parts), strict=True):
        direction += np.float32(part - inverse * _dot(bend, direction)) * difference
    return direction


def _dot(left: np.ndarray, right: np.ndarray) -> float:
    return float(np.dot(left.ravel(), right.ravel()))
