"""Plan -> arrays: names become numbers, and every default of the gateway is written out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from routelab._checks import InputError
from routelab.plan import Budget, Deployment, Plan, period_seconds
from routelab.simulation._select import (
    COST_BASED,
    LATENCY_BASED,
    LEAST_BUSY,
    SHUFFLE,
    USAGE_BASED,
)
from routelab.simulation.arrays import PlanArrays
from routelab.simulation.errors import policy_by_kind

GATEWAY_TIMEOUT_S = 6000.0
DEFAULT_COOLDOWN_S = 5.0
STRATEGIES = {
    "simple-shuffle": SHUFFLE,
    "least-busy": LEAST_BUSY,
    "cost-based-routing": COST_BASED,
    "latency-based-routing": LATENCY_BASED,
    "usage-based-routing-v2": USAGE_BASED,
}
UNKNOWN_PRICE_USD = 10.0  # 5 + 5 per token: what the gateway takes for a name without a price


@dataclass(frozen=True, slots=True)
class Accounts:
    """Who pays into which calendar budget: names of the accounts, in the order of their numbers."""

    tiers: Sequence[str] = ()
    users: Sequence[str] = ()
    edges: dict[str, list[float]] = field(default_factory=dict)  # time zone -> midnights, seconds


def midnights(timezone: str, start: datetime, end: datetime) -> list[float]:
    """Return the local midnights from the first after `start` to the one that closes `end`'s day.

    They are in seconds from `start`.

    Examples
    --------
    >>> start = datetime(2026, 3, 28, 12, tzinfo=UTC)
    >>> midnights("Europe/Berlin", start, start + timedelta(days=1))  # clocks change
    [39600.0, 122400.0]
    """
    zone = ZoneInfo(timezone)
    day = start.astimezone(zone).date()
    last = end.astimezone(zone).date() + timedelta(days=1)
    edges = []
    while day < last:
        day += timedelta(days=1)
        midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
        edges.append((midnight.astimezone(UTC) - start).total_seconds())
    return edges


def compile_plan(
    plan: Plan,
    accounts: Accounts | None = None,
    *,
    accounting: str = "proxy",
    seed: int = 0,
    start_s: float = 0.0,
) -> PlanArrays:
    """Compile a plan for the kernel.

    Parameters
    ----------
    plan : Plan
    accounts : Accounts, optional
        Tiers and users of the traffic and the midnights of each time zone; needed for calendar
        budgets.
    accounting : {"proxy", "sdk"}
        Which failures reach the breaker: the first of a request (proxy), or all (sdk).
    seed : int
        Of every draw.
    start_s : float
        Start of the trace in seconds past a full minute, for limits by clock minute.
    """
    if accounting not in ("proxy", "sdk"):
        raise InputError(f"accounting must be 'proxy' or 'sdk', got {accounting!r}")
    accounts = accounts or Accounts()
    lists: list[int] = []
    chain = _chains(plan, lists)
    group = _groups(plan, lists)
    calendar, edges = _calendar(plan, accounts, lists)
    gateway = [b for b in plan.budgets if not b.is_calendar]
    own_window = [[b.limit_usd, period_seconds(b.period), b.scope == "provider"] for b in gateway]
    kinds = [
        policy_by_kind(plan.retries.policy),
        policy_by_kind(plan.cooldown.allowed_fails_policy),
    ]
    return PlanArrays(
        deployment=_deployments(plan, gateway),
        group=group,
        chain=chain,
        lists=np.array(lists, np.int64),
        kind=np.array(kinds, np.int64),
        budget=np.array(own_window, np.float64).reshape(len(gateway), 3),
        calendar=calendar,
        edges=edges,
        setting=_settings(plan, accounting, seed, start_s),
    )


def _nan(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _settings(plan: Plan, accounting: str, seed: int, start_s: float) -> np.ndarray:
    timeout = GATEWAY_TIMEOUT_S if plan.timeout_s is None else plan.timeout_s
    return np.array(
        [
            STRATEGIES[plan.strategy],
            plan.retries.num_retries,
            plan.retries.retry_after_s,
            timeout,
            plan.cooldown.seconds or DEFAULT_COOLDOWN_S,
            _nan(plan.cooldown.allowed_fails),
            plan.cooldown.allowed_fails_policy is not None,
            plan.cooldown.disabled,
            plan.enable_pre_call_checks,
            plan.max_fallbacks,
            plan.expected_output_tokens,
            accounting == "proxy",
            seed,
            bool(plan.fallbacks or plan.default_fallbacks),
            plan.context_window_fallbacks is not None,
            plan.content_policy_fallbacks is not None,
            start_s,
        ],
        np.float64,
    )


def _deployments(plan: Plan, gateway: list[Budget]) -> np.ndarray:
    names = plan.catalog.names
    budget = {(b.scope, b.name): number for number, b in enumerate(gateway)}
    rows = []
    for number, deployments in enumerate(plan.models.values()):
        for d in deployments:
            model = plan.model_of(d)
            cached = model.cached_input_usd_per_mtok
            cached = model.input_usd_per_mtok if cached is None else cached
            prices = (model.input_usd_per_mtok, cached, model.output_usd_per_mtok)
            rows.append(
                [
                    *(number, names.index(d.model)),
                    *(_nan(d.weight), _nan(d.rpm), _nan(d.tpm), _nan(d.order)),
                    *(_max_parallel(d), _nan(d.timeout_s), _nan(d.num_retries)),
                    *(_nan(d.cooldown_s), _nan(d.allowed_fails), model.context_window or 0),
                    *(price / 1e6 for price in prices),
                    _nan(budget.get(("provider", model.provider))),
                    _nan(budget.get(("deployment", d.id))),
                    (prices[0] + prices[2]) / 1e6 if d.explicit_prices else UNKNOWN_PRICE_USD,
                ]
            )
    return np.array(rows, np.float64)


def _groups(plan: Plan, lists: list[int]) -> np.ndarray:
    rows, first = [], 0
    for deployments in plan.models.values():
        orders = sorted({d.order for d in deployments if d.order is not None})
        rows.append([first, first + len(deployments), len(lists), len(lists) + len(orders)])
        first += len(deployments)
        lists += orders
    return np.array(rows, np.int64)


def _calendar(plan: Plan, accounts: Accounts, lists: list[int]) -> tuple[np.ndarray, np.ndarray]:
    groups = list(plan.models)
    rows: list[list[float]] = []
    edges: list[float] = []
    first_account = 0
    for budget in plan.budgets:
        if not budget.is_calendar:
            continue
        own_edges = accounts.edges.get(budget.timezone, [])
        own_accounts = len(accounts.users) if budget.scope == "user" else 1
        rows.append(
            [
                *(budget.limit_usd, len(edges), len(edges) + len(own_edges)),
                *(first_account, first_account + own_accounts),
                *(len(lists), len(lists) + len(budget.downgrade_to)),
                budget.when_exhausted == "serve-last",
            ]
        )
        edges += own_edges
        first_account += own_accounts
        lists += [groups.index(g) for g in budget.downgrade_to]
    return np.array(rows, np.float64).reshape(len(rows), 8), np.array(edges, np.float64)


def _max_parallel(deployment: Deployment) -> int:
    """Return the gateway's semaphore: the explicit limit, else rpm, else tpm / 1000 * 6."""
    if deployment.max_parallel_requests is not None:
        return deployment.max_parallel_requests
    if deployment.rpm is not None:
        return deployment.rpm
    if deployment.tpm is not None:
        return max(1, int(deployment.tpm / 1000 * 6))
    return 0


def _chains(plan: Plan, lists: list[int]) -> np.ndarray:
    """Lay the three kinds of fallback chains out as slices of `lists`.

    The last column is ``"*"``.
    """
    groups = list(plan.models)
    generic = dict(plan.fallbacks)
    if plan.default_fallbacks:
        generic["*"] = plan.default_fallbacks
    chain = np.zeros((3, len(groups) + 1, 2), np.int64)
    chain[:, :, 1] = -1
    tables = (generic, plan.context_window_fallbacks, plan.content_policy_fallbacks)
    for number, table in enumerate(tables):
        for source, targets in (table or {}).items():
            column = len(groups) if source == "*" else groups.index(source)
            chain[number, column] = len(lists), len(targets)
            lists += [groups.index(g) for g in targets]
    return chain
