"""When a failing deployment is left alone: failure counters, breakers and cooldowns of the gateway.

Counters live in a cache whose entries keep the expiry of their first write: a fixed window from the
first event, not a sliding one. Nothing resets them when a deployment cools.
"""

from __future__ import annotations

import numpy as np

from routelab.simulation.arrays import (
    C_COOLDOWNS,
    D_ALLOWED_FAILS,
    D_COOLDOWN,
    D_GROUP,
    G_END,
    G_FIRST,
    L_DEPLOYMENT,
    L_SECONDS,
    L_STATUS,
    L_T,
    P_ALLOWED_FAILS,
    P_COOLDOWN,
    P_HAS_ALLOWED_POLICY,
    P_NO_COOLDOWNS,
    P_TRIALS,
    X_ALLOWED,
    X_ALLOWED_EXPIRY,
    X_COOL_EXPIRY,
    X_COOL_S,
    X_COOL_SET,
    X_FAILS,
    X_FAILS_EXPIRY,
    X_GOOD,
    X_GOOD_EXPIRY,
    X_TRIALS,
    X_TRIPPED,
)
from routelab.simulation.jit import hot, inner

WINDOW_S = 60.0
MARGIN_S = 1e-7
MIN_CALLS = 5  # of the failure-rate breaker
MAX_FAILURE_RATE = 0.5
MIN_CALLS_LONE = 1000  # of the breaker of a group with one deployment
DEFAULT_ALLOWED_FAILS = 3


@hot
def is_cooling(row, now):
    """Return whether a deployment is in cooldown; the earlier of two overlapping ends counts.

    The margin keeps sums of times that end at the same microsecond from differing by rounding.
    """
    left = row[X_COOL_SET] + row[X_COOL_S] - now
    return left > MARGIN_S and now <= row[X_COOL_EXPIRY] + MARGIN_S


@hot
def is_closed_off(plan, row, now):
    """Return whether a deployment takes no call: it cools, or its half-open trials are under way.

    The gateway has no half-open state. With trials in the plan, a deployment that has cooled takes
    that many calls at once until one of them succeeds.
    """
    if is_cooling(row, now):
        return True
    trials = plan.setting[P_TRIALS]
    return trials > 0.0 and row[X_TRIPPED] == 1.0 and row[X_TRIALS] >= trials


@hot
def _bump(row, count, expiry, now, ttl):
    if now > row[expiry]:
        row[count] = 1.0
        row[expiry] = now + ttl
    else:
        row[count] += 1.0


@hot
def count_success(row, now):
    """Book a success for the failure-rate breaker, and close a half-open one."""
    _bump(row, X_GOOD, X_GOOD_EXPIRY, now, WINDOW_S)
    row[X_TRIPPED] = 0.0


@hot
def _should_cool(plan, row, deployment, kind, status, lone, has_fallback, now):
    if lone and status == 402:
        return False
    setting, own = plan.setting, plan.deployment[deployment, D_ALLOWED_FAILS]
    if not np.isnan(own):
        if lone:
            return False
        ttl = plan.deployment[deployment, D_COOLDOWN]
        _bump(row, X_ALLOWED, X_ALLOWED_EXPIRY, now, setting[P_COOLDOWN] if np.isnan(ttl) else ttl)
        return row[X_ALLOWED] > own
    named, generic = plan.kind[1, kind], setting[P_ALLOWED_FAILS]
    if not np.isnan(generic) or setting[P_HAS_ALLOWED_POLICY] == 1.0:
        if lone and not has_fallback and named < 0:
            return False
        _bump(row, X_ALLOWED, X_ALLOWED_EXPIRY, now, setting[P_COOLDOWN])
        allowed = float(named)
        if named < 0:
            allowed = DEFAULT_ALLOWED_FAILS if np.isnan(generic) else generic
        return row[X_ALLOWED] > allowed
    fails = row[X_FAILS] if now <= row[X_FAILS_EXPIRY] else 0.0
    total = fails + (row[X_GOOD] if now <= row[X_GOOD_EXPIRY] else 0.0)
    rate = fails / total if total > 0.0 else 0.0
    if status == 429 and not lone:
        return True
    if rate == 1.0 and total >= MIN_CALLS_LONE:
        return True
    if rate > MAX_FAILURE_RATE and total >= MIN_CALLS and not lone:
        return True
    return not (status == 408 or status == 409 or status == 429 or status >= 500)


@inner
def count_failure(plan, state, output, deployment, group, kind, status, retry_after, now):
    """Book a failure in a group that reached the failure callback.

    And start a cooldown when the rules ask for one.

    `retry_after` is negative when the answer carried no such header.
    """
    _bump(state.deployment[deployment], X_FAILS, X_FAILS_EXPIRY, now, WINDOW_S)
    seconds = plan.deployment[deployment, D_COOLDOWN]
    if np.isnan(seconds):
        seconds = float(retry_after) if retry_after >= 0 else plan.setting[P_COOLDOWN]
    consider_cooldown(plan, state, output, deployment, group, kind, status, seconds, now)


@hot
def consider_cooldown(plan, state, output, deployment, failed, kind, status, seconds, now):
    """Start a cooldown of so many seconds when the rules ask for one.

    `failed` is the group of the failure, which need not be the one of the deployment.
    """
    row = state.deployment[deployment]
    if plan.setting[P_NO_COOLDOWNS] == 1.0 or abs(seconds) < 1e-9:
        return
    if 400 <= status < 500 and status not in (401, 402, 404, 408, 429):
        return
    group = int(plan.deployment[deployment, D_GROUP])
    lone = plan.group[group, G_END] - plan.group[group, G_FIRST] == 1
    has_fallback = plan.chain[0, failed, 1] >= 0
    if _should_cool(plan, row, deployment, kind, status, lone, has_fallback, now):
        cool(state, output, deployment, status, seconds, now)


@hot
def cool(state, output, deployment, status, seconds, now):
    """Leave a deployment alone for so many seconds."""
    row = state.deployment[deployment]
    if not is_cooling(row, now):
        row[X_COOL_EXPIRY] = now + seconds
    row[X_COOL_SET] = now
    row[X_COOL_S] = seconds
    row[X_TRIPPED] = 1.0
    n = state.counter[C_COOLDOWNS]
    state.counter[C_COOLDOWNS] = n + 1
    entry = output.cooldown[n]
    entry[L_T], entry[L_DEPLOYMENT] = now, deployment
    entry[L_STATUS], entry[L_SECONDS] = status, seconds


@inner
def end_trial(plan, state, output, deployment, failed, status, now):
    """End a half-open trial: a failure opens the breaker again at once."""
    row = state.deployment[deployment]
    row[X_TRIALS] -= 1.0
    if failed and row[X_TRIPPED] == 1.0 and not is_cooling(row, now):
        seconds = plan.deployment[deployment, D_COOLDOWN]
        seconds = plan.setting[P_COOLDOWN] if np.isnan(seconds) else seconds
        cool(state, output, deployment, status, seconds, now)
