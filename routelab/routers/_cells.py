"""Approximate nearest neighbours: only the cells nearest to a query are searched.

faiss-cpu does it, because of its IVF index: built from 100,000 real vectors in a quarter of the
time of its own HNSW graph, at the same recall, and alike on any number of threads (a graph is, on
one only). It comes from Meta's authors of faiss, with wheels for Python 3.10 and later, and needs
numpy and packaging alone. usearch rests on one maintainer and needs a second compiled package of
his; hnswlib has had no release since 2023, and has no wheels.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from routelab._checks import require
from routelab.routers._neighbors import (
    QUERIES,
    SPARE,
    Block,
    blocks,
    dense,
    margin,
    nearest,
    score_again,
    search_one,
)

# With fewer examples the exact search is as fast, see `NeighborsHead`.
FEWEST = 10_000
# Recall at k = 10 of 0.98 on prompts of CLINC150, BANKING77 and MMLU: benchmarks/bench_knn.py.
PROBES = 24
_ROUNDS = 5  # of k-means
_SAMPLE = 64  # examples per cell that k-means learns from


class CellIndex:
    """Examples in about 2 * sqrt(m) cells around the centres of a k-means (an inverted file).

    Built anew from the same examples it gives the same answers: the seed of k-means is fixed.

    Parameters
    ----------
    examples : float32 ndarray (m, d)
        Unit rows. faiss keeps a copy.

    References
    ----------
    Jegou, Douze and Schmid 2011, Product quantization for nearest neighbor search, section IV
    (inverted file); Douze et al. 2024, The Faiss library, arXiv 2401.08281.
    """

    def __init__(self, examples: np.ndarray):
        faiss = require("faiss", "ann")
        m, d = examples.shape
        cells = int(2 * np.sqrt(m))
        self._examples = examples
        self._quantizer = faiss.IndexFlatIP(d)  # an attribute: the next object does not own it
        self._index = faiss.IndexIVFFlat(self._quantizer, d, cells, faiss.METRIC_INNER_PRODUCT)
        self._index.cp.niter = _ROUNDS
        self._index.cp.seed = 0
        self._index.cp.min_points_per_centroid = 1  # says nothing about small cells
        self._index.cp.max_points_per_centroid = _SAMPLE
        self._index.train(examples)
        self._index.add(examples)
        self._centres = self._quantizer.reconstruct_n(0, cells)
        self._index.nprobe = min(PROBES, cells)

    def nearest(self, queries: Any, k: int) -> Iterator[Block]:
        """Find most of the `k` most similar examples, like `_neighbors.nearest`.

        Candidates are scored again as there, with the same rule for ties, so that the answer for a
        query does not depend on the others here either. A query whose cells hold too few examples,
        or too many that are equally similar, is searched exactly.
        """
        for rows in blocks(queries.shape[0], QUERIES):
            part = dense(queries[rows])
            # Found by our own search: faiss rounds a lone query differently from a batch.
            ((_, cells, closeness),) = nearest(part, self._centres, self._index.nprobe)
            wanted = min(k + SPARE, len(self._examples))
            scores, candidates = self._index.search_preassigned(
                part, wanted, cells, closeness.astype(np.float32)
            )
            unsure = (candidates < 0).any(axis=1)
            unsure |= scores[:, -1] >= scores[:, k - 1] - margin(part.shape[1])
            index, similarity = score_again(part, self._examples, candidates, k)
            for row in np.flatnonzero(unsure):
                index[row], similarity[row] = search_one(part[row], self._examples, k)
            yield rows, index, similarity
