"""The gateway's budgets per provider and deployment, whose windows drift; and what a call costs."""

from __future__ import annotations

import math

import numpy as np

from routelab.simulation.arrays import (
    B_LIMIT,
    B_PERIOD,
    D_PRICE_CACHED,
    D_PRICE_IN,
    D_PRICE_OUT,
    Y_SPEND,
    Y_SPEND_EXPIRY,
    Y_START,
    Y_START_EXPIRY,
)
from routelab.simulation.jit import hot, inner


@inner
def gateway_exceeded(plan, state, budget, now):
    """Return whether a provider or deployment budget is used up.

    An expired entry counts as no spend.
    """
    row = state.budget[budget]
    return now <= row[Y_SPEND_EXPIRY] and row[Y_SPEND] >= plan.budget[budget, B_LIMIT]


@inner
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


@hot
def cost_of(plan, deployment, tokens_in, cached, tokens_out):
    """Return the cost of a call: the one formula of the catalog, for estimates and for bookings."""
    row = plan.deployment[deployment]
    cost = (tokens_in - cached) * row[D_PRICE_IN] + cached * row[D_PRICE_CACHED]
    return cost + tokens_out * row[D_PRICE_OUT]
