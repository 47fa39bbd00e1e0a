"""Gradient-boosted trees on text rows: wide sparse rows are first projected to few columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from routelab._checks import InputError
from routelab.routers._labels import softmax
from routelab.routers._rows import SparseInputMixin, asked_rows
from routelab.routers._trees import tree_arrays, tree_sums


class BoostedHead(SparseInputMixin, ClassifierMixin, BaseEstimator):
    """Gradient boosting whose classes stand in the order of their scale.

    Trees look at one column at a time, so that tens of thousands of sparse terms are first
    projected to their strongest directions. What this finds and a linear head does not are
    thresholds and interactions of surface features; on text terms it needs more prompts.

    Parameters
    ----------
    trees : int, default 100
        Trees per class.
    learning_rate : float, default 0.1
    max_depth : int, default 3
        Questions in a row; at 1 the columns do not interact.
    components : int, default 100
        Directions that rows of more columns are projected to.
    seed : int, default 0
        Of the projection and of the boosting, which draws half of the rows for each tree and the
        square root of the columns for each question.

    Attributes
    ----------
    classes_ : ndarray (classes,)
        Sorted.
    projection_ : TruncatedSVD or None
        None where the rows had no more columns than `components`.
    prior_ : ndarray (scores,)
        Scores before any tree; one score for two classes, else one per class.
    trees_ : dict of ndarray (trees * scores, nodes)
        Plain numbers, see `routelab.routers._trees`.

    Examples
    --------
    >>> head = BoostedHead().fit([[float(i)] for i in range(60)], ["low"] * 30 + ["high"] * 30)
    >>> head.classes_.tolist(), head.predict([[2.0], [50.0]]).tolist()
    (['high', 'low'], ['low', 'high'])
    """

    def __init__(
        self,
        *,
        trees: int = 100,
        learning_rate: float = 0.1,
        max_depth: int = 3,
        components: int = 100,
        seed: int = 0,
    ):
        self.trees = trees
        self.learning_rate = learning_rate
        self.max_depth = max_depth
        self.components = components
        self.seed = seed

    def fit(self, X: Any, y: Any) -> BoostedHead:
        """Learn from rows (n, d), dense or csr, and labels (n,)."""
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32])
        check_classification_targets(y)
        if not self.components >= 1:
            raise InputError(f"'components' must be at least 1, got {self.components!r}")
        names, codes = np.unique(y, return_inverse=True)
        if len(names) < 2:
            raise ValueError(f"needs at least two classes, got one class: {names.tolist()[0]!r}")
        self.classes_ = names
        self.projection_ = None
        if X.shape[1] > self.components:
            projection = TruncatedSVD(self.components, random_state=self.seed)
            self.projection_ = projection.fit(X)
        boosting = GradientBoostingClassifier(
            n_estimators=self.trees,
            learning_rate=self.learning_rate,
            max_depth=self.max_depth,
            subsample=0.5,
            max_features="sqrt",
            random_state=self.seed,
        ).fit(self._columns(X), codes)
        self._keep(boosting)
        return self

    def _keep(self, boosting: GradientBoostingClassifier) -> None:
        """Keep the scores before any tree, and the trees."""
        prior = np.log(boosting.init_.class_prior_)
        self.prior_ = prior[1:] - prior[:1] if len(prior) == 2 else prior
        self.trees_ = tree_arrays(boosting.estimators_.ravel().tolist(), self.learning_rate)

    def _columns(self, X: Any) -> np.ndarray:
        if self.projection_ is not None:
            X = self.projection_.transform(X)
        return np.asarray(X.toarray() if sp.issparse(X) else X, dtype=np.float32)

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        """Return scores (n, scores) of float32 columns (n, d)."""
        return self.prior_ + tree_sums(rows, self.trees_, len(self.prior_), self.max_depth)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return probabilities (n, classes), columns as in `classes_`."""
        X = asked_rows(self, X)
        scores = self._scores(self._columns(X))
        if scores.shape[1] == 1:
            scores = np.concatenate([np.zeros_like(scores), scores], axis=1)
        return softmax(scores)

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable class of each row (n,)."""
        shares = self.predict_proba(X)
        return self.classes_[shares.argmax(axis=1)]
