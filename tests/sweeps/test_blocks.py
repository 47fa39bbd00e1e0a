"""Blocks and their resamples: intervals that agree with a bootstrap done by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from routelab.simulation.totals import EDGES
from routelab.sweeps.blocks import (
    BlockTotals,
    make_blocks,
    metrics_of,
    total_of,
)


@pytest.fixture(scope="module")
def blocks():
    """Ten whole days of 200 requests each."""
    stamps = pd.date_range("2026-01-05", "2026-01-15", periods=2000, tz="UTC", inclusive="left")
    return make_blocks(pd.Series(stamps.floor("us")), n_boot=300, seed=3)


def test_days_are_blocks_and_empty_days_count():
    stamps = pd.to_datetime(["2026-01-05T12:00Z", "2026-01-06T01:00Z", "2026-01-12T06:00Z"])
    blocks = make_blocks(pd.Series(stamps), n_boot=5, seed=0)
    assert blocks.kind == "days" and blocks.codes.tolist() == [0, 1, 7]
    assert blocks.days.tolist() == [0.5, 1, 1, 1, 1, 1, 1, 0.25]
    assert (blocks.weights.sum(axis=1) == 8).all()


def test_metrics_agree_with_resampling_the_requests_of_the_drawn_days(blocks):
    rng = np.random.default_rng(0)
    n = len(blocks.codes)
    cost = rng.exponential(1.0, n) * (1 + blocks.codes)
    latency = rng.lognormal(0, 1, n)
    served = rng.random(n) < 0.9
    table = np.array(
        [np.histogram(latency[served & (blocks.codes == b)], EDGES)[0] for b in range(blocks.n)]
    )
    totals = BlockTotals(
        requests=total_of(blocks, np.ones(n)),
        served=total_of(blocks, served.astype(float)),
        degraded=np.zeros(10),
        refused=total_of(blocks, (~served).astype(float)),
        spend_usd=total_of(blocks, cost),
        latency=table,
        spend_per_day_usd=cost.sum() / blocks.days.sum(),
    )
    found = metrics_of(totals, blocks)
    for draw in (0, 17, 299):
        times = blocks.weights[draw].astype(int)
        rows = np.concatenate([np.tile(np.flatnonzero(blocks.codes == b), times[b])
                               for b in range(10)])  # fmt: skip
        days = (times * blocks.days).sum()
        own = latency[rows][served[rows]]
        assert found["spend_per_day_usd"].samples[draw] == pytest.approx(cost[rows].sum() / days)
        assert found["availability"].samples[draw] == pytest.approx(served[rows].mean())
        for name, share in (("latency_p50_s", 0.5), ("latency_p95_s", 0.95)):
            exact = np.quantile(own, share)
            assert found[name].samples[draw] == pytest.approx(exact, rel=0.012)  # one bin
    for metric in found.values():
        assert (metric.low, metric.high) == pytest.approx(
            tuple(np.quantile(metric.samples, [0.025, 0.975]))
        )
    assert found["refused_share"].value == pytest.approx(1 - found["availability"].value)


def test_the_same_seed_draws_the_same_days(blocks):
    stamps = pd.Series(pd.date_range("2026-01-05", periods=200, freq="1h", tz="UTC"))
    a, b, c = (make_blocks(stamps, n_boot=20, seed=seed) for seed in (1, 1, 2))
    assert (a.weights == b.weights).all() and not (a.weights == c.weights).all()
