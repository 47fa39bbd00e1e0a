"""The discrete-event kernel: requests in flight on the log's clock, one event after the other.

Events are the arrival of a request, the end of an attempt, and the end of a retry's sleep. What a
request does at an event, without any time passing, is in `_request`.
"""

from __future__ import annotations

import numba

from routelab.simulation._heap import pop
from routelab.simulation._request import arrive, move, resume
from routelab.simulation.arrays import (
    C_ATTEMPTS,
    C_COOLDOWNS,
    C_FREE,
    C_HEAP,
    C_NEXT,
    MARGIN,
    Q_T,
)

DONE, NEED_SLOTS, NEED_ATTEMPTS, NEED_COOLDOWNS = 0, 1, 2, 3


@numba.njit(nogil=True, cache=True, error_model="numpy")
def advance(plan, provider, trace, feed, state, output, stop):
    """Run until request number `stop` has arrived and, when it is the last one.

    Everything has ended.

    Arrivals come before events at the same instant.

    Returns
    -------
    int
        ``DONE``, or what must grow before the same call can go on: ``NEED_SLOTS``,
        ``NEED_ATTEMPTS`` or ``NEED_COOLDOWNS``.
    """
    requests = trace.request.shape[0]
    while True:
        if state.counter[C_ATTEMPTS] + MARGIN > output.attempt.shape[0]:
            return NEED_ATTEMPTS
        if state.counter[C_COOLDOWNS] + MARGIN > output.cooldown.shape[0]:
            return NEED_COOLDOWNS
        waiting = state.counter[C_HEAP] > 0
        request = state.counter[C_NEXT]
        if request < stop and (not waiting or trace.request[request, Q_T] <= state.heap_time[0]):
            if state.counter[C_FREE] == 0:
                return NEED_SLOTS
            now = trace.request[request, Q_T]
            slot, phase = arrive(plan, trace, state, output, now)
        elif waiting and (request < stop or stop >= requests):
            now = state.heap_time[0]
            slot = pop(state.heap_time, state.heap, state.counter)
            phase = resume(plan, trace, state, output, slot, now)
        else:
            return DONE
        move(plan, provider, trace, feed, state, output, slot, phase, now)
