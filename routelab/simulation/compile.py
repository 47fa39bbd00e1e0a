"""Plan -> arrays: names become numbers, and every default of the gateway is written out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from routelab._checks import InputError
from routelab.plan import Budget, Deployment, Plan, period_seconds
from routelab.simulation._calendar import RHYTHM_BINS
from routelab.simulation._usage import (
    COST_BASED,
    LATENCY_BASED,
    LEAST_BUSY,
    SHUFFLE,
    USAGE_BASED,
)
from routelab.simulation.arrays import (
    PACE_NONE,
    PACE_PRIMAL_DUAL,
    PACE_RHYTHM,
    RESERVE_ESTIMATE,
    RESERVE_NOTHING,
    RESERVE_WORST,
    PlanArrays,
)
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
PACES = {None: PACE_NONE, "rhythm": PACE_RHYTHM, "primal-dual": PACE_PRIMAL_DUAL}
RESERVED_OUTPUT = 16_384  # tokens of an answer, in the gateway's reservation
UNKNOWN_PRICE_USD = 10.0  # 5 + 5 per token: what the gateway takes for a name without a price


@dataclass(frozen=True, slots=True)
class Calendar:
    """What the traffic says about one calendar budget.

    Attributes
    ----------
    edges : sequence of float
        When the first window began, and when each one ends, in seconds from the first request.
    accounts : int
        Accounts in the budget: users, keys or teams of the traffic, 1 for a named one.
    rhythm : sequence of float, 97 values
        Share of a day's tokens until each quarter of an hour, from 0 to 1.
    per_day : float
        Requests per account and day.
    """

    edges: Sequence[float]
    accounts: int = 1
    rhythm: Sequence[float] = tuple(np.linspace(0, 1, RHYTHM_BINS + 1))
    per_day: float = 1.0


def compile_plan(
    plan: Plan,
    calendars: Sequence[Calendar] = (),
    *,
    accounting: str = "proxy",
    seed: int = 0,
    start_s: float = 0.0,
) -> PlanArrays:
    """Compile a plan for the kernel.

    Parameters
    ----------
    plan : Plan
    calendars : sequence of Calendar
        One for each calendar budget of the plan, in its order.
    accounting : {"proxy", "sdk"}
        Which failures reach the breaker: the first of a request (proxy), or all (sdk).
    seed : int
        Of every draw.
    start_s : float
        Start of the trace in seconds past a full minute, for limits by clock minute.
    """
    if accounting not in ("proxy", "sdk"):
        raise InputError(f"accounting must be 'proxy' or 'sdk', got {accounting!r}")
    lists: list[int] = []
    chain = _chains(plan, lists)
    group = _groups(plan, lists)
    calendar, numbers = _calendar(plan, calendars, lists)
    gateway = [b for b in plan.budgets if not b.is_calendar]
    own_window = [[b.limit_usd, period_seconds(b.period), b.scope == "provider"] for b in gateway]
    kinds = [
        policy_by_kind(plan.retries.policy),
        policy_by_kind(plan.cooldown.allowed_fails_policy),
    ]
    deployment = _deployments(plan, gateway, lists)
    return PlanArrays(
        deployment=deployment,
        group=group,
        chain=chain,
        lists=np.array(lists, np.int64),
        kind=np.array(kinds, np.int64),
        budget=np.array(own_window, np.float64).reshape(len(gateway), 3),
        calendar=calendar,
        numbers=numbers,
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
            plan.enforce_model_rate_limits,
            plan.enable_weighted_failover and plan.strategy == "simple-shuffle",
            plan.cooldown.half_open_trials,
            0.0 if plan.hedge is None else plan.hedge.after_s,
            list(plan.models).index(plan.hedge.to) if plan.hedge and plan.hedge.to else -1,
            plan.prompt_cache_ttl_s or 0.0,
            is_independent(plan),
        ],
        np.float64,
    )


def is_independent(plan: Plan) -> bool:
    """Return whether no request of this plan is touched by what happens to another.

    Such a plan has no breaker, no budget, no limit and no strategy that looks at what is in flight,
    so each request can be followed to its end at once.
    """
    deployments = plan.deployments.values()
    return (
        plan.strategy == "simple-shuffle"
        and plan.cooldown.disabled
        and plan.hedge is None
        and not plan.budgets
        and not any(_max_parallel(d) or d.silent_model for d in deployments)
    )


def _deployments(plan: Plan, gateway: list[Budget], lists: list[int]) -> np.ndarray:
    names, groups = plan.catalog.names, list(plan.models)
    budget = {(b.scope, b.name): number for number, b in enumerate(gateway)}
    rows = []
    for number, deployments in enumerate(plan.models.values()):
        for d in deployments:
            model = plan.model_of(d)
            cached = model.cached_input_usd_per_mtok
            cached = model.input_usd_per_mtok if cached is None else cached
            mirrors = [groups.index(name) for name in d.silent_model]
            lists += mirrors
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
                    *(len(lists) - len(mirrors), len(lists)),
                    min(model.max_output_tokens or RESERVED_OUTPUT, RESERVED_OUTPUT),
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


def _calendar(
    plan: Plan, calendars: Sequence[Calendar], lists: list[int]
) -> tuple[np.ndarray, np.ndarray]:
    groups = list(plan.models)
    budgets = [b for b in plan.budgets if b.is_calendar]
    rows: list[list[float]] = []
    numbers: list[float] = []
    accounts = 0
    for budget, known in zip(budgets, calendars, strict=True):
        edges = len(numbers) + 1
        numbers += known.edges
        values = len(numbers)
        if budget.pacing == "rhythm":
            numbers += known.rhythm
        elif budget.pacing == "primal-dual":
            numbers += [budget.values[group] for group in groups]
        reserve = RESERVE_ESTIMATE if budget.reserve else RESERVE_NOTHING
        rows.append(
            [
                *(budget.limit_usd, edges, values, accounts, accounts + known.accounts),
                *(len(lists), len(lists) + len(budget.downgrade_to)),
                budget.when_exhausted == "serve-last",
                reserve if budget.is_own else RESERVE_WORST,
                _nan(budget.soft_at),
                PACES[budget.pacing],
                *(values, budget.limit_usd / max(known.per_day, 1.0)),
            ]
        )
        accounts += known.accounts
        lists += [groups.index(g) for g in budget.downgrade_to]
    return np.array(rows, np.float64).reshape(len(rows), 13), np.array(numbers, np.float64)


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
