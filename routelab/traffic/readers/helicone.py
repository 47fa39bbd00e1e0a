"""Helicone: requests as its export and its API give them, CSV or JSON."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from routelab.reading.files import Rows
from routelab.traffic.readers import _litellm as shared
from routelab.traffic.readers._base import READERS, Parsed, Reader
from routelab.traffic.readers._observed import (
    add_cached,
    add_latency,
    class_of,
    first_of,
    moment,
    pick,
    seconds,
    unpaged,
)

_STAMPS = {"request_created_at", "response_created_at"}
_MARKS = {"delay_ms", "request_model", "response_status", "request_id", "request_user_id",
          "target_url", "request_body", "response_id", "latency", "time_to_first_token",
          "user_id", "total_tokens", "cost_usd"}  # fmt: skip
_SESSION = "Helicone-Session-Id"


@READERS.register("helicone")
class Helicone(Reader):
    """Helicone's requests. `delay_ms`, `latency` and `time_to_first_token` are milliseconds.

    Input tokens include cached ones: they are added where `total_tokens` shows, or their number,
    that `prompt_tokens` leave them out.
    """

    title = "Helicone (CSV, JSON or JSONL export: request_created_at, response_status, ...)"

    def sniff(self, rows: Rows) -> bool:
        """Look for both of its stamps, or for one and two more of its names."""
        names = {*rows.names, *first_of(rows)}
        return names >= _STAMPS or bool(names & _STAMPS) and len(names & _MARKS) >= 2

    def expand(self, rows: Rows) -> Rows:
        """Take the requests out of the pages of the API."""
        return unpaged(rows)

    def parse(self, rows: Rows) -> Parsed:
        """Read each request; its status is the provider's answer."""
        records = rows.dicts()
        frame, warnings = add_cached(pd.DataFrame([_row(r) for r in records], dtype=object))
        return Parsed(add_latency(frame), origin=np.arange(len(records)), warnings=warnings)


def _unpack(value: Any) -> Any:
    """Return JSON inside text as data; Helicone's own CSV export doubles its quotes twice."""
    found = shared.unpack(value)
    if isinstance(found, str) and found.lstrip()[:1] in ("{", "["):
        found = shared.unpack(found.replace('""', '"'))
    return found if isinstance(found, dict | list) else value


def _row(record: dict[str, Any]) -> dict[str, Any]:
    request = _unpack(pick(record, "request_body", "request_path_body", "request"))
    response = _unpack(pick(record, "response_body", "response"))
    named = _unpack(pick(record, "request_properties", "properties"))
    message = pick(response, "error.message") or pick(record, "error")
    status = pick(record, "response_status", "status", "response_status_code")
    started = moment(pick(record, "request_created_at"))
    created = moment(pick(record, "created_at"))
    return {
        "request_id": pick(record, "request_id", "id"),
        "timestamp": created if started is None else started,
        "end": moment(pick(record, "response_created_at"))
        or (None if started is None else created),
        "first": None,
        "model": pick(record, "request_model", "model", "response_model", "model_override"),
        "provider": pick(record, "provider"),
        "input_tokens": pick(record, "prompt_tokens", "input_tokens"),
        "output_tokens": pick(record, "completion_tokens", "output_tokens"),
        "cached_input_tokens": pick(record, "prompt_cache_read_tokens"),
        "written": pick(record, "prompt_cache_write_tokens"),
        "total": pick(record, "total_tokens"),
        "reasoning_tokens": pick(record, "reasoning_tokens"),
        "latency_s": seconds(pick(record, "delay_ms", "latency", "latency_ms")),
        "ttft_s": seconds(pick(record, "time_to_first_token")),
        "cost_usd": pick(record, "cost_usd", "costUSD", "cost"),
        # Below zero stands what Helicone could not send or receive.
        "status": 500 if _below_zero(status) else status,
        "error_class": class_of(message, pick(response, "error.type")),
        "user": pick(record, "request_user_id", "user_id", "helicone_user"),
        "session_id": pick(named, _SESSION)
        or pick(record, f"properties_{_SESSION}", f"request_properties_{_SESSION}", "session_id"),
        "prompt": shared.last_user_text(pick(request, "messages", "input", "prompt"))
        or shared.first_text(pick(record, "request_prompt")),
    }  # fmt: skip


def _below_zero(value: Any) -> bool:
    try:
        return float(value) < 0
    except (TypeError, ValueError, OverflowError):
        return False
