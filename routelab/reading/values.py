"""Text and mixed columns to numbers, times and strings, whole columns at once."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

_MISSING = frozenset({"", "null", "none", "nan", "na", "n/a", "<na>"})
_ZONE = r"(?:[zZ]|[+-]\d{2}:?\d{2}|[+-]\d{2}|UTC|GMT)\s*$"
_RELATIVE_BELOW = 1e8  # seconds: 1973; smaller numbers are taken as seconds from a start
UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


def strings(column: pd.Series) -> pd.Series:
    """Return nullable strings, stripped; blanks and the usual words for "missing" become NA."""
    text = texts(column).str.strip()
    return text.mask(text.str.lower().isin(_MISSING).fillna(False).astype(bool))


def texts(column: pd.Series, *, empty_is_missing: bool = True) -> pd.Series:
    """Return nullable strings; lone surrogates become U+FFFD, so that they can be stored."""
    try:
        text = column.astype("string")
        if not pd.api.types.is_string_dtype(column.dtype) or column.dtype == object:
            text.str.len()
            "".join(text.dropna()).encode()
    except UnicodeEncodeError:
        plain = [v if _is_missing(v) else storable(str(v)) for v in column]
        text = pd.Series(plain, index=column.index, dtype="string")
    return text.mask((text == "").fillna(False).astype(bool)) if empty_is_missing else text


def storable(text: str) -> str:
    """Replace lone surrogates, which no file format can store."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value))


def numbers(column: pd.Series) -> tuple[pd.Series, np.ndarray]:
    """Return float64 (NaN = missing) and the mask of values that are no finite number."""
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        values = pd.Series(column.to_numpy(dtype="float64", na_value=np.nan), index=column.index)
        return values, np.isinf(values.to_numpy())
    text = strings(column)
    given = text.notna().to_numpy()
    values = pd.Series(np.nan, index=column.index, dtype="float64")
    parsed = pd.to_numeric(text[given].astype(object), errors="coerce").astype("float64")
    values[given] = parsed.to_numpy()
    array = values.to_numpy()
    bad = (given & np.isnan(array)) | np.isinf(array)
    return values.mask(bad), bad


def times(column: pd.Series, unit: str | None = None) -> tuple[pd.Series, str]:
    """Return stamps (datetime64[us, UTC], NaT where unreadable) and the zone they came in.

    Parameters
    ----------
    column : Series
        Datetimes, ISO 8601 text, or numbers.
    unit : {"s", "ms", "us", "ns"}, optional
        Of numbers that count from a start of their own ("relative"). Without it, numbers are
        epoch seconds, milliseconds, microseconds or nanoseconds by their size, and numbers that
        would fall before 1973 count as relative seconds.
    """
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        aware = isinstance(column.dtype, pd.DatetimeTZDtype)
        stamps = column.dt.tz_convert("UTC") if aware else column.dt.tz_localize("UTC")
        return stamps.astype("datetime64[us, UTC]"), "UTC" if aware else "assumed UTC"
    values, bad = numbers(column)
    numeric = values.notna().to_numpy()
    if unit is not None or (numeric.any() and numeric.sum() >= bad.sum()):
        return _from_numbers(values, unit)
    text = strings(column)
    stamps = pd.to_datetime(text.astype(object), utc=True, format="ISO8601", errors="coerce")
    stamps = stamps.mask(numeric).astype("datetime64[us, UTC]")
    readable = stamps.notna()
    zoned = text[readable].str.contains(_ZONE, regex=True, flags=re.IGNORECASE)
    return stamps, "UTC" if bool(zoned.all()) else "assumed UTC"


def _from_numbers(values: pd.Series, unit: str | None) -> tuple[pd.Series, str]:
    zone = "UTC"
    typical = float(values.median()) if values.notna().any() else 0.0
    if unit is not None or typical < _RELATIVE_BELOW:
        zone, scale = "relative", UNITS[unit or "s"]
    else:
        scale = next(
            UNITS[u]
            for u, top in (("s", 1e11), ("ms", 1e14), ("us", 1e17), ("ns", np.inf))
            if typical < top
        )
    seconds = values * scale
    sane = (seconds.abs() < 2e11).to_numpy()
    micros = (seconds.where(sane, 0.0) * 1e6).round().astype("int64")
    stamps = pd.to_datetime(micros, unit="us", utc=True).astype("datetime64[us, UTC]")
    return stamps.where(sane), zone
