"""More or fewer requests of the same kind at the same hours."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.traffic.schema import check_traffic

HOUR_US = 3_600_000_000


def grow(traffic: pd.DataFrame, factor: float, seed: int = 0) -> tuple[pd.DataFrame, str]:
    """Return traffic with `factor` times the requests of each hour, and a sentence on it.

    Above 1, the log is superposed with copies of itself: every request comes ``floor(factor)``
    times, and the rest is drawn without replacement among the requests of the same hour. Each copy
    of an hour is rotated within that hour by a random amount, so that bursts keep their shape
    without falling on each other. Below 1, requests are left out at random (thinning). Where
    ``factor`` times the requests of an hour is no whole number, it is rounded up or down at random,
    right on average. Users, tiers and sessions are those of the log: the same users ask more.

    Parameters
    ----------
    traffic : DataFrame
        In the traffic schema.
    factor : float
        Above 0.
    seed : int

    Returns
    -------
    DataFrame
        A new frame in time order. Request ids of copies end in ``~1``, ``~2``, ...
    str

    Raises
    ------
    InputError
        The factor is not above 0.

    Examples
    --------
    >>> stamps = pd.date_range("2026-01-05", periods=6, freq="10min", tz="UTC")
    >>> traffic = pd.DataFrame({"timestamp": stamps, "input_tokens": 10, "output_tokens": 5})
    >>> grown, told = grow(traffic, 1.5)
    >>> len(grown), told
    (9, 'traffic grown by a factor of 1.5: 6 requests became 9')
    """
    frame = check_traffic(traffic)
    wall = frame["timestamp"].dt.tz_localize(None).to_numpy("datetime64[us]")
    rows, moved, copy = grown_rows(wall, factor, np.random.default_rng(seed))
    result = frame.iloc[rows].reset_index(drop=True)
    result["timestamp"] = pd.DatetimeIndex(moved).tz_localize("UTC").as_unit("us")
    marks = pd.Series([f"~{c}" if c else "" for c in copy.tolist()], dtype="string")
    result["request_id"] = result["request_id"] + marks
    told = f"traffic grown by a factor of {factor:g}: {len(frame):,} requests became "
    return result, f"{told}{len(result):,}"


def grown_rows(
    wall: np.ndarray, factor: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows (m,), their times (m,) and which copy each is (m,), in order of time.

    Parameters
    ----------
    wall : datetime64[us] array of shape (n,), sorted
    factor : float
    rng : Generator
    """
    check_factor(factor)
    times = wall.astype(np.int64)
    hour = times // HOUR_US
    whole = math.floor(factor)
    rows, stamps, copies = [], [], []
    for copy in range(whole):
        rows.append(np.arange(len(times)))
        stamps.append(times if copy == 0 else _rotated(times, hour, rng))
        copies.append(np.full(len(times), copy))
    if factor > whole:
        extra = _sample(hour, factor - whole, rng)
        rows.append(extra)
        # A thinned log keeps its times; a part of a copy is rotated like a whole one.
        stamps.append(times[extra] if whole == 0 else _rotated(times, hour, rng)[extra])
        copies.append(np.full(len(extra), whole))
    moved, row = np.concatenate(stamps), np.concatenate(rows)
    order = np.argsort(moved, kind="stable")
    return row[order], moved[order].astype("datetime64[us]"), np.concatenate(copies)[order]


def check_factor(factor: float) -> None:
    """Say why a factor of growth is none."""
    if not (math.isfinite(factor) and factor > 0):
        raise InputError(f"the factor of growth must be above 0, got {factor!r}")


def _rotated(times: np.ndarray, hour: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    _, code = np.unique(hour, return_inverse=True)
    shift = rng.integers(0, HOUR_US, code.max(initial=-1) + 1)
    return hour * HOUR_US + (times - hour * HOUR_US + shift[code]) % HOUR_US


def _sample(hour: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Draw a share of the rows of each hour without replacement."""
    _, first, code, count = np.unique(
        hour, return_index=True, return_inverse=True, return_counts=True
    )
    wanted = np.floor(share * count + rng.random(len(count)))
    shuffled = np.lexsort((rng.random(len(hour)), code))  # rows of an hour stay together
    rank = np.arange(len(hour)) - first[code[shuffled]]
    return np.sort(shuffled[rank < wanted[code[shuffled]]])
