"""A heap of events for the kernel: the earliest first, those at one instant in order of arrival.

Four children per node halve the levels of a binary heap. A key holds an event's sequence number and
its slot, so that one comparison settles a tie.
"""

from __future__ import annotations

import numpy as np

from routelab.simulation.arrays import C_HEAP, C_SEQ
from routelab.simulation.jit import hot, inner

SLOT_BITS = 24
SLOT_MASK = (1 << SLOT_BITS) - 1


@hot
def _rise(times, keys, i, time, key):
    """Put an event into place `i` or above it."""
    while i > 0:
        up = (i - 1) >> 2
        if times[up] < time or (times[up] == time and keys[up] < key):
            break
        times[i], keys[i] = times[up], keys[up]
        i = up
    times[i], keys[i] = time, key


@inner
def push(times, keys, counter, time, slot):
    """Add an event."""
    seq = counter[C_SEQ]
    counter[C_SEQ] = seq + 1
    i = counter[C_HEAP]
    counter[C_HEAP] = i + 1
    _rise(times, keys, i, time, (seq << SLOT_BITS) | slot)


@hot
def _earlier(times, keys, a, b):
    """Return the earlier of two places, without a branch that depends on the times."""
    later = (times[b] < times[a]) | ((times[b] == times[a]) & (keys[b] < keys[a]))
    return a + (b - a) * np.int64(later)


@inner
def pop(times, keys, counter):
    """Remove the earliest event and return its slot.

    The hole at the top sinks to the bottom along the earliest children; then the last event rises
    from there.
    """
    first = keys[0]
    n = counter[C_HEAP] - 1
    counter[C_HEAP] = n
    i, child = 0, 1
    while child + 3 < n:
        low = _earlier(times, keys, child, child + 1)
        high = _earlier(times, keys, child + 2, child + 3)
        best = _earlier(times, keys, low, high)
        times[i], keys[i] = times[best], keys[best]
        i, child = best, 4 * best + 1
    if child < n:
        best = child
        for k in range(child + 1, n):
            best = _earlier(times, keys, best, k)
        times[i], keys[i] = times[best], keys[best]
        i = best
    _rise(times, keys, i, times[n], keys[n])
    return first & SLOT_MASK
