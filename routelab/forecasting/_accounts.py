"""Calendar budgets after a replay: how much was left when a request came, and what was overspent.

Nothing is decided here. A cost is booked when its answer ends, and an estimate is made with the
catalog's formula, both as in the kernel; a replay does not say which of several budgets sent a
request elsewhere, and this does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from routelab.plan import Budget, Plan

DAY_US = 86_400_000_000
_TIME_BITS = 38  # a day has 86.4e9 microseconds, less than 2**37


def calendar_budgets(plan: Plan) -> list[Budget]:
    """Return the plan's budgets per calendar day, in its order."""
    return [budget for budget in plan.budgets if budget.is_calendar]


def label_of(budget: Budget) -> str:
    """Return a budget's name for tables: ``"plan"``, ``"tier free"``, ``"user"``."""
    return budget.scope if budget.name is None else f"{budget.scope} {budget.name}"


def accounts_of(budget: Budget, traffic: pd.DataFrame) -> np.ndarray:
    """Return the account of a budget that each request pays into, -1 for none, int (n,)."""
    if budget.scope == "plan":
        return np.zeros(len(traffic), np.int64)
    if budget.scope == "tier":
        mine = (traffic["tier"] == budget.name).fillna(False).to_numpy(bool)
        return np.where(mine, 0, -1).astype(np.int64)
    return pd.factorize(traffic["user"])[0].astype(np.int64)


def estimates(plan: Plan, tokens_in: np.ndarray, cached: np.ndarray) -> np.ndarray:
    """Return the expected cost (n, n_groups): the dearest deployment at the expected output."""
    columns = []
    for group in plan.models.values():
        models = {deployment.model for deployment in group}
        costs = [
            plan.catalog.cost(model, tokens_in, plan.expected_output_tokens, cached)
            for model in sorted(models)
        ]
        columns.append(np.max(costs, axis=0))
    return np.stack(columns, axis=1)


@dataclass(frozen=True, slots=True)
class Ledger:
    """What was booked into one budget on `n_days` local days, and what was left for whom.

    Attributes
    ----------
    budget : Budget
    account : int array of shape (n,)
        From :func:`accounts_of`.
    came : int array of shape (n,)
        When each request came: microseconds since the first local midnight, in order.
    left : float array of shape (n,)
        USD left when it came; infinite where the budget does not concern it.
    overshoot_usd : float array of shape (n_days,)
        What was booked above the limit, over all accounts.
    """

    budget: Budget
    account: np.ndarray
    came: np.ndarray
    left: np.ndarray
    overshoot_usd: np.ndarray


def ledger(
    budget: Budget,
    account: np.ndarray,
    wall: np.ndarray,
    start: np.datetime64,
    n_days: int,
    latency_s: np.ndarray,
    cost_usd: np.ndarray,
) -> Ledger:
    """Book the costs of a replay.

    Parameters
    ----------
    budget : Budget
    account : int array of shape (n,)
    wall : datetime64[us] array of shape (n,), sorted
        Local times of the requests in the budget's zone.
    start : datetime64[D]
    n_days : int
    latency_s, cost_usd : float arrays of shape (n,)
    """
    came = wall.astype(np.int64) - start.astype("datetime64[us]").astype(np.int64)
    ended = came + np.round(latency_s * 1e6).astype(np.int64)
    known = account >= 0
    paid = known & (cost_usd > 0) & (ended < n_days * DAY_US) & (ended >= 0)
    key_in = account * n_days + ended // DAY_US
    width = max(1, int(account.max(initial=-1)) + 1)
    total = np.bincount(key_in[paid], cost_usd[paid], width * n_days).reshape(width, n_days)
    asked = known & (came >= 0) & (came < n_days * DAY_US)
    key = account * n_days + came // DAY_US
    left = np.full(len(came), np.inf)
    left[asked] = budget.limit_usd - _booked(
        key_in[paid], ended[paid] % DAY_US, cost_usd[paid], key[asked], came[asked] % DAY_US
    )
    over = np.maximum(0.0, total - budget.limit_usd).sum(axis=0)
    return Ledger(budget, account, came, left, over)


def met_limit(ledgers: list[Ledger], need: np.ndarray, turned_away: np.ndarray) -> list[np.ndarray]:
    """Return for each budget which requests asked for more than was left, each bool (n,).

    Parameters
    ----------
    ledgers : list of Ledger
    need : float array of shape (n,)
        Expected cost of each request in the group that the plan chose first.
    turned_away : bool array of shape (n,)
        The replay degraded or refused the request.
    """
    slack = [1e-9 * book.budget.limit_usd for book in ledgers]
    sure = [need > book.left + s for book, s in zip(ledgers, slack, strict=True)]
    # Sums here and in the kernel may differ in the last digit. Where need and what is left are
    # equal but for that, and nothing else turned the request away, the kernel's word counts.
    unexplained = turned_away & ~np.logical_or.reduce([np.zeros(len(need), bool), *sure])
    return [
        known | (unexplained & (need > book.left - s))
        for known, book, s in zip(sure, ledgers, slack, strict=True)
    ]


def exhaustion(book: Ledger, met: np.ndarray, n_days: int) -> np.ndarray:
    """Return what became of a budget on each day, float (n_days, 3).

    The local hour at which an account first met its limit (NaN on days without), USD above the
    limit, and how many accounts met it.
    """
    day = book.came[met] // DAY_US
    hour = np.full(n_days, np.nan)
    days, at = np.unique(day, return_index=True)  # rows are in order of time: the first of each day
    hour[days] = (book.came[met] % DAY_US)[at] / 3.6e9
    accounts = np.unique(book.account[met] * n_days + day) % n_days
    counts = np.bincount(accounts, minlength=n_days)
    return np.stack([hour, book.overshoot_usd, counts], axis=1)


def _booked(
    key_in: np.ndarray, time_in: np.ndarray, cost: np.ndarray, key: np.ndarray, time: np.ndarray
) -> np.ndarray:
    """Return what was booked under each key before each time: arrivals come first when equal."""
    code = (key_in << _TIME_BITS) + time_in
    order = np.argsort(code, kind="stable")
    code = code[order]
    running = np.concatenate([[0.0], np.cumsum(cost[order])])
    until = np.searchsorted(code, (key << _TIME_BITS) + time, side="left")
    since = np.searchsorted(code, key << _TIME_BITS, side="left")
    return running[until] - running[since]
