"""Which deployment of a group serves an attempt."""

from __future__ import annotations

import numpy as np

from routelab.simulation import _draws, errors
from routelab.simulation._budget import gateway_exceeded
from routelab.simulation._cooldown import is_closed_off
from routelab.simulation._usage import (
    COST_BASED,
    LATENCY_BASED,
    LEAST_BUSY,
    SHUFFLE,
    USAGE_BASED,
    greet,
    mean_latency,
    turn_minute,
)
from routelab.simulation.arrays import (
    C_BAD_PICKS,
    D_MAX_PARALLEL,
    D_ORDER,
    D_OWN_BUDGET,
    D_PROVIDER_BUDGET,
    D_ROUTE_PRICE,
    D_RPM,
    D_TPM,
    D_WEIGHT,
    D_WINDOW,
    G_END,
    G_FIRST,
    MIRROR,
    O_ATTEMPTS,
    P_MINUTE_LIMITS,
    P_PRE_CALL_CHECKS,
    P_SEED,
    P_STRATEGY,
    Q_IN,
    S_PICKS,
    S_REQUEST,
    S_ROLE,
    X_IN_FLIGHT,
    X_MINUTE_CALLS,
    X_MINUTE_TOKENS,
    X_RATE_CALLS,
    X_RATE_TOKENS,
    X_WEIGHT,
)
from routelab.simulation.jit import hot, inner

NO_DEPLOYMENT, GATEWAY_BUDGET = errors.NO_DEPLOYMENT, errors.GATEWAY_BUDGET
CONTEXT_WINDOW, RATE_LIMIT = errors.CONTEXT_WINDOW, errors.RATE_LIMIT


@hot
def _weigh(plan, state, first, end):
    """Turn the eligible marks into shuffle weights; return their sum.

    The weights are the first of weight, rpm and tpm that any eligible deployment has; without any
    they are all one.
    """
    for metric in range(D_WEIGHT, D_WEIGHT + 3):
        total = 0.0
        for d in range(first, end):
            if state.deployment[d, X_WEIGHT] > 0.0 and plan.deployment[d, metric] > 0.0:
                total += plan.deployment[d, metric]
        if total > 0.0:
            for d in range(first, end):
                value = plan.deployment[d, metric]
                eligible = state.deployment[d, X_WEIGHT] > 0.0
                state.deployment[d, X_WEIGHT] = value if eligible and value > 0.0 else 0.0
            return total
    total = 0.0
    for d in range(first, end):
        total += state.deployment[d, X_WEIGHT]
    return total


@inner
def _several(state, first, end):
    found = 0
    for d in range(first, end):
        found += state.deployment[d, X_WEIGHT] > 0.0
    return found > 1


@inner
def _refusing_one(plan, state, first, end):
    """Return an eligible deployment that refuses one more call by its own limits, or -1."""
    for d in range(first, end):
        limit, row = plan.deployment[d, D_MAX_PARALLEL], state.deployment[d]
        if row[X_WEIGHT] > 0.0 and 0.0 < limit <= row[X_IN_FLIGHT]:
            return d
    if plan.setting[P_MINUTE_LIMITS] == 1.0:
        for d in range(first, end):
            row, limits = state.deployment[d], plan.deployment[d]
            calls, tokens = row[X_RATE_CALLS], row[X_RATE_TOKENS]
            if row[X_WEIGHT] > 0.0 and (calls >= limits[D_RPM] or tokens >= limits[D_TPM]):
                return d
    return -1


@inner
def _recorded_pick(state, feed, slot, first, end):
    """Return what the gateway picked for the next attempt, -1 when it is not of this group.

    Picks of a request come first, then those of its mirrors, which take the first of their group.
    """
    request = state.slot[slot, S_REQUEST]
    if state.slot[slot, S_ROLE] == MIRROR:
        for place in range(feed.pick_start[2 * request + 1], feed.pick_start[2 * request + 2]):
            fed = feed.picks[place]
            if first <= fed < end:
                feed.picks[place] = -1
                return fed
        return -1
    place = feed.pick_start[2 * request] + int(state.result[slot, O_ATTEMPTS])
    if place >= feed.pick_start[2 * request + 1]:
        return -1
    fed = feed.picks[place]
    return fed if first <= fed < end else -1


@hot
def _draw(plan, state, feed, slot, first, end, total):
    """Return (deployment, its share of the draw) for the weights left in the scratch column."""
    request, number = state.slot[slot, S_REQUEST], state.slot[slot, S_PICKS]
    state.slot[slot, S_PICKS] = number + 1
    if feed.pick_start.size:
        fed = _recorded_pick(state, feed, slot, first, end)
        if _several(state, first, end):
            if fed < 0:  # no attempt followed: the pick had no free place
                fed = _refusing_one(plan, state, first, end)
            if fed >= 0 and state.deployment[fed, X_WEIGHT] > 0.0:
                return fed, state.deployment[fed, X_WEIGHT] / total
            state.counter[C_BAD_PICKS] += 1
    left = total
    if end - first > 1:
        seed = int(plan.setting[P_SEED])
        left = _draws.uniform(seed, _draws.PICK, request, first, number) * total
    last = -1
    for d in range(first, end):
        if state.deployment[d, X_WEIGHT] > 0.0:
            last = d
            left -= state.deployment[d, X_WEIGHT]
            if left < 0.0:
                break
    return last, state.deployment[last, X_WEIGHT] / total


@inner
def _value(plan, state, d):
    """Return what a strategy wants to be small."""
    strategy, row = plan.setting[P_STRATEGY], state.deployment[d]
    if strategy == LEAST_BUSY:
        return row[X_IN_FLIGHT]
    if strategy == COST_BASED:
        return plan.deployment[d, D_ROUTE_PRICE]
    if strategy == USAGE_BASED:
        return row[X_MINUTE_TOKENS]
    return mean_latency(row)


@inner
def _keep_least(plan, state, first, end):
    """Keep the deployments with the least value, all of them on a tie; return how many."""
    least, kept = np.inf, 0
    for d in range(first, end):
        if state.deployment[d, X_WEIGHT] > 0.0:
            least = min(least, _value(plan, state, d))
    for d in range(first, end):
        if state.deployment[d, X_WEIGHT] > 0.0:
            if _value(plan, state, d) > least:
                state.deployment[d, X_WEIGHT] = 0.0
            else:
                kept += 1
    return kept


@inner
def _first_left(state, first, end):
    for d in range(first, end):
        if state.deployment[d, X_WEIGHT] > 0.0:
            return d
    return -1


@inner
def _within_minute_limits(plan, state, first, end, tokens, now):
    """Drop deployments whose rpm or tpm of this clock minute is used up; return how many are left.

    Usage-based routing is off by one: it stops one call before its rpm, once there was one.
    """
    left, usage = 0, plan.setting[P_STRATEGY] == USAGE_BASED
    for d in range(first, end):
        row, limits = state.deployment[d], plan.deployment[d]
        if row[X_WEIGHT] > 0.0:
            turn_minute(plan, row, now)
            calls = row[X_MINUTE_CALLS]
            over = row[X_MINUTE_TOKENS] + tokens > limits[D_TPM]
            if usage:
                over = over or (calls > 0.0 and calls + 1.0 >= limits[D_RPM])
            else:
                over = over or calls + 1.0 > limits[D_RPM]
            if over:
                row[X_WEIGHT] = 0.0
            else:
                left += 1
    return left


@inner
def _over_budget(plan, state, d, now):
    shared, own = plan.deployment[d, D_PROVIDER_BUDGET], plan.deployment[d, D_OWN_BUDGET]
    if shared >= 0.0 and gateway_exceeded(plan, state, int(shared), now):
        return True
    return own >= 0.0 and gateway_exceeded(plan, state, int(own), now)


@hot
def _keep_order(plan, state, first, end, wanted):
    """Keep the deployments of one order, the lowest present unless one is asked for.

    Return how many.
    """
    if wanted < 0:
        for d in range(first, end):
            order = plan.deployment[d, D_ORDER]
            if (
                state.deployment[d, X_WEIGHT] > 0.0
                and order >= 0
                and (wanted < 0 or order < wanted)
            ):
                wanted = order
    left = 0
    for d in range(first, end):
        if state.deployment[d, X_WEIGHT] > 0.0:
            if wanted >= 0 and plan.deployment[d, D_ORDER] != wanted:
                state.deployment[d, X_WEIGHT] = 0.0
            else:
                left += 1
    return left


@inner
def _leave_out(state, first, end, excluded):
    """Drop the deployments whose bit is set; return how many are left."""
    left = 0
    for d in range(first, end):
        if (excluded >> (d - first)) & 1:
            state.deployment[d, X_WEIGHT] = 0.0
        left += state.deployment[d, X_WEIGHT] > 0.0
    return left


@inner
def _select_by_value(plan, state, feed, slot, first, end, now):
    """Pick among the eligible deployments by what the strategy wants to be small."""
    strategy = plan.setting[P_STRATEGY]
    if strategy != LEAST_BUSY:
        if strategy == LATENCY_BASED:
            greet(state, first, end, now)
        tokens = state.request[slot, Q_IN]
        if _within_minute_limits(plan, state, first, end, tokens, now) == 0:
            return -1, RATE_LIMIT if strategy == USAGE_BASED else NO_DEPLOYMENT, 0.0
    kept = _keep_least(plan, state, first, end)
    if strategy == LEAST_BUSY or strategy == COST_BASED:
        return _first_left(state, first, end), 0, 1.0
    deployment, share = _draw(plan, state, feed, slot, first, end, float(kept))
    return deployment, 0, share


@hot
def select(plan, state, feed, slot, group, order, excluded, now):
    """Pick a deployment in the gateway's order of filters.

    Returns
    -------
    (deployment, error kind, share of the draw)
        The deployment is -1 when nothing is left, and the kind says which filter emptied the list.
    """
    first, end = plan.group[group, G_FIRST], plan.group[group, G_END]
    left = 0
    for d in range(first, end):
        free = not is_closed_off(plan, state.deployment[d], now)
        state.deployment[d, X_WEIGHT] = 1.0 if free else 0.0
        left += free
    if left == 0:
        return -1, NO_DEPLOYMENT, 0.0
    if plan.budget.shape[0]:
        for d in range(first, end):
            if state.deployment[d, X_WEIGHT] > 0.0 and _over_budget(plan, state, d, now):
                state.deployment[d, X_WEIGHT] = 0.0
                left -= 1
        if left == 0:
            return -1, GATEWAY_BUDGET, 0.0
    if plan.setting[P_PRE_CALL_CHECKS] == 1.0:
        tokens = state.request[slot, Q_IN]
        for d in range(first, end):
            if state.deployment[d, X_WEIGHT] > 0.0 and 0.0 < plan.deployment[d, D_WINDOW] < tokens:
                state.deployment[d, X_WEIGHT] = 0.0
                left -= 1
        if left == 0:
            return -1, CONTEXT_WINDOW, 0.0
    strategy = plan.setting[P_STRATEGY]
    if strategy == SHUFFLE and end - first == 1 and order < 0 and excluded == 0:
        state.slot[slot, S_PICKS] += 1
        return first, 0, 1.0
    if _keep_order(plan, state, first, end, float(order)) == 0:
        return -1, NO_DEPLOYMENT, 0.0
    if excluded != 0 and _leave_out(state, first, end, excluded) == 0:
        return -1, NO_DEPLOYMENT, 0.0
    if strategy == SHUFFLE:
        total = _weigh(plan, state, first, end)
        deployment, share = _draw(plan, state, feed, slot, first, end, total)
        return deployment, 0, share
    return _select_by_value(plan, state, feed, slot, first, end, now)
