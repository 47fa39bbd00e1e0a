"""Parts of a data set: groups are kept whole, labels spread evenly, shares met."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from routelab._checks import InputError
from routelab.evaluate.leakage import duplicate_groups
from routelab.routers._labels import same_text


def whole_groups(
    prompts: list[str], given: Sequence[Any] | None, threshold: float | None
) -> np.ndarray:
    """Return a group number per prompt (n,): what must not be torn apart.

    Parameters
    ----------
    prompts : list of str, length n
    given : sequence (n,), optional
        Groups of the user's own, such as conversations; a missing value is no group.
    threshold : float or None
        Least similarity of near-duplicates; None keeps equal texts together only.

    Examples
    --------
    >>> whole_groups(["a", "A", "b", "c"], [1, 2, 2, 3], None).tolist()
    [0, 0, 0, 1]
    """
    if threshold is None:
        alike = same_text(prompts)
    else:
        alike = duplicate_groups(prompts, threshold=threshold)
    if given is None or not prompts:
        return alike
    named = pd.factorize(pd.Series(list(given), dtype=object).to_numpy())[0]
    row = np.flatnonzero(named >= 0)
    texts = int(alike.max()) + 1
    size = texts + int(named.max(initial=-1)) + 1
    edges = coo_array((np.ones(len(row), bool), (alike[row], texts + named[row])), (size, size))
    linked = connected_components(edges, directed=False)[1]
    return np.asarray(pd.factorize(linked[alike])[0])


def deal(
    labels: Sequence[Any] | None, groups: np.ndarray, shares: Sequence[float], seed: int
) -> np.ndarray:
    """Return the number of the part (n,) of each prompt.

    Groups are shuffled, laid out label by label, and each goes to the part that lacks most of its
    share of the prompts so far: any stretch of the line, so any label, meets the shares.

    Parameters
    ----------
    labels : sequence (n,), optional
        The label of a group is that of its first prompt.
    groups : ndarray of int (n,)
    shares : sequence of float
        One per part, their sum 1.
    seed : int

    Examples
    --------
    >>> parts = deal(["a"] * 5 + ["b"] * 5, np.arange(10), (0.6, 0.2, 0.2), seed=0)
    >>> np.bincount(parts[:5]).tolist(), np.bincount(parts[5:]).tolist()
    ([3, 1, 1], [3, 1, 1])
    """
    _, first, member, sizes = np.unique(
        groups, return_index=True, return_inverse=True, return_counts=True
    )
    shuffled = np.random.default_rng(seed).permutation(len(first))
    if labels is not None:
        codes = np.unique([str(labels[i]) for i in first], return_inverse=True)[1]
        shuffled = shuffled[np.argsort(codes[shuffled], kind="stable")]
    part = np.empty(len(first), dtype=int)
    held, seen = np.zeros(len(shares)), 0
    for group in shuffled:
        seen += int(sizes[group])
        part[group] = np.argmax(np.multiply(shares, seen) - held)
        held[part[group]] += sizes[group]
    return part[member]


def check_shares(shares: Sequence[float], parts: int) -> tuple[float, ...]:
    """Return the shares, or say why they are none.

    Examples
    --------
    >>> check_shares([0.5, 0.3, 0.2], 3)
    (0.5, 0.3, 0.2)
    """
    found = tuple(float(share) for share in shares)
    if len(found) != parts or min(found, default=0.0) <= 0 or abs(sum(found) - 1) > 1e-9:
        raise InputError(f"'shares' must be {parts} numbers above 0 with the sum 1, got {shares!r}")
    return found
