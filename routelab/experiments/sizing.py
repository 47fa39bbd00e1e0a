"""How many units a test needs, and how many days."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import optimize, stats

from routelab._checks import InputError
from routelab.experiments.sequence import crossing

#: Looks of a sequential test when the units per day are not known, and the most that are counted.
LOOKS, MOST_LOOKS = 30, 365


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """The size of an A/B test.

    Attributes
    ----------
    kind, design : str
    baseline, effect : float
        Of the control, and the difference to be found.
    alpha, power : float
    shares : tuple of float
        Of the control and of each arm.
    units : tuple of int
        Units per arm, in the same order.
    days : int or None
        Until all units are there; None when the units per day are not known. Whole weeks are wise
        when weekends differ.
    looks : int
        1 for a fixed design; else evenly spaced looks, the last one with all units.
    tuned_for : int or None
        Sequential: what :func:`analyse_split` takes as `tuned_for`.
    expected_share : float
        Sequential: the mean part of the units that have come when the test stops, at the first look
        that finds the effect (or at the end); 1 for a fixed design.
    """

    kind: str
    design: str
    baseline: float
    effect: float
    alpha: float
    power: float
    shares: tuple[float, ...]
    units: tuple[int, ...]
    days: int | None
    looks: int
    tuned_for: int | None
    expected_share: float

    @property
    def total(self) -> int:
        """Units of all arms."""
        return sum(self.units)

    def __str__(self) -> str:
        each = " + ".join(f"{n:,}" for n in self.units)
        lines = [
            f"to find {self.effect:+g} on {self.baseline:g} ({self.kind}) with power "
            f"{self.power:g} at alpha {self.alpha:g}: {self.total:,} units ({each})"
        ]
        if self.days is not None:
            lines.append(f"that is {self.days:,} days")
        if self.design == "sequential":
            lines.append(
                f"with {self.looks} looks; with that effect the test stops after "
                f"{self.expected_share:.0%} of the units on average; analyse with "
                f"tuned_for={self.tuned_for}"
            )
        if len(self.shares) > 2:
            lines.append(f"each of {len(self.shares) - 1} arms is planned at alpha / that number")
        return "\n".join(lines)


def plan_split(
    *,
    baseline: float,
    effect: float,
    kind: Literal["binary", "continuous", "ratio"],
    sd: float | None = None,
    alpha: float = 0.05,
    power: float = 0.8,
    shares: Sequence[float] = (0.5, 0.5),
    units_per_day: float | None = None,
    design: Literal["fixed", "sequential"] = "fixed",
) -> SplitPlan:
    r"""Return how many units find an effect with the power asked for.

    A fixed design takes :math:`N = ((z_{1-\alpha/2} \sigma_0 + z_{power} \sigma_1) / \delta)^2`
    with the variances of :math:`\sqrt N` times the difference without (:math:`\sigma_0^2`) and with
    the effect; for means :math:`z_{1-\alpha/2}^2/2` units more stand for the t (Guenther 1981). A
    sequential design takes the N at which a confidence sequence tuned for N is crossed at one of
    its looks with that probability (:func:`routelab.experiments.sequence.crossing`).

    Parameters
    ----------
    baseline : float
        The control's mean; for a binary outcome its rate.
    effect : float
        The smallest difference worth finding, arm minus control, in the unit of `baseline`.
    kind : {"binary", "continuous", "ratio"}
    sd : float, optional
        Standard deviation of one unit's value; needed unless binary. For a ratio, or for requests
        that are summed by user, the `sd` that :func:`analyse_split` found on earlier traffic. A
        binary outcome takes it too, for units that are users with several requests.
    alpha, power : float, default 0.05 and 0.8
    shares : sequence of float, default (0.5, 0.5)
        Of the control, then of each arm. With several arms alpha is divided by their number, and
        the smallest arm decides.
    units_per_day : float, optional
        New units a day, all arms together.
    design : {"fixed", "sequential"}
        Sequential: a look a day; 30 looks when the units per day are not known, 365 at most.

    Returns
    -------
    SplitPlan

    Raises
    ------
    InputError
        An effect of 0, a rate outside 0 to 1, shares that do not add up to 1, no `sd`.

    References
    ----------
    Fleiss, Levin and Paik (2003), "Statistical Methods for Rates and Proportions", eq. 4.14 without
    continuity correction. Guenther (1981), "Sample Size Formulas for Normal Theory T Tests", The
    American Statistician 35(4).

    Examples
    --------
    >>> plan_split(baseline=0.10, effect=0.02, kind="binary", units_per_day=500).units
    (3841, 3841)
    >>> print(plan_split(baseline=0.012, effect=-0.001, kind="ratio", sd=0.01, units_per_day=500))
    to find -0.001 on 0.012 (ratio) with power 0.8 at alpha 0.05: 3,142 units (1,571 + 1,571)
    that is 7 days
    """
    _check(baseline, effect, kind, sd, alpha, power, shares, units_per_day, design)
    weights = (shares[0], min(shares[1:]))
    each_alpha = alpha / (len(shares) - 1)
    if kind == "binary" and sd is None:
        with_effect, without = _binary_variances(baseline, baseline + effect, weights)
    else:
        assert sd is not None
        with_effect = without = sd**2 * sum(1 / w for w in weights)
    looks, expected = 1, 1.0
    if design == "fixed":
        reach = math.sqrt(without) * stats.norm.isf(each_alpha / 2)
        n = ((reach + math.sqrt(with_effect) * stats.norm.ppf(power)) / effect) ** 2
        if not (kind == "binary" and sd is None):
            n += stats.norm.isf(each_alpha / 2) ** 2 / 2 / sum(weights)
    else:
        n, looks, expected = _sequential(
            with_effect / effect**2, power, each_alpha, alpha, units_per_day
        )
    units = tuple(max(2, math.ceil(n * share - 1e-9)) for share in shares)
    return SplitPlan(
        kind=kind,
        design=design,
        baseline=baseline,
        effect=effect,
        alpha=alpha,
        power=power,
        shares=tuple(shares),
        units=units,
        days=None if units_per_day is None else math.ceil(sum(units) / units_per_day),
        looks=looks,
        tuned_for=None if design == "fixed" else math.ceil(n * sum(weights)),
        expected_share=expected,
    )


def _binary_variances(p: float, q: float, weights: tuple[float, float]) -> tuple[float, float]:
    """Return the variances of sqrt(N) times the difference of two rates, with and without it."""
    mean = (weights[0] * p + weights[1] * q) / sum(weights)
    with_effect = p * (1 - p) / weights[0] + q * (1 - q) / weights[1]
    return with_effect, mean * (1 - mean) * sum(1 / w for w in weights)


def _sequential(
    scale: float, power: float, alpha: float, tuned_alpha: float, units_per_day: float | None
) -> tuple[float, int, float]:
    """Return N, looks and the expected part of N; the drift at the last look is sqrt(N / scale)."""
    looks, n = LOOKS, 0.0
    for _ in range(8):  # the looks depend on N, and N a little on the looks
        n = scale * _drift(power, looks, alpha, tuned_alpha) ** 2
        if units_per_day is None:
            break
        wanted = min(MOST_LOOKS, math.ceil(n / units_per_day))
        if wanted == looks:
            break
        looks = wanted
    first = crossing(math.sqrt(n / scale), looks, alpha, tuned_alpha)
    parts = np.arange(1, looks + 1) / looks
    return n, looks, float(first @ parts + (1 - first.sum()))


def _drift(power: float, looks: int, alpha: float, tuned_alpha: float) -> float:
    def short_of(drift: float) -> float:
        return float(crossing(drift, looks, alpha, tuned_alpha).sum()) - power

    return float(optimize.brentq(short_of, 0.0, 40.0, xtol=1e-3))


def _check(
    baseline: float,
    effect: float,
    kind: str,
    sd: float | None,
    alpha: float,
    power: float,
    shares: Sequence[float],
    units_per_day: float | None,
    design: str,
) -> None:
    if kind not in ("binary", "continuous", "ratio"):
        raise InputError(f"'kind' must be binary, continuous or ratio, got {kind!r}")
    if design not in ("fixed", "sequential"):
        raise InputError(f"'design' must be fixed or sequential, got {design!r}")
    if not math.isfinite(effect) or effect == 0:
        raise InputError(f"'effect' must be a difference other than 0, got {effect!r}")
    if not 0 < alpha < 1 or not alpha < power < 1:
        raise InputError(
            f"'alpha' and 'power' must be between 0 and 1, power above alpha; "
            f"got {alpha!r} and {power!r}"
        )
    if kind == "binary":
        for name, rate in (("baseline", baseline), ("baseline + effect", baseline + effect)):
            if not 0 < rate < 1:
                raise InputError(f"{name} must be a rate between 0 and 1, got {rate:g}")
    elif sd is None:
        raise InputError(f"kind {kind!r} needs 'sd', the standard deviation of one unit's value")
    if sd is not None and not 0 < sd < math.inf:
        raise InputError(f"'sd' must be above 0, got {sd!r}")
    if len(shares) < 2 or min(shares) <= 0 or abs(math.fsum(shares) - 1) > 1e-9:
        raise InputError(
            f"'shares' must be two or more numbers above 0 that add up to 1, got {tuple(shares)!r}"
        )
    if units_per_day is not None and not 0 < units_per_day < math.inf:
        raise InputError(f"'units_per_day' must be above 0, got {units_per_day!r}")
