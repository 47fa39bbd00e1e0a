"""LiteLLM StandardLoggingPayload: one record per logged call (callbacks, S3, GCS, generic API)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from routelab.reading.files import Rows, dig
from routelab.traffic.readers import _litellm as shared
from routelab.traffic.readers._base import READERS, Parsed, Reader


@READERS.register("litellm-slp")
class StandardLoggingPayload(Reader):
    """LiteLLM StandardLoggingPayload."""

    title = "LiteLLM StandardLoggingPayload (JSON object, array or JSONL)"

    def sniff(self, rows: Rows) -> bool:
        """Look for a start, a call type, and the cost under the payload's name."""
        return {"startTime", "call_type", "response_cost", "prompt_tokens"} <= set(rows.first)

    def parse(self, rows: Rows) -> Parsed:
        """One row per record; see the module `_litellm` for the shared rules."""
        parsed = Parsed(pd.DataFrame())
        assumed = 0
        found = []
        for position, record in enumerate(rows.dicts()):
            refused = shared.refused_call(record.get("call_type"))
            if refused:
                parsed.refused[position] = refused
            row, unsure = _row(record)
            assumed += unsure
            found.append(row)
        frame, doubts = shared.take_doubt(pd.DataFrame(found, dtype=object))
        parsed.frame = shared.add_durations(frame)
        parsed.warnings = shared.failures_note(assumed) + doubts
        return parsed


def _row(record: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    metadata = shared.unpack(record.get("metadata"))
    headers = dig(record, "hidden_params.additional_headers")
    failed = record.get("status") == "failure"
    status, error_class, unsure = (
        shared.failure(record.get("error_information")) if failed else (200, None, False)
    )
    row = {
        "request_id": shared.first_text(record.get("litellm_call_id"), record.get("id")),
        "call_id": record.get("litellm_call_id"),
        "timestamp": shared.stamp(record.get("startTime")),
        "end": shared.stamp(record.get("endTime")),
        "first": shared.stamp(record.get("completionStartTime")),
        "stream": record.get("stream"),
        "model": record.get("model"),
        "provider": record.get("custom_llm_provider"),
        "input_tokens": record.get("prompt_tokens"),
        "output_tokens": record.get("completion_tokens"),
        "cached_input_tokens": None,
        "reasoning_tokens": None,
        "cost_usd": record.get("response_cost"),
        "status": status,
        "error_class": error_class,
        "user": shared.first_text(
            record.get("end_user"),
            dig(metadata, "user_api_key_end_user_id"),
            dig(metadata, "user_api_key_user_id"),
        ),
        "tier": shared.tagged_tier(record.get("request_tags"), metadata),
        "session_id": record.get("session_id"),
        "prompt": shared.last_user_text(record.get("messages")),
        "doubtful": failed and shared.positive(dig(headers, "x-litellm-attempted-fallbacks")),
        "censored": record.get("cache_hit") in (True, "True")
        or shared.positive(
            dig(headers, "x-litellm-attempted-retries"),
            dig(headers, "x-litellm-attempted-fallbacks"),
        ),
    }
    row |= shared.usage_details(dig(metadata, "usage_object"), dig(record, "response.usage"))
    if failed and not shared.positive(row["input_tokens"]):
        row["input_tokens"] = None  # LiteLLM writes 0 on failures, whatever the prompt's length
    return row, unsure
