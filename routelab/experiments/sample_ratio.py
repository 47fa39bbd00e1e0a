"""Do the arms hold the units that they should? The first question to ask of any test."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from routelab._checks import InputError

#: Below this p value the alarm rings.
ALARM = 0.001


def told_p(p: float) -> str:
    """Return a p value in words.

    Examples
    --------
    >>> told_p(0.0123), told_p(1e-9)
    ('p = 0.012', 'p < 0.0001')
    """
    return f"p = {p:.2g}" if p >= 1e-4 else "p < 0.0001"


@dataclass(frozen=True, slots=True)
class SampleRatio:
    """Units per arm against the expected shares.

    Attributes
    ----------
    counts : dict of str to int
        Units that met each arm, those without an outcome included.
    expected : dict of str to float
        Units that the shares give.
    p : float
        Of Pearson's chi-square test.
    """

    counts: dict[str, int]
    expected: dict[str, float]
    p: float

    @property
    def alarm(self) -> bool:
        """True when p is below 0.001."""
        return self.p < ALARM

    def __str__(self) -> str:
        told = ", ".join(
            f"{arm} {n:,} (expected {self.expected[arm]:,.0f})" for arm, n in self.counts.items()
        )
        if not self.alarm:
            return f"sample ratio: as expected, {told_p(self.p)}; units: {told}"
        return (
            f"SAMPLE RATIO MISMATCH, {told_p(self.p)}; units: {told}. Something adds units to an "
            "arm or loses them: find it first, the figures below are not those of a fair test"
        )


def sample_ratio(counts: Mapping[str, int], shares: Mapping[str, float]) -> SampleRatio:
    """Test the number of units per arm against the shares of the split.

    A fair split rings once in a thousand looks that are independent; of fair splits that are looked
    at every day for 30 days, one in a hundred rings at some time.

    Parameters
    ----------
    counts : mapping of str to int
        Units (not requests) per arm.
    shares : mapping of str to float
        Expected share of each arm; they add up to 1.

    Returns
    -------
    SampleRatio

    Raises
    ------
    InputError
        Shares that do not add up to 1, an arm without a share, an arm that nobody met.

    References
    ----------
    Fabijan, Gupchup, Gupta, Omhover, Qin, Vermeer and Dmitriev (2019), "Diagnosing Sample Ratio
    Mismatch in Online Controlled Experiments", KDD.

    Examples
    --------
    >>> sample_ratio({"a": 5_100, "b": 4_900}, {"a": 0.5, "b": 0.5}).alarm
    False
    >>> sample_ratio({"a": 51_000, "b": 49_000}, {"a": 0.5, "b": 0.5}).alarm
    True
    """
    for arm, share in shares.items():
        if not share > 0:
            raise InputError(f"the expected share of arm {arm!r} must be above 0, got {share!r}")
    total = math.fsum(shares.values())
    if abs(total - 1) > 1e-9:
        raise InputError(f"the expected shares add up to {total:g}, not to 1")
    for arm in counts:
        if arm not in shares:
            raise InputError(
                f"arm {arm!r} has no expected share; shares are given for {', '.join(shares)}"
            )
    for arm in shares:
        if arm not in counts:
            raise InputError(
                f"no unit is in arm {arm!r}, which should have {shares[arm]:.1%} of them; "
                f"arms are {', '.join(counts)}"
            )
    observed = np.array([counts[arm] for arm in counts], float)
    expected = observed.sum() * np.array([shares[arm] for arm in counts])
    p = float(stats.chisquare(observed, expected * (observed.sum() / expected.sum())).pvalue)
    return SampleRatio(dict(counts), dict(zip(counts, expected.tolist(), strict=True)), p)
