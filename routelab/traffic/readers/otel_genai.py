"""OpenTelemetry GenAI spans, current and deprecated names, and spans of the Vercel AI SDK."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from routelab.reading.files import Rows
from routelab.reading.notes import Note
from routelab.traffic.readers import _litellm as shared
from routelab.traffic.readers._base import READERS, Parsed, Reader
from routelab.traffic.readers._observed import add_latency, class_of, moment, pick, status_of

_OURS = ("gen_ai.", "ai.", "llm.")
_COLUMNS = ["request_id", "timestamp", "end", "first", "model", "provider", "input_tokens",
            "output_tokens", "cached_input_tokens", "reasoning_tokens", "cost_usd", "status",
            "error_class", "user", "session_id", "prompt", "ttft_s"]  # fmt: skip
# The first name is the current convention; the others are deprecated or of one SDK.
_NAMES = {
    "model": ("gen_ai.request.model", "gen_ai.response.model", "ai.model.id", "llm.model_name",
              "llm.request.model"),
    "provider": ("gen_ai.provider.name", "gen_ai.system", "ai.model.provider", "llm.provider"),
    "input_tokens": ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens",
                     "ai.usage.inputTokens", "ai.usage.promptTokens", "llm.token_count.prompt",
                     "llm.usage.prompt_tokens"),
    "output_tokens": ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens",
                      "ai.usage.outputTokens", "ai.usage.completionTokens",
                      "llm.token_count.completion", "llm.usage.completion_tokens"),
    "cached_input_tokens": ("gen_ai.usage.cache_read.input_tokens",
                            "gen_ai.usage.cache_read_input_tokens", "ai.usage.cachedInputTokens",
                            "llm.token_count.prompt_details.cache_read"),
    "reasoning_tokens": ("gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens",
                         "ai.usage.reasoningTokens",
                         "llm.token_count.completion_details.reasoning"),
    "cost_usd": ("gen_ai.usage.cost", "llm.cost.total"),
    "user": ("enduser.id", "user.id", "ai.telemetry.metadata.userId"),
    "session_id": ("gen_ai.conversation.id", "session.id", "ai.telemetry.metadata.sessionId"),
}  # fmt: skip
_PROMPTS = ("gen_ai.input.messages", "gen_ai.prompt", "ai.prompt.messages", "ai.prompt",
            "input.value")  # fmt: skip
_CALLS = {"chat", "text_completion", "generate_content"}


@READERS.register("otel-genai")
class OtelGenAI(Reader):
    """Spans; those that call a model are requests, each once, whatever repeats its usage."""

    title = "OpenTelemetry GenAI spans (OTLP JSON, span lists, attribute dumps; Vercel AI SDK)"
    whole = True

    def sniff(self, rows: Rows) -> bool:
        """Look for OTLP's nesting, or for attributes of a model call among the first spans."""
        if rows.kind != "json":
            return False
        if any(key in rows.first for key in ("resourceSpans", "resource_spans")):
            return True
        return any(
            key.startswith(("gen_ai.", "ai.operationId", "llm.token_count."))
            for record in rows.head()
            for key in _attributes(record)
        )

    def expand(self, rows: Rows) -> Rows:
        """Take the spans out of OTLP documents."""
        records, origin = [], []
        for position, record in enumerate(rows.dicts()):
            spans = _spans(record)
            records += spans
            origin += [position] * len(spans)
        return rows.expanded(origin, records) if len(records) != len(rows) else rows

    def parse(self, rows: Rows) -> Parsed:
        """Read the spans that call a model; spans above them repeat their usage."""
        spans = rows.dicts()
        attributes = [_attributes(span) for span in spans]
        reasons = [_no_call(span, found) for span, found in zip(spans, attributes, strict=True)]
        above = _above(spans, [reason is None for reason in reasons])
        parsed = Parsed(pd.DataFrame())
        found, origin, assumed = [], [], 0
        for position, reason in enumerate(reasons):
            if reason is None and position in above:
                reason = "the span repeats the usage of a call beneath it"
            if reason is not None:
                parsed.aside[position] = reason
                continue
            row, guessed = _row(spans[position], attributes[position])
            assumed += guessed
            found.append(row)
            origin.append(position)
        frame = add_latency(pd.DataFrame(found, columns=_COLUMNS, dtype=object))
        timed = frame["timestamp"].notna().any() or not found
        parsed.frame = frame if timed else frame.drop(columns="timestamp")
        parsed.origin = np.array(origin, dtype=np.int64)
        if assumed:
            text = "failed spans name no HTTP status: status 500 assumed"
            parsed.warnings.append(Note(assumed, text))
        return parsed


def _spans(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the spans of an OTLP document, or the record itself."""
    resources = record.get("resourceSpans", record.get("resource_spans"))
    if not isinstance(resources, list):
        return [record]
    spans: list[dict[str, Any]] = []
    for resource in resources:
        scopes = pick(resource, "scopeSpans", "scope_spans", "instrumentationLibrarySpans")
        for scope in scopes if isinstance(scopes, list) else []:
            inside = scope.get("spans") if isinstance(scope, dict) else None
            spans += [s for s in inside if isinstance(s, dict)] if isinstance(inside, list) else []
    return spans or [record]


def _attributes(span: dict[str, Any]) -> dict[str, Any]:
    """Return attributes as a dict: OTLP lists them as key and typed value; dumps are flat."""
    given = span.get("attributes")
    if isinstance(given, dict):
        return given
    if isinstance(given, list):
        pairs = [item for item in given if isinstance(item, dict)]
        return {str(pair.get("key")): _value(pair.get("value")) for pair in pairs}
    return span if any(key.startswith(_OURS) for key in span) else {}


def _value(typed: Any) -> Any:
    if not isinstance(typed, dict) or len(typed) != 1:
        return typed
    kind, value = next(iter(typed.items()))
    if kind == "intValue" and isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value[:30])
    return value


def _no_call(span: dict[str, Any], attributes: dict[str, Any]) -> str | None:
    """Say why a span is no model call, or None."""
    operation = pick(attributes, "ai.operationId", "operation.name")
    if isinstance(operation, str) and operation.startswith("ai."):
        inner = operation.split(" ")[0].rsplit(".", 1)[-1]
        if inner in ("doGenerate", "doStream"):
            return None
        if "embed" in inner.lower():
            return "embedding: not text generation"
        return f"{operation.split(' ')[0][:40]} repeats the usage of a call beneath it"
    named = attributes.get("gen_ai.operation.name")
    if isinstance(named, str) and named not in _CALLS:
        return f"gen_ai.operation.name {named[:40]!r} is not text generation"
    kind = attributes.get("openinference.span.kind")
    if isinstance(kind, str) and kind.upper() != "LLM":
        return f"span of kind {kind[:40]}: no model call"
    if pick(attributes, *_NAMES["model"], *_NAMES["input_tokens"]) is None:
        return "the span has no attributes of a model call"
    return None


def _ids(span: dict[str, Any]) -> tuple[Any, Any]:
    own = pick(span, "spanId", "span_id", "spanContext.spanId", "context.span_id")
    parent = pick(
        span, "parentSpanId", "parent_span_id", "parentSpanContext.spanId", "parent_id"
    )  # fmt: skip
    return own, parent


def _above(spans: list[dict[str, Any]], is_call: list[bool]) -> set[int]:
    """Return the positions of all ancestors of calls."""
    ids = [_ids(span) for span in spans]
    place = {own: i for i, (own, _) in enumerate(ids) if isinstance(own, str)}
    found: set[int] = set()
    for position, calls in enumerate(is_call):
        parent = ids[position][1] if calls else None
        while isinstance(parent, str) and parent in place and place[parent] not in found:
            found.add(place[parent])
            parent = ids[place[parent]][1]
    return found


def _row(span: dict[str, Any], attributes: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    error = pick(attributes, "error.type", "exception.type")
    message = pick(span, "status.message")
    failed = error is not None or str(pick(span, "status.code", "status_code")).upper() in (
        "2", "ERROR", "STATUS_CODE_ERROR",
    )  # fmt: skip
    given = pick(attributes, "http.response.status_code", "http.status_code")
    status = status_of(given, error, message) if failed else 200
    wait = attributes.get("ai.response.msToFirstChunk")
    row = {ours: pick(attributes, *names) for ours, names in _NAMES.items()}
    row |= {
        "request_id": _ids(span)[0] or pick(attributes, "gen_ai.response.id", "ai.response.id"),
        "timestamp": moment(pick(span, "startTimeUnixNano", "start_time_unix_nano", "startTime",
                                 "start_time")),
        "end": moment(pick(span, "endTimeUnixNano", "end_time_unix_nano", "endTime", "end_time")),
        "status": status or 500,
        "error_class": (class_of(error, message) or error) if failed else None,
        "prompt": _prompt(attributes),
        "ttft_s": wait / 1000 if isinstance(wait, int | float) else None,
    }  # fmt: skip
    return row, failed and status is None


def _prompt(attributes: dict[str, Any]) -> str | None:
    for name in _PROMPTS:
        if attributes.get(name) is not None:
            return shared.last_user_text(attributes[name])
    turns = {}
    for key in attributes:
        found = re.fullmatch(r"gen_ai\.prompt\.(\d{1,6})\.role", key)
        if found and attributes[key] == "user":
            turns[int(found.group(1))] = attributes.get(f"gen_ai.prompt.{found.group(1)}.content")
    return shared.first_text(turns[max(turns)]) if turns else None
