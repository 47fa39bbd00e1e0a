"""When a target is refused: no setting reaches it, or the data cannot tell it from not routing."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.evaluate._estimates import Estimate, number
from routelab.evaluate._targets import Target, choose_row
from routelab.evaluate.calibration import TargetRefused


@dataclass(frozen=True, slots=True)
class Noise:
    """How sure the fitting part is of the target's figure.

    Attributes
    ----------
    n : int
        Units of the fitting part.
    unit : str
    share : float
        Of all the data that fits.
    at : callable
        From a setting to the figure and its interval.
    """

    n: int
    unit: str
    share: float
    at: Callable[[float], Estimate]


def serving_row(target: Target, aim: float, curve: pd.DataFrame, noise: Noise) -> int:
    """Return the row of the curve that serves the target, or refuse; see `routelab.calibrate`.

    Raises
    ------
    TargetRefused
        No row reaches it, or it lies inside the noise.
    InputError
        There is only one row: no setting changes an answer.
    """
    if len(curve) < 2:
        raise InputError("the router answers alike at every setting: there is nothing to tune")
    figure = curve[target.name].to_numpy(float)
    row = choose_row(target, aim, curve)
    best = int(np.nanargmin(figure) if target.name == "usd_per_day" else np.nanargmax(figure))
    found = noise.at(float(curve["value"].iloc[best if row is None else row]))
    off = abs(found.value - aim)
    if row is None or (target.name == "strong_share" and off > found.half_width):
        goal = str(target) if aim == target.value else f"{target} with its margin ({number(aim)})"
        count = needed(noise, found.half_width, off) if off <= found.half_width else None
        told = "" if count is None else f"; about {count:,} in all would show whether it can"
        raise TargetRefused(
            f"{goal} cannot be reached: the nearest setting gives {found} on the {noise.n:,} "
            f"{noise.unit} that fit{told}",
            count,
        )
    ends = {
        "the most generous setting": figure[0],
        "the most sparing setting": figure[-1],
    }
    if target.name == "precision":
        ends = {"answering everything": figure[0], "always being right": 1.0}
    end = min(ends, key=lambda name: abs(ends[name] - aim))
    distance, half = abs(ends[end] - aim), found.half_width
    if half >= distance:
        count = needed(noise, half, distance)
        need = "no number of them would"
        if count is not None:
            need = f"about {count:,} in all would (share={noise.share:g} of them to fit on)"
        raise TargetRefused(
            f"{target} lies inside the noise: {noise.n:,} {noise.unit} know the figure to within "
            f"{number(half)}, and {end} ({number(ends[end])}) is only {number(distance)} away; "
            f"{need}",
            count,
        )
    return row


def needed(noise: Noise, half: float, distance: float) -> int | None:
    """Return how many units in all make the half-width as small as the distance.

    n * (half / distance) ** 2 to fit on, rounded up, divided by their share of all, rounded up;
    None for a distance of 0.

    Examples
    --------
    >>> needed(Noise(100, "prompts", 0.5, lambda value: Estimate(0, 0, 0)), 0.04, 0.02)
    800
    """
    if distance <= 1e-12 * max(1.0, half):
        return None
    fits = math.ceil(noise.n * (half / distance) ** 2 - 1e-9)
    return math.ceil(fits / noise.share - 1e-9)


def remarks(target: Target, row: int, rows: int) -> list[str]:
    """Return what to say where the target asks nothing of the router.

    Examples
    --------
    >>> remarks(Target("quality", 0.5), 2, 3)
    ['even the most sparing setting reaches the target']
    """
    if target.name == "quality" and row == rows - 1:
        return ["even the most sparing setting reaches the target"]
    if target.name == "usd_per_day" and row == 0:
        return ["even the most generous setting stays within the budget"]
    if target.name == "precision" and row == 0:
        return ["the target is reached without abstaining"]
    return []
