"""What a lint check yields, and the small questions that checks share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from routelab._checks import did_you_mean

PERIOD = re.compile(r"\d+(s|m|h|d|mo|w)")


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding whose place is still a path of keys in the document."""

    rule: str
    where: tuple[Any, ...]
    message: str
    fix: str
    severity: str = "error"


def unknown_keys(
    given: dict[str, Any], known: Iterable[str], where: tuple[Any, ...], what: str
) -> Iterator[Problem]:
    """Yield a problem for each key that the gateway does not read."""
    for key in given:
        if key not in known:
            near = did_you_mean(str(key), known)
            yield Problem(
                "unknown-key",
                (*where, key),
                f"{what} has no key {key!r}{near}: the proxy ignores it in silence",
                "correct or remove the key",
            )


def is_number(value: Any) -> bool:
    """Return whether a value is a number, and not a boolean."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def models(config: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    """Return the well-formed entries of the model list with their numbers."""
    entries = config.get("model_list")
    if not isinstance(entries, list):
        return []
    return [(i, entry) for i, entry in enumerate(entries) if isinstance(entry, dict)]


def params_of(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the ``litellm_params`` of an entry, empty when they are not a mapping."""
    params = entry.get("litellm_params")
    return params if isinstance(params, dict) else {}


def groups(config: dict[str, Any]) -> list[str]:
    """Return the model names that requests may ask for."""
    return [str(entry["model_name"]) for _, entry in models(config) if "model_name" in entry]


def section(config: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a top-level section, empty when it is not a mapping."""
    value = config.get(name)
    return value if isinstance(value, dict) else {}
