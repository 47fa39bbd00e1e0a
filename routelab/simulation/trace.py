"""Traffic -> the kernel's table of requests, in one piece or chunk by chunk.

A survey of the whole traffic comes first: who pays into which budget, when days begin and end, and
what a day looks like. With it, chunks give the same rows as the whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.plan import Budget, Plan
from routelab.simulation._calendar import RHYTHM_BINS
from routelab.simulation.arrays import (
    N_REQUEST,
    Q_CACHED,
    Q_GROUP,
    Q_IN,
    Q_KIND,
    Q_LATENCY,
    Q_MODEL,
    Q_OUT,
    Q_OUT_FACTOR,
    Q_RETRIES,
    Q_SESSION,
    Q_STATUS,
    Q_T,
    Q_TIMEOUT,
)
from routelab.simulation.compile import Calendar
from routelab.simulation.errors import kind_of_status
from routelab.simulation.windows import window_edges
from routelab.traffic.schema import check_traffic

TOKENS = ("input_tokens", "output_tokens")
SESSION_BITS = np.uint64((1 << 52) - 1)


@dataclass
class Survey:
    """What must be known of the whole traffic before any part of it is replayed.

    Attributes
    ----------
    requests : int
    start, end : Timestamp
        Of the first and of the last request.
    accounts : one dict per calendar budget
        Name of the account to its number.
    rhythm : one array of 96 per calendar budget
        Tokens by quarter of an hour of the local day.
    concerned : list of int
        Requests that each calendar budget concerns.
    typical : dict
        Median count of tokens of the answered requests, by column.
    has_sessions : bool
    """

    requests: int
    start: pd.Timestamp
    end: pd.Timestamp
    accounts: list[dict[str, int]] = field(default_factory=list)
    rhythm: list[np.ndarray] = field(default_factory=list)
    concerned: list[int] = field(default_factory=list)
    typical: dict[str, float] = field(default_factory=dict)
    has_sessions: bool = False

    @property
    def days(self) -> float:
        """Length of the traffic in days, at least 1."""
        return max((self.end - self.start).total_seconds() / 86_400, 1.0)

    def calendars(self, plan: Plan) -> list[Calendar]:
        """Return what each calendar budget of the plan needs to know."""
        found = []
        for number, budget in enumerate(_calendar_budgets(plan)):
            known = max(len(self.accounts[number]), 1)
            found.append(
                Calendar(
                    edges=window_edges(
                        budget.period,
                        budget.timezone,
                        self.start.to_pydatetime(),
                        self.end.to_pydatetime(),
                        late=not budget.is_own,
                    ),
                    accounts=known,
                    rhythm=_cumulative(self.rhythm[number]),
                    per_day=self.concerned[number] / self.days / known,
                )
            )
        return found


def _calendar_budgets(plan: Plan) -> list[Budget]:
    return [budget for budget in plan.budgets if budget.is_calendar]


def _cumulative(tokens: np.ndarray) -> list[float]:
    """Return the share of a day's tokens until each quarter of an hour; even without any."""
    total = tokens.sum()
    shares = tokens / total if total > 0 else np.full(RHYTHM_BINS, 1 / RHYTHM_BINS)
    return [0.0, *np.cumsum(shares).tolist()]


def survey(plan: Plan, frames: Iterable[pd.DataFrame]) -> Survey:
    """Look through all traffic once.

    Raises
    ------
    InputError
        No requests, or frames that are not in the order of time.
    """
    budgets = _calendar_budgets(plan)
    found: Survey | None = None
    counts: dict[str, dict[float, int]] = {name: {} for name in TOKENS}
    for frame in frames:
        if len(frame) == 0:
            continue
        first, last = frame["timestamp"].iloc[0], frame["timestamp"].iloc[-1]
        if found is None:
            found = Survey(0, first, last)
            found.accounts = [{} for _ in budgets]
            found.rhythm = [np.zeros(RHYTHM_BINS) for _ in budgets]
            found.concerned = [0 for _ in budgets]
        if first < found.end and found.requests:
            raise InputError(
                f"traffic in parts must be in the order of time: a part starts at {first}, "
                f"after one that ended at {found.end}"
            )
        found.requests += len(frame)
        found.end = last
        found.has_sessions |= bool(frame["session_id"].notna().any())
        answered = frame["status"] < 400
        for name in TOKENS:
            values, times = np.unique(
                frame[name][answered].to_numpy(float, na_value=0.0), return_counts=True
            )
            for value, n in zip(values.tolist(), times.tolist(), strict=True):
                counts[name][value] = counts[name].get(value, 0) + n
        for number, budget in enumerate(budgets):
            _survey_budget(budget, frame, found, number)
    if found is None:
        raise InputError("there are no requests to simulate")
    found.typical = {
        name: _median(counts[name]) if counts[name] else float(plan.expected_output_tokens)
        for name in TOKENS
    }
    return found


def _median(counts: dict[float, int]) -> float:
    values = np.array(sorted(counts))
    ends = np.cumsum([counts[value] for value in values])
    middle = [(ends[-1] - 1) // 2, ends[-1] // 2]
    return float(values[np.searchsorted(ends, middle, side="right")].mean())


def _survey_budget(budget: Budget, frame: pd.DataFrame, found: Survey, number: int) -> None:
    names = _payers(budget, frame)
    mine = names.notna()
    accounts = found.accounts[number]
    for name in pd.unique(names[mine]):
        accounts.setdefault(str(name), len(accounts))
    found.concerned[number] += int(mine.sum())
    if budget.pacing == "rhythm":
        local = frame["timestamp"][mine].dt.tz_convert(budget.timezone)
        place = (local.dt.hour * 60 + local.dt.minute) // 15
        tokens = sum(frame[name][mine].to_numpy(float, na_value=0.0) for name in TOKENS)
        found.rhythm[number] += np.bincount(place, weights=tokens, minlength=RHYTHM_BINS)


def _payers(budget: Budget, frame: pd.DataFrame) -> pd.Series:
    """Return the account that each request pays from in one budget; missing = not concerned."""
    if budget.scope == "plan":
        return pd.Series("plan", index=frame.index)
    if budget.scope not in frame.columns:
        raise InputError(
            f"a budget per {budget.scope} needs a column {budget.scope!r} in the traffic: "
            "map one with a column mapping (--columns)"
        )
    names = frame[budget.scope]
    return names if budget.name is None else names.where(names == budget.name)


def request_rows(
    plan: Plan,
    frame: pd.DataFrame,
    groups: pd.Series,
    known: Survey,
    *,
    output_factor: np.ndarray | float = 1.0,
) -> np.ndarray:
    """Return the kernel's rows for a part of the traffic (see ``arrays.Trace``).

    Parameters
    ----------
    groups : Series of str
        Model group that each request asks for.
    output_factor : (n,) float64 or float
        Output factor of the model in the log.
    """
    budgets = _calendar_budgets(plan)
    status = frame["status"].to_numpy(np.int64)
    failed = status >= 400
    rows = np.zeros((len(frame), N_REQUEST + len(budgets)))
    stamps = frame["timestamp"].astype("int64").to_numpy()  # microseconds
    rows[:, Q_T] = (stamps - known.start.value // 1000) / 1e6
    rows[:, Q_GROUP] = groups.map({name: number for number, name in enumerate(plan.models)})
    for column, name in ((Q_IN, "input_tokens"), (Q_OUT, "output_tokens")):
        values = frame[name].to_numpy(float, na_value=0.0)
        rows[:, column] = np.where(failed & (values == 0), known.typical[name], values)
    cached = frame["cached_input_tokens"].to_numpy(float, na_value=0.0)
    rows[:, Q_CACHED] = np.minimum(cached, rows[:, Q_IN])
    rows[:, Q_RETRIES] = -1
    rows[:, Q_TIMEOUT] = np.nan
    rows[:, Q_MODEL] = _logged_models(plan, frame["model"])
    rows[:, Q_LATENCY] = frame["latency_s"].to_numpy(float, na_value=np.nan)
    rows[:, Q_STATUS] = np.where(failed, status, 0)
    for code in np.unique(status[failed]):
        rows[status == code, Q_KIND] = kind_of_status(int(code))
    rows[:, Q_SESSION] = _session_numbers(frame["session_id"]) if known.has_sessions else -1.0
    rows[:, Q_OUT_FACTOR] = output_factor
    for number, budget in enumerate(budgets):
        names = _payers(budget, frame)
        accounts = known.accounts[number]
        rows[:, N_REQUEST + number] = names.map(accounts).to_numpy(float, na_value=-1.0)
    return rows


def _logged_models(plan: Plan, logged: pd.Series) -> np.ndarray:
    """Return the number of the catalog model that served each request in the log, -1 for others."""
    numbers: dict[str, int] = {}
    for number, name in enumerate(plan.catalog.names):
        numbers[name] = number
        gateway_name = plan.catalog[name].litellm_model
        if gateway_name:
            numbers.setdefault(gateway_name, number)
    return logged.map(numbers).to_numpy(float, na_value=-1.0)


def _session_numbers(sessions: pd.Series) -> np.ndarray:
    """Return a number for each session, the same in every process; -1 without one."""
    named = sessions.notna().to_numpy()
    hashed = pd.util.hash_array(sessions.fillna("").to_numpy(object)) & SESSION_BITS
    return np.where(named, hashed.astype(np.float64), -1.0)


def ready(traffic: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Return traffic in time order with token counts, or say which request has none."""
    if len(traffic) == 0:
        raise InputError("there are no requests to simulate")
    frame = check_traffic(traffic)  # sorts by time, keeping the order of equal stamps
    back = int((traffic["timestamp"].diff() < pd.Timedelta(0)).sum())
    if back:
        notes.append(
            f"timestamps went back {back} times: sorted, keeping the order of equal stamps"
        )
    twice = int((frame["timestamp"].diff() == pd.Timedelta(0)).sum())
    if twice:
        notes.append(f"requests at the instant of the one before, in the log's order: {twice:,}")
    for column in TOKENS:
        missing = frame[column].isna() & (frame["status"] < 400)
        if missing.any():
            first = frame["request_id"].iloc[int(np.flatnonzero(missing)[0])]
            raise InputError(
                f"{int(missing.sum())} of {len(frame)} requests have no {column} (first: "
                f"{first!r}); "
                "a replay needs token counts: read the log with a column mapping (--columns)"
            )
    return frame


def note_rows(plan: Plan, frame: pd.DataFrame, rows: np.ndarray, known: Survey) -> list[str]:
    """Say what was assumed about the requests."""
    notes = []
    failed = rows[:, Q_STATUS] > 0
    for name in TOKENS:
        unknown = int((failed & (frame[name].to_numpy(float, na_value=0.0) == 0)).sum())
        if unknown:
            notes.append(
                f"{unknown:,} requests failed in the log without {name}: "
                f"{known.typical[name]:.0f} assumed, were they served"
            )
    sticky = int((failed & (rows[:, Q_MODEL] >= 0)).sum())
    if sticky:
        notes.append(f"{sticky:,} requests fail on the model on which they failed in the log")
    return notes + note_payers(plan, rows)


def note_payers(plan: Plan, rows: np.ndarray) -> list[str]:
    """Say which calendar budgets no request, or not every request, pays into."""
    notes = []
    for number, budget in enumerate(_calendar_budgets(plan)):
        outside = int((rows[:, N_REQUEST + number] < 0).sum())
        if budget.name is not None and outside == len(rows):
            notes.append(f"no request is of {budget.scope} {budget.name!r}, which has a budget")
        elif budget.name is None and outside:
            notes.append(
                f"{outside:,} requests name no {budget.scope}: "
                f"the budget per {budget.scope} does not see them"
            )
    return notes
