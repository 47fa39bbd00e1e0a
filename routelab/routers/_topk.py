"""The two compiled loops of the neighbour search: keep the best scores, and score them again."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def keep_best(scores: np.ndarray, first: int, best: np.ndarray, index: np.ndarray) -> None:
    """Merge the scores of the next examples into the best ones so far, in place.

    Called with blocks of examples in their order, it keeps the highest scores; among equal scores
    the lowest index stands first.

    Parameters
    ----------
    scores : float32 ndarray (block, n)
        Of the examples `first`, `first` + 1, ... with n queries.
    first : int
        Index of the first example of the block.
    best : float32 ndarray (n, k)
        Highest scores so far, descending; -inf where there is none yet.
    index : int64 ndarray (n, k)
        Their examples.

    Examples
    --------
    >>> best, index = np.full((1, 2), -np.inf, np.float32), np.zeros((1, 2), np.int64)
    >>> keep_best(np.array([[0.1], [0.5], [0.5], [0.7]], np.float32), 0, best, index)
    >>> index.tolist()
    [[3, 1]]
    """
    block, n = scores.shape
    last = best.shape[1] - 1
    least = best[:, last].copy()
    for example in range(block):
        row = scores[example]
        # Few examples are good enough for any query. This loop has no branch, so that it becomes
        # vector instructions; its sum is as wide as a score, which doubles their speed.
        wanted = np.int32(0)
        for query in range(n):
            wanted |= np.int32(row[query] > least[query])
        if not wanted:
            continue
        for query in range(n):
            score = row[query]
            if score > least[query]:
                kept, which = best[query], index[query]
                slot = last
                while slot > 0 and kept[slot - 1] < score:
                    kept[slot] = kept[slot - 1]
                    which[slot] = which[slot - 1]
                    slot -= 1
                kept[slot] = score
                which[slot] = first + example
                least[query] = kept[last]


# Sums may be reordered when the loop is compiled, which is what makes it fast; the order is then
# the same for every pair of rows.
@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def dots(queries: np.ndarray, examples: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Return the products of each query with its own examples, added up in float64.

    A pair of rows gives the same bits whatever stands around it. A BLAS does not promise that.

    Parameters
    ----------
    queries : float32 ndarray (n, d)
    examples : float32 ndarray (m, d)
    index : int64 ndarray (n, c)
        Examples of each query.

    Returns
    -------
    float64 ndarray (n, c)

    Examples
    --------
    >>> rows = np.eye(2, dtype=np.float32)
    >>> dots(rows[:1], rows, np.array([[1, 0]])).tolist()
    [[0.0, 1.0]]
    """
    n, candidates = index.shape
    found = np.empty((n, candidates))
    for query in range(n):
        left = queries[query]
        for place in range(candidates):
            right = examples[index[query, place]]
            total = 0.0
            for column in range(len(left)):
                total += np.float64(left[column]) * np.float64(right[column])
            found[query, place] = total
    return found
