"""Checks of secrets and access. No message of these repeats a value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from routelab.exporters._lint._base import SECRET_SHAPE, Spot, check, shown
from routelab.exporters._lint._config import GENERAL, Config

EXAMPLES = frozenset("x xx xxx none sk-mock sk-1234 anything test".split())
# Words of values that are there to be replaced, as in the examples that LiteLLM ships.
PLACEHOLDERS = ("fake", "dummy", "example", "placeholder", "your", "changeme", "<", "xxx")
SECRET_ENDS = (
    *("api_key", "secret_key", "secret_access_key", "_secret", "password", "ad_token"),
    *("access_token", "session_token", "auth_token", "salt_key", "private_key", "_apikey"),
)
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "host.docker.internal"})


@check(
    "RL601",
    "secret-in-clear",
    "error",
    why="whoever sees the file, its history or a backup has the key",
    fix="write os.environ/NAME and set the variable",
)
def secret_in_clear(config: Config) -> Iterator[Spot]:
    """Yield keys and passwords in clear text."""
    for where, value in _texts(config.data):
        if where == (GENERAL, "master_key") or value.startswith("os.environ/"):
            continue
        name = next((part for part in reversed(where) if isinstance(part, str)), "")
        named = name.lower().endswith(SECRET_ENDS) and not _is_example(value.lower())
        # Another form of reference is RL207.
        if (named and value and not value.startswith(("$", "os."))) or SECRET_SHAPE.search(value):
            yield Spot(where, f"{shown(name)} holds a secret in clear text")


@check(
    "RL602",
    "master-key",
    "error",
    why="the proxy takes only keys that start with sk-: no client gets in",
    fix="use a key that starts with sk-, as os.environ/LITELLM_MASTER_KEY",
)
def master_key(config: Config) -> Iterator[Spot]:
    """Yield a master key that cannot be used."""
    key = config.general.get("master_key")
    plain = isinstance(key, str) and not key.startswith(("os.environ", "sk-", "$", "{{"))
    if key is not None and (plain or not isinstance(key, str)):
        yield Spot((GENERAL, "master_key"), "the master key does not start with sk-")


@check(
    "RL603",
    "master-key-in-clear",
    "warning",
    why="whoever sees the file rules the proxy",
    fix="write os.environ/LITELLM_MASTER_KEY and set the variable",
)
def master_key_in_clear(config: Config) -> Iterator[Spot]:
    """Yield a master key in clear text."""
    key = config.general.get("master_key")
    if isinstance(key, str) and key.startswith("sk-"):
        yield Spot((GENERAL, "master_key"), "the master key stands in clear text")


@check(
    "RL604",
    "open-to-all",
    "note",
    why="without a master key anybody who reaches the port may call, also with no key at all",
    fix="set general_settings.master_key: os.environ/LITELLM_MASTER_KEY, or the variable itself",
)
def open_to_all(config: Config) -> Iterator[Spot]:
    """Yield a config without a master key."""
    if config.entries and config.general.get("master_key") is None:
        yield Spot((GENERAL,), "the config sets no master key")


@check(
    "RL605",
    "key-without-tls",
    "warning",
    why="over http the key and the prompts cross the network in clear",
    fix="use https",
)
def key_without_tls(config: Config) -> Iterator[Spot]:
    """Yield addresses of other machines without TLS."""
    for entry in config.entries:
        base = entry.params.get("api_base")
        if isinstance(base, str) and base.lower().startswith("http://"):
            if _host(base) not in LOOPBACK and entry.params.get("api_key"):
                yield Spot((*entry.at, "api_base"), "a key goes over http to another machine")


def _is_example(value: str) -> bool:
    return value in EXAMPLES or any(word in value for word in PLACEHOLDERS)


def _host(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _texts(data: Any) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Yield every text of a document with its way; what aliases share is looked at once."""
    seen: set[int] = set()
    waiting: list[tuple[tuple[Any, ...], Any]] = [((), data)]
    while waiting:
        where, value = waiting.pop()
        if isinstance(value, str):
            yield where, value
        elif isinstance(value, (dict, list)) and id(value) not in seen:
            seen.add(id(value))
            inside = value.items() if isinstance(value, dict) else enumerate(value)
            waiting += [((*where, key), part) for key, part in inside]
