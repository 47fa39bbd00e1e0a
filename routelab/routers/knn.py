"""Similarity-weighted votes of the nearest examples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from routelab._checks import InputError, require
from routelab.encoders import make_encoder
from routelab.routers._base import ROUTERS
from routelab.routers._cells import FEWEST, CellIndex
from routelab.routers._labels import AbstainingMixin, abstaining, check_alike
from routelab.routers._leave_one_out import LeaveOneOut, check_k
from routelab.routers._neighbors import Block, nearest, stacked, unit_float32
from routelab.routers._rows import SparseInputMixin, asked_rows, unit
from routelab.routers.discriminant import space_steps


def check_index(index: Any, rows: Any) -> None:
    """Say that `index` is not a kind of index, or that these rows or this machine have none."""
    if index not in ("exact", "approximate"):
        raise InputError(f"'index' must be 'exact' or 'approximate', got {index!r}")
    if index == "approximate":
        require("faiss", "ann")
        if sp.issparse(rows):
            raise InputError(
                "index='approximate' needs dense rows, got sparse ones: use index='exact', or an "
                "encoder with dense vectors"
            )


class NeighborsHead(SparseInputMixin, LeaveOneOut, AbstainingMixin, BaseEstimator):
    """Let the k most similar examples vote, each with weight exp(sharpness * cosine).

    Among examples that are equally similar the first ones vote. Examples can be added and removed
    (`partial_fit`, `remove`), and judge each other (`leave_one_out`).

    Parameters
    ----------
    k : int, default 10
        Neighbours that vote; all of them when there are fewer examples.
    sharpness : float, default 10.0
        0 counts heads; large values follow the single nearest example.
    threshold : float, optional
        Least cosine (-1 to 1) of the nearest example; below it the head abstains.
    abstain_label : optional
        What `predict` returns when it abstains.
    index : {"exact", "approximate"}, default "exact"
        "approximate" finds 97 of 100 neighbours and needs ``pip install "routelab[ann]"`` and
        dense rows. It pays for single prompts, measured on prompts in static vectors (CLINC150,
        BANKING77, MMLU): as fast as "exact" at 5,000 examples, 1.5 times as fast at 10,000, 4 times
        at 100,000. For batches of hundreds "exact" is faster up to 100,000. Below 10,000 examples
        the search is exact in either case. The index is not stored: it is built (100,000 examples:
        2 s) at the first answer after a fit, a change of the examples, or a load.

    Attributes
    ----------
    classes_ : ndarray (classes,)
    examples_ : float32 ndarray or csc (n, d)
        Rows of length one, in float32 whatever came in: a cosine is off by 1e-7 at most.
    codes_ : ndarray (n,)
        Index into `classes_` of each example.

    Raises
    ------
    InputError
        `k` or `index` is not one of those allowed; the extra for "approximate" is missing.

    Examples
    --------
    >>> head = NeighborsHead(k=2).fit([[1, 0], [2, 0.1], [0, 1]], ["a", "a", "b"])
    >>> head.predict([[5, 1]]).tolist()
    ['a']
    >>> head.partial_fit([[5, 0.9]], ["c"]).remove([1]).predict([[5, 1]]).tolist()
    ['c']
    """

    _cells: CellIndex | None

    def __init__(
        self,
        *,
        k: int = 10,
        sharpness: float = 10.0,
        threshold: float | None = None,
        abstain_label: Any = None,
        index: str = "exact",
    ):
        self.k = k
        self.sharpness = sharpness
        self.threshold = threshold
        self.abstain_label = abstain_label
        self.index = index

    def fit(self, X: Any, y: Any) -> NeighborsHead:
        """Keep the rows (n, d), dense or csr, and their labels (n,)."""
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32])
        return self._learn(None, X, y, None)

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> NeighborsHead:
        """Add rows (n, d) with their labels (n,), new classes included; equal to a fit on all.

        In a router the encoder comes first: ``router["head"].partial_fit(
        router["encoder"].transform(prompts), labels)``.

        Parameters
        ----------
        X : array or csr (n, d)
        y : array (n,)
        classes : array, optional
            Further classes to know although no example has them yet.
        """
        first = not hasattr(self, "classes_")
        X, y = validate_data(
            self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32], reset=first
        )
        return self._learn(None if first else self.examples_, X, y, classes)

    def _learn(self, known: Any, X: Any, y: np.ndarray, classes: Any) -> NeighborsHead:
        """Keep the `known` examples, if any, and new ones; nothing is changed on an error."""
        check_classification_targets(y)
        check_k(self.k)
        check_index(self.index, X if known is None else known)
        labels = [y, np.asarray(y[:0] if classes is None else classes)]
        if known is not None:
            labels.append(self.classes_)
        check_alike(*labels)
        names, codes = np.unique(np.concatenate(labels), return_inverse=True)
        if len(names) < 2:
            raise ValueError(f"needs at least two classes, got one class: {names.tolist()[0]!r}")
        rows, own = unit_float32(X), codes[: len(y)]
        if known is not None:
            moved = codes[len(codes) - len(self.classes_) :]  # old code -> new code
            rows, own = stacked(known, rows), np.concatenate([moved[self.codes_], own])
        self.examples_, self.codes_, self.classes_ = rows, own, names
        self._cells = None
        return self

    def remove(self, indices: Any) -> NeighborsHead:
        """Forget the examples at these places (0 to n - 1); equal to a fit on the others.

        The places of later examples move up. Classes without an example are forgotten too.
        """
        check_is_fitted(self)
        n = len(self.codes_)
        gone = np.atleast_1d(np.asarray(indices))
        if gone.size and (gone.dtype.kind not in "iu" or gone.min() < 0 or gone.max() >= n):
            raise InputError(f"'indices' must be whole numbers from 0 to {n - 1}, got {indices!r}")
        kept = np.setdiff1d(np.arange(n), gone)
        used = np.bincount(self.codes_[kept], minlength=len(self.classes_)) > 0
        if used.sum() < 2:
            raise InputError(
                f"examples of at least two classes must remain, got {self.classes_[used].tolist()}"
            )
        self.examples_ = self.examples_[kept]
        self.codes_ = (np.cumsum(used) - 1)[self.codes_[kept]]
        self.classes_ = self.classes_[used]
        self._cells = None
        return self

    def __getstate__(self) -> dict[str, Any]:
        # An index of faiss is no plain array; it is built again, see `_nearest`.
        return {k: v for k, v in super().__getstate__().items() if k != "_cells"}

    def _nearest(self, queries: Any, k: int) -> Iterator[Block]:
        check_index(self.index, self.examples_)  # may have been set, or loaded, since the fit
        if self.index == "exact" or len(self.codes_) < FEWEST:
            return nearest(queries, self.examples_, k)
        cells = getattr(self, "_cells", None)
        if cells is None:
            cells = self._cells = CellIndex(self.examples_)
        return cells.nearest(queries, k)

    def _shares(self, index: np.ndarray, cosine: np.ndarray) -> np.ndarray:
        """Return the shares of the votes (n, classes) of neighbours (n, k), the nearest first."""
        n, classes = len(index), len(self.classes_)
        weight = np.exp(self.sharpness * (cosine - cosine[:, :1]))
        cells = np.arange(n)[:, None] * classes + self.codes_[index]
        votes = np.bincount(cells.ravel(), weight.ravel(), minlength=n * classes)
        votes = votes.reshape(n, classes)
        return votes / votes.sum(axis=1, keepdims=True)

    def _answers(self, shares: np.ndarray, best: np.ndarray) -> np.ndarray:
        chosen = self.classes_[shares.argmax(axis=1)]
        return abstaining(chosen, best, self.threshold, self.abstain_label)

    def _votes(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return shares (n, classes) and the cosine of the nearest example (n,)."""
        X = asked_rows(self, X)
        shares, best = np.empty((X.shape[0], len(self.classes_))), np.empty(X.shape[0])
        for rows, index, cosine in self._nearest(unit(X), min(self.k, len(self.codes_))):
            shares[rows], best[rows] = self._shares(index, cosine), cosine[:, 0]
        return shares, best

    def confidence(self, X: Any) -> np.ndarray:
        """Return the cosine of the nearest example (n,), which `threshold` is compared with."""
        return self._votes(X)[1]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the share of the votes (n, classes)."""
        return self._votes(X)[0]

    def predict(self, X: Any) -> np.ndarray:
        """Return the choices (n,), or `abstain_label` below the threshold."""
        return self._answers(*self._votes(X))


@ROUTERS.register("knn")
def _make(
    encoder: Any = "tfidf",
    k: int = 10,
    sharpness: float = 10.0,
    threshold: float | None = None,
    abstain_label: Any = None,
    space: str | None = None,
    shrinkage: float = 0.5,
    index: str = "exact",
) -> Pipeline:
    head = NeighborsHead(
        k=k, sharpness=sharpness, threshold=threshold, abstain_label=abstain_label, index=index
    )
    steps = [("encoder", make_encoder(encoder)), *space_steps(space, shrinkage), ("head", head)]
    return Pipeline(steps)
