"""What the logs of observability tools share: stamps in many forms, usage in many spellings."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from routelab.reading.files import Rows, dig
from routelab.reading.notes import Note
from routelab.reading.values import numbers, times

_START = datetime(1970, 1, 1, tzinfo=UTC)
_CLASS = re.compile(r"\s*(?:[a-z_]+\.)*([A-Z]\w*(?:Error|Exception|Timeout))\b")
# A bare number is a status only where a status stands: "503: ...", "(429)", "400 Bad Request".
_CODE = re.compile(
    r"(?:^\s*|\()([45]\d\d)(?=\s*(?:$|[):{-]|[A-Z]))"
    r"|(?i:status|code|http)[^\d/]{0,12}([45]\d\d)(?!\d)"
)
_STATUS = re.compile(r"[1-5][0-9]{2}")
_NUMBER = re.compile(r"\s*\d{1,18}(?:\.\d{1,18})?\s*")


def moment(value: Any) -> Any:
    """Return a stamp as ISO text: ``[seconds, nanoseconds]``, epoch numbers (also as text), ISO."""
    if isinstance(value, list) and len(value) == 2 and all(type(part) is int for part in value):
        return _iso(value[0] * 1_000_000 + value[1] // 1000, value)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 30:
        value = int(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        size = abs(value)
        for top, factor in ((1e11, 10**6), (1e14, 10**3), (1e17, 1)):
            if size < top:
                return _iso(round(value * factor), value)
        return _iso(int(value) // 1000, value) if size < 1e20 else str(value)
    return value


def _iso(micros: int, given: Any) -> str:
    try:
        return (_START + timedelta(microseconds=micros)).isoformat()
    except OverflowError:
        return str(given)


def pick(record: Any, *paths: str) -> Any:
    """Return the first of these fields that has a value; dots lead into nested objects."""
    for path in paths:
        value = dig(record, path)
        if value is not None and value != "":
            return value
    return None


def count(value: Any) -> float:
    """Return a number (also one in text) for arithmetic, 0 for anything else.

    What no float holds is infinite, which is refused or reported as any other wrong count.
    """
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return 0
    return value if abs(value) < 1e300 else float("inf")


def seconds(millis: Any) -> Any:
    """Return milliseconds as seconds; what is no number stays, and is reported later."""
    try:
        return millis if millis is None or isinstance(millis, bool) else float(millis) / 1000
    except (TypeError, ValueError, OverflowError):
        return millis


def status_of(*values: Any) -> int | None:
    """Return the first HTTP status among these values: a number, or named in a message."""
    for value in values:
        if isinstance(value, int | float) and not isinstance(value, bool) and 100 <= value <= 599:
            return int(value)
        if isinstance(value, str):
            plain = value.strip()
            found = _CODE.search(value[:500])
            if _STATUS.fullmatch(plain):
                return int(plain)
            if found:
                return int(found.group(1) or found.group(2))
    return None


def class_of(*values: Any) -> str | None:
    """Return the first error class among these texts (``RateLimitError: ...``)."""
    for value in values:
        found = _CLASS.match(value) if isinstance(value, str) else None
        if found:
            return found.group(1)
    return None


def unpaged(rows: Rows) -> Rows:
    """Take the records out of the pages of an API: ``{"data": [...], "meta": ...}``."""
    if rows.table is not None or not any(_page(record) for record in rows.dicts()):
        return rows
    records, origin = [], []
    for position, record in enumerate(rows.dicts()):
        for one in record["data"] if _page(record) else [record]:
            records.append(one if isinstance(one, dict) else {"value": one})
            origin.append(position)
    return rows.expanded(origin, records)


def first_of(rows: Rows) -> dict[str, Any]:
    """Return the first record, of the first page where there are pages."""
    first = rows.first
    inside = first["data"] if rows.table is None and _page(first) else [first]
    return next((one for one in inside if isinstance(one, dict)), {})


def _page(record: dict[str, Any]) -> bool:
    inside = record.get("data")
    return isinstance(inside, list) and any(isinstance(one, dict) for one in inside)


def add_cached(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Note | str]]:
    """Make `input_tokens` include cached tokens, where the log counts them beside its input.

    It does so in the rows whose cache reads exceed their input, and in those whose `total` is the
    sum of input, output, cache reads and cache writes (`written`). Both columns are dropped.
    """
    out = frame.drop(columns=["written", "total"])
    read, written = (
        numbers(frame[name])[0].fillna(0) for name in ("cached_input_tokens", "written")
    )
    cached = read + written
    if not (cached > 0).any():
        return out, []
    given, answered, total = (
        numbers(frame[name])[0] for name in ("input_tokens", "output_tokens", "total")
    )
    beside = (read > given) | ((cached > 0) & (total == given + answered.fillna(0) + cached))
    beside &= (given >= 0) & (read >= 0) & (written >= 0)
    if not beside.any():
        return out, []
    out["input_tokens"] = out["input_tokens"].where(~beside, (given + cached).astype(object))
    text = "rows count cached tokens beside their input tokens: added to them"
    return out, [Note(int(beside.sum()), text)]


def add_latency(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn `end` and `first` into `latency_s` and, where not given, `ttft_s` (seconds)."""
    start, end, first = (times(frame[key])[0] for key in ("timestamp", "end", "first"))
    spent = (end - start).dt.total_seconds()
    waited = (first - start).dt.total_seconds()
    out = frame.drop(columns=["end", "first"])
    out["latency_s"] = _filled(frame, "latency_s", spent)
    out["ttft_s"] = _filled(frame, "ttft_s", waited)
    return out


def _filled(frame: pd.DataFrame, name: str, values: pd.Series) -> pd.Series:
    if name not in frame:
        return values
    return frame[name].astype(object).where(frame[name].notna(), values)
