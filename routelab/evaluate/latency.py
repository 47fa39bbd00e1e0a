"""How long the chosen models would have taken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from routelab._checks import InputError
from routelab.evaluate._columns import check_choice, check_table


@dataclass(frozen=True, slots=True)
class ChosenLatency:
    """Latency of a router's choices, in the unit given (seconds).

    Attributes
    ----------
    mean, p50, p95 : float
        Over the known ones.
    n : int
        Prompts whose chosen model's latency is known.
    missing : int
        Prompts whose chosen model's latency is not.
    """

    mean: float
    p50: float
    p95: float
    n: int
    missing: int


def chosen_latency(choice: ArrayLike, latency: ArrayLike) -> ChosenLatency:
    """Return mean, median and 95th percentile of what the chosen models would have taken.

    Parameters
    ----------
    choice : array (n,)
        Column of the chosen model.
    latency : array (n, models)
        Seconds of each model on each prompt; NaN where it was not measured. Those are kept out
        and counted: they are neither 0 nor the average.

    Returns
    -------
    ChosenLatency

    Raises
    ------
    InputError
        For negative latencies, choices that are no column, and when no chosen latency is known.

    Notes
    -----
    Formula: mean and linear quantiles 0.5 and 0.95 of latency[i, choice[i]], i with a value.
    Source: standard.
    Variants: none; RouterArena's latency score, 1 / (milliseconds of the decision - 10), rates
        the router's own time instead.
    Range: 0 upwards, in seconds, lower is better.
    Hides: queues and load: models measured one call at a time are slower together; the router's
        own time; and which prompts are missing, often the slow ones that timed out.

    Examples
    --------
    >>> chosen_latency([0, 1, 1], [[1.0, 9.0], [9.0, 3.0], [9.0, float("nan")]])
    ChosenLatency(mean=2.0, p50=2.0, p95=2.9, n=2, missing=1)
    """
    table = check_table("latency", latency)
    if (table < 0).any():
        row = int((table < 0).any(axis=1).argmax())
        raise InputError(
            f"latency must be at least 0, got {np.nanmin(table[row]):g} for prompt {row}"
        )
    picked = table[np.arange(len(table)), check_choice(choice, *table.shape)]
    known = picked[~np.isnan(picked)]
    if not len(known):
        raise InputError(f"no latency is known for any of the {len(picked)} chosen models")
    p50, p95 = (float(x) for x in np.quantile(known, [0.5, 0.95]))
    missing = len(picked) - len(known)
    return ChosenLatency(float(known.mean()), p50, round(p95, 12), len(known), missing)
