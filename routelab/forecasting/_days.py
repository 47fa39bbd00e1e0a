"""Local calendar days of a log, and which of them follow each other in a resampled path."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.plan import Plan

DAY_US = 86_400_000_000
#: A day at an edge of the log counts as full when the hours that it lacks hold at most this share
#: of the requests of the other days.
MISSING_SHARE = 0.02
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Days:
    """The full local days of a log.

    Attributes
    ----------
    dates : datetime64[D] array of shape (n_days,)
        One after the other; a day without requests is among them.
    first : int array of shape (n_days + 1,)
        Day `d` holds the rows from ``first[d]`` to ``first[d + 1]`` of the log.
    left_out : tuple of str
        Days at the edges that the log holds in part.
    """

    dates: np.ndarray
    first: np.ndarray
    left_out: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.dates)


def zone_of(plan: Plan) -> str:
    """Return the time zone whose days a replay of the plan counts."""
    return next((budget.timezone for budget in plan.budgets if budget.is_calendar), "UTC")


def wall_clock(stamps: pd.Series, zone: str) -> np.ndarray:
    """Return local times without a zone, datetime64[us] (n,)."""
    local = stamps.dt.tz_convert(zone).dt.tz_localize(None)
    return local.to_numpy("datetime64[us]")


def to_utc(wall: np.ndarray, zone: str) -> pd.DatetimeIndex:
    """Return the UTC stamps of sorted local times.

    A time that a change of clocks skips moves to its end; one that comes twice is its first.
    """
    first = np.ones(len(wall), bool)
    local = pd.DatetimeIndex(wall).tz_localize(zone, ambiguous=first, nonexistent="shift_forward")
    return local.tz_convert("UTC").as_unit("us")


def full_days(wall: np.ndarray) -> Days:
    """Find the full days of a log from its sorted local times.

    Raises
    ------
    InputError
        Fewer than two full days.
    """
    dates, keep, day = kept_days(wall)
    if keep.sum() < 2:
        raise InputError(
            f"a forecast needs at least 2 full local days of traffic, got {int(keep.sum())}: the "
            f"log runs from {_minute(wall[0])} to {_minute(wall[-1])} local time"
        )
    full = dates[keep]
    first = np.searchsorted(day, np.append(full, full[-1] + 1))
    return Days(full, first, tuple(str(date) for date in dates[~keep]))


def kept_days(wall: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the days of a log, which of them are full (bool), and the day of each row.

    A first or last day is left out when the hours that it lacks hold more than `MISSING_SHARE` of
    the requests of the other days (of those between first and last, when there are any).
    """
    day = wall.astype("datetime64[D]")
    dates = np.arange(day[0], day[-1] + 1)
    clock = (wall - day).astype(np.int64)
    keep = np.ones(len(dates), bool)
    keep[0] = _missing(day, clock, day[0], before=clock[0]) <= MISSING_SHARE
    late = _missing(day, clock, day[-1], after=clock[day == day[-1]].max())
    keep[-1] &= late <= MISSING_SHARE
    return dates, keep, day


def _missing(
    day: np.ndarray,
    clock: np.ndarray,
    edge: np.datetime64,
    before: int = 0,
    after: int = DAY_US,
) -> float:
    """Return the share of the other days' requests before or after these times of day."""
    inner = (day > day[0]) & (day < day[-1])
    others = inner if inner.any() else day != edge
    if not others.any():
        return (before + DAY_US - after) / DAY_US
    return float(np.mean((clock[others] < before) | (clock[others] > after)))


def _minute(stamp: np.datetime64) -> str:
    return str(stamp.astype("datetime64[m]")).replace("T", " ")


def weekday(dates: np.ndarray) -> np.ndarray:
    """Return 0 (Monday) to 6 of datetime64[D] (n,)."""
    return (dates.astype("datetime64[D]").astype(np.int64) + 3) % 7


def check_blocks(days: Days, target: np.ndarray, block_days: int, keep_weekday: bool) -> None:
    """Say why these days cannot be drawn.

    Raises
    ------
    InputError
        A block is longer than the log, or a weekday is needed that the log does not hold.
    """
    if not 1 <= block_days <= len(days):
        raise InputError(
            f"block_days must be from 1 to the {len(days)} full days of the log, got {block_days}"
        )
    absent = sorted(set(weekday(target)) - set(weekday(days.dates))) if keep_weekday else []
    if absent:
        raise InputError(
            f"no full day of the log is a {WEEKDAYS[absent[0]]}, so weekdays cannot be kept: "
            "use by_weekday=False and block_days below 7, or a longer log"
        )


def draw_days(
    days: Days,
    target: np.ndarray,
    block_days: int,
    keep_weekday: bool,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return which logged day is played on each target day, int (n_target,).

    Without weekdays, blocks start anywhere and run on from the last logged day to the first: every
    day is as likely as any other (the circular block bootstrap of Politis and Romano 1992). With
    weekdays, a block starts on a logged day of the weekday wanted and stops at the end of the log
    (blocks in phase with the season, after Politis 2001).
    """
    chosen: list[int] = []
    logged, wanted = weekday(days.dates), weekday(target)
    while len(chosen) < len(target):
        if keep_weekday:
            start = int(rng.choice(np.flatnonzero(logged == wanted[len(chosen)])))
            chosen += range(start, min(start + block_days, len(days)))
        else:
            start = int(rng.integers(len(days)))
            chosen += [(start + k) % len(days) for k in range(block_days)]
    return np.array(chosen[: len(target)])
