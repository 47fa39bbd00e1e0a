"""Which rows of a log say something about a model."""

from __future__ import annotations

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.catalog import Catalog
from routelab.traffic.schema import check_traffic

#: Failures that a provider answers for, by class. Every other status from 400 on is a mistake or
#: a limit of the caller (400, 401, 402, 403, 404, 422, ...) and says nothing about the provider.
CLASSES = ("rate_limit", "timeout", "server")


def class_of_status(status: np.ndarray) -> np.ndarray:
    """Return "", "caller" or one of `CLASSES` for each HTTP status.

    Examples
    --------
    >>> class_of_status(np.array([200, 404, 408, 429, 500, 504])).tolist()
    ['', 'caller', 'timeout', 'rate_limit', 'server', 'timeout']
    """
    rules = [status < 400, status == 429, (status == 408) | (status == 504), status >= 500]
    return np.select(rules, ["", "rate_limit", "timeout", "server"], default="caller")


def modelled(traffic: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that name a model and that no cache or fallback has coloured.

    Raises
    ------
    InputError
        There are none.
    """
    frame = check_traffic(traffic)
    kept = frame[frame["model"].notna() & ~frame["censored"]]
    if len(kept) == 0:
        raise InputError(
            f"none of the {len(frame):,} requests can be fitted: rows must name a model and must "
            "not be censored (cache hits, fallbacks)"
        )
    return kept.reset_index(drop=True)


def floats(frame: pd.DataFrame, name: str) -> np.ndarray:
    """Return a column as float64 (n,), NaN where missing."""
    return frame[name].to_numpy(np.float64, na_value=np.nan)


def providers(frame: pd.DataFrame, catalog: Catalog | None) -> pd.Series:
    """Return the provider of each row: the log's, else the catalog's for its model, else NA."""
    book = Catalog.bundled() if catalog is None else catalog
    known = {}
    for name in book:
        known[name] = book[name].provider
        gateway_name = book[name].litellm_model
        if gateway_name:
            known.setdefault(gateway_name, book[name].provider)
    return frame["provider"].fillna(frame["model"].map(known).astype("string"))


def check_least(min_requests: int) -> int:
    """Return `min_requests` when it is a whole number from 1 on."""
    if isinstance(min_requests, bool) or not isinstance(min_requests, (int, np.integer)):
        raise InputError(f"'min_requests' must be a whole number, got {min_requests!r}")
    if min_requests < 1:
        raise InputError(f"'min_requests' must be at least 1, got {min_requests}")
    return int(min_requests)
