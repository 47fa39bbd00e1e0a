"""The rule of the semantic-router library, version 1: a baseline that many gateways run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from routelab._checks import InputError, did_you_mean
from routelab.encoders import make_encoder
from routelab.routers._base import ROUTERS
from routelab.routers._labels import AbstainingMixin, softmax
from routelab.routers._leave_one_out import check_k
from routelab.routers._neighbors import nearest, unit_float32
from routelab.routers._rows import SparseInputMixin, asked_rows, unit

AGGREGATIONS = ("mean", "max", "sum")


class SemanticRouterHead(SparseInputMixin, AbstainingMixin, BaseEstimator):
    """Score each route by its examples among the `top_k` most similar; the highest score wins.

    A route without an example among them scores 0. Of the routes that reach their threshold the
    best one is taken, so that a route below its own threshold gives way to the next. Equal scores
    go to the route whose first example was given first.

    Parameters
    ----------
    top_k : int, default 5
        Examples that count; all of them when there are fewer.
    aggregation : {"mean", "max", "sum"}, default "mean"
        From the cosines of a route's examples among the `top_k` to its score. "mean" does not
        see how many they are: one close example beats four that are nearly as close.
    threshold : float or mapping of route to float, optional
        Least score of a choice; of a mapping's absent routes nothing is asked. None never
        abstains.
    abstain_label : optional
        What `predict` returns where no route reaches its threshold.
    sharpness : float, default 20.0
        Factor on the scores in `predict_proba`; the shares are not calibrated.

    Attributes
    ----------
    classes_ : ndarray (classes,)
    examples_ : float32 ndarray or csc (n, d)
        Rows of length one.
    codes_ : ndarray (n,)
        Index into `classes_` of each example.
    order_ : ndarray (classes,)
        Indices into `classes_` in the order in which the routes were first given.

    References
    ----------
    ``IndexedRouter`` with ``LocalIndex`` of semantic-router 1.1.1 (``routers/indexed.py``,
    ``routers/base.py``), dense vectors, without a calibrator. Its defaults are the ones here; the
    thresholds by encoder of its versions before 1 are gone.

    Examples
    --------
    >>> X, y = [[1, 0.0], [0.9, 0.5], [0.8, 0.6]], ["one", "many", "many"]
    >>> [SemanticRouterHead(aggregation=how).fit(X, y).predict([[1, 0.1]]).item()
    ...  for how in ("mean", "sum")]
    ['one', 'many']
    """

    def __init__(
        self,
        *,
        top_k: int = 5,
        aggregation: str = "mean",
        threshold: float | Mapping[Any, float] | None = None,
        abstain_label: Any = None,
        sharpness: float = 20.0,
    ):
        self.top_k = top_k
        self.aggregation = aggregation
        self.threshold = threshold
        self.abstain_label = abstain_label
        self.sharpness = sharpness

    def fit(self, X: Any, y: Any) -> SemanticRouterHead:
        """Keep the rows (n, d), dense or csr, and their routes (n,)."""
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32])
        check_classification_targets(y)
        self.classes_, first, self.codes_ = np.unique(y, return_index=True, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"needs at least two classes, got one class: {self.classes_.tolist()[0]!r}"
            )
        self.order_ = np.argsort(first)
        self.examples_ = unit_float32(X)
        self._check()
        return self

    def _check(self) -> None:
        """Refuse parameters of no meaning; they may have been set after `fit`."""
        check_k(self.top_k, "top_k")
        if self.aggregation not in AGGREGATIONS:
            raise InputError(
                f"'aggregation' must be one of {', '.join(AGGREGATIONS)}, got {self.aggregation!r}"
            )
        if isinstance(self.threshold, Mapping):
            routes = self.classes_.tolist()
            for route in self.threshold:
                if route not in routes:
                    raise InputError(
                        f"'threshold' names {route!r}, which is none of the "
                        f"routes{did_you_mean(str(route), [str(name) for name in routes])}"
                    )

    def _scores(self, X: Any) -> np.ndarray:
        """Return the score of every route (n, classes): aggregated cosines, 0 without a hit."""
        self._check()
        X = asked_rows(self, X)
        classes, k = len(self.classes_), min(self.top_k, len(self.codes_))
        scores = np.zeros((X.shape[0], classes))
        for rows, index, cosine in nearest(unit(X), self.examples_, k):
            cells = (np.arange(len(index))[:, None] * classes + self.codes_[index]).ravel()
            size = len(index) * classes
            hits = np.bincount(cells, minlength=size)
            if self.aggregation == "max":
                total = np.full(size, -np.inf)
                np.maximum.at(total, cells, cosine.ravel())
            else:
                total = np.bincount(cells, cosine.ravel(), minlength=size)
            if self.aggregation == "mean":
                total = total / np.maximum(hits, 1)
            scores[rows] = np.where(hits > 0, total, 0.0).reshape(-1, classes)
        return scores

    def confidence(self, X: Any) -> np.ndarray:
        """Return the score of the best route (n,), which one `threshold` is compared with."""
        return self._scores(X).max(axis=1)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return shares (n, classes): softmax of the scores, not calibrated."""
        return softmax(self.sharpness * self._scores(X))

    def predict(self, X: Any) -> np.ndarray:
        """Return the choices (n,), or `abstain_label` where no route reaches its threshold."""
        scores = self._scores(X)
        if self.threshold is None:
            return self.classes_[self._first_best(scores)]
        given = self.threshold
        bars = np.array(
            [given.get(name, -np.inf) for name in self.classes_.tolist()]
            if isinstance(given, Mapping)
            else np.full(len(self.classes_), float(given))
        )
        passing = np.where(scores >= bars, scores, -np.inf)
        answer = self.classes_[self._first_best(passing)].astype(object)
        answer[~(scores >= bars).any(axis=1)] = self.abstain_label
        return answer

    def _first_best(self, scores: np.ndarray) -> np.ndarray:
        """Return the best class (n,); of equals the one that was given first."""
        return self.order_[scores[:, self.order_].argmax(axis=1)]


@ROUTERS.register("semantic-router-rule")
def _make(
    encoder: Any = "tfidf",
    top_k: int = 5,
    aggregation: str = "mean",
    threshold: float | Mapping[Any, float] | None = None,
    abstain_label: Any = None,
    sharpness: float = 20.0,
) -> Pipeline:
    head = SemanticRouterHead(
        top_k=top_k,
        aggregation=aggregation,
        threshold=threshold,
        abstain_label=abstain_label,
        sharpness=sharpness,
    )
    return Pipeline([("encoder", make_encoder(encoder)), ("head", head)])
