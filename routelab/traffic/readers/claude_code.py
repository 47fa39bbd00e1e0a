"""Claude Code sessions: JSONL with one line per content block, usage repeated on each of them."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from routelab.reading.files import Rows
from routelab.traffic.readers import _litellm as shared
from routelab.traffic.readers._base import READERS, Parsed, Reader
from routelab.traffic.readers._sessions import add_times, plain_text, whole_sum

_COLUMNS = [
    "request_id", "asked", "began", "ended", "model", "input_tokens", "output_tokens",
    "cached_input_tokens", "cost_usd", "status", "error_class", "session_id", "prompt", "censored",
]  # fmt: skip

# Anthropic's error types, then Claude Code's own names, then words of its messages.
_STATUS = {
    "invalid_request_error": 400, "authentication_error": 401, "billing_error": 402,
    "permission_error": 403, "not_found_error": 404, "request_too_large": 413,
    "rate_limit_error": 429, "api_error": 500, "timeout_error": 504, "overloaded_error": 529,
    "invalid_request": 400, "authentication_failed": 401, "rate_limit": 429, "server_error": 500,
    "prompt is too long": 400, "/login": 401, "credit balance": 402, "timed out": 408,
    "limit reached": 429, "connection error": 503,
}  # fmt: skip
_NO_PROMPT = ("<local-command", "[Request interrupted")


@dataclass
class _Lane:
    """What waits for an answer, per session and agent."""

    asked: Any = None
    prompt: str | None = None
    retried: bool = False


@READERS.register("claude-code")
class ClaudeCode(Reader):
    """Claude Code session (JSONL).

    A message that streams in as several lines counts once, by its last line with usage.
    `input_tokens` are all that the model read: uncached, written to the cache, and read from it
    (`cached_input_tokens`). A request stands at the user or tool-result line before it; its latency
    ends with its last line. `prompt` is the last thing that the user wrote in that session, also
    for the rounds after tool calls. Error messages of the API are failed requests.
    """

    title = "Claude Code session (JSONL: sessionId, message.usage)"
    whole = True

    def sniff(self, rows: Rows) -> bool:
        """Look for a line with a session and a message among the first hundred."""
        if rows.kind != "json":
            return False
        return any(
            isinstance(record.get("sessionId"), str)
            and "timestamp" in record
            and isinstance(record.get("message"), dict)
            and "role" in record["message"]
            for record in rows.head()
        )

    def parse(self, rows: Rows) -> Parsed:
        """Count every message once; lines that are no answers are set aside."""
        parsed = Parsed(pd.DataFrame())
        records = rows.dicts()
        last = _last_lines(records)
        lanes: defaultdict[tuple[Any, ...], _Lane] = defaultdict(_Lane)
        opened: dict[Any, tuple[_Lane, Any]] = {}
        found: list[dict[str, Any]] = []
        origin: list[int] = []
        assumed = 0
        for position, record in enumerate(records):
            lane = lanes[_lane_of(record)]
            if _role(record) != "assistant":
                reason = _listen(record, lane)
                (parsed.aside if reason else parsed.refused)[position] = (
                    reason or "neither a type nor a message"
                )
                continue
            key = _key(record, position)
            if key not in opened:
                opened[key] = (replace(lane), record.get("timestamp"))
                lane.asked, lane.retried = None, False
            failed = record.get("isApiErrorMessage") is True
            no_request = _no_request(record, failed, position != last[key])
            if no_request:
                parsed.aside[position] = no_request
                continue
            if not failed and not isinstance(_message(record).get("usage"), dict):
                parsed.refused[position] = "the assistant's line has no usage"
                continue
            row = _row(record, *opened[key])
            if failed:
                assumed += _fail(row, record)
            found.append(row)
            origin.append(position)
        frame, notes = add_times(pd.DataFrame(found, columns=_COLUMNS, dtype=object))
        parsed.frame, parsed.origin = frame, pd.array(origin, dtype="int64").to_numpy()
        parsed.warnings = notes + shared.failures_note(assumed)
        return parsed


def _message(record: dict[str, Any]) -> dict[str, Any]:
    message = record.get("message")
    return message if isinstance(message, dict) else {}


def _role(record: dict[str, Any]) -> str | None:
    return shared.first_text(_message(record).get("role"), record.get("type"))


def _lane_of(record: dict[str, Any]) -> tuple[Any, ...]:
    """Return session and agent: sub-agents work inside a session at the same time."""
    agent = shared.first_text(record.get("agentId"))
    return shared.first_text(record.get("sessionId")), record.get("isSidechain") is True, agent


def _key(record: dict[str, Any], position: int) -> Any:
    """Return what the lines of one message share; a line without an id stands alone."""
    name = shared.first_text(_message(record).get("id"))
    return position if name is None else (name, shared.first_text(record.get("requestId")))


def _last_lines(records: list[dict[str, Any]]) -> dict[Any, int]:
    """Return message -> position of its last line with usage, or of its last line without any."""
    last: dict[Any, int] = {}
    counted: set[Any] = set()
    for position, record in enumerate(records):
        if _role(record) == "assistant":
            key = _key(record, position)
            has_usage = isinstance(_message(record).get("usage"), dict)
            if has_usage or key not in counted:
                last[key] = position
            if has_usage:
                counted.add(key)
    return last


def _listen(record: dict[str, Any], lane: _Lane) -> str | None:
    """Take up what a line that is no answer says; return why it is no request, None if unclear."""
    role = _role(record)
    if role is None:
        return None
    if role == "system" and record.get("subtype") == "api_error":
        lane.retried = True
        return "a failed attempt that was retried: its request is censored"
    if role != "user":
        return f"a line of type {role[:40]!r}, no model call"
    lane.asked = record.get("timestamp")
    text = plain_text(_message(record))
    told = record.get("isMeta") is True or record.get("isCompactSummary") is True
    if text and not told and not text.startswith(_NO_PROMPT):
        lane.prompt = text
    return "what a user or a tool said, no model call"


def _no_request(record: dict[str, Any], failed: bool, earlier: bool) -> str | None:
    if earlier:
        return "another line of a message that counts once"
    if not failed and _message(record).get("model") == "<synthetic>":
        return "written by the client itself (<synthetic>), no model call"
    return None


def _row(record: dict[str, Any], before: _Lane, began: Any) -> dict[str, Any]:
    message = _message(record)
    usage = message.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    cached = usage.get("cache_read_input_tokens")
    return {
        "request_id": shared.first_text(record.get("requestId"), message.get("id")),
        "asked": before.asked,
        "began": began,
        "ended": record.get("timestamp"),
        "model": shared.first_text(message.get("model")),
        "input_tokens": whole_sum(
            usage.get("input_tokens"), usage.get("cache_creation_input_tokens"), cached
        ),
        "output_tokens": usage.get("output_tokens"),
        "cached_input_tokens": cached,
        "cost_usd": record.get("costUSD"),
        "status": 200,
        "error_class": None,
        "session_id": shared.first_text(record.get("sessionId")),
        "prompt": before.prompt,
        "censored": before.retried,
    }


def _fail(row: dict[str, Any], record: dict[str, Any]) -> bool:
    """Make `row` a failure; the client writes zeros for tokens and a model of its own.

    Returns whether the status had to be assumed.
    """
    row |= dict.fromkeys(("model", "input_tokens", "output_tokens", "cached_input_tokens"))
    text = plain_text(_message(record)) or ""
    kind = re.search(r'"type":\s*"(\w+_error|request_too_large)"', text)
    name = kind.group(1) if kind else shared.first_text(record.get("error"))
    code = re.search(r"API Error:?\s*\(?([45]\d\d)\b", text)
    known = next((status for word, status in _STATUS.items() if word in text.lower()), None)
    status = int(code.group(1)) if code else _STATUS.get(name or "", known)
    row["status"], row["error_class"] = status or 500, name or "api_error"
    return status is None
