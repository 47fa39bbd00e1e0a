"""Intervals of a difference and of a ratio; every function works on numbers or arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from routelab._checks import InputError


def ratio_moments(numerator: Any, denominator: Any) -> tuple[Any, Any]:
    r"""Return a ratio of means and its variance by the delta method.

    With :math:`R = \bar y / \bar d` and the linearised values :math:`e_u = (y_u - R d_u)/\bar d` of
    the n units, the variance of R is that of the mean of e. Units are independent; what happens
    within one need not be.

    Parameters
    ----------
    numerator, denominator : array (..., n)
        Sums per unit: successes, quality or USD over requests (or tokens).

    Returns
    -------
    ratio, variance : array (...)

    References
    ----------
    Deng, Knoblich and Lu (2018), "Applying the Delta Method in Metric Analytics", KDD, section 2.2.

    Examples
    --------
    With one request per unit it is the mean and its squared standard error.

    >>> ratio, variance = ratio_moments([1.0, 2.0, 3.0], [1, 1, 1])
    >>> float(ratio), round(float(variance), 6)
    (2.0, 0.333333)
    """
    y, d = np.asarray(numerator, float), np.asarray(denominator, float)
    n = y.shape[-1]
    ratio = y.mean(axis=-1) / d.mean(axis=-1)
    rest = (y - ratio[..., None] * d) / d.mean(axis=-1)[..., None]
    return ratio, (rest**2).sum(axis=-1) / (n - 1) / n


def welch_df(variance_a: Any, n_a: Any, variance_b: Any, n_b: Any) -> Any:
    """Return Welch and Satterthwaite's degrees of freedom; variances are of the two means.

    Examples
    --------
    >>> float(welch_df(1.0, 11, 1.0, 11))
    20.0
    """
    total = np.asarray(variance_a, float) + variance_b
    parts = np.square(variance_a) / (np.asarray(n_a) - 1) + np.square(variance_b) / (
        np.asarray(n_b) - 1
    )
    return total**2 / parts


def newcombe(
    successes_a: Any, n_a: Any, successes_b: Any, n_b: Any, alpha: float = 0.05
) -> tuple[Any, Any]:
    """Return an interval of the difference of two proportions, a - b.

    The square-and-add interval of two Wilson intervals, without continuity correction.

    References
    ----------
    Newcombe (1998), "Interval estimation for the difference between independent proportions",
    Statistics in Medicine 17, method 10.

    Examples
    --------
    The first row of Newcombe's table II: 56 of 70 against 48 of 80.

    >>> [round(float(x), 4) for x in newcombe(56, 70, 48, 80)]
    [0.0524, 0.3339]
    """
    p_a, low_a, high_a = _wilson(successes_a, n_a, alpha)
    p_b, low_b, high_b = _wilson(successes_b, n_b, alpha)
    low = p_a - p_b - np.hypot(p_a - low_a, high_b - p_b)
    high = p_a - p_b + np.hypot(high_a - p_a, p_b - low_b)
    return low, high


def _wilson(successes: Any, n: Any, alpha: float) -> tuple[Any, Any, Any]:
    n = np.asarray(n, float)
    p = successes / n
    z2 = stats.norm.isf(alpha / 2) ** 2
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = np.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n**2))) / (1 + z2 / n)
    return p, centre - half, centre + half


def two_proportions_p(successes_a: Any, n_a: Any, successes_b: Any, n_b: Any) -> Any:
    """Return the two-sided p value of equal proportions: the z test with the pooled variance.

    1 where no request, or every request, of both arms succeeds.

    Examples
    --------
    >>> round(float(two_proportions_p(56, 70, 48, 80)), 4)
    0.008
    """
    n_a, n_b = np.asarray(n_a, float), np.asarray(n_b, float)
    pooled = (successes_a + np.asarray(successes_b)) / (n_a + n_b)
    variance = pooled * (1 - pooled) * (1 / n_a + 1 / n_b)
    gap = np.abs(successes_a / n_a - successes_b / n_b)
    z = np.divide(gap, np.sqrt(variance), out=np.zeros_like(gap), where=variance > 0)
    return 2 * stats.norm.sf(z)


def smoothed_variance(successes: Any, n: Any) -> Any:
    """Return the variance of a proportion with one success and one failure added.

    It stays above 0 when none or all succeed (Agresti and Caffo 2000).

    Examples
    --------
    >>> round(float(smoothed_variance(0, 98)), 6)
    0.000101
    """
    n = np.asarray(n, float)
    p = (successes + 1.0) / (n + 2.0)
    return p * (1 - p) / n


def fieller(
    mean_a: float, variance_a: float, mean_b: float, variance_b: float, multiplier: float
) -> tuple[float, float]:
    r"""Return the interval of the ratio a / b of two independent means.

    It holds every r with :math:`|a - r b| \le c \sqrt{v_a + r^2 v_b}`.

    Parameters
    ----------
    mean_a, mean_b : float
    variance_a, variance_b : float
        Of the means.
    multiplier : float
        c: a quantile, or the multiplier of a confidence sequence; then the interval may be looked
        at every day, too.

    Returns
    -------
    low, high : float
        Minus and plus infinity when b cannot be told from 0.

    References
    ----------
    Fieller (1954), "Some Problems in Interval Estimation", JRSS B 16.

    Examples
    --------
    >>> [round(x, 3) for x in fieller(11.0, 0.01, 10.0, 0.01, 1.96)]
    [1.071, 1.13]
    >>> fieller(1.0, 1.0, 1.0, 1.0, 1.96)
    (-inf, inf)
    """
    if multiplier < 0:
        raise InputError(f"'multiplier' must be at least 0, got {multiplier!r}")
    c2 = multiplier**2
    leading = mean_b**2 - c2 * variance_b
    if leading <= 0:
        return -np.inf, np.inf
    half = multiplier * np.sqrt(mean_a**2 * variance_b + variance_a * leading)
    centre = mean_a * mean_b
    return float((centre - half) / leading), float((centre + half) / leading)
