"""Cumulative logit: one line through the rows, cut into levels that stand in order.

References
----------
P. McCullagh, Regression models for ordinal data, Journal of the Royal Statistical Society B 42
(1980), 109-142, eq. (2.4): the proportional-odds model.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from routelab._checks import InputError
from routelab.routers._order import level_order, ordinal_scale
from routelab.routers._rows import asked_rows

#: Smallest distance of two cuts. The likelihood is zero where they meet, so it hardly ever binds.
MIN_GAP = 1e-6


class OrdinalHead(ClassifierMixin, BaseEstimator):
    """Proportional odds: P(level <= k | x) = 1 / (1 + exp(x @ coef - cut_k)).

    All levels share one direction, so that it needs a fraction of the coefficients of
    `LogisticHead`, never says "low or high, but not medium", and errs by one level rather than by
    two. It gains nothing where the levels do not lie along one direction.

    Parameters
    ----------
    C : float, default 20.0
        Inverse of the squared penalty on `coef_`; the cuts are free.
    levels : list, optional
        The labels from low to high. Default: the order of a known scale (`ordinal_scale`), and
        sorted where the labels are of none. Name them wherever scikit-learn numbers the labels by
        the alphabet before it fits (`cross_val_predict` with ``method="predict_proba"``,
        `CalibratedClassifierCV`): the head then says so instead of learning the wrong order.
    tol : float, default 1e-5
        Largest entry of the gradient (mean over the rows) at which the solver stops.
    max_iter : int, default 500
        Most steps of the solver.

    Attributes
    ----------
    classes_ : ndarray (levels,)
        Sorted, as scikit-learn wants them.
    levels_ : ndarray (levels,)
        The same from low to high.
    coef_ : ndarray (d,)
        A positive entry speaks for a higher level.
    cuts_ : ndarray (levels - 1,)
        Ascending.
    n_iter_ : int

    Examples
    --------
    >>> head = OrdinalHead().fit([[0.0], [1.0], [2.0], [3.0]], ["low", "low", "medium", "high"])
    >>> head.levels_.tolist(), head.predict([[-1.0], [3.5]]).tolist()
    (['low', 'medium', 'high'], ['low', 'high'])
    >>> head.expected_level([[-1.0], [3.5]]).round(1).tolist()
    [0.0, 2.0]
    """

    def __init__(
        self,
        *,
        C: float = 20.0,
        levels: Any = None,
        tol: float = 1e-5,
        max_iter: int = 500,
    ):
        self.C = C
        self.levels = levels
        self.tol = tol
        self.max_iter = max_iter

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        # Three blobs in no order are not along one direction, which is all this model can learn.
        tags.classifier_tags.poor_score = True
        return tags

    def fit(self, X: Any, y: Any) -> OrdinalHead:
        """Learn from rows (n, d), dense or csr, and labels (n,)."""
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32])
        check_classification_targets(y)
        if not self.C > 0:
            raise InputError(f"'C' must be above 0, got {self.C!r}")
        names, codes = np.unique(y, return_inverse=True)
        if len(names) < 2:
            raise ValueError(f"needs at least two classes, got one class: {names.tolist()[0]!r}")
        listed = names.tolist()
        known = self.levels is not None or ordinal_scale(listed) is not None
        order = level_order(listed, self.levels) if known else listed
        place = np.array([order.index(name) for name in listed])
        self.classes_, self.levels_ = names, names[np.argsort(place)]
        self.columns_ = place
        found = _fit(X, place[codes], len(names), self.C, self.tol, self.max_iter)
        self.coef_, self.cuts_, self.n_iter_ = found
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """Return scores (n, levels), log probabilities; for two levels their difference (n,)."""
        place = self.place(X)
        if len(self.classes_) == 2:
            upwards = 1.0 if self.columns_[1] else -1.0
            return upwards * (place - self.cuts_[0])
        return _log_shares(place, self.cuts_)[:, self.columns_]

    def place(self, X: Any) -> np.ndarray:
        """Return where each row stands along the direction (n,), in the units of `cuts_`."""
        X = asked_rows(self, X)
        return np.asarray(X @ self.coef_, dtype=float)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return probabilities (n, levels), columns as in `classes_`."""
        return self._shares(X)[:, self.columns_]

    def _shares(self, X: Any) -> np.ndarray:
        """Return probabilities (n, levels), from the lowest level to the highest."""
        shares = np.exp(_log_shares(self.place(X), self.cuts_))
        return shares / shares.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable level of each row (n,)."""
        place = self.place(X)
        return self.levels_[_log_shares(place, self.cuts_).argmax(axis=1)]

    def expected_level(self, X: Any) -> np.ndarray:
        """Return the mean level (n,), counted from 0 for the lowest."""
        shares = self._shares(X)
        return shares @ np.arange(shares.shape[1])


def _log_shares(place: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """Return the log probabilities (n, levels) of places (n,) between cuts.

    With a = cut_k - place and b = cut_(k-1) - place, expit(a) - expit(b) is
    expit(a) * expit(-b) * (1 - exp(b - a)), which loses no digits far out.

    Examples
    --------
    >>> np.exp(_log_shares(np.array([0.0]), np.array([0.0]))).tolist()
    [[0.5, 0.5]]
    """
    reach = cuts[None, :] - place[:, None]
    shares = np.zeros((len(place), len(cuts) + 1))
    shares[:, :-1] += log_expit(reach)
    shares[:, 1:] += log_expit(-reach)
    shares[:, 1:-1] += np.log(-np.expm1(-np.diff(cuts)))
    return shares


def _fit(
    X: Any, codes: np.ndarray, classes: int, C: float, tol: float, max_iter: int
) -> tuple[np.ndarray, np.ndarray, int]:
    """Return coefficients (d,), cuts (classes - 1,) and the number of steps.

    The unknowns are the coefficients, the first cut and the gaps to the next: the loss is convex
    in them, and gaps above zero keep the cuts in order.
    """
    n, d = X.shape
    row = np.arange(n)
    penalty = 1.0 / (C * n)
    transposed = X.T.tocsr() if hasattr(X, "tocsr") else X.T

    def loss_and_gradient(unknown: np.ndarray) -> tuple[float, np.ndarray]:
        weights, cuts = unknown[:d], np.cumsum(unknown[d:])
        place = np.asarray(X @ weights.astype(X.dtype), dtype=float)
        loss = -_log_shares(place, cuts)[row, codes].mean() + 0.5 * penalty * weights @ weights
        below = codes > 0
        above = codes < classes - 1
        upper = np.zeros(n)  # derivative of the log share by the cut above, and by the cut below
        lower = np.zeros(n)
        upper[above] = expit(place[above] - cuts[codes[above]])
        lower[below] = -expit(cuts[codes[below] - 1] - place[below])
        along = (upper + lower) / n  # minus the derivative by the place
        inner = below & above
        pull = 1.0 / np.expm1(np.diff(cuts))[codes[inner] - 1]
        upper[inner] += pull
        lower[inner] -= pull
        by_cut = np.zeros(classes - 1)
        np.add.at(by_cut, codes[above], -upper[above] / n)
        np.add.at(by_cut, codes[below] - 1, -lower[below] / n)
        gradient = np.empty_like(unknown)
        gradient[:d] = transposed @ along.astype(X.dtype)
        gradient[:d] += penalty * weights
        gradient[d:] = np.cumsum(by_cut[::-1])[::-1]  # a gap moves all cuts after it
        return float(loss), gradient

    shares = np.cumsum(np.bincount(codes, minlength=classes))[:-1] / n
    cuts = np.log(shares / (1 - shares))
    start = np.concatenate([np.zeros(d), cuts[:1], np.diff(cuts)])
    bounds = [(None, None)] * (d + 1) + [(MIN_GAP, None)] * (classes - 2)
    found = minimize(
        loss_and_gradient,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": max_iter, "gtol": tol, "ftol": 0.0},
    )
    if found.nit >= max_iter:
        warnings.warn(
            f"ordinal regression stopped after {max_iter} steps; raise max_iter or lower C",
            ConvergenceWarning,
            stacklevel=3,
        )
    return found.x[:d], np.cumsum(found.x[d:]), int(found.nit)
