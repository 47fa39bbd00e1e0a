"""TraceLab: rounds of coding agents (JSONL), and session replay plans (CSV)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from routelab.reading.files import Rows
from routelab.reading.notes import Note
from routelab.reading.values import numbers, texts, times
from routelab.traffic.readers import _litellm as shared
from routelab.traffic.readers._base import READERS, Parsed, Reader

_ROUND = {"session_id", "round_index", "input_tokens_total", "prefix_tokens", "timing_events"}
_PLAN = ("session_id", "arrival_time", "round_idx", "prefix_len", "input_len", "output_len")
_ASKS = ("user_message", "tool_result")
_ANSWERS = ("reasoning", "text", "tool_call")


@READERS.register("tracelab")
class TraceLab(Reader):
    """TraceLab's `round_trace` (JSONL) and its session replay plans (CSV).

    A round stands at its last user message or tool result before the answer; `latency_s` lasts to
    the last piece of the answer, `ttft_s` to the first. `input_tokens` include the cached prefix.

    In a replay plan a session's rounds share one arrival: the rounds are placed in their order, at
    the arrival plus the tool waits of the rounds before. How long the model takes is not in the
    plan, so that rounds of a session stand closer together than they would be in fact.
    """

    title = "TraceLab (JSONL round_trace, or CSV replay plan with arrival_time, round_idx)"
    whole = True

    def sniff(self, rows: Rows) -> bool:
        """Look for the fields of a round, or for the columns of a plan."""
        if rows.kind == "json":
            return set(rows.names) >= _ROUND
        return set(rows.names) >= set(_PLAN)

    def parse(self, rows: Rows) -> Parsed:
        """Read rounds or a plan, whichever the file is."""
        return _read_rounds(rows) if rows.kind == "json" else _read_plan(rows)


def _read_rounds(rows: Rows) -> Parsed:
    frame = pd.DataFrame(
        {
            "request_id": rows.column("round_id").map(shared.first_text),
            "model": rows.column("model").map(shared.first_text),
            "provider": rows.column("provider").map(shared.first_text),
            "session_id": rows.column("session_id").map(shared.first_text),
            "input_tokens": rows.column("input_tokens_total"),
            "output_tokens": rows.column("output_tokens"),
            "cached_input_tokens": rows.column("prefix_tokens"),
            "reasoning_tokens": rows.column("reasoning_output_tokens"),
        }
    )
    asked, first, last = _phases(rows.dicts())
    known = asked.notna() & first.notna()
    frame["timestamp"] = asked.fillna(first)
    frame["latency_s"] = (last - asked).dt.total_seconds()
    frame["ttft_s"] = (first - asked).dt.total_seconds()
    warnings: list[Note | str] = []
    partial = ~known & frame["timestamp"].notna()
    if partial.any():
        warnings.append(
            f"{int(partial.sum())} rounds lack the event that asked or the answer: they stand at "
            "the other one, latency is missing"
        )
    prefix, appended, total = (
        numbers(rows.column(name))[0]
        for name in ("prefix_tokens", "newly_append_tokens", "input_tokens_total")
    )
    apart = int(((prefix + appended - total).fillna(0) != 0).sum())
    if apart:
        warnings.append(
            f"in {apart} rounds prefix and appended tokens do not add up to input_tokens_total, "
            "which is what counts"
        )
    return Parsed(frame, warnings=warnings)


def _phases(records: list[dict[str, Any]]) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Return per round when it was asked, when its answer began, and when it ended (NaT: unknown).

    Tools may end while an answer still streams, which is why an ask counts only before the answer.
    """
    events = [
        (row, event.get("event_type"), event.get("timestamp"))
        for row, record in enumerate(records)
        for event in _list(record.get("timing_events"))
        if isinstance(event, dict) and isinstance(event.get("event_type"), str)
    ]
    table = pd.DataFrame(events, columns=["row", "kind", "stamp"], dtype=object)
    table["row"] = table["row"].astype("int64")
    table["stamp"] = times(table["stamp"])[0]
    every = pd.RangeIndex(len(records))
    answers = table[table["kind"].isin(_ANSWERS)].groupby("row")["stamp"]
    first, last = answers.min().reindex(every), answers.max().reindex(every)
    asks = table[table["kind"].isin(_ASKS)]
    begun = first.reindex(asks["row"]).to_numpy()
    early = asks[(asks["stamp"].to_numpy() <= begun) | pd.isna(begun)]
    return early.groupby("row")["stamp"].max().reindex(every), first, last


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _read_plan(rows: Rows) -> Parsed:
    parsed = Parsed(pd.DataFrame(), time_unit="s")
    column = {name: numbers(rows.column(name))[0] for name in _PLAN[1:]}
    for name, values in column.items():
        for row in np.flatnonzero(values.isna() | (values < 0)):
            shown = str(rows.column(name).iloc[row])[:60]
            parsed.refused.setdefault(int(row), f"{name} {shown!r} is no number of at least 0")
    session = texts(rows.column("session_id"))
    before = _waits_before(rows, session, column["round_idx"])
    parsed.frame = pd.DataFrame(
        {
            "timestamp": column["arrival_time"] + before / 1000,
            "session_id": session,
            "input_tokens": column["prefix_len"] + column["input_len"],
            "output_tokens": column["output_len"],
            "cached_input_tokens": column["prefix_len"],
        }
    )
    parsed.warnings.append(
        "rounds of a session stand at its arrival plus the tool waits before them: the plan does "
        "not say how long the model takes"
    )
    return parsed


def _waits_before(rows: Rows, session: pd.Series, round_index: pd.Series) -> pd.Series:
    """Return per row the milliseconds of tool waits of its session's earlier rounds."""
    if "tool_wait_after_ms" not in rows.names:
        return pd.Series(0.0, index=session.index)
    waits = numbers(rows.column("tool_wait_after_ms"))[0].fillna(0.0).clip(lower=0.0)
    ordered = waits[round_index.sort_values(kind="stable").index]
    sums = ordered.groupby(session[ordered.index].fillna(""), sort=False).cumsum()
    return (sums - ordered).reindex(session.index).where(session.notna(), 0.0)
