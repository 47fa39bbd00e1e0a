"""A replay as arrays: what the budget panel shows of it, within a touch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from routelab.evaluate.bootstrap import interval
from routelab.forecasting._accounts import (
    calendar_budgets,
    exhaustion,
    label_of,
    ledger,
    met_limit,
)
from routelab.forecasting._days import zone_of
from routelab.plan import Plan
from routelab.plots._replay import OUTCOMES
from routelab.simulation import Replay, simulate
from routelab.simulation.arrays import (
    O_COST,
    O_FALLBACKS,
    O_FINISHED,
    O_GROUP,
    O_KIND,
    O_REQUEST,
    O_SERVED,
    O_T,
)
from routelab.simulation.errors import NAMES, PLAN_BUDGET
from routelab.ui._budget_load import Clock, Workload

RESAMPLES = 1000
MIDNIGHT = 24.0


@dataclass(frozen=True)
class RunOut:
    """When a daily budget runs out.

    Attributes
    ----------
    budget : str
    hours : float array of shape (n_days,)
        Local hour at which a request asked for more than was left; 24 on days when it lasted.
    over_usd : float array of shape (n_days,)
        Spent above it: where it turns to cheaper models, a budget is no cap.
    full : bool array of shape (n_days,)
        Which of the days count: those that the log holds in full, or all if none is.
    """

    budget: str
    hours: np.ndarray
    over_usd: np.ndarray
    full: np.ndarray

    @property
    def days(self) -> int:
        """Days that count."""
        return int(self.full.sum())

    @property
    def met(self) -> int:
        """Of these, days on which it ran out."""
        return int((self.hours[self.full] < MIDNIGHT).sum())

    @cached_property
    def median(self) -> tuple[float, float, float]:
        """Median over days with its 95 % interval, from days drawn with replacement."""
        known = self.hours[self.full]
        drawn = np.random.default_rng(0).integers(len(known), size=(RESAMPLES, len(known)))
        low, high = interval(np.median(known[drawn], axis=1))
        return float(np.median(known)), float(low), float(high)


@dataclass(frozen=True)
class Outcome:
    """What became of every request under a plan.

    Attributes
    ----------
    plan : Plan
    load : Workload
    outages : DataFrame or None
    outcome : int array of shape (n,)
        Points into :data:`routelab.plots._replay.OUTCOMES`.
    model : int array of shape (n,)
        Which model of the catalog served; -1 for none.
    error : int array of shape (n,)
        Why not; points into the simulator's names.
    degraded : bool array of shape (n,)
        A budget sent it to another group, whether it was served there or not.
    cost_usd, spend_usd : float array of shape (n,)
        Of the answer, and with what else it cost (copies, hedges).
    latency_s : float array of shape (n,)
    pinned : Outcome or None
        That of plan A.
    """

    plan: Plan
    load: Workload
    outages: pd.DataFrame | None
    outcome: np.ndarray
    model: np.ndarray
    error: np.ndarray
    degraded: np.ndarray
    cost_usd: np.ndarray
    spend_usd: np.ndarray
    latency_s: np.ndarray
    pinned: Outcome | None = None

    @cached_property
    def replay(self) -> Replay:
        """The library's own replay of the same, with all of its tables; takes longer."""
        return simulate(
            self.load.traffic,
            self.plan,
            outages=self.outages,
            decisions=self.load.decided,
            seed=self.load.seed,
        )

    @property
    def summary(self) -> dict[str, Any]:
        """Totals of the library's replay."""
        return self.replay.summary

    @property
    def daily(self) -> pd.DataFrame:
        """Totals per day of the library's replay."""
        return self.replay.daily

    @cached_property
    def clock(self) -> Clock:
        """When requests came, in the time zone of the plan's days, whatever a setting drops."""
        return self.load.clock(zone_of(self.load.plan))

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many requests met each outcome."""
        found = np.bincount(self.outcome, minlength=len(OUTCOMES))
        return dict(zip(OUTCOMES, found.tolist(), strict=True))

    @cached_property
    def total_usd(self) -> float:
        """Spend of the whole log."""
        return float(self.spend_usd.sum())

    @cached_property
    def per_day(self) -> np.ndarray:
        """USD per day, float (n_days,)."""
        return np.bincount(self.clock.day, self.spend_usd, len(self.clock.dates))

    @cached_property
    def per_model_and_day(self) -> np.ndarray:
        """USD per model of the catalog and day, float (n_models, n_days)."""
        days, models = len(self.clock.dates), len(self.plan.catalog.names)
        served = self.model >= 0
        place = self.model[served] * days + self.clock.day[served]
        return np.bincount(place, self.cost_usd[served], models * days).reshape(models, days)

    @cached_property
    def per_hour(self) -> np.ndarray:
        """USD per hour, float (n_hours,)."""
        return np.bincount(self.clock.hour, self.spend_usd, len(self.clock.edges) - 1)

    @cached_property
    def outcomes_per_hour(self) -> np.ndarray:
        """Requests per outcome and hour, int (n_outcomes, n_hours)."""
        hours = len(self.clock.edges) - 1
        place = self.outcome * hours + self.clock.hour
        return np.bincount(place, minlength=len(OUTCOMES) * hours).reshape(-1, hours)

    @cached_property
    def served_by(self) -> np.ndarray:
        """Requests that each model of the catalog served, int (n_models,)."""
        return np.bincount(self.model[self.model >= 0], minlength=len(self.plan.catalog.names))

    @cached_property
    def latency(self) -> np.ndarray:
        """Median and 95th percentile in seconds, of all and per model: float (1 + n_models, 2)."""
        models = range(len(self.plan.catalog.names))
        masks = [self.model >= 0, *(self.model == number for number in models)]
        return np.stack([_quantiles(self.latency_s[mask]) for mask in masks])

    @cached_property
    def failures(self) -> dict[str, int]:
        """Requests that nothing served, by why; the most frequent first."""
        found = np.bincount(self.error[self.model < 0], minlength=len(NAMES))
        order = np.argsort(-found, kind="stable")
        return {NAMES[i] or "unknown": int(found[i]) for i in order if found[i]}

    @cached_property
    def run_out(self) -> list[RunOut]:
        """When each calendar budget of the plan runs out."""
        budgets = calendar_budgets(self.plan)
        dates, full = self.clock.dates, self.clock.full
        books = []
        for budget in budgets:
            wall = self.load.clock(budget.timezone).wall
            books.append(
                ledger(budget, self.load.accounts(budget), wall, dates[0], len(dates),
                       self.latency_s, self.cost_usd)
            )  # fmt: skip
        if not books:
            return []
        need = self.load.estimate(self.plan.expected_output_tokens)
        refused = self.outcome == OUTCOMES.index("refused")
        met = met_limit(books, need, self.degraded | refused)
        found = []
        for budget, book, mask in zip(budgets, books, met, strict=True):
            hours, over, _ = exhaustion(book, mask, len(dates)).T
            hours = np.where(np.isnan(hours), MIDNIGHT, hours)
            days = full if full.any() else np.ones(len(full), bool)
            found.append(RunOut(label_of(budget), hours, over, days))
        return found

    @property
    def plan_clock(self) -> RunOut | None:
        """When the budget of the whole plan runs out; None where that has no days."""
        return next((clock for clock in self.run_out if clock.budget == "plan"), None)

    def downgraded(self, who: str, limit: int = 5) -> list[tuple[str, int, int, int]]:
        """Return (name, requests, downgraded, refused) of users or tiers, the most first."""
        codes, names = self.load.people(who)
        named, refused = codes >= 0, self.outcome == OUTCOMES.index("refused")
        asked, down, out = (
            np.bincount(codes[mask & named], minlength=len(names))
            for mask in (np.ones(len(codes), bool), self.degraded, refused)
        )
        order = np.lexsort((-asked, -(down + out)))[:limit]
        return [(names[i], int(asked[i]), int(down[i]), int(out[i]))
                for i in order if down[i] + out[i]]  # fmt: skip


def replayed(load: Workload, plan: Plan, outages: pd.DataFrame | None) -> Outcome:
    """Replay a workload under a plan."""
    table = load.replay(plan, outages)
    n = len(load)
    rows, extra = table[:n], table[n:]
    served = rows[:, O_SERVED].astype(np.int64)
    error = rows[:, O_KIND].astype(np.int64)
    group = rows[:, O_GROUP].astype(np.int64)
    degraded = (group != load.asked) & (group >= 0)
    names = plan.catalog.names
    models = [names.index(d.model) for d in plan.deployments.values()]
    lost = served < 0
    outcome = np.select(
        [lost & (error == PLAN_BUDGET), lost, rows[:, O_FALLBACKS] > 0, degraded], [4, 3, 2, 1], 0
    )
    more = np.bincount(extra[:, O_REQUEST].astype(np.int64), extra[:, O_COST], n)
    return Outcome(
        plan=plan,
        load=load,
        outages=outages,
        outcome=outcome,
        model=np.array([*models, -1])[served],
        error=error,
        degraded=degraded,
        cost_usd=rows[:, O_COST],
        spend_usd=rows[:, O_COST] + more,
        latency_s=rows[:, O_FINISHED] - rows[:, O_T],
    )


def _quantiles(seconds: np.ndarray) -> np.ndarray:
    return np.quantile(seconds, [0.5, 0.95]) if len(seconds) else np.full(2, np.nan)
