"""The columns of traffic: names, types, and the one check that every frame of requests passes."""

from __future__ import annotations

import os
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from routelab._checks import InputError, atomic_file

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Column name to pandas dtype, in order.
COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "request_id": "string",
        "timestamp": "datetime64[us, UTC]",
        "model": "string",
        "provider": "string",
        "input_tokens": "Int64",
        "output_tokens": "Int64",
        "cached_input_tokens": "Int64",
        "reasoning_tokens": "Int64",
        "latency_s": "float64",
        "ttft_s": "float64",
        "cost_usd": "float64",
        "status": "Int16",
        "error_class": "string",
        "user": "string",
        "tier": "string",
        "session_id": "string",
        "prompt": "string",
        "censored": "bool",
    }
)

TOKENS = ("input_tokens", "output_tokens", "cached_input_tokens", "reasoning_tokens")
MEASURES = ("latency_s", "ttft_s", "cost_usd")
TEXTS = tuple(name for name, dtype in COLUMNS.items() if dtype == "string")
REQUIRED = ("timestamp", "input_tokens", "output_tokens")
_DEFAULTS = {"cached_input_tokens": 0, "reasoning_tokens": 0, "status": 200, "censored": False}


def check_traffic(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` as traffic: every column present, typed, in time order.

    Parameters
    ----------
    frame : DataFrame of shape (n_requests, any)
        Needs `timestamp` (time zone aware), `input_tokens` and `output_tokens`. Other columns of
        `COLUMNS` are added when absent: cached and reasoning tokens 0, status 200, censored
        False, `request_id` the position (``"r0"``, ``"r1"``, ...), the rest missing. Columns
        that are not in `COLUMNS` are kept, after the others.

    Returns
    -------
    DataFrame of shape (n_requests, >= 18)
        A new frame with a fresh index, sorted by `timestamp` (stable).

    Raises
    ------
    InputError
        A required column is absent, a stamp is missing or has no zone, tokens or a cost are
        negative, or a value has the wrong type; the message names the column and the row.

    Examples
    --------
    >>> import pandas as pd
    >>> stamps = pd.to_datetime(["2026-01-05T10:00:00Z"])
    >>> raw = pd.DataFrame({"timestamp": stamps, "input_tokens": [12], "output_tokens": [5]})
    >>> traffic = check_traffic(raw)
    >>> traffic.request_id[0], int(traffic.status[0]), len(traffic.columns)
    ('r0', 200, 18)
    """
    for name in REQUIRED:
        if name not in frame.columns:
            raise InputError(f"traffic needs the column {name!r}, got {list(frame.columns)}")
    if not isinstance(frame["timestamp"].dtype, pd.DatetimeTZDtype):
        raise InputError(
            "the column 'timestamp' must be time zone aware datetimes, "
            f"got {frame['timestamp'].dtype}; use pd.to_datetime(..., utc=True)"
        )
    out = complete(frame)
    if out["timestamp"].isna().any():
        row = int(np.flatnonzero(out["timestamp"].isna())[0])
        raise InputError(f"the column 'timestamp' is missing in row {row}")
    for name in (*TOKENS, *MEASURES):
        negative = (out[name] < 0).fillna(False).to_numpy(dtype=bool)
        if negative.any():
            row = int(np.flatnonzero(negative)[0])
            raise InputError(
                f"the column {name!r} must be >= 0, got {out[name].iloc[row]} (row {row})"
            )
    if not out["timestamp"].is_monotonic_increasing:
        out = out.sort_values("timestamp", kind="stable")
    return out.reset_index(drop=True)


def complete(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` with every column of `COLUMNS`, typed, in order, then its other columns."""
    columns = {name: _column(frame, name, dtype) for name, dtype in COLUMNS.items()}
    columns |= {name: frame[name] for name in frame.columns if name not in COLUMNS}
    return pd.DataFrame(columns, index=frame.index, copy=False)


def write_traffic(frame: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write traffic as Parquet (zstd) that :func:`routelab.read_log` reads back unchanged.

    Parameters
    ----------
    frame : DataFrame
        Anything that :func:`check_traffic` accepts.
    path : str or path
        Replaced only when all is written.
    """
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(check_traffic(frame), preserve_index=False)
    with atomic_file(path) as temporary:
        pq.write_table(tagged(table), temporary, compression="zstd")


def tagged(table: pa.Table) -> pa.Table:
    """Mark a table as traffic, for its reader."""
    kept = {**(table.schema.metadata or {}), b"routelab.traffic": b"1"}
    return table.replace_schema_metadata(kept)


def _column(frame: pd.DataFrame, name: str, dtype: str) -> pd.Series:
    if name not in frame.columns:
        if name == "request_id":
            return pd.Series([f"r{i}" for i in range(len(frame))], index=frame.index, dtype=dtype)
        return pd.Series(_absent(name, dtype, len(frame)), index=frame.index, copy=False)
    column = frame[name]
    if name in _DEFAULTS and column.isna().any():
        column = column.fillna(_DEFAULTS[name])
    try:
        return column.astype(dtype)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"the column {name!r} cannot be read as {dtype}: {error}") from error


def _absent(name: str, dtype: str, count: int) -> Any:
    """Return an array for a column that the frame lacks; pandas takes seconds for ten million."""
    if dtype == "string":
        return pd.array(pa.nulls(count, pa.large_string()), dtype="string")
    if dtype == "float64":
        return np.full(count, np.nan)
    if dtype == "bool":
        return np.zeros(count, dtype=bool)
    values = np.full(count, _DEFAULTS.get(name, 1), dtype=dtype.lower())
    return pd.arrays.IntegerArray(values, np.full(count, name not in _DEFAULTS))
