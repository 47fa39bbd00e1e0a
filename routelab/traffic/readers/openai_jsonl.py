"""Requests and responses as OpenAI's API speaks them, one pair or one response per line."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from routelab.reading.files import Rows
from routelab.reading.notes import Note
from routelab.traffic.readers import _litellm as shared
from routelab.traffic.readers._base import READERS, Parsed, Reader
from routelab.traffic.readers._observed import (
    add_cached,
    add_latency,
    class_of,
    count,
    moment,
    pick,
    seconds,
    status_of,
)

_OBJECTS = ("chat.completion", "text_completion", "response")
_COLUMNS = ["request_id", "timestamp", "end", "first", "model", "provider", "input_tokens",
            "output_tokens", "cached_input_tokens", "reasoning_tokens", "cost_usd", "status",
            "error_class", "user", "session_id", "prompt", "latency_s", "ttft_s", "written",
            "total"]  # fmt: skip


@READERS.register("openai-jsonl")
class OpenAIJsonl(Reader):
    """Pairs of request and response, output of the Batch API, or bare responses.

    Chat completions, completions, the Responses API, and messages of Anthropic, whose input tokens
    leave the cached ones out: they are added. Embeddings are set aside.
    """

    title = "OpenAI-style requests and responses (JSONL: pairs, Batch API output, responses)"
    rank = 50

    def sniff(self, rows: Rows) -> bool:
        """Look for a response, or a request and a response, in the first row."""
        if rows.kind != "json":
            return False
        first = rows.first
        response = _response(first)
        if response and (_is_response(response) or isinstance(response.get("error"), dict)):
            return True
        request = _request(first)
        return bool(request) and bool(response or first.get("error")) and "model" in request

    def parse(self, rows: Rows) -> Parsed:
        """Read each pair; an error, or a status of 400 and more, is a failure."""
        found: list[dict[str, Any]] = []
        origin: list[int] = []
        parsed = Parsed(pd.DataFrame())
        assumed = 0
        for position, record in enumerate(rows.dicts()):
            response, request = _response(record), _request(record)
            if not response and not record.get("error") and record.get("status") is None:
                if request:
                    parsed.aside[position] = "a request without its response"
                else:
                    parsed.refused[position] = "neither a request nor a response"
                continue
            if response.get("object") in ("list", "embedding"):
                parsed.aside[position] = "embedding: not text generation"
                continue
            row, guessed = _row(record, request, response)
            if row["model"] is None and row["input_tokens"] is None and row["status"] < 400:
                parsed.refused[position] = "the response names no model and no usage"
                continue
            assumed += guessed
            found.append(row)
            origin.append(position)
        frame, parsed.warnings = add_cached(pd.DataFrame(found, columns=_COLUMNS, dtype=object))
        frame = add_latency(frame)
        timed = frame["timestamp"].notna().any() or not found
        parsed.frame = frame if timed else frame.drop(columns="timestamp")
        parsed.origin = np.array(origin, dtype=np.int64)
        if assumed:
            text = "failures name no HTTP status: status 500 assumed"
            parsed.warnings.append(Note(assumed, text))
        return parsed


def _is_response(record: dict[str, Any]) -> bool:
    kind = record.get("object", record.get("type"))
    return kind in (*_OBJECTS, "message") or (
        isinstance(record.get("usage"), dict) and "model" in record
    )


def _response(record: dict[str, Any]) -> dict[str, Any]:
    """Return the body of the response, or nothing."""
    found = shared.unpack(pick(record, "response", "response_body", "output"))
    if isinstance(found, dict):
        body = shared.unpack(found.get("body"))
        return body if isinstance(body, dict) else found
    return record if _is_response(record) else {}


def _request(record: dict[str, Any]) -> dict[str, Any]:
    """Return the body of the request, or nothing."""
    for name in ("request", "request_body", "input", "body", "kwargs"):
        found = shared.unpack(record.get(name))
        if isinstance(found, dict):
            body = shared.unpack(found.get("body"))
            return body if isinstance(body, dict) else found
    return record if "messages" in record or "prompt" in record else {}


def _row(
    record: dict[str, Any], request: dict[str, Any], response: dict[str, Any]
) -> tuple[dict[str, Any], bool]:
    error = pick(record, "error") or pick(response, "error")
    message = pick(error, "message") if isinstance(error, dict) else error
    given = pick(record, "response.status_code", "status_code", "http_status", "status")
    status = status_of(given)
    named = status is not None
    if error is not None and (status is None or status < 400):
        status = status_of(pick(error, "status", "status_code", "code"), message)
        named = status is not None
        status = status or 500
    elif status is None and "failed" in (record.get("status"), response.get("status")):
        status = 500
    failed = (status or 200) >= 400
    name = pick(error, "class", "type", "code") if isinstance(error, dict) else None
    row = {
        "request_id": pick(response, "id") or pick(record, "id", "request_id", "custom_id"),
        "timestamp": moment(
            pick(record, "timestamp", "start_time", "startTime", "request_time", "time", "ts",
                 "created_at", "request.timestamp")
            or pick(response, "created", "created_at")
        ),
        "end": moment(pick(record, "end_time", "endTime", "response_time_stamp", "finished_at")),
        "first": None,
        "model": pick(response, "model") or pick(request, "model"),
        "provider": pick(record, "provider"),
        **_usage(response),
        "cost_usd": pick(record, "cost_usd", "cost", "response_cost"),
        "status": status or 200,
        "error_class": (class_of(message) or shared.first_text(name)) if failed else None,
        "user": pick(request, "user", "safety_identifier") or pick(record, "user", "user_id"),
        "session_id": pick(record, "session_id", "conversation_id"),
        "prompt": shared.last_user_text(pick(request, "messages", "input", "prompt")),
        "latency_s": _seconds(record, "latency", "duration", "elapsed", "response_time"),
        "ttft_s": _seconds(record, "ttft", "time_to_first_token"),
    }  # fmt: skip
    return row, failed and not named


def _seconds(record: dict[str, Any], *names: str) -> Any:
    """Return a duration: ``<name>_ms`` in milliseconds, ``<name>_s`` or ``<name>`` in seconds."""
    for name in names:
        millis = record.get(f"{name}_ms")
        if millis is not None:
            return seconds(millis)
        value = pick(record, f"{name}_s", f"{name}_seconds", name)
        if value is not None:
            return value
    return None


def _usage(response: dict[str, Any]) -> dict[str, Any]:
    usage = response.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    given = pick(usage, "prompt_tokens", "input_tokens")
    read = usage.get("cache_read_input_tokens")
    written = usage.get("cache_creation_input_tokens")
    total = usage.get("total_tokens")
    if response.get("type") == "message" and type(given) is int:
        given += count(read) + count(written)
        written = total = None
    return {
        "input_tokens": given,
        "output_tokens": pick(usage, "completion_tokens", "output_tokens"),
        "cached_input_tokens": pick(
            usage, "prompt_tokens_details.cached_tokens", "input_tokens_details.cached_tokens",
            "cache_read_input_tokens",
        ),
        "reasoning_tokens": pick(
            usage, "completion_tokens_details.reasoning_tokens",
            "output_tokens_details.reasoning_tokens",
        ),
        "written": written,
        "total": total,
    }  # fmt: skip
