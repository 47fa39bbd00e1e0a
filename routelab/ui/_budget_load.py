"""What the budget panel replays, made ready once: every touch then only runs the kernel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.decide import decide
from routelab.forecasting import grow
from routelab.forecasting._accounts import accounts_of, estimates
from routelab.forecasting._days import kept_days, wall_clock
from routelab.plan import Budget, Plan
from routelab.simulation.answers import build_answers
from routelab.simulation.arrays import Provider, Trace
from routelab.simulation.run import run
from routelab.simulation.simulate import note_unasked, plan_arrays
from routelab.simulation.trace import Survey, note_payers, ready, request_rows, survey
from routelab.ui._sample import sampled

#: Requests of a log that is kept whole; of a larger one a sample is replayed.
REQUESTS_KEPT = 200_000
#: Requests that are replayed and drawn within a touch; more are replayed in the background.
REQUESTS_TOUCHED = 50_000
HOUR_US = 3_600_000_000


@dataclass(frozen=True)
class Clock:
    """When each request came, in a time zone.

    Attributes
    ----------
    zone : str
    wall : datetime64[us] array of shape (n,)
    dates : datetime64[D] array of shape (n_days,)
    full : bool array of shape (n_days,)
        The log holds the whole day, but for hours that hardly matter.
    day, hour : int array of shape (n,)
        Numbers from 0, of days and of hours since the log's first.
    edges : DatetimeIndex of n_hours + 1
        Where hours begin, and the end of the last.
    """

    zone: str
    wall: np.ndarray
    dates: np.ndarray
    full: np.ndarray
    day: np.ndarray
    hour: np.ndarray
    edges: pd.DatetimeIndex


class Workload:
    """Traffic in order of time, what a plan decides for it, and what follows from both alone.

    Parameters
    ----------
    traffic : DataFrame
    plan : Plan
        Fitted.
    growth : float, default 1
    seed : int, default 0
        Of the sample, of what growth adds and of every replay.
    tell : callable, optional
        Called with what is being done.

    Attributes
    ----------
    traffic, decided : DataFrame, n rows
        As :func:`routelab.simulate` takes them; what a sample left out is missing.
    told : str
        What was sampled or grown, and what of the plan this log does not reach; "" for nothing.
    """

    def __init__(
        self,
        traffic: pd.DataFrame,
        plan: Plan,
        growth: float = 1.0,
        seed: int = 0,
        tell: Callable[[str], None] = lambda text: None,
    ):
        kept, sample = sampled(traffic, "requests", limit=REQUESTS_KEPT, seed=seed)
        grown = ""
        if growth != 1.0:
            tell("growing the traffic …")
            kept, grown = grow(kept, growth, seed)
            grown = f"{grown[0].upper()}{grown[1:]}, hour by hour."
        if len(kept) > REQUESTS_KEPT * 2:
            raise InputError(
                f"{len(kept):,} requests are too many to be replayed while you wait; "
                f"let traffic grow less"
            )
        self.plan = plan
        self.seed = seed
        self.traffic = ready(kept, [])
        tell("asking the router …")
        self.decided = decide(plan, self.traffic)
        groups = {group: number for number, group in enumerate(plan.models)}
        self.asked = self.decided["group"].map(groups).to_numpy(np.int64)
        self._answered = bool((self.traffic["status"] < 400).any())
        self.clock = lru_cache(maxsize=4)(self._clock)
        self.estimate = lru_cache(maxsize=4)(self._estimate)
        self._account = lru_cache(maxsize=16)(self._payers)
        self.people = lru_cache(maxsize=2)(self._people)
        self._rows: dict[object, tuple[np.ndarray, Survey]] = {}
        self._answers: tuple[pd.DataFrame | None, Provider] | None = None
        noted = note_unasked(plan, self.decided) + note_payers(plan, self._requests(plan)[0])
        parts = [sample, grown, *(f"{note[0].upper()}{note[1:]}." for note in noted)]
        self.told = " ".join(filter(None, parts))

    def __len__(self) -> int:
        return len(self.traffic)

    def replay(self, plan: Plan, outages: pd.DataFrame | None) -> np.ndarray:
        """Run the kernel: what :func:`routelab.simulate` makes its tables of.

        Parameters
        ----------
        plan : Plan
            This workload's, with other budgets, fallbacks or estimates.
        outages : DataFrame or None
            What providers answer in them is kept while the same object comes again.

        Returns
        -------
        float array of shape (n + extra, 17)
            Requests in order, then copies and hedges; columns are the simulator's.
        """
        rows, known = self._requests(plan)
        arrays = plan_arrays(plan, known, accounting="proxy", seed=self.seed)
        if self._answers is None or self._answers[0] is not outages:
            self._answers = outages, build_answers(self.plan, outages, known.start, [])
        return run(arrays, self._answers[1], Trace(rows))[0].done

    def accounts(self, budget: Budget) -> np.ndarray:
        """Return the account of a calendar budget that each request pays into, -1 for none."""
        return self._account(budget.scope, budget.name)

    def _requests(self, plan: Plan) -> tuple[np.ndarray, Survey]:
        """Return the kernel's requests: who pays is in them, how much may be spent is not."""
        budgets = [
            (b.scope, b.name, b.timezone, b.period, b.pacing) for b in plan.budgets if b.is_calendar
        ]
        expected = None if self._answered else plan.expected_output_tokens
        key = (tuple(budgets), expected)
        if key not in self._rows:
            known = survey(plan, [self.traffic])
            rows = request_rows(plan, self.traffic, self.decided["group"], known)
            if len(self._rows) >= 6:
                self._rows.pop(next(iter(self._rows)))
            self._rows[key] = rows, known
        return self._rows[key]

    def _clock(self, zone: str) -> Clock:
        wall = wall_clock(self.traffic["timestamp"], zone)
        # When clocks are set back an hour comes twice: days still follow each other.
        dates, full, day = kept_days(np.maximum.accumulate(wall))
        hour = wall.astype(np.int64) // HOUR_US
        first = int(hour.min())
        start = pd.Timestamp(first * HOUR_US // 1000, unit="ms")
        edges = pd.date_range(start, periods=int(hour.max()) - first + 2, freq="h")
        number = (day - dates[0]).astype(np.int64)
        return Clock(zone, wall, dates, full, number, hour - first, edges)

    def _estimate(self, expected_output_tokens: int) -> np.ndarray:
        """Return the expected cost of each request in the group that it asks for."""
        plan = self.plan.replace(expected_output_tokens=expected_output_tokens)
        tokens = self.traffic["input_tokens"].to_numpy(float, na_value=0.0)
        cached = self.traffic["cached_input_tokens"].to_numpy(float, na_value=0.0)
        costs = estimates(plan, tokens, np.minimum(cached, tokens))
        return np.asarray(costs[np.arange(len(costs)), self.asked])

    def _payers(self, scope: str, name: str | None) -> np.ndarray:
        return accounts_of(Budget(scope=scope, name=name, limit_usd=1.0), self.traffic)

    def _people(self, column: str) -> tuple[np.ndarray, list[str]]:
        """Return the user or tier of each request as a number (-1: not named), and their names."""
        codes, names = pd.factorize(self.traffic[column])
        return codes.astype(np.int64), [str(name) for name in names]
