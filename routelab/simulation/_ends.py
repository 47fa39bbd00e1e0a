"""How a request ends: served or not, alone or beside a second copy of it."""

from __future__ import annotations

from routelab.simulation._budget import book_gateway, cost_of
from routelab.simulation._calendar import settle
from routelab.simulation._cooldown import count_success
from routelab.simulation._slots import forget_result, give_back, write_result
from routelab.simulation._twin import take_over
from routelab.simulation._usage import (
    LATENCY_BASED,
    LEAST_BUSY,
    SHUFFLE,
    USAGE_BASED,
    count_minute_tokens,
    remember_latency,
    turn_minute,
)
from routelab.simulation.arrays import (
    CLIENT,
    D_MODEL,
    D_OWN_BUDGET,
    D_PRICE_CACHED,
    D_PRICE_IN,
    D_PROVIDER_BUDGET,
    HEDGE,
    LOSER,
    MIRROR,
    O_CACHED,
    O_COST,
    O_IN,
    O_KIND,
    O_LOST,
    O_OUT,
    O_ROLE,
    O_SERVED,
    O_STATUS,
    P_MINUTE_LIMITS,
    P_PROMPT_CACHE_TTL,
    P_STRATEGY,
    Q_CACHED,
    Q_SESSION,
    S_DEPLOYMENT,
    S_IN,
    S_OUT,
    S_ROLE,
    S_TWIN,
    T_STARTED,
    WAITER,
    X_MINUTE_CALLS,
    X_MINUTE_TOKENS,
)
from routelab.simulation.jit import hot, inner

FINISHED = 6  # the phase of a request that waits for nothing more


@hot
def _close(plan, state, output, slot, now):
    """End a request: pay, write its row, and give its place back."""
    settle(plan, state, slot, state.result[slot, O_COST], now)
    write_result(state, output, slot, now)
    give_back(state, slot)
    return FINISHED


@inner
def leave(plan, state, output, slot, now):
    """End a copy that the client does not wait for; it has a row when it cost something."""
    if state.result[slot, O_COST] > 0.0 or state.slot[slot, S_ROLE] == MIRROR:
        return _close(plan, state, output, slot, now)
    settle(plan, state, slot, 0.0, now)
    give_back(state, slot)
    return FINISHED


@inner
def end_badly(plan, state, output, slot, now):
    """Nothing is left to try: the client gets the error, unless its hedge is still under way."""
    own = state.slot[slot]
    if own[S_ROLE] == CLIENT:
        if own[S_TWIN] >= 0:
            own[S_ROLE] = WAITER
            return FINISHED
        return _close(plan, state, output, slot, now)
    if own[S_ROLE] == HEDGE:
        twin = own[S_TWIN]
        state.slot[twin, S_TWIN] = -1
        if state.slot[twin, S_ROLE] == WAITER:
            _close(plan, state, output, twin, now)
    return leave(plan, state, output, slot, now)


@hot
def _end_well(plan, state, output, slot, now):
    """Close a request that was served."""
    own = state.slot[slot]
    if own[S_ROLE] != CLIENT or own[S_TWIN] >= 0:
        return _end_copy(plan, state, output, slot, now)
    return _close(plan, state, output, slot, now)


@inner
def _end_copy(plan, state, output, slot, now):
    """End a request that has a second copy, or is one; the other is not followed further."""
    own = state.slot[slot]
    twin = own[S_TWIN]
    if own[S_ROLE] == CLIENT:
        state.slot[twin, S_ROLE], state.slot[twin, S_TWIN] = LOSER, -1
        state.result[twin, O_ROLE] = LOSER
        return _close(plan, state, output, slot, now)
    if own[S_ROLE] != HEDGE:
        return leave(plan, state, output, slot, now)
    take_over(state, slot, twin)
    if state.slot[twin, S_ROLE] == WAITER:
        state.result[twin, O_KIND] = 0.0
        _close(plan, state, output, twin, now)
    else:  # its row is the winner's; what it has begun goes on under a row of its own
        settle(plan, state, twin, state.result[twin, O_COST], now)
        write_result(state, output, twin, now)
        state.slot[twin, S_ROLE], state.slot[twin, S_TWIN] = LOSER, -1
        forget_result(state, twin, LOSER)
    give_back(state, slot)
    return FINISHED


@hot
def _count_usage(plan, state, slot, deployment, now):
    """Count a success for the strategies that look at usage or latency."""
    strategy = plan.setting[P_STRATEGY]
    own, row = state.slot[slot], state.deployment[deployment]
    if plan.setting[P_MINUTE_LIMITS] == 1.0:
        count_minute_tokens(plan, row, own[S_IN] + own[S_OUT], now)
    if strategy == SHUFFLE or strategy == LEAST_BUSY:
        return
    turn_minute(plan, row, now)
    row[X_MINUTE_TOKENS] += own[S_IN] + own[S_OUT]
    if strategy != USAGE_BASED:  # which counts calls when they start
        row[X_MINUTE_CALLS] += 1.0
    if strategy == LATENCY_BASED:
        seconds = now - state.time[slot, T_STARTED]
        remember_latency(plan, state, deployment, seconds / max(own[S_OUT], 1), now)


@hot
def _cached_tokens(plan, state, slot, deployment, now):
    """Return the prompt tokens that are read from a cache.

    A session that has just been on another model loses what the log saw cached.
    """
    own, request = state.slot[slot], state.request[slot]
    cached = min(request[Q_CACHED], float(own[S_IN]))
    if plan.setting[P_PROMPT_CACHE_TTL] <= 0.0 or request[Q_SESSION] < 0.0:
        return cached
    entry = state.session[int(request[Q_SESSION]) % state.session.shape[0]]
    model = plan.deployment[deployment, D_MODEL]
    recent = now - entry[2] <= plan.setting[P_PROMPT_CACHE_TTL]
    if entry[0] == request[Q_SESSION] and entry[1] != model and recent:
        cached = 0.0
    entry[0], entry[1], entry[2] = request[Q_SESSION], model, now
    return cached


@hot
def succeed(plan, state, output, slot, now):
    own, result = state.slot[slot], state.result[slot]
    deployment = own[S_DEPLOYMENT]
    cached = _cached_tokens(plan, state, slot, deployment, now)
    cost = cost_of(plan, deployment, float(own[S_IN]), cached, float(own[S_OUT]))
    result[O_SERVED], result[O_STATUS], result[O_COST] = deployment, 200, cost
    result[O_IN], result[O_CACHED], result[O_OUT] = own[S_IN], cached, own[S_OUT]
    lost = min(state.request[slot, Q_CACHED], float(own[S_IN])) - cached
    price = plan.deployment[deployment, D_PRICE_IN] - plan.deployment[deployment, D_PRICE_CACHED]
    result[O_LOST] = lost * price
    count_success(state.deployment[deployment], now)
    _count_usage(plan, state, slot, deployment, now)
    for column in (D_PROVIDER_BUDGET, D_OWN_BUDGET):
        budget = plan.deployment[deployment, column]
        if budget >= 0.0:
            book_gateway(plan, state, int(budget), cost, now)
    return _end_well(plan, state, output, slot, now)
