"""The fallback walk: which model group a request tries when one has failed for good.

A target is tried once per request. Order levels of the same group come before its chain. A group
without a chain of its own takes the chain of the group that the request first asked for, then the
one for ``"*"``.
"""

from __future__ import annotations

import numpy as np

from routelab.simulation import errors
from routelab.simulation._cooldown import is_closed_off
from routelab.simulation.arrays import (
    F_CHAIN,
    F_CHAIN_LEFT,
    F_DEPLOYMENT,
    F_EXCLUDED,
    F_GROUP,
    F_HOPS,
    F_KIND,
    F_LAST_DEPLOYMENT,
    F_LAST_RETRY_AFTER,
    F_NEXT_ORDER,
    F_ORDER,
    F_RESOLVED,
    F_RETRY_AFTER,
    F_TRY,
    G_END,
    G_FIRST,
    G_ORDERS,
    G_ORDERS_END,
    N_FRAME,
    O_FALLBACKS,
    P_FAILOVER,
    P_HAS_CONTEXT,
    P_HAS_POLICY,
    P_MAX_FALLBACKS,
    S_DEPTH,
)
from routelab.simulation.jit import hot, inner

NOBODY = np.int64(0)
GENERIC, CONTEXT, POLICY = np.int64(0), np.int64(1), np.int64(2)
UNRESOLVED, BY_CHAIN, BY_ORDER, BY_FAILOVER, AFTER_FAILOVER = 0, 1, 2, 3, 4
CONTEXT_WINDOW, CONTENT_POLICY = errors.CONTEXT_WINDOW, errors.CONTENT_POLICY


@hot
def forget_attempted(state, slot):
    """Start the fallback walk afresh."""
    tried = state.attempted[slot]
    for k in range(tried.shape[0]):
        tried[k] = False


@hot
def open_frame(state, slot, group, order, hops):
    """Start to try a group on top of the request's stack."""
    depth = state.slot[slot, S_DEPTH]
    if depth == 0:
        forget_attempted(state, slot)
    frame = state.frame[depth, slot]
    for k in range(N_FRAME):
        frame[k] = 0
    frame[F_GROUP], frame[F_ORDER], frame[F_HOPS] = group, order, hops
    frame[F_TRY] = -1
    frame[F_DEPLOYMENT] = frame[F_LAST_DEPLOYMENT] = -1
    frame[F_RETRY_AFTER] = frame[F_LAST_RETRY_AFTER] = -1


@hot
def _find_chain(plan, state, slot, frame, which):
    """Point the frame at its fallback chain; return whether there is one."""
    everyone = plan.chain.shape[1] - 1
    for source in (frame[F_GROUP], state.frame[0, slot, F_GROUP], everyone):
        if plan.chain[which, source, 1] >= 0:
            frame[F_CHAIN], frame[F_CHAIN_LEFT] = (
                plan.chain[which, source, 0],
                plan.chain[which, source, 1],
            )
            return True
    return False


@inner
def _may_fail_over(plan, state, frame, now):
    """Leave out the deployment that failed; return whether another of its group is well."""
    group, kind, failed = frame[F_GROUP], frame[F_KIND], frame[F_DEPLOYMENT]
    if failed < 0 or kind == CONTEXT_WINDOW or kind == CONTENT_POLICY:
        return False
    if frame[F_HOPS] >= plan.setting[P_MAX_FALLBACKS]:
        return False
    first, end = plan.group[group, G_FIRST], plan.group[group, G_END]
    if not first <= failed < end:
        return False
    excluded = frame[F_EXCLUDED] | (1 << (failed - first))
    for d in range(first, end):
        out = (excluded >> (d - first)) & 1
        if not out and not is_closed_off(plan, state.deployment[d], now):
            frame[F_EXCLUDED] = excluded
            return True
    return False


@inner
def give_up(plan, state, slot, frame, now):
    """Choose how to fall back from a group whose own tries are used up.

    Return whether there is a way.
    """
    group, kind = frame[F_GROUP], frame[F_KIND]
    start, end = plan.group[group, G_ORDERS], plan.group[group, G_ORDERS_END]
    frame[F_NEXT_ORDER] = end
    came_back = frame[F_RESOLVED] == AFTER_FAILOVER
    frame[F_RESOLVED] = UNRESOLVED
    if end - start > 1 and kind != CONTEXT_WINDOW and kind != CONTENT_POLICY:
        tried = frame[F_ORDER] if frame[F_ORDER] >= 0 else plan.lists[start]
        for i in range(end - 1, start - 1, -1):
            if plan.lists[i] > tried:
                frame[F_NEXT_ORDER] = i
        if _find_chain(plan, state, slot, frame, GENERIC) or frame[F_NEXT_ORDER] < end:
            frame[F_RESOLVED] = BY_ORDER
    if frame[F_RESOLVED] == UNRESOLVED:
        if plan.setting[P_FAILOVER] == 1.0 and not came_back:
            if _may_fail_over(plan, state, frame, now):
                frame[F_RESOLVED] = BY_FAILOVER
                return True
        which = GENERIC
        if kind == CONTEXT_WINDOW and plan.setting[P_HAS_CONTEXT] == 1.0:
            which = CONTEXT
        elif kind == CONTENT_POLICY and plan.setting[P_HAS_POLICY] == 1.0:
            which = POLICY
        if not _find_chain(plan, state, slot, frame, which):
            return False
        frame[F_RESOLVED] = BY_CHAIN
    if frame[F_HOPS] >= plan.setting[P_MAX_FALLBACKS]:
        return False
    width = state.attempted.shape[1] // plan.group.shape[0]
    state.attempted[slot, group * width] = True
    return True


@hot
def _claim(state, slot, key):
    """Mark a target as tried; return whether it was new."""
    new = not state.attempted[slot, key]
    state.attempted[slot, key] = True
    return new


@hot
def _open_next(state, slot, group, order, hops, excluded):
    state.result[slot, O_FALLBACKS] += 1.0
    depth = state.slot[slot, S_DEPTH] + 1
    state.slot[slot, S_DEPTH] = depth
    open_frame(state, slot, group, order, hops)
    state.frame[depth, slot, F_EXCLUDED] = excluded


@inner
def next_target(plan, state, slot, frame):
    """Open a frame for the next fallback target; return whether there was one."""
    group, target, order = frame[F_GROUP], -1, -1
    if frame[F_RESOLVED] == BY_FAILOVER:
        _open_next(state, slot, group, frame[F_ORDER], frame[F_HOPS] + 1, frame[F_EXCLUDED])
        return True
    width = state.attempted.shape[1] // plan.group.shape[0]
    while target < 0 and frame[F_NEXT_ORDER] < plan.group[group, G_ORDERS_END]:
        i = frame[F_NEXT_ORDER]
        frame[F_NEXT_ORDER] = i + 1
        if _claim(state, slot, group * width + 1 + i - plan.group[group, G_ORDERS]):
            target, order = group, plan.lists[i]
    while target < 0 and frame[F_CHAIN_LEFT] > 0:
        candidate = plan.lists[frame[F_CHAIN]]
        frame[F_CHAIN] += 1
        frame[F_CHAIN_LEFT] -= 1
        if _claim(state, slot, candidate * width):
            target = candidate
    if target < 0:
        return False
    frame[F_HOPS] += 1
    _open_next(state, slot, target, order, frame[F_HOPS], NOBODY)
    return True
