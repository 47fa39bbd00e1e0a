"""The figures of a calibration: quality, cost, share of strong calls, precision, coverage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from routelab._checks import InputError, did_you_mean
from routelab.evaluate._calibration_data import Given
from routelab.evaluate._calibration_parts import Part
from routelab.evaluate._estimates import Estimate, ratios
from routelab.evaluate._ladder import Ladder


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure: the sum of `top` over the sum of `below`, of the answers that are given.

    Attributes
    ----------
    top, below : ndarray (n, answers)
    per_day : bool
        `below` is the number of days instead.
    share : bool
        Both hold 0 and 1 alone.
    """

    top: np.ndarray
    below: np.ndarray
    per_day: bool = False
    share: bool = False

    def along(self, ladder: Ladder, part: Part) -> np.ndarray:
        """Return the figure (k,) at each value of the ladder, on one part; NaN of nothing."""
        tops = ladder.totals(self.top[part.rows])
        if self.per_day and part.days is not None:
            return tops / part.days.sum()
        below = ladder.totals(self.below[part.rows])
        return np.where(below > 0.5, tops / np.maximum(below, 0.5), np.nan)

    def sums(self, choice: np.ndarray, part: Part) -> tuple[np.ndarray, np.ndarray]:
        """Return both sums (units,) of the choices (n,) in each unit of one part."""
        top = np.bincount(part.unit, self.top[part.rows, choice], part.units)
        if self.per_day and part.days is not None:
            return top, part.days
        return top, np.bincount(part.unit, self.below[part.rows, choice], part.units)


def estimates_of(
    measures: dict[str, Measure], choice: np.ndarray, part: Part, n_boot: int, seed: int
) -> dict[str, Estimate]:
    """Return every figure of the choices (n,) on one part, with its interval."""
    tops, belows = zip(*(m.sums(choice, part) for m in measures.values()), strict=True)
    trials = [
        int(below.sum()) if measure.share else 0
        for measure, below in zip(measures.values(), belows, strict=True)
    ]
    found = ratios(np.column_stack(tops), np.column_stack(belows), trials, n_boot, seed)
    return dict(zip(measures, found, strict=True))


def measures_of(
    given: Given,
    answers: list[Any],
    strong: Any,
    requests_per_day: float | None,
    cumulative: bool,
) -> dict[str, Measure]:
    """Return the figures that the data has, by name.

    Parameters
    ----------
    given : Given
    answers : list
    strong : label
        Of `answers`.
    requests_per_day : float or None
        For USD per day of outcomes.
    cumulative : bool
        An answer costs all calls up to it, as in a cascade.
    """
    n, m = len(given.prompts), len(answers)
    ones = np.ones((n, m))
    measures = {}
    if given.quality is not None:
        binary = bool(np.isin(given.quality, (0.0, 1.0)).all())
        measures["quality"] = Measure(given.quality, ones, share=binary)
    if given.cost is not None:
        cost = np.cumsum(given.cost, axis=1) if cumulative else given.cost
        if given.times is not None:
            measures["usd_per_day"] = Measure(cost, ones, per_day=True)
        elif requests_per_day is not None:
            measures["usd_per_day"] = Measure(cost * requests_per_day, ones)
        measures["usd_per_prompt"] = Measure(cost, ones)
    is_strong = np.tile([float(answer == strong) for answer in answers], (n, 1))
    return measures | {"strong_share": Measure(is_strong, ones, share=True)}


def precision_measures(labels: list[Any], said: np.ndarray) -> dict[str, Measure]:
    """Return precision and coverage of answers (n,); columns: answered, abstained.

    Examples
    --------
    >>> found = precision_measures(["a", "b"], np.array(["a", "a"]))["precision"]
    >>> found.top.tolist(), found.below.tolist()
    ([[1.0, 0.0], [0.0, 0.0]], [[1.0, 0.0], [1.0, 0.0]])
    """
    right = [str(a) == str(b) for a, b in zip(said.tolist(), labels, strict=True)]
    served = np.tile([1.0, 0.0], (len(labels), 1))
    return {
        "precision": Measure(np.array(right, float)[:, None] * served, served, share=True),
        "coverage": Measure(served, np.ones_like(served), share=True),
    }


def find_strong(
    strong: Any, answers: list[Any], cost: np.ndarray | None, quality: np.ndarray | None,
    router_cost: np.ndarray | None,
) -> Any:  # fmt: skip
    """Return the answer that counts as strong: the one named, else the dearest, else the best.

    Costs (n, answers) of the data count before those (answers,) that the router has learnt; then
    mean quality (n, answers), and last the top of a known scale of levels. Of equals the last.

    Examples
    --------
    >>> find_strong(None, ["small", "large"], np.array([[0.1, 0.9]]), None, None)
    'large'
    """
    from routelab.routers import ordinal_scale

    if strong is not None:
        by_name = {str(answer): answer for answer in answers}
        if str(strong) not in by_name:
            raise InputError(
                f"'strong' must be an answer of the router: {', '.join(by_name)}; got {strong!r}"
                f"{did_you_mean(str(strong), by_name)}"
            )
        return by_name[str(strong)]
    for figures in (cost, router_cost, quality):
        if figures is not None and np.isfinite(figures).all():
            means = np.atleast_2d(figures).mean(axis=0)
            return answers[int(np.flatnonzero(means == means.max())[-1])]
    levels = ordinal_scale(answers)
    if levels is None:
        raise InputError(
            "which answer is the strong one? Name it: 'strong' is one of "
            f"{', '.join(map(str, answers))}"
        )
    return levels[-1]


def curve_of(ladder: Ladder, measures: dict[str, Measure], part: Part) -> pd.DataFrame:
    """Return every setting that changes an answer on a part, with all figures there."""
    own = ladder.take(part.rows)
    figures = {name: measure.along(own, part) for name, measure in measures.items()}
    return pd.DataFrame({"value": own.values(), **figures})
