"""Two parts of the data: one that fits a setting, another that reports what it does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from routelab._checks import InputError

#: The fewest prompts, days, hours or minutes of a part: a bootstrap of fewer says little.
LEAST = 7
#: Units of traffic in microseconds, the longest first.
UNITS = {"days": 86_400_000_000, "hours": 3_600_000_000, "minutes": 60_000_000}


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of the data, and the units that its bootstrap draws.

    Attributes
    ----------
    rows : ndarray of int (n,)
    unit : ndarray of int (n,)
        Unit of each row, 0 to units - 1; a unit of traffic may be empty.
    units : int
    days : ndarray (units,) or None
        How many days each unit covers; traffic only.
    """

    rows: np.ndarray
    unit: np.ndarray
    units: int
    days: np.ndarray | None = None


def split_groups(groups: np.ndarray, share: float, seed: int) -> tuple[Part, Part]:
    """Return two random parts of the rows, groups (n,) kept whole; `share` of the groups fit.

    Examples
    --------
    >>> fit, report = split_groups(np.arange(20), 0.5, seed=0)
    >>> len(fit.rows), len(report.rows), bool(set(fit.rows) & set(report.rows))
    (10, 10, False)
    """
    codes = np.unique(groups, return_inverse=True)[1]
    count = int(codes.max()) + 1
    fits = round(share * count)
    if min(fits, count - fits) < LEAST:
        raise InputError(
            f"each part needs at least {LEAST} different prompts or groups, got {fits} to fit on "
            f"and {count - fits} to report on (share={share:g})"
        )
    first = np.zeros(count, dtype=bool)
    first[np.random.default_rng(seed).permutation(count)[:fits]] = True
    parts = []
    for chosen in (first[codes], ~first[codes]):
        rows = np.flatnonzero(chosen)
        unit = np.unique(codes[rows], return_inverse=True)[1]
        parts.append(Part(rows, unit, int(unit.max()) + 1))
    return parts[0], parts[1]


def split_time(times: np.ndarray, share: float) -> tuple[Part, Part, str]:
    """Return the earlier and the later part of traffic, and the unit that its bootstrap draws.

    Calendar days (UTC) where each part has at least `LEAST` of them, else clock hours, else
    minutes. The cut lies between two units; the first and the last unit count as the part of them
    that the log covers. A unit without a request counts: it cost nothing.

    Parameters
    ----------
    times : ndarray of int64 (n,)
        Microseconds, ascending.
    share : float
        Of the units, for the earlier part.

    Examples
    --------
    >>> fit, report, unit = split_time(np.arange(0, 20 * UNITS["days"], UNITS["hours"]), 0.5)
    >>> unit, fit.units, report.units, fit.days.sum().item()
    ('days', 10, 10, 10.0)
    """
    for length in UNITS.values():
        number = times // length - times[0] // length
        count = int(number[-1]) + 1
        fits = round(share * count)
        if min(fits, count - fits) >= LEAST:
            break
    else:
        raise InputError(
            f"each part needs at least {LEAST} minutes of traffic, got {fits} to fit on and "
            f"{count - fits} to report on (share={share:g})"
        )
    edges = (times[0] // length + np.arange(count + 1)) * length
    edges = np.clip(edges, times[0], times[-1])
    days = np.diff(edges) / UNITS["days"]
    early = number < fits
    first = Part(np.flatnonzero(early), number[early], fits, days[:fits])
    rows = np.flatnonzero(~early)
    unit = next(name for name, span in UNITS.items() if span == length)
    return first, Part(rows, number[rows] - fits, count - fits, days[fits:]), unit
