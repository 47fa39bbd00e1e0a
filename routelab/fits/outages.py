"""Windows of a log in which a provider was down."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.catalog import Catalog
from routelab.fits._cusum import scan
from routelab.fits._rows import class_of_status, modelled, providers
from routelab.outages import COLUMNS

_OTHERS = 5  # answered calls of other models that clear the provider as a whole
_OVER = pd.Timedelta(minutes=1)  # an outage ends at most so long after the last failure seen


def outages_from_log(
    traffic: pd.DataFrame,
    *,
    catalog: Catalog | None = None,
    outage_rate: float = 0.5,
    alpha: float = 0.01,
    gap: str | pd.Timedelta = "5min",
    min_failures: int = 5,
) -> pd.DataFrame:
    """Find the windows in which a provider's calls failed far more often than usual.

    Per provider, in the order of time: the cumulative sum of the log likelihood ratio of
    `outage_rate` against the provider's own base rate, which is taken outside of the windows.
    With independent failures at the base rate, a window would be found anywhere in the log with
    a chance of at most `alpha`. Windows less than `gap` apart are merged. Mistakes of the
    caller (400, 401, 402, 403, 404, 422, ...) count neither as failures nor as successes; 429
    does count, for it may be the caller's own burst: its windows have the status 429.

    Parameters
    ----------
    traffic : DataFrame
        In the traffic schema.
    catalog : Catalog, optional
        Names the providers of models where the log does not. Default: the bundled one.
    outage_rate : float, default=0.5
        Share of failing calls that is an outage, in (0, 1).
    alpha : float, default=0.01
        Chance of a false window in the whole log, in (0, 1).
    gap : str or Timedelta, default="5min"
    min_failures : int, default=5
        Windows with fewer failures are dropped: one client may have repeated one bad request.

    Returns
    -------
    DataFrame of shape (n_outages, 7)
        As :func:`routelab.read_outages` returns: `start` (first failure), `end` (first success
        after the last failure, at most a minute after it), `provider`, `service` (NA), `model`
        (NA, unless other models of the provider answered at least 5 calls of the window and none
        of theirs failed), `status` (the most frequent), `probability` (share of failures).
        ``frame.attrs["notes"]`` tells counts and base rates.

    Raises
    ------
    InputError
        No row names a model, no provider is known, or a parameter is out of range.

    References
    ----------
    Page (1954), Continuous inspection schemes, Biometrika 41; Ville's inequality for the bound.

    Examples
    --------
    >>> from routelab.datasets import load_traffic
    >>> found = outages_from_log(load_traffic())
    >>> found[["start", "status"]].astype(str).to_numpy().tolist()[0]
    ['2026-11-11 13:05:00.791+00:00', '503']
    """
    for name, value in (("outage_rate", outage_rate), ("alpha", alpha)):
        if not 0 < value < 1:
            raise InputError(f"'{name}' must be in (0, 1), got {value!r}")
    if min_failures < 1:
        raise InputError(f"'min_failures' must be at least 1, got {min_failures!r}")
    frame = modelled(traffic)
    frame["provider"] = providers(frame, catalog)
    kind = class_of_status(frame["status"].to_numpy(np.int64))
    frame["failed"] = (kind != "") & (kind != "caller")
    frame = frame[(kind != "caller") & frame["provider"].notna().to_numpy()]
    if len(frame) == 0:
        raise InputError(
            "no request has a provider: add the column 'provider', or give a catalog that has its "
            "model"
        )
    h = math.log(len(frame) / alpha)  # over all providers
    rows: list[dict[str, Any]] = []
    notes = []
    for provider, own in frame.groupby("provider", sort=True):
        runs, rate = scan(own["failed"].to_numpy(), outage_rate, h)
        windows = _windows(own.reset_index(drop=True), runs, pd.Timedelta(gap), min_failures)
        rows += [{"provider": provider, **window} for window in windows]
        told = f"{provider}: {len(own):,} calls, base failure rate {rate:.2%}, "
        told += f"{len(windows)} outages"
        if rate > outage_rate / 2:
            told += f": it fails too often to tell outages of {outage_rate:.0%} from the rest"
        notes.append(told)
    return _typed(rows, notes)


def in_outages(frame: pd.DataFrame, outages: pd.DataFrame) -> np.ndarray:
    """Return which calls fall into an outage of their provider and model, bool (n,)."""
    inside = np.zeros(len(frame), dtype=bool)
    has_model = "model" in outages.columns
    for row in outages.to_dict("records"):
        mine = (frame["timestamp"] >= row["start"]) & (frame["timestamp"] < row["end"])
        mine &= (frame["provider"] == row["provider"]).fillna(False)
        if has_model and not pd.isna(row["model"]):
            mine &= frame["model"] == row["model"]
        inside |= mine.to_numpy(dtype=bool)
    return inside


def _windows(
    own: pd.DataFrame, runs: list[list[int]], gap: pd.Timedelta, least: int
) -> list[dict[str, Any]]:
    """Merge the runs of one provider and describe each."""
    stamps = own["timestamp"]
    merged: list[list[int]] = []
    for first, last in runs:
        if merged and stamps[first] - stamps[merged[-1][1]] < gap:
            merged[-1][1] = last
        else:
            merged.append([first, last])
    failed = own["failed"].to_numpy()
    found = []
    for first, last in merged:
        calls = own.iloc[first : last + 1]
        if calls["failed"].sum() < least:
            continue
        later = np.flatnonzero(~failed[last + 1 :])
        end = stamps[last] + _OVER
        if len(later):
            end = min(end, stamps[last + 1 + later[0]])
        found.append(
            {
                "start": stamps[first],
                "end": max(end, stamps[last] + pd.Timedelta(microseconds=1)),
                "model": _culprit(calls),
                "status": int(calls.loc[calls["failed"], "status"].mode()[0]),
                "probability": float(calls["failed"].mean()),
            }
        )
    return found


def _culprit(calls: pd.DataFrame) -> Any:
    """Return the one model that failed while others answered, else NA."""
    failing = calls.loc[calls["failed"], "model"].unique()
    answered = ~calls["failed"] & (calls["model"] != failing[0])
    return failing[0] if len(failing) == 1 and answered.sum() >= _OTHERS else pd.NA


def _typed(rows: list[dict[str, Any]], notes: list[str]) -> pd.DataFrame:
    types = {
        "start": "datetime64[us, UTC]", "end": "datetime64[us, UTC]", "provider": "string",
        "service": "string", "model": "string", "status": "int16", "probability": "float64",
    }  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype(types)
    frame = frame.sort_values(["start", "end"], kind="stable").reset_index(drop=True)
    frame.attrs["notes"] = notes
    return frame
