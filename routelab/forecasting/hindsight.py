"""Regret: what the best allocation in hindsight would have done with the same budgets."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab._words import dollars
from routelab.forecasting._accounts import accounts_of, calendar_budgets, label_of
from routelab.forecasting._cells import Cells, first_cells, refined_cells
from routelab.forecasting._days import wall_clock
from routelab.forecasting._programme import Solution, bound, net_gain, solve
from routelab.forecasting._tokens import group_costs, same_traffic, tokens_of
from routelab.forecasting._values import values_of
from routelab.forecasting.hindsight_result import Regret
from routelab.outcomes import OutcomeTable
from routelab.plan import Plan
from routelab.simulation import Replay

#: A relative gap between optimum and bound below which the optimum is taken as proved.
PROVED = 1e-7
ROUNDS = 6


def regret(
    replay: Replay,
    traffic: pd.DataFrame,
    quality: Mapping[str, float] | pd.DataFrame | None = None,
    *,
    outcomes: OutcomeTable | None = None,
    objective: str = "quality",
    limits: str = "plan",
    max_cells: int = 3000,
) -> Regret:
    """Compare a replay with the best allocation of its requests to groups, known afterwards.

    The best allocation knows all requests of the day in advance. It maximises the total quality
    within the calendar budgets of the plan, or minimises the cost at no less total quality and no
    fewer served requests than the replay had. It is a linear programme: a multiple-choice knapsack
    whose requests may be divided, with one row per account and day. Every group answers; failures,
    latency and the gateway's own limits are not part of it, so the regret holds the price of
    outages too.

    Parameters
    ----------
    replay : Replay
    traffic : DataFrame
        What was replayed; a replay does not keep the tokens of requests that it refused.
    quality : dict of str to float, or DataFrame, optional
        What an answer of each model group is worth, at least 0; or a table with one row per request
        in order of time and a column per group (NaN: unknown, the group is not chosen for it).
    outcomes : OutcomeTable, optional
        Measured quality per prompt and model; a group is worth the mean of its measured models.
        Where nothing was measured, `quality` counts. Requests are matched by their prompt.
    objective : {"quality", "cost"}
    limits : {"plan", "spent"}
        The plan's daily limits; or, where the replay spent more than that, what it spent, so that
        its own allocation is among those compared.
    max_cells : int
        Size of the linear programme, about. If there are more kinds of request, similar ones are
        merged; those near a change of group are then kept single, and the programme is solved
        again, until its optimum meets the bound. Where they do not meet, both are reported.

    Raises
    ------
    InputError
        Other traffic, no quality is given, a served answer's worth is unknown, or nothing keeps to
        the limits.

    Notes
    -----
    Between the linear optimum and the best allocation of whole requests lies at most the value of
    the divided requests, ``integrality_bound``: dropping their parts leaves an allocation of whole
    requests. A basic optimum divides no more requests than it has rows beside the choices (Sinha
    and Zoltners, "The multiple-choice knapsack problem", Operations Research 27 (1979) 503-515).

    Examples
    --------
    >>> from routelab import Plan, simulate
    >>> stamps = pd.date_range("2026-01-05", periods=4, freq="h", tz="UTC")
    >>> tokens = {"input_tokens": [100_000, 1000, 1000, 1000], "output_tokens": 100}
    >>> budget = {"scope": "plan", "limit_usd": 0.26, "downgrade_to": ["cheap"]}
    >>> plan = Plan(models={"strong": "gpt-4o", "cheap": "gpt-4o-mini"}, default="strong",
    ...             budgets=[budget], expected_output_tokens=100)
    >>> traffic = pd.DataFrame({"timestamp": stamps, **tokens})
    >>> found = regret(simulate(traffic, plan), traffic, {"strong": 1.0, "cheap": 0.7})
    >>> found.achieved, found.regret > 0
    (3.7, True)
    """
    for name, given, known in (
        ("objective", objective, ("quality", "cost")),
        ("limits", limits, ("plan", "spent")),
    ):
        if given not in known:
            raise InputError(f"{name} must be {known[0]!r} or {known[1]!r}, got {given!r}")
    plan, decisions = replay.plan, replay.decisions
    notes: list[str] = []
    frame = same_traffic(replay, traffic)
    value = values_of(plan, frame, quality, outcomes, notes)
    tokens = tokens_of(replay, frame, notes)
    cost = group_costs(plan, tokens, notes)
    cost, value = _only_possible(plan, decisions, tokens.input, cost, value, notes)
    served_by = _serving_group(plan, decisions)
    achieved_value = _achieved(served_by, value)
    achieved_cost = (decisions["cost_usd"] + decisions["extra_usd"]).to_numpy(float)
    accounts, rows = _account_rows(plan, decisions)
    spent = np.zeros(len(rows))
    for column in accounts.T:
        np.add.at(spent, column[column >= 0], achieved_cost[column >= 0])
    rows["spent_usd"] = spent
    own = rows["limit_usd"].to_numpy(float)
    allowed = np.maximum(own, spent) if limits == "spent" else own
    _note_overspending(rows, limits, notes)
    floors = {"least_value": achieved_value.sum(), "least_served": (served_by >= 0).sum()}
    cheapest = objective == "cost"
    cells, solution, best = _best(cost, value, accounts, allowed, max_cells, cheapest, floors)
    rows["hindsight_usd"] = _row_spend(cells.accounts, cells.cost, solution.served, len(rows))
    rows["shadow_price"] = solution.price
    n_fractional, integrality = _integrality(cells, solution, value, cheapest)
    return Regret(
        plan=plan,
        objective=objective,
        limits=limits,
        achieved=float(achieved_value.sum() if objective == "quality" else achieved_cost.sum()),
        optimum=solution.optimum,
        bound=best,
        exact=abs(best - solution.optimum) <= PROVED * abs(best),
        n_requests=len(decisions),
        n_cells=len(cells.size),
        n_fractional=n_fractional,
        integrality_bound=integrality,
        groups=_group_table(plan, served_by, solution.served, achieved_cost, cells.cost),
        accounts=rows,
        notes=tuple(notes),
    )


def _best(
    cost: np.ndarray,
    value: np.ndarray,
    accounts: np.ndarray,
    limits: np.ndarray,
    max_cells: int,
    minimise_cost: bool,
    floors: dict[str, float],
) -> tuple[Cells, Solution, float]:
    """Solve, and refine where merging was too coarse; return the best solution and bound seen."""
    cells = first_cells(cost, value, accounts, max_cells)
    found: tuple[Cells, Solution] | None = None
    best = np.inf
    sign = -1.0 if minimise_cost else 1.0  # larger is better in sign * objective
    for _ in range(ROUNDS):
        solution = solve(cells, limits, minimise_cost=minimise_cost, **floors)
        net = net_gain(cost, value, accounts, solution, minimise_cost=minimise_cost)
        own = sign * bound(net, limits, solution, minimise_cost=minimise_cost, **floors)
        best = min(best, own)
        if found is None or sign * solution.optimum > sign * found[1].optimum:
            found = cells, solution
        if best - sign * found[1].optimum <= PROVED * abs(best) or cells.alike.all():
            break
        cells = refined_cells(cost, value, accounts, net, max_cells)
    assert found is not None
    return *found, sign * best


def _only_possible(
    plan: Plan,
    decisions: pd.DataFrame,
    tokens: np.ndarray,
    cost: np.ndarray,
    value: np.ndarray,
    notes: list[str],
) -> tuple[np.ndarray, np.ndarray]:
    """Blank the groups that cannot take a request: too long for them, or of unknown worth."""
    possible = ~np.isnan(value)
    unknown = int((~possible).sum())
    if unknown:
        notes.append(f"{unknown:,} choices of unknown worth were left out")
    for number, deployments in enumerate(plan.models.values()):
        windows = [plan.model_of(deployment).context_window or np.inf for deployment in deployments]
        fits = tokens <= max(windows)
        served = (_serving_group(plan, decisions) == number) & ~fits
        possible[:, number] &= fits | served
    lost = np.flatnonzero(~possible.any(axis=1))
    if lost.size:
        notes.append(f"{lost.size:,} requests fit no group, or have no known worth in any")
    return np.where(possible, cost, np.nan), np.where(possible, value, np.nan)


def _serving_group(plan: Plan, decisions: pd.DataFrame) -> np.ndarray:
    """Return the number of the group that served each request, -1 for none."""
    group = {
        deployment.id: number
        for number, deployments in enumerate(plan.models.values())
        for deployment in deployments
    }
    return decisions["deployment"].map(group).to_numpy(float, na_value=-1.0).astype(np.int64)


def _achieved(served_by: np.ndarray, value: np.ndarray) -> np.ndarray:
    rows = np.flatnonzero(served_by >= 0)
    got = np.zeros(len(value))
    got[rows] = value[rows, served_by[rows]]
    if np.isnan(got).any():
        raise InputError(
            f"the worth of {int(np.isnan(got).sum()):,} served answers is unknown (first: request "
            f"{int(np.flatnonzero(np.isnan(got))[0])}): give quality for every group"
        )
    return got


def _account_rows(plan: Plan, decisions: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
    """Return each request's row of every budget (n, n_budgets), and the rows: account and day."""
    columns, tables, first = [], [], 0
    for budget in calendar_budgets(plan):
        account = accounts_of(budget, decisions)
        wall = wall_clock(decisions["timestamp"], budget.timezone).astype("datetime64[D]")
        known = account >= 0
        pairs = pd.MultiIndex.from_arrays([account[known], wall[known]])
        codes, unique = pairs.factorize()
        column = np.full(len(decisions), -1, np.int64)
        column[known] = codes + first
        columns.append(column)
        users = pd.factorize(decisions["user"])[1] if budget.scope == "user" else None
        names = [label_of(budget) if users is None else f"user {users[int(a)]}" for a, _ in unique]
        days = [str(day)[:10] for _, day in unique]
        tables.append(pd.DataFrame({"budget": names, "day": days, "limit_usd": budget.limit_usd}))
        first += len(unique)
    if not tables:
        empty = {"budget": "string", "day": "string", "limit_usd": "float64"}
        table = pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in empty.items()})
        return np.zeros((len(decisions), 0), np.int64), table
    return np.stack(columns, axis=1), pd.concat(tables, ignore_index=True)


def _note_overspending(rows: pd.DataFrame, limits: str, notes: list[str]) -> None:
    over = (rows["spent_usd"] - rows["limit_usd"]).clip(lower=0)
    if (over > 1e-9).any():
        then = "the hindsight keeps to the limits" if limits == "plan" else "it may do so, too"
        notes.append(
            f"the replay spent {dollars(over.sum())} above the limits on "
            f"{int((over > 1e-9).sum())} account days (answers in flight, serve-last); {then}"
        )
    if len(rows):
        notes.append("a request's cost counts on the day on which it came")


def _row_spend(
    accounts: np.ndarray, cost: np.ndarray, served: np.ndarray, n_rows: int
) -> np.ndarray:
    spend = np.nansum(cost * served, axis=1)
    total = np.zeros(n_rows)
    for column in accounts.T:
        np.add.at(total, column[column >= 0], spend[column >= 0])
    return total


def _integrality(
    cells: Cells, solution: Solution, value: np.ndarray, minimise_cost: bool
) -> tuple[int | None, float | None]:
    """Return how many requests are divided, and how much quality whole requests may lose by it."""
    rest = solution.served - np.floor(solution.served + 1e-6)
    divided = np.where(rest > 1e-6, rest, 0.0)
    touched = divided.any(axis=1)
    split = (solution.served > 1e-6).sum(axis=1) > 1
    if (~cells.alike & (touched | split)).any():
        # Not single requests were divided; a basic optimum of these divides one per binding row.
        binding = int((solution.price > 0).sum())
        return None, None if minimise_cost else binding * float(np.nanmax(value))
    lost = None if minimise_cost else float(np.nansum(divided * cells.value))
    return int(touched.sum()), lost


def _group_table(
    plan: Plan,
    served_by: np.ndarray,
    served: np.ndarray,
    achieved_cost: np.ndarray,
    cost: np.ndarray,
) -> pd.DataFrame:
    n = len(plan.models)
    mine = served_by >= 0
    return pd.DataFrame(
        {
            "requests": np.bincount(served_by[mine], minlength=n),
            "hindsight_requests": served.sum(axis=0),
            "spent_usd": np.bincount(served_by[mine], achieved_cost[mine], n),
            "hindsight_usd": np.nansum(served * cost, axis=0),
        },
        index=pd.Index(list(plan.models), name="group"),
    )
