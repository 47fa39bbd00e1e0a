"""From resampled differences to a verdict in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from routelab.evaluate.bootstrap import holm, interval, p_gain
from routelab.evaluate.selection import selection_optimism

#: The smallest gain worth having, as a share of the way from the best control to the oracle.
WORTHWHILE = 0.1
#: A bootstrap of fewer groups of prompts is too narrow to be believed.
LEAST_GROUPS = 10


@dataclass(frozen=True)
class Difference:
    """A router against the control that decides about it.

    Attributes
    ----------
    value : float
        The router's figure less the control's.
    samples : ndarray (n_boot,)
        Resamples of that difference.
    control, figure : str
    margin : float
        The smallest gain worth having.
    p : float
        Of "no gain over every control": the largest over them.
    """

    value: float
    samples: np.ndarray
    control: str
    figure: str
    margin: float
    p: float


def against_all(
    value: float,
    samples: np.ndarray,
    controls: dict[str, tuple[float, np.ndarray]],
    figure: str,
    *,
    possible: float,
    worthwhile: float | None = None,
) -> Difference:
    """Compare a router's figure with every control and return the difference that decides.

    A router must beat all of its controls (an intersection-union test: no correction is needed
    for their number). What decides is the best control where it leaves no room for a gain worth
    having; else one that is not beaten, that with the lowest lower end of the interval; else, with
    all of them beaten, again the best.

    Parameters
    ----------
    value : float
    samples : ndarray (n_boot,)
    controls : dict of str to (float, ndarray (n_boot,))
    figure : str
        What the value is called.
    possible : float
        The oracle's figure.
    worthwhile : float, optional
        The smallest gain worth having; None takes a tenth of the way from the best control to
        `possible`.

    References
    ----------
    Berger and Hsu, Bioequivalence trials, intersection-union tests and equivalence confidence
    sets, Statistical Science 11 (1996), section 2.

    Examples
    --------
    >>> bars = {"a": (0.5, np.array([0.5])), "b": (0.4, np.array([0.4]))}
    >>> against_all(0.9, np.array([0.9]), bars, "accuracy", possible=1.0).control
    'a'
    """
    best = max(controls, key=lambda name: controls[name][0])
    margin = worthwhile
    if margin is None:
        margin = max(possible - controls[best][0], 0.0) * WORTHWHILE
    drawn = {name: samples - control for name, (_, control) in controls.items()}
    ends = {name: interval(difference) for name, difference in drawn.items()}
    decides = min(controls, key=lambda name: ends[name][0])
    if _excluded(float(ends[best][1]), margin) or ends[decides][0] > 0:
        decides = best
    p = max(map(p_gain, drawn.values()))
    return Difference(value - controls[decides][0], drawn[decides], decides, figure, margin, p)


def judge(
    differences: dict[str, Difference], n_groups: int
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Return the table's columns and a sentence for each router.

    A router adds value when the 95 % interval of its difference is above zero and p stays under
    5 % after Holm's correction for all routers. It adds nothing when the interval leaves no room
    for a gain worth having. Otherwise these prompts do not resolve it, nor do fewer than ten groups
    of them ever: the intervals of so few are too narrow.

    Examples
    --------
    >>> gain = Difference(0.2, np.full(999, 0.2), "constant", "accuracy", 0.05, 0.002)
    >>> judge({"knn": gain}, 100)[1]["knn"]
    'adds value: accuracy +0.200 over constant (0.200 to 0.200).'
    """
    names = list(differences)
    corrected = holm([differences[name].p for name in names])
    columns, sentences = {}, {}
    for name, p in zip(names, corrected, strict=True):
        d = differences[name]
        low, high = (float(x) for x in interval(d.samples))
        if n_groups < LEAST_GROUPS:
            verdict = "not resolved"
        elif low > 0 and p < 0.05:
            verdict = "adds value"
        elif low <= 0 and _excluded(high, d.margin):
            verdict = "adds nothing"
        else:
            verdict = "not resolved"
        columns[name] = {
            "difference": d.value,
            "diff_low": low,
            "diff_high": high,
            "p_holm": p,
            "best_control": d.control,
            "verdict": verdict,
        }
        sentences[name] = (
            f"{verdict}: {d.figure} {d.value:+.3f} over {d.control} ({low:.3f} to {high:.3f})"
            f"{_remark(verdict, low, high, p, d, len(names), n_groups)}."
        )
    return columns, sentences


def _excluded(high: float, margin: float) -> bool:
    """Whether an interval that ends at `high` leaves no room for a gain of `margin`."""
    return bool(high <= 0 or high < margin)


def _remark(
    verdict: str, low: float, high: float, p: float, d: Difference, count: int, n_groups: int
) -> str:
    """Say what a reader would otherwise have to work out."""
    if n_groups < LEAST_GROUPS:
        return f", from {n_groups} groups of prompts only"
    if low > 0 and 2 * count / (len(d.samples) + 1) >= 0.05:
        return f"; {count} routers need at least {40 * count} resamples, got {len(d.samples)}"
    if low > 0 and p >= 0.05:
        return f", but p is {p:.2g} after Holm for {count} routers"
    if verdict == "adds value" and _excluded(high, d.margin):
        return f", less than {d.margin:.3f}, the smallest gain worth having"
    if verdict == "adds nothing" and high > 0:
        return f", no room for a gain of {d.margin:.3f}"
    times = (1.96 * float(d.samples.std()) / d.margin) ** 2 if d.margin > 0 else 0.0
    if verdict == "not resolved" and times >= 1.1:
        return f"; a gain of {d.margin:.3f} needs {times:.1f} times the prompts"
    return ""


def resolution(differences: dict[str, Difference]) -> float:
    """Return the half-width of a 95 % interval: the median over routers, NaN without any.

    Routers that never differ from their control tell nothing and are left out.

    Examples
    --------
    >>> resolution({})
    nan
    """
    widths = [1.96 * float(d.samples.std()) for d in differences.values()]
    widths = [width for width in widths if width > 0]
    return float(np.median(widths)) if widths else float("nan")


def optimism(figures: dict[str, tuple[float, np.ndarray]], what: str) -> list[str]:
    """Note by how much picking the best router on the reported prompts flatters it.

    Examples
    --------
    >>> drawn = np.random.default_rng(0).normal(0.7, 0.02, (2000, 2))
    >>> optimism({"a": (0.7, drawn[:, 0]), "b": (0.7, drawn[:, 1])}, "accuracy")
    ['whoever picks the best of 2 routers on these prompts reads its accuracy 0.011 too high']
    """
    if len(figures) < 2:
        return []
    samples = np.column_stack([drawn for _, drawn in figures.values()])
    excess = selection_optimism(samples, [figure for figure, _ in figures.values()])
    if excess < 0.0005:
        return []
    return [
        f"whoever picks the best of {len(figures)} routers on these prompts reads its {what} "
        f"{excess:.3f} too high"
    ]
