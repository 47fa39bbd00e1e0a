r"""Asymptotic confidence sequences: intervals that hold at every look.

For independent units with a mean estimated after t of them with standard error s, the interval

.. math:: \hat\mu_t \pm s \sqrt{\frac{x + 1}{x} \log\frac{x + 1}{\alpha^2}}, \qquad x = t \rho^2

covers the mean at all t together with probability 1 - alpha (asymptotically): the Gaussian mixture
boundary of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024), "Time-uniform central limit
theory and asymptotic confidence sequences", Annals of Statistics 52(6), Theorem 2.2. The tuning
parameter rho must be chosen before the first look; :func:`tuning` makes the interval narrowest
after a number of units that the analyst names.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special, stats


def tuning(units: float, alpha: float = 0.05) -> float:
    r"""Return :math:`\rho^2` that makes the sequence narrowest after so many units.

    :math:`t \rho^2 = -W_{-1}(-\alpha^2/e) - 1`, with the lower branch of Lambert's W: the exact
    minimum of the boundary over rho, where its derivative is 0.

    Examples
    --------
    >>> round(tuning(10_000), 6)
    0.000821
    """
    return float(-special.lambertw(-(alpha**2) / math.e, k=-1).real - 1) / units


def multiplier(units: Any, rho2: float, alpha: float = 0.05) -> Any:
    """Return how many standard errors the interval reaches to each side after some units.

    Examples
    --------
    A single look needs 1.96; all looks together at least 3.04.

    >>> rho2 = tuning(10_000)
    >>> [round(float(multiplier(n, rho2)), 2) for n in (100, 10_000, 1_000_000)]
    [8.94, 3.04, 3.57]
    """
    x = np.asarray(units, float) * rho2
    return np.sqrt((x + 1) / x * np.log((x + 1) / alpha**2))


def always_valid_p(z: Any, units: Any, rho2: float) -> Any:
    r"""Return the p value that may be looked at any number of times.

    The smallest alpha whose interval leaves 0 out, with the same rho: :math:`\sqrt{x + 1}
    \exp(-z^2 x / (2 (x + 1)))`, at most 1.

    Parameters
    ----------
    z : float or array
        The difference in standard errors.
    units : float or array
        Units of both arms.
    rho2 : float

    Examples
    --------
    On the boundary it is alpha.

    >>> rho2 = tuning(10_000)
    >>> round(float(always_valid_p(multiplier(500, rho2), 500, rho2)), 6)
    0.05
    """
    x = np.asarray(units, float) * rho2
    log_p = np.log1p(x) / 2 - np.square(z) * x / (2 * (x + 1))
    return np.exp(np.minimum(log_p, 0.0))


def crossing(
    drift: float, looks: int, alpha: float = 0.05, tuned_alpha: float | None = None
) -> np.ndarray:
    """Return the probability that each of some evenly spaced looks is the first to find something.

    The sequence is tuned for the last look. A difference that is `drift` standard errors at the
    last look is a Brownian motion with that drift; its density between the boundaries is carried
    from look to look by Gauss-Legendre quadrature (Armitage, McPherson and Rowe 1969).

    Parameters
    ----------
    drift : float
        Expected z at the last look; 0: no difference.
    looks : int
    alpha : float, default 0.05
    tuned_alpha : float, optional
        The alpha that rho was chosen for; `alpha` by default.

    Returns
    -------
    array (looks,)
        Its sum is the power (with drift), or the false-alarm rate (without).

    Examples
    --------
    >>> bool(crossing(0.0, 30).sum() < 0.05), bool(crossing(4.5, 30).sum() > 0.9)
    (True, True)
    """
    step = 1 / looks
    fractions = np.arange(1, looks + 1) * step
    rho2 = tuning(1.0, tuned_alpha or alpha)
    bounds = multiplier(fractions, rho2, alpha) * np.sqrt(fractions)
    nodes, weights = np.polynomial.legendre.leggauss(64 + 8 * math.isqrt(looks))
    spread = math.sqrt(step)
    first = np.zeros(looks)
    at, mass = np.zeros(1), np.ones(1)  # where the motion is, and the probability to be there
    for look, bound in enumerate(bounds):
        ahead = at + drift * step
        leaves = stats.norm.sf((bound - ahead) / spread) + stats.norm.cdf((-bound - ahead) / spread)
        first[look] = mass @ leaves
        grid = nodes * bound
        density = np.exp(-(((grid[:, None] - ahead) / spread) ** 2) / 2)
        at, mass = grid, (density @ mass) * weights * bound / (spread * math.sqrt(2 * math.pi))
    return first
