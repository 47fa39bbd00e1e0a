"""When the windows of calendar budgets begin and end."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from routelab._checks import InputError
from routelab.plan import period_seconds

MAX_WINDOWS = 200_000
RESET_EVERY_S = 600.0  # the gateway's job that starts the windows of keys and teams afresh


def window_edges(
    period: str, timezone: str, start: datetime, end: datetime, *, late: bool = False
) -> list[float]:
    """Return when the window that holds `start` began, and every end until after `end`.

    They are in seconds from `start`. Days begin at local midnight, ``7d`` on Mondays, ``30d`` on
    the first of the month (as the gateway has it), other numbers of days at the midnights counted
    from the first; hours, minutes and seconds are counted from local midnight.

    Parameters
    ----------
    period : str
        ``"1d"``, ``"7d"``, ``"30d"``, ``"12h"``, ``"30m"`` and the like.
    late : bool
        Ends take effect when the gateway's job comes by, every 600 s from `start`.

    Raises
    ------
    InputError
        More than 200,000 windows.

    Examples
    --------
    >>> start = datetime(2026, 3, 28, 12, tzinfo=UTC)
    >>> window_edges("1d", "Europe/Berlin", start, start + timedelta(days=1))  # clocks change
    [-46800.0, 39600.0, 122400.0]
    >>> window_edges("1d", "Europe/Berlin", start, start, late=True)
    [-46800.0, 39600.0]
    """
    zone = ZoneInfo(timezone)
    local = start.astimezone(zone)
    moments = [_begin(period, local, zone)]
    if (end - start) / timedelta(seconds=period_seconds(period)) > MAX_WINDOWS:
        raise InputError(
            f"a budget period of {period!r} has more than {MAX_WINDOWS:,} windows between "
            f"{start:%Y-%m-%d} and {end:%Y-%m-%d}: take a longer period, or a part of the traffic"
        )
    while len(moments) < 2 or moments[-1] <= end:
        moments.append(_next(period, moments[-1], zone))
    edges = [(moment.astimezone(UTC) - start).total_seconds() for moment in moments]
    if late:
        edges[1:] = [RESET_EVERY_S * math.ceil(edge / RESET_EVERY_S) for edge in edges[1:]]
    return edges


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _begin(period: str, local: datetime, zone: ZoneInfo) -> datetime:
    day = local.date()
    if period == "7d":
        day -= timedelta(days=day.weekday())
    elif period == "30d":
        day = day.replace(day=1)
    elif not period.endswith("d"):
        midnight = _midnight(day, zone)
        step = _step(period)
        return midnight + step * ((local - midnight) // step)
    return _midnight(day, zone)


def _next(period: str, begin: datetime, zone: ZoneInfo) -> datetime:
    day = begin.date()
    if period == "30d":
        return _midnight((day.replace(day=1) + timedelta(days=32)).replace(day=1), zone)
    if period.endswith("d"):
        return _midnight(day + timedelta(days=int(period[:-1])), zone)
    following = (begin.astimezone(UTC) + _step(period)).astimezone(zone)
    if following.date() != day:
        return _midnight(following.date(), zone)
    return following


def _step(period: str) -> timedelta:
    unit = {"h": "hours", "m": "minutes", "s": "seconds"}[period[-1]]
    return timedelta(**{unit: int(period[:-1])})
