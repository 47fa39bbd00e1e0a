"""Spans as files hold them: OTLP documents, attributes as dicts or lists, ids, the tree."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from routelab.traffic.readers._observed import pick

DOCUMENT = ("resourceSpans", "resource_spans")
_OURS = ("gen_ai.", "ai.", "llm.")
_WHOLE = re.compile(r"-?[0-9]{1,30}")
_TRACE = ("traceId", "trace_id", "spanContext.traceId", "context.trace_id")


def spans_of(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the spans of an OTLP document, or the record itself; what is none stays visible."""
    if not any(key in record for key in DOCUMENT):
        return [record]
    spans = []
    for resource in _list(pick(record, *DOCUMENT)):
        scopes = pick(resource, "scopeSpans", "scope_spans", "instrumentationLibrarySpans")
        for scope in _list(scopes if isinstance(resource, dict) else [resource]):
            spans += _list(scope.get("spans") if isinstance(scope, dict) else [scope])
    return [span if isinstance(span, dict) else {"span": span} for span in spans] or [record]


def _list(value: Any) -> list[Any]:
    """Return a list as it is, nothing for nothing, and anything else as its only element."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def attributes_of(span: dict[str, Any]) -> dict[str, Any]:
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
    if kind == "intValue" and isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    return value


def ids_of(span: dict[str, Any]) -> tuple[Any, Any]:
    """Return the span's id and its parent's."""
    own = pick(span, "spanId", "span_id", "spanContext.spanId", "context.span_id")
    parent = pick(
        span, "parentSpanId", "parent_span_id", "parentSpanContext.spanId", "parent_id"
    )  # fmt: skip
    return own, parent


def tree_of(spans: list[dict[str, Any]]) -> tuple[list[list[int]], list[list[int]]]:
    """Return the positions of each span's parent and children; ids hold within their trace."""
    ids = [(str(pick(span, *_TRACE)), *ids_of(span)) for span in spans]
    place = {(trace, own): i for i, (trace, own, _) in enumerate(ids) if isinstance(own, str)}
    above: list[list[int]] = [[] for _ in spans]
    below: list[list[int]] = [[] for _ in spans]
    for position, (trace, _, parent) in enumerate(ids):
        if isinstance(parent, str) and (trace, parent) in place:
            above[position].append(place[trace, parent])
            below[place[trace, parent]].append(position)
    return above, below


def reached(starts: Iterable[int], nexts: list[list[int]]) -> set[int]:
    """Return what can be reached from `starts`, which may go round in circles."""
    found: set[int] = set()
    todo = [after for start in starts for after in nexts[start]]
    while todo:
        position = todo.pop()
        if position not in found:
            found.add(position)
            todo += nexts[position]
    return found


def raised(span: dict[str, Any]) -> Any:
    """Return the class of the exception that the span's events tell of."""
    for event in _list(span.get("events")):
        found = attributes_of(event).get("exception.type") if isinstance(event, dict) else None
        if found is not None:
            return found
    return None
