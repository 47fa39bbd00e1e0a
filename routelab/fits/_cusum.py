"""Runs of failures that luck does not explain: the cumulative sum of log likelihood ratios."""

from __future__ import annotations

import math

import numpy as np

_BLOCKS = 20
_ROUNDS = 10


def base_rate(failed: np.ndarray) -> float:
    """Return the failure rate of the median of 20 blocks: a first guess that bursts do not move.

    Jeffreys' half a failure is added, so that it is never 0 or 1.
    """
    blocks = np.array_split(failed, min(_BLOCKS, len(failed)))
    typical = float(np.median([block.mean() for block in blocks]))
    return (typical * len(failed) + 0.5) / (len(failed) + 1)


def find_runs(failed: np.ndarray, rate: float, outage_rate: float, h: float) -> list[list[int]]:
    """Return [first, last] of each run in which `outage_rate` fits far better than `rate`.

    The sum grows by log(outage_rate / rate) with a failure and shrinks by
    log((1 - rate) / (1 - outage_rate)) with a success, and never falls below 0 (Page 1954,
    Biometrika 41). A run reaches from its first failure to the highest sum, which is at least
    `h`, and is over when the sum is 0 or `h` below that. If every call failed with probability
    `rate`, the chance of any run at all would be at most ``len(failed) * exp(-h)``: the ratio
    is a martingale, so Ville's inequality holds from each start.

    Examples
    --------
    >>> calls = np.array([0, 0, 1, 1, 1, 1, 0, 0, 0], dtype=bool)
    >>> find_runs(calls, 0.01, 0.5, h=9.0)
    [[2, 5]]
    """
    up = math.log(outage_rate / rate)
    down = math.log((1 - outage_rate) / (1 - rate))
    found = []
    total = peak = 0.0
    first = last = -1
    for place, is_failure in enumerate(failed.tolist()):
        total += up if is_failure else down
        if total <= 0 or total <= peak - h:
            if peak >= h:
                found.append([first, last])
            total = peak = 0.0
            first = -1
            continue
        first = place if first < 0 else first
        if total > peak:
            peak, last = total, place
    if peak >= h:
        found.append([first, last])
    return found


def scan(failed: np.ndarray, outage_rate: float, h: float) -> tuple[list[list[int]], float]:
    """Find runs, take the base rate outside of them, and again, until nothing changes.

    Returns the runs and the base rate; no runs where the base rate is above half the outage rate,
    so that the two cannot be told apart.
    """
    rate = base_rate(failed)
    runs: list[list[int]] = []
    for _ in range(_ROUNDS):
        if rate > outage_rate / 2:
            return [], rate
        before, runs = runs, find_runs(failed, rate, outage_rate, h)
        outside = np.ones(len(failed), dtype=bool)
        for first, last in runs:
            outside[first : last + 1] = False
        rate = (failed[outside].sum() + 0.5) / (outside.sum() + 1)
        if runs == before:
            break
    return runs, float(rate)
