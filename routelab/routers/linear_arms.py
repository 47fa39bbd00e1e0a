"""Ridge regressions that learn one answer at a time, one per model, and forget."""

from __future__ import annotations

import numpy as np

_LEAST_KEPT = 1e-100  # after long idling the power is 0 in floating point: no division by it


class LinearArms:
    """What disjoint LinUCB knows of each model: an estimate and how sure it is.

    Each answer costs a rank-one update (Sherman and Morrison 1950), not a solve. With forgetting,
    what was learnt t requests ago counts forgetting**t; the penalty fades with it and is put back
    by one solve whenever half of it is gone. A model that is not asked keeps its estimate and
    loses its certainty.

    Parameters
    ----------
    count, width : int
        Models, and columns of a request's row.
    ridge : float, default 1.0
        Penalty.
    forgetting : float, default 1.0
        Factor per request on what is known, in (0, 1]; 1 forgets nothing.

    Attributes
    ----------
    theta : ndarray (count, width)
        Weights of each model.
    inverse : ndarray (count, width, width)
        Inverse of penalty plus sum of outer products, at the time of the model's last answer.

    References
    ----------
    Li, Chu, Langford and Schapire, arXiv 1003.0146, algorithm 1 (A, b and theta of each arm).
    Forgetting: Taberner-Miller, ParetoBandit, arXiv 2604.00136 (geometric forgetting on A and b).

    Examples
    --------
    >>> arms = LinearArms(2, 1)
    >>> arms.tick()
    >>> arms.learn(0, np.ones(1), 1.0)  # A = 1 + 1, b = 1
    >>> arms.estimate(np.ones(1)).tolist(), arms.doubt(np.ones(1)).round(3).tolist()
    ([0.5, 0.0], [0.707, 1.0])
    """

    def __init__(self, count: int, width: int, *, ridge: float = 1.0, forgetting: float = 1.0):
        self.ridge = ridge
        self.forgetting = forgetting
        self.clock = 0
        self.gram = np.zeros((count, width, width))
        self.reward = np.zeros((count, width))
        self.inverse = np.tile(np.eye(width) / ridge, (count, 1, 1))
        self.theta = np.zeros((count, width))
        self.last = np.zeros(count, dtype=np.int64)
        self.penalty_left = np.ones(count)

    def tick(self) -> None:
        """Let one request pass."""
        self.clock += 1

    def estimate(self, row: np.ndarray) -> np.ndarray:
        """Return the expected quality of each model (count,)."""
        return self.theta @ row

    def doubt(self, row: np.ndarray) -> np.ndarray:
        """Return sqrt(row' A^-1 row) of each model (count,), grown by what was forgotten since.

        It never exceeds that of a model of which nothing is known.
        """
        idle = np.maximum(self.clock - 1 - self.last, 0)
        kept = np.maximum(self.forgetting**idle, _LEAST_KEPT)
        variance = (self.inverse @ row) @ row / kept
        return np.sqrt(np.minimum(variance, row @ row / self.ridge))

    def learn(self, arm: int, row: np.ndarray, quality: float) -> None:
        """Take in one answer of one model."""
        # A model without an answer has nothing to forget.
        fade = self.forgetting ** float(self.clock - self.last[arm]) if self.last[arm] else 1.0
        self.last[arm] = self.clock
        self.penalty_left[arm] *= fade
        self.gram[arm] = fade * self.gram[arm] + np.outer(row, row)
        self.reward[arm] = fade * self.reward[arm] + quality * row
        if self.penalty_left[arm] < 0.5:
            self.inverse[arm] = np.linalg.inv(self.gram[arm] + self.ridge * np.eye(len(row)))
            self.penalty_left[arm] = 1.0
        else:
            step = self.inverse[arm] @ row / fade
            self.inverse[arm] = self.inverse[arm] / fade - np.outer(step, step) / (1 + row @ step)
        self.theta[arm] = self.inverse[arm] @ self.reward[arm]

    def add(self) -> None:
        """Add a model of which nothing is known."""
        fresh = LinearArms(1, self.theta.shape[1], ridge=self.ridge)
        for name in ("gram", "reward", "inverse", "theta", "last", "penalty_left"):
            setattr(self, name, np.concatenate([getattr(self, name), getattr(fresh, name)]))
