"""Paired bootstrap over prompts: the same resamples for every figure, so differences are paired.

References
----------
Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapters 6 (standard errors), 13
(percentile intervals) and 8.3 (units that belong together are drawn together).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import joblib
import numpy as np

from routelab._checks import InputError
from routelab.evaluate._draws import draw_counts, draw_sums

BLOCK_CELLS = 4_000_000
DRAWS_PER_THREAD = 2_000_000


class Resampler:
    """Resamples of n prompts, the same for every router, so that differences are paired.

    Parameters
    ----------
    n : int
        Prompts.
    n_boot : int, default 2000
        Resamples.
    seed : int, default 0
    groups : array (n,), optional
        Prompts of one group (a conversation, the same text) are drawn together or not at all.

    Examples
    --------
    >>> right = np.array([1.0, 0.0, 1.0, 1.0])
    >>> Resampler(4, n_boot=500).means(right[:, None]).shape
    (500, 1)
    """

    def __init__(self, n: int, n_boot: int = 2000, seed: int = 0, groups: np.ndarray | None = None):
        if n < 1 or n_boot < 1:
            raise InputError(f"bootstrap needs prompts and resamples, got {n} and {n_boot}")
        self.n = n
        self.n_boot = n_boot
        self.seed = seed
        codes = np.arange(n) if groups is None else np.unique(groups, return_inverse=True)[1]
        if len(codes) != n:
            raise InputError(f"'groups' must name the group of {n} prompts, got {len(codes)}")
        self._codes = codes
        self.n_groups = int(codes.max()) + 1

    def groups_in(self, mask: np.ndarray) -> int:
        """Return how many groups have a prompt in the mask (n,)."""
        return len(np.unique(self._codes[np.asarray(mask, dtype=bool)]))

    def weights(self) -> Iterator[np.ndarray]:
        """Yield blocks (b, n): how often each prompt occurs in each resample."""
        size = max(1, BLOCK_CELLS // self.n)
        for first in range(0, self.n_boot, size):
            counts = np.empty((min(size, self.n_boot - first), self.n_groups))
            draw_counts(self.seed, first, counts)
            yield counts[:, self._codes]

    def map(self, statistic: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Return ``statistic(weights)`` of all blocks, joined along the first axis."""
        return np.concatenate([statistic(weights) for weights in self.weights()])

    def means(self, values: np.ndarray) -> np.ndarray:
        """Return the means of values (n, k) in every resample, (n_boot, k).

        The resamples are those of `weights`, but no weight is ever stored: drawn values are added
        up at once, on all cores.
        """
        values = np.asarray(values, dtype=float)
        if values.ndim != 2 or len(values) != self.n:
            raise InputError(f"'values' must have shape ({self.n}, k), got {values.shape}")
        per_group = np.zeros((self.n_groups, values.shape[1] + 1))
        np.add.at(per_group, self._codes, np.column_stack([values, np.ones(self.n)]))
        sums = np.empty((self.n_boot, per_group.shape[1]))
        size = max(1, DRAWS_PER_THREAD // self.n_groups)
        joblib.Parallel(n_jobs=-1, prefer="threads")(
            joblib.delayed(draw_sums)(per_group, self.seed, first, sums[first : first + size])
            for first in range(0, self.n_boot, size)
        )
        return sums[:, :-1] / sums[:, -1:]


def interval(samples: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Return the percentile interval of samples (n_boot, ...) along the first axis.

    Examples
    --------
    >>> [round(float(x), 6) for x in interval(np.arange(101.0), 0.9)]
    [5.0, 95.0]
    """
    low, high = np.quantile(samples, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return low, high


def p_value(differences: np.ndarray) -> float:
    """Return the two-sided bootstrap p of "no difference" from resampled differences (n_boot,).

    Examples
    --------
    >>> p_value(np.zeros(99))
    1.0
    """
    n = len(differences)
    below, above = (differences <= 0).sum(), (differences >= 0).sum()
    return float(min(1.0, 2 * (min(below, above) + 1) / (n + 1)))


def p_gain(differences: np.ndarray) -> float:
    """Return the bootstrap p of "no gain": twice the one-sided one, as for a 95 % interval.

    Examples
    --------
    >>> p_gain(np.full(99, 0.1)), p_gain(np.full(99, -0.1))
    (0.02, 1.0)
    """
    return float(min(1.0, 2 * ((differences <= 0).sum() + 1) / (len(differences) + 1)))


def holm(p_values: list[float]) -> list[float]:
    """Return p values corrected for looking at all of them (Holm's step-down).

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    corrected = [0.0] * len(p_values)
    running = 0.0
    for rank, index in enumerate(np.argsort(p_values, kind="stable").tolist()):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[index]))
        corrected[index] = running
    return corrected
