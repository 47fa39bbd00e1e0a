"""Nearest-neighbour heads judge their own examples, each without itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from routelab._checks import InputError
from routelab.routers._neighbors import Block


def check_k(k: Any, name: str = "k") -> int:
    """Return `k`, or say that the parameter `name` is not a positive whole number.

    Examples
    --------
    >>> check_k(5)
    5
    """
    if not isinstance(k, Integral) or isinstance(k, bool) or k < 1:
        raise InputError(f"'{name}' must be a whole number of at least 1, got {k!r}")
    return int(k)


class LeaveOneOut:
    """What `NeighborsHead` knows about its own examples; see there."""

    k: int
    classes_: np.ndarray
    examples_: Any
    codes_: np.ndarray

    if TYPE_CHECKING:

        def _nearest(self, queries: Any, k: int) -> Iterator[Block]: ...

        def _shares(self, index: np.ndarray, cosine: np.ndarray) -> np.ndarray: ...

        def _answers(self, shares: np.ndarray, best: np.ndarray) -> np.ndarray: ...

    def leave_one_out(self) -> tuple[np.ndarray, np.ndarray]:
        """Answer every training example from the others, as if fitted without it.

        Returns
        -------
        answers : ndarray (n,)
            As `predict` gives them.
        shares : ndarray (n, classes)
            Of the votes. A class whose only example this is gets 0.

        Examples
        --------
        >>> from routelab.routers import NeighborsHead
        >>> head = NeighborsHead(k=1).fit([[1, 0], [2, 0.1], [0, 1]], ["a", "a", "b"])
        >>> head.leave_one_out()[0].tolist()
        ['a', 'a', 'a']
        """
        check_is_fitted(self)
        n = len(self.codes_)
        shares, best = np.empty((n, len(self.classes_))), np.empty(n)
        for rows, index, cosine in self._others(self.k):
            shares[rows], best[rows] = self._shares(index, cosine), cosine[:, 0]
        return self._answers(shares, best), shares

    def leave_one_out_accuracy(self, ks: Iterable[int]) -> dict[int, float]:
        """Return the share of right answers of `leave_one_out` for several `k` in one pass.

        Abstaining is not right.

        Examples
        --------
        >>> from routelab.routers import NeighborsHead
        >>> head = NeighborsHead().fit([[1, 0], [2, 0.1], [0, 1], [0, 2]], ["a", "a", "b", "b"])
        >>> head.leave_one_out_accuracy([1, 3])
        {1: 1.0, 3: 1.0}
        """
        check_is_fitted(self)
        right = {check_k(k): 0 for k in ks}
        if not right:
            raise InputError("'ks' names no number of neighbours")
        for rows, index, cosine in self._others(max(right)):
            labels = self.classes_[self.codes_[rows]]
            for k in right:
                shares = self._shares(index[:, :k], cosine[:, :k])
                right[k] += int((self._answers(shares, cosine[:, 0]) == labels).sum())
        return {k: count / len(self.codes_) for k, count in right.items()}

    def _others(self, k: int) -> Iterator[Block]:
        """Find the `k` nearest other examples of each example."""
        k = min(k, len(self.codes_) - 1)
        for rows, index, cosine in self._nearest(self.examples_, k + 1):
            other = index != np.arange(rows.start, rows.stop)[:, None]
            # Where k + 1 others are at least as near as the example itself, the last is too many.
            other[other.all(axis=1), k] = False
            yield rows, index[other].reshape(-1, k), cosine[other].reshape(-1, k)
