"""The compiled loops of the bootstrap: draw prompts with replacement, and add up their values.

A resample depends on the seed and its own number alone, so any block of resamples, on any thread,
gives the same figures. The numbers come from SplitMix64 (Steele, Lea and Flood, 2014, figure 17),
two draws of 32 bits each; a draw is scaled to a prompt by a multiplication (Lemire, 2019), whose
bias below 2**-32 * n is far under what any number of resamples could show.
"""

from __future__ import annotations

import numba
import numpy as np

_STEP = np.uint64(0x9E3779B97F4A7C15)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


@numba.njit(cache=True, nogil=True, inline="always")
def _mixed(z: np.uint64) -> np.uint64:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@numba.njit(cache=True, nogil=True)
def draw_sums(values: np.ndarray, seed: int, first: int, out: np.ndarray) -> None:
    """Write the sums of resamples `first`, `first` + 1, ... into `out`.

    Parameters
    ----------
    values : float64 ndarray (g, k)
        Of each group of prompts; a resample draws g groups.
    seed, first : int
    out : float64 ndarray (b, k)

    Examples
    --------
    >>> out = np.empty((2, 1))
    >>> draw_sums(np.ones((5, 1)), 0, 0, out)
    >>> out.tolist()
    [[5.0], [5.0]]
    """
    n, k = values.shape
    scale = np.uint64(n)
    for b in range(len(out)):
        state = _mixed(_mixed(np.uint64(seed)) + np.uint64(first + b) * _STEP)
        total = out[b]
        total[:] = 0.0
        for draw in range(0, n, 2):
            state += _STEP
            bits = _mixed(state)
            row = ((bits >> _HALF) * scale) >> _HALF
            for j in range(k):
                total[j] += values[row, j]
            if draw + 1 < n:
                row = ((bits & _LOW) * scale) >> _HALF
                for j in range(k):
                    total[j] += values[row, j]


@numba.njit(cache=True, nogil=True)
def draw_counts(seed: int, first: int, out: np.ndarray) -> None:
    """Write how often each group occurs in resamples `first`, `first` + 1, ... into `out`.

    The same draws as `draw_sums`.

    Parameters
    ----------
    seed, first : int
    out : float64 ndarray (b, g)

    Examples
    --------
    >>> out, sums = np.empty((3, 7)), np.empty((3, 1))
    >>> draw_counts(1, 0, out)
    >>> values = np.arange(7.0)[:, None]
    >>> draw_sums(values, 1, 0, sums)
    >>> (out @ values == sums).all(), out.sum(axis=1).tolist()
    (np.True_, [7.0, 7.0, 7.0])
    """
    n = out.shape[1]
    scale = np.uint64(n)
    for b in range(len(out)):
        state = _mixed(_mixed(np.uint64(seed)) + np.uint64(first + b) * _STEP)
        count = out[b]
        count[:] = 0.0
        for draw in range(0, n, 2):
            state += _STEP
            bits = _mixed(state)
            count[((bits >> _HALF) * scale) >> _HALF] += 1.0
            if draw + 1 < n:
                count[((bits & _LOW) * scale) >> _HALF] += 1.0
