"""By how much the best-looking of several candidates looks better than it is."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.integrate import quad
from scipy.stats import norm

from routelab._checks import InputError


def selection_optimism(samples: Any, figures: Any = None, *, equal: bool = False) -> float:
    r"""Return by how much the figure of the candidate that looks best is expected to be too high.

    In every resample b the candidate with the highest figure is picked; the optimism is the mean of
    its figure there less its figure on the prompts themselves,
    :math:`\frac1B\sum_b (\theta^*_{b,j(b)} - \hat\theta_{j(b)})`, :math:`j(b) = \arg\max_j
    \theta^*_{bj}`.

    Parameters
    ----------
    samples : array (n_boot, k)
        Figures of k candidates in the same resamples; higher is better.
    figures : array (k,), optional
        Figures of the candidates on the prompts themselves. Default: means of the samples.
    equal : bool, default False
        Take all candidates for equally good, as if they differed by chance alone: an upper bound.

    Returns
    -------
    float
        In units of the figures, at least about 0. Subtract it from the figure of the winner.

    Raises
    ------
    InputError
        Shapes do not fit, or a value is missing.

    Notes
    -----
    The resamples take the differences that were observed for true ones. Candidates that are all
    equal differ by chance, so the estimate is too low for them: by the factor
    :math:`1/\sqrt 2` when they are independent. ``equal=True`` is right for them and too high for
    all others; the truth lies between the two. A part of the data that chose nothing needs neither.

    References
    ----------
    B. Efron and R. Tibshirani, "An Introduction to the Bootstrap" (1993), section 17.6: the
    bootstrap estimate of optimism, here of the rule "take the best".

    Examples
    --------
    >>> samples = np.random.default_rng(0).normal([0.7, 0.7, 0.1], 0.02, (4000, 3))
    >>> round(selection_optimism(samples, [0.7, 0.7, 0.1]), 3)  # two equals: 0.02 / sqrt(pi)
    0.011
    """
    found = np.asarray(samples, dtype=float)
    if found.ndim != 2 or not found.size:
        raise InputError(f"'samples' must have the shape (n_boot, k), got {found.shape}")
    told = found.mean(axis=0) if figures is None else np.asarray(figures, dtype=float)
    if told.shape != found.shape[1:]:
        raise InputError(f"'figures' must hold {found.shape[1]} numbers, got shape {told.shape}")
    if not (np.isfinite(found).all() and np.isfinite(told).all()):
        raise InputError("a figure is missing or infinite: leave that candidate out")
    excess = found - told
    if equal:
        return float(excess.max(axis=1).mean())
    return float(excess[np.arange(len(found)), found.argmax(axis=1)].mean())


def expected_maximum(count: int) -> float:
    """Return the mean of the largest of so many independent standard normal numbers.

    The best of `count` equal candidates looks better than it is by at most so many standard errors:
    figures on the same prompts go up and down together, which makes it less.

    References
    ----------
    H. A. David and H. N. Nagaraja, "Order Statistics" (2003), equation 3.1.1.

    Examples
    --------
    >>> round(expected_maximum(10), 4)
    1.5388
    """

    def largest(x: float) -> float:
        # Of uniform numbers the largest is exp(-x / count), with x of exponential distribution.
        return float(norm.isf(-np.expm1(-x / count)) * np.exp(-x))

    return float(quad(largest, 0, 35)[0])  # exp(-35) is below the rounding of 1
