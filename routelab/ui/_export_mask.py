"""Somebody's config without its secrets: before anything of it is shown or kept."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import yaml

from routelab._yaml import _Base, parse_yaml
from routelab.exporters._lint._base import mask
from routelab.privacy import redact

HIDDEN = "[hidden]"
_REFERENCE = "os.environ/"
_SHORTEST = 6  # characters of what redact() takes for a secret, and of a secret worth the name
# Wider than what lint calls a secret: what is hidden in vain costs less than what is shown.
_WORDS = (
    "key",
    "token",
    "secret",
    "passw",
    "credential",
    "salt",
    "dsn",
    "auth",
    "cookie",
    "header",
    "environment_variables",
)
_HARMLESS = ("_tokens", "cost_per_token", "_token_cost", "keyword", "tokenizer")


def is_secret(key: Any) -> bool:
    """Return whether the value of a key may be a secret.

    Examples
    --------
    >>> is_secret("api_key"), is_secret("AWS_SESSION_TOKEN"), is_secret("input_cost_per_token")
    (True, True, False)
    """
    name = str(key).lower()
    return any(word in name for word in _WORDS) and not any(word in name for word in _HARMLESS)


def masked(data: Any) -> Any:
    """Return the same data with `HIDDEN` for what may be a secret; references to variables stay.

    A value that is secret under one key is hidden under every other: an anchor may carry it there.

    Examples
    --------
    >>> masked({"api_key": "abc", "token": "os.environ/T", "model": "gpt-4o"})
    {'api_key': '[hidden]', 'token': 'os.environ/T', 'model': 'gpt-4o'}
    """
    known = {text for text in _secrets(data, False) if len(text) >= _SHORTEST}
    return _masked(data, False, known)


def _masked(data: Any, secret: bool, known: set[str]) -> Any:
    if isinstance(data, dict):
        return {
            _masked_text(str(key)): _masked(value, secret or is_secret(key), known)
            for key, value in data.items()
        }
    if isinstance(data, (list, tuple)):
        return [_masked(value, secret, known) for value in data]
    if data is None or isinstance(data, bool):
        return data
    if secret or data in known:
        return data if str(data).startswith(_REFERENCE) else HIDDEN
    return data if isinstance(data, (int, float)) else _masked_text(str(data))


def _secrets(data: Any, secret: bool) -> Iterator[str]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _secrets(value, secret or is_secret(key))
    elif isinstance(data, (list, tuple)):
        for value in data:
            yield from _secrets(value, secret)
    elif secret and isinstance(data, str) and not data.startswith(_REFERENCE):
        yield data


def read_masked(text: str, name: str) -> tuple[Any, str]:
    """Return a config's data without secrets, and its text without them, line by line the same.

    Comments are left out of the text: an old key may stand in one.

    Raises
    ------
    YamlError
        It is no YAML.
    """
    data = masked(parse_yaml(text, name).data)
    return data, masked_text(text)


def masked_text(text: str) -> str:
    r"""Return YAML with its lines and columns as they are, and stars over what may be a secret.

    Examples
    --------
    >>> masked_text("a: 1  # was sk-1\napi_key: abc\n")
    'a: 1\napi_key: ***\n'
    """
    shown = [mark if mark in "\r\n" else " " for mark in text]
    for token in yaml.scan(text, Loader=_Base):
        begin, end = token.start_mark.index, token.end_mark.index
        shown[begin:end] = text[begin:end]
    for begin, end in _secret_spans(text):
        shown[begin:end] = ("*" if mark not in "\r\n" else mark for mark in text[begin:end])
    lines = "".join(shown).splitlines()
    return "".join(f"{_masked_text(line.rstrip())}\n" for line in lines)


@functools.lru_cache(maxsize=20_000)  # keys and names of models come again and again
def _masked_text(text: str) -> str:
    return mask(redact(text)) if len(text) >= _SHORTEST else text


def _secret_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where scalars stand that may be secrets, an alias counted where its value stands."""
    secret: dict[int, yaml.Node] = {}
    seen: set[tuple[int, bool]] = set()

    def walk(node: yaml.Node, hidden: bool) -> None:
        if (id(node), hidden) in seen:
            return
        seen.add((id(node), hidden))
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                name = getattr(key, "value", "")
                walk(value, hidden or is_secret(name))
        elif isinstance(node, yaml.SequenceNode):
            for value in node.value:
                walk(value, hidden)
        elif hidden and not str(node.value).startswith(_REFERENCE):
            secret[id(node)] = node

    root = yaml.compose(text, Loader=_Base)
    if root is not None:
        walk(root, False)
    for node in secret.values():
        yield node.start_mark.index, node.end_mark.index
