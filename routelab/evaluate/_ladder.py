"""How each prompt's answer changes while one setting rises: an exact sweep without a grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Ladder:
    """The answers of n prompts as a setting rises from its most generous value.

    Attributes
    ----------
    states : ndarray of int (n, steps + 1)
        Column of the answer at the lowest value, and after each change.
    at : ndarray (n, steps)
        Value of the setting above which the change has happened, ascending; inf: there is none.
    lowest : float
        The most generous value.
    highest : float or None
        A value above all changes, on these prompts and others; None leaves the last state out.
    """

    states: np.ndarray
    at: np.ndarray
    lowest: float
    highest: float | None

    def take(self, rows: np.ndarray) -> Ladder:
        """Return the ladder of some prompts (rows may repeat)."""
        return Ladder(self.states[rows], self.at[rows], self.lowest, self.highest)

    def choices(self, value: float) -> np.ndarray:
        """Return the answers (n,) at one value of the setting.

        Examples
        --------
        >>> ladder = Ladder(np.array([[1, 0], [1, 0]]), np.array([[0.2], [0.7]]), 0.0, 2.0)
        >>> ladder.choices(0.5).tolist()
        [0, 1]
        """
        done = (self.at < value).sum(axis=1)
        return self.states[np.arange(len(done)), done]

    def values(self) -> np.ndarray:
        """Return one value of the setting (k,) for each of the answers that differ.

        Midway between two changes: a value on a change itself would hang on the last bit of the
        router's scores.

        Examples
        --------
        >>> ladder = Ladder(np.array([[1, 0], [1, 0]]), np.array([[0.25], [0.75]]), 0.0, 2.0)
        >>> ladder.values().tolist()
        [0.0, 0.5, 2.0]
        """
        steps = np.unique(self.at[np.isfinite(self.at)])
        between = steps[:-1] + np.diff(steps) / 2
        between = np.where(between > steps[:-1], between, steps[1:])
        last = [self.highest] if len(steps) and self.highest is not None else []
        return np.r_[self.lowest, between, last]

    def totals(self, worth: np.ndarray) -> np.ndarray:
        """Return the sums (k,) of what the answers are worth, for each of `values`.

        Parameters
        ----------
        worth : ndarray (n, answers)

        Examples
        --------
        >>> ladder = Ladder(np.array([[1, 0], [1, 0]]), np.array([[0.25], [0.75]]), 0.0, 2.0)
        >>> ladder.totals(np.array([[0.0, 1.0], [0.5, 1.0]])).tolist()
        [2.0, 1.0, 0.5]
        """
        row, step = np.nonzero(np.isfinite(self.at))
        gain = worth[row, self.states[row, step + 1]] - worth[row, self.states[row, step]]
        place = np.unique(self.at[row, step], return_inverse=True)[1]
        change = np.bincount(place, gain)
        start = worth[np.arange(len(worth)), self.states[:, 0]].sum()
        return np.r_[start, start + np.cumsum(change)][: len(self.values())]


def envelope(value: np.ndarray, cost: np.ndarray, first: np.ndarray) -> Ladder:
    """Return the ladder of argmax(value - lam * cost) as lam rises from 0.

    From the present choice the next one is the cheaper model whose line meets it first: at
    lam = (value of the choice - value of the model) / (cost of the choice - cost of the model).

    Parameters
    ----------
    value : ndarray (n, models)
    cost : ndarray (models,)
        Known, USD.
    first : ndarray of int (n,)
        The choices at lam = 0.

    Examples
    --------
    >>> ladder = envelope(np.array([[0.5, 0.9]]), np.array([1.0, 3.0]), np.array([1]))
    >>> ladder.states.tolist(), ladder.at.tolist()
    ([[1, 0]], [[0.2]])
    """
    cheapest_first = np.argsort(cost, kind="stable")  # of several at once the cheapest takes over
    row, current = np.arange(len(value)), first
    states, at = [first], []
    reached = np.zeros(len(value))
    while True:
        saved = cost[current][:, None] - cost[cheapest_first]
        lost = value[row, current][:, None] - value[:, cheapest_first]
        meets = np.where(saved > 0, lost / np.where(saved > 0, saved, 1.0), np.inf)
        best = meets.argmin(axis=1)
        if not np.isfinite(meets[row, best]).any():
            break
        reached = np.maximum(reached, meets[row, best])
        current = np.where(np.isfinite(reached), cheapest_first[best], current)
        states.append(current)
        at.append(reached)
    steps = np.column_stack(at) if at else np.zeros((len(value), 0))
    known = steps[np.isfinite(steps)]
    return Ladder(np.column_stack(states), steps, 0.0, 2 * known.max() if len(known) else None)
