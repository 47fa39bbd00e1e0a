"""One call to a provider: its outcome is decided when it starts and arrives later."""

from __future__ import annotations

import math

import numpy as np

from routelab.simulation import _draws, errors
from routelab.simulation._rules import matching_rule
from routelab.simulation._twin import start_hedge
from routelab.simulation._usage import USAGE_BASED, turn_minute
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
    P_HEDGE_AFTER,
    P_SEED,
    P_STRATEGY,
    P_TIMEOUT,
    P_TRIALS,
    Q_IN,
    Q_KIND,
    Q_LATENCY,
    Q_MODEL,
    Q_OUT,
    Q_OUT_FACTOR,
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
    S_TRIAL,
    T_STARTED,
    T_WHEN,
    V_BASE,
    V_ERROR_S,
    V_FAIL_P,
    V_OUT_FACTOR,
    V_PER_INPUT,
    V_PER_OUTPUT,
    V_SIGMA,
    V_WINDOW,
    X_CALLS,
    X_IN_FLIGHT,
    X_MINUTE_CALLS,
    X_TRIALS,
    X_TRIPPED,
)
from routelab.simulation.jit import hot, inner

CLIENT_TIMEOUT = -408
TIMEOUT, CONTEXT_WINDOW, INTERNAL = errors.TIMEOUT, errors.CONTEXT_WINDOW, errors.INTERNAL


@inner
def _spread(plan, sigma, request, model, attempt):
    """Return a lognormal factor of median 1 (Box and Muller 1958)."""
    seed = int(plan.setting[P_SEED])
    u = 1.0 - _draws.uniform(seed, _draws.SPREAD, request, model, 2 * attempt)
    v = _draws.uniform(seed, _draws.SPREAD, request, model, 2 * attempt + 1)
    return math.exp(sigma * math.sqrt(-2.0 * math.log(u)) * math.cos(2.0 * math.pi * v))


@hot
def _fails_by_itself(plan, share, request, model, attempt):
    if share <= 0.0:
        return False
    seed = int(plan.setting[P_SEED])
    return _draws.uniform(seed, _draws.FAIL, request, model, attempt) < share


@hot
def _answer(plan, provider, state, slot, deployment, number, now):
    """Decide what the provider answers: write status and tokens to the slot, return the latency."""
    own, request = state.slot[slot], state.slot[slot, S_REQUEST]
    logged, here = state.request[slot], provider.deployment[deployment]
    model = int(plan.deployment[deployment, D_MODEL])
    same_model = logged[Q_MODEL] == model
    own[S_STATUS], own[S_KIND], own[S_RETRY_AFTER] = 200, 0, -1
    own[S_IN], own[S_OUT] = int(logged[Q_IN]), int(logged[Q_OUT])
    if not same_model:
        ratio = here[V_OUT_FACTOR] / logged[Q_OUT_FACTOR]
        if ratio != 1.0 and not np.isnan(ratio):  # unknown: as many as in the log
            own[S_OUT] = int(logged[Q_OUT] * ratio + 0.5)
    latency = np.nan
    found = -1
    if provider.rule.shape[0]:
        found = matching_rule(plan, state, provider, request, deployment, number, now)
    if found >= 0:
        rule = provider.rule[found]
        own[S_STATUS], own[S_KIND] = int(rule[R_STATUS]), int(rule[R_KIND])
        own[S_RETRY_AFTER], latency = int(rule[R_RETRY_AFTER]), rule[R_LATENCY]
        if rule[R_IN] >= 0.0:
            own[S_IN] = int(rule[R_IN])
        if rule[R_OUT] >= 0.0:
            own[S_OUT] = int(rule[R_OUT])
    elif logged[Q_STATUS] > 0.0 and same_model:
        own[S_STATUS], own[S_KIND] = int(logged[Q_STATUS]), int(logged[Q_KIND])
    elif 0.0 < here[V_WINDOW] < logged[Q_IN]:
        own[S_STATUS], own[S_KIND] = 400, CONTEXT_WINDOW
    elif _fails_by_itself(plan, here[V_FAIL_P], request, model, number):
        own[S_STATUS], own[S_KIND] = 500, INTERNAL
    if np.isnan(latency):
        latency = here[V_ERROR_S]
        if own[S_KIND] == 0:
            latency = here[V_BASE] + own[S_IN] * here[V_PER_INPUT] + own[S_OUT] * here[V_PER_OUTPUT]
            if here[V_SIGMA] > 0.0:
                latency *= _spread(plan, here[V_SIGMA], request, model, number)
            if same_model and not np.isnan(logged[Q_LATENCY]):
                latency = logged[Q_LATENCY]
    return latency


@hot
def start_attempt(plan, provider, state, output, slot, deployment, share, now):
    """Send a request to a deployment; its event is due when the answer comes.

    Timeouts are the client's, the deployment's, then the router's.
    """
    own, row = state.slot[slot], state.deployment[deployment]
    number = int(state.result[slot, O_ATTEMPTS])
    state.result[slot, O_ATTEMPTS] = number + 1
    row[X_CALLS] += 1.0
    row[X_IN_FLIGHT] += 1.0
    own[S_TRIAL] = 0
    if plan.setting[P_TRIALS] > 0.0 and row[X_TRIPPED] == 1.0:
        own[S_TRIAL] = 1
        row[X_TRIALS] += 1.0
    latency = _answer(plan, provider, state, slot, deployment, number, now)
    status = own[S_STATUS]
    limit = state.request[slot, Q_TIMEOUT]
    if np.isnan(limit):
        limit = plan.deployment[deployment, D_TIMEOUT]
    if np.isnan(limit):
        limit = plan.setting[P_TIMEOUT]
    if latency > limit:
        latency = limit
        own[S_STATUS], own[S_KIND], own[S_RETRY_AFTER] = 408, TIMEOUT, -1
        status = CLIENT_TIMEOUT
    if output.attempt.shape[0]:
        n = state.counter[C_ATTEMPTS]
        state.counter[C_ATTEMPTS] = n + 1
        entry = output.attempt[n]
        entry[A_REQUEST], entry[A_T], entry[A_DEPLOYMENT] = own[S_REQUEST], now, deployment
        entry[A_STATUS], entry[A_SHARE] = status, share
    if plan.setting[P_STRATEGY] == USAGE_BASED:
        turn_minute(plan, row, now)
        row[X_MINUTE_CALLS] += 1.0
    own[S_EVENT], own[S_DEPLOYMENT] = EVENT_ATTEMPT, deployment
    state.time[slot, T_STARTED] = now
    state.time[slot, T_WHEN] = now + latency
    if plan.setting[P_HEDGE_AFTER] > 0.0:
        start_hedge(plan, state, slot, now)
