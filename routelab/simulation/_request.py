"""The life of one request: attempts, retries and fallbacks.

A request is a stack of frames. Each frame tries one model group with its own retries; when they are
used up it walks its fallback chain, and every target is a new frame on top. The stack unwinds when
a frame has nothing left to try, and the client gets the error of the bottom frame.
"""

from __future__ import annotations

import numba

from routelab.simulation import _draws, errors
from routelab.simulation._budget import affordable_group, book_calendar, book_gateway, cost_of
from routelab.simulation._call import start_attempt
from routelab.simulation._cooldown import count_failure, count_success, is_cooling
from routelab.simulation._fallback import give_up, next_target, open_frame
from routelab.simulation._heap import push
from routelab.simulation._select import (
    LATENCY_BASED,
    LEAST_BUSY,
    SHUFFLE,
    USAGE_BASED,
    select,
)
from routelab.simulation._usage import TIMEOUT_PENALTY, remember_latency, turn_minute
from routelab.simulation.arrays import (
    C_BAD_SLEEPS,
    C_FREE,
    C_NEXT,
    C_SLEEPS,
    D_MAX_PARALLEL,
    D_OWN_BUDGET,
    D_PROVIDER_BUDGET,
    D_RETRIES,
    EVENT_WAKE,
    F_BY_POLICY,
    F_DEPLOYMENT,
    F_GROUP,
    F_KIND,
    F_LAST_DEPLOYMENT,
    F_LAST_KIND,
    F_LAST_RETRY_AFTER,
    F_LAST_STATUS,
    F_ORDER,
    F_RESOLVED,
    F_RETRIES,
    F_RETRY_AFTER,
    F_STATUS,
    F_TRY,
    G_END,
    G_FIRST,
    O_COST,
    O_FINISHED,
    O_GROUP,
    O_IN,
    O_KIND,
    O_OUT,
    O_RETRIES,
    O_SERVED,
    O_STATUS,
    P_HAS_CONTEXT,
    P_HAS_GENERIC,
    P_HAS_POLICY,
    P_PROXY,
    P_RETRIES,
    P_RETRY_AFTER,
    P_SEED,
    P_STRATEGY,
    Q_CACHED,
    Q_GROUP,
    Q_RETRIES,
    S_DEPLOYMENT,
    S_DEPTH,
    S_EVENT,
    S_IN,
    S_KIND,
    S_LOGGED,
    S_OUT,
    S_PICKS,
    S_REQUEST,
    S_RETRY_AFTER,
    S_STATUS,
    X_IN_FLIGHT,
    X_MINUTE_CALLS,
    X_MINUTE_TOKENS,
)

SELECT, FAILED, GIVE_UP, NEXT_TARGET, UNWIND, WAIT = 0, 1, 2, 3, 4, 5
JITTER_S, FIRST_DELAY_S, MAX_DELAY_S, MAX_RETRY_AFTER_S = 0.75, 0.5, 8.0, 60
MINUTE_LIMIT_RETRY_AFTER_S = 60
BY_ORDER = 2
RATE_LIMIT, NOT_FOUND, AUTHENTICATION = errors.RATE_LIMIT, errors.NOT_FOUND, errors.AUTHENTICATION
TIMEOUT = errors.TIMEOUT
CONTEXT_WINDOW, CONTENT_POLICY = errors.CONTEXT_WINDOW, errors.CONTENT_POLICY
NO_DEPLOYMENT, PLAN_BUDGET = errors.NO_DEPLOYMENT, errors.PLAN_BUDGET


@numba.njit(nogil=True, error_model="numpy")
def _fail(frame, kind, status, deployment, retry_after):
    frame[F_KIND], frame[F_STATUS], frame[F_DEPLOYMENT] = kind, status, deployment
    frame[F_RETRY_AFTER] = retry_after


@numba.njit(nogil=True, error_model="numpy")
def _log_failure(plan, state, output, slot, frame, now):
    """Count a failed attempt; the proxy shows the breaker only the first failure of a request."""
    if plan.setting[P_PROXY] == 0.0 or state.slot[slot, S_LOGGED] == 0:
        if frame[F_DEPLOYMENT] >= 0:
            kind, status, after = frame[F_KIND], frame[F_STATUS], frame[F_RETRY_AFTER]
            count_failure(plan, state, output, frame[F_DEPLOYMENT], kind, status, after, now)
            if kind == TIMEOUT and plan.setting[P_STRATEGY] == LATENCY_BASED:
                remember_latency(plan, state, frame[F_DEPLOYMENT], TIMEOUT_PENALTY, now)
    state.slot[slot, S_LOGGED] = 1


@numba.njit(nogil=True, error_model="numpy")
def _try_group(plan, provider, trace, feed, state, output, slot, frame, now):
    """Select a deployment and call it; return the next phase."""
    group, order = frame[F_GROUP], frame[F_ORDER]
    deployment, kind, share = select(plan, state, output, trace, feed, slot, group, order, now)
    if deployment < 0:
        status, after = 0, -1
        if kind == NO_DEPLOYMENT:
            status = 429
        elif kind == CONTEXT_WINDOW:
            status = 400
        elif kind == RATE_LIMIT:
            status, after = 429, MINUTE_LIMIT_RETRY_AFTER_S
        _fail(frame, kind, status, -1, after)
        _log_failure(plan, state, output, slot, frame, now)
        return FAILED
    limit = plan.deployment[deployment, D_MAX_PARALLEL]
    if limit > 0.0 and state.deployment[deployment, X_IN_FLIGHT] >= limit:
        _fail(frame, RATE_LIMIT, 429, deployment, -1)  # the failure callback never sees this one
        return FAILED
    start_attempt(plan, provider, trace, state, output, slot, deployment, share, now)
    return WAIT


@numba.njit(nogil=True, error_model="numpy")
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


@numba.njit(nogil=True, error_model="numpy")
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


@numba.njit(nogil=True, error_model="numpy")
def _after_failure(plan, trace, feed, state, slot, frame, now):
    """Decide on a retry; return the next phase."""
    group, kind, tried = frame[F_GROUP], frame[F_KIND], frame[F_DEPLOYMENT]
    first, end = plan.group[group, G_FIRST], plan.group[group, G_END]
    healthy = 0
    for d in range(first, end):
        healthy += not is_cooling(state.deployment[d], now)
    if frame[F_TRY] < 0:  # the first failure fixes how often this group is tried again
        asked = trace.request[state.slot[slot, S_REQUEST], Q_RETRIES]
        retries = asked if asked >= 0.0 else plan.setting[P_RETRIES]
        if asked < 0.0 and tried >= 0 and plan.deployment[tried, D_RETRIES] >= 0.0:
            retries = plan.deployment[tried, D_RETRIES]
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
        push(state.heap_time, state.heap, state.counter, now + sleep, slot)
        return WAIT
    return _after_sleep(frame)


@numba.njit(nogil=True, error_model="numpy")
def _after_sleep(frame):
    """Return the phase after a retry's sleep; the gateway sleeps once more after the last retry."""
    return SELECT if frame[F_TRY] < frame[F_RETRIES] else GIVE_UP


@numba.njit(nogil=True, error_model="numpy")
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
        row = output.request[state.slot[slot, S_REQUEST]]
        row[O_KIND], row[O_STATUS] = kind, status
        _close(state, output, slot, now)
        return WAIT
    logged = state.slot[slot, S_LOGGED] == 1
    if plan.setting[P_PROXY] == 1.0 and logged and deployment >= 0:
        count_failure(plan, state, output, deployment, kind, status, after, now)
    state.slot[slot, S_DEPTH] = depth - 1
    parent = state.frame[slot, depth - 1]
    parent[F_LAST_KIND], parent[F_LAST_STATUS], parent[F_LAST_DEPLOYMENT] = kind, status, deployment
    parent[F_LAST_RETRY_AFTER] = after
    return NEXT_TARGET


@numba.njit(nogil=True, error_model="numpy")
def _close(state, output, slot, now):
    output.request[state.slot[slot, S_REQUEST], O_FINISHED] = now
    n = state.counter[C_FREE]
    state.free[n] = slot
    state.counter[C_FREE] = n + 1


@numba.njit(nogil=True, error_model="numpy")
def move(plan, provider, trace, feed, state, output, slot, phase, now):
    """Move a request through its phases until it waits for an event or is finished."""
    while phase != WAIT:
        frame = state.frame[slot, state.slot[slot, S_DEPTH]]
        if phase == SELECT:
            if frame[F_TRY] >= 0:
                output.request[state.slot[slot, S_REQUEST], O_RETRIES] += 1.0
            phase = _try_group(plan, provider, trace, feed, state, output, slot, frame, now)
        elif phase == FAILED:
            phase = _after_failure(plan, trace, feed, state, slot, frame, now)
        elif phase == GIVE_UP:
            phase = NEXT_TARGET if give_up(plan, state, slot, frame) else UNWIND
        elif phase == NEXT_TARGET:
            phase = SELECT if next_target(plan, state, output, slot, frame) else UNWIND
        else:
            phase = _unwind(plan, state, output, slot, frame, now)


@numba.njit(nogil=True, error_model="numpy")
def arrive(plan, trace, state, output, now):
    """Take the next request in; return (slot, phase).

    Calendar budgets have their say before the gateway.
    """
    request = state.counter[C_NEXT]
    state.counter[C_NEXT] = request + 1
    asked = int(trace.request[request, Q_GROUP])
    group = affordable_group(plan, state, trace, request, asked, now)
    row = output.request[request]
    row[O_GROUP] = group
    if group < 0:
        row[O_KIND], row[O_STATUS], row[O_FINISHED] = PLAN_BUDGET, 429, now
        return 0, WAIT
    n = state.counter[C_FREE] - 1
    state.counter[C_FREE] = n
    slot = state.free[n]
    own = state.slot[slot]
    own[S_REQUEST], own[S_DEPTH], own[S_LOGGED], own[S_PICKS] = request, 0, 0, 0
    open_frame(state, slot, group, -1, 0)
    return slot, SELECT


@numba.njit(nogil=True, error_model="numpy")
def _count_usage(plan, state, slot, deployment, now):
    """Count a success for the strategies that look at usage or latency."""
    strategy = plan.setting[P_STRATEGY]
    if strategy == SHUFFLE or strategy == LEAST_BUSY:
        return
    own, row = state.slot[slot], state.deployment[deployment]
    turn_minute(plan, row, now)
    row[X_MINUTE_TOKENS] += own[S_IN] + own[S_OUT]
    if strategy != USAGE_BASED:  # which counts calls when they start
        row[X_MINUTE_CALLS] += 1.0
    if strategy == LATENCY_BASED:
        seconds = now - state.started[slot]
        remember_latency(plan, state, deployment, seconds / max(own[S_OUT], 1), now)


@numba.njit(nogil=True, error_model="numpy")
def _succeed(plan, trace, state, output, slot, now):
    own = state.slot[slot]
    request, deployment = own[S_REQUEST], own[S_DEPLOYMENT]
    cached = min(trace.request[request, Q_CACHED], float(own[S_IN]))
    cost = cost_of(plan, deployment, float(own[S_IN]), cached, float(own[S_OUT]))
    row = output.request[request]
    row[O_SERVED], row[O_STATUS], row[O_COST] = deployment, 200, cost
    row[O_IN], row[O_OUT] = own[S_IN], own[S_OUT]
    count_success(state.deployment[deployment], now)
    _count_usage(plan, state, slot, deployment, now)
    for column in (D_PROVIDER_BUDGET, D_OWN_BUDGET):
        budget = plan.deployment[deployment, column]
        if budget >= 0.0:
            book_gateway(plan, state, int(budget), cost, now)
    book_calendar(plan, state, trace, request, cost, now)
    _close(state, output, slot, now)


@numba.njit(nogil=True, error_model="numpy")
def resume(plan, trace, state, output, slot, now):
    """Take the event that a request was waiting for; return its next phase."""
    own = state.slot[slot]
    frame = state.frame[slot, own[S_DEPTH]]
    if own[S_EVENT] == EVENT_WAKE:
        return _after_sleep(frame)
    state.deployment[own[S_DEPLOYMENT], X_IN_FLIGHT] -= 1.0
    if own[S_KIND] == 0:
        _succeed(plan, trace, state, output, slot, now)
        return WAIT
    _fail(frame, own[S_KIND], own[S_STATUS], own[S_DEPLOYMENT], own[S_RETRY_AFTER])
    _log_failure(plan, state, output, slot, frame, now)
    return FAILED
