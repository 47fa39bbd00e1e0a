"""The look at drift: decide again, compare, test, and say what calls for someone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from routelab._checks import InputError, did_you_mean
from routelab.forecasting import Forecast
from routelab.forecasting import forecast as run_forecast
from routelab.forecasting._days import DAY_US, kept_days, wall_clock, zone_of
from routelab.plan import Plan
from routelab.traffic import check_traffic
from routelab.watching.agreement import JUDGED, agreement_table, unknown_models, verdicts
from routelab.watching.result import DriftReport
from routelab.watching.seen import Seen, see
from routelab.watching.shift import COLUMNS, shift_table
from routelab.watching.spend import SPEND_COLUMNS, price_table, spend_table

#: Fewest requests on each side of a comparison.
FEWEST = 30
MOST_DAYS = 92


def drift(
    log: pd.DataFrame,
    plan: Plan,
    *,
    reference: pd.DataFrame | None = None,
    forecast: Forecast | None = None,
    unit: str | None = "user",
    alpha: float = 0.05,
    n_permutations: int = 999,
    n_paths: int = 200,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> DriftReport:
    """Say whether a log still is what the plan decides, on the traffic and at the price foreseen.

    Four looks: the model of each logged request against the plan's decision; the population of
    requests against that of `reference` (population stability index, test of Kolmogorov and
    Smirnov); cost per token against `reference` or the catalog; spend per day against `forecast`.

    Parameters
    ----------
    log : DataFrame
        Traffic, from :func:`routelab.read_log`.
    plan : Plan
    reference : DataFrame, optional
        Earlier traffic. Default: the first half of the log (whole days where it has two or more).
    forecast : Forecast, optional
        Default: made from the reference, when that ends before the new requests and holds 2 full
        days.
    unit : str or None, default "user"
        Column of what asks: its requests stay together when chance is measured. None: each request
        by itself.
    alpha : float, default 0.05
        Of the shift over all features together, and of the spend over all days.
    n_permutations : int, default 999
        At least; more are drawn where Holm's correction could otherwise never find a shift.
    n_paths : int, default 200
        Of the forecast that is made here.
    seed : int
    progress : callable, optional
        Of the forecast.

    Returns
    -------
    DriftReport

    Raises
    ------
    InputError
        An empty log, or a number out of range.

    Notes
    -----
    Decisions are compared where they are certain: rules, router and A/B assignment. What failures
    or budgets lead to is counted apart, and what the log cannot tell is counted with its reason.

    Feature by feature, an alarm needs a PSI of 0.25 or more that is also above the 95 % quantile of
    permutations, and p values of both tests that hold after Holm's correction. On large logs a
    difference that nobody would act on has a tiny p; on small ones the PSI is large by chance.

    Examples
    --------
    >>> stamps = pd.date_range("2026-01-05", periods=200, freq="min", tz="UTC")
    >>> log = pd.DataFrame({"timestamp": stamps, "input_tokens": [100] * 100 + [900] * 100,
    ...                     "output_tokens": 10})
    >>> report = drift(log, Plan(models={"cheap": "gpt-4o-mini"}, default="cheap"))
    >>> [alarm.kind for alarm in report.alarms], report.alarmed
    (['shift'], True)
    """
    _check(alpha, n_permutations, n_paths)
    plan, traffic = plan.fitted(), check_traffic(log)
    if traffic.empty:
        raise InputError("the log has no request")
    zone = zone_of(plan)
    whole = see(plan, traffic, zone)
    if reference is None:
        first = first_half(traffic, zone)
        old, new = whole.part(0, first), whole.part(first, len(traffic))
        start = new.traffic["timestamp"].iloc[0].tz_convert(zone)
        compared = f"the first {first:,} of the log (before {start:%Y-%m-%d %H:%M})"
    else:
        old, new = see(plan, check_traffic(reference), zone), whole
        compared = f"{len(old.traffic):,} of the reference"
    notes: list[str] = []
    if forecast is None:
        options = {"n_paths": n_paths, "seed": seed, "progress": progress}
        forecast = foreseen(plan, old.traffic, new.traffic, notes, **options)  # type: ignore[arg-type]
    rows = verdicts(plan, traffic, whole.decisions, zone)
    chance = Chance(unit, alpha, n_permutations, seed)
    return judge(plan, rows, old, new, compared, forecast, chance, notes)


@dataclass(frozen=True, slots=True)
class Chance:
    """How chance is measured: the arguments of :func:`drift` of the same names."""

    unit: str | None = "user"
    alpha: float = 0.05
    n_permutations: int = 999
    seed: int = 0


def judge(
    plan: Plan,
    rows: pd.DataFrame,
    old: Seen,
    new: Seen,
    compared: str,
    forecast: Forecast | None,
    chance: Chance,
    notes: Iterable[str] = (),
    full: Collection[str] | None = None,
) -> DriftReport:
    """Return the report of what was seen already.

    Parameters
    ----------
    plan : Plan
        Fitted.
    rows : DataFrame
        Verdicts on the requests of the log.
    old, new : Seen
        Both sides of the comparison.
    compared : str
        Which requests are the reference.
    forecast : Forecast or None
        None: spend is not judged, and `notes` say why.
    chance : Chance
    notes : iterable of str
        What the report says beside its own.
    full : collection of str, optional
        Days whose spend may be judged, where the requests are a part of a log. Default: the full
        days of the requests.
    """
    judged = rows["verdict"].isin(JUDGED)
    reasons = rows["verdict"][~judged].value_counts()
    told: list[str] = []
    table = _shift(old, new, chance, told)
    told += notes
    return DriftReport(
        plan=plan.name,
        n_log=len(rows),
        n_reference=len(old.traffic),
        n_new=len(new.traffic),
        compared=compared,
        table=table,
        agreement=agreement_table(rows),
        not_judged={str(why): int(n) for why, n in reasons.items()},
        unknown=unknown_models(plan, rows),
        prices=price_table(old.traffic, new.traffic, plan.catalog),
        spend=_spend(new.traffic, forecast, chance.alpha, told, full),
        notes=tuple(told),
    )


def _check(alpha: float, n_permutations: int, n_paths: int) -> None:
    if not 0 < alpha < 1:
        raise InputError(f"alpha must lie between 0 and 1, got {alpha!r}")
    for name, value in (("n_permutations", n_permutations), ("n_paths", n_paths)):
        if value < 1:
            raise InputError(f"{name} must be at least 1, got {value!r}")


def first_half(traffic: pd.DataFrame, zone: str) -> int:
    """Return the row where the second half starts: at a midnight where there is one."""
    middle = len(traffic) // 2
    wall = wall_clock(traffic["timestamp"], zone)
    day = wall.astype("datetime64[D]")
    starts = np.flatnonzero(day[1:] != day[:-1]) + 1
    return int(starts[np.abs(starts - middle).argmin()]) if len(starts) else middle


def _shift(old: Seen, new: Seen, chance: Chance, notes: list[str]) -> pd.DataFrame:
    sides = [old.traffic, new.traffic]
    if min(map(len, sides)) < FEWEST:
        notes.append(
            f"no shift is tested: {len(sides[0]):,} requests of the reference and {len(sides[1]):,}"
            f" new ones, {FEWEST} of each are needed"
        )
        return pd.DataFrame(columns=list(COLUMNS))
    skip: tuple[str, ...] = ()
    day = pd.Timedelta(DAY_US, unit="us")
    if min(p["timestamp"].iloc[-1] - p["timestamp"].iloc[0] for p in sides) < 0.9 * day:
        skip = ("hour of day",)
        notes.append("the hour of day is not compared: a side is shorter than a day")
    if not all(p["prompt"].notna().any() for p in sides):
        notes.append("prompts, scores and routes are not compared: a side has no prompts")
    return shift_table(
        old.features,
        new.features,
        _units(sides, chance.unit, notes),
        n_permutations=chance.n_permutations,
        alpha=chance.alpha,
        rng=np.random.default_rng(chance.seed),
        skip=skip,
    )


def _units(sides: list[pd.DataFrame], unit: str | None, notes: list[str]) -> np.ndarray:
    """Return a number for whose request each is; one without a name stands alone."""
    alone = np.arange(sum(map(len, sides)))
    if unit is None:
        return alone
    for side in sides:
        if unit not in side.columns:
            raise InputError(f"the log has no column {unit!r}{did_you_mean(unit, side.columns)}")
    codes = pd.factorize(pd.concat([side[unit] for side in sides], ignore_index=True))[0]
    if (codes < 0).all():
        notes.append(f"the log names no {unit}: each request counts as independent of the others")
    return np.where(codes < 0, alone + len(alone), codes)


def foreseen(
    plan: Plan,
    old: pd.DataFrame,
    new: pd.DataFrame,
    notes: list[str],
    *,
    n_paths: int,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> Forecast | None:
    """Forecast the days of the new requests from the reference, or note why not."""
    if old.empty or old["timestamp"].iloc[-1] >= new["timestamp"].iloc[0]:
        notes.append("spend is not judged: no forecast, and the reference is not all earlier")
        return None
    zone = zone_of(plan)
    dates, keep, _ = kept_days(wall_clock(old["timestamp"], zone))
    if keep.sum() < 2:
        notes.append("spend is not judged: the reference has fewer than 2 full days")
        return None
    last = wall_clock(new["timestamp"].iloc[[-1]], zone)[0].astype("datetime64[D]")
    days = int((last - dates[keep][-1]).astype(int))
    if days > MOST_DAYS:
        notes.append(f"spend is not judged: the log ends {days} days after the reference")
        return None
    options = {"days": max(1, days), "n_paths": n_paths, "seed": seed, "progress": progress}
    return run_forecast(old, plan, **options)  # type: ignore[arg-type]


def _spend(
    traffic: pd.DataFrame,
    forecast: Forecast | None,
    alpha: float,
    notes: list[str],
    full: Collection[str] | None,
) -> pd.DataFrame:
    nothing = pd.DataFrame(columns=list(SPEND_COLUMNS)).astype(
        dict.fromkeys(("outside", "beyond", "seen"), bool)
    )
    if forecast is None:
        return nothing
    missing = int(traffic["cost_usd"].isna().sum())
    if missing:
        notes.append(f"spend is not judged: {missing:,} requests have no cost")
        return nothing
    table = spend_table(traffic, forecast, alpha=alpha, full=full)
    if table.empty:
        notes.append("spend is not judged: no full day of the log is a day of the forecast")
        return nothing
    notes.append(
        f"the forecast rests on {len(forecast.logged_days)} logged days, replayed under the plan"
    )
    return table
