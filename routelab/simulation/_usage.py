"""What the gateway counts per clock minute, and the latencies that it remembers."""

from __future__ import annotations

import math

import numpy as np

from routelab.simulation.arrays import (
    D_GROUP,
    D_RPM,
    D_TPM,
    G_END,
    G_FIRST,
    MAX_SAMPLES,
    P_START,
    X_MAP_EXPIRY,
    X_MINUTE_CALLS,
    X_MINUTE_END,
    X_MINUTE_TOKENS,
    X_RATE_CALLS,
    X_RATE_END,
    X_RATE_TOKENS,
    X_SAMPLE,
    X_SAMPLES,
)
from routelab.simulation.jit import hot, inner

SHUFFLE, LEAST_BUSY, COST_BASED, LATENCY_BASED, USAGE_BASED = 0, 1, 2, 3, 4
MAP_TTL_S = 3600.0
TIMEOUT_PENALTY = 1000.0  # seconds per token


@inner
def turn_minute(plan, row, now):
    """Empty the counters of a deployment when the clock minute has changed."""
    clock = now + plan.setting[P_START]
    if clock >= row[X_MINUTE_END]:
        row[X_MINUTE_END] = 60.0 * (math.floor(clock / 60.0) + 1.0)
        row[X_MINUTE_CALLS] = 0.0
        row[X_MINUTE_TOKENS] = 0.0


@hot
def over_minute_limit(plan, row, deployment, now):
    """Count a call against the exact limits of the clock minute; return whether it is refused.

    A refused call counts too.
    """
    rpm, tpm = plan.deployment[deployment, D_RPM], plan.deployment[deployment, D_TPM]
    if np.isnan(rpm) and np.isnan(tpm):
        return False
    _turn_rate_minute(plan, row, now)
    if row[X_RATE_TOKENS] >= tpm:
        return True
    if not np.isnan(rpm):
        row[X_RATE_CALLS] += 1.0
    return row[X_RATE_CALLS] > rpm


@hot
def count_minute_tokens(plan, row, tokens, now):
    """Count what a success has used against the exact limits."""
    _turn_rate_minute(plan, row, now)
    row[X_RATE_TOKENS] += tokens


@hot
def _turn_rate_minute(plan, row, now):
    clock = now + plan.setting[P_START]
    if clock >= row[X_RATE_END]:
        row[X_RATE_END] = 60.0 * (math.floor(clock / 60.0) + 1.0)
        row[X_RATE_CALLS] = 0.0
        row[X_RATE_TOKENS] = 0.0


@inner
def mean_latency(row):
    """Return the mean of the remembered samples; 0 for a deployment without any."""
    n = int(row[X_SAMPLES])
    total = 0.0
    for i in range(n):
        total += row[X_SAMPLE + i]
    return total / n if n > 0 else 0.0


@inner
def _forget_when_old(state, first, end, now):
    """Empty a latency map 3600 s after its first entry; return whether there is one."""
    expiry = state.deployment[first, X_MAP_EXPIRY]
    if expiry >= 0.0 and now > expiry:
        for d in range(first, end):
            state.deployment[d, X_SAMPLES] = 0.0
        state.deployment[first, X_MAP_EXPIRY] = -1.0
        return False
    return expiry >= 0.0


@inner
def greet(state, first, end, now):
    """Give deployments that are new to an existing map their first sample, which is 0.

    It is the gateway's placeholder for "not seen yet", written into the map that it shares, so it
    counts in later means until ten real samples have pushed it out.
    """
    if _forget_when_old(state, first, end, now):
        for d in range(first, end):
            row = state.deployment[d]
            if row[X_SAMPLES] == 0.0:
                row[X_SAMPLES] = 1.0
                row[X_SAMPLE] = 0.0


@inner
def remember_latency(plan, state, deployment, seconds_per_token, now):
    """Add a sample; the oldest of ten makes room."""
    group = int(plan.deployment[deployment, D_GROUP])
    first, end = plan.group[group, G_FIRST], plan.group[group, G_END]
    if not _forget_when_old(state, first, end, now):
        state.deployment[first, X_MAP_EXPIRY] = now + MAP_TTL_S
    row = state.deployment[deployment]
    n = int(row[X_SAMPLES])
    if n == MAX_SAMPLES:
        for i in range(n - 1):
            row[X_SAMPLE + i] = row[X_SAMPLE + i + 1]
        n -= 1
    row[X_SAMPLE + n] = seconds_per_token
    row[X_SAMPLES] = n + 1.0
