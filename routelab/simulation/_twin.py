"""Second copies of a request: silent mirrors, and hedges against a slow answer.

A mirror is a request of its own to another group; the client never sees it. A hedge starts when the
first call has taken too long; whichever answers first is what the client gets. The other one is not
followed further, but what it has begun is paid for in full.
"""

from __future__ import annotations

from routelab.simulation._heap import push
from routelab.simulation._slots import take_slot
from routelab.simulation.arrays import (
    CLIENT,
    D_MIRRORS,
    D_MIRRORS_END,
    EVENT_START,
    HEDGE,
    MIRROR,
    N_REQUEST,
    O_ATTEMPTS,
    O_CACHED,
    O_COST,
    O_FALLBACKS,
    O_GROUP,
    O_IN,
    O_LOST,
    O_OUT,
    O_RETRIES,
    O_SERVED,
    O_STATUS,
    P_HEDGE_AFTER,
    P_HEDGE_GROUP,
    S_EVENT,
    S_REQUEST,
    S_ROLE,
    S_TWIN,
)
from routelab.simulation.jit import inner


@inner
def _copy(plan, state, slot, role, group, when):
    """Start a second copy of a request at a later moment, or at once."""
    twin = take_slot(state, state.slot[slot, S_REQUEST], role, group)
    budgets = plan.calendar.shape[0]
    for k in range(N_REQUEST + budgets):
        state.request[twin, k] = state.request[slot, k]
    for k in range(N_REQUEST + budgets, N_REQUEST + 2 * budgets):
        state.request[twin, k] = 0.0
    state.slot[twin, S_EVENT] = EVENT_START
    push(state.heap_time, state.heap, state.counter, when, twin)
    return twin


@inner
def start_mirrors(plan, state, slot, deployment, now):
    """Mirror a request to the groups that a deployment names; mirrors are not mirrored."""
    if state.slot[slot, S_ROLE] != MIRROR:
        row = plan.deployment[deployment]
        for i in range(int(row[D_MIRRORS]), int(row[D_MIRRORS_END])):
            _copy(plan, state, slot, MIRROR, plan.lists[i], now)


@inner
def start_hedge(plan, state, slot, now):
    """Plan the second call of a request at its first."""
    own = state.slot[slot]
    if own[S_ROLE] == CLIENT and own[S_TWIN] < 0 and state.result[slot, O_ATTEMPTS] == 1.0:
        group = int(plan.setting[P_HEDGE_GROUP])
        if group < 0:
            group = int(state.result[slot, O_GROUP])
        twin = _copy(plan, state, slot, HEDGE, group, now + plan.setting[P_HEDGE_AFTER])
        own[S_TWIN] = twin
        state.slot[twin, S_TWIN] = slot


@inner
def take_over(state, slot, twin):
    """Make what a hedge got the client's result."""
    winner, client = state.result[slot], state.result[twin]
    for k in (O_SERVED, O_STATUS, O_COST, O_IN, O_CACHED, O_OUT, O_LOST):
        client[k] = winner[k]
    for k in (O_ATTEMPTS, O_RETRIES, O_FALLBACKS):
        client[k] += winner[k]
