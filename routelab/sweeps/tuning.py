"""Tune a plan: choose on the first days, report on the days after them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from routelab import _html
from routelab._checks import InputError
from routelab.evaluate.bootstrap import interval
from routelab.plan import Plan
from routelab.sweeps.constraint import Constraint, parse_constraint
from routelab.sweeps.grid import Grid
from routelab.sweeps.policy import Policy, base_policy, policies
from routelab.sweeps.result import MAXIMIZED, Sweep
from routelab.sweeps.run import sweep
from routelab.traffic.schema import check_traffic

HELD_OUT_SHARE = 0.3
LEAST_FOR_DRIFT = 5


@dataclass(frozen=True, eq=False)
class Tuned:
    """The policy that was chosen, and what it did on days that did not choose it.

    Attributes
    ----------
    plan : Plan
    policy : Policy
        Its id and the values that differ from the plan that was tuned.
    table : DataFrame
        One row per metric: ``metric``, ``required``, and for ``selection`` and ``held_out`` the
        value, ``_low``, ``_high`` and ``_met`` (is the constraint met? NA without a constraint).
    notes : tuple of str
        The days, how optimistic the selection was, and whether the constraints still hold.
    selection, held_out : Sweep
        All policies on both parts; `held_out` is None without validation.
    """

    plan: Plan
    policy: Policy
    table: pd.DataFrame
    notes: tuple[str, ...]
    selection: Sweep
    held_out: Sweep | None

    @property
    def holds(self) -> bool | None:
        """Whether every constraint is met on the held-out days; None without validation."""
        if self.held_out is None:
            return None
        return bool(self.table["held_out_met"].dropna().all())

    def _rows(self) -> list[list[str]]:
        rows = []
        for row in self.table.to_dict("records"):
            cells = [row["metric"], row["required"]]
            for part in ("selection", "held_out"):
                value, low, high = (row[f"{part}{end}"] for end in ("", "_low", "_high"))
                known = f"{value:.4g} [{low:.4g}, {high:.4g}]"
                missed = "" if pd.isna(row[f"{part}_met"]) or row[f"{part}_met"] else " MISSED"
                cells.append("–" if np.isnan(value) else known + missed)
            rows.append(cells)
        return rows

    def __str__(self) -> str:
        head = ["metric", "required", "selection days", "held-out days"]
        rows = [head, *self._rows()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [f"chosen: {self.policy}"]
        for cells in rows:
            padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
            lines.append("  ".join(padded).rstrip())
        return "\n".join(lines + [f"note: {note}" for note in self.notes])

    def _repr_html_(self) -> str:
        head = ["metric", "required", "selection days", "held-out days"]
        notes = "".join(f"<li>{_html.esc(note)}</li>" for note in self.notes)
        return f"{_html.table(head, self._rows(), f'chosen: {self.policy}')}<ul>{notes}</ul>"


def tune(
    plan: Plan,
    traffic: pd.DataFrame,
    grid: Grid | Mapping[str, Any],
    *,
    objective: str = "spend_per_day_usd",
    constraints: Sequence[str] = ("availability>=0.999",),
    n: int | None = None,
    validate: str | None = "last-days",
    held_out_days: int | None = None,
    outages: pd.DataFrame | None = None,
    quality: Any = None,
    out: str | os.PathLike[str] | None = None,
    backend: str = "threading",
    client: Any = None,
    n_jobs: int = -1,
    seed: int = 0,
    accounting: str = "proxy",
    n_boot: int = 400,
    resume: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Tuned:
    """Choose the best policy of a grid that meets the constraints.

    The best of many looks better than it is, because luck is chosen too. So the choice is made on
    the first days of the traffic, and every policy, the plan as it is among them, is replayed
    again on the days after them.

    Parameters
    ----------
    plan : Plan
        The start; it is a candidate too.
    traffic : DataFrame
    grid : Grid or mapping
        See :func:`routelab.sweeps.grid_from_yaml`.
    objective : str
        Metric; made large for ``availability`` and ``quality``, small for the others.
    constraints : list of str
        ``metric>=number`` or ``metric<=number``; ``quality`` needs `quality`. They are judged by
        their value, not by the end of its interval.
    n : int, optional
        Policies to draw at random; default: what the grid says.
    validate : {"last-days", None}
        None: choose on all days, with nothing held out.
    held_out_days : int, optional
        Whole UTC days at the end; default 30 % of the days, at least one.
    outages, quality, out, backend, client, n_jobs, seed, accounting, n_boot, resume, progress
        As in :func:`routelab.sweep`. Both parts are kept in `out`.

    Raises
    ------
    InputError
        No policy meets the constraints (the message names the closest one), an unknown metric, or
        too few days to hold some out.

    Examples
    --------
    >>> from routelab import Plan, tune
    >>> stamps = pd.date_range("2026-01-05", periods=40, freq="6h", tz="UTC")
    >>> traffic = pd.DataFrame({"timestamp": stamps, "input_tokens": 1000, "output_tokens": 100})
    >>> plan = Plan(models={"strong": "gpt-4o", "cheap": "gpt-4o-mini"}, default="strong")
    >>> tuned = tune(plan, traffic, {"default": ["strong", "cheap"]}, n_jobs=1)
    >>> tuned.plan.default, tuned.holds
    ('cheap', True)
    """
    if validate not in ("last-days", None):
        raise InputError(f"validate must be 'last-days' or None, got {validate!r}")
    bounds = [parse_constraint(text) for text in constraints]
    points = [base_policy(plan), *policies(plan, grid, n)]
    frame = check_traffic(traffic)
    first, later = frame, None
    if validate is not None:
        first, later = split_days(frame, held_out_days)
    parts = 1 if later is None else 2

    def run(part: pd.DataFrame, number: int) -> Sweep:
        def show(done: int, total: int) -> None:
            if progress is not None:
                progress(number * total + done, parts * total)

        found = sweep(
            part, points, outages=outages, quality=quality, out=out, backend=backend,
            client=client, n_jobs=n_jobs, seed=seed, accounting=accounting, n_boot=n_boot,
            resume=resume, progress=show,
        )  # fmt: skip
        if found.interrupted:  # the best of a part of the grid is not what was asked for
            raise KeyboardInterrupt
        return found

    selection = run(first, 0)
    chosen = _choose(selection, objective, bounds)
    held_out = None if later is None else run(later, 1)
    policy = selection.policy(chosen)
    assert policy.plan is not None
    notes = _notes(selection, held_out, chosen, objective, bounds)
    notes = [
        _days("chosen on", first),
        *([] if later is None else [_days("held out", later)]),
        *notes,
    ]
    table = _table(selection, held_out, chosen, bounds)
    return Tuned(policy.plan, policy, table, tuple(notes), selection, held_out)


def split_days(frame: pd.DataFrame, held_out_days: int | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cut traffic at a UTC midnight: the last days are held out.

    Raises
    ------
    InputError
        Fewer than two days, or no request on one side of the cut.
    """
    day = frame["timestamp"].dt.floor("D")
    n_days = (day.iloc[-1] - day.iloc[0]).days + 1 if len(day) else 0
    if n_days < 2:
        raise InputError(
            f"the traffic covers {n_days} day: nothing can be held out; "
            "bring more days, or set validate=None and know that the choice is not checked"
        )
    wanted = max(1, round(HELD_OUT_SHARE * n_days)) if held_out_days is None else held_out_days
    if not 1 <= wanted < n_days:
        raise InputError(f"held_out_days must be 1 to {n_days - 1}, got {wanted}")
    later = day > day.iloc[-1] - pd.Timedelta(days=wanted)
    return frame[~later].reset_index(drop=True), frame[later].reset_index(drop=True)


def _choose(selection: Sweep, objective: str, bounds: list[Constraint]) -> str:
    for name in (objective, *(bound.metric for bound in bounds)):
        selection.check_metric(name)
    table = selection.table
    table = table[table["status"] == "done"]
    feasible = table[_feasible(table, bounds) & table[objective].notna()]
    if feasible.empty:
        raise InputError(_closest(selection, table, bounds))
    return str(feasible["id"].iloc[int((_sign(objective) * feasible[objective]).argmin())])


def _sign(objective: str) -> float:
    return -1.0 if objective in MAXIMIZED else 1.0


def _feasible(table: pd.DataFrame, bounds: list[Constraint]) -> pd.Series:
    met = pd.Series(True, index=table.index)
    for bound in bounds:
        met &= bound.met(table[bound.metric])
    return met


def _closest(selection: Sweep, table: pd.DataFrame, bounds: list[Constraint]) -> str:
    missed = sum((b.shortfall(table[b.metric]) for b in bounds), pd.Series(0.0, table.index))
    row = table.iloc[int(missed.argmin())]
    told = [
        f"{bound.metric} {row[bound.metric]:.4g} (needs {bound.relation}{bound.bound:g})"
        for bound in bounds
        if not bound.met(pd.Series([row[bound.metric]])).all()
    ]
    return (
        f"none of {len(table)} policies meets {', '.join(map(str, bounds))}; "
        f"the closest is {selection.policy(str(row['id']))}: {', '.join(told)}"
    )


def _days(what: str, frame: pd.DataFrame) -> str:
    start, end = (stamp.date() for stamp in frame["timestamp"].iloc[[0, -1]])
    return f"{what}: {start} to {end} (UTC), {len(frame):,} requests"


def _notes(
    selection: Sweep,
    held_out: Sweep | None,
    chosen: str,
    objective: str,
    bounds: list[Constraint],
) -> list[str]:
    table = selection.table
    feasible = table["id"][_feasible(table, bounds)].tolist()
    notes = [f"{len(feasible)} of {len(table)} policies met the constraints where it was chosen"]
    if held_out is None:
        return [*notes, "nothing was held out: the best of many looks better than it is"]
    notes.append("budgets, cooldowns and caches start afresh on the held-out days")
    before = table.set_index("id")[objective]
    after_table = held_out.table.set_index("id")
    notes.append(_optimism(before, after_table[objective], chosen, feasible, objective))
    for bound in bounds:
        value = float(after_table[bound.metric][chosen])
        if not bound.met(pd.Series([value])).all():
            notes.append(f"{bound} does NOT hold on the held-out days: {value:.4g}")
    notes.append(_hindsight(held_out, chosen, objective, bounds))
    return notes


def _optimism(
    before: pd.Series, after: pd.Series, chosen: str, feasible: list[str], objective: str
) -> str:
    """Say how much the chosen policy changed, beyond what all candidates did.

    Other days are dearer or cheaper for all; what remains is the luck that was chosen.
    """
    change = float(after[chosen] - before[chosen])
    told = f"{objective}: {before[chosen]:.4g} where chosen, {after[chosen]:.4g} held out"
    if len(feasible) < LEAST_FOR_DRIFT:
        return f"{told}; with {len(feasible)} candidates, optimism and drift cannot be told apart"
    drift = float((after[feasible] - before[feasible]).median())
    return (
        f"{told}; the median candidate changed by {drift:+.4g}, so the selection was optimistic by "
        f"{_sign(objective) * (change - drift):+.4g}"
    )


def _hindsight(held_out: Sweep, chosen: str, objective: str, bounds: list[Constraint]) -> str:
    """Compare the chosen policy with the best one of the held-out days, paired."""
    table = held_out.table
    table = table[(table["status"] == "done") & _feasible(table, bounds)]
    if table.empty:
        return "no policy meets the constraints on the held-out days"
    best = str(table["id"].iloc[int((_sign(objective) * table[objective]).argmin())])
    if best == chosen:
        return "it is the best policy of the held-out days too"
    samples = [_samples(held_out, policy_id, objective) for policy_id in (chosen, best)]
    low, high = interval(samples[0] - samples[1])
    values = held_out.table.set_index("id")[objective]
    return (
        f"the best in hindsight is {held_out.policy(best)}; {objective} of the chosen minus its: "
        f"{values[chosen] - values[best]:+.4g} [{low:+.4g}, {high:+.4g}]"
    )


def _samples(found: Sweep, policy_id: str, metric: str) -> np.ndarray:
    metrics = found.results[policy_id].metrics
    if metrics is None:
        return np.full(1, np.nan)
    return metrics[metric].samples


def _table(
    selection: Sweep, held_out: Sweep | None, chosen: str, bounds: list[Constraint]
) -> pd.DataFrame:
    required = {bound.metric: bound for bound in bounds}
    tables = {"selection": selection.table.set_index("id").loc[chosen]}
    if held_out is not None:
        tables["held_out"] = held_out.table.set_index("id").loc[chosen]
    rows = []
    for metric in selection.metrics:
        bound = required.get(metric)
        row: dict[str, Any] = {"metric": metric, "required": "" if bound is None else str(bound)}
        for part in ("selection", "held_out"):
            source = tables.get(part)
            for end in ("", "_low", "_high"):
                row[f"{part}{end}"] = np.nan if source is None else source[f"{metric}{end}"]
            row[f"{part}_met"] = pd.NA
            if bound is not None and source is not None:
                row[f"{part}_met"] = bool(bound.met(pd.Series([source[metric]])).all())
        rows.append(row)
    return pd.DataFrame(rows).astype({"selection_met": "boolean", "held_out_met": "boolean"})
