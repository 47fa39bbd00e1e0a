"""One arm against the control: estimate, interval, p value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from routelab._checks import InputError
from routelab.experiments._units import ArmSums
from routelab.experiments.intervals import (
    fieller,
    newcombe,
    ratio_moments,
    smoothed_variance,
    two_proportions_p,
    welch_df,
)
from routelab.experiments.sequence import always_valid_p, multiplier


@dataclass(frozen=True)
class Moments:
    """An arm's estimate with the variance of that estimate, over n independent units."""

    estimate: float
    variance: float
    units: int
    requests: int

    @property
    def sd(self) -> float:
        """Standard deviation of one unit's (linearised) value."""
        return float(np.sqrt(self.variance * self.units))


def moments(name: str, arm: ArmSums, *, proportion: bool) -> Moments:
    """Return the estimate of an arm; `proportion`: independent requests, each 0 or 1."""
    if arm.units < 2:
        raise InputError(
            f"arm {name!r} has {arm.units} units with an outcome: a variance needs at least 2"
        )
    if not arm.denominator.sum() > 0:
        raise InputError(f"the denominators of arm {name!r} must add up to more than 0")
    ratio, variance = ratio_moments(arm.numerator, arm.denominator)
    if proportion:
        variance = smoothed_variance(arm.numerator.sum(), arm.units)
    return Moments(float(ratio), float(variance), arm.units, int(arm.requests))


def against_control(
    arm: Moments, control: Moments, *, alpha: float, proportion: bool, rho2: float | None
) -> dict[str, Any]:
    """Return the columns of one row; `rho2` makes the intervals hold at every look."""
    difference = arm.estimate - control.estimate
    error = float(np.sqrt(arm.variance + control.variance))
    if rho2 is not None:
        units = arm.units + control.units
        reach = float(multiplier(units, rho2, alpha))
        p = float(always_valid_p(difference / error, units, rho2))
    else:
        df = np.inf
        if not proportion:
            df = float(welch_df(arm.variance, arm.units, control.variance, control.units))
        reach = float(stats.t.isf(alpha / 2, df))
        p = float(2 * stats.t.sf(abs(difference) / error, df))
    low, high = difference - reach * error, difference + reach * error
    if proportion and rho2 is None:
        counts = (_successes(arm), arm.units, _successes(control), control.units)
        low, high = (float(end) for end in newcombe(*counts, alpha))
        p = float(two_proportions_p(*counts))
    lift_low, lift_high = fieller(
        arm.estimate, arm.variance, control.estimate, control.variance, reach
    )
    relative = difference / control.estimate if control.estimate else np.nan
    return {
        "estimate": arm.estimate,
        "control_estimate": control.estimate,
        "difference": difference,
        "low": low,
        "high": high,
        "relative": relative,
        "relative_low": lift_low - 1,
        "relative_high": lift_high - 1,
        "p": p,
        "units": arm.units,
        "control_units": control.units,
        "requests": arm.requests,
        "control_requests": control.requests,
        "sd": arm.sd,
        "control_sd": control.sd,
    }


def _successes(arm: Moments) -> float:
    return round(arm.estimate * arm.units)
