"""How often a call fails outside of outages, by model and provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from routelab._checks import InputError
from routelab.catalog import Catalog
from routelab.fits._rows import CLASSES, check_least, class_of_status, modelled, providers
from routelab.fits.outages import in_outages, outages_from_log

COLUMNS = (
    "model", "provider", "n", "failures", "probability", "low", "high", *CLASSES, "caller_errors",
    "in_outages", "source",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class FailureModel:
    """Failure probabilities by model and provider.

    Attributes
    ----------
    table : DataFrame
        One row per `model` and `provider` (NA where none is known): `n` calls and `failures`
        outside of outages, `probability` with its 95 % interval `low`, `high` (Wilson 1927),
        of which `rate_limit` (429), `timeout` (408, 504) and `server` (other 5xx);
        `caller_errors` (not counted in n) and calls `in_outages` (neither); `source` in words.
        NaN and the reason as source where there are too few calls.
    """

    table: pd.DataFrame

    def probability(self, model: str, provider: str | None = None) -> float:
        """Return the failure probability of a call, NaN where it is not known.

        Parameters
        ----------
        model : str
        provider : str, optional
            A row of the same model without a provider stands in for it. None: any, if the
            model has one row.
        """
        mine = self.table[self.table["model"] == model]
        if provider is not None:
            exact = mine[mine["provider"] == provider]
            mine = exact if len(exact) else mine[mine["provider"].isna()]
        return float(mine["probability"].iloc[0]) if len(mine) == 1 else float("nan")

    def notes(self) -> list[str]:
        """Say in sentences what each probability rests on."""
        told = []
        for row in self.table.to_dict("records"):
            at = "" if pd.isna(row["provider"]) else f" at {row['provider']}"
            share = "" if np.isnan(row["probability"]) else f"{row['probability']:.2%}, "
            told.append(f"failures of {row['model']}{at}: {share}{row['source']}")
        return told


def fit_failures(
    traffic: pd.DataFrame,
    *,
    outages: pd.DataFrame | None = None,
    catalog: Catalog | None = None,
    min_requests: int = 50,
) -> FailureModel:
    """Fit how often calls fail in normal times.

    Provider's failures are timeouts, rate limits and server errors; mistakes of the caller are
    left out. Calls in outage windows are left out, too, for a replay gets these as a schedule.
    Where the log shows only the last attempt of a request, failures that a retry healed are not
    in it, and the probability is too low.

    Parameters
    ----------
    traffic : DataFrame
        In the traffic schema.
    outages : DataFrame, optional
        Windows to leave out, from :func:`routelab.read_outages` or :func:`outages_from_log`
        (without rows: none). Default: found in the log.
    catalog : Catalog, optional
        Names the providers of models where the log does not. Default: the bundled one.
    min_requests : int, default=50
        Fewer calls: NaN, with the reason as `source`.

    Returns
    -------
    FailureModel

    Raises
    ------
    InputError
        No row names a model, or a parameter is out of range.

    Examples
    --------
    >>> from routelab.datasets import load_traffic
    >>> failures = fit_failures(load_traffic())
    >>> round(failures.probability("gpt-4o", "openai"), 4)
    0.0045
    """
    least = check_least(min_requests)
    frame = modelled(traffic)
    frame["provider"] = providers(frame, catalog)
    if outages is None:
        known = frame["provider"].notna().any()
        outages = outages_from_log(traffic, catalog=catalog) if known else pd.DataFrame()
        how = f"{len(outages)} outages found in the log left out"
    else:
        missing = sorted({"start", "end", "provider"} - set(outages.columns))
        if missing and len(outages):
            raise InputError(f"an outage schedule needs the column {missing[0]!r}")
        how = f"{len(outages)} given outages left out"
    frame["class"] = class_of_status(frame["status"].to_numpy(np.int64))
    frame["out"] = in_outages(frame, outages)
    groups = frame.groupby(["model", "provider"], dropna=False, sort=True)
    rows = [
        {"model": model, "provider": provider, **_fit_one(own, least, how)}
        for (model, provider), own in groups
    ]
    return FailureModel(failure_table(rows))


def failure_table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows as a typed table."""
    types = dict.fromkeys(COLUMNS, "float64")
    types |= dict.fromkeys(("n", "failures", "caller_errors", "in_outages"), "int64")
    types |= dict.fromkeys(("model", "provider", "source"), "string")
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(types)


def _fit_one(own: pd.DataFrame, least: int, how: str) -> dict[str, Any]:
    calls = own.loc[~own["out"], "class"]
    caller = int((calls == "caller").sum())
    n = len(calls) - caller
    failures = int(calls.isin(CLASSES).sum())
    row: dict[str, Any] = {
        "n": n,
        "failures": failures,
        "caller_errors": caller,
        "in_outages": int(own["out"].sum()),
        "source": f"{failures:,} of {n:,} calls failed, {how}",
    }
    if n < least:
        return row | {"source": f"not fitted: {n:,} calls, fewer than {least}"}
    interval = binomtest(failures, n).proportion_ci(0.95, method="wilson")
    row |= {name: float((calls == name).sum()) / n for name in CLASSES}
    return row | {"probability": failures / n, "low": interval.low, "high": interval.high}
