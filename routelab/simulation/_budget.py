"""Budgets: the gateway's drifting windows, and the plan's calendar days."""

from __future__ import annotations

import math

import numba
import numpy as np

from routelab.simulation.arrays import (
    B_LIMIT,
    B_PERIOD,
    D_PRICE_CACHED,
    D_PRICE_IN,
    D_PRICE_OUT,
    G_END,
    G_FIRST,
    K_ACCOUNTS,
    K_DOWN,
    K_DOWN_END,
    K_EDGES,
    K_EDGES_END,
    K_LIMIT,
    K_SERVE_LAST,
    P_EXPECTED_OUTPUT,
    Q_CACHED,
    Q_IN,
    Y_SPEND,
    Y_SPEND_EXPIRY,
    Y_START,
    Y_START_EXPIRY,
)


@numba.njit(nogil=True, error_model="numpy")
def gateway_exceeded(plan, state, budget, now):
    """Return whether a provider or deployment budget is used up.

    An expired entry counts as no spend.
    """
    row = state.budget[budget]
    return now <= row[Y_SPEND_EXPIRY] and row[Y_SPEND] >= plan.budget[budget, B_LIMIT]


@numba.njit(nogil=True, error_model="numpy")
def book_gateway(plan, state, budget, cost, now):
    """Add a cost the way the gateway's budget limiter does.

    The window starts with the first success after the last one ended. Writing to a live cache entry
    never moves its expiry.
    """
    row, period = state.budget[budget], plan.budget[budget, B_PERIOD]
    if np.isnan(row[Y_START]) or now > row[Y_START_EXPIRY]:
        row[Y_START] = now
        row[Y_START_EXPIRY] = now + period
    elapsed = now - row[Y_START]
    live = now <= row[Y_SPEND_EXPIRY]
    ttl, spend = float(math.floor(period - elapsed)), (row[Y_SPEND] if live else 0.0) + cost
    if elapsed > period:
        ttl, spend = period, cost
        row[Y_START] = now
    if not live:
        row[Y_SPEND_EXPIRY] = now + ttl
    row[Y_SPEND] = spend


@numba.njit(nogil=True, error_model="numpy")
def _account(plan, state, budget, account, now):
    """Return the row of an account.

    Emptied when a midnight of the budget's time zone has passed.
    """
    row = plan.calendar[budget]
    day = 0
    for i in range(int(row[K_EDGES]), int(row[K_EDGES_END])):
        if plan.edges[i] > now:
            break
        day += 1
    entry = state.account[int(row[K_ACCOUNTS]) + account]
    if entry[1] != day:
        entry[0] = 0.0
        entry[1] = day
    return entry


@numba.njit(nogil=True, error_model="numpy")
def book_calendar(plan, state, trace, request, cost, now):
    """Add a cost to every calendar budget that concerns the request."""
    for budget in range(plan.calendar.shape[0]):
        account = trace.account[request, budget]
        if account >= 0:
            _account(plan, state, budget, account, now)[0] += cost


@numba.njit(nogil=True, error_model="numpy")
def cost_of(plan, deployment, tokens_in, cached, tokens_out):
    """Return the cost of a call: the one formula of the catalog, for estimates and for bookings."""
    row = plan.deployment[deployment]
    cost = (tokens_in - cached) * row[D_PRICE_IN] + cached * row[D_PRICE_CACHED]
    return cost + tokens_out * row[D_PRICE_OUT]


@numba.njit(nogil=True, error_model="numpy")
def estimate(plan, trace, request, group):
    """Return the expected cost of a request in a group.

    Its dearest deployment at the expected output length.
    """
    row, most = trace.request[request], 0.0
    for d in range(plan.group[group, G_FIRST], plan.group[group, G_END]):
        most = max(
            most, cost_of(plan, d, row[Q_IN], row[Q_CACHED], plan.setting[P_EXPECTED_OUTPUT])
        )
    return most


@numba.njit(nogil=True, error_model="numpy")
def affordable_group(plan, state, trace, request, group, now):
    """Return the group that the calendar budgets allow in place of `group`.

    Or -1 to refuse the request.
    """
    for budget in range(plan.calendar.shape[0]):
        account = trace.account[request, budget]
        if account < 0:
            continue
        row = plan.calendar[budget]
        left = row[K_LIMIT] - _account(plan, state, budget, account, now)[0]
        if estimate(plan, trace, request, group) <= left:
            continue
        start, end = int(row[K_DOWN]), int(row[K_DOWN_END])
        found = -1
        for i in range(start, end):
            if estimate(plan, trace, request, plan.lists[i]) <= left:
                found = plan.lists[i]
                break
        if found < 0 and row[K_SERVE_LAST] == 1.0:
            found = plan.lists[end - 1]
        if found < 0:
            return -1
        group = found
    return group
