"""One policy on the shared traffic: the one place where a sweep replays."""

from __future__ import annotations

import numpy as np

from routelab.plan import Plan
from routelab.simulation.answers import build_answers
from routelab.simulation.arrays import Trace
from routelab.simulation.run import CHUNK, stream
from routelab.simulation.simulate import plan_arrays
from routelab.simulation.totals import Totals
from routelab.sweeps.blocks import BlockTotals, Metric, metrics_of, total_of
from routelab.sweeps.shared import Shared


def evaluate_policy(
    shared: Shared, plan: Plan, decision_key: str | None = None
) -> dict[str, Metric]:
    """Replay a plan on the shared traffic and return its metrics with intervals.

    The kernel's rows go straight into sums, and nearly all of the time is spent without Python's
    global lock, so that threads replay side by side.

    Raises
    ------
    InputError
        The plan cannot be replayed on this traffic.
    """
    rows, known = shared.requests(plan, decision_key)
    arrays = plan_arrays(plan, known, accounting=shared.accounting, seed=shared.seed)
    provider = build_answers(plan, shared.outages, known.start, [])
    first = np.flatnonzero(np.diff(shared.blocks.codes, prepend=-1))
    each = shared.quality is not None and len(shared.quality.values) > 1
    totals = Totals(first, len(plan.deployments), keep=len(rows) if each else 0)
    chunks = (Trace(rows[start : start + CHUNK]) for start in range(0, len(rows), CHUNK))
    for _ in stream(arrays, provider, chunks, totals.add):
        pass
    return metrics_of(block_totals(shared, plan, totals, known.days), shared.blocks)


def block_totals(shared: Shared, plan: Plan, totals: Totals, days: float) -> BlockTotals:
    """Return what happened in each block of the shared traffic."""
    quality, rated = _rated(shared, plan, totals)
    spend = totals.column("spend_usd")
    return BlockTotals(
        requests=totals.column("requests"),
        served=totals.column("served"),
        degraded=totals.column("degraded"),
        refused=totals.column("refused"),
        spend_usd=spend,
        latency=totals.latency,
        spend_per_day_usd=float(spend.sum()) / days,
        quality=quality,
        rated=rated,
    )


def _rated(
    shared: Shared, plan: Plan, totals: Totals
) -> tuple[np.ndarray, np.ndarray] | tuple[None, None]:
    """Return the sum of the quality of served requests in each block, and how many have one."""
    if shared.quality is None:
        return None, None
    if len(totals.deployment) == 0:  # one value per deployment: no request needs to be looked at
        counts = totals.served_by[:, :, 0]
        serving = np.flatnonzero(counts.sum(axis=0) > 0)
        known = shared.quality.of_served(plan, serving)
        return counts[:, serving] @ known, counts[:, serving].sum(axis=1)
    known = shared.quality.of_served(plan, totals.deployment)
    rated = total_of(shared.blocks, np.isfinite(known).astype(float))
    return total_of(shared.blocks, np.nan_to_num(known)), rated
