"""Nearest class mean by cosine: the semantic router with the fewest moving parts."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.extmath import safe_sparse_dot
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from routelab._checks import InputError
from routelab.encoders import make_encoder
from routelab.routers._base import ROUTERS
from routelab.routers._labels import AbstainingMixin, abstaining, check_alike, softmax
from routelab.routers._leave_one_out import check_k
from routelab.routers._modes import round_parts
from routelab.routers._rows import SparseInputMixin, asked_rows, unit
from routelab.routers.discriminant import space_steps


class CentroidHead(SparseInputMixin, AbstainingMixin, BaseEstimator):
    """Choose the class with the nearest mean direction.

    Rows are scaled to length one, averaged, and the averages scaled to length one again, so that
    a class with scattered examples is not at a disadvantage. A class that is not round, such as a
    route that serves several kinds of task, may have several centroids; the nearest one counts.

    Parameters
    ----------
    centroids : int, default 1
        Most centroids per class. Above 1, a class of at least 32 examples is split by k-means
        where its examples do not lie around one mean (`routelab.routers._modes`).
    threshold : float, optional
        Least cosine (-1 to 1) of a choice; below it the head abstains. None never abstains.
    abstain_label : optional
        What `predict` returns when it abstains.
    sharpness : float, default 20.0
        Factor on the cosines in `predict_proba`; the shares are not calibrated.

    Attributes
    ----------
    classes_ : ndarray (classes,)
    centroids_ : ndarray (centroids, d)
        Rows of length one, those of a class beside each other, in the order of `classes_`.
    codes_ : ndarray (centroids,)
        Index into `classes_` of each centroid.
    counts_ : ndarray (centroids,)
        Examples behind each centroid.
    lengths_ : ndarray (centroids,)
        Length of the sum of those examples; from it and `counts_` examples are added and removed.

    Examples
    --------
    >>> head = CentroidHead(threshold=0.5).fit([[1, 0], [2, 0], [0, 1]], ["a", "a", "b"])
    >>> head.predict([[3, 1], [-1, -1]]).tolist()
    ['a', None]
    >>> head.partial_fit([[-1, 0]], ["c"]).predict([[-2, 0]]).tolist()
    ['c']
    """

    def __init__(
        self,
        *,
        centroids: int = 1,
        threshold: float | None = None,
        abstain_label: Any = None,
        sharpness: float = 20.0,
    ):
        self.centroids = centroids
        self.threshold = threshold
        self.abstain_label = abstain_label
        self.sharpness = sharpness

    def fit(self, X: Any, y: Any) -> CentroidHead:
        """Average the rows (n, d), dense or csr, of each class."""
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32])
        check_classification_targets(y)
        check_k(self.centroids, "centroids")
        classes, codes = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(f"needs at least two classes, got one class: {classes.tolist()[0]!r}")
        rows = unit(X)
        part = np.zeros(len(codes), dtype=int)
        if self.centroids > 1:
            for code in range(len(classes)):
                members = np.flatnonzero(codes == code)
                part[members] = round_parts(rows[members], self.centroids)
        places, place = np.unique(np.column_stack([codes, part]), axis=0, return_inverse=True)
        sums, counts = _sums(rows, place.ravel(), len(places))
        self._keep(classes, places[:, 0], sums, counts)
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> CentroidHead:
        """Add examples (n, d) of known or new classes; equal to a fit on all, up to rounding.

        With several centroids per class, an example joins the nearest one of its class and none
        is split anew. `classes` is there for scikit-learn's protocol and may stay away.
        """
        if not hasattr(self, "classes_"):
            return self.fit(X, y)
        X, y = validate_data(
            self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False
        )
        check_classification_targets(y)
        check_alike(self.classes_, y)
        known = np.unique(np.concatenate([self.classes_, y]))
        owner = np.searchsorted(known, self.classes_)[self.codes_]
        new = np.setdiff1d(np.searchsorted(known, np.unique(y)), owner)
        owner = np.concatenate([owner, new])
        empty = np.zeros((len(new), self.centroids_.shape[1]), self.centroids_.dtype)
        rows = unit(X)
        place = _nearest_own(
            rows, np.searchsorted(known, y), np.vstack([self.centroids_, empty]), owner
        )
        added, counts = _sums(rows, place, len(owner))
        added[: len(self.counts_)] += self._totals()
        counts[: len(self.counts_)] += self.counts_
        self._keep(known, owner, added, counts)
        return self

    def remove(self, X: Any, y: Any) -> CentroidHead:
        """Take examples (n, d) out again; equal to a fit without them, up to rounding.

        A class without examples is forgotten. With several centroids per class, an example is
        taken from the nearest one of its class. A mean does not remember what it was made of:
        examples that were never there are taken out as well.

        Raises
        ------
        InputError
            A class is unknown, has fewer examples than are to go, or would be the last one.
        """
        check_is_fitted(self)
        X, y = validate_data(
            self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False
        )
        unknown = sorted(set(y.tolist()) - set(self.classes_.tolist()))
        if unknown:
            raise InputError(f"no example of {unknown[0]!r} to remove: it is no class")
        rows = unit(X)
        codes = np.searchsorted(self.classes_, y)
        place = _nearest_own(rows, codes, self.centroids_, self.codes_)
        gone, counts = _sums(rows, place, len(self.counts_))
        left = self.counts_ - counts
        if (left < 0).any():
            short = int(np.flatnonzero(left < 0)[0])
            name = self.classes_.tolist()[self.codes_[short]]
            raise InputError(
                f"{counts[short]} examples of {name!r} to remove, but its centroid has "
                f"{self.counts_[short]}"
            )
        kept = left > 0
        names = np.unique(self.codes_[kept])
        if len(names) < 2:
            raise InputError(
                "a router needs two classes: these examples are the last of the others"
            )
        sums = (self._totals() - gone)[kept]
        owner = np.searchsorted(names, self.codes_[kept])
        self._keep(self.classes_[names], owner, sums, left[kept])
        return self

    def _totals(self) -> np.ndarray:
        """Return the sum of the examples of each centroid."""
        return self.centroids_ * self.lengths_[:, None].astype(self.centroids_.dtype)

    def _keep(
        self, classes: np.ndarray, owner: np.ndarray, sums: np.ndarray, counts: np.ndarray
    ) -> None:
        order = np.argsort(owner, kind="stable")
        self.classes_, self.codes_, self.counts_ = classes, owner[order], counts[order]
        self.lengths_ = np.linalg.norm(sums[order].astype(float), axis=1)
        self.centroids_ = unit(sums[order])

    def _cosines(self, X: Any) -> np.ndarray:
        X = asked_rows(self, X)
        cosines = np.asarray(safe_sparse_dot(unit(X), self.centroids_.T, dense_output=True))
        if len(self.codes_) == len(self.classes_):
            return cosines
        starts = np.searchsorted(self.codes_, np.arange(len(self.classes_)))
        return np.maximum.reduceat(cosines, starts, axis=1)

    def decision_function(self, X: Any) -> np.ndarray:
        """Return cosines (n, classes); for two classes their difference (n,)."""
        cosines = self._cosines(X)
        return cosines[:, 1] - cosines[:, 0] if len(self.classes_) == 2 else cosines

    def confidence(self, X: Any) -> np.ndarray:
        """Return the cosine of the nearest centroid (n,), which `threshold` is compared with."""
        return self._cosines(X).max(axis=1)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return shares (n, classes): softmax of the cosines, not calibrated."""
        return softmax(self.sharpness * self._cosines(X).astype(float))

    def predict(self, X: Any) -> np.ndarray:
        """Return the choices (n,), or `abstain_label` below the threshold."""
        cosines = self._cosines(X)
        chosen = self.classes_[cosines.argmax(axis=1)]
        return abstaining(chosen, cosines.max(axis=1), self.threshold, self.abstain_label)


def _sums(rows: Any, place: np.ndarray, places: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the sum of the unit rows at each place (places, d), and how many there are."""
    members = np.zeros((places, len(place)), dtype=rows.dtype)
    members[place, np.arange(len(place))] = 1
    sums = np.asarray(safe_sparse_dot(members, rows, dense_output=True))
    return sums, np.bincount(place, minlength=places)


def _nearest_own(
    rows: Any, codes: np.ndarray, centroids: np.ndarray, owner: np.ndarray
) -> np.ndarray:
    """Return the place (n,) of the nearest centroid of each row's own class."""
    cosines = np.asarray(safe_sparse_dot(rows, centroids.T, dense_output=True))
    return np.where(owner[None, :] == codes[:, None], cosines, -np.inf).argmax(axis=1)


@ROUTERS.register("centroid")
def _make(
    encoder: Any = "tfidf",
    centroids: int = 1,
    threshold: float | None = None,
    abstain_label: Any = None,
    sharpness: float = 20.0,
    space: str | None = None,
    shrinkage: float = 0.5,
) -> Pipeline:
    head = CentroidHead(
        centroids=centroids,
        threshold=threshold,
        abstain_label=abstain_label,
        sharpness=sharpness,
    )
    steps = [("encoder", make_encoder(encoder)), *space_steps(space, shrinkage), ("head", head)]
    return Pipeline(steps)
