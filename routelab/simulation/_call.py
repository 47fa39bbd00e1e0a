"""One call to a provider: its outcome is decided when it starts and arrives later."""

from __future__ import annotations

import numba
import numpy as np

from routelab.simulation import errors
from routelab.simulation._heap import push
from routelab.simulation._select import USAGE_BASED, matching_rule
from routelab.simulation._usage import turn_minute
from routelab.simulation.arrays import (
    A_DEPLOYMENT,
    A_REQUEST,
    A_SHARE,
    A_STATUS,
    A_T,
    C_ATTEMPTS,
    D_MODEL,
    D_TIMEOUT,
    EVENT_ATTEMPT,
    O_ATTEMPTS,
    P_STRATEGY,
    P_TIMEOUT,
    Q_IN,
    Q_KIND,
    Q_LATENCY,
    Q_MODEL,
    Q_OUT,
    Q_STATUS,
    Q_TIMEOUT,
    R_IN,
    R_KIND,
    R_LATENCY,
    R_OUT,
    R_RETRY_AFTER,
    R_STATUS,
    S_DEPLOYMENT,
    S_EVENT,
    S_IN,
    S_KIND,
    S_OUT,
    S_REQUEST,
    S_RETRY_AFTER,
    S_STATUS,
    V_BASE,
    V_ERROR_S,
    V_PER_OUTPUT,
    V_WINDOW,
    X_CALLS,
    X_IN_FLIGHT,
    X_MINUTE_CALLS,
)

CLIENT_TIMEOUT = -408
TIMEOUT, CONTEXT_WINDOW = errors.TIMEOUT, errors.CONTEXT_WINDOW


@numba.njit(nogil=True, error_model="numpy")
def _answer(plan, provider, trace, state, slot, deployment, number, now):
    """Decide what the provider answers: write status and tokens to the slot, return the latency."""
    own, request = state.slot[slot], state.slot[slot, S_REQUEST]
    logged, here = trace.request[request], provider.deployment[deployment]
    own[S_STATUS], own[S_KIND], own[S_RETRY_AFTER] = 200, 0, -1
    own[S_IN], own[S_OUT] = int(logged[Q_IN]), int(logged[Q_OUT])
    same_model = logged[Q_MODEL] == plan.deployment[deployment, D_MODEL]
    latency = np.nan
    found = matching_rule(plan, state, provider, request, deployment, number, now)
    if found >= 0:
        rule = provider.rule[found]
        own[S_STATUS], own[S_KIND], latency = (
            int(rule[R_STATUS]),
            int(rule[R_KIND]),
            rule[R_LATENCY],
        )
        own[S_RETRY_AFTER] = int(rule[R_RETRY_AFTER])
        if rule[R_IN] >= 0.0:
            own[S_IN] = int(rule[R_IN])
        if rule[R_OUT] >= 0.0:
            own[S_OUT] = int(rule[R_OUT])
    elif logged[Q_STATUS] > 0.0 and same_model:
        own[S_STATUS], own[S_KIND] = int(logged[Q_STATUS]), int(logged[Q_KIND])
    elif 0.0 < here[V_WINDOW] < logged[Q_IN]:
        own[S_STATUS], own[S_KIND] = 400, CONTEXT_WINDOW
    if np.isnan(latency):
        latency = here[V_ERROR_S]
        if own[S_KIND] == 0:
            latency = here[V_BASE] + own[S_OUT] * here[V_PER_OUTPUT]
            if same_model and not np.isnan(logged[Q_LATENCY]):
                latency = logged[Q_LATENCY]
    return latency


@numba.njit(nogil=True, error_model="numpy")
def start_attempt(plan, provider, trace, state, output, slot, deployment, share, now):
    """Send a request to a deployment.

    Timeouts are the client's, the deployment's, then the router's.
    """
    own, request = state.slot[slot], state.slot[slot, S_REQUEST]
    number = int(output.request[request, O_ATTEMPTS])
    output.request[request, O_ATTEMPTS] = number + 1
    state.deployment[deployment, X_CALLS] += 1.0
    state.deployment[deployment, X_IN_FLIGHT] += 1.0
    latency = _answer(plan, provider, trace, state, slot, deployment, number, now)
    n = state.counter[C_ATTEMPTS]
    state.counter[C_ATTEMPTS] = n + 1
    entry = output.attempt[n]
    entry[A_REQUEST], entry[A_T], entry[A_DEPLOYMENT] = request, now, deployment
    entry[A_STATUS], entry[A_SHARE] = own[S_STATUS], share
    limit = trace.request[request, Q_TIMEOUT]
    if np.isnan(limit):
        limit = plan.deployment[deployment, D_TIMEOUT]
    if np.isnan(limit):
        limit = plan.setting[P_TIMEOUT]
    if latency > limit:
        latency = limit
        own[S_STATUS], own[S_KIND], own[S_RETRY_AFTER] = 408, TIMEOUT, -1
        entry[A_STATUS] = CLIENT_TIMEOUT
    if plan.setting[P_STRATEGY] == USAGE_BASED:
        turn_minute(plan, state.deployment[deployment], now)
        state.deployment[deployment, X_MINUTE_CALLS] += 1.0
    state.started[slot] = now
    own[S_EVENT], own[S_DEPLOYMENT] = EVENT_ATTEMPT, deployment
    push(state.heap_time, state.heap, state.counter, now + latency, slot)
