"""Budgets by the calendar: the plan's own, and the gateway's per key and team.

Each account of a budget has a row of its own: spent today, the number of the day, what requests in
flight have reserved, and what the pacer knows.
"""

from __future__ import annotations

import math

import numpy as np

from routelab.simulation._budget import cost_of
from routelab.simulation.arrays import (
    D_MAX_OUTPUT,
    G_END,
    G_FIRST,
    K_ACCOUNTS,
    K_DOWN,
    K_DOWN_END,
    K_EDGES,
    K_EDGES_END,
    K_LIMIT,
    K_PACE,
    K_PER_REQUEST,
    K_RESERVE,
    K_SERVE_LAST,
    K_SOFT,
    K_VALUES,
    N_REQUEST,
    P_EXPECTED_OUTPUT,
    PACE_NONE,
    PACE_PRIMAL_DUAL,
    PACE_RHYTHM,
    Q_CACHED,
    Q_IN,
    RESERVE_ESTIMATE,
    RESERVE_NOTHING,
    RESERVE_WORST,
    U_DAY,
    U_MEAN,
    U_PRICE,
    U_RESERVED,
    U_SPEND,
)
from routelab.simulation.jit import hot, inner

RHYTHM_BINS = 96
# ParetoBandit (arXiv:2604.00136): smoothing, step and cap of the dual variable.
SMOOTHING, STEP, MAX_PRICE = 0.05, 0.05, 5.0
TINY_USD = 1e-12  # what is left of a reservation by rounding


@hot
def _account(plan, state, slot, budget, now):
    """Return the number of the account that pays for a request, -1 for none.

    What it has spent is forgotten when a day of the budget has ended.
    """
    own = state.request[slot, N_REQUEST + budget]
    if own < 0.0:
        return -1
    row = plan.calendar[budget]
    number = int(row[K_ACCOUNTS]) + int(own)
    entry = state.account[number]
    day, days = int(entry[U_DAY]), int(row[K_EDGES_END] - row[K_EDGES])
    while day < days and plan.numbers[int(row[K_EDGES]) + day] <= now:
        day += 1
    if day != int(entry[U_DAY]):
        entry[U_DAY] = day
        entry[U_SPEND] = 0.0
    return number


@hot
def estimate(plan, state, slot, group):
    """Return the expected cost of a request in a group.

    Its dearest deployment at the expected output length.
    """
    row, most = state.request[slot], 0.0
    for d in range(plan.group[group, G_FIRST], plan.group[group, G_END]):
        cost = cost_of(plan, d, row[Q_IN], row[Q_CACHED], plan.setting[P_EXPECTED_OUTPUT])
        most = max(most, cost)
    return most


@inner
def _worst_case(plan, state, slot, group):
    """Return what the gateway reserves: all tokens at full price and the longest answer."""
    row, most = state.request[slot], 0.0
    for d in range(plan.group[group, G_FIRST], plan.group[group, G_END]):
        most = max(most, cost_of(plan, d, row[Q_IN], 0.0, plan.deployment[d, D_MAX_OUTPUT]))
    return most


@inner
def _allowance(plan, row, entry, now):
    """Return what the day's rhythm allows by the end of this quarter of an hour, in USD."""
    begin = plan.numbers[int(row[K_EDGES]) + int(entry[U_DAY]) - 1]
    place = min(max((now - begin) / 900.0, 0.0), RHYTHM_BINS - 1.0)
    return row[K_LIMIT] * plan.numbers[int(row[K_VALUES]) + int(math.floor(place)) + 1]


@inner
def _score(plan, state, slot, row, entry, group):
    """Return value minus price: what the primal-dual pacer maximises."""
    cost = estimate(plan, state, slot, group) / row[K_PER_REQUEST]
    return plan.numbers[int(row[K_VALUES]) + group] - entry[U_PRICE] * cost


@inner
def _best_scored(plan, state, slot, row, entry, group, left):
    """Return the group of the best score among those that fit into what is left, or -1."""
    best, found = -np.inf, -1
    if estimate(plan, state, slot, group) <= left:
        best, found = _score(plan, state, slot, row, entry, group), group
    for i in range(int(row[K_DOWN]), int(row[K_DOWN_END])):
        other = plan.lists[i]
        score = _score(plan, state, slot, row, entry, other)
        if score > best and estimate(plan, state, slot, other) <= left:
            best, found = score, other
    return found


@inner
def _cheaper(plan, state, slot, row, group, left):
    """Return the first group of the budget's list that is cheaper and fits, or -1."""
    cost = estimate(plan, state, slot, group)
    for i in range(int(row[K_DOWN]), int(row[K_DOWN_END])):
        other = estimate(plan, state, slot, plan.lists[i])
        if other < cost and other <= left:
            return plan.lists[i]
    return -1


@hot
def _within(plan, state, slot, row, entry, group, now):
    """Return the group that one budget allows in place of `group`, or -1."""
    used = entry[U_SPEND] + entry[U_RESERVED]
    left = row[K_LIMIT] - used
    if row[K_RESERVE] == RESERVE_WORST:
        return group if left > TINY_USD else -1
    fits = estimate(plan, state, slot, group) <= left
    soft = used >= row[K_SOFT] * row[K_LIMIT]  # never, when there is no soft limit
    if fits and not soft and row[K_PACE] == PACE_NONE:
        return group
    return _instead(plan, state, slot, row, entry, group, fits, soft, now)


@inner
def _instead(plan, state, slot, row, entry, group, fits, soft, now):
    """Return the group that a budget prefers, -1 for none."""
    used = entry[U_SPEND] + entry[U_RESERVED]
    left = row[K_LIMIT] - used
    if row[K_PACE] == PACE_PRIMAL_DUAL:
        found = _best_scored(plan, state, slot, row, entry, group, left)
    else:
        eager = soft or not fits
        if row[K_PACE] == PACE_RHYTHM:
            ahead = used + estimate(plan, state, slot, group)
            eager = eager or ahead > _allowance(plan, row, entry, now)
        found = _cheaper(plan, state, slot, row, group, left) if eager else group
        if found < 0 and fits:
            found = group
    if found < 0 and row[K_SERVE_LAST] == 1.0:
        found = plan.lists[int(row[K_DOWN_END]) - 1]
    return found


@hot
def affordable_group(plan, state, slot, group, now):
    """Return the group that the calendar budgets allow in place of `group`, or -1 to refuse.

    Budgets that reserve take what the request may cost from what others see as left.
    """
    budgets, reserving = plan.calendar.shape[0], False
    for budget in range(budgets):
        account = _account(plan, state, slot, budget, now)
        if account >= 0:
            row, entry = plan.calendar[budget], state.account[account]
            reserving = reserving or row[K_RESERVE] != RESERVE_NOTHING
            group = _within(plan, state, slot, row, entry, group, now)
            if group < 0:
                return -1 if row[K_RESERVE] != RESERVE_WORST else -2
    if reserving:
        _reserve(plan, state, slot, group, now)
    return group


@inner
def _reserve(plan, state, slot, group, now):
    """Take what a request may cost from what others see as left."""
    budgets = plan.calendar.shape[0]
    for budget in range(budgets):
        row = plan.calendar[budget]
        if row[K_RESERVE] == RESERVE_NOTHING:
            continue
        account = _account(plan, state, slot, budget, now)
        if account >= 0:
            entry = state.account[account]
            if row[K_RESERVE] == RESERVE_ESTIMATE:
                amount = estimate(plan, state, slot, group)
            else:
                left = row[K_LIMIT] - entry[U_SPEND] - entry[U_RESERVED]
                amount = min(_worst_case(plan, state, slot, group), left)
            entry[U_RESERVED] += amount
            state.request[slot, N_REQUEST + budgets + budget] = amount


@hot
def settle(plan, state, slot, cost, now):
    """Book what a request has cost to every calendar budget that it concerns.

    And give back what it had reserved.
    """
    budgets = plan.calendar.shape[0]
    for budget in range(budgets):
        account = _account(plan, state, slot, budget, now)
        if account < 0:
            continue
        row, entry = plan.calendar[budget], state.account[account]
        entry[U_SPEND] += cost
        if row[K_RESERVE] != RESERVE_NOTHING:
            entry[U_RESERVED] -= state.request[slot, N_REQUEST + budgets + budget]
            if abs(entry[U_RESERVED]) < TINY_USD:
                entry[U_RESERVED] = 0.0
            state.request[slot, N_REQUEST + budgets + budget] = 0.0
        if row[K_PACE] == PACE_PRIMAL_DUAL and cost > 0.0:
            target = row[K_PER_REQUEST]
            mean = target if entry[U_MEAN] == 0.0 else entry[U_MEAN]
            entry[U_MEAN] = (1.0 - SMOOTHING) * mean + SMOOTHING * cost
            price = entry[U_PRICE] + STEP * (entry[U_MEAN] / target - 1.0)
            entry[U_PRICE] = min(max(price, 0.0), MAX_PRICE)
