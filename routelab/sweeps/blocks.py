"""Blocks of consecutive requests: what a policy did in each, and what intervals come from.

Requests of one hour share its load and its outages, so resampling them one by one would promise
too much. Whole blocks are resampled instead (Carlstein 1986, the non-overlapping block bootstrap):
days in UTC when the traffic has seven or more of them, else runs of consecutive requests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from routelab.evaluate.bootstrap import Resampler, interval
from routelab.simulation.totals import EDGES

LEAST_DAYS = 7
MOST_RUNS = 200
DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure of a policy: its value, its 95 % interval, and the resamples behind it."""

    value: float
    low: float
    high: float
    samples: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """How requests fall into blocks, and the resamples of the blocks that all policies share.

    Attributes
    ----------
    kind : {"days", "runs"}
    codes : (n_requests,) int64
        Block of each request, in order of time.
    days : (n_blocks,) float64
        Length of each block in days.
    weights : (n_boot, n_blocks) float64
        How often each block occurs in each resample.
    """

    kind: str
    codes: np.ndarray
    days: np.ndarray
    weights: np.ndarray

    @property
    def n(self) -> int:
        """Number of blocks."""
        return len(self.days)


@dataclass(frozen=True, slots=True, eq=False)
class BlockTotals:
    """What one policy did, per block.

    Attributes
    ----------
    requests, served, degraded, refused, spend_usd : (n_blocks,) float64
        Counts of requests, and USD.
    latency : (n_blocks, n_bins) float64
        Served requests by latency, in the bins of `EDGES`.
    spend_per_day_usd : float
        Over all requests.
    quality, rated : (n_blocks,) float64, optional
        Sum of the quality of served requests, and how many of them have one.
    """

    requests: np.ndarray
    served: np.ndarray
    degraded: np.ndarray
    refused: np.ndarray
    spend_usd: np.ndarray
    latency: np.ndarray
    spend_per_day_usd: float
    quality: np.ndarray | None = None
    rated: np.ndarray | None = None


def make_blocks(timestamps: pd.Series, n_boot: int, seed: int) -> Blocks:
    """Return the blocks of requests in order of time.

    Examples
    --------
    >>> stamps = pd.Series(pd.date_range("2026-01-05", periods=48, freq="4h", tz="UTC"))
    >>> blocks = make_blocks(stamps, n_boot=10, seed=0)
    >>> blocks.kind, blocks.n, round(float(blocks.days.sum()), 3)
    ('days', 8, 7.833)
    """
    stamps = timestamps.astype("datetime64[us, UTC]").astype("int64").to_numpy()
    day = stamps // DAY_US
    n_days = int(day[-1] - day[0]) + 1
    if n_days >= LEAST_DAYS:
        kind, codes = "days", day - day[0]
        edges = np.arange(day[0], day[-1] + 2) * DAY_US
        edges[0], edges[-1] = stamps[0], stamps[-1]
    else:
        n_blocks = min(MOST_RUNS, len(stamps))
        kind, codes = "runs", np.arange(len(stamps)) * n_blocks // len(stamps)
        first = np.searchsorted(codes, np.arange(n_blocks))
        edges = np.append(stamps[first], stamps[-1])
    days = np.diff(edges) / DAY_US
    if days.sum() == 0:  # all at one instant
        days = np.full(len(days), 1 / len(days))
    weights = np.concatenate(list(Resampler(len(days), n_boot=n_boot, seed=seed).weights()))
    return Blocks(kind, codes, days, weights)


def total_of(blocks: Blocks, values: np.ndarray) -> np.ndarray:
    """Return the sum of values (n_requests,) in each block."""
    return np.bincount(blocks.codes, weights=values, minlength=blocks.n)


def metrics_of(totals: BlockTotals, blocks: Blocks) -> dict[str, Metric]:
    """Return the metrics of one policy with 95 % percentile intervals.

    ``spend_per_day_usd`` is in USD, ``latency_p50_s`` and ``latency_p95_s`` of served requests in
    seconds, ``availability``, ``degraded_share`` and ``refused_share`` are shares of all requests,
    ``quality`` the mean over served requests whose quality is known.
    """
    weights = blocks.weights
    span = float(blocks.days.sum())
    per_day = span / max(span, 1.0)  # traffic of less than a day counts as one, as in a replay
    found = {
        "spend_per_day_usd": _metric(
            totals.spend_per_day_usd, _ratio(weights, totals.spend_usd, blocks.days) * per_day
        )
    }
    for name, part in _shares(totals).items():
        found[name] = _share(weights, part, totals.requests)
    cumulated = np.cumsum(weights @ totals.latency, axis=1)
    whole = np.cumsum(totals.latency.sum(axis=0))[None]
    for name, share in (("latency_p50_s", 0.5), ("latency_p95_s", 0.95)):
        found[name] = _metric(float(_quantile(whole, share)[0]), _quantile(cumulated, share))
    if totals.quality is not None and totals.rated is not None:
        found["quality"] = _share(weights, totals.quality, totals.rated)
    return found


def _shares(totals: BlockTotals) -> dict[str, np.ndarray]:
    return {
        "availability": totals.served,
        "degraded_share": totals.degraded,
        "refused_share": totals.refused,
    }


def _share(weights: np.ndarray, part: np.ndarray, whole: np.ndarray) -> Metric:
    everything = float(whole.sum())
    value = float(part.sum()) / everything if everything else np.nan
    return _metric(value, _ratio(weights, part, whole))


def _ratio(weights: np.ndarray, part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return the ratio of two sums in each resample, NaN where the lower one is 0."""
    below = weights @ whole
    return np.divide(weights @ part, below, out=np.full(len(below), np.nan), where=below > 0)


def _quantile(cumulated: np.ndarray, share: float) -> np.ndarray:
    """Return the latency below which a share of the requests lies, per row of cumulated counts.

    Inside a bin requests are taken to be spread evenly on the logarithmic scale.
    """
    total = cumulated[:, -1]
    wanted = share * total
    bins = (cumulated >= wanted[:, None]).argmax(axis=1)
    rows = np.arange(len(cumulated))
    below = np.where(bins > 0, cumulated[rows, bins - 1], 0.0)
    inside = np.maximum(cumulated[rows, bins] - below, 1e-300)
    latency = EDGES[bins] * (EDGES[bins + 1] / EDGES[bins]) ** ((wanted - below) / inside)
    return np.where(total > 0, latency, np.nan)


def _metric(value: float, samples: np.ndarray) -> Metric:
    known = samples[np.isfinite(samples)]
    low, high = interval(known) if len(known) else (np.nan, np.nan)
    return Metric(float(value), float(low), float(high), samples)
