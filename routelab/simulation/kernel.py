"""The discrete-event kernel: requests in flight on the log's clock, one event after the other.

Events are the arrival of a request, the end of a call, the end of a retry's sleep, and the start of
a mirror or a hedge. What a request does at an event, without any time passing, is in `_request`.
"""

from __future__ import annotations

from routelab.simulation._heap import pop, push
from routelab.simulation._request import WAIT, arrive, move, resume
from routelab.simulation.arrays import (
    C_ATTEMPTS,
    C_COOLDOWNS,
    C_DONE,
    C_FIRST,
    C_FOLLOWED,
    C_FREE,
    C_HEAP,
    C_NEXT,
    MARGIN,
    P_INDEPENDENT,
    Q_T,
    SPARE_SLOTS,
    T_WHEN,
)
from routelab.simulation.jit import entry

DONE, NEED_SLOTS, NEED_ROOM = 0, 1, 2


@entry
def advance(plan, provider, trace, feed, state, output, last):
    """Run until all requests of the chunk have arrived and, when it is the `last`, have ended.

    Arrivals come before events at the same instant. When nothing in the plan depends on what is in
    flight, each request is followed to its end at once.

    Returns
    -------
    int
        ``DONE``, or what must be done before the same call can go on: ``NEED_SLOTS``, or
        ``NEED_ROOM`` in the output.
    """
    end = state.counter[C_FIRST] + trace.request.shape[0]
    in_flight = plan.setting[P_INDEPENDENT] == 0.0
    room = output.done.shape[0] - MARGIN
    attempts = output.attempt.shape[0] - MARGIN if output.attempt.shape[0] else end + (1 << 60)
    cooldowns = output.cooldown.shape[0] - MARGIN
    while True:
        if state.counter[C_FREE] < SPARE_SLOTS:
            return NEED_SLOTS
        if (
            state.counter[C_DONE] > room
            or state.counter[C_ATTEMPTS] > attempts
            or state.counter[C_COOLDOWNS] > cooldowns
        ):
            return NEED_ROOM
        slot, now, phase = state.counter[C_FOLLOWED], 0.0, WAIT
        if slot >= 0:
            state.counter[C_FOLLOWED] = -1
            now = state.time[slot, T_WHEN]
        else:
            waiting = state.counter[C_HEAP] > 0
            number = state.counter[C_NEXT]
            row = number - state.counter[C_FIRST]
            if number < end and (not waiting or trace.request[row, Q_T] <= state.heap_time[0]):
                now = trace.request[row, Q_T]
                slot, phase = arrive(plan, trace, state, output, row, now)
            elif waiting and (number < end or last):
                now = state.heap_time[0]
                slot = pop(state.heap_time, state.heap, state.counter)
            else:
                return DONE
        if phase == WAIT:
            phase = resume(plan, state, output, slot, now)
        if move(plan, provider, feed, state, output, slot, phase, now) == WAIT:
            if in_flight:
                push(state.heap_time, state.heap, state.counter, state.time[slot, T_WHEN], slot)
            else:
                state.counter[C_FOLLOWED] = slot
