"""The body of a chat completion, as far as routing looks at it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from routelab._checks import InputError

#: Tokens are estimated where the client does not count them: no tokenizer is asked.
CHARACTERS_PER_TOKEN = 4
ROLES = ("system", "developer", "user", "assistant", "tool", "function")
MAX_ID = 256
MAX_MESSAGES = 2048


class RequestError(InputError):
    """A request that cannot be answered: what is wrong, in which field, and the HTTP status."""

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        status: int = 400,
        code: str | None = None,
    ):
        super().__init__(message)
        self.param = param
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says that a plan looks at.

    Attributes
    ----------
    request_id : str
        Of the metadata, else made here.
    model : str
        As the client asked for it.
    prompt : str or None
        Text of the last message of the user; never in a `repr`, log or answer.
    input_tokens : int
        Of the metadata's ``input_tokens``, else estimated from the text of all messages.
    max_tokens : int or None
    user, session_id, tier : str or None
    parts_ignored : int
        Parts that are no text, such as pictures: routers read text alone.
    """

    request_id: str
    model: str
    prompt: str | None
    input_tokens: int
    max_tokens: int | None = None
    user: str | None = None
    session_id: str | None = None
    tier: str | None = None
    parts_ignored: int = 0

    def __repr__(self) -> str:
        return f"Asked({self.request_id!r})"


def estimate_tokens(characters: int) -> int:
    """Return tokens for a number of characters, at least 1: one for every four.

    Examples
    --------
    >>> estimate_tokens(9)
    3
    """
    return max(1, -(-characters // CHARACTERS_PER_TOKEN))


def read_request(body: bytes) -> Asked:
    """Read the body of a chat completion.

    Parameters
    ----------
    body : bytes
        JSON in UTF-8 with ``model`` and ``messages``, optional ``user``, ``max_tokens`` or
        ``max_completion_tokens``, and ``metadata`` with ``request_id``, ``session_id``, ``tier``
        (text) and ``input_tokens``. Other fields are left alone.

    Raises
    ------
    RequestError
        The body is no JSON or has another shape; messages never hold the client's text.

    Examples
    --------
    >>> body = b'{"model": "auto", "messages": [{"role": "user", "content": "hello you"}]}'
    >>> asked = read_request(body)
    >>> asked.prompt, asked.input_tokens
    ('hello you', 3)
    """
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        # The message of the parser names a place; the text around it stays here.
        told = f"line {error.lineno}, column {error.colno}"
        raise RequestError(f"the body is no JSON in UTF-8 ({told})", code="invalid_json") from None
    if not isinstance(data, dict):
        raise RequestError("the body must be a JSON object", code="invalid_json")
    model = _text(data, "model", needed=True)
    prompt, characters, ignored = _messages(data.get("messages"))
    metadata = data.get("metadata")
    if metadata is None:
        metadata = {}
    if not isinstance(metadata, dict):
        raise RequestError("'metadata' must be an object", param="metadata")
    limits = [_count(data, name) for name in ("max_completion_tokens", "max_tokens")]
    counted = _count(metadata, "input_tokens", "metadata.")
    return Asked(
        request_id=_text(metadata, "request_id", "metadata.") or f"route-{uuid.uuid4().hex}",
        model=str(model),
        prompt=prompt,
        input_tokens=estimate_tokens(characters) if counted is None else counted,
        max_tokens=next((limit for limit in limits if limit is not None), None),
        user=_text(data, "user"),
        session_id=_text(metadata, "session_id", "metadata."),
        tier=_text(metadata, "tier", "metadata."),
        parts_ignored=ignored,
    )


def _text(data: Mapping[str, Any], name: str, place: str = "", needed: bool = False) -> str | None:
    value = data.get(name)
    if value is None and not needed:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= MAX_ID or not value.isprintable():
        message = f"'{place}{name}' must be printable text of 1 to {MAX_ID} characters"
        raise RequestError(message, param=place + name)
    return value


def _count(data: Mapping[str, Any], name: str, place: str = "") -> int | None:
    value = data.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 10**9:
        message = f"'{place}{name}' must be a whole number from 1 to {10**9:,}"
        raise RequestError(message, param=place + name)
    return value


def _messages(messages: Any) -> tuple[str | None, int, int]:
    """Return the last text of the user, characters in all messages, and parts that are no text."""
    if not isinstance(messages, list) or not 1 <= len(messages) <= MAX_MESSAGES:
        message = f"'messages' must be a list of 1 to {MAX_MESSAGES:,} messages"
        raise RequestError(message, param="messages")
    prompt, characters, ignored = None, 0, 0
    for number, message in enumerate(messages):
        place = f"messages[{number}]"
        if not isinstance(message, dict) or message.get("role") not in ROLES:
            told = f"'{place}' must be an object with a 'role': {', '.join(ROLES)}"
            raise RequestError(told, param=place)
        text, others = _content(message.get("content"), message["role"], f"{place}.content")
        characters += len(text or "")
        ignored += others
        if message["role"] == "user":
            prompt = text
    return prompt, characters, ignored


def _content(content: Any, role: str, place: str) -> tuple[str | None, int]:
    """Return the text of a message, as the reader of gateway logs finds it, and its other parts."""
    if isinstance(content, str):
        return content, 0
    if content is None and role != "user":  # an assistant may have called a tool instead
        return None, 0
    if not isinstance(content, list):
        raise RequestError(f"'{place}' must be text or a list of parts", param=place)
    texts = []
    for number, part in enumerate(content):
        if not isinstance(part, dict) or not isinstance(part.get("type"), str):
            inner = f"{place}[{number}]"
            raise RequestError(f"'{inner}' must be an object with a 'type'", param=inner)
        if isinstance(part.get("text"), str):  # "input_text" as well
            texts.append(part["text"])
        elif part["type"] == "text":
            inner = f"{place}[{number}].text"
            raise RequestError(f"'{inner}' must be text", param=inner)
    return "\n".join(texts) if texts else None, len(content) - len(texts)
