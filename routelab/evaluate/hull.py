"""Many models: what a coin between them can reach, and the area under it.

References
----------
Hu et al., RouterBench, arXiv 2403.12031, section 3.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from routelab._checks import InputError
from routelab.evaluate._columns import check_columns, check_variant


def hull(cost: np.ndarray, quality: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners of the non-decreasing upper convex hull, cheapest first.

    Parameters
    ----------
    cost, quality : array (points,)
        One point per model or setting.

    Returns
    -------
    cost, quality : ndarray (corners,)
        Between corners a coin interpolates; beyond the last one quality stays.

    Raises
    ------
    InputError
        Without a point, and for a missing or infinite cost or quality.

    Notes
    -----
    Formula: least concave non-decreasing function above the points (NDCH).
    Source: RouterBench, arXiv 2403.12031, section 3.
    Variants: none; costs may be in any unit.
    Range: that of the quality.
    Hides: which settings are real: between two corners the point is a coin between them, so two
        users with the same prompt may get different models; and noise, because a corner is the
        best of many points and flatters the router.

    Examples
    --------
    >>> [x.tolist() for x in hull([1, 2, 3, 4], [0.5, 0.5, 0.9, 0.8])]
    [[1.0, 3.0], [0.5, 0.9]]
    """
    points = np.column_stack(check_columns("point", cost=cost, quality=quality))
    corners: list[np.ndarray] = []
    for point in points[np.lexsort((-points[:, 1], points[:, 0]))]:
        if corners and point[1] <= corners[-1][1]:
            continue
        while len(corners) > 1 and _below(corners[-2], corners[-1], point):
            corners.pop()
        corners.append(point)
    kept = np.array(corners)
    return kept[:, 0], kept[:, 1]


def _below(left: np.ndarray, middle: np.ndarray, right: np.ndarray) -> bool:
    """Whether `middle` lies on or under the line from `left` to `right`."""
    return (middle[1] - left[1]) * (right[0] - left[0]) <= (right[1] - left[1]) * (
        middle[0] - left[0]
    )


def aiq(
    cost: np.ndarray,
    quality: np.ndarray,
    variant: Literal["paper", "code"] = "paper",
    span: tuple[float, float] | None = None,
) -> float:
    """Return the average improvement in quality: area under the hull per unit of cost.

    Parameters
    ----------
    cost, quality : array (points,)
        Mean cost in USD and mean quality of each setting (or model: the Zero router).
    variant : {"paper", "code"}, default "paper"
        "paper" divides by the cost range, "code" by the highest cost alone.
    span : tuple of float, optional
        Cost range in USD; None takes the points' own. Left of the first corner quality counts as
        that corner's.

    Raises
    ------
    InputError
        For a missing value, a negative cost, and where all costs are equal: there is no range.

    Notes
    -----
    Formula: 1 / (c_max - c_min) * integral of the hull from c_min to c_max.
    Source: RouterBench, arXiv 2403.12031, section 3.
    Variants: "paper" as above; "code", the published program, divides by c_max alone and so
        punishes a pool whose cheapest model is dear. Of single models: the Zero router's AIQ.
    Range: that of the quality, higher is better.
    Hides: where the cost lies: half of the weight is on the dearer half of the range, where few
        would deploy; and the range itself, so compare over one `span` only.

    Examples
    --------
    >>> aiq([0.0, 1.0], [0.5, 1.0])
    0.75
    """
    check_variant(variant, ("paper", "code"))
    x, y = hull(cost, quality)
    low, high = span or (float(np.min(cost)), float(np.max(cost)))
    if not low < high or low < 0:
        raise InputError(f"AIQ needs a cost range from at least 0, got {low!r} to {high!r}")
    grid = np.unique(np.r_[low, x[(x > low) & (x < high)], high])
    area = np.trapezoid(np.interp(grid, x, y), grid)
    return float(area / (high - low if variant == "paper" else high))


def mix_quality(cost: np.ndarray, quality: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return the best mean quality of a coin between models at a cost: the Zero router.

    Parameters
    ----------
    cost, quality : array (..., models)
    at : array (...)
        Mean cost that the mix may have. Below the cheapest model, that model's quality.

    Returns
    -------
    ndarray (...)

    Raises
    ------
    InputError
        For a missing cost or quality.

    Notes
    -----
    Formula: the hull of the single models at that cost.
    Source: RouterBench, arXiv 2403.12031, section 3, Zero router.
    Variants: none.
    Range: that of the quality.
    Hides: hindsight: the two models of the coin are picked on the same prompts on which they are
        judged, so on few prompts the mix is a little too good.

    Examples
    --------
    >>> mix_quality(np.array([1.0, 3.0]), np.array([0.4, 0.8]), np.array(2.0)).item()
    0.6000000000000001
    """
    cost, quality = np.asarray(cost, float), np.asarray(quality, float)
    for name, values in (("cost", cost), ("quality", quality), ("at", np.asarray(at, float))):
        if np.isnan(values).any():
            place = np.argwhere(np.isnan(values))[0].tolist()
            raise InputError(f"mix_quality: {name} is missing at {place}")
    spend = np.asarray(at, float)[..., None]
    affordable = (cost <= spend) | (cost == cost.min(axis=-1, keepdims=True))
    best = np.where(affordable, quality, -np.inf).max(axis=-1)
    for dear in range(cost.shape[-1]):
        span = cost[..., dear : dear + 1] - cost
        usable = (cost <= spend) & (cost[..., dear : dear + 1] > spend)
        part = np.where(usable, spend - cost, 0.0) / np.where(span > 0, span, 1.0)
        mixed = quality + part * (quality[..., dear : dear + 1] - quality)
        best = np.maximum(best, np.where(usable, mixed, -np.inf).max(axis=-1))
    return best


def random_at_cost(cost: np.ndarray, at: float) -> np.ndarray:
    """Return shares (models,) of a random router that spends `at`: it knows no model's quality.

    All models alike; to spend less, mixed with the cheapest, to spend more, with the dearest.

    Parameters
    ----------
    cost : array (models,)
        Mean cost of each model.
    at : float
        Between the cheapest and the dearest; beyond, that model alone.

    Examples
    --------
    >>> random_at_cost(np.array([1.0, 3.0]), 1.5).tolist()
    [0.75, 0.25]
    """
    cost = np.asarray(cost, float)
    alike = np.full(len(cost), 1 / len(cost))
    end = int(cost.argmin() if at < cost.mean() else cost.argmax())
    span = cost[end] - cost.mean()
    part = 0.0 if span == 0 else float(np.clip((at - cost.mean()) / span, 0.0, 1.0))
    return (1 - part) * alike + part * np.eye(len(cost))[end]
