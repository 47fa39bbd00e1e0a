"""Exact nearest neighbours by cosine: blocked products, and a rule for ties."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils.extmath import safe_sparse_dot

from routelab.routers._rows import unit
from routelab.routers._topk import dots, keep_best

# Queries and examples of one product: its scores (8 MB) are read again while they are in cache.
QUERIES = 256
EXAMPLES = 8192
# Scores of one product of sparse rows.
BLOCK_CELLS = 8_000_000
# Candidates beyond k that are scored again, see `nearest`.
SPARE = 16
# More neighbours than this are found by sorting, not by insertion.
MANY = 512

Block = tuple[slice, np.ndarray, np.ndarray]


def unit_float32(rows: Any) -> Any:
    """Return rows (n, d), dense or csr, of length one as `nearest` reads them without a copy.

    float32: half the memory of float64, and a cosine that is off by 1e-7 at most. Dense rows are in
    row order; sparse ones in column order (csc), because a query has few columns.

    Examples
    --------
    >>> unit_float32(np.array([[3.0, 4.0]])).dtype.name
    'float32'
    """
    scaled = unit(rows)  # in the precision given: squares of large float64 overflow in float32
    if sp.issparse(scaled):
        return scaled.astype(np.float32, copy=False).tocsc()
    return np.ascontiguousarray(scaled, dtype=np.float32)


def nearest(queries: Any, examples: Any, k: int) -> Iterator[Block]:
    """Find the `k` most similar examples of each query, a block of queries at a time.

    The answer for a query does not depend on the other queries. Dense rows: a BLAS rounds a
    product differently in other company, so its float32 scores only choose candidates. Each is off
    by d * 2**-24 at most (Higham 2002, Accuracy and Stability of Numerical Algorithms, eq. 3.5);
    every example within twice that of the k-th is scored again in float64, in one fixed way.
    Sparse rows: scipy adds up the terms of each pair in the order of the query's columns.

    Parameters
    ----------
    queries : array or csr (n, d)
        Unit rows.
    examples : array, csr or csc (m, d)
        Unit rows; :func:`unit_float32` makes them such that nothing is copied here.
    k : int
        Neighbours per query, at most m.

    Yields
    ------
    rows : slice
        Which queries the block holds.
    index : ndarray (block, k)
        Examples, the most similar first. Among equal similarities the lowest index comes first,
        and is the one that is not left out.
    similarity : ndarray (block, k)
        Their cosines.

    Examples
    --------
    >>> rows = np.eye(3)
    >>> [(i.tolist(), s.tolist()) for _, i, s in nearest(rows[:1], rows, 2)]
    [([[0, 1]], [[1.0, 0.0]])]
    """
    if sp.issparse(examples):
        yield from _sparse(sp.csr_matrix(queries, dtype=np.float32), examples, k)
        return
    examples = np.ascontiguousarray(examples, dtype=np.float32)
    for rows in blocks(queries.shape[0], QUERIES):
        part = dense(queries[rows])
        if len(part) == 1 or k > MANY:
            found = [search_one(query, examples, k) for query in part]
            yield rows, np.stack([i for i, _ in found]), np.stack([s for _, s in found])
        else:
            yield rows, *_several(part, examples, k)


def blocks(n: int, size: int) -> Iterator[slice]:
    """Cut n rows into slices of `size` rows.

    Examples
    --------
    >>> list(blocks(5, 3))
    [slice(0, 3, None), slice(3, 5, None)]
    """
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


def dense(rows: Any) -> np.ndarray:
    """Return rows (n, d), dense or csr, as a float32 array in row order."""
    return np.ascontiguousarray(rows.toarray() if sp.issparse(rows) else rows, dtype=np.float32)


def score_again(
    queries: np.ndarray, examples: np.ndarray, candidates: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the `k` best of each query's candidates (n, c) and their similarities, in order."""
    similarity = dots(queries, examples, candidates)
    order = np.lexsort((candidates, -similarity), axis=1)[:, :k]
    return np.take_along_axis(candidates, order, 1), np.take_along_axis(similarity, order, 1)


def margin(d: int) -> float:
    """Return how far two float32 scores of d products may be from their order, see `nearest`."""
    return float((d + 8) * np.finfo(np.float32).eps)  # 8: unit rows are not quite of length one


def search_one(query: np.ndarray, examples: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Search for one query (d,): the time is that of reading the examples once."""
    if not query.any():  # as far from every example
        return np.arange(k), np.zeros(k)
    scores = examples @ query
    m = len(scores)
    least = np.partition(scores, m - k)[m - k] - margin(len(query))
    candidates = np.flatnonzero(scores >= least)
    index, similarity = score_again(query[None], examples, candidates[None], k)
    return index[0], similarity[0]


def _several(queries: np.ndarray, examples: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Search for a block of queries (n, d): the time is that of the product."""
    n, m = len(queries), len(examples)
    kept = min(k + SPARE, m)
    best = np.full((n, kept), -np.inf, dtype=np.float32)
    candidates = np.zeros((n, kept), dtype=np.int64)
    for rows in blocks(m, EXAMPLES):
        keep_best(examples[rows] @ queries.T, rows.start, best, candidates)
    index, similarity = score_again(queries, examples, candidates, k)
    if kept < m:
        # Too many examples alike: some that were not kept may belong to the best.
        unsure = best[:, -1] >= best[:, k - 1] - margin(queries.shape[1])
        for row in np.flatnonzero(unsure):
            index[row], similarity[row] = search_one(queries[row], examples, k)
    return index, similarity


def _sparse(queries: Any, examples: Any, k: int) -> Iterator[Block]:
    n, m = queries.shape[0], examples.shape[0]
    columns = examples.T.tocsr()
    for rows in blocks(n, max(1, BLOCK_CELLS // m)):
        scores = safe_sparse_dot(queries[rows], columns, dense_output=True)
        if k > MANY:
            index = np.argsort(-scores, axis=1, kind="stable")[:, :k]
            yield rows, index, np.take_along_axis(scores, index, axis=1)
            continue
        best = np.full((len(scores), k), -np.inf, dtype=np.float32)
        index = np.zeros((len(scores), k), dtype=np.int64)
        keep_best(np.ascontiguousarray(scores.T), 0, best, index)
        yield rows, index, best


def stacked(examples: Any, more: Any) -> Any:
    """Return the rows (m, d) of :func:`unit_float32` with others below, in the layout of the first.

    Examples
    --------
    >>> stacked(np.eye(2, dtype=np.float32), unit_float32([[0.0, 5.0]])).shape
    (3, 2)
    """
    if sp.issparse(examples):
        return sp.vstack([examples, type(examples)(more)], format="csc")
    return np.vstack([examples, more.toarray() if sp.issparse(more) else more])
