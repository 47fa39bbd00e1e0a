"""What a provider's script says to a call."""

from __future__ import annotations

from routelab.simulation import _draws
from routelab.simulation.arrays import (
    D_MODEL,
    P_SEED,
    R_CAPACITY,
    R_CAPACITY_S,
    R_FROM,
    R_NTH,
    R_NTH_END,
    R_PROBABILITY,
    R_REQUESTS,
    R_REQUESTS_END,
    R_TO,
    V_RULES,
    V_RULES_END,
    X_CALLS,
)
from routelab.simulation.jit import inner


@inner
def _among(values, start, end, wanted):
    """Return whether a sorted slice holds a value; an empty slice holds everything."""
    if start == end:
        return True
    low, high = start, end
    while low < high:
        middle = (low + high) >> 1
        if values[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low < end and values[low] == wanted


@inner
def matching_rule(plan, state, provider, request, deployment, attempt, now):
    """Return the first rule of the provider's script that applies to this call, or -1."""
    call, own = int(state.deployment[deployment, X_CALLS]), provider.deployment[deployment]
    for number in range(int(own[V_RULES]), int(own[V_RULES_END])):
        rule = provider.rule[number]
        if now < rule[R_FROM] or now >= rule[R_TO]:
            continue
        if not _among(provider.lists, int(rule[R_NTH]), int(rule[R_NTH_END]), call):
            continue
        if not _among(provider.lists, int(rule[R_REQUESTS]), int(rule[R_REQUESTS_END]), request):
            continue
        if rule[R_CAPACITY] >= 0.0:
            window, used = int(now // rule[R_CAPACITY_S]), state.rule[number]
            if used[0] != window:
                used[0], used[1] = window, 0
            if used[1] < rule[R_CAPACITY]:
                used[1] += 1
                continue
        if rule[R_PROBABILITY] < 1.0:
            model = int(plan.deployment[deployment, D_MODEL])
            seed = int(plan.setting[P_SEED])
            if _draws.uniform(seed, _draws.FAIL, request, model, attempt) >= rule[R_PROBABILITY]:
                continue
        return number
    return -1
