"""Gradient-boosted trees on text rows: wide sparse rows are first projected to few columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from routelab._checks import InputError
from routelab.routers._order import ordinal_scale


class BoostedHead(ClassifierMixin, BaseEstimator):
    """Histogram gradient boosting whose classes stand in the order of their scale.

    Trees look at one column at a time, so that tens of thousands of sparse terms are first
    projected to their strongest directions. What this finds and a linear head does not are
    thresholds and interactions of surface features; on text terms it needs more prompts.

    Parameters
    ----------
    max_iter : int, default 100
        Trees per class.
    learning_rate : float, default 0.1
    max_leaf_nodes : int, default 15
        Leaves per tree.
    components : int, default 100
        Directions that rows of more columns are projected to.
    seed : int, default 0
        Of the projection and of the boosting.

    Attributes
    ----------
    classes_ : ndarray (classes,)
        In ascending order when the labels are levels, else sorted.
    projection_ : TruncatedSVD or None
        None where the rows had no more columns than `components`.
    boosting_ : HistGradientBoostingClassifier
        Fitted on places in `classes_`.

    Examples
    --------
    >>> head = BoostedHead().fit([[float(i)] for i in range(60)], ["low"] * 30 + ["high"] * 30)
    >>> head.classes_.tolist(), head.predict([[2.0], [50.0]]).tolist()
    (['low', 'high'], ['low', 'high'])
    """

    def __init__(
        self,
        *,
        max_iter: int = 100,
        learning_rate: float = 0.1,
        max_leaf_nodes: int = 15,
        components: int = 100,
        seed: int = 0,
    ):
        self.max_iter = max_iter
        self.learning_rate = learning_rate
        self.max_leaf_nodes = max_leaf_nodes
        self.components = components
        self.seed = seed

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def fit(self, X: Any, y: Any) -> BoostedHead:
        """Learn from rows (n, d), dense or csr, and labels (n,)."""
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32])
        check_classification_targets(y)
        if not self.components >= 1:
            raise InputError(f"'components' must be at least 1, got {self.components!r}")
        names, codes = np.unique(y, return_inverse=True)
        if len(names) < 2:
            raise ValueError(f"needs at least two classes, got one class: {names[0]!r}")
        order = ordinal_scale(names.tolist()) or names.tolist()
        place = np.array([order.index(name) for name in names.tolist()])
        self.classes_ = names[np.argsort(place)]
        self.projection_ = None
        if X.shape[1] > self.components:
            projection = TruncatedSVD(self.components, random_state=self.seed)
            self.projection_ = projection.fit(X)
        self.boosting_ = HistGradientBoostingClassifier(
            max_iter=self.max_iter,
            learning_rate=self.learning_rate,
            max_leaf_nodes=self.max_leaf_nodes,
            early_stopping=False,
            random_state=self.seed,
        ).fit(self._columns(X), place[codes])
        return self

    def _columns(self, X: Any) -> np.ndarray:
        if self.projection_ is not None:
            return self.projection_.transform(X)
        return X.toarray() if sp.issparse(X) else X

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return probabilities (n, classes), columns as in `classes_`."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False)
        return self.boosting_.predict_proba(self._columns(X))

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable class of each row (n,)."""
        shares = self.predict_proba(X)
        return self.classes_[shares.argmax(axis=1)]
