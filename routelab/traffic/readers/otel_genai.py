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
from routelab.traffic.readers._observed import (
    add_cached,
    add_latency,
    class_of,
    moment,
    pick,
    seconds,
    status_of,
)
from routelab.traffic.readers._spans import (
    DOCUMENT,
    attributes_of,
    ids_of,
    raised,
    reached,
    spans_of,
    tree_of,
)

_COLUMNS = ["request_id", "timestamp", "end", "first", "model", "provider", "input_tokens",
            "output_tokens", "cached_input_tokens", "reasoning_tokens", "cost_usd", "status",
            "error_class", "user", "session_id", "prompt", "ttft_s", "written",
            "total"]  # fmt: skip
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
    "written": ("gen_ai.usage.cache_creation.input_tokens",
                "gen_ai.usage.cache_creation_input_tokens",
                "llm.token_count.prompt_details.cache_write"),
    "total": ("gen_ai.usage.total_tokens", "llm.usage.total_tokens", "llm.token_count.total"),
    "cost_usd": ("gen_ai.usage.cost", "llm.cost.total"),
    "user": ("enduser.id", "user.id", "ai.telemetry.metadata.userId"),
    "session_id": ("gen_ai.conversation.id", "session.id", "ai.telemetry.metadata.sessionId"),
}  # fmt: skip
_PROMPTS = ("gen_ai.input.messages", "gen_ai.prompt", "ai.prompt.messages", "ai.prompt",
            "input.value")  # fmt: skip
_ERROR = ("error.type", "exception.type")
_CALLS = {"chat", "text_completion", "generate_content"}
_OTHERS = ("embed", "agent", "tool", "workflow", "retriev", "rerank", "memory", "evaluat")


@READERS.register("otel-genai")
class OtelGenAI(Reader):
    """Spans; those that call a model are requests, each once, whatever repeats its usage.

    Spans above one that carries usage repeat it and are set aside; so is a span without usage
    below one that counts, unless it failed. Input tokens include cached ones, as the convention
    says; where a span shows that it counts them beside its input, they are added.
    """

    title = "OpenTelemetry GenAI spans (OTLP JSON, span lists, attribute dumps; Vercel AI SDK)"
    whole = True

    def sniff(self, rows: Rows) -> bool:
        """Look for OTLP's nesting, or for attributes of a model call among the first spans."""
        if rows.kind != "json":
            return False
        if any(key in rows.first for key in DOCUMENT):
            return True
        return any(
            key.startswith(("gen_ai.", "ai.operationId", "llm.token_count."))
            for record in rows.head()
            for key in attributes_of(record)
        )

    def expand(self, rows: Rows) -> Rows:
        """Take the spans out of OTLP documents."""
        if not any(key in record for record in rows.dicts() for key in DOCUMENT):
            return rows
        records, origin = [], []
        for position, record in enumerate(rows.dicts()):
            spans = spans_of(record)
            records += spans
            origin += [position] * len(spans)
        return rows.expanded(origin, records)

    def parse(self, rows: Rows) -> Parsed:
        """Read the spans that call a model; spans above them repeat their usage."""
        spans = rows.dicts()
        attributes = [attributes_of(span) for span in spans]
        reasons = [_no_call(found) for found in attributes]
        repeats = _repeats(spans, attributes, [reason is None for reason in reasons])
        parsed = Parsed(pd.DataFrame())
        found, origin, assumed = [], [], 0
        for position, reason in enumerate(reasons):
            reason = reason or repeats.get(position)
            if any(key in spans[position] for key in DOCUMENT):
                parsed.aside[position] = "an OTLP document without spans"
                continue
            if not attributes[position] and ids_of(spans[position]) == (None, None):
                parsed.refused[position] = "no span: it has neither an id nor attributes"
                continue
            if reason is not None:
                parsed.aside[position] = reason
                continue
            row, guessed = _row(spans[position], attributes[position])
            assumed += guessed
            found.append(row)
            origin.append(position)
        frame, parsed.warnings = add_cached(pd.DataFrame(found, columns=_COLUMNS, dtype=object))
        frame = add_latency(frame)
        timed = frame["timestamp"].notna().any() or not found
        parsed.frame = frame if timed else frame.drop(columns="timestamp")
        parsed.origin = np.array(origin, dtype=np.int64)
        if assumed:
            text = "failed spans name no HTTP status: status 500 assumed"
            parsed.warnings.append(Note(assumed, text))
        return parsed


def _no_call(attributes: dict[str, Any]) -> str | None:
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
    if isinstance(named, str) and not _generates(named, attributes):
        return f"gen_ai.operation.name {named[:40]!r} is not text generation"
    kind = attributes.get("openinference.span.kind")
    if isinstance(kind, str) and kind.upper() != "LLM":
        return f"span of kind {kind[:40]}: no model call"
    if pick(attributes, *_NAMES["model"], *_NAMES["input_tokens"]) is None:
        return "the span has no attributes of a model call"
    return None


def _generates(operation: str, attributes: dict[str, Any]) -> bool:
    """Tell whether an operation is text generation; names outside the convention need usage."""
    if operation in _CALLS:
        return True
    other = any(word in operation.lower() for word in _OTHERS)
    return not other and _has_usage(attributes)


def _repeats(
    spans: list[dict[str, Any]], attributes: list[dict[str, Any]], is_call: list[bool]
) -> dict[int, str]:
    """Tell which calls another span stands for, by position, and why."""
    above, below = tree_of(spans)
    calls = [i for i, called in enumerate(is_call) if called]
    used = {i for i in calls if _has_usage(attributes[i])}
    over = reached(used, above)
    under = reached(used - over, below)
    silent = [i for i in calls if i not in used and i not in over]
    parts = {i for i in silent if i in under and not _failed(spans[i], attributes[i])}
    over |= reached([i for i in silent if i not in parts], above) - used
    reasons = dict.fromkeys(parts, "the usage of this call is on a span above it")
    return reasons | dict.fromkeys(over, "the span repeats a call beneath it")


def _has_usage(attributes: dict[str, Any]) -> bool:
    return pick(attributes, *_NAMES["input_tokens"], *_NAMES["output_tokens"]) is not None


def _failed(span: dict[str, Any], attributes: dict[str, Any]) -> bool:
    code = str(pick(span, "status.code", "status_code")).upper()
    return pick(attributes, *_ERROR) is not None or code in ("2", "ERROR", "STATUS_CODE_ERROR")


def _row(span: dict[str, Any], attributes: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    failed = _failed(span, attributes)
    error = pick(attributes, *_ERROR) or raised(span)
    message = pick(span, "status.message")
    given = pick(attributes, "http.response.status_code", "http.status_code")
    status = status_of(given, error, message) if failed else 200
    row = {ours: pick(attributes, *names) for ours, names in _NAMES.items()}
    row |= {
        "request_id": ids_of(span)[0] or pick(attributes, "gen_ai.response.id", "ai.response.id"),
        "timestamp": moment(pick(span, "startTimeUnixNano", "start_time_unix_nano", "startTime",
                                 "start_time")),
        "end": moment(pick(span, "endTimeUnixNano", "end_time_unix_nano", "endTime", "end_time")),
        "status": status or 500,
        "error_class": (class_of(error, message) or error) if failed else None,
        "prompt": _prompt(attributes),
        "ttft_s": seconds(attributes.get("ai.response.msToFirstChunk")),
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
