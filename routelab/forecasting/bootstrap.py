"""What the coming days may bring: a block bootstrap over logged days, replayed with the plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import joblib
import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.forecasting._accounts import calendar_budgets, label_of
from routelab.forecasting._days import check_blocks, weekday
from routelab.forecasting._paths import Path, Source, play, source_of
from routelab.forecasting.growth import check_factor
from routelab.forecasting.result import Forecast
from routelab.plan import Plan


def forecast(
    traffic: pd.DataFrame,
    plan: Plan,
    *,
    days: int = 30,
    n_paths: int = 200,
    block_days: int = 1,
    by_weekday: bool | None = None,
    growth: float = 1.0,
    outages: pd.DataFrame | None = None,
    top_users: int = 5,
    seed: int = 0,
    n_jobs: int = -1,
    progress: Callable[[int, int], None] | None = None,
) -> Forecast:
    """Say what a plan may spend, and when its budgets run out, if days go on as logged.

    Whole local days of the log are drawn with replacement and put one after the other, from the day
    after the last full one. Each such path is replayed as one trace: budgets, cooldowns and rate
    limits carry over from day to day. What differs between paths is which days came and in which
    order, and the luck of the draws in the simulator.

    Parameters
    ----------
    traffic : DataFrame
        At least 2 full local days, in the time zone of the plan's first calendar budget, else UTC.
    plan : Plan
    days : int
        Length of each path, in days.
    n_paths : int
    block_days : int
        Days drawn together, so that what lasts several days stays together.
    by_weekday : bool, optional
        Play a logged Monday on Mondays only, and so on. Default: with blocks of 7 days or more.
    growth : float
        Requests per hour against the log; see :func:`grow`. The same users ask more.
    outages : DataFrame, optional
        Outages of the log's days, from :func:`routelab.read_outages`: a day that is drawn brings
        its own.
    top_users : int
        How many users, those with the most requests in the log, are reported one by one.
    seed : int
        Two plans with the same seed and traffic meet the same days.
    n_jobs : int
        Threads, as joblib counts them.
    progress : callable, optional
        Called with (paths done, paths in all). Default: a progress bar after two seconds.

    Returns
    -------
    Forecast
        After Ctrl-C, of the paths that were done, with a note.

    Raises
    ------
    InputError
        Fewer than 2 full days, a block longer than the log, or a weekday that the log lacks.

    Notes
    -----
    A bootstrap of N days knows N days. It says how far spend may swing because good and bad days of
    the kind that was logged fall together. It says nothing of a trend, of seasons longer than the
    log, of new customers or days unlike any logged; the distribution of a single day rests on N
    values, so its 5 and 95 % quantiles are rough below some 20 days. Drawing days alone
    (``block_days=1``) takes them as exchangeable: weekdays mix, and runs of heavy days are broken.

    References
    ----------
    H. R. Künsch, "The jackknife and the bootstrap for general stationary observations", Annals of
    Statistics 17 (1989) 1217-1241 (blocks). D. N. Politis and J. P. Romano, "A circular
    block-resampling procedure for stationary data", in Exploring the Limits of Bootstrap, Wiley
    1992, 263-270 (without weekdays). D. N. Politis, "Resampling time series with seasonal
    components", Proc. 33rd Symposium on the Interface, 2001, 619-621 (with weekdays).

    Examples
    --------
    >>> stamps = pd.date_range("2026-01-05", periods=96, freq="h", tz="UTC")
    >>> traffic = pd.DataFrame({"timestamp": stamps, "input_tokens": 1000, "output_tokens": 100})
    >>> plan = Plan(models={"cheap": "gpt-4o-mini"}, default="cheap")
    >>> result = forecast(traffic, plan, days=10, n_paths=4)
    >>> round(float(result.horizon.loc[("total", "", "spend_usd"), "q50"]), 4)  # 240 x 0.00021
    0.0504
    """
    for name, number in (("days", days), ("n_paths", n_paths)):
        if number < 1:
            raise InputError(f"{name} must be at least 1, got {number}")
    check_factor(growth)
    plan = plan.fitted()
    source = source_of(traffic, plan, outages, top_users)
    target = source.days.dates[-1] + 1 + np.arange(days)
    keep_weekday = block_days >= 7 if by_weekday is None else by_weekday
    check_blocks(source.days, target, block_days, keep_weekday)
    options = {"block_days": block_days, "keep_weekday": keep_weekday, "growth": growth}
    with _told(progress, n_paths) as tell:
        paths = _play_all(source, target, n_paths, n_jobs, tell, {**options, "seed": seed})
    if not paths:
        raise KeyboardInterrupt
    notes = _notes(source, target, len(paths), n_paths, block_days, keep_weekday, growth)
    return Forecast(
        plan=plan,
        zone=source.zone,
        days=tuple(str(day) for day in target),
        logged_days=tuple(str(day) for day in source.days.dates),
        names=source.names,
        budgets=tuple(label_of(budget) for budget in calendar_budgets(plan)),
        table=np.stack([path.table for path in paths]),
        exhaustion=np.stack([path.budgets for path in paths]),
        notes=(*notes, *(f"first path: {note}" for note in paths[0].notes)),
    )


def _play_all(
    source: Source,
    target: np.ndarray,
    n_paths: int,
    n_jobs: int,
    tell: Callable[[int, int], None],
    options: dict,
) -> list[Path]:
    """Play the paths in batches on threads; an interrupt keeps the batches that are done."""
    workers = min(joblib.effective_n_jobs(n_jobs), n_paths)
    batch = 2 * workers
    paths: list[Path] = []
    try:
        with joblib.Parallel(n_jobs=workers, prefer="threads") as run:
            for start in range(0, n_paths, batch):
                numbers = range(start, min(start + batch, n_paths))
                paths += run(
                    joblib.delayed(play)(source, target, number=i, **options) for i in numbers
                )
                tell(len(paths), n_paths)
    except KeyboardInterrupt:
        if not paths:
            raise
    return paths


@contextmanager
def _told(
    progress: Callable[[int, int], None] | None, total: int
) -> Iterator[Callable[[int, int], None]]:
    """Give the caller's callback, or else a bar that shows itself after two seconds."""
    if progress is not None:
        yield progress
        return
    from tqdm.auto import tqdm

    with tqdm(total=total, desc="forecast", unit="path", delay=2, leave=False) as bar:

        def tell(done: int, _: int) -> None:
            bar.update(done - bar.n)

        yield tell


def _notes(
    source: Source,
    target: np.ndarray,
    done: int,
    wanted: int,
    block_days: int,
    keep_weekday: bool,
    growth: float,
) -> list[str]:
    logged = source.days
    notes = []
    if done < wanted:
        notes.append(f"stopped early: {done} of {wanted} paths were played")
    notes.append(
        f"the bands show how {len(logged)} logged days ({logged.dates[0]} to {logged.dates[-1]}, "
        f"{source.zone}) may follow each other: no trend, no longer season, no new customers, no "
        "day unlike those"
    )
    if len(logged) < 20:
        notes.append(
            f"the 5 and 95 % quantiles of a single day rest on {len(logged)} different days"
        )
    if logged.left_out:
        notes.append(f"not full, so never drawn: {', '.join(logged.left_out)}")
    empty = int((np.diff(logged.first) == 0).sum())
    if empty:
        notes.append(f"{empty} logged days hold no request and are drawn like any other")
    if keep_weekday:
        counts = np.bincount(weekday(logged.dates), minlength=7)[np.unique(weekday(target))]
        notes.append(
            f"weekdays are kept: each is drawn from {counts.min()} to {counts.max()} logged days"
        )
        if counts.max() == 1:
            notes.append("every weekday was logged once, so all paths play the same days")
    else:
        notes.append("weekdays are not kept: a logged Sunday may be played on a Monday")
    if growth != 1.0:
        notes.append(f"requests per hour are {growth:g} times those of the log, by the same users")
    zones = {budget.timezone for budget in calendar_budgets(source.plan)} - {source.zone}
    if zones:
        notes.append(
            f"days are cut at midnight in {source.zone}; budgets in {', '.join(sorted(zones))} "
            "meet the seams within their days"
        )
    if any(not budget.is_calendar for budget in source.plan.budgets):
        notes.append(
            "budgets of providers and deployments act in the paths, but have no day of which an "
            "exhaustion could be told"
        )
    return notes
