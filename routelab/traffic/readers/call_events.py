"""A client's log of call events: starts, failed attempts and failures of calls, run by run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from routelab.reading.files import Rows
from routelab.reading.notes import Note
from routelab.reading.values import numbers, strings, times
from routelab.traffic.readers._base import READERS, Parsed, Reader

_NEEDED = ("timestamp", "run", "event", "model", "error_class")
_BOUNDS = ("call_start", "run_start", "run_finish")
_FAILURES = ("attempt_failed", "row_failed", "unexpected_response")

#: HTTP status of an error class whose row carries no `http_status`. Nothing was reached: 503. The
#: answer was no answer: 502, as a gateway says of a bad reply. The client's own fault: 400.
STATUS = {
    "dns_failure": 503,
    "connection_reset": 503,
    "tls_error": 503,
    "timeout": 408,
    "bad_request": 400,
    "client_bug": 400,
    "unauthorized": 401,
    "payment_required": 402,
    "forbidden": 403,
    "not_found": 404,
    "rate_limited": 429,
    "server_error": 500,
    "empty_response": 502,
    "invalid_json": 502,
    "no_choices": 502,
    "truncated_response": 502,
}
#: Status and error class of a call whose run stopped before anything else was logged.
STOPPED = (499, "client_stopped")


@dataclass
class _Call:
    """A call that was started, and which rows of its run ended it."""

    row: int
    model: str | None
    end: int | None = None
    failure: int | None = None
    attempts: int = 0


@READERS.register("call-events")
class CallEvents(Reader):
    """A client's call events (CSV, JSON or Parquet): timestamp, run, event, model, error_class.

    A `call_start` is a request. A run makes one call at a time, so the failed attempts and failures
    that follow in the run are of the call that it started last; their rows are folded into it and
    set aside. The request takes the status and the class of its failure: its `http_status`, else by
    :data:`STATUS`. One with a failed attempt is censored. Its latency lasts to its failure, or else
    to the run's next event: all attempts and the client's own work in between are part of it. Calls
    after which their run logs nothing at all were given up by the client: status 499.
    """

    title = "call events of a client (timestamp, run, event, model, error_class)"
    whole = True

    def sniff(self, rows: Rows) -> bool:
        """Look for the five columns that the account needs."""
        return set(_NEEDED) <= set(rows.names)

    def parse(self, rows: Rows) -> Parsed:
        """Pair every call with what followed it in its run."""
        parsed = Parsed(pd.DataFrame())
        text = {name: strings(rows.column(name)) for name in _NEEDED}
        calls = _pair(text, parsed)
        start = np.array([call.row for call in calls], dtype=np.int64)
        end = np.array([call.row if call.end is None else call.end for call in calls], np.int64)
        stamps = times(rows.column("timestamp"))[0]
        waited = stamps.iloc[end].reset_index(drop=True) - stamps.iloc[start].reset_index(drop=True)
        outcomes = _outcomes(calls, text["error_class"], _http_status(rows), parsed.warnings)
        parsed.origin = start
        parsed.frame = pd.DataFrame(
            {
                "timestamp": text["timestamp"].iloc[start].to_numpy(),
                "model": text["model"].iloc[start].to_numpy(),
                "latency_s": waited.dt.total_seconds().where(pd.Series(start != end)),
                "status": pd.Series([status for status, _ in outcomes], dtype="int64"),
                "error_class": pd.Series([name for _, name in outcomes], dtype="string"),
                "censored": pd.Series([call.attempts > 0 for call in calls], dtype="bool"),
            }
        )
        return parsed


def _pair(text: dict[str, pd.Series], parsed: Parsed) -> list[_Call]:
    """Return the calls with their ends and failures; every other row goes aside or is refused."""
    calls: list[_Call] = []
    waiting: dict[str | None, _Call | None] = {}
    columns = [[_or_none(v) for v in text[name]] for name in ("run", "event", "model")]
    for row, (run, event, model) in enumerate(zip(*columns, strict=True)):
        call = waiting.get(run)
        if event in _FAILURES:
            if call is None or model not in (None, call.model):
                parsed.refused[row] = f"{event} of no call that its run has started"
                continue
            _fail(call, row, event)
            parsed.aside[row] = f"{event}: folded into the call that it is about"
            waiting[run] = None if event == "row_failed" else call
        elif event in _BOUNDS:
            if call is not None and call.end is None and event != "run_start":
                call.end = row
            waiting[run] = None
            if event != "call_start":
                parsed.aside[row] = f"{event}: no call"
                continue
            waiting[run] = call = _Call(row, model)
            calls.append(call)
        else:
            allowed = ", ".join((*_BOUNDS, *_FAILURES))
            parsed.refused[row] = f"event {str(event)[:40]!r} is none of {allowed}"
    return calls


def _fail(call: _Call, row: int, event: str) -> None:
    if event == "attempt_failed":
        call.attempts += 1
    else:
        call.failure = call.end = row


def _or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _http_status(rows: Rows) -> np.ndarray:
    """Return the rows' HTTP statuses as float64; NaN where there is none from 400 to 599."""
    if "http_status" not in rows.names:
        return np.full(len(rows), np.nan)
    values = numbers(rows.column("http_status"))[0].to_numpy()
    with np.errstate(invalid="ignore"):
        return np.where((values >= 400) & (values < 600), values, np.nan)


def _outcomes(
    calls: list[_Call], classes: pd.Series, http: np.ndarray, warnings: list[Note | str]
) -> list[tuple[int, str | None]]:
    """Return status and error class of every call, and warn about those that were assumed."""
    outcomes: list[tuple[int, str | None]] = []
    assumed = stopped = 0
    for call in calls:
        if call.failure is None:
            given_up = call.end is None
            stopped += given_up
            outcomes.append(STOPPED if given_up else (200, None))
            continue
        name = _or_none(classes.iloc[call.failure])
        status = http[call.failure]
        if np.isnan(status):
            status = STATUS.get(name or "", 0)
        assumed += status == 0
        outcomes.append((int(status) or 500, name or "unknown"))
    if stopped:
        warnings.append(
            f"{stopped} calls are the last event of their run, which did not finish: status 499 "
            "(given up by the client), latency missing"
        )
    if assumed:
        warnings.append(f"{assumed} failures of an unknown error class: status 500 assumed")
    return outcomes
