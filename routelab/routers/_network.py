"""Train a network of one hidden layer on sparse rows: dropout, AdaGrad, only the terms of a batch.

References
----------
Srivastava et al., "Dropout", JMLR 15 (2014), equations 2 to 6. Iyyer et al., "Deep unordered
composition rivals syntactic methods for text classification", ACL 2015, section 3.1 (dropped
words). Duchi et al., "Adaptive subgradient methods", JMLR 12 (2011), figure 1, diagonal.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from routelab.routers._labels import softmax

START = 0.3  # of the first layer: small, so that rare terms say little before they are learnt
TINY = np.float32(1e-6)


class Network(NamedTuple):
    """Parameters, or their slopes: weights and offsets of both layers."""

    first: np.ndarray
    first_offsets: np.ndarray
    second: np.ndarray
    second_offsets: np.ndarray


def train(
    X: sp.csr_matrix,
    codes: np.ndarray,
    classes: int,
    steps: int,
    seed: int,
    hidden: int,
    batch_size: int,
    learning_rate: float,
    drop_terms: float,
    drop_units: float,
) -> Network:
    """Return a network after some steps down the gradient of the log loss.

    Parameters
    ----------
    X : csr_matrix (n, d)
        float32.
    codes : ndarray (n,)
        Class of each row, from 0.
    classes, steps, seed : int
    hidden, batch_size, learning_rate, drop_terms, drop_units
        See `routelab.routers.NetworkHead`.

    Examples
    --------
    >>> X, codes = sp.csr_matrix(np.eye(2, dtype=np.float32)), np.array([0, 1])
    >>> network = train(X, codes, 2, 50, 0, 4, 2, 0.1, 0.0, 0.0)
    >>> units = np.maximum(X @ network.first + network.first_offsets, 0)
    >>> (units @ network.second + network.second_offsets).argmax(axis=1).tolist()
    [0, 1]
    """
    rng = np.random.default_rng(seed)
    network = _start(rng, X.shape[1], hidden, classes)
    squares = Network(*map(np.zeros_like, network))
    rate = np.float32(learning_rate)
    for rows in _batches(rng, len(codes), batch_size, steps):
        terms, batch = _dropped(rng, X[rows], drop_terms)
        used = network._replace(first=network.first[terms])
        slopes = _gradient(rng, used, batch, codes[rows], drop_units)
        for values, sums, slope in zip(network[1:], squares[1:], slopes[1:], strict=True):
            sums += slope * slope
            values -= rate * slope / (np.sqrt(sums) + TINY)
        seen = squares.first[terms] + slopes.first * slopes.first
        squares.first[terms] = seen
        network.first[terms] -= rate * slopes.first / (np.sqrt(seen) + TINY)
    return network


def _start(rng: np.random.Generator, terms: int, hidden: int, classes: int) -> Network:
    scale = np.float32(1 / np.sqrt(hidden))
    first = rng.standard_normal((terms, hidden), dtype=np.float32) * (scale * np.float32(START))
    second = rng.standard_normal((hidden, classes), dtype=np.float32) * scale
    return Network(first, np.zeros(hidden, np.float32), second, np.zeros(classes, np.float32))


def _batches(rng: np.random.Generator, n: int, size: int, steps: int) -> Iterator[np.ndarray]:
    """Yield rows for each step; a pass takes each row once."""
    done = 0
    while True:
        order = rng.permutation(n)
        for start in range(0, n, size):
            if done == steps:
                return
            done += 1
            yield order[start : start + size]


def _dropped(
    rng: np.random.Generator, batch: sp.csr_matrix, share: float
) -> tuple[np.ndarray, sp.csr_matrix]:
    """Return the columns that are left of a batch, and the batch without the others."""
    kept = rng.random(len(batch.data), dtype=np.float32) >= share
    owner = np.repeat(np.arange(batch.shape[0]), np.diff(batch.indptr))[kept]
    terms, place = np.unique(batch.indices[kept], return_inverse=True)
    values = batch.data[kept] / np.float32(1 - share)
    return terms, sp.csr_matrix((values, (owner, place)), shape=(batch.shape[0], len(terms)))


def _gradient(
    rng: np.random.Generator, network: Network, X: sp.csr_matrix, codes: np.ndarray, share: float
) -> Network:
    """Return the slopes of the mean log loss of a batch, some units dropped."""
    sums = X @ network.first + network.first_offsets
    open_units = (sums > 0) & (rng.random(sums.shape, dtype=np.float32) >= share)
    passed = open_units * np.float32(1 / (1 - share))
    units = sums * passed
    error = softmax(units @ network.second + network.second_offsets).astype(np.float32)
    error[np.arange(len(codes)), codes] -= 1
    error /= np.float32(len(codes))
    back = (error @ network.second.T) * passed
    return Network(X.T @ back, back.sum(axis=0), units.T @ error, error.sum(axis=0))
