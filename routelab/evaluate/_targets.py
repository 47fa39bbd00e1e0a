"""What a calibration aims at: the target's text, the setting that serves it, the verdict."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from routelab._checks import InputError, did_you_mean
from routelab.evaluate._estimates import Estimate

#: Name of a target to its operator.
OPERATORS = {"quality": ">=", "precision": ">=", "strong_share": "=", "usd_per_day": "="}
EXAMPLES = "usd_per_day=25, quality>=0.9, strong_share=0.3, precision>=0.95"
_FORM = re.compile(r"\s*(\w+)\s*([<>=!]+)\s*(.*?)\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Target:
    """A figure and the value that it shall have: a floor (>=), a budget, or a share."""

    name: str
    value: float

    def __str__(self) -> str:
        return f"{self.name}{OPERATORS[self.name]}{self.value:.12g}"

    def aim(self, margin: float) -> float:
        """Return what the fitting part must reach: the target, `margin` on the safe side."""
        if self.name == "strong_share" and margin:
            raise InputError(f"a share has no safe side: leave 'margin' out, got {margin!r}")
        if not (math.isfinite(margin) and margin >= 0):
            raise InputError(f"'margin' must be a number of at least 0, got {margin!r}")
        return self.value - margin if self.name == "usd_per_day" else self.value + margin


def parse_target(text: str) -> Target:
    """Return the target that a text such as ``"quality>=0.9"`` names.

    Raises
    ------
    InputError
        The text has another form, an unknown name, another operator than that of the name, or a
        number out of range: quality any, the others above 0, precision and strong_share at most 1.

    Examples
    --------
    >>> parse_target("usd_per_day = 25")
    Target(name='usd_per_day', value=25.0)
    """
    found = _FORM.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise InputError(f"a target is a name, an operator and a number ({EXAMPLES}), got {text!r}")
    name, operator, number = found.groups()
    if name not in OPERATORS:
        raise InputError(
            f"there is no target {name!r}{did_you_mean(name, OPERATORS)}; use one of {EXAMPLES}"
        )
    if operator != OPERATORS[name]:
        raise InputError(f"{name} takes {OPERATORS[name]!r}, got {operator!r}: {EXAMPLES}")
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{name} needs a number, got {number!r}")
    most = math.inf if name in ("quality", "usd_per_day") else 1.0
    if name != "quality" and not 0 < value <= most:
        limit = "" if most == math.inf else " and at most 1"
        raise InputError(f"{name} must be above 0{limit}, got {value:g}")
    return Target(name, value)


def choose_row(target: Target, aim: float, curve: pd.DataFrame) -> int | None:
    """Return the row of the curve that serves the target, None where none does.

    Parameters
    ----------
    target : Target
    aim : float
        Value to reach, see `Target.aim`.
    curve : DataFrame
        A row per setting, from the most generous (most strong calls, most answers) to the most
        sparing, with a column of the target's name.

    Notes
    -----
    quality: of the rows that reach it the cheapest (`usd_per_prompt` where costs are known, else
    the most sparing). precision: of the rows that reach it the first, which answers most.
    usd_per_day: of the rows that do not exceed it the one of the highest quality, then the
    cheapest; without qualities the most generous. strong_share: the nearest, of two the lower.

    Examples
    --------
    >>> curve = pd.DataFrame({"quality": [0.9, 0.8, 0.6], "strong_share": [1.0, 0.5, 0.0]})
    >>> choose_row(Target("quality", 0.7), 0.7, curve)
    1
    >>> choose_row(Target("quality", 0.95), 0.95, curve) is None
    True
    """
    figure = curve[target.name].to_numpy(float)
    slack = 1e-9 * max(1.0, abs(aim))  # sums over many prompts carry rounding
    if target.name == "strong_share":
        distance = np.abs(figure - aim)
        return int(np.flatnonzero(distance <= distance.min() + slack)[-1])
    if target.name == "usd_per_day":
        fits = np.flatnonzero(figure <= aim + slack)
        if not len(fits) or "quality" not in curve:
            return int(fits[0]) if len(fits) else None
        return int(fits[np.lexsort((figure[fits], -curve["quality"].to_numpy()[fits].round(9)))[0]])
    fits = np.flatnonzero(figure >= aim - slack)
    if not len(fits):
        return None
    if target.name == "precision":
        return int(fits[0])
    if "usd_per_prompt" not in curve:
        return int(fits[-1])
    cost = curve["usd_per_prompt"].to_numpy(float)[fits]
    return int(fits[np.flatnonzero(cost <= cost.min() * (1 + 1e-9))[-1]])


def is_met(target: Target, fitted: Estimate, reported: Estimate) -> bool | None:
    """Return whether the reported figure meets the target; None where its interval says neither.

    A floor is met when the whole interval is at or above it, and missed when the whole interval is
    below; a budget the other way round. A share is met when it carried over: it lies no further
    from the target than the noise of both parts, sqrt(h_fit ** 2 + h_report ** 2) with the
    half-widths of their intervals.

    Examples
    --------
    >>> is_met(Target("quality", 0.8), Estimate(0.8, 0.7, 0.9), Estimate(0.85, 0.81, 0.89))
    True
    """
    if not math.isfinite(reported.value):
        return None
    if target.name == "strong_share":
        noise = math.hypot(fitted.half_width, reported.half_width)
        return abs(reported.value - target.value) <= noise
    sign = -1.0 if target.name == "usd_per_day" else 1.0
    ends = (sign * (reported.low - target.value), sign * (reported.high - target.value))
    if min(ends) >= 0:
        return True
    return False if max(ends) < 0 else None
