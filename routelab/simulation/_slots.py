"""The places of requests in flight: taking one, giving it back, and writing what came out."""

from __future__ import annotations

from routelab.simulation.arrays import (
    C_DONE,
    C_FREE,
    N_DONE,
    O_ASKED,
    O_FINISHED,
    O_GROUP,
    O_REQUEST,
    O_ROLE,
    O_SERVED,
    O_T,
    Q_T,
    S_DEPLOYMENT,
    S_DEPTH,
    S_LOGGED,
    S_PICKS,
    S_REQUEST,
    S_ROLE,
    S_TRIAL,
    S_TWIN,
)
from routelab.simulation.jit import hot


@hot
def forget_result(state, slot, role):
    """Start the row of a request, or of what goes on in its place, afresh."""
    result = state.result[slot]
    asked, group = result[O_ASKED], result[O_GROUP]
    for k in range(N_DONE):
        result[k] = 0.0
    result[O_REQUEST], result[O_ROLE] = state.slot[slot, S_REQUEST], role
    result[O_SERVED], result[O_ASKED], result[O_GROUP] = -1.0, asked, group


@hot
def take_slot(state, number, role, group):
    """Return an empty place for a request; its row of the trace is copied by the caller."""
    n = state.counter[C_FREE] - 1
    state.counter[C_FREE] = n
    slot = state.free[n]
    own = state.slot[slot]
    own[S_REQUEST], own[S_ROLE], own[S_TWIN], own[S_DEPTH] = number, role, -1, 0
    own[S_LOGGED], own[S_PICKS], own[S_TRIAL], own[S_DEPLOYMENT] = 0, 0, 0, -1
    forget_result(state, slot, role)
    state.result[slot, O_ASKED] = state.result[slot, O_GROUP] = group
    return slot


@hot
def give_back(state, slot):
    """Make a place free again."""
    n = state.counter[C_FREE]
    state.free[n] = slot
    state.counter[C_FREE] = n + 1


@hot
def write_result(state, output, slot, now):
    """Write the request's row; it is over."""
    n = state.counter[C_DONE]
    state.counter[C_DONE] = n + 1
    result, row = state.result[slot], output.done[n]
    result[O_FINISHED] = now
    result[O_T] = state.request[slot, Q_T]
    for k in range(N_DONE):
        row[k] = result[k]
