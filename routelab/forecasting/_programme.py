"""The linear programme of hindsight, and the bound that its prices give for every request."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from routelab._checks import InputError
from routelab.forecasting._cells import Cells


@dataclass(frozen=True, slots=True)
class Solution:
    """What the programme found.

    Attributes
    ----------
    served : float array of shape (k, n_groups)
        Requests of each cell that each group serves.
    optimum : float
        Of the objective over the cells.
    price : float array of shape (n_rows,)
        Shadow price of each budget row: what one more USD would have brought, >= 0.
    floor_price : float array of shape (2,)
        Shadow prices of the least quality and of the least number of requests; 0 without these.
    """

    served: np.ndarray
    optimum: float
    price: np.ndarray
    floor_price: np.ndarray


def solve(
    cells: Cells,
    limits: np.ndarray,
    *,
    minimise_cost: bool,
    least_value: float = 0.0,
    least_served: float = 0.0,
) -> Solution:
    """Allot the requests of each cell to groups, in fractions if need be.

    Maximises the total value within the budget rows; or minimises the total cost within them, at no
    less than a total value and a number of requests. A request may stay unserved, at value 0.

    Raises
    ------
    InputError
        No allocation keeps to the limits.
    """
    cell, group = np.nonzero(~np.isnan(cells.value) & ~np.isnan(cells.cost))
    cost, value = cells.cost[cell, group], cells.value[cell, group]
    n = len(cell)
    column = np.arange(n)
    rows = [sparse.csr_matrix((np.ones(n), (cell, column)), (len(cells.size), n))]
    bounds = [cells.size]
    pays = cells.accounts[cell]
    budget_row, budget_cost, budget_column = [], [], []
    for accounts in pays.T:
        mine = accounts >= 0
        budget_row.append(accounts[mine])
        budget_cost.append(cost[mine])
        budget_column.append(column[mine])
    if budget_row:
        entries = (np.concatenate(budget_row), np.concatenate(budget_column))
        table = sparse.csr_matrix((np.concatenate(budget_cost), entries), (len(limits), n))
        rows.append(table)
        bounds.append(limits)
    if minimise_cost:
        rows.append(sparse.csr_matrix(np.stack([-value, -np.ones(n)])))
        bounds.append(np.array([-least_value, -least_served]))
    found = linprog(
        cost if minimise_cost else -value,
        A_ub=sparse.vstack(rows, format="csr"),
        b_ub=np.concatenate(bounds),
        bounds=(0, None),
        method="highs",
    )
    if found.status == 2:
        raise InputError(
            "no allocation keeps to the budgets and serves what the plan served: the plan spent "
            'above a limit; use limits="spent"'
        )
    if found.status != 0:
        raise InputError(f"the linear programme was not solved: {found.message}")
    served = np.zeros(cells.value.shape)
    served[cell, group] = found.x
    prices = np.maximum(0.0, -found.ineqlin.marginals)[len(cells.size) :]
    floor = prices[-2:] if minimise_cost else np.zeros(2)
    optimum = float(found.fun if minimise_cost else -found.fun)
    return Solution(served, optimum, prices[: len(limits)], floor)


def net_gain(
    cost: np.ndarray,
    value: np.ndarray,
    accounts: np.ndarray,
    solution: Solution,
    *,
    minimise_cost: bool,
) -> np.ndarray:
    """Return what each request gains in each group at a solution's prices, float (n, n_groups)."""
    charged = np.zeros(len(cost))
    for column in accounts.T:
        mine = column >= 0
        charged[mine] += solution.price[column[mine]]
    if not minimise_cost:
        return value - charged[:, None] * cost
    by_value, by_count = solution.floor_price
    return by_value * value + by_count - cost * (1 + charged[:, None])


def bound(
    net: np.ndarray,
    limits: np.ndarray,
    solution: Solution,
    *,
    minimise_cost: bool,
    least_value: float = 0.0,
    least_served: float = 0.0,
) -> float:
    """Return what no allocation of the single requests can pass: the Lagrangian at these prices.

    By weak duality it bounds the exact optimum for any prices >= 0, and equals it at the exact
    ones. An upper bound of the value, or a lower bound of the cost.

    Parameters
    ----------
    net : float array of shape (n, n_groups)
        From :func:`net_gain`.
    """
    gains = float(np.maximum(0.0, np.nan_to_num(net, nan=0.0).max(axis=1)).sum())
    paid = float(solution.price @ limits)
    if not minimise_cost:
        return paid + gains
    return float(solution.floor_price @ [least_value, least_served]) - paid - gains
