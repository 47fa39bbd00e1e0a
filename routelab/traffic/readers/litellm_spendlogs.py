"""LiteLLM SpendLogs rows: the proxy's table as JSON or CSV, with JSON inside strings."""

from __future__ import annotations

from typing import Any

import pandas as pd

from routelab.reading.files import Rows, dig
from routelab.traffic.readers import _litellm as shared
from routelab.traffic.readers._base import READERS, Parsed, Reader


@READERS.register("litellm-spendlogs")
class SpendLogs(Reader):
    """LiteLLM_SpendLogs rows."""

    title = "LiteLLM SpendLogs rows (JSON, JSONL or CSV export of the table)"

    def sniff(self, rows: Rows) -> bool:
        """Look for a start, a call type, and the cost under the table's name."""
        return {"request_id", "startTime", "call_type", "spend", "prompt_tokens"} <= set(rows.names)

    def parse(self, rows: Rows) -> Parsed:
        """One row per record; see the module `_litellm` for the shared rules."""
        parsed = Parsed(pd.DataFrame())
        assumed = 0
        found = []
        for position, record in enumerate(rows.dicts()):
            refused = shared.refused_call(record.get("call_type"))
            if refused:
                parsed.refused[position] = refused
            row, unsure = _row({k: _present(v) for k, v in record.items()})
            assumed += unsure
            found.append(row)
        frame, doubts = shared.take_doubt(pd.DataFrame(found, dtype=object))
        parsed.frame = shared.add_durations(frame)
        parsed.warnings = shared.failures_note(assumed) + doubts
        return parsed


def _present(value: Any) -> Any:
    """Return None for the empty cells of a CSV export."""
    return None if value is pd.NA or value == "" else value


def _row(record: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    metadata = shared.unpack(record.get("metadata"))
    call_id = shared.first_text(record.get("litellm_call_id"), dig(metadata, "litellm_call_id"))
    failed = _failed(record, metadata, call_id)
    status, error_class, unsure = (
        shared.failure(shared.unpack(dig(metadata, "error_information")))
        if failed
        else (200, None, False)
    )
    row = {
        # The provider's response id may repeat; the call id does not.
        "request_id": call_id or record.get("request_id"),
        "call_id": call_id,
        "timestamp": shared.stamp(record.get("startTime")),
        "end": shared.stamp(record.get("endTime")),
        "first": shared.stamp(record.get("completionStartTime")),
        "stream": None,
        "model": record.get("model"),
        "provider": record.get("custom_llm_provider"),
        "input_tokens": record.get("prompt_tokens"),
        "output_tokens": record.get("completion_tokens"),
        "cached_input_tokens": None,
        "reasoning_tokens": None,
        "cost_usd": record.get("spend"),
        "status": status,
        "error_class": error_class,
        "user": shared.first_text(record.get("end_user"), record.get("user")),
        "tier": shared.tagged_tier(record.get("request_tags"), metadata),
        "session_id": record.get("session_id"),
        "prompt": shared.last_user_text(record.get("messages"))
        or shared.last_user_text(
            dig(shared.unpack(record.get("proxy_server_request")), "messages")
        ),
        "doubtful": failed and shared.positive(dig(metadata, "attempted_fallbacks")),
        "censored": str(record.get("cache_hit")).lower() in ("true", "t")
        or shared.positive(
            dig(metadata, "attempted_retries"), dig(metadata, "attempted_fallbacks")
        ),
    }
    row |= shared.usage_details(
        dig(metadata, "usage_object"), dig(metadata, "additional_usage_values")
    )
    if failed and not shared.positive(row["input_tokens"]):
        row["input_tokens"] = None  # LiteLLM writes 0 on failures, whatever the prompt's length
    return row, unsure


def _failed(record: dict[str, Any], metadata: Any, call_id: str | None) -> bool:
    """Tell failures; some versions write status "success" on them too.

    Such a row shows by three marks at once: no tokens, no first token, and the call id in the place
    of the provider's response id.
    """
    if "failure" in (record.get("status"), dig(metadata, "status")):
        return True
    return (
        record.get("completionStartTime") is None
        and not shared.positive(record.get("total_tokens"))
        and call_id is not None
        and record.get("request_id") == call_id
    )
