"""A figure with its interval: a ratio of sums over prompts, days or other units.

References
----------
T. C. Hesterberg, What teachers should know about the bootstrap, The American Statistician 69
(2015), 371-386: the expanded percentile interval. E. B. Wilson, Probable inference, the law of
succession, and statistical inference, Journal of the American Statistical Association 22 (1927),
209-212.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from routelab.evaluate.bootstrap import Resampler, interval


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 95 % interval; NaN where there is nothing to count."""

    value: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the width of the interval."""
        return (self.high - self.low) / 2

    def __str__(self) -> str:
        return f"{number(self.value)} ({number(self.low)} to {number(self.high)})"


def number(value: float) -> str:
    """Return a figure as text: four significant digits.

    Examples
    --------
    >>> number(0.87654), number(1234.56), number(0.0000123456)
    ('0.8765', '1235', '1.235e-05')
    """
    return f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"


def expanded_level(n: int, level: float = 0.95) -> float:
    r"""Return the level at which the percentile interval of n units is as wide as Student's t.

    The bootstrap's spread is short by sqrt((n - 1) / n), and its tails are normal: with
    :math:`z' = t_{n-1} \sqrt{n/(n-1)}` the level is :math:`2 \Phi(z') - 1`.

    Examples
    --------
    >>> round(expanded_level(7), 4), round(expanded_level(10_000), 4)
    (0.9918, 0.95)
    """
    reach = stats.t.ppf((1 + level) / 2, n - 1) * math.sqrt(n / (n - 1))
    return float(2 * stats.norm.cdf(reach) - 1)


def ratios(
    tops: np.ndarray, belows: np.ndarray, trials: list[int], n_boot: int, seed: int
) -> list[Estimate]:
    """Return figures, each the ratio of the sums of two columns, with 95 % bootstrap intervals.

    Parameters
    ----------
    tops, belows : ndarray (units, k)
        At least two units, which are resampled whole, the same ones for all k figures.
    trials : list of int, length k
        For a share: of how many yes-or-no answers, else 0. The interval of a share is at least
        Wilson's, for the bootstrap knows no doubt where all answers are alike.
    n_boot, seed : int

    Examples
    --------
    >>> found, = ratios(np.array([[1.0], [0.0]] * 50), np.ones((100, 1)), [100], 2000, 0)
    >>> found.value, round(found.low, 1), round(found.high, 1)
    (0.5, 0.4, 0.6)
    """
    count, k = tops.shape
    sums = np.hstack([tops, belows])
    drawn = Resampler(count, n_boot, seed).map(lambda weights: weights @ sums)
    level = expanded_level(count)
    return [
        _estimate(tops[:, i].sum(), belows[:, i].sum(), drawn[:, [i, k + i]], level, trials[i])
        for i in range(k)
    ]


def _estimate(top: float, below: float, drawn: np.ndarray, level: float, trials: int) -> Estimate:
    if below <= 0:
        return Estimate(math.nan, math.nan, math.nan)
    value = float(top / below)
    drawn = drawn[drawn[:, 1] > 0]
    low, high = (float(x) for x in interval(drawn[:, 0] / drawn[:, 1], level))
    if trials:
        least, most = wilson(round(value * trials), trials)
        low, high = min(low, least), max(high, most)
    return Estimate(value, low, high)


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """Return the 95 % interval of a share, by Wilson (1927).

    Examples
    --------
    >>> [round(end, 3) for end in wilson(9, 10)]
    [0.596, 0.982]
    """
    found = stats.binomtest(hits, trials).proportion_ci(method="wilson")
    return float(found.low), float(found.high)
