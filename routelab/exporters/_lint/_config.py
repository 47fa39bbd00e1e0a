"""A LiteLLM config as checks look at it: its well-formed parts, read once."""

from __future__ import annotations

import fnmatch
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ROUTER = "router_settings"
PROXY = "litellm_settings"
GENERAL = "general_settings"
CHAINS = ("fallbacks", "context_window_fallbacks", "content_policy_fallbacks")


def as_dict(value: Any) -> dict[Any, Any]:
    """Return a mapping, empty when it is none."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """Return a list, empty when it is none."""
    return value if isinstance(value, list) else []


@dataclass(frozen=True)
class Entry:
    """One deployment or content router of ``model_list``."""

    index: int
    data: dict[Any, Any]

    @property
    def where(self) -> tuple[Any, ...]:
        """The way to the entry."""
        return ("model_list", self.index)

    @property
    def at(self) -> tuple[Any, ...]:
        """The way to its parameters."""
        return (*self.where, "litellm_params")

    @cached_property
    def params(self) -> dict[Any, Any]:
        """Its ``litellm_params``."""
        return as_dict(self.data.get("litellm_params"))

    @cached_property
    def info(self) -> dict[Any, Any]:
        """Its ``model_info``."""
        return as_dict(self.data.get("model_info"))

    @property
    def name(self) -> str:
        """The model group, empty when it is no text."""
        name = self.data.get("model_name")
        return name if isinstance(name, str) else ""

    @property
    def model(self) -> str:
        """What LiteLLM calls, empty when it is no text."""
        model = self.params.get("model")
        return model if isinstance(model, str) else ""

    @property
    def is_router(self) -> bool:
        """Whether the entry routes to others."""
        return self.model.startswith("auto_router/")

    def price(self, name: str) -> Any:
        """Return an explicit price in USD per token, from either place where it may stand."""
        return self.params.get(name, self.info.get(name))


@dataclass(frozen=True)
class Chain:
    """One list of fallbacks: who falls back to whom, and where that is written."""

    kind: str
    where: tuple[Any, ...]
    source: Any
    targets: list[Any]


@dataclass(frozen=True)
class Config:
    """A config file.

    Attributes
    ----------
    data : dict
        The document.
    folder : pathlib.Path
        Where it lies; plugins are looked for beside it.
    """

    data: dict[Any, Any]
    folder: Path

    @cached_property
    def entries(self) -> list[Entry]:
        """The entries of the model list that are mappings."""
        listed = enumerate(as_list(self.data.get("model_list")))
        return [Entry(i, entry) for i, entry in listed if isinstance(entry, dict)]

    @cached_property
    def groups(self) -> Counter[str]:
        """How many entries each model group has."""
        return Counter(entry.name for entry in self.entries if entry.name)

    @cached_property
    def router(self) -> dict[Any, Any]:
        """The ``router_settings``."""
        return as_dict(self.data.get(ROUTER))

    @cached_property
    def proxy(self) -> dict[Any, Any]:
        """The ``litellm_settings``."""
        return as_dict(self.data.get(PROXY))

    @cached_property
    def general(self) -> dict[Any, Any]:
        """The ``general_settings``."""
        return as_dict(self.data.get(GENERAL))

    @property
    def strategy(self) -> Any:
        """The routing strategy."""
        return self.router.get("routing_strategy", "simple-shuffle")

    @cached_property
    def aliases(self) -> dict[Any, Any]:
        """Aliases of model groups."""
        return as_dict(self.router.get("model_group_alias"))

    @cached_property
    def names(self) -> set[str]:
        """What a request or a fallback may ask for: groups, aliases, ids of deployments."""
        ids = {entry.info["id"] for entry in self.entries if isinstance(entry.info.get("id"), str)}
        return set(self.groups) | {a for a in self.aliases if isinstance(a, str)} | ids

    @cached_property
    def _wildcards(self) -> list[str]:
        return [name for name in self.groups if "*" in name]

    def serves(self, name: str) -> bool:
        """Return whether something of this config answers to a name."""
        return name in self.names or any(fnmatch.fnmatchcase(name, w) for w in self._wildcards)

    @property
    def unknown(self) -> str:
        """Severity of a name that is not here: models may also come from elsewhere."""
        elsewhere = "include" in self.data or self.general.get("store_model_in_db") is True
        return "warning" if elsewhere else "error"

    @cached_property
    def chains(self) -> list[Chain]:
        """Every well-formed list of fallbacks; the router reads both sections."""
        return [
            Chain(kind, (section, kind, i, source), source, targets)
            for section, settings in ((ROUTER, self.router), (PROXY, self.proxy))
            for kind in CHAINS
            for i, entry in enumerate(as_list(settings.get(kind)))
            for source, targets in as_dict(entry).items()
            if isinstance(targets, list)
        ]

    @cached_property
    def has_fallback(self) -> set[Any]:
        """Groups with fallbacks of their own, and "*" when there are default ones."""
        found = {chain.source for chain in self.chains if chain.kind == "fallbacks"}
        default = self.router.get("default_fallbacks") or self.proxy.get("default_fallbacks")
        return found | ({"*"} if default else set())

    def routers(self, kind: str) -> Iterator[tuple[Entry, dict[Any, Any], tuple[Any, ...]]]:
        """Yield the content routers of a kind, with their settings and the way to these."""
        for entry in self.entries:
            if entry.model == f"auto_router/{kind}":
                key = f"{kind}_config"
                yield entry, as_dict(entry.params.get(key)), (*entry.at, key)
