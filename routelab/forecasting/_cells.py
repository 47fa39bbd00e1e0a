"""Requests that are alike become one cell of the linear programme."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Of each set of accounts, at least this many requests near a change of group stay single.
_SINGLES = 6


@dataclass(frozen=True, slots=True)
class Cells:
    """Requests, merged: all of a cell pay into the same accounts and may go to the same groups.

    Attributes
    ----------
    size : float array of shape (k,)
        Requests per cell.
    cost, value : float arrays of shape (k, n_groups)
        Means over the cell's requests; NaN where a group cannot serve.
    accounts : int array of shape (k, n_budgets)
        Row of each budget that the cell pays into, -1 for none.
    alike : bool array of shape (k,)
        All requests of the cell have the same costs and values.
    """

    size: np.ndarray
    cost: np.ndarray
    value: np.ndarray
    accounts: np.ndarray
    alike: np.ndarray


def first_cells(cost: np.ndarray, value: np.ndarray, accounts: np.ndarray, max_cells: int) -> Cells:
    """Merge identical requests; when more than `max_cells` are left, merge similar ones.

    Similar requests lie in the same quantile class of cost (and, where values differ by request, of
    the best value). Many accounts may lead to more cells than `max_cells`.

    Parameters
    ----------
    cost, value : float arrays of shape (n, n_groups)
    accounts : int array of shape (n, n_budgets)
    max_cells : int
    """
    identical = codes([*cost.T, *value.T, *accounts.T])
    if identical.max(initial=-1) < max_cells:
        return _merged(identical, cost, value, accounts)
    fixed = codes([*np.isnan(value).T, *accounts.T])
    axes = [np.nansum(cost, axis=1), np.max(np.nan_to_num(value), axis=1)]
    axes = [axis for axis in axes if np.ptp(axis) > 0]
    classes = int((max_cells / (fixed.max() + 1)) ** (1 / max(1, len(axes))))
    similar = codes([fixed, *(_classes(axis, max(1, classes)) for axis in axes)])
    return _merged(similar, cost, value, accounts)


def refined_cells(
    cost: np.ndarray,
    value: np.ndarray,
    accounts: np.ndarray,
    net: np.ndarray,
    max_cells: int,
) -> Cells:
    """Merge the requests whose group is clear at the prices found so far; keep the others single.

    What is clear is measured by how much the price of a dollar must move before another group, or
    none, becomes the better one.

    Parameters
    ----------
    cost, value : float arrays of shape (n, n_groups)
    accounts : int array of shape (n, n_budgets)
    net : float array of shape (n, n_groups)
        Gain of serving each request in each group at those prices; NaN where it cannot be served.
    max_cells : int
        Single requests, about.
    """
    with_none = np.column_stack([np.where(np.isnan(net), -np.inf, net), np.zeros(len(net))])
    paid = np.column_stack([np.where(np.isnan(cost), np.inf, cost), np.zeros(len(net))])
    best = np.argmax(with_none, axis=1)
    row = np.arange(len(net))
    gap = with_none[row, best][:, None] - with_none
    apart = np.abs(paid - paid[row, best][:, None])
    gap[row, best] = np.inf
    with np.errstate(invalid="ignore", divide="ignore"):
        move = np.where(apart > 0, gap / apart, np.where(gap > 0, np.inf, 0.0))
    move[~np.isfinite(gap)] = np.inf
    nearest = move.min(axis=1)
    payers = codes([np.zeros(len(net)), *accounts.T])
    order = np.lexsort((nearest, payers))
    _, first = np.unique(payers[order], return_index=True)
    rank = np.empty(len(net), np.int64)
    rank[order] = row - first[payers[order]]
    single = rank < max(_SINGLES, max_cells // len(first))
    merged = codes([*np.isnan(value).T, payers, best])
    return _merged(np.where(single, merged.max() + 1 + row, merged), cost, value, accounts)


def codes(columns: list[np.ndarray]) -> np.ndarray:
    """Return a number from 0 for each distinct row of some columns, int (n,)."""
    code = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        _, own = np.unique(column, return_inverse=True)
        _, code = np.unique(code * (int(own.max(initial=0)) + 1) + own, return_inverse=True)
    return code


def _classes(values: np.ndarray, count: int) -> np.ndarray:
    edges = np.quantile(values, np.linspace(0, 1, count + 1)[1:-1])
    return np.searchsorted(edges, values, side="right")


def _merged(code: np.ndarray, cost: np.ndarray, value: np.ndarray, accounts: np.ndarray) -> Cells:
    _, first, code, size = np.unique(
        code, return_index=True, return_inverse=True, return_counts=True
    )
    alike = np.ones(len(size), bool)

    def means(table: np.ndarray) -> np.ndarray:
        same = (table == table[first][code]) | np.isnan(table)
        alike[code[~same.all(axis=1)]] = False
        sums = [np.bincount(code, column, len(size)) for column in table.T]
        return np.where(alike[:, None], table[first], np.stack(sums, axis=1) / size[:, None])

    return Cells(size.astype(float), means(cost), means(value), accounts[first], alike)
