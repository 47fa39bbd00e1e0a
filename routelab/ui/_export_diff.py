"""What changes when an export takes the place of the config in use: in words, and line by line."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from routelab.exporters._lint._base import cut

LINES_SHOWN = 1_000
LINES_COMPARED = 20_000  # difflib would take seconds for more
WORDS_SHOWN = 40
_FALLBACKS = ("fallbacks", "context_window_fallbacks", "content_policy_fallbacks")
_ALL = "default_fallbacks"
_SECTIONS = ("router_settings", "litellm_settings")  # LiteLLM reads fallbacks from both
_NONE = object()


def text_diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the unified diff of two configs in their normal form; at most 1,000 lines."""
    old, new = normalised(before), normalised(after)
    if len(old) > LINES_COMPARED:
        return [
            f"(the config in use has {len(old):,} lines; up to {LINES_COMPARED:,} are compared)"
        ]
    lines = list(difflib.unified_diff(old, new, "config in use", "export", lineterm=""))
    more = len(lines) - LINES_SHOWN
    return lines if more <= 0 else [*lines[:LINES_SHOWN], f"({more:,} more lines)"]


def normalised(config: Mapping[str, Any]) -> list[str]:
    """Return a config as lines of YAML that do not depend on the order of keys and models.

    Examples
    --------
    >>> normalised({"b": 1, "a": {"d": 2.0, "c": []}})
    ['a:', '  c: []', '  d: 2', 'b: 1']
    """
    data = _sorted(config)
    if isinstance(data.get("model_list"), list):
        data["model_list"] = sorted(data["model_list"], key=_entry_key)
    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=200)
    return text.splitlines()


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return what changes from one config to another, a line each: models, fallbacks, settings.

    Examples
    --------
    >>> changes({"router_settings": {"num_retries": 2}}, {"router_settings": {"num_retries": 1}})
    ['setting changed: router_settings.num_retries: 2 to 1']
    """
    old, new = _sorted(before), _sorted(after)
    found = [
        *_told("model", _models(old), _models(new)),
        *_told("fallbacks", _fallbacks(old), _fallbacks(new)),
        *_told("setting", _settings(old), _settings(new)),
    ]
    more = len(found) - WORDS_SHOWN
    return found if more <= 0 else [*found[:WORDS_SHOWN], f"and {more:,} more changes"]


def _told(kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys([*old, *new]):
        was, now = old.get(name, _NONE), new.get(name, _NONE)
        if was == now:
            continue
        if was is _NONE or now is _NONE:
            word, value = ("added", now) if was is _NONE else ("removed", was)
            if kind == "model":  # which one says enough
                value = value.get("model", "no model is named")
            yield f"{kind} {word}: {cut(name)}: {_short(value)}"
        elif isinstance(was, dict) and isinstance(now, dict):
            for key, one, other in _differing(was, now):
                yield f"{kind} changed: {cut(name)}: {cut(key)}: {_short(one)} to {_short(other)}"
        else:
            yield f"{kind} changed: {cut(name)}: {_short(was)} to {_short(now)}"


def _differing(was: dict[str, Any], now: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for key in dict.fromkeys([*was, *now]):
        one, other = was.get(key, _NONE), now.get(key, _NONE)
        if one != other:
            yield key, one, other


def _models(config: dict[str, Any]) -> dict[str, Any]:
    """Return what each deployment is made of, by its group and its id or model."""
    found: dict[str, Any] = {}
    listed = config.get("model_list")
    for entry in listed if isinstance(listed, list) else []:
        if not isinstance(entry, dict):
            continue
        parts = {k: v for k, v in entry.items() if k not in ("model_name", *_INNER)}
        for inner in _INNER:
            parts |= entry[inner] if isinstance(entry.get(inner), dict) else {}
        own = parts.pop("id", None) or parts.get("model", "")
        name = first = f"{own} of {entry.get('model_name')}"
        count = 1
        while name in found:
            count += 1
            name = f"{first} ({count})"
        found[name] = parts
    return found


_INNER = ("litellm_params", "model_info")


def _fallbacks(config: dict[str, Any]) -> dict[str, Any]:
    """Return the chains of each group by its kind and name; those of `router_settings` count."""
    found: dict[str, Any] = {}
    for section in reversed(_SECTIONS):
        settings = config.get(section)
        if not isinstance(settings, dict):
            continue
        for kind in _FALLBACKS:
            listed = settings.get(kind)
            for chain in listed if isinstance(listed, list) else []:
                if isinstance(chain, dict):
                    before = "" if kind == "fallbacks" else f"{kind.removesuffix('_fallbacks')} "
                    found |= {f"{before}{group}": targets for group, targets in chain.items()}
        if settings.get(_ALL):
            found["of every model"] = settings[_ALL]
    return found


def _settings(config: dict[str, Any]) -> dict[str, Any]:
    """Return all other settings, those of a section by their own names."""
    found: dict[str, Any] = {}
    for section, settings in config.items():
        if section == "model_list":
            continue
        if not isinstance(settings, dict):
            found[section] = settings
            continue
        known = (*_FALLBACKS, _ALL) if section in _SECTIONS else ()
        found |= {f"{section}.{k}": v for k, v in settings.items() if k not in known}
    return found


def _sorted(data: Any) -> Any:
    """Return data whose keys are texts in order; whole numbers are equal in all spellings."""
    if isinstance(data, Mapping):
        return {str(k): _sorted(v) for k, v in sorted(data.items(), key=lambda kv: str(kv[0]))}
    if isinstance(data, (list, tuple)):
        return [_sorted(value) for value in data]
    if isinstance(data, float) and data.is_integer():
        return int(data)
    return data


def _entry_key(entry: Any) -> str:
    return json.dumps(entry, sort_keys=True, default=str)


def _short(value: Any) -> str:
    if value is _NONE:
        return "not set"
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return cut(", ".join(value))
    return cut(value if isinstance(value, str) else json.dumps(value, default=str))
