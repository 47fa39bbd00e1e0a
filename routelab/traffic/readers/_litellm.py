"""What LiteLLM's two record formats share: errors to statuses, usage, messages, attempts."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from routelab.reading.files import dig
from routelab.reading.notes import Note

# Exception classes of litellm (openai's names) and the HTTP status that each stands for.
_CLASS_STATUS = {
    "BadRequestError": 400,
    "ContextWindowExceededError": 400,
    "ContentPolicyViolationError": 400,
    "UnsupportedParamsError": 400,
    "AuthenticationError": 401,
    "PermissionDeniedError": 403,
    "NotFoundError": 404,
    "Timeout": 408,
    "UnprocessableEntityError": 422,
    "BudgetExceededError": 422,
    "RateLimitError": 429,
    "RouterRateLimitError": 429,
    "APIConnectionError": 500,
    "APIError": 500,
    "InternalServerError": 500,
    "BadGatewayError": 502,
    "ServiceUnavailableError": 503,
    "MidStreamFallbackError": 503,
}
_NO_GENERATION = re.compile(
    r"embedding|image|transcription|speech|moderation|rerank", re.IGNORECASE
)
_REDACTED = "redacted-by-litellm"


def unpack(value: Any) -> Any:
    """Return JSON that stands inside a string (even twice) as data; anything else unchanged."""
    for _ in range(2):
        if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "[", '"'):
            break
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            break
    return value


def refused_call(call_type: Any) -> str | None:
    """Say why a row is no text generation, or None."""
    if isinstance(call_type, str) and _NO_GENERATION.search(call_type):
        return f"call_type {call_type!r} is not text generation"
    return None


def stamp(value: Any) -> Any:
    """Return epoch numbers as ISO text (so that a column may mix both), the rest unchanged."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value, UTC).isoformat()
        except (ValueError, OverflowError, OSError):
            return str(value)
    return value


def failure(error: Any) -> tuple[int, str | None, bool]:
    """Return status, error class and whether the status had to be assumed."""
    error = error if isinstance(error, dict) else {}
    name = error.get("error_class") or None
    for key in ("error_code", "normalized_error"):
        code = re.match(r"\s*([1-5]\d\d)(?!\d)", str(error.get(key) or ""))
        if code:
            return int(code.group(1)), name, False
    if name in _CLASS_STATUS:
        return _CLASS_STATUS[name], name, False
    return 500, name, True


def usage_details(*usages: Any) -> dict[str, Any]:
    """Return cached and reasoning tokens from the first usage object that has them."""
    found: dict[str, Any] = {}
    for usage in usages:
        for ours, paths in (
            (
                "cached_input_tokens",
                ("prompt_tokens_details.cached_tokens", "cache_read_input_tokens"),
            ),
            ("reasoning_tokens", ("completion_tokens_details.reasoning_tokens",)),
        ):
            for path in paths:
                value = dig(usage, path)
                if value is not None and ours not in found:
                    found[ours] = value
    return found


def last_user_text(messages: Any) -> str | None:
    """Return the text of the last message whose role is "user"; of a plain string, all of it."""
    messages = unpack(messages)
    if isinstance(messages, dict):
        messages = messages.get("messages", [messages])
    if isinstance(messages, str):
        return None if messages in ("", _REDACTED) else messages
    if not isinstance(messages, list):
        return None
    for message in reversed(messages):
        if isinstance(message, dict) and message.get("role") == "user":
            text = _content(message.get("content", message.get("parts")))
            return None if text == _REDACTED else text
    return None


def _content(content: Any) -> str | None:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [part.get("text", _plain(part)) for part in content if isinstance(part, dict)]
        texts = [text for text in parts if isinstance(text, str)]
        return "\n".join(texts) if texts else None
    return None


def _plain(part: dict[str, Any]) -> Any:
    """Return the text of a part as OpenTelemetry spells it; results of tools are none."""
    return part.get("content") if part.get("type") == "text" else None


def tagged_tier(tags: Any, metadata: Any) -> str | None:
    """Return the user's tier: request metadata's `tier`, else a request tag ``tier:<name>``."""
    named = dig(metadata, "requester_metadata.tier") or dig(metadata, "spend_logs_metadata.tier")
    if isinstance(named, str):
        return named
    for tag in tags if isinstance(tags := unpack(tags), list) else []:
        if isinstance(tag, str) and tag.startswith("tier:"):
            return tag.removeprefix("tier:")
    return None


def first_text(*values: Any) -> str | None:
    """Return the first value that is a string with something in it."""
    return next((v for v in values if isinstance(v, str) and v.strip()), None)


def positive(*values: Any) -> bool:
    """Tell whether any value is a number above zero (headers hold them as text too)."""
    for value in values:
        try:
            if value is not None and float(value) > 0:
                return True
        except (TypeError, ValueError):
            continue
    return False


def add_durations(frame: pd.DataFrame) -> pd.DataFrame:
    """Add `latency_s` and, where the first token came before the end, `ttft_s`; seconds.

    LiteLLM's own `response_time` is the time to the first token for streams: the stamps are used.
    """
    from routelab.reading.values import times

    start, end, first = (times(frame[key])[0] for key in ("timestamp", "end", "first"))
    frame["latency_s"] = (end - start).dt.total_seconds()
    waited = (first - start).dt.total_seconds()
    frame["ttft_s"] = waited.where((first < end) | frame["stream"].eq(True), other=float("nan"))
    return frame.drop(columns=["end", "first", "stream"])


def failures_note(assumed: int) -> list[Note | str]:
    """Warn about statuses that the records do not carry."""
    if not assumed:
        return []
    return [Note(assumed, "failure rows carry no status code: status 500 assumed")]


def take_doubt(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Note | str]]:
    """Take the column `doubtful` off, and warn of failure rows whose model may be the fallback's.

    LiteLLM writes a failure row later, from data that a fallback has changed meanwhile.
    """
    if "doubtful" not in frame:
        return frame, []
    count = int(frame["doubtful"].astype(bool).sum())
    text = (
        "failure rows come with a fallback: the model that they name may be the fallback's, not "
        "the one that failed"
    )
    return frame.drop(columns="doubtful"), [Note(count, text)] if count else []
