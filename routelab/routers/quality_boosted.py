"""Boosted trees, one regression per model."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import GradientBoostingRegressor

from routelab.routers._trees import tree_arrays, tree_sums
from routelab.routers.quality import QualityHead


class QualityBoosted(QualityHead):
    """Gradient-boosted trees per model, on the prompts where its outcome is known.

    Parameters
    ----------
    trees : int, default 100
        Per model. Each sees half of the prompts and, at a question, the root of the columns.
    learning_rate : float, default 0.1
    max_depth : int, default 3
    components : int, default 100
        Columns that wider rows are projected to first.
    seed : int, default 0

    Attributes
    ----------
    projection_ : TruncatedSVD or None
    start_ : ndarray (models,)
        Predictions before any tree.
    trees_ : dict of ndarray (trees * models, nodes)
        Plain numbers, see `routelab.routers._trees`.
    mean_ : ndarray (models,)

    Examples
    --------
    >>> X = [[float(i)] for i in range(60)]
    >>> head = QualityBoosted().fit(X, [[1.0, 0.0]] * 30 + [[0.0, 1.0]] * 30)
    >>> head.predict([[2.0], [50.0]]).argmax(axis=1).tolist()
    [0, 1]
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

    def fit(self, X: Any, y: Any) -> QualityBoosted:
        """Learn from rows (n, d), dense or csr, and qualities (n,) or (n, models)."""
        X, quality = self._check(X, y)
        self.projection_ = None
        if X.shape[1] > self.components:
            self.projection_ = TruncatedSVD(self.components, random_state=self.seed).fit(X)
        rows = self._columns(X)
        grown, self.start_ = [], np.zeros(quality.shape[1])
        for place, column in enumerate(quality.T):
            known = ~np.isnan(column)
            model = GradientBoostingRegressor(
                n_estimators=self.trees,
                learning_rate=self.learning_rate,
                max_depth=self.max_depth,
                subsample=max(0.5, 1 / known.sum()),  # at least one row
                max_features="sqrt",
                random_state=self.seed,
            )
            model.fit(rows[known], column[known])
            self.start_[place] = model.init_.constant_.item()
            grown.append(model.estimators_.ravel())
        self.trees_ = tree_arrays(np.column_stack(grown).ravel().tolist(), self.learning_rate)
        return self

    def _columns(self, X: Any) -> np.ndarray:
        if self.projection_ is not None:
            X = self.projection_.transform(X)
        return np.asarray(X.toarray() if sp.issparse(X) else X, dtype=np.float32)

    def predict(self, X: Any) -> np.ndarray:
        """Return qualities (n, models), or (n,) when fitted on one column; not clipped."""
        rows = self._columns(self._rows(X))
        added = tree_sums(rows, self.trees_, len(self.start_), self.max_depth)
        return self._shape(self.start_ + added)
