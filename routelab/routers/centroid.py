"""Nearest class mean by cosine: the semantic router with the fewest moving parts."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import Pipeline
from sklearn.utils.extmath import safe_sparse_dot
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from routelab.encoders import make_encoder
from routelab.routers._base import ROUTERS
from routelab.routers._labels import abstaining, softmax, unit
from routelab.routers.discriminant import space_steps


class CentroidHead(ClassifierMixin, BaseEstimator):
    """Choose the class whose mean direction is nearest.

    Rows are scaled to length one, averaged per class, and the averages scaled to length one
    again, so that a class with scattered examples is not at a disadvantage.

    Parameters
    ----------
    threshold : float, optional
        Least cosine (-1 to 1) of a choice; below it the head abstains. None never abstains.
    abstain_label : optional
        What `predict` returns when it abstains.
    sharpness : float, default 20.0
        Factor on the cosines in `predict_proba`; the shares are not calibrated.

    Attributes
    ----------
    classes_ : ndarray (classes,)
    centroids_ : ndarray (classes, d)
        Rows of length one.

    Examples
    --------
    >>> head = CentroidHead(threshold=0.5).fit([[1, 0], [2, 0], [0, 1]], ["a", "a", "b"])
    >>> head.predict([[3, 1], [-1, -1]]).tolist()
    ['a', None]
    """

    def __init__(
        self, *, threshold: float | None = None, abstain_label: Any = None, sharpness: float = 20.0
    ):
        self.threshold = threshold
        self.abstain_label = abstain_label
        self.sharpness = sharpness

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def fit(self, X: Any, y: Any) -> CentroidHead:
        """Average the rows (n, d), dense or csr, of each class."""
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32])
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"needs at least two classes, got one class: {self.classes_[0]!r}")
        members = np.zeros((len(self.classes_), len(codes)), dtype=X.dtype)
        members[codes, np.arange(len(codes))] = 1.0 / np.bincount(codes)[codes]
        self.centroids_ = unit(np.asarray(safe_sparse_dot(members, unit(X), dense_output=True)))
        return self

    def _cosines(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False)
        return np.asarray(safe_sparse_dot(unit(X), self.centroids_.T, dense_output=True))

    def decision_function(self, X: Any) -> np.ndarray:
        """Return cosines (n, classes); for two classes their difference (n,)."""
        cosines = self._cosines(X)
        return cosines[:, 1] - cosines[:, 0] if len(self.classes_) == 2 else cosines

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return shares (n, classes): softmax of the cosines, not calibrated."""
        return softmax(self.sharpness * self._cosines(X).astype(float))

    def predict(self, X: Any) -> np.ndarray:
        """Return the choices (n,), or `abstain_label` below the threshold."""
        cosines = self._cosines(X)
        chosen = self.classes_[cosines.argmax(axis=1)]
        return abstaining(chosen, cosines.max(axis=1), self.threshold, self.abstain_label)


@ROUTERS.register("centroid")
def _make(
    encoder: Any = "tfidf",
    threshold: float | None = None,
    abstain_label: Any = None,
    sharpness: float = 20.0,
    space: str | None = None,
    shrinkage: float = 0.5,
) -> Pipeline:
    head = CentroidHead(threshold=threshold, abstain_label=abstain_label, sharpness=sharpness)
    steps = [("encoder", make_encoder(encoder)), *space_steps(space, shrinkage), ("head", head)]
    return Pipeline(steps)
