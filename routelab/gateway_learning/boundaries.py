"""The three tier boundaries that are worth most on given scores: exact, in one pass."""

from __future__ import annotations

from itertools import accumulate

import numpy as np

from routelab.gateway_rules import DEFAULTS

DECIMALS = 9  # to which scores are told apart: less is the rounding of sums of floats
MARGIN = 0.05  # of a boundary beyond the lowest or highest score
BOUNDARIES: tuple[str, ...] = tuple(DEFAULTS["tier_boundaries"])


def best_cuts(scores: np.ndarray, worth: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Find the cut points that give the highest total worth, of all that there are.

    With ``below[c, t]`` the worth of tier t on the prompts of the c lowest scores, cuts
    ``c1 <= c2 <= c3`` are worth ``sum_t below[c_t, t] - below[c_t, t + 1]`` plus a constant. So
    each tier adds a term of its own and running maxima find the best triple in O(n log n).

    Parameters
    ----------
    scores : ndarray (n,)
    worth : ndarray (n, 4)
        Of each tier on each prompt.

    Returns
    -------
    values : ndarray (m,)
        The distinct scores, rising.
    cuts : ndarray of int (3,)
        How many of them lie below each boundary, rising; of equal triples the lowest.
    total : float
        Worth of all prompts together.

    Examples
    --------
    >>> worth = np.eye(4)[[0, 0, 1, 1, 3]]
    >>> values, cuts, total = best_cuts(np.array([0.1, 0.2, 0.3, 0.4, 0.5]), worth)
    >>> cuts.tolist(), total
    ([2, 4, 4], 5.0)
    """
    values, place = np.unique(np.round(scores, DECIMALS), return_inverse=True)
    of_value = np.zeros((len(values), worth.shape[1]))
    np.add.at(of_value, place, worth)
    below = np.vstack([np.zeros(worth.shape[1]), of_value.cumsum(axis=0)])
    gain = below[:, :-1] - below[:, 1:]
    reached = gain[:, 0]
    best_before = []
    for column in gain.T[1:]:
        best_before.append(_argmax_so_far(reached))
        reached = reached[best_before[-1]] + column
    cuts = [int(reached.argmax())]
    for before in reversed(best_before):
        cuts.append(int(before[cuts[-1]]))
    return values, np.array(cuts[::-1]), float(reached.max() + below[-1, -1])


def _argmax_so_far(values: np.ndarray) -> np.ndarray:
    """Return for each place the first index of the highest value up to it."""
    highest = np.maximum.accumulate(values)
    is_new = np.concatenate([[True], highest[1:] > highest[:-1]])
    return np.maximum.accumulate(np.where(is_new, np.arange(len(values)), 0))


def boundary_values(values: np.ndarray, cuts: np.ndarray) -> dict[str, float]:
    """Return ``tier_boundaries`` that part the scores at the cuts.

    A boundary that may lie anywhere between two scores keeps the gateway's default where that lies
    between them, else it is their middle.

    Parameters
    ----------
    values : ndarray (m,)
        Distinct scores, rising.
    cuts : ndarray of int (3,)
        How many of them lie below each boundary.

    Examples
    --------
    >>> boundary_values(np.array([0.0, 0.1, 0.3]), np.array([1, 2, 3]))
    {'simple_medium': 0.05, 'medium_complex': 0.2, 'complex_reasoning': 0.6}
    """
    placed = [
        _between(values, int(cut), DEFAULTS["tier_boundaries"][name])
        for name, cut in zip(BOUNDARIES, cuts, strict=True)
    ]
    return dict(zip(BOUNDARIES, accumulate(placed, max), strict=True))


def _between(values: np.ndarray, cut: int, default: float) -> float:
    low = float(values[cut - 1]) if cut else -np.inf
    high = float(values[cut]) if cut < len(values) else np.inf
    near = 10.0**-DECIMALS
    if low + near < default < high - near:
        return float(default)
    if cut == 0:
        return round(high - MARGIN, 4)
    if cut == len(values):
        return round(low + MARGIN, 4)
    middle = (low + high) / 2
    short = round(middle, 4)
    return short if low + near < short < high - near else middle


def overridden_worth(
    worth: np.ndarray, marked: np.ndarray, scores: np.ndarray, floor: float | None
) -> np.ndarray:
    """Return the worth (n, 4) of each *score* tier, given that reasoning markers override it.

    Two markers send a prompt to REASONING from the lowest boundary on; with
    ``reasoning_override_min_score`` from that score on, whatever the boundaries are.

    Parameters
    ----------
    worth : ndarray (n, 4)
    marked : ndarray of bool (n,)
        Prompts with two or more reasoning markers.
    scores : ndarray (n,)
    floor : float or None
        ``reasoning_override_min_score``.
    """
    result = worth.copy()
    if floor is None:
        result[marked, 1:] = worth[marked, 3:]
    else:
        sure = marked & (scores >= floor)
        result[sure] = worth[sure, 3:]
    return result
