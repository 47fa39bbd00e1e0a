"""From resampled differences to a verdict in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from routelab.evaluate.bootstrap import holm, interval, p_value


@dataclass(frozen=True)
class Difference:
    """A router against its best control: the figure, its resamples, and the control's name."""

    value: float
    samples: np.ndarray
    control: str
    figure: str


def against_best(
    value: float, samples: np.ndarray, controls: dict[str, tuple[float, np.ndarray]], figure: str
) -> Difference:
    """Compare a router's figure with the control that does best on the same prompts.

    Examples
    --------
    >>> against_best(0.9, np.array([0.9]), {"a": (0.5, np.array([0.5]))}, "accuracy").control
    'a'
    """
    name = max(controls, key=lambda key: controls[key][0])
    best, resampled = controls[name]
    return Difference(value - best, samples - resampled, name, figure)


def judge(differences: dict[str, Difference]) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Return the table's columns and a sentence for each router.

    A router adds value when the 95 % interval of its difference is above zero and p stays under
    5 % after Holm's correction for all routers; it adds nothing when the interval reaches no
    higher than zero; otherwise these prompts do not resolve it.

    Examples
    --------
    >>> gain = Difference(0.2, np.full(999, 0.2), "constant", "accuracy")
    >>> judge({"knn": gain})[1]["knn"]
    'adds value: accuracy +0.200 over constant (0.200 to 0.200).'
    """
    names = list(differences)
    corrected = holm([p_value(differences[name].samples) for name in names])
    columns, sentences = {}, {}
    for name, p in zip(names, corrected, strict=True):
        d = differences[name]
        low, high = (float(x) for x in interval(d.samples))
        if low > 0 and p < 0.05:
            verdict = "adds value"
        elif high <= 0:
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
            f"{verdict}: {d.figure} {d.value:+.3f} over {d.control} ({low:.3f} to {high:.3f})."
        )
        if low > 0 and p >= 0.05:
            sentences[name] = (
                f"{sentences[name][:-1]}, but p is {p:.2g} after Holm for {len(names)} routers."
            )
    return columns, sentences


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
