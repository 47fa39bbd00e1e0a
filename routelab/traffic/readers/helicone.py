"""Helicone: requests as its export and its API give them, CSV or JSON."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from routelab.reading.files import Rows
from routelab.traffic.readers import _litellm as shared
from routelab.traffic.readers._base import READERS, Parsed, Reader
from routelab.traffic.readers._observed import add_latency, class_of, moment, pick

_STAMPS = {"request_created_at", "response_created_at"}
_MARKS = {"delay_ms", "request_model", "response_status", "request_id", "request_user_id",
          "target_url", "request_body", "response_id"}  # fmt: skip


@READERS.register("helicone")
class Helicone(Reader):
    """Helicone's requests. `delay_ms` and `time_to_first_token` are milliseconds."""

    title = "Helicone (CSV, JSON or JSONL export: request_created_at, response_status, ...)"

    def sniff(self, rows: Rows) -> bool:
        """Look for its stamp and two more of its names."""
        names = set(rows.names)
        return bool(names & _STAMPS) and len(names & _MARKS) >= 2

    def parse(self, rows: Rows) -> Parsed:
        """Read each request; its status is the provider's answer."""
        records = rows.dicts()
        frame = add_latency(pd.DataFrame([_row(record) for record in records], dtype=object))
        return Parsed(frame, origin=np.arange(len(records)))


def _row(record: dict[str, Any]) -> dict[str, Any]:
    request = shared.unpack(pick(record, "request_body", "request_path_body", "request"))
    response = shared.unpack(pick(record, "response_body", "response"))
    message = pick(response, "error.message") or pick(record, "error")
    status = pick(record, "response_status", "status", "response_status_code")
    return {
        "request_id": pick(record, "request_id", "id"),
        "timestamp": moment(pick(record, "request_created_at", "created_at")),
        "end": moment(pick(record, "response_created_at")),
        "first": None,
        "model": pick(record, "request_model", "model", "response_model", "model_override"),
        "provider": pick(record, "provider"),
        "input_tokens": pick(record, "prompt_tokens", "input_tokens"),
        "output_tokens": pick(record, "completion_tokens", "output_tokens"),
        "cached_input_tokens": pick(record, "prompt_cache_read_tokens"),
        "reasoning_tokens": pick(record, "reasoning_tokens"),
        "latency_s": _seconds(pick(record, "delay_ms", "latency", "latency_ms")),
        "ttft_s": _seconds(pick(record, "time_to_first_token")),
        "cost_usd": pick(record, "cost_usd", "costUSD", "cost"),
        # Below zero stands what Helicone could not send or receive.
        "status": 500 if _below_zero(status) else status,
        "error_class": class_of(message, pick(response, "error.type")),
        "user": pick(record, "request_user_id", "user_id"),
        "session_id": pick(
            record, "request_properties.Helicone-Session-Id", "properties.Helicone-Session-Id",
            "session_id",
        ),
        "prompt": shared.last_user_text(pick(request, "messages", "input", "prompt"))
        or shared.first_text(pick(record, "request_prompt")),
    }  # fmt: skip


def _seconds(value: Any) -> Any:
    """Return milliseconds as seconds; what is no number stays, and is reported."""
    try:
        return value if value is None or isinstance(value, bool) else float(value) / 1000
    except (TypeError, ValueError, OverflowError):
        return value


def _below_zero(value: Any) -> bool:
    try:
        return float(value) < 0
    except (TypeError, ValueError, OverflowError):
        return False
