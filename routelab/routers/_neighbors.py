"""Exact nearest neighbours by cosine, as blocked matrix products."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.utils.extmath import safe_sparse_dot

BLOCK_CELLS = 8_000_000


def nearest(queries: Any, examples: Any, k: int) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
    """Find the `k` most similar examples of each query, a block of queries at a time.

    Parameters
    ----------
    queries : array or csr (n, d)
        Unit rows.
    examples : array or csr (m, d)
        Unit rows.
    k : int
        Neighbours per query, at most m.

    Yields
    ------
    rows : slice
        Which queries the block holds.
    index : ndarray (block, k)
        Examples, in no order. Among equal similarities any may be left out.
    similarity : ndarray (block, k)
        Their cosines.

    Examples
    --------
    >>> rows = np.eye(3)
    >>> [(i.tolist(), s.tolist()) for _, i, s in nearest(rows[:1], rows, 1)]
    [([[0]], [[1.0]])]
    """
    n, m = queries.shape[0], examples.shape[0]
    block = max(1, BLOCK_CELLS // max(m, 1))
    for start in range(0, n, block):
        rows = slice(start, min(start + block, n))
        similarity = np.asarray(safe_sparse_dot(queries[rows], examples.T, dense_output=True))
        if k < m:
            index = np.argpartition(similarity, m - k, axis=1)[:, m - k :]
        else:
            index = np.broadcast_to(np.arange(m), similarity.shape)
        yield rows, index, np.take_along_axis(similarity, index, axis=1)
