"""A linear head that also tells how far a prompt lies from everything it was made for."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.special import logsumexp
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from routelab._checks import InputError, did_you_mean
from routelab.encoders import make_encoder
from routelab.routers._base import ROUTERS
from routelab.routers._labels import AbstainingMixin, abstaining, softmax
from routelab.routers._rows import SparseInputMixin, asked_rows
from routelab.routers.centroid import CentroidHead
from routelab.routers.discriminant import DiscriminantSpace
from routelab.routers.logistic import LogisticHead


class ScopedHead(SparseInputMixin, AbstainingMixin, BaseEstimator):
    """Choose a route by logistic regression; doubt it by two measures that err differently.

    The first measure is the cosine of the nearest centroid in the space of discriminant directions
    (of the rows themselves where they are sparse or no class has two examples). The second comes
    from the regression: where out-of-scope examples are given they are a class of their own, and it
    is minus the logarithm of that class's probability; without them it is the logarithm of the sum
    of the exponential scores (Liu et al. 2020, arXiv 2010.03759, eq. 4, the negative energy at
    temperature 1). Each is brought to unit variance over the training rows in scope; their sum
    counts.

    Parameters
    ----------
    out_of_scope : optional
        Label of training rows that belong to no route. It is never answered.
    C : float, default 20.0
        Inverse of the penalty, see `LogisticHead`.
    shrinkage : float, default 0.9
        Of the discriminant directions, see `DiscriminantSpace`. Telling what belongs nowhere wants
        more of it than telling routes apart.
    threshold : float, optional
        Least `confidence` of a choice; below it the head abstains. `RouteThresholds` fits it.
    abstain_label : optional
        What `predict` returns when it abstains.

    Attributes
    ----------
    classes_ : ndarray (classes,)
        The routes, without `out_of_scope`.
    linear_ : LogisticHead
    space_ : DiscriminantSpace or None
    centroids_ : CentroidHead
    center_, scale_ : ndarray (2,)
        Mean and standard deviation of the two measures over the training rows in scope.

    Examples
    --------
    >>> X = [[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9], [-1.0, -1.0]]
    >>> head = ScopedHead(out_of_scope="none").fit(X, ["a", "a", "b", "b", "none"])
    >>> head.classes_.tolist(), head.predict([[1.0, 0.1]]).tolist()
    (['a', 'b'], ['a'])
    >>> inside, outside = head.confidence([[1.0, 0.0], [-1.0, -0.9]])
    >>> bool(inside > outside)
    True
    """

    def __init__(
        self,
        *,
        out_of_scope: Any = None,
        C: float = 20.0,
        shrinkage: float = 0.9,
        threshold: float | None = None,
        abstain_label: Any = None,
    ):
        self.out_of_scope = out_of_scope
        self.C = C
        self.shrinkage = shrinkage
        self.threshold = threshold
        self.abstain_label = abstain_label

    def fit(self, X: Any, y: Any) -> ScopedHead:
        """Learn from rows (n, d), dense or csr, and labels (n,)."""
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32])
        check_classification_targets(y)
        inside = np.array([label != self.out_of_scope for label in y.tolist()], dtype=bool)
        if self.out_of_scope is not None and inside.all():
            raise InputError(
                f"no row is labelled 'out_of_scope', which is {self.out_of_scope!r}"
                f"{did_you_mean(str(self.out_of_scope), map(str, np.unique(y)))}"
            )
        rows, routes = X[np.flatnonzero(inside)], y[inside]
        self.classes_, counts = np.unique(routes, return_counts=True)
        if len(self.classes_) < 2:
            found = ", ".join(repr(c) for c in self.classes_.tolist()) or "none"
            raise ValueError(f"needs at least two classes in scope, got one class: {found}")
        self.linear_ = LogisticHead(C=self.C).fit(X, y)
        self.columns_ = np.array(
            [self.linear_.classes_.tolist().index(c) for c in self.classes_.tolist()]
        )
        spaced = not sp.issparse(X) and counts.max() > 1
        self.space_ = DiscriminantSpace(shrinkage=self.shrinkage) if spaced else None
        placed = rows if self.space_ is None else self.space_.fit_transform(rows, routes)
        self.centroids_ = CentroidHead().fit(placed, routes)
        measures = self._measures(rows, self.linear_.scores(rows))
        self.center_ = measures.mean(axis=0)
        self.scale_ = np.maximum(measures.std(axis=0), 1e-12)
        return self

    def _rows(self, X: Any) -> Any:
        return asked_rows(self, X)

    def _measures(self, rows: Any, scores: np.ndarray) -> np.ndarray:
        """Return both measures of being in scope (n, 2)."""
        placed = rows if self.space_ is None else self.space_.transform(rows)
        total = logsumexp(scores, axis=1)
        if len(self.linear_.classes_) > len(self.classes_):
            beyond = np.setdiff1d(np.arange(scores.shape[1]), self.columns_)[0]
            total = total - scores[:, beyond]
        return np.column_stack([self.centroids_.confidence(placed), total])

    def _route_scores(self, rows: Any) -> np.ndarray:
        return self.linear_.scores(rows)[:, self.columns_]

    def confidence(self, X: Any) -> np.ndarray:
        """Return how surely each row is in scope (n,): 0 on average over the training rows."""
        rows = self._rows(X)
        return self._sure(rows, self.linear_.scores(rows))

    def _sure(self, rows: Any, scores: np.ndarray) -> np.ndarray:
        measures = self._measures(rows, scores)
        return ((measures - self.center_) / self.scale_).sum(axis=1)

    def decision_function(self, X: Any) -> np.ndarray:
        """Return scores (n, classes); for two classes their difference (n,)."""
        scores = self._route_scores(self._rows(X))
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return probabilities (n, classes), given that the row is in scope."""
        return softmax(self._route_scores(self._rows(X)))

    def predict(self, X: Any) -> np.ndarray:
        """Return the choices (n,), or `abstain_label` below the threshold."""
        rows = self._rows(X)
        scores = self.linear_.scores(rows)
        chosen = self.classes_[scores[:, self.columns_].argmax(axis=1)]
        if self.threshold is None:
            return chosen
        sure = self._sure(rows, scores)
        return abstaining(chosen, sure, self.threshold, self.abstain_label)


@ROUTERS.register("scoped")
def _make(
    encoder: Any = "tfidf",
    out_of_scope: Any = None,
    C: float = 20.0,
    shrinkage: float = 0.9,
    threshold: float | None = None,
    abstain_label: Any = None,
) -> Pipeline:
    head = ScopedHead(
        out_of_scope=out_of_scope,
        C=C,
        shrinkage=shrinkage,
        threshold=threshold,
        abstain_label=abstain_label,
    )
    return Pipeline([("encoder", make_encoder(encoder)), ("head", head)])
