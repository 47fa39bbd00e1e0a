"""How many labels decide the question at hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from routelab._checks import InputError


@dataclass(frozen=True)
class LabelPlan:
    """How many labels a comparison needs.

    Attributes
    ----------
    needed : int
        Labels for which the test finds a difference of `delta` with probability `power`.
    have : int
        Labels of the pilot.
    delta : float
        The difference to be found, in units of quality.
    sd : float
        Standard deviation of the per-prompt differences in the pilot.
    observed : float
        Their mean.
    alpha, power : float
        Two-sided error, and the probability to find what is there.
    """

    needed: int
    have: int
    delta: float
    sd: float
    observed: float
    alpha: float
    power: float

    @property
    def more(self) -> int:
        """Labels still to be given."""
        return max(self.needed - self.have, 0)

    def power_at(self, labels: int | np.ndarray) -> np.ndarray:
        """Return the probability to find a difference of `delta` with so many labels."""
        from scipy.stats import norm

        z = norm.ppf(1 - self.alpha / 2)
        shift = self.delta * np.sqrt(np.asarray(labels, dtype="float64")) / max(self.sd, 1e-12)
        return np.asarray(norm.cdf(shift - z) + norm.cdf(-shift - z))

    def __str__(self) -> str:
        return (
            f"{self.needed:,} labels find a difference of {self.delta:.3f} with probability "
            f"{self.power:.0%} (two-sided error {self.alpha:.0%}); {self.have:,} are there, "
            f"{self.more:,} more are needed. In the pilot the difference is {self.observed:+.3f} "
            f"with a standard deviation of {self.sd:.3f} per prompt."
        )


def plan_labels(
    first: Iterable[float],
    second: Iterable[float],
    *,
    delta: float | None = None,
    alpha: float = 0.05,
    power: float = 0.8,
) -> LabelPlan:
    """Return how many labels decide which of two routers is better.

    Parameters
    ----------
    first, second : array of shape (n,)
        Quality of both on the same prompts of a pilot: right or wrong, or a score.
    delta : float, optional
        The smallest difference that matters. Default: the one that the pilot shows, which is the
        hope of whoever sees it; name the one that would change your mind.
    alpha : float, default 0.05
        Two-sided probability to see a difference where there is none.
    power : float, default 0.8
        Probability to see it where it is.

    Returns
    -------
    LabelPlan

    Raises
    ------
    InputError
        Fewer than ten common prompts, no prompt on which the two differ, or no difference to find.

    Notes
    -----
    ``n = ((z(1 - alpha/2) + z(power)) sd / delta)^2``, the paired test's sample size by the normal
    approximation (J. M. Lachin, Controlled Clinical Trials 2 (1981), equation 1 for paired
    differences). Prompts must be drawn at random from those that matter: labels that a classifier
    asked for (uncertainty sampling) do not count.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> plan = plan_labels(rng.random(100) < 0.8, rng.random(100) < 0.7, delta=0.05)
    >>> plan.have, plan.needed > 1000
    (100, True)
    """
    from scipy.stats import norm

    one, two = (np.asarray(list(side), dtype="float64") for side in (first, second))
    if one.shape != two.shape:
        raise InputError(f"both need the same prompts, got {len(one)} and {len(two)}")
    known = ~np.isnan(one) & ~np.isnan(two)
    differences = one[known] - two[known]
    if len(differences) < 10:
        raise InputError(f"a pilot needs ten prompts or more, got {len(differences)}")
    sd = float(differences.std(ddof=1))
    observed = float(differences.mean())
    if sd == 0:
        raise InputError("the two never differ on the pilot: its spread cannot be told")
    for name, value in (("alpha", alpha), ("power", power)):
        if not 0 < value < 1:
            raise InputError(f"{name!r} must be between 0 and 1, got {value!r}")
    wanted = abs(observed) if delta is None else abs(delta)
    if wanted == 0:
        raise InputError("the pilot shows no difference at all: name the one that matters, delta=")
    z = norm.ppf(1 - alpha / 2) + norm.ppf(power)
    needed = int(np.ceil((z * sd / wanted) ** 2))
    return LabelPlan(needed, len(differences), wanted, sd, observed, alpha, power)


def plan_accuracy(expected: float, width: float, *, confidence: float = 0.95) -> int:
    """Return how many random labels tell an accuracy within plus or minus `width`.

    Parameters
    ----------
    expected : float
        The accuracy that is expected, in (0, 1); 0.5 is the most demanding.
    width : float
        Half of the interval, in (0, 0.5].

    Notes
    -----
    ``n = z^2 p (1 - p) / width^2`` (W. G. Cochran, Sampling Techniques, 3rd ed., 1977,
    equation 4.1).

    Examples
    --------
    >>> plan_accuracy(0.5, 0.05)
    385
    """
    from scipy.stats import norm

    if not 0 < expected < 1 or not 0 < width <= 0.5 or not 0 < confidence < 1:
        raise InputError(
            f"'expected' and 'confidence' must be in (0, 1) and 'width' in (0, 0.5], got "
            f"{expected!r}, {confidence!r}, {width!r}"
        )
    z = norm.ppf(0.5 + confidence / 2)
    return int(np.ceil(z**2 * expected * (1 - expected) / width**2))


def accuracy_within(labels: int, expected: float = 0.5, *, confidence: float = 0.95) -> float:
    """Return how closely so many random labels tell an accuracy: half of its interval.

    The other way round than :func:`plan_accuracy`.

    Examples
    --------
    >>> round(accuracy_within(385), 3)
    0.05
    """
    from scipy.stats import norm

    if labels < 1 or not 0 < expected < 1 or not 0 < confidence < 1:
        raise InputError(
            f"'labels' must be 1 or more, 'expected' and 'confidence' in (0, 1), got {labels!r}, "
            f"{expected!r} and {confidence!r}"
        )
    z = float(norm.ppf(0.5 + confidence / 2))
    return z * float(np.sqrt(expected * (1 - expected) / labels))
