"""Trainable complexity: surface features beside the encoder, levels in their order."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from routelab.encoders import make_encoder
from routelab.routers._base import ROUTERS
from routelab.routers._order import ordinal_scale
from routelab.routers.features import PromptFeatures


class ComplexityHead(ClassifierMixin, BaseEstimator):
    """Logistic regression whose classes stand in the order of their scale.

    With labels low, medium, high, `classes_` is in that order and not in that of the alphabet,
    so that a column of `predict_proba` further right means a harder prompt.

    Parameters
    ----------
    C : float, default 3.0
        Inverse of the penalty.
    max_iter : int, default 1000
        Most steps of the solver.

    Attributes
    ----------
    classes_ : ndarray (classes,)
        In ascending order when the labels are levels, else sorted.
    model_ : LogisticRegression
    n_iter_ : int
        Steps that the solver took.

    Examples
    --------
    >>> head = ComplexityHead().fit([[0.0], [1.0], [2.0]], ["low", "medium", "high"])
    >>> head.classes_.tolist()
    ['low', 'medium', 'high']
    """

    def __init__(self, *, C: float = 3.0, max_iter: int = 1000):
        self.C = C
        self.max_iter = max_iter

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def fit(self, X: Any, y: Any) -> ComplexityHead:
        """Learn from rows (n, d), dense or csr, and labels (n,)."""
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32])
        check_classification_targets(y)
        self.model_ = LogisticRegression(C=self.C, max_iter=self.max_iter).fit(X, y)
        self.n_iter_ = int(self.model_.n_iter_.max())
        names = self.model_.classes_
        scale = ordinal_scale(names.tolist())
        self.classes_ = names if scale is None else np.array(scale, dtype=names.dtype)
        self._columns = np.array([names.tolist().index(c) for c in self.classes_.tolist()])
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return probabilities (n, classes), columns as in `classes_`."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False)
        return self.model_.predict_proba(X)[:, self._columns]

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable class of each row (n,)."""
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]


@ROUTERS.register("complexity")
def make_complexity(encoder: Any = "tfidf", C: float = 3.0, max_iter: int = 1000) -> Pipeline:
    """Make a complexity classifier: scaled `PromptFeatures` beside the encoder's rows.

    Parameters
    ----------
    encoder : str or transformer, default "tfidf"
        See `routelab.make_encoder`.
    C : float, default 3.0
        Inverse of the penalty, the same for features and text.
    max_iter : int, default 1000
        Most steps of the solver.

    Examples
    --------
    >>> prompts = ["hi", "name a colour", "prove that n^2 >= n", "derive the gradient of x^T A x"]
    >>> router = make_complexity().fit(prompts, ["low", "low", "high", "high"])
    >>> router.predict(["prove the identity x^2 = x*x"]).tolist()
    ['high']
    """
    surface = Pipeline([("counts", PromptFeatures()), ("scale", StandardScaler())])
    union = FeatureUnion(
        [("surface", surface), ("text", make_encoder(encoder))],
        transformer_weights={"surface": 0.2, "text": 1.0},
    )
    return Pipeline([("encoder", union), ("head", ComplexityHead(C=C, max_iter=max_iter))])
