"""Classes that are not round: into how many round parts their rows fall.

References
----------
G. Hamerly and C. Elkan, Learning the k in k-means, NIPS 16 (2003): a cluster is split along the
axis of its two means where the rows do not lie on that axis as a normal distribution would. Here
the axis comes from one half of the rows and the test from the other half, because with more
dimensions than rows two means always lie apart.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

#: Fewer rows than this stay together: half of them is too few for a test of shape.
LEAST_ROWS = 32
SIGNIFICANCE = 0.001
#: Rows that are tested: SciPy's p-value is not accurate above, and it warns.
MOST_TESTED = 5_000


def round_parts(rows: Any, most: int, seed: int = 0) -> np.ndarray:
    """Return the part (n,) that each row belongs to: 0, 1, ... up to `most` - 1.

    Parameters
    ----------
    rows : array or csr (n, d)
        Unit rows of one class.
    most : int
        Parts, at most. The largest part is looked at first.
    seed : int, default 0
        Of k-means and of the halves.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> two = np.repeat([[1.0, 0.0], [0.0, 1.0]], 40, axis=0) + rng.normal(0, 0.05, (80, 2))
    >>> np.bincount(round_parts(two, most=4)).tolist()
    [40, 40]
    """
    part = np.zeros(rows.shape[0], dtype=int)
    settled: set[int] = set()
    while (parts := part.max() + 1) < most:
        sizes = {p: int((part == p).sum()) for p in range(parts) if p not in settled}
        if not sizes:
            break
        largest = max(sizes, key=lambda p: (sizes[p], -p))
        members = np.flatnonzero(part == largest)
        if _is_round(rows[members], seed):
            settled.add(largest)
            continue
        part[members[_two_means(rows[members], seed).labels_ == 1]] = parts
    return part


def _is_round(rows: Any, seed: int) -> bool:
    from scipy.stats import shapiro  # slow to import, and few routers are split

    n = rows.shape[0]
    if n < LEAST_ROWS:
        return True
    order = np.random.default_rng(seed).permutation(n)
    centers = _two_means(rows[order[: n // 2]], seed).cluster_centers_
    along = np.asarray(rows[order[n // 2 :][:MOST_TESTED]] @ (centers[0] - centers[1]), dtype=float)
    return bool(np.ptp(along) == 0 or shapiro(along).pvalue >= SIGNIFICANCE)


def _two_means(rows: Any, seed: int) -> KMeans:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # all rows equal: round
        return KMeans(2, n_init=4, random_state=seed).fit(rows)
