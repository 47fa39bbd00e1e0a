"""What agents' session logs share: one line asks, others answer, and tokens stand in parts."""

from __future__ import annotations

from typing import Any

import pandas as pd

from routelab.reading.notes import Note
from routelab.reading.values import times
from routelab.traffic.readers import _litellm as shared


def whole_sum(first: Any, *others: Any) -> Any:
    """Return the sum of counts; `others` that are absent count as 0, an absent `first` is missing.

    A value that is no count comes back by itself, as text, so that the row is refused with it.
    """
    if first is None:
        return None
    for value in (first, *others):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            return repr(value)[:60]
        if value is not None and value < 0:
            return value
    return first + sum(value for value in others if value is not None)


def plain_text(message: Any) -> str | None:
    """Return the text parts of a message's content, whatever its role; None when it has none."""
    content = message.get("content") if isinstance(message, dict) else None
    return shared.last_user_text([{"role": "user", "content": content}])


def add_times(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Note | str]]:
    """Turn the stamps `asked`, `began` and `ended` into `timestamp` and `latency_s` (seconds).

    A request stands at the line that asked for it. Where that line is absent, unreadable or later
    than the answer, it stands at `began`, the first line of the answer, and has no latency.
    """
    asked, ended = times(frame["asked"])[0], times(frame["ended"])[0]
    known = asked.notna() & (ended.isna() | (asked <= ended))
    frame["timestamp"] = frame["asked"].where(known, frame["began"])
    frame["latency_s"] = (ended - asked).dt.total_seconds().where(known)
    notes: list[Note | str] = []
    if not known.all():
        notes.append(
            f"{int((~known).sum())} requests have no line before them that asked: they stand at "
            "the stamp of their answer, latency is missing"
        )
    return frame.drop(columns=["asked", "began", "ended"]), notes
