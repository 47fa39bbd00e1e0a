"""The chance that each model's answer is good: one calibrated logistic regression per model."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from sklearn.utils.extmath import safe_sparse_dot

from routelab._checks import InputError
from routelab.routers.quality import QualityHead


class QualityLogistic(QualityHead):
    """Logistic regression per model, its slope and offset set on rows that it has not seen.

    A quality q between 0 and 1 counts as q good and 1 - q bad answers. Qualities outside [0, 1]
    are brought into it by their range, and predictions back.

    Parameters
    ----------
    C : float, default 1.0
        Inverse of the penalty.
    folds : int, default 3
        Of the rows held out in turn for the calibration (Platt 1999); 1 leaves it out.
    seed : int, default 0
        Of the folds.

    Attributes
    ----------
    coef_ : ndarray (models, d)
    intercept_ : ndarray (models,)
    range_ : ndarray (2,)
        Qualities that stand for 0 and 1.
    mean_ : ndarray (models,)

    References
    ----------
    Platt, Probabilistic outputs for support vector machines, 1999: a logistic curve over scores of
    held-out rows.

    Examples
    --------
    >>> head = QualityLogistic(C=100, folds=1).fit([[0.0], [1.0]] * 5, [[0.0, 1.0], [1.0, 1.0]] * 5)
    >>> head.predict([[1.0]]).round(1).tolist()
    [[1.0, 0.9]]
    """

    def __init__(self, *, C: float = 1.0, folds: int = 3, seed: int = 0):
        self.C = C
        self.folds = folds
        self.seed = seed

    def fit(self, X: Any, y: Any) -> QualityLogistic:
        """Learn from rows (n, d), dense or csr, and qualities (n,) or (n, models)."""
        X, quality = self._check(X, y)
        if not self.C > 0:
            raise InputError(f"'C' must be above 0, got {self.C!r}")
        if self.folds < 1:
            raise InputError(f"'folds' must be at least 1, got {self.folds!r}")
        self.range_ = np.array([min(0.0, np.nanmin(quality)), max(1.0, np.nanmax(quality))])
        chance = (quality - self.range_[0]) / np.ptp(self.range_)
        self.coef_ = np.zeros((chance.shape[1], X.shape[1]))
        self.intercept_ = np.zeros(chance.shape[1])
        for model, column in enumerate(chance.T):
            rows = np.flatnonzero(~np.isnan(column))
            self.coef_[model], self.intercept_[model] = self._calibrated(X[rows], column[rows])
        return self

    def _calibrated(self, X: Any, chance: np.ndarray) -> tuple[np.ndarray, float]:
        coef, intercept = _logistic(X, chance, self.C)
        if not 1 < self.folds <= len(chance) or not coef.any():
            return coef, intercept
        held_out = np.zeros(len(chance))
        for train, test in KFold(self.folds, shuffle=True, random_state=self.seed).split(held_out):
            own, offset = _logistic(X[train], chance[train], self.C)
            held_out[test] = safe_sparse_dot(X[test], own) + offset
        slope, shift = _logistic(held_out[:, None], chance, 100.0)
        # A slope below 0 would turn the order round; then the rows say nothing, the mean remains.
        if slope[0] <= 0:
            return np.zeros_like(coef), _offset(chance)
        return slope[0] * coef, float(slope[0] * intercept + shift)

    def predict(self, X: Any) -> np.ndarray:
        """Return qualities (n, models), or (n,) when fitted on one column."""
        score = np.asarray(safe_sparse_dot(self._rows(X), self.coef_.T)) + self.intercept_
        return self._shape(self.range_[0] + np.ptp(self.range_) * expit(score))


def _offset(chance: np.ndarray) -> float:
    """Return the logit of the mean, with one good and one bad answer added."""
    return float(logit((chance.sum() + 1) / (len(chance) + 2)))


def _logistic(X: Any, chance: np.ndarray, C: float) -> tuple[np.ndarray, float]:
    """Return weights (d,) and offset; where all answers are alike, weights of 0."""
    good, bad = np.flatnonzero(chance > 0), np.flatnonzero(chance < 1)
    if not len(good) or not len(bad):
        return np.zeros(X.shape[1]), _offset(chance)
    rows = np.r_[good, bad]
    label = np.repeat([1, 0], [len(good), len(bad)])
    weight = np.r_[chance[good], 1 - chance[bad]]
    model = LogisticRegression(C=C, max_iter=1000).fit(X[rows], label, sample_weight=weight)
    return model.coef_[0], float(model.intercept_[0])
