"""Langfuse: traces from the UI, observations from the API or blob storage, LiteLLM's own posts."""

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
    first_of,
    moment,
    pick,
    status_of,
    unpaged,
)

_POSTED = "langfuse.observation."
_TYPES = {"GENERATION", "SPAN", "EVENT", "AGENT", "TOOL", "CHAIN", "RETRIEVER", "EVALUATOR",
          "EMBEDDING", "GUARDRAIL"}  # fmt: skip
_COLUMNS = ["request_id", "timestamp", "end", "first", "model", "provider", "input_tokens",
            "output_tokens", "cached_input_tokens", "reasoning_tokens", "cost_usd", "status",
            "error_class", "user", "session_id", "prompt", "written", "total"]  # fmt: skip
_INPUT = ("input", "input_tokens", "prompt_tokens", "promptTokens")
_OUTPUT = ("output", "output_tokens", "completion_tokens", "completionTokens")
_TOTAL = ("total", "total_tokens", "totalTokens")


@READERS.register("langfuse")
class Langfuse(Reader):
    """Observations of Langfuse; generations are requests, the others are set aside.

    Latency comes from the stamps, because exports give it in seconds or in milliseconds.

    `input_tokens` include cached tokens, and `output_tokens` reasoning. In Langfuse's own details
    (``input``, ``input_cached_tokens``, ...) the parts exclude each other and are added, unless
    ``total`` is ``input`` + ``output``; so are Anthropic's (``input_tokens`` beside
    ``cache_read_input_tokens``). OpenAI's ``prompt_tokens`` already include theirs.
    """

    title = "Langfuse (trace export, observations as JSON, JSONL or CSV, generations of LiteLLM)"

    def sniff(self, rows: Rows) -> bool:
        """Look for a trace with observations, an observation, or LiteLLM's attributes."""
        first = first_of(rows)
        inside = first.get("observations")
        if isinstance(inside, list) and (
            isinstance(first.get("trace"), dict) or any(_is_observation(one) for one in inside)
        ):
            return True
        if _is_observation(first):
            return True
        attributes = first.get("attributes")
        return isinstance(attributes, dict) and any(key.startswith(_POSTED) for key in attributes)

    def expand(self, rows: Rows) -> Rows:
        """Take the observations out of a trace, and out of the pages of the API."""
        rows = unpaged(rows)
        if rows.table is not None or not any("observations" in r for r in rows.dicts()):
            return rows
        records, origin = [], []
        for position, record in enumerate(rows.dicts()):
            inside = record.get("observations")
            trace = record.get("trace", record if isinstance(inside, list) else None)
            if isinstance(trace, dict):
                trace = {key: trace.get(key) for key in ("id", "userId", "sessionId")}
            for one in inside if isinstance(inside, list) and inside else [record]:
                one = one if isinstance(one, dict) else {"observation": one}
                records.append({**one, "trace": trace} if isinstance(trace, dict) else one)
                origin.append(position)
        return rows.expanded(origin, records)

    def parse(self, rows: Rows) -> Parsed:
        """Read generations; the level ERROR is a failure."""
        found: list[dict[str, Any]] = []
        origin: list[int] = []
        parsed = Parsed(pd.DataFrame())
        assumed = 0
        timed = False
        for position, given in enumerate(rows.dicts()):
            record = _posted(given)
            kind = str(record.get("type")).upper()
            if kind != "GENERATION":
                if isinstance(given.get("observations"), list):
                    parsed.aside[position] = "a trace without observations"
                elif isinstance(record.get("type"), str) and kind:
                    parsed.aside[position] = f"type {kind[:30]}: no model call"
                else:
                    parsed.refused[position] = "no observation: its type is no text"
                continue
            row, guessed = _row(record)
            assumed += guessed
            timed = timed or row["timestamp"] is not None
            found.append(row)
            origin.append(position)
        frame, parsed.warnings = add_cached(pd.DataFrame(found, columns=_COLUMNS, dtype=object))
        frame = add_latency(frame)
        parsed.frame = frame if timed or not found else frame.drop(columns="timestamp")
        parsed.origin = np.array(origin, dtype=np.int64)
        if assumed:
            text = "observations of level ERROR name no HTTP status: status 500 assumed"
            parsed.warnings.append(Note(assumed, text))
        return parsed


def _is_observation(record: Any) -> bool:
    kind = record.get("type") if isinstance(record, dict) else None
    if not isinstance(kind, str) or kind.upper() not in _TYPES:
        return False
    names = set(record)
    return bool(names & {"startTime", "start_time"} and names & {"traceId", "trace_id"})


def _posted(record: dict[str, Any]) -> dict[str, Any]:
    """Give what LiteLLM posts (attributes with long names) the names of an observation."""
    attributes = record.get("attributes")
    if not isinstance(attributes, dict) or not any(k.startswith(_POSTED) for k in attributes):
        return record
    flat = {key.removeprefix(_POSTED): value for key, value in attributes.items()}
    return {
        "type": flat.get("type"), "level": flat.get("level"), "input": flat.get("input"),
        "statusMessage": flat.get("status_message"), "model": flat.get("model.name"),
        "usageDetails": flat.get("usage_details"), "costDetails": flat.get("cost_details"),
        "completionStartTime": flat.get("completion_start_time"),
        "userId": pick(attributes, "user.id", "langfuse.user.id"),
        "sessionId": pick(attributes, "session.id", "langfuse.session.id"),
        "startTime": pick(record, "start_time", "startTime"),
        "endTime": pick(record, "end_time", "endTime"),
        "id": pick(record, "span_id", "id"),
    }  # fmt: skip


def _row(record: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    message = pick(record, "statusMessage", "status_message")
    failed = str(record.get("level")).upper() == "ERROR"
    status = status_of(message) if failed else 200
    metadata = shared.unpack(record.get("metadata"))
    row = {
        "request_id": pick(record, "id", "span_id"),
        "timestamp": moment(pick(record, "startTime", "start_time")),
        "end": moment(pick(record, "endTime", "end_time")),
        "first": moment(pick(record, "completionStartTime", "completion_start_time")),
        "model": pick(record, "model", "providedModelName", "provided_model_name"),
        "provider": pick(metadata, "ls_provider", "attributes.gen_ai.system"),
        **_usage(record),
        "cost_usd": _cost(record),
        "status": status or 500,
        "error_class": class_of(message) if failed else None,
        "user": pick(record, "userId", "user_id", "trace.userId")
        or pick(metadata, "langfuse_user_id", "user_id"),
        "session_id": pick(record, "sessionId", "session_id", "trace.sessionId")
        or pick(metadata, "langfuse_session_id", "session_id"),
        "prompt": shared.last_user_text(record.get("input")),
    }
    return row, failed and status is None


def _usage(record: dict[str, Any]) -> dict[str, Any]:
    """Return token counts; see the class for what includes what."""
    details = shared.unpack(pick(record, "usageDetails", "usage_details", "usage"))
    details = details if isinstance(details, dict) else {}
    given, answered = pick(details, *_INPUT), pick(details, *_OUTPUT)
    if given is None and answered is None:
        return {
            "input_tokens": pick(record, "inputUsage", "promptTokens", "prompt_tokens"),
            "output_tokens": pick(record, "outputUsage", "completionTokens", "completion_tokens"),
        }
    if "input" in details or "output" in details:
        return _parts(details, given, answered)
    anthropic = "input_tokens" in details and "cache_read_input_tokens" in details
    found = {
        "input_tokens": given,
        "output_tokens": answered,
        "cached_input_tokens": pick(
            details, "prompt_tokens_details.cached_tokens", "input_tokens_details.cached_tokens",
            "cache_read_input_tokens",
        ),
        "reasoning_tokens": pick(
            details, "completion_tokens_details.reasoning_tokens",
            "output_tokens_details.reasoning_tokens",
        ),
        "written": details.get("cache_creation_input_tokens"),
        "total": pick(details, *_TOTAL),
    }  # fmt: skip
    if anthropic and found["total"] is None:
        keys = ("input_tokens", "output_tokens", "cached_input_tokens", "written")
        found["total"] = sum(count(found[key]) for key in keys)
    return found


def _parts(details: dict[str, Any], given: Any, answered: Any) -> dict[str, Any]:
    """Add up Langfuse's own details, which exclude each other unless their total denies it."""
    parts = {key: count(value) for key, value in details.items()
             if key not in (*_INPUT, *_OUTPUT, *_TOTAL, "unit")}  # fmt: skip
    cache = {key: value for key, value in parts.items() if "cache" in key}
    cached = sum(v for k, v in cache.items() if "creat" not in k and "writ" not in k)
    beside = sum(v for k, v in parts.items() if k in cache or k.startswith(("input_", "prompt_")))
    thought = sum(v for k, v in parts.items() if "reasoning" in k)
    other = sum(v for k, v in parts.items() if k.startswith(("output_", "completion_")))
    total = pick(details, *_TOTAL)
    if total is not None and count(total) == count(given) + count(answered):
        beside = other = 0
    return {
        "input_tokens": count(given) + beside if beside else given,
        "output_tokens": count(answered) + other if other else answered,
        "cached_input_tokens": cached,
        "reasoning_tokens": thought,
    }


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cost(record: dict[str, Any]) -> Any:
    """Return USD; a total of 0 without any part means that the price was not known."""
    details = shared.unpack(pick(record, "costDetails", "cost_details"))
    details = details if isinstance(details, dict) else {}
    total = pick(record, "totalCost", "total_cost", "calculatedTotalCost", "calculated_total_cost")
    if details.get("total") is not None:
        return details["total"]
    if details and total is None:
        parts = list(details.values())
        return sum(map(count, parts)) if all(map(_is_number, parts)) else str(details)
    return total if details or count(total) else None
