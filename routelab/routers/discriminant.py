"""Fisher's discriminant directions: a space in which classes are round and apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from routelab._checks import InputError
from routelab.routers._rows import asked_rows, unit


class DiscriminantSpace(TransformerMixin, BaseEstimator):
    """Project dense rows on the directions that tell the classes apart (Fisher 1936).

    The within-class covariance is shrunk towards a multiple of the identity and divided out, so
    that a direction in which examples of one route differ anyway counts for less. What is left has
    classes - 1 dimensions: with fewer than about ten routes that is little for telling prompts
    that belong nowhere, and the plain vectors do better.

    Parameters
    ----------
    shrinkage : float, default 0.5
        From 0 (the covariance as it is) to 1 (the identity). More examples need less.

    Attributes
    ----------
    directions_ : ndarray (d, classes - 1)

    Examples
    --------
    >>> X = [[0.0, 3.0], [0.2, -3.0], [1.0, 3.1], [1.2, -3.1]]  # the first column decides
    >>> rows = DiscriminantSpace(shrinkage=0.01).fit_transform(X, ["a", "a", "b", "b"])
    >>> rows.shape
    (4, 1)
    """

    def __init__(self, *, shrinkage: float = 0.5):
        self.shrinkage = shrinkage

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags

    def fit(self, X: Any, y: Any) -> DiscriminantSpace:
        """Find the directions from dense rows (n, d) and labels (n,)."""
        X, y = validate_data(self, X, y, dtype=[np.float64, np.float32])
        check_classification_targets(y)
        if not 0 <= self.shrinkage <= 1:
            raise InputError(f"'shrinkage' must lie from 0 to 1, got {self.shrinkage!r}")
        classes = np.unique(y)
        if len(classes) < 2:
            raise ValueError(f"needs at least two classes, got one class: {classes.tolist()[0]!r}")
        if len(y) == len(classes):
            raise InputError("a discriminant space needs a class with two examples: all have one")
        model = LinearDiscriminantAnalysis(solver="eigen", shrinkage=self.shrinkage)
        try:
            model.fit(X, y)
        except np.linalg.LinAlgError as error:
            raise InputError(f"the classes do not vary: raise 'shrinkage' ({error})") from error
        self.directions_ = model.scalings_[:, : len(classes) - 1].astype(X.dtype)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return rows (n, classes - 1) of length one."""
        X = asked_rows(self, X, sparse=False)
        return unit(X @ self.directions_)


def space_steps(space: str | None, shrinkage: float) -> list[tuple[str, Any]]:
    """Return the step of a pipeline that `space` names: none, or "discriminant".

    Examples
    --------
    >>> space_steps(None, 0.5)
    []
    """
    if space is None:
        return []
    if space != "discriminant":
        raise InputError(f"space must be None or 'discriminant', got {space!r}")
    return [("space", DiscriminantSpace(shrinkage=shrinkage))]
