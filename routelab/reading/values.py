"""Text and mixed columns to numbers, times and strings, whole columns at once.

Columns of plain text go through Arrow's kernels; only columns that these refuse (mixed types, a
value that is no number) are taken apart value by value.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_MISSING = frozenset({"", "null", "none", "nan", "na", "n/a", "<na>"})
#: How "missing" is spelled in files.
SPELLED = sorted({form for word in _MISSING for form in (word, word.upper(), word.title(), "NaN")})
_SPELLED = pa.array(SPELLED, pa.large_string())
_LONGEST_MISSING = max(len(word) for word in SPELLED)
_STAMPS = (
    (pa.timestamp("us", "UTC"), "UTC"), (pa.timestamp("us"), "assumed UTC"),
    (pa.timestamp("ns", "UTC"), "UTC"), (pa.timestamp("ns"), "assumed UTC"),
)  # fmt: skip
_ZONE = r"(?:[zZ]|[+-]\d{2}:?\d{2}|[+-]\d{2}|UTC|GMT)\s*$"
_RELATIVE_BELOW = 1e8  # seconds: 1973; smaller numbers are taken as seconds from a start
UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


def strings(column: pd.Series) -> pd.Series:
    """Return nullable strings, stripped; blanks and the usual words for "missing" become NA."""
    array = _arrow(texts(column, empty_is_missing=False))
    if _edges_may_be_blank(array):
        array = pc.utf8_trim_whitespace(array)
    if _some_are_short(array):
        array = _without(array, _SPELLED)
    return _series(array, column.index)


def texts(column: pd.Series, *, empty_is_missing: bool = True) -> pd.Series:
    """Return nullable strings; lone surrogates become U+FFFD, so that they can be stored."""
    if isinstance(column.dtype, pd.StringDtype):
        arrow = _arrow(column)
    else:
        try:
            arrow = _arrow(column.astype("string"))
        except (UnicodeEncodeError, pa.ArrowException):
            plain = [None if _is_missing(v) else storable(str(v)) for v in column]
            arrow = pa.array(plain, pa.large_string())
    if empty_is_missing:
        arrow = _without(arrow, pa.array([""], pa.large_string()))
    return _series(arrow, column.index)


def storable(text: str) -> str:
    """Replace lone surrogates, which no file format can store."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def numbers(column: pd.Series) -> tuple[pd.Series, np.ndarray]:
    """Return float64 (NaN = missing) and the mask of values that are no finite number."""
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        values = pd.Series(column.to_numpy(dtype="float64", na_value=np.nan), index=column.index)
        return values, np.isinf(values.to_numpy())
    text = strings(column)
    try:
        parsed = pc.cast(_arrow(text), pa.float64())
        array = np.array(parsed.to_numpy(zero_copy_only=False), dtype="float64")
        bad = np.zeros(len(array), dtype=bool)
    except pa.ArrowInvalid:
        given = text.notna().to_numpy()
        array = np.full(len(text), np.nan)
        parsed = pd.to_numeric(text[given].astype(object), errors="coerce")
        array[given] = parsed.astype("float64").to_numpy()
        bad = given & np.isnan(array)
    bad |= np.isinf(array)
    array[bad] = np.nan
    return pd.Series(array, index=column.index), bad


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
    if unit is None and isinstance(column.dtype, pd.StringDtype):
        plain = _iso(column)
        if plain is not None:
            return plain
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


def arrow_type(value: str, kind: str) -> pa.DataType | None:
    """Return Arrow's type for a column of this kind ("number" or "time") from one of its values.

    None where it must stay text, such as a stamp that Arrow does not read.
    """
    types = [pa.int64(), pa.float64()]
    if kind == "time":
        types = [*(stamp for stamp, _ in _STAMPS), pa.float64()]
    for found in types:
        try:
            pc.cast(pa.array([value]), found)
        except pa.ArrowInvalid:
            continue
        return found
    return None


def _iso(column: pd.Series) -> tuple[pd.Series, str] | None:
    """Read a column in which every stamp is plain ISO 8601, all with a zone or all without.

    Anything else is None.
    """
    text = _arrow(column)
    for kind, zone in _STAMPS[2:]:
        try:
            stamps = pc.cast(text, kind)
        except pa.ArrowInvalid:
            continue
        micros = pc.divide(pc.cast(stamps, pa.int64()), 1000)
        if pc.min(micros).as_py() is None or micros.null_count:
            return None
        array = micros.to_numpy(zero_copy_only=False).view("datetime64[us]")
        return pd.Series(array, index=column.index).dt.tz_localize("UTC"), zone
    return None


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


def _arrow(column: pd.Series) -> pa.Array:
    """Return the Arrow array behind a column of nullable strings."""
    array = pa.array(column.array, from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    return array if array.type == pa.large_string() else array.cast(pa.large_string())


def _some_are_short(array: pa.Array) -> bool:
    """Tell whether a text is as short as the words for "missing" are."""
    places = np.frombuffer(array.buffers()[1], dtype=np.int64)[array.offset :][: len(array) + 1]
    return bool((np.diff(places) <= _LONGEST_MISSING).any())


def _edges_may_be_blank(array: pa.Array) -> bool:
    """Tell whether a text may begin or end with white space, from its first and last byte."""
    _, offsets, data = array.buffers()
    if data is None or not data.size:
        return False
    places = np.frombuffer(offsets, dtype=np.int64)[array.offset :][: len(array) + 1]
    filled = places[1:] > places[:-1]
    text = np.frombuffer(data, dtype=np.uint8)
    for edge in (text[places[:-1][filled]], text[places[1:][filled] - 1]):
        if ((edge <= 32) | (edge >= 128)).any():
            return True
    return False


def _series(array: pa.Array, index: pd.Index) -> pd.Series:
    dtype = pd.StringDtype("pyarrow")
    strings_ = dtype.__from_arrow__(array)  # type: ignore[attr-defined]
    return pd.Series(strings_, index=index, dtype=dtype)


def _without(array: pa.Array, words: pa.Array) -> pa.Array:
    """Return `array` with these words as missing."""
    found = pc.is_in(array, value_set=words)
    if not pc.any(found).as_py():
        return array
    return pc.if_else(found, pa.scalar(None, pa.large_string()), array)


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value))
