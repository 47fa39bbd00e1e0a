"""Sets of character n-grams, and the pairs of them that are similar, without asking every pair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from scipy.sparse import csc_array, csr_array
from sklearn.feature_extraction.text import CountVectorizer

BLOCK_CELLS = 4_000_000
_SLACK = 1e-9  # 0.8 * 5 is a little more than 4 in floating point


class NgramSets:
    """The n-gram sets of distinct texts, the rarest n-grams first.

    N-grams that stand in exactly the same texts (those of a common system prompt, those that one
    text alone has) are one column with a weight: similarities stay exact, rows become short.

    Parameters
    ----------
    texts : sequence of str, length m
    n : int
        Characters; a shorter text has an empty set.
    threshold : float
        In (0, 1]: the least Jaccard similarity that is looked for.

    Attributes
    ----------
    sizes : ndarray of int (m,)
        N-grams of each text.

    References
    ----------
    A. Broder, "On the resemblance and containment of documents" (1997), section 2: resemblance.
    S. Chaudhuri, V. Ganti and R. Kaushik, "A primitive operator for similarity joins in data
    cleaning" (2006), section 4: the prefix filter, here with weights.
    R. Bayardo, Y. Ma and R. Srikant, "Scaling up all pairs similarity search" (2007), section 4:
    rarest first, and the bound on sizes.

    Examples
    --------
    >>> sets = NgramSets(["abcd", "abce", "xyz"], 2, 0.5)
    >>> [(i.tolist(), j.tolist()) for i, j in sets.candidates(np.arange(3), np.arange(3))]
    [([0], [1])]
    >>> sets.jaccard(np.array([0]), np.array([1])).tolist()
    [0.5]
    """

    def __init__(self, texts: Sequence[str], n: int, threshold: float):
        self.threshold = threshold
        self._columns, self._weights = _weighted(_indicator(texts, n))
        lengths = np.diff(self._columns.indptr)
        row = np.repeat(np.arange(len(texts)), lengths)
        weight = self._weights[self._columns.indices]
        self.sizes = np.bincount(row, weight, len(texts)).astype(np.int64)
        # Sets that share t of their n-grams share one of the rarest: those from which on, the
        # n-grams that follow included, a set still holds t of its size.
        before = np.cumsum(weight) - weight
        rest = np.repeat(np.cumsum(self.sizes), lengths) - before
        kept = rest >= threshold * self.sizes[row] - _SLACK
        ends = np.concatenate([[0], np.cumsum(kept)])[self._columns.indptr]
        self._prefixes = csr_array(
            (np.ones(int(kept.sum()), np.int32), self._columns.indices[kept], ends),
            shape=self._columns.shape,
        )

    def candidates(
        self, left: np.ndarray, right: np.ndarray
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield blocks of row numbers (p,), (p,): i of `left` before j of `right`, maybe similar.

        A row of `right` has all its pairs in one block.
        """
        prefixes = self._prefixes[left]
        common = np.bincount(prefixes.indices, minlength=prefixes.shape[1])
        most = np.minimum(self._prefixes[right] @ common, len(left))
        for start, end in pieces(most):
            rows = right[start:end]
            met = (self._prefixes[rows] @ prefixes.T).tocoo()
            i, j = left[met.col], rows[met.row]
            smaller = np.minimum(self.sizes[i], self.sizes[j])
            larger = np.maximum(self.sizes[i], self.sizes[j])
            possible = (i < j) & (smaller >= self.threshold * larger - _SLACK)
            yield i[possible], j[possible]

    def jaccard(self, i: np.ndarray, j: np.ndarray) -> np.ndarray:
        """Return the similarity (p,) of the rows i (p,) with the rows j (p,)."""
        found = np.empty(len(i))
        lengths = np.diff(self._columns.indptr)
        for start, end in pieces(lengths[i] + lengths[j]):
            left, right = i[start:end], j[start:end]
            shared = self._columns[left].multiply(self._columns[right]) @ self._weights
            found[start:end] = shared / (self.sizes[left] + self.sizes[right] - shared)
        return found


def pieces(cells: np.ndarray) -> list[tuple[int, int]]:
    """Return ranges of rows (start, end) that hold BLOCK_CELLS of the cells (m,) each.

    A range can hold one row more than that.

    Examples
    --------
    >>> pieces(np.array([3_000_000, 900_000, 9_000_000, 1]))
    [(0, 2), (2, 4)]
    """
    if not len(cells):
        return []
    block = np.cumsum(cells) // BLOCK_CELLS
    cuts = np.flatnonzero(np.diff(block)) + 1
    return list(pairwise([0, *cuts.tolist(), len(cells)]))


def _indicator(texts: Sequence[str], n: int) -> csc_array:
    """Return which n-grams each text holds (m, v)."""
    if not any(len(text) >= n for text in texts):  # scikit-learn refuses an empty vocabulary
        return csc_array((len(texts), 0), dtype=np.int32)
    vectorizer = CountVectorizer(
        analyzer="char", ngram_range=(n, n), lowercase=False, binary=True, dtype=np.int32
    )
    found = csc_array(vectorizer.fit_transform(texts))
    found.sort_indices()
    return found


def _weighted(found: csc_array) -> tuple[csr_array, np.ndarray]:
    """Return the matrix with equal columns merged, the rarest first, and how many each stands for.

    The dictionary compares the columns themselves, so nothing is merged by accident.
    """
    ends = found.indptr.tolist()
    seen: dict[bytes, int] = {}
    merged = np.array(
        [
            seen.setdefault(found.indices[start:end].tobytes(), len(seen))
            for start, end in pairwise(ends)
        ],
        dtype=np.int64,
    )
    _, first, counts = np.unique(merged, return_index=True, return_counts=True)
    rarest = np.argsort(np.diff(found.indptr)[first], kind="stable")
    columns = csr_array(found[:, first[rarest]])
    columns.sort_indices()
    return columns, counts[rarest]
