"""Similarity-weighted votes of the nearest examples."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import Pipeline
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from routelab._checks import InputError
from routelab.encoders import make_encoder
from routelab.routers._base import ROUTERS
from routelab.routers._labels import abstaining, unit
from routelab.routers._neighbors import nearest
from routelab.routers.discriminant import space_steps


def check_k(k: Any, name: str = "k") -> int:
    """Return `k`, or say that the parameter `name` is not a positive whole number.

    Examples
    --------
    >>> check_k(5)
    5
    """
    if not isinstance(k, Integral) or isinstance(k, bool) or k < 1:
        raise InputError(f"'{name}' must be a whole number of at least 1, got {k!r}")
    return int(k)


class NeighborsHead(ClassifierMixin, BaseEstimator):
    """Let the k most similar examples vote, each with weight exp(sharpness * cosine).

    Parameters
    ----------
    k : int, default 10
        Neighbours that vote; all of them when there are fewer examples.
    sharpness : float, default 10.0
        0 counts heads; large values follow the single nearest example.
    threshold : float, optional
        Least cosine (-1 to 1) of the nearest example; below it the head abstains.
    abstain_label : optional
        What `predict` returns when it abstains.

    Attributes
    ----------
    classes_ : ndarray (classes,)
    examples_ : ndarray or csr (n, d)
        Rows of length one.
    codes_ : ndarray (n,)
        Index into `classes_` of each example.

    Examples
    --------
    >>> head = NeighborsHead(k=2).fit([[1, 0], [2, 0.1], [0, 1]], ["a", "a", "b"])
    >>> head.predict([[5, 1]]).tolist()
    ['a']
    """

    def __init__(
        self,
        *,
        k: int = 10,
        sharpness: float = 10.0,
        threshold: float | None = None,
        abstain_label: Any = None,
    ):
        self.k = k
        self.sharpness = sharpness
        self.threshold = threshold
        self.abstain_label = abstain_label

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def fit(self, X: Any, y: Any) -> NeighborsHead:
        """Keep the rows (n, d), dense or csr, and their labels (n,)."""
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32])
        check_classification_targets(y)
        check_k(self.k)
        self.classes_, self.codes_ = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"needs at least two classes, got one class: {self.classes_[0]!r}")
        self.examples_ = unit(X)
        return self

    def _votes(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return shares (n, classes) and the cosine of the nearest example (n,)."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False)
        n, classes = X.shape[0], len(self.classes_)
        votes, best = np.zeros((n, classes)), np.zeros(n)
        for rows, index, cosine in nearest(unit(X), self.examples_, min(self.k, len(self.codes_))):
            best[rows] = cosine.max(axis=1)
            weight = np.exp(self.sharpness * (cosine - best[rows, None]))
            block = rows.stop - rows.start
            cells = np.arange(block)[:, None] * classes + self.codes_[index]
            total = np.bincount(cells.ravel(), weight.ravel(), minlength=block * classes)
            votes[rows] = total.reshape(block, classes)
        return votes / votes.sum(axis=1, keepdims=True), best

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the share of the votes (n, classes)."""
        return self._votes(X)[0]

    def predict(self, X: Any) -> np.ndarray:
        """Return the choices (n,), or `abstain_label` below the threshold."""
        votes, best = self._votes(X)
        chosen = self.classes_[votes.argmax(axis=1)]
        return abstaining(chosen, best, self.threshold, self.abstain_label)


@ROUTERS.register("knn")
def _make(
    encoder: Any = "tfidf",
    k: int = 10,
    sharpness: float = 10.0,
    threshold: float | None = None,
    abstain_label: Any = None,
    space: str | None = None,
    shrinkage: float = 0.5,
) -> Pipeline:
    head = NeighborsHead(k=k, sharpness=sharpness, threshold=threshold, abstain_label=abstain_label)
    steps = [("encoder", make_encoder(encoder)), *space_steps(space, shrinkage), ("head", head)]
    return Pipeline(steps)
