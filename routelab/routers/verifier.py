"""A chain of models with a check after each: where it stops, what it earns and what it spends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from routelab._checks import InputError


@dataclass(frozen=True)
class Verifier:
    """A check of an answer, described by its error rates and its own price and time.

    Parameters
    ----------
    false_accept : float
        Chance in [0, 1] that a bad answer is accepted.
    false_reject : float
        Chance in [0, 1] that a good answer is rejected.
    usd : float, default 0.0
        Price of one check.
    latency_s : float, default 0.0
        Seconds of one check.

    Raises
    ------
    InputError
        A rate outside [0, 1]; a price or a time that is negative or not finite.

    Examples
    --------
    >>> float(Verifier(false_accept=0.1, false_reject=0.2).accepts(np.array(0.6)))
    0.52
    """

    false_accept: float
    false_reject: float
    usd: float = 0.0
    latency_s: float = 0.0

    def __post_init__(self) -> None:
        for name in ("false_accept", "false_reject"):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise InputError(f"{name!r} must be in [0, 1], got {value!r}")
        for name in ("usd", "latency_s"):
            value = getattr(self, name)
            if not 0 <= value < np.inf:
                raise InputError(f"{name!r} must be a number of at least 0, got {value!r}")

    def accepts(self, quality: np.ndarray) -> np.ndarray:
        """Return the chance that an answer is accepted, from the chance that it is good."""
        quality = np.asarray(quality, dtype=float)
        return quality * (1 - self.false_reject) + (1 - quality) * self.false_accept


@dataclass(frozen=True, eq=False)
class Play:
    """What a chain of K models earns and spends on n prompts, in expectation over the check.

    Attributes
    ----------
    quality : ndarray (n,)
        Expected quality of the served answer; NaN where an outcome that counts is missing.
    cost : ndarray (n,)
        Expected USD of all calls and checks; NaN where a cost that counts is unknown, or a missing
        outcome leaves open whether the chain goes on.
    shares : ndarray (n, K)
        Chance that each model's answer is the one served.
    stop_quality, stop_cost : ndarray (n, K)
        Quality of each model's answer; USD of all calls and checks when the chain stops there.
    """

    quality: np.ndarray
    cost: np.ndarray
    shares: np.ndarray
    stop_quality: np.ndarray
    stop_cost: np.ndarray

    def shuffled(self) -> tuple[np.ndarray, np.ndarray]:
        """Return quality and cost (n,) with the stops permuted over the prompts.

        The control of the same chain: it escalates as often and knows nothing about the answer.
        Exact expectation over all permutations, not one draw.

        Examples
        --------
        >>> quality = np.array([[1.0, 1.0], [0.0, 1.0]])
        >>> [x.tolist() for x in verified(quality, quality * 0 + 1, Verifier(0, 0)).shuffled()]
        [[1.0, 0.5], [1.5, 1.5]]
        """
        rate = self.shares.mean(axis=0)[None, :]
        return weighted_sum(rate, self.stop_quality), weighted_sum(rate, self.stop_cost)


def weighted_sum(weight: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Return the sums over stages (n,); what has weight 0 may be unknown.

    Examples
    --------
    >>> weighted_sum(np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([[2.0, np.nan]])).tolist()
    [2.0, nan]
    """
    weight, value = np.broadcast_arrays(weight, value)
    return np.where(weight == 0, 0.0, weight * value).sum(axis=1)


def stop_costs(cost: np.ndarray, per_check: float) -> np.ndarray:
    """Return the sum of all calls and checks (n, K) when the chain stops at each stage.

    The answer of the last model is served unchecked: there is nothing to go on to. Seconds add up
    in the same way.

    Examples
    --------
    >>> stop_costs(np.array([[1.0, 10.0, 100.0]]), 0.5).tolist()
    [[1.5, 12.0, 112.0]]
    """
    stages = cost.shape[1]
    checks = np.minimum(np.arange(1, stages + 1), stages - 1)
    return np.cumsum(cost, axis=1) + per_check * checks


def verified(quality: np.ndarray, cost: np.ndarray, verifier: Verifier) -> Play:
    """Play a chain whose answers a verifier accepts or rejects.

    Parameters
    ----------
    quality : ndarray (n, K)
        Chance that the answer of each model is good, cheap to dear; 0 or 1 where it is known.
    cost : ndarray (n, K)
        USD per call.
    verifier : Verifier

    Returns
    -------
    Play

    Notes
    -----
    With q the chance that a stage's answer is good, it is accepted with chance
    a = q (1 - false_reject) + (1 - q) false_accept; the last stage has a = 1. The chance to reach
    a stage is the product of 1 - a over the stages before it, and the chance that its answer is
    served is reach * a. The quality is the sum over stages of reach * q (1 - false_reject), at the
    last stage reach * q; the cost that of reach * (call + check), the last without a check.
    Answers and the verifier's errors are taken as independent between stages, given the prompt.
    That is exact for known outcomes of 0 and 1; for predicted ones it is hopeful, because prompts
    that are hard for one model are hard for the next.

    Examples
    --------
    >>> play = verified(np.array([[0.6, 0.9]]), np.array([[1.0, 10.0]]), Verifier(0.1, 0.2))
    >>> play.shares.round(2).tolist(), play.quality.round(3).tolist(), play.cost.round(2).tolist()
    ([[0.52, 0.48]], [0.912], [5.8])
    """
    quality = np.asarray(quality, dtype=float)
    cost = np.asarray(cost, dtype=float)
    accepted = verifier.accepts(quality)
    good = quality * (1 - verifier.false_reject)
    accepted[:, -1], good[:, -1] = 1.0, quality[:, -1]
    reach = np.ones_like(quality)
    for stage in range(1, quality.shape[1]):
        before = reach[:, stage - 1]
        # A missing outcome matters only where its stage is reached.
        reach[:, stage] = np.where(before == 0, 0.0, before * (1 - accepted[:, stage - 1]))
    price = cost + np.where(np.arange(cost.shape[1]) < cost.shape[1] - 1, verifier.usd, 0.0)
    return Play(
        quality=weighted_sum(reach, good),
        cost=weighted_sum(reach, price),
        shares=np.where(reach == 0, 0.0, reach * accepted),
        stop_quality=quality,
        stop_cost=stop_costs(cost, verifier.usd),
    )


def stopped(quality: np.ndarray, cost: np.ndarray, stop: np.ndarray) -> Play:
    """Play a chain whose stops (n,) are known beforehand; every call up to the stop is paid.

    Examples
    --------
    >>> play = stopped(np.array([[0.0, 1.0]]), np.array([[1.0, 10.0]]), np.array([1]))
    >>> play.quality.tolist(), play.cost.tolist()
    ([1.0], [11.0])
    """
    quality, total = np.asarray(quality, dtype=float), stop_costs(np.asarray(cost, dtype=float), 0)
    shares = np.eye(quality.shape[1])[stop]
    return Play(weighted_sum(shares, quality), weighted_sum(shares, total), shares, quality, total)
