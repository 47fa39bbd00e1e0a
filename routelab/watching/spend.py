"""Money: what a day cost against its forecast, and what a token cost against the price list."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
from scipy import stats

from routelab.catalog import Catalog
from routelab.forecasting import Forecast
from routelab.forecasting._days import kept_days, wall_clock, weekday
from routelab.watching.agreement import bare

SPEND_COLUMNS = (
    *(
        "day",
        "requests",
        "spend_usd",
        "q05",
        "q50",
        "q95",
        "outside",
        "low",
        "high",
        "beyond",
        "seen",
    ),
)
_LEAST_USD = 1e-9  # a day without spend has no logarithm
#: Fewest priced requests of a model.
FEWEST = 20


def full_days(traffic: pd.DataFrame, zone: str) -> frozenset[str]:
    """Return the days that a log holds in full.

    Parameters
    ----------
    traffic : DataFrame
        In the order of time.
    zone : str
        Whose days these are.
    """
    dates, keep, _ = kept_days(wall_clock(traffic["timestamp"], zone))
    return frozenset(str(date) for date in dates[keep])


def spend_table(
    traffic: pd.DataFrame,
    forecast: Forecast,
    *,
    alpha: float,
    full: Collection[str] | None = None,
) -> pd.DataFrame:
    r"""Return a row per full day of the log that the forecast covers.

    Parameters
    ----------
    traffic : DataFrame
        With ``cost_usd``.
    forecast : Forecast
    alpha : float
        Of all days together.
    full : collection of str, optional
        Days that are full, where `traffic` is a part of a log, which alone cannot tell. Default:
        the full days of `traffic`.

    Returns
    -------
    DataFrame
        ``spend_usd`` beside the forecast's ``q05``, ``q50``, ``q95``; ``outside`` of these, which a
        tenth of all days are; ``low``, ``high``, ``beyond`` of a wider interval; ``seen``: the
        forecast knows a day of that part of the week (Monday to Friday, or the weekend).

    Notes
    -----
    The band of a bootstrap of N days never leaves the days that it knows: a further day like them
    is outside of all of them in 2 of N + 1 cases. The wider interval is the prediction interval of
    a normal logarithm, :math:`m \pm t_{N-1} s \sqrt{1 + 1/N}`, at `alpha` over the number of days;
    with two or three logged days it is very wide, as it has to be.

    References
    ----------
    G. J. Hahn and W. Q. Meeker, Statistical Intervals, Wiley 1991, section 4.7.
    """
    if full is None:
        full = full_days(traffic, forecast.zone)
    day = wall_clock(traffic["timestamp"], forecast.zone).astype("datetime64[D]")
    dates = [str(date) for date in np.arange(day[0], day[-1] + 1)]
    cost = traffic["cost_usd"].to_numpy(float)
    known = set(forecast.days)
    judged = [date for date in dates if date in full and date in known]
    n_logged = len(forecast.logged_days)
    factor = stats.t.ppf(1 - alpha / (2 * max(1, len(judged))), max(1, n_logged - 1))
    # Every day of a path is one of the logged days: all of them tell how far these differ.
    logs = np.log(np.maximum(forecast.table[:, 0, :, 1], _LEAST_USD))
    deviation = float(logs.std() * np.sqrt((n_logged + 1) / max(1, n_logged - 1)))
    kinds = {_is_weekend(name) for name in forecast.logged_days}
    rows = []
    for name in judged:
        mine = day == np.datetime64(name)
        spend = float(cost[mine].sum())
        paths = forecast.table[:, 0, forecast.days.index(name), 1]
        q05, q50, q95 = np.quantile(paths, (0.05, 0.5, 0.95)).tolist()
        low, high = _wider(paths, deviation, float(factor))
        outside, beyond = not q05 <= spend <= q95, not low <= spend <= high
        row = (name, int(mine.sum()), spend, q05, q50, q95, outside, low, high, beyond)
        rows.append((*row, _is_weekend(name) in kinds))
    return pd.DataFrame(rows, columns=list(SPEND_COLUMNS))


def spend_total(table: pd.DataFrame, forecast: Forecast) -> tuple[float, float, float, float]:
    """Return what the judged days cost together, and 5, 50 and 95 % of the forecast's paths.

    Parameters
    ----------
    table : DataFrame
        From :func:`spend_table`.
    forecast : Forecast
    """
    places = [forecast.days.index(day) for day in table["day"]]
    q05, q50, q95 = np.quantile(forecast.table[:, 0, places, 1].sum(axis=1), (0.05, 0.5, 0.95))
    return float(table["spend_usd"].sum()), float(q05), float(q50), float(q95)


def _is_weekend(day: str) -> bool:
    return bool(weekday(np.array([day], "datetime64[D]"))[0] >= 5)


def _wider(paths: np.ndarray, deviation: float, factor: float) -> tuple[float, float]:
    """Return the prediction interval of one more day around the mean of these paths."""
    middle = np.log(np.maximum(paths, _LEAST_USD)).mean()
    # Days that hardly differ: a percent more is no alarm.
    half = max(factor * deviation, 0.01)
    return float(np.exp(middle - half)), float(np.exp(middle + half))


def price_table(
    reference: pd.DataFrame | None, new: pd.DataFrame, catalog: Catalog
) -> pd.DataFrame:
    """Return what answered requests cost against the catalog's price, per model.

    Returns
    -------
    DataFrame
        Per model: ``requests`` (answered and priced, 20 or more), ``ratio`` (median of logged over
        catalog cost), ``reference_ratio`` (NaN without one), and ``change``: the ratio over that of
        the reference, else over 1.
    """
    rows = []
    before = {} if reference is None else _ratios(reference, catalog)
    for name, (count, ratio) in _ratios(new, catalog).items():
        was = before.get(name, (0, np.nan))[1]
        rows.append((name, count, ratio, was, ratio / (1.0 if np.isnan(was) else was)))
    columns = ["model", "requests", "ratio", "reference_ratio", "change"]
    return pd.DataFrame(rows, columns=columns)


def _ratios(traffic: pd.DataFrame, catalog: Catalog) -> dict[str, tuple[int, float]]:
    by_name = {bare(name): catalog[name] for name in reversed(catalog.names)}
    by_name |= {name: catalog[name] for name in catalog.names}
    paid = traffic[(traffic["status"] == 200) & (traffic["cost_usd"] > 0)]
    paid = paid[paid["input_tokens"].notna() & paid["output_tokens"].notna()]
    found = {}
    for name, rows in paid.groupby("model"):
        model = by_name.get(str(name)) or by_name.get(bare(str(name)))
        if model is None or len(rows) < FEWEST:
            continue
        tokens = [
            rows[column].to_numpy(float)
            for column in ("input_tokens", "output_tokens", "cached_input_tokens")
        ]
        tokens[2] = np.minimum(tokens[2], tokens[0])
        listed = catalog.cost(model, *tokens)
        priced = listed > 0
        if priced.sum() >= FEWEST:
            ratio = np.median(rows["cost_usd"].to_numpy(float)[priced] / listed[priced])
            found[str(name)] = int(priced.sum()), float(ratio)
    return found
