"""A fitted router whose strong answer takes a share of its own choosing, not the largest one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.validation import check_is_fitted

from routelab._checks import InputError, did_you_mean


class StrongThreshold(ClassifierMixin, BaseEstimator):
    """Answer `strong` where the router gives it a share of at least `threshold`.

    Elsewhere the answer is the most probable of the others. `routelab.calibrate` makes one around
    a fitted router and chooses the threshold; the router itself stays as it was fitted.

    Parameters
    ----------
    router : classifier
        With `predict_proba`; for example ``make_router("complexity")``.
    strong : label
        One of the router's classes: the dear model, or the highest level.
    threshold : float, default 0.5
        Least share of `strong`; 0 always answers it, a number above 1 never. May be changed after
        `fit`.

    Attributes
    ----------
    classes_ : ndarray (classes,)
    router_ : classifier
        Fitted.

    Examples
    --------
    >>> from routelab.routers import make_router
    >>> prompts, models = ["sort a list", "write a poem"], ["small", "large"]
    >>> router = StrongThreshold(make_router("centroid"), strong="large").fit(prompts, models)
    >>> router.predict(["a list", "a poem"]).tolist()
    ['small', 'large']
    >>> router.set_params(threshold=0.0).predict(["a list", "a poem"]).tolist()
    ['large', 'large']
    """

    def __init__(self, router: Any, *, strong: Any, threshold: float = 0.5):
        self.router = router
        self.strong = strong
        self.threshold = threshold

    def fit(self, X: Iterable[str], y: Any) -> StrongThreshold:
        """Fit a copy of the router on prompts (n,) and labels (n,)."""
        return self._around(clone(self.router).fit(X, y))

    @classmethod
    def of_fitted(cls, router: Any, strong: Any, threshold: float) -> StrongThreshold:
        """Return a threshold around a router that is fitted already and stays as it is."""
        return cls(router, strong=strong, threshold=threshold)._around(router)

    def _around(self, fitted: Any) -> StrongThreshold:
        self.router_ = fitted
        self.classes_ = np.asarray(fitted.classes_)
        if self.strong not in self.classes_.tolist():
            names = [str(name) for name in self.classes_.tolist()]
            raise InputError(
                f"'strong' must be an answer of the router: {', '.join(names)}; got "
                f"{self.strong!r}{did_you_mean(str(self.strong), names)}"
            )
        return self

    def predict_proba(self, X: Iterable[str]) -> np.ndarray:
        """Return the router's shares (n, classes), before the threshold."""
        check_is_fitted(self)
        return self.router_.predict_proba(X)

    def scores(self, X: Iterable[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return the share of `strong` (n,) and the column of the best other answer (n,)."""
        shares = np.asarray(self.predict_proba(X), dtype=float)
        place = self.classes_.tolist().index(self.strong)
        others = shares.copy()
        others[:, place] = -np.inf
        return shares[:, place], others.argmax(axis=1)

    def predict(self, X: Iterable[str]) -> np.ndarray:
        """Return the answers (n,)."""
        check_is_fitted(self)
        score, other = self.scores(X)
        place = self.classes_.tolist().index(self.strong)
        return self.classes_[np.where(score >= self.threshold, place, other)]
