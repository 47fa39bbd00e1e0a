"""One path of a forecast: days are drawn, replayed as one trace, and summed up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from routelab.decide import decide
from routelab.forecasting._accounts import (
    accounts_of,
    calendar_budgets,
    estimates,
    exhaustion,
    ledger,
    met_limit,
)
from routelab.forecasting._days import (
    DAY_US,
    Days,
    draw_days,
    full_days,
    to_utc,
    wall_clock,
    zone_of,
)
from routelab.forecasting.growth import grown_rows
from routelab.plan import Plan
from routelab.simulation import Replay, simulate
from routelab.traffic.schema import check_traffic

#: What is counted per day, in the order of the last axis of a path's table.
MEASURES = ("requests", "spend_usd", "degraded", "refused", "failed")
REFUSED = "BudgetExceededError"


@dataclass(frozen=True, slots=True)
class Source:
    """A log made ready to be drawn from.

    Attributes
    ----------
    traffic, decided : DataFrame, n rows
        The log in order of time, and what the plan decides for each request.
    wall : datetime64[us] array of shape (n,)
        Local times in `zone`.
    estimate : float array of shape (n,)
        Expected cost of each request in the group that was decided, USD.
    accounts : list of int array of shape (n,)
        For each calendar budget, who pays.
    members : int array of shape (k, n)
        0 or 1: whether a request belongs to each of the `names`.
    names : tuple of (scope, name)
        ``("total", "")``, then tiers, then the users with the most requests.
    """

    plan: Plan
    zone: str
    traffic: pd.DataFrame
    decided: pd.DataFrame
    wall: np.ndarray
    days: Days
    estimate: np.ndarray
    accounts: list[np.ndarray]
    names: tuple[tuple[str, str], ...]
    members: np.ndarray
    outages: pd.DataFrame | None


@dataclass(frozen=True, slots=True)
class Path:
    """One path: `table` (n_names, n_days, n_measures) and `budgets` (n_budgets, n_days, 3)."""

    table: np.ndarray
    budgets: np.ndarray
    notes: tuple[str, ...]


def source_of(
    traffic: pd.DataFrame, plan: Plan, outages: pd.DataFrame | None, top_users: int
) -> Source:
    """Check a log, decide its requests once, and find its full days."""
    frame = check_traffic(traffic)
    zone = zone_of(plan)
    wall = wall_clock(frame["timestamp"], zone)
    days = full_days(wall)
    decided = decide(plan, frame)
    tokens = frame["input_tokens"].to_numpy(float, na_value=0.0)
    cached = frame["cached_input_tokens"].to_numpy(float, na_value=0.0)
    groups = {name: number for number, name in enumerate(plan.models)}
    asked = decided["group"].map(groups).to_numpy(np.int64)
    need = estimates(plan, tokens, np.minimum(cached, tokens))
    names, members = _members(frame, top_users)
    return Source(
        plan=plan,
        zone=zone,
        # The prompts have done their part, and ids must be new: a day may come more than once.
        traffic=frame.drop(columns=["request_id", "prompt"]),
        decided=decided,
        wall=wall,
        days=days,
        estimate=need[np.arange(len(frame)), asked],
        accounts=[accounts_of(budget, frame) for budget in calendar_budgets(plan)],
        names=names,
        members=members,
        outages=outages,
    )


def _members(frame: pd.DataFrame, top_users: int) -> tuple[tuple[tuple[str, str], ...], np.ndarray]:
    names, rows = [("total", "")], [np.ones(len(frame), bool)]
    for scope, count in (("tier", None), ("user", top_users)):
        for name in frame[scope].value_counts().index[:count]:
            names.append((scope, str(name)))
            rows.append((frame[scope] == name).fillna(False).to_numpy(bool))
    return tuple(names), np.stack(rows)


def play(
    source: Source,
    target: np.ndarray,
    *,
    block_days: int,
    keep_weekday: bool,
    growth: float,
    seed: int,
    number: int,
) -> Path:
    """Draw path `number` and replay it; the same seed and number give the same path."""
    rng = np.random.default_rng([seed, number])
    luck = int(rng.integers(2**31))
    chosen = draw_days(source.days, target, block_days, keep_weekday, rng)
    first = source.days.first
    pieces = [np.arange(first[d], first[d + 1]) for d in chosen]
    rows = np.concatenate(pieces)
    shift = (target - source.days.dates[chosen]).astype("timedelta64[us]")
    wall = source.wall[rows] + np.repeat(shift, [len(piece) for piece in pieces])
    # Around a change of clocks local times of a log may go back by an hour.
    order = np.argsort(wall, kind="stable")
    rows, wall = rows[order], wall[order]
    if growth != 1.0:
        copies, wall, _ = grown_rows(wall, growth, rng)
        rows = rows[copies]
    return _replayed(source, target, chosen, rows, wall, luck)


def _replayed(
    source: Source,
    target: np.ndarray,
    chosen: np.ndarray,
    rows: np.ndarray,
    wall: np.ndarray,
    luck: int,
) -> Path:
    shape = (len(source.names), len(target), len(MEASURES))
    budgets = calendar_budgets(source.plan)
    if len(rows) == 0:  # every day drawn was without requests
        nothing = np.zeros((len(budgets), len(target), 3))
        nothing[:, :, 0] = np.nan
        return Path(np.zeros(shape), nothing, ())
    traffic = source.traffic.iloc[rows].reset_index(drop=True)
    traffic["timestamp"] = to_utc(wall, source.zone)
    replay = simulate(
        traffic,
        source.plan,
        outages=_moved_outages(source, target, chosen),
        seed=luck,
        decisions=source.decided.iloc[rows].reset_index(drop=True),
    )
    day = (wall.astype("datetime64[D]") - target[0]).astype(np.int64)
    values = _values(replay)
    table = np.zeros(shape)
    for i, member in enumerate(source.members):
        mine = member[rows]
        for j, value in enumerate(values):
            table[i, :, j] = np.bincount(day[mine], value[mine], len(target))
    turned_away = values[2].astype(bool) | values[3].astype(bool)
    latency = replay.decisions["latency_s"].to_numpy(float)
    books = []
    for budget, account in zip(budgets, source.accounts, strict=True):
        own = wall
        if budget.timezone != source.zone:
            own = wall_clock(traffic["timestamp"], budget.timezone)
        mine = account[rows]
        books.append(ledger(budget, mine, own, target[0], len(target), latency, values[1]))
    met = met_limit(books, source.estimate[rows], turned_away)
    found = [exhaustion(book, m, len(target)) for book, m in zip(books, met, strict=True)]
    return Path(table, np.array(found).reshape(len(budgets), len(target), 3), replay.notes)


def _values(replay: Replay) -> list[np.ndarray]:
    """Return the measures of each request, each (n,), in the order of `MEASURES`."""
    decisions = replay.decisions
    served = decisions["model"].notna().to_numpy(bool)
    refused = (decisions["error"] == REFUSED).fillna(False).to_numpy(bool)
    return [
        np.ones(len(decisions)),
        decisions["cost_usd"].to_numpy(float),
        decisions["degraded"].to_numpy(float),
        refused.astype(float),
        (~served & ~refused).astype(float),
    ]


def _moved_outages(source: Source, target: np.ndarray, chosen: np.ndarray) -> pd.DataFrame | None:
    """Return the outages of the logged days, each moved along with its day."""
    if source.outages is None:
        return None
    outages = source.outages
    begin, end = (wall_clock(outages[name], source.zone) for name in ("start", "end"))
    pieces = []
    for on, day in zip(target, source.days.dates[chosen], strict=True):
        low = np.maximum(begin, day.astype("datetime64[us]"))
        high = np.minimum(end, (day + 1).astype("datetime64[us]"))
        touched = low < high
        if not touched.any():
            continue
        piece = outages[touched].copy()
        shift = np.timedelta64((on - day).astype(np.int64) * DAY_US, "us")
        piece["start"] = to_utc(low[touched] + shift, source.zone)
        piece["end"] = to_utc(high[touched] + shift, source.zone)
        pieces.append(piece)
    return pd.concat(pieces, ignore_index=True) if pieces else None
