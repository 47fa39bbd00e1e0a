"""A swept trade-off weight: one point (mean cost, mean quality) per weight, judged as a curve.

References
----------
Jitkrittum et al., Universal Model Routing for Efficient LLM Inference, arXiv 2502.08773.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from routelab._checks import InputError
from routelab.evaluate._columns import check_columns, check_figure, check_positive, check_variant


def _curve(cost: ArrayLike, quality: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return settings by rising cost, of equal cost the best alone: nobody would take another."""
    x, y = check_columns("setting", cost=cost, quality=quality)
    if (x < 0).any():
        row = int((x < 0).argmax())
        raise InputError(f"cost must be at least 0, got {x[row]:g} for setting {row}")
    order = np.lexsort((-y, x))
    first = np.r_[True, np.diff(x[order]) > 0]
    return x[order][first], y[order][first]


def audc(cost: ArrayLike, quality: ArrayLike, *, span: tuple[float, float] | None = None) -> float:
    """Return the area under the deferral curve, per unit of the cost range.

    Parameters
    ----------
    cost, quality : array (settings,)
        Mean cost in USD and mean quality at each weight of the sweep, in any order.
    span : tuple of float, optional
        Cost range in USD, the same for all routers that are compared; None takes the curve's own.
        Beyond the ends of the curve quality stays.

    Raises
    ------
    InputError
        For missing values, negative costs, and a cost range of zero (one setting, or all of one
        cost).

    Notes
    -----
    Formula: 1 / (c_max - c_min) * integral of quality over cost, straight between settings.
    Source: arXiv 2502.08773, section 6, area under the deferral curve.
    Variants: none; `aiq` takes the hull of the settings instead, so it is never lower.
    Range: that of the quality, higher is better.
    Hides: the range: routers swept over different costs are not comparable without one `span`;
        and which part of it matters to you.

    Examples
    --------
    >>> audc([0.0, 1.0, 2.0], [0.5, 0.4, 1.0])   # (0.45 + 0.7) / 2
    0.575
    """
    x, y = _curve(cost, quality)
    low, high = span or (float(x[0]), float(x[-1]))
    if not low < high:
        raise InputError(f"AUDC needs a cost range, got {low!r} to {high!r}")
    grid = np.unique(np.r_[low, x[(x > low) & (x < high)], high])
    return float(np.trapezoid(np.interp(grid, x, y), grid) / (high - low))


def qnc(
    cost: ArrayLike,
    quality: ArrayLike,
    *,
    best_cost: float,
    best_quality: float,
    variant: Literal["curve", "settings"] = "curve",
) -> float:
    """Return the quality-neutral cost: what reaching the best single model's quality costs.

    Parameters
    ----------
    cost, quality : array (settings,)
        As in `audc`.
    best_cost, best_quality : float
        Mean cost in USD and mean quality of the most accurate single model.
    variant : {"curve", "settings"}, default "curve"
        "curve": first crossing of the curve, a coin between two settings; "settings": the cheapest
        setting that was swept.

    Returns
    -------
    float
        Relative to `best_cost`; NaN when no setting reaches its quality.

    Raises
    ------
    InputError
        For missing values, negative costs, and a best model of cost 0.

    Notes
    -----
    Formula: min{c : quality(c) >= quality of the best single model} / its cost.
    Source: arXiv 2502.08773, section 6, quality-neutral cost.
    Variants: "curve" and "settings"; 1 - "settings" is `cost_save`.
    Range: 0 upwards, lower is better; 1 saves nothing.
    Hides: that "reaches" is judged on these prompts: a curve that touches the bar by luck gets
        credit for the whole saving.

    Examples
    --------
    >>> qnc([1.0, 3.0], [0.5, 1.0], best_cost=4.0, best_quality=0.75)   # at cost 2
    0.5
    """
    check_variant(variant, ("curve", "settings"))
    x, y = _curve(cost, quality)
    usd = check_positive("best_cost", best_cost, "QNC is relative to it")
    bar = check_figure("best_quality", best_quality)
    reached = np.flatnonzero(y >= bar - 1e-12)
    if not len(reached):
        return float("nan")
    first = int(reached[0])
    if first == 0 or variant == "settings":
        return float(x[first] / usd)
    part = min((bar - y[first - 1]) / (y[first] - y[first - 1]), 1.0)
    return float((x[first - 1] + part * (x[first] - x[first - 1])) / usd)


def peak(quality: ArrayLike) -> float:
    """Return the highest mean quality (settings,) that a sweep reaches.

    Notes
    -----
    Formula: max over settings of mean quality.
    Source: arXiv 2502.08773, section 6, peak accuracy.
    Variants: none.
    Range: that of the quality, higher is better.
    Hides: what it costs, and that it is the best of many looks at the same prompts: choose the
        setting on one part and report it on another.

    Examples
    --------
    >>> peak([0.5, 0.9, 0.8])
    0.9
    """
    (values,) = check_columns("setting", quality=quality)
    return float(values.max())
