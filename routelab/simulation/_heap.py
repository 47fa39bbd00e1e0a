"""A binary heap of (time, sequence number, slot) for the kernel."""

from __future__ import annotations

from routelab.simulation.arrays import C_HEAP, C_SEQ
from routelab.simulation.jit import hot


@hot
def push(times, keys, counter, time, slot):
    """Add an event; events at the same time leave in the order in which they came."""
    seq = counter[C_SEQ]
    counter[C_SEQ] = seq + 1
    i = counter[C_HEAP]
    counter[C_HEAP] = i + 1
    while i > 0:
        up = (i - 1) >> 1
        if times[up] <= time:
            break
        times[i], keys[i, 0], keys[i, 1] = times[up], keys[up, 0], keys[up, 1]
        i = up
    times[i], keys[i, 0], keys[i, 1] = time, seq, slot


@hot
def _before(times, keys, a, b):
    return times[a] < times[b] or (times[a] == times[b] and keys[a, 0] < keys[b, 0])


@hot
def pop(times, keys, counter):
    """Remove the earliest event and return its slot."""
    first = keys[0, 1]
    n = counter[C_HEAP] - 1
    counter[C_HEAP] = n
    i = 0
    while True:  # the last event sinks from the top
        child = 2 * i + 1
        if child >= n:
            break
        if child + 1 < n and _before(times, keys, child + 1, child):
            child += 1
        if not _before(times, keys, child, n):
            break
        times[i], keys[i, 0], keys[i, 1] = times[child], keys[child, 0], keys[child, 1]
        i = child
    times[i], keys[i, 0], keys[i, 1] = times[n], keys[n, 0], keys[n, 1]
    return first
