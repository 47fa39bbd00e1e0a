"""Sums over blocks of requests, filled while the kernel runs: no row is kept.

Blocks are runs of consecutive requests, for instance the requests of one day.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routelab.simulation.arrays import (
    CLIENT,
    O_ASKED,
    O_ATTEMPTS,
    O_COST,
    O_FALLBACKS,
    O_FINISHED,
    O_GROUP,
    O_KIND,
    O_LOST,
    O_REQUEST,
    O_RETRIES,
    O_ROLE,
    O_SERVED,
    O_T,
    Output,
)
from routelab.simulation.errors import PLAN_BUDGET
from routelab.simulation.jit import entry

# Latencies from 1 ms to 100,000 s in steps of 1.2 %.
BINS_PER_DECADE = 200
FIRST_DECADE, LAST_DECADE = -3, 5
N_BINS = BINS_PER_DECADE * (LAST_DECADE - FIRST_DECADE)
EDGES = 10 ** np.linspace(FIRST_DECADE, LAST_DECADE, N_BINS + 1)
COLUMNS = (
    "requests",
    "served",
    "failed",
    "refused",
    "degraded",
    "attempts",
    "retries",
    "fallbacks",
    "spend_usd",
    "extra_usd",
    "lost_cache_usd",
)
(REQUESTS, SERVED, FAILED, REFUSED, DEGRADED, ATTEMPTS, RETRIES, FALLBACKS, SPEND, EXTRA, LOST) = (
    range(len(COLUMNS))
)


class Totals:
    """What happened in each block.

    Parameters
    ----------
    first : array of int64, ascending
        Number of the first request of each block; the first block starts at 0.
    deployments : int
    latencies : bool, default True
        Fill `latency`, too.
    keep : int, default 0
        Keep the latency and the deployment of that many requests, too.

    Attributes
    ----------
    sums : (n_blocks, 11) float64
        `COLUMNS`; spend includes mirrors and hedges (also in ``extra_usd``).
    served_by : (n_blocks, n_deployments, 2) float64
        Requests that a deployment served, and USD.
    latency : (n_blocks, N_BINS) float64
        Served requests by latency, in the bins of `EDGES`; no rows without `latencies`.
    latency_s : (keep,) float64
        NaN where nothing was served.
    deployment : (keep,) int64
        -1 where nothing was served.
    """

    def __init__(
        self, first: np.ndarray, deployments: int, *, latencies: bool = True, keep: int = 0
    ):
        self.first = np.ascontiguousarray(first, np.int64)
        self.sums = np.zeros((len(first), len(COLUMNS)))
        self.served_by = np.zeros((len(first), deployments, 2))
        self.latency = np.zeros((len(first) if latencies else 0, N_BINS))
        self.latency_s = np.full(keep, np.nan)
        self.deployment = np.full(keep, -1, np.int64)

    def add(self, filled: Output) -> None:
        """Add what the kernel wrote; see :func:`routelab.simulation.run.stream`."""
        _add(
            filled.done,
            self.first,
            self.sums,
            self.served_by,
            self.latency,
            self.latency_s,
            self.deployment,
        )

    def column(self, name: str) -> np.ndarray:
        """Return one column of the sums by its name in `COLUMNS`."""
        return self.sums[:, COLUMNS.index(name)]

    def quantile(self, q: float) -> float:
        """Return a quantile of the latency of all served requests, in seconds, from the bins."""
        return quantile_of_bins(self.latency.sum(axis=0), q)


def quantile_of_bins(counts: np.ndarray, q: float) -> float:
    """Return a quantile from counts in the bins of `EDGES`; NaN without any.

    Examples
    --------
    >>> counts = np.zeros(N_BINS)
    >>> counts[np.searchsorted(EDGES, 1.5) - 1] = 10
    >>> round(quantile_of_bins(counts, 0.5), 1)
    1.5
    """
    ends = np.cumsum(counts)
    if ends[-1] == 0:
        return float("nan")
    place = int(np.searchsorted(ends, q * ends[-1]))
    return float(np.sqrt(EDGES[place] * EDGES[place + 1]))


@entry
def _add(
    done: Any,
    first: Any,
    sums: Any,
    served_by: Any,
    latency: Any,
    latency_s: Any,
    deployment: Any,
) -> None:
    block, begin, end = 0, 0, -1
    for i in range(done.shape[0]):
        row = done[i]
        number = int(row[O_REQUEST])
        if not begin <= number < end:  # requests end nearly in order
            block = int(np.searchsorted(first, number, side="right")) - 1
            begin = first[block]
            end = first[block + 1] if block + 1 < first.shape[0] else number + (1 << 60)
        own = sums[block]
        own[SPEND] += row[O_COST]
        if row[O_ROLE] != CLIENT:
            own[EXTRA] += row[O_COST]
            continue
        own[REQUESTS] += 1.0
        own[ATTEMPTS] += row[O_ATTEMPTS]
        own[RETRIES] += row[O_RETRIES]
        own[FALLBACKS] += row[O_FALLBACKS]
        own[LOST] += row[O_LOST]
        own[DEGRADED] += row[O_GROUP] != row[O_ASKED] and row[O_GROUP] >= 0.0
        served = int(row[O_SERVED])
        if served < 0:
            own[REFUSED if row[O_KIND] == PLAN_BUDGET else FAILED] += 1.0
            continue
        own[SERVED] += 1.0
        served_by[block, served, 0] += 1.0
        served_by[block, served, 1] += row[O_COST]
        seconds = row[O_FINISHED] - row[O_T]
        if latency.shape[0]:
            place = (np.log10(max(seconds, EDGES[0])) - FIRST_DECADE) * BINS_PER_DECADE
            latency[block, min(int(place), N_BINS - 1)] += 1.0
        if number < latency_s.shape[0]:
            latency_s[number] = seconds
            deployment[number] = served
