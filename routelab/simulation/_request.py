"""The life of one request: attempts, retries and fallbacks.

A request is a stack of frames. Each frame tries one model group with its own retries; when they are
used up it walks its fallback chain, and every target is a new frame on top. The stack unwinds when
a frame has nothing left to try, and the client gets the error of the bottom frame.
"""

from __future__ import annotations

import numpy as np

from routelab.simulation import _draws, errors
from routelab.simulation._calendar import affordable_group
from routelab.simulation._call import start_attempt
from routelab.simulation._cooldown import (
    consider_cooldown,
    count_failure,
    end_trial,
    is_closed_off,
)
from routelab.simulation._ends import FINISHED, end_badly, leave, succeed
from routelab.simulation._fallback import (
    AFTER_FAILOVER,
    BY_FAILOVER,
    BY_ORDER,
    forget_attempted,
    give_up,
    next_target,
    open_frame,
)
from routelab.simulation._select import select
from routelab.simulation._slots import give_back, take_slot, write_result
from routelab.simulation._twin import start_mirrors
from routelab.simulation._usage import (
    LATENCY_BASED,
    TIMEOUT_PENALTY,
    over_minute_limit,
    remember_latency,
)
from routelab.simulation.arrays import (
    C_BAD_SLEEPS,
    C_NEXT,
    C_SLEEPS,
    CLIENT,
    D_MAX_PARALLEL,
    D_MIRRORS,
    D_MIRRORS_END,
    D_RETRIES,
    EVENT_START,
    EVENT_WAKE,
    F_BY_POLICY,
    F_DEPLOYMENT,
    F_EXCLUDED,
    F_GROUP,
    F_HOPS,
    F_KIND,
    F_LAST_DEPLOYMENT,
    F_LAST_KIND,
    F_LAST_RETRY_AFTER,
    F_LAST_STATUS,
    F_ORDER,
    F_OVER_LIMIT,
    F_RESOLVED,
    F_RETRIES,
    F_RETRY_AFTER,
    F_STATUS,
    F_TRY,
    G_END,
    G_FIRST,
    LOSER,
    MIRROR,
    N_REQUEST,
    O_GROUP,
    O_KIND,
    O_RETRIES,
    O_STATUS,
    P_COOLDOWN,
    P_HAS_CONTEXT,
    P_HAS_GENERIC,
    P_HAS_POLICY,
    P_MINUTE_LIMITS,
    P_PROXY,
    P_RETRIES,
    P_RETRY_AFTER,
    P_SEED,
    P_STRATEGY,
    Q_GROUP,
    Q_RETRIES,
    S_DEPLOYMENT,
    S_DEPTH,
    S_EVENT,
    S_KIND,
    S_LOGGED,
    S_REQUEST,
    S_RETRY_AFTER,
    S_ROLE,
    S_STATUS,
    S_TRIAL,
    T_WHEN,
    X_IN_FLIGHT,
)
from routelab.simulation.jit import hot, inner

SELECT, FAILED, GIVE_UP, NEXT_TARGET, UNWIND, WAIT = 0, 1, 2, 3, 4, 5
JITTER_S, FIRST_DELAY_S, MAX_DELAY_S, MAX_RETRY_AFTER_S = 0.75, 0.5, 8.0, 60
MINUTE_LIMIT_RETRY_AFTER_S = np.int64(60)
NONE, ZERO, TOO_MANY = np.int64(-1), np.int64(0), np.int64(429)
BAD_REQUEST = np.int64(400)
RATE_LIMIT, NOT_FOUND, AUTHENTICATION = (
    np.int64(errors.RATE_LIMIT),
    errors.NOT_FOUND,
    errors.AUTHENTICATION,
)
TIMEOUT = errors.TIMEOUT
CONTEXT_WINDOW, CONTENT_POLICY = errors.CONTEXT_WINDOW, errors.CONTENT_POLICY
NO_DEPLOYMENT, PLAN_BUDGET = errors.NO_DEPLOYMENT, errors.PLAN_BUDGET
REFUSED_BY_PLAN, REFUSED_BY_GATEWAY = 429, 422


@hot
def _fail(frame, kind, status, deployment, retry_after):
    frame[F_KIND], frame[F_STATUS], frame[F_DEPLOYMENT] = kind, status, deployment
    frame[F_RETRY_AFTER] = retry_after


@hot
def _shares_log(plan, state, slot):
    """Return whether all attempts of a request log their failure once, as in the proxy.

    A mirror starts without the request's log, so each of its attempts counts, as in the SDK.
    """
    return plan.setting[P_PROXY] == 1.0 and state.slot[slot, S_ROLE] != MIRROR


@inner
def _log_failure(plan, state, output, slot, frame, now):
    """Count a failed attempt; the proxy shows the breaker only the first failure of a request."""
    if not _shares_log(plan, state, slot) or state.slot[slot, S_LOGGED] == 0:
        if frame[F_DEPLOYMENT] >= 0:
            kind, status, after = frame[F_KIND], frame[F_STATUS], frame[F_RETRY_AFTER]
            group = frame[F_GROUP]
            failed = frame[F_DEPLOYMENT]
            count_failure(plan, state, output, failed, group, kind, status, after, now)
            if kind == TIMEOUT and plan.setting[P_STRATEGY] == LATENCY_BASED:
                remember_latency(plan, state, frame[F_DEPLOYMENT], TIMEOUT_PENALTY, now)
    state.slot[slot, S_LOGGED] = 1


@hot
def _try_group(plan, provider, feed, state, output, slot, frame, now):
    """Select a deployment and call it; return the next phase."""
    group, order = frame[F_GROUP], frame[F_ORDER]
    deployment, kind, share = select(plan, state, feed, slot, group, order, frame[F_EXCLUDED], now)
    if deployment < 0:
        status, after = ZERO, NONE
        if kind == NO_DEPLOYMENT:
            status = TOO_MANY
        elif kind == CONTEXT_WINDOW:
            status = BAD_REQUEST
        elif kind == RATE_LIMIT:
            status, after = TOO_MANY, MINUTE_LIMIT_RETRY_AFTER_S
        _fail(frame, kind, status, NONE, after)
        _log_failure(plan, state, output, slot, frame, now)
        return FAILED
    if plan.deployment[deployment, D_MIRRORS] < plan.deployment[deployment, D_MIRRORS_END]:
        start_mirrors(plan, state, slot, deployment, now)
    row = state.deployment[deployment]
    limit = plan.deployment[deployment, D_MAX_PARALLEL]
    if limit > 0.0 and row[X_IN_FLIGHT] >= limit:
        _fail(frame, RATE_LIMIT, TOO_MANY, deployment, NONE)  # no failure callback
        return FAILED
    if plan.setting[P_MINUTE_LIMITS] == 1.0 and over_minute_limit(plan, row, deployment, now):
        seconds = plan.setting[P_COOLDOWN]
        kind = RATE_LIMIT
        consider_cooldown(plan, state, output, deployment, group, kind, TOO_MANY, seconds, now)
        _fail(frame, RATE_LIMIT, TOO_MANY, deployment, MINUTE_LIMIT_RETRY_AFTER_S)
        state.slot[slot, S_LOGGED] = 1  # against whom is left to chance by the gateway
        frame[F_OVER_LIMIT] = 1
        return FAILED
    start_attempt(plan, provider, state, output, slot, deployment, share, now)
    return WAIT


@hot
def _may_retry(setting, kind, status, healthy, size):
    """Return whether the gateway retries this error inside the group."""
    if kind == CONTEXT_WINDOW and setting[P_HAS_CONTEXT] == 1.0:
        return False
    if kind == CONTENT_POLICY and setting[P_HAS_POLICY] == 1.0:
        return False
    retryable = status == 408 or status == 409 or status == 429 or status >= 500
    if status > 0 and not retryable and status != 401 and status != 403:
        return False
    if kind == NOT_FOUND or (kind == AUTHENTICATION and size <= 1):
        return False
    if kind == RATE_LIMIT and healthy == 0 and setting[P_HAS_GENERIC] == 1.0:
        return False
    return healthy > 0


@inner
def _backoff(plan, state, feed, slot, frame, healthy, size):
    """Return how long the gateway sleeps before the next try."""
    step, jitter = frame[F_TRY], JITTER_S
    base = min(max(FIRST_DELAY_S * 2.0**step, plan.setting[P_RETRY_AFTER]), MAX_DELAY_S)
    if 0 < frame[F_RETRY_AFTER] <= MAX_RETRY_AFTER_S:
        base = float(frame[F_RETRY_AFTER])
    if size > 1 and healthy > 0:
        base, jitter = 0.0, 0.0
    if feed.pick_start.size:
        n = state.counter[C_SLEEPS]
        state.counter[C_SLEEPS] = n + 1
        if n < feed.sleeps.size and base - 1e-6 <= feed.sleeps[n] <= base + jitter + 1e-6:
            return feed.sleeps[n]
        state.counter[C_BAD_SLEEPS] += 1
    request, seed = state.slot[slot, S_REQUEST], int(plan.setting[P_SEED])
    return base + jitter * _draws.uniform(seed, _draws.JITTER, request, frame[F_GROUP], step)


@inner
def _after_failure(plan, feed, state, slot, frame, now):
    """Decide on a retry; return the next phase."""
    group, kind, tried = frame[F_GROUP], frame[F_KIND], frame[F_DEPLOYMENT]
    first, end = plan.group[group, G_FIRST], plan.group[group, G_END]
    healthy = ZERO
    for d in range(first, end):
        healthy += not is_closed_off(plan, state.deployment[d], now)
    if frame[F_TRY] < 0:  # the first failure fixes how often this group is tried again
        asked = state.request[slot, Q_RETRIES]
        retries = asked if asked >= 0.0 else plan.setting[P_RETRIES]
        if asked < 0.0 and tried >= 0 and plan.deployment[tried, D_RETRIES] >= 0.0:
            retries = plan.deployment[tried, D_RETRIES]
        if asked < 0.0 and frame[F_OVER_LIMIT] == 1:
            asked = retries = 0.0
        if asked != 0.0 and plan.kind[0, kind] >= 0:
            retries = float(plan.kind[0, kind])
            frame[F_BY_POLICY] = 1
        frame[F_RETRIES] = int(retries)
    size = end - first
    if frame[F_BY_POLICY] == 0 and not _may_retry(
        plan.setting, kind, frame[F_STATUS], healthy, size
    ):
        return GIVE_UP
    if frame[F_RETRIES] <= 0:
        return GIVE_UP
    frame[F_TRY] += 1
    sleep = _backoff(plan, state, feed, slot, frame, healthy, size)
    if sleep > 0.0:
        state.slot[slot, S_EVENT] = EVENT_WAKE
        state.time[slot, T_WHEN] = now + sleep
        return WAIT
    return _after_sleep(frame)


@hot
def _after_sleep(frame):
    """Return the phase after a retry's sleep; the gateway sleeps once more after the last retry."""
    return SELECT if frame[F_TRY] < frame[F_RETRIES] else GIVE_UP


@inner
def _unwind(plan, state, output, slot, frame, now):
    """Leave a frame that has nothing left to try; return the next phase."""
    kind, status, deployment = frame[F_KIND], frame[F_STATUS], frame[F_DEPLOYMENT]
    after = frame[F_RETRY_AFTER]
    if frame[F_RESOLVED] == BY_ORDER and frame[F_LAST_KIND] != 0:
        kind, status, deployment = (
            frame[F_LAST_KIND],
            frame[F_LAST_STATUS],
            frame[F_LAST_DEPLOYMENT],
        )
        after = frame[F_LAST_RETRY_AFTER]
    depth = state.slot[slot, S_DEPTH]
    if depth == 0:
        state.result[slot, O_KIND], state.result[slot, O_STATUS] = kind, status
        return end_badly(plan, state, output, slot, now)
    logged = state.slot[slot, S_LOGGED] == 1
    if logged and deployment >= 0 and _shares_log(plan, state, slot):
        group = frame[F_GROUP]
        count_failure(plan, state, output, deployment, group, kind, status, after, now)
    state.slot[slot, S_DEPTH] = depth - 1
    parent = state.frame[depth - 1, slot]
    if parent[F_RESOLVED] == BY_FAILOVER:
        parent[F_RESOLVED] = AFTER_FAILOVER
        if parent[F_HOPS] == 0:  # the walk that comes now knows nothing of the one inside
            forget_attempted(state, slot)
        return GIVE_UP
    parent[F_LAST_KIND], parent[F_LAST_STATUS], parent[F_LAST_DEPLOYMENT] = kind, status, deployment
    parent[F_LAST_RETRY_AFTER] = after
    return NEXT_TARGET


@hot
def move(plan, provider, feed, state, output, slot, phase, now):
    """Move a request through its phases until it waits for an event or is finished."""
    while phase != WAIT and phase != FINISHED:
        frame = state.frame[state.slot[slot, S_DEPTH], slot]
        if phase == SELECT:
            if frame[F_TRY] >= 0:
                state.result[slot, O_RETRIES] += 1.0
            phase = _try_group(plan, provider, feed, state, output, slot, frame, now)
        elif phase == FAILED:
            phase = _after_failure(plan, feed, state, slot, frame, now)
        elif phase == GIVE_UP:
            phase = NEXT_TARGET if give_up(plan, state, slot, frame, now) else UNWIND
        elif phase == NEXT_TARGET:
            phase = SELECT if next_target(plan, state, slot, frame) else UNWIND
        else:
            phase = _unwind(plan, state, output, slot, frame, now)
    return phase


@hot
def arrive(plan, trace, state, output, row, now):
    """Take the next request in; return (slot, phase).

    Calendar budgets have their say before the gateway.
    """
    number = state.counter[C_NEXT]
    state.counter[C_NEXT] = number + 1
    asked = int(trace.request[row, Q_GROUP])
    slot = take_slot(state, number, CLIENT, asked)
    own, given, budgets = state.request[slot], trace.request[row], plan.calendar.shape[0]
    for k in range(N_REQUEST):
        own[k] = given[k]
    for k in range(N_REQUEST, N_REQUEST + budgets):
        own[k] = given[k]
        own[k + budgets] = 0.0
    group = asked
    if budgets:
        group = affordable_group(plan, state, slot, asked, now)
        state.result[slot, O_GROUP] = max(group, -1)
    if group < 0:
        state.result[slot, O_KIND] = PLAN_BUDGET
        state.result[slot, O_STATUS] = REFUSED_BY_PLAN if group == -1 else REFUSED_BY_GATEWAY
        write_result(state, output, slot, now)
        give_back(state, slot)
        return slot, FINISHED
    open_frame(state, slot, group, NONE, ZERO)
    return slot, SELECT


@hot
def resume(plan, state, output, slot, now):
    """Take the event that a request was waiting for; return its next phase."""
    own = state.slot[slot]
    frame = state.frame[own[S_DEPTH], slot]
    loser = own[S_ROLE] == LOSER
    if own[S_EVENT] == EVENT_START:
        if loser:
            give_back(state, slot)
            return FINISHED
        open_frame(state, slot, int(state.result[slot, O_GROUP]), NONE, ZERO)
        return SELECT
    if own[S_EVENT] == EVENT_WAKE:
        return leave(plan, state, output, slot, now) if loser else _after_sleep(frame)
    deployment, failed = own[S_DEPLOYMENT], own[S_KIND] != 0
    state.deployment[deployment, X_IN_FLIGHT] -= 1.0
    if own[S_TRIAL] == 1:
        end_trial(plan, state, output, deployment, failed, own[S_STATUS], now)
    if not failed:
        return succeed(plan, state, output, slot, now)
    _fail(frame, own[S_KIND], own[S_STATUS], deployment, own[S_RETRY_AFTER])
    _log_failure(plan, state, output, slot, frame, now)
    return leave(plan, state, output, slot, now) if loser else FAILED
