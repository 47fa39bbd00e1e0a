"""Codex session rollouts: JSONL of typed lines; a `token_count` that moved is one request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from routelab.reading.files import Rows
from routelab.traffic.readers import _litellm as shared
from routelab.traffic.readers._base import READERS, Parsed, Reader
from routelab.traffic.readers._sessions import add_times, plain_text

_TYPES = ("session_meta", "turn_context", "event_msg", "response_item", "compacted")
_TOKENS = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cached_input_tokens": "cached_input_tokens",
    "reasoning_output_tokens": "reasoning_tokens",
}
_COLUMNS = [*_TOKENS.values(), "asked", "began", "ended", "model", "provider", "session_id",
            "prompt"]  # fmt: skip
_ANSWERS = ("reasoning", "agent_message", "agent_reasoning")


@dataclass
class _State:
    """What the lines so far have said."""

    session: str | None = None
    provider: str | None = None
    model: str | None = None
    prompt: str | None = None
    spoken: bool = False
    asked: Any = None
    asked_next: Any = None
    answering: bool = False
    total: Any = None


@READERS.register("codex")
class Codex(Reader):
    """Codex session rollout (JSONL).

    Each `token_count` event with usage is one request: its `last_token_usage`. Cached input tokens
    are part of the input, reasoning tokens part of the output, as OpenAI's API counts them. A
    `token_count` whose total did not move repeats the one before. A request stands at the user
    message or tool output before it; its latency ends with its `token_count`.
    """

    title = "Codex session rollout (JSONL: session_meta, turn_context, event_msg token_count)"
    whole = True

    def sniff(self, rows: Rows) -> bool:
        """Look for a line of a rollout's types, with a payload, among the first hundred."""
        return rows.kind == "json" and any(
            record.get("type") in _TYPES and isinstance(record.get("payload"), dict)
            for record in rows.head()
            if isinstance(record.get("type"), str)
        )

    def parse(self, rows: Rows) -> Parsed:
        """Follow the session line by line; lines that hold no usage are set aside."""
        parsed = Parsed(pd.DataFrame())
        state = _State()
        found: list[dict[str, Any]] = []
        origin: list[int] = []
        beside = 0
        for position, record in enumerate(rows.dicts()):
            kind, payload = record.get("type"), record.get("payload")
            if not isinstance(kind, str) or not isinstance(payload, dict):
                parsed.refused[position] = "no type and payload"
                continue
            if kind == "session_meta":
                state = _State(
                    session=shared.first_text(payload.get("id")),
                    provider=shared.first_text(payload.get("model_provider")),
                )
            if (kind, payload.get("type")) != ("event_msg", "token_count"):
                _listen(state, kind, payload, record.get("timestamp"))
                parsed.aside[position] = f"a line of type {kind[:40]!r}, no token count"
                continue
            reason, refused = _no_request(payload, state)
            if reason:
                (parsed.refused if refused else parsed.aside)[position] = reason
                continue
            row = _row(state, payload["info"], record.get("timestamp"))
            beside += _reasoning_beside(payload["info"]["last_token_usage"])
            found.append(row)
            origin.append(position)
        frame, parsed.warnings = add_times(pd.DataFrame(found, columns=_COLUMNS, dtype=object))
        parsed.frame, parsed.origin = frame, np.array(origin, dtype=np.int64)
        if beside:
            parsed.warnings.append(
                f"in {beside} requests total_tokens is input + output + reasoning, as if reasoning "
                "were no part of the output; output_tokens are kept as they are written"
            )
        return parsed


def _listen(state: _State, kind: str, payload: dict[str, Any], stamp: Any) -> None:
    """Take up the model, what was asked, and whether an answer has begun."""
    what = shared.first_text(payload.get("type")) or ""
    if kind == "turn_context":
        state.model = shared.first_text(payload.get("model"), state.model)
    elif kind == "event_msg" and what == "user_message":
        state.prompt = shared.first_text(payload.get("message"), state.prompt)
        state.spoken = True
        _ask(state, stamp)
    elif kind == "response_item" and what == "message" and payload.get("role") == "user":
        text = plain_text(payload)
        if not state.spoken and text and not text.startswith(("<", "# AGENTS.md")):
            state.prompt = text
        _ask(state, stamp)
    elif kind == "response_item" and what.endswith("_output"):
        _ask(state, stamp)
    elif what in _ANSWERS or what.endswith("_call") or payload.get("role") == "assistant":
        state.answering = True


def _ask(state: _State, stamp: Any) -> None:
    """Keep a stamp for the next answer; tools may end while the present answer still streams."""
    if state.answering:
        state.asked_next = stamp
    else:
        state.asked = stamp


def _no_request(payload: dict[str, Any], state: _State) -> tuple[str | None, bool]:
    """Return why a token count is no request, and whether that is a fault."""
    info = payload.get("info")
    if info is None:
        return "a token count without usage (rate limits only)", False
    if not isinstance(info, dict) or not isinstance(info.get("last_token_usage"), dict):
        return "a token count without last_token_usage", True
    total = info.get("total_token_usage")
    if isinstance(total, dict) and total == state.total:
        return "a repeated token count: the total did not move", False
    state.total = total
    return None, False


def _row(state: _State, info: dict[str, Any], stamp: Any) -> dict[str, Any]:
    usage = info["last_token_usage"]
    row = {ours: usage.get(theirs) for theirs, ours in _TOKENS.items()}
    row |= {
        "asked": state.asked,
        "began": stamp,
        "ended": stamp,
        "model": shared.first_text(info.get("model"), state.model),
        "provider": state.provider,
        "session_id": state.session,
        "prompt": state.prompt,
    }
    state.asked, state.asked_next, state.answering = state.asked_next, None, False
    return row


def _reasoning_beside(usage: dict[str, Any]) -> bool:
    """Tell whether the line's own total counts reasoning tokens beside the output."""
    names = ("input_tokens", "output_tokens", "reasoning_output_tokens", "total_tokens")
    values = [value for value in map(usage.get, names) if isinstance(value, int)]
    return len(values) == 4 and values[2] > 0 and values[3] == sum(values[:3])
