"""Numeric heads that predict the quality of every model, with missing outcomes left out."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import Ridge
from sklearn.utils.validation import check_array, validate_data

from routelab._checks import InputError
from routelab.routers._leave_one_out import check_k
from routelab.routers._neighbors import nearest, unit_float32
from routelab.routers._rows import asked_rows, unit


class QualityHead(RegressorMixin, BaseEstimator):
    """Shared checks: X numeric, Y (n,) or (n, models) with NaN for missing."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.multi_output = True
        return tags

    def _check(self, X: Any, y: Any) -> tuple[Any, np.ndarray]:
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None"
            )
        X = validate_data(self, X, accept_sparse="csr", dtype=[np.float64, np.float32])
        quality = check_array(
            y, ensure_2d=False, ensure_all_finite="allow-nan", dtype=np.float64, input_name="y"
        )
        if quality.shape[0] != X.shape[0]:
            raise ValueError(
                f"Found input variables with inconsistent numbers of samples: "
                f"{[X.shape[0], quality.shape[0]]}"
            )
        self._one_column = quality.ndim == 1
        quality = quality.reshape(len(quality), -1)
        unknown = np.flatnonzero(np.isnan(quality).all(axis=0))
        if len(unknown):
            raise InputError(f"model at column {unknown[0]} has no outcome at all: drop it")
        self.mean_ = np.nanmean(quality, axis=0)
        return X, quality

    def _rows(self, X: Any) -> Any:
        return asked_rows(self, X)

    def _shape(self, predicted: np.ndarray) -> np.ndarray:
        return predicted[:, 0] if self._one_column else predicted


class QualityNeighbors(QualityHead):
    """Mean quality over the k most similar prompts, weighted by exp(sharpness * cosine).

    Parameters
    ----------
    k : int, default 40
        Neighbours; all prompts when there are fewer.
    sharpness : float, default 5.0
        0 weighs all neighbours alike.

    Attributes
    ----------
    examples_ : float32 ndarray or csc (n, d)
        Rows of length one.
    quality_ : ndarray (n, models)
        NaN where missing. A model without an outcome among the neighbours gets its mean.
    mean_ : ndarray (models,)

    Examples
    --------
    >>> head = QualityNeighbors(k=1).fit([[1, 0], [0, 1]], [[1.0, 0.2], [np.nan, 0.6]])
    >>> head.predict([[0, 2]]).tolist()
    [[1.0, 0.6]]
    """

    def __init__(self, *, k: int = 40, sharpness: float = 5.0):
        self.k = k
        self.sharpness = sharpness

    def fit(self, X: Any, y: Any) -> QualityNeighbors:
        """Keep rows (n, d), dense or csr, and qualities (n,) or (n, models)."""
        X, self.quality_ = self._check(X, y)
        check_k(self.k)
        self.examples_ = unit_float32(X)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return qualities (n, models), or (n,) when fitted on one column."""
        rows_in = unit(self._rows(X))
        known = ~np.isnan(self.quality_)
        filled = np.where(known, self.quality_, 0.0)
        predicted = np.empty((rows_in.shape[0], self.quality_.shape[1]))
        k = min(self.k, len(self.quality_))
        for rows, index, cosine in nearest(rows_in, self.examples_, k):
            weight = np.exp(self.sharpness * (cosine - cosine.max(axis=1, keepdims=True)))
            total = np.einsum("qk,qkm->qm", weight, known[index])
            value = np.einsum("qk,qkm->qm", weight, filled[index])
            some = total > 0
            predicted[rows] = np.where(some, value / np.where(some, total, 1), self.mean_)
        return self._shape(predicted)


class QualityRidge(QualityHead):
    """One ridge regression per model, on the prompts where its outcome is known.

    Parameters
    ----------
    alpha : float, default 1.0
        Penalty. Models known on the same prompts are solved together.

    Attributes
    ----------
    coef_ : ndarray (models, d)
    intercept_ : ndarray (models,)
    mean_ : ndarray (models,)

    Examples
    --------
    >>> head = QualityRidge(alpha=1e-6).fit([[0.0], [1.0], [2.0]], [[0.0], [0.5], [np.nan]])
    >>> round(float(head.predict([[2.0]])[0, 0]), 3)
    1.0
    """

    def __init__(self, *, alpha: float = 1.0):
        self.alpha = alpha

    def fit(self, X: Any, y: Any) -> QualityRidge:
        """Learn from rows (n, d), dense or csr, and qualities (n,) or (n, models)."""
        X, quality = self._check(X, y)
        known = ~np.isnan(quality)
        self.coef_ = np.zeros((quality.shape[1], X.shape[1]))
        self.intercept_ = np.zeros(quality.shape[1])
        patterns, member = np.unique(known, axis=1, return_inverse=True)
        for pattern in range(patterns.shape[1]):
            models = np.flatnonzero(member.ravel() == pattern)
            rows = np.flatnonzero(patterns[:, pattern])
            ridge = Ridge(alpha=self.alpha).fit(X[rows], quality[np.ix_(rows, models)])
            self.coef_[models] = ridge.coef_.reshape(len(models), -1)
            self.intercept_[models] = ridge.intercept_
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return qualities (n, models), or (n,) when fitted on one column; not clipped."""
        rows = self._rows(X)
        return self._shape(np.asarray(rows @ self.coef_.T) + self.intercept_)
