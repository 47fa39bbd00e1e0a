"""Which of many points are not beaten in every respect: the Pareto front, exactly."""

from __future__ import annotations

import numpy as np

from routelab.evaluate.bootstrap import interval


def non_dominated(costs: np.ndarray) -> np.ndarray:
    """Return which rows of costs (n, k), lower is better, no other row dominates.

    A row dominates another when it is nowhere worse and somewhere better; equal rows do not
    dominate each other. In lexicographic order a row can be dominated by an earlier one only, and
    then by an earlier member of the front, so one pass is exact (Kung, Luccio, Preparata 1975).

    Examples
    --------
    >>> non_dominated(np.array([[1, 3], [2, 2], [3, 3], [3, 1]])).tolist()
    [True, True, False, True]
    """
    keep = np.zeros(len(costs), bool)
    front = np.empty_like(costs, dtype=float)
    size = 0
    for row in np.lexsort(costs.T[::-1]):
        point, found = costs[row], front[:size]
        beaten = (found <= point).all(axis=1) & (found < point).any(axis=1)
        if not beaten.any():
            keep[row] = True
            front[size] = point
            size += 1
    return keep


def pareto_ranks(costs: np.ndarray) -> np.ndarray:
    """Return for each row of costs (n, k) how many fronts are peeled off before it is on one.

    Examples
    --------
    >>> pareto_ranks(np.array([[1, 1], [2, 2], [1, 2], [3, 3]])).tolist()
    [0, 2, 1, 3]
    """
    ranks = np.full(len(costs), -1)
    left = np.arange(len(costs))
    rank = 0
    while len(left):
        front = non_dominated(costs[left])
        ranks[left[front]] = rank
        left = left[~front]
        rank += 1
    return ranks


def unresolved(costs: np.ndarray, samples: np.ndarray, ranks: np.ndarray) -> np.ndarray:
    """Return which rows beyond the front are not told apart from it.

    A row is told apart when a row of the front that dominates it is better in at least one
    respect by a paired difference whose 95 % interval excludes 0.

    Parameters
    ----------
    costs : array (n, k)
        Lower is better.
    samples : array (n, n_boot, k)
        The same in each resample, the same resamples for every row.
    ranks : array (n,)
        From :func:`pareto_ranks`.
    """
    marks = np.zeros(len(costs), bool)
    front = np.flatnonzero(ranks == 0)
    for row in np.flatnonzero(ranks > 0):
        better = (costs[front] <= costs[row]).all(axis=1) & (costs[front] < costs[row]).any(axis=1)
        low, _ = interval(samples[row][:, None] - samples[front[better]].transpose(1, 0, 2))
        marks[row] = not (low > 0).any()
    return marks
