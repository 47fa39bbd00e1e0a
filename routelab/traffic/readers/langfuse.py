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
    add_latency,
    class_of,
    count,
    moment,
    pick,
    status_of,
)

_POSTED = "langfuse.observation."
_TYPES = {"GENERATION", "SPAN", "EVENT", "AGENT", "TOOL", "CHAIN", "RETRIEVER", "EVALUATOR",
          "EMBEDDING", "GUARDRAIL"}  # fmt: skip
_COLUMNS = ["request_id", "timestamp", "end", "first", "model", "provider", "input_tokens",
            "output_tokens", "cached_input_tokens", "reasoning_tokens", "cost_usd", "status",
            "error_class", "user", "session_id", "prompt"]  # fmt: skip


@READERS.register("langfuse")
class Langfuse(Reader):
    """Observations of Langfuse; generations are requests, the others are set aside.

    Latency comes from the stamps, because exports give it in seconds or in milliseconds.
    """

    title = "Langfuse (trace export, observations as JSON, JSONL or CSV, generations of LiteLLM)"

    def sniff(self, rows: Rows) -> bool:
        """Look for a trace with observations, an observation, or LiteLLM's attributes."""
        first = rows.first
        if isinstance(first.get("observations"), list) and isinstance(first.get("trace"), dict):
            return True
        kind = first.get("type")
        if isinstance(kind, str) and kind.upper() in _TYPES:
            names = set(first)
            return bool(names & {"startTime", "start_time"} and names & {"traceId", "trace_id"})
        attributes = first.get("attributes")
        return isinstance(attributes, dict) and any(key.startswith(_POSTED) for key in attributes)

    def expand(self, rows: Rows) -> Rows:
        """Take the observations out of a trace."""
        if rows.table is not None or not any("observations" in r for r in rows.dicts()):
            return rows
        records, origin = [], []
        for position, record in enumerate(rows.dicts()):
            inside = record.get("observations")
            trace = record.get("trace")
            for one in inside if isinstance(inside, list) else [record]:
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
                if kind in _TYPES or "type" in record:
                    parsed.aside[position] = f"type {kind[:30]}: no model call"
                else:
                    parsed.refused[position] = "no observation: it has no type"
                continue
            row, guessed = _row(record)
            assumed += guessed
            timed = timed or row["timestamp"] is not None
            found.append(row)
            origin.append(position)
        frame = add_latency(pd.DataFrame(found, columns=_COLUMNS, dtype=object))
        parsed.frame = frame if timed or not found else frame.drop(columns="timestamp")
        parsed.origin = np.array(origin, dtype=np.int64)
        if assumed:
            text = "observations of level ERROR name no HTTP status: status 500 assumed"
            parsed.warnings.append(Note(assumed, text))
        return parsed


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
    usage = _usage(record)
    row = {
        "request_id": pick(record, "id", "span_id"),
        "timestamp": moment(pick(record, "startTime", "start_time")),
        "end": moment(pick(record, "endTime", "end_time")),
        "first": moment(pick(record, "completionStartTime", "completion_start_time")),
        "model": pick(record, "model", "providedModelName", "provided_model_name"),
        "provider": pick(record, "metadata.ls_provider", "metadata.attributes.gen_ai.system"),
        **usage,
        "cost_usd": _cost(record),
        "status": status or 500,
        "error_class": class_of(message) if failed else None,
        "user": pick(record, "userId", "user_id", "trace.userId"),
        "session_id": pick(record, "sessionId", "session_id", "trace.sessionId"),
        "prompt": shared.last_user_text(record.get("input")),
    }
    return row, failed and status is None


def _usage(record: dict[str, Any]) -> dict[str, Any]:
    """Return token counts; input includes cached tokens, output includes reasoning.

    Langfuse's details are parts that exclude each other, unless their total says otherwise.
    """
    details = shared.unpack(pick(record, "usageDetails", "usage_details", "usage"))
    details = details if isinstance(details, dict) else {}
    given = pick(details, "input", "input_tokens", "prompt_tokens", "promptTokens")
    answered = pick(details, "output", "output_tokens", "completion_tokens", "completionTokens")
    if given is None and answered is None:
        return {
            "input_tokens": pick(record, "inputUsage", "promptTokens", "prompt_tokens"),
            "output_tokens": pick(record, "outputUsage", "completionTokens", "completion_tokens"),
        }
    parts = {key: count(value) for key, value in details.items()
             if key not in ("input", "output", "total", "unit")}  # fmt: skip
    cached = sum(v for k, v in parts.items() if "cache" in k and "creat" not in k)
    beside = sum(v for k, v in parts.items() if "cache" in k or k.startswith(("input_", "prompt_")))
    thought = sum(v for k, v in parts.items() if "reasoning" in k)
    other = sum(v for k, v in parts.items() if k.startswith(("output_", "completion_")))
    total = details.get("total")
    if total is not None and count(total) == count(given) + count(answered):
        beside = other = 0
    apart = "input" in details
    return {
        "input_tokens": given + beside if apart and type(given) in (int, float) else given,
        "output_tokens": answered + other if apart and type(answered) in (int, float) else answered,
        "cached_input_tokens": cached,
        "reasoning_tokens": thought,
    }


def _cost(record: dict[str, Any]) -> Any:
    """Return USD; a total of 0 without any part means that the price was not known."""
    details = shared.unpack(pick(record, "costDetails", "cost_details"))
    total = pick(record, "totalCost", "total_cost", "calculatedTotalCost", "calculated_total_cost")
    inside = details.get("total") if isinstance(details, dict) else None
    if inside is not None:
        return inside
    return None if not details and not count(total) else total
