"""Heads whose classes have scores of which probabilities are the softmax."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin

from routelab.routers._labels import softmax


class ScoresMixin(ClassifierMixin):
    """What `scores` (n, classes) and `classes_` give; stands left of `BaseEstimator`."""

    classes_: np.ndarray

    def scores(self, X: Any) -> np.ndarray:
        """Return the score of each class (n, classes), two of them as well."""
        raise NotImplementedError

    def decision_function(self, X: Any) -> np.ndarray:
        """Return scores (n, classes); for two classes their difference (n,)."""
        scores = self.scores(X)
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return probabilities (n, classes), columns as in `classes_`."""
        return softmax(self.scores(X))

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable class of each row (n,)."""
        scores = self.scores(X)
        return self.classes_[scores.argmax(axis=1)]
