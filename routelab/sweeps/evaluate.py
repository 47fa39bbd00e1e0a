"""One policy on the shared traffic: the one place where a sweep replays."""

from __future__ import annotations

import numpy as np

from routelab.plan import Plan
from routelab.simulation import Replay, simulate
from routelab.simulation.errors import NAMES, PLAN_BUDGET
from routelab.sweeps.blocks import BlockTotals, Metric, latency_table, metrics_of, total_of
from routelab.sweeps.shared import Shared


def evaluate_policy(
    shared: Shared, plan: Plan, decision_key: str | None = None
) -> dict[str, Metric]:
    """Replay a plan on the shared traffic and return its metrics with intervals.

    Raises
    ------
    InputError
        The plan cannot be replayed on this traffic.
    """
    replay = simulate(
        shared.traffic,
        plan,
        outages=shared.outages,
        accounting=shared.accounting,
        seed=shared.seed,
        decisions=shared.decisions(plan, decision_key),
    )
    return metrics_of(totals_of(shared, replay), shared.blocks)


def totals_of(shared: Shared, replay: Replay) -> BlockTotals:
    """Return what happened in each block of the shared traffic."""
    blocks, decisions, summary = shared.blocks, replay.decisions, replay.summary
    served = decisions["model"].notna().to_numpy(bool)
    refused = (decisions["error"] == NAMES[PLAN_BUDGET]).fillna(False).to_numpy(bool)
    quality = rated = None
    if shared.quality is not None:
        known = shared.quality.of_served(replay.plan, decisions["deployment"])
        rated = total_of(blocks, np.isfinite(known).astype(float))
        quality = total_of(blocks, np.nan_to_num(known))
    latency = [summary[name] for name in ("latency_p50_s", "latency_p95_s")]
    p50, p95 = (np.nan if value is None else float(value) for value in latency)
    return BlockTotals(
        requests=total_of(blocks, np.ones(len(decisions))),
        served=total_of(blocks, served.astype(float)),
        degraded=total_of(blocks, decisions["degraded"].to_numpy(float)),
        refused=total_of(blocks, refused.astype(float)),
        spend_usd=total_of(blocks, decisions["cost_usd"].to_numpy(float)),
        latency=latency_table(blocks, decisions["latency_s"].to_numpy(float), served),
        spend_per_day_usd=float(summary["spend_per_day_usd"]),
        latency_p50_s=p50,
        latency_p95_s=p95,
        quality=quality,
        rated=rated,
    )
