"""Checks of names that must lead somewhere: groups, aliases, modules, environment."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from routelab.exporters._lint._base import Spot, check, near, shown
from routelab.exporters._lint._config import GENERAL, PROXY, ROUTER, Config, as_dict, as_list

NAMED = "name a model group of this config"


@check(
    "RL201",
    "unknown-fallback",
    "error",
    why="the proxy accepts any name; the fallback fails on the day when it is needed",
    fix=NAMED,
)
def unknown_fallback(config: Config) -> Iterator[Spot]:
    """Yield fallbacks from or to groups that do not exist."""
    for chain in config.chains:
        if chain.source != "*":
            yield from _unknown(config, chain.where, chain.source, "the fallbacks belong to")
        for i, target in enumerate(chain.targets):
            name = target.get("model") if isinstance(target, dict) else target
            yield from _unknown(config, (*chain.where, i), name, "the fallback leads to")
    for section, settings in ((ROUTER, config.router), (PROXY, config.proxy)):
        for i, target in enumerate(as_list(settings.get("default_fallbacks"))):
            where = (section, "default_fallbacks", i)
            yield from _unknown(config, where, target, "the default fallback leads to")


@check("RL202", "unknown-alias", "error", why="requests for the alias fail", fix=NAMED)
def unknown_alias(config: Config) -> Iterator[Spot]:
    """Yield aliases of groups that do not exist."""
    for alias, target in config.aliases.items():
        name = target.get("model") if isinstance(target, dict) else target
        if isinstance(name, str) and name not in config.groups:
            yield from _unknown(config, (ROUTER, _ALIAS, alias), name, "the alias leads to")


@check(
    "RL203",
    "alias-hides-group",
    "warning",
    why="the alias is applied first: no request reaches the group of the same name",
    fix="rename the alias or the group",
)
def alias_hides_group(config: Config) -> Iterator[Spot]:
    """Yield aliases that have the name of a group."""
    for alias in config.aliases:
        if alias in config.groups:
            yield Spot((ROUTER, _ALIAS, alias), f"the alias {shown(alias)} is also a model_name")


@check(
    "RL204",
    "unknown-target",
    "error",
    why="the proxy accepts any name; the requests that are routed there fail",
    fix=NAMED,
)
def unknown_target(config: Config) -> Iterator[Spot]:
    """Yield targets of content routers that do not exist."""
    for where, name, what in _targets(config):
        yield from _unknown(config, where, name, what)


@check(
    "RL205",
    "routes-to-itself",
    "error",
    why="the router asks itself until the request fails",
    fix="name another model group",
)
def routes_to_itself(config: Config) -> Iterator[Spot]:
    """Yield content routers that are their own target."""
    names = {entry.index: entry.name for entry in config.entries if entry.is_router}
    for where, name, _ in _targets(config):
        if isinstance(name, str) and name and names.get(where[1]) == name:
            yield Spot(where, f"the router {shown(name)} leads to itself")


@check(
    "RL206",
    "no-module",
    "error",
    why="the proxy does not start when it cannot import a plugin or callback",
    fix="put the file beside config.yaml, or install the package",
)
def no_module(config: Config) -> Iterator[Spot]:
    """Yield modules that are neither beside the config nor installed."""
    for where, dotted in _modules(config):
        module = dotted.rpartition(".")[0]
        if not _importable(module, config.folder):
            message = f"the module {shown(module)} is neither beside the config nor installed"
            yield Spot(where, message)


@check(
    "RL207",
    "environment-reference",
    "error",
    why="only os.environ/NAME is replaced; anything else is sent as the key itself",
    fix="write os.environ/NAME",
)
def environment_references(config: Config) -> Iterator[Spot]:
    """Yield references to the environment in a form that is not replaced."""
    for entry in config.entries:
        for key, value in entry.params.items():
            if isinstance(value, str) and value.startswith(_WRONG):
                yield Spot((*entry.at, key), f"{shown(key)} is no reference that LiteLLM reads")
    value = config.general.get("master_key")
    if isinstance(value, str) and value.startswith(_WRONG):
        yield Spot((GENERAL, "master_key"), "master_key is no reference that LiteLLM reads")


_ALIAS = "model_group_alias"
_WRONG = ("os.environ.", "os.environ[", "os.getenv", "${", "$", "env:", "environ/", "{{")


def _unknown(config: Config, where: tuple[Any, ...], name: Any, what: str) -> Iterator[Spot]:
    if isinstance(name, str) and not config.serves(name):
        message = f"{what} {shown(name)}, which is no model_name{near(name, config.names)}"
        yield Spot(where, message, severity=config.unknown)


def _targets(config: Config) -> Iterator[tuple[tuple[Any, ...], Any, str]]:
    for _, settings, where in config.routers("complexity_router"):
        for tier, target in as_dict(settings.get("tiers")).items():
            place = (*where, "tiers", tier)
            many = isinstance(target, list)
            for i, part in enumerate(target if many else [target]):
                name = part.get("model_name") if isinstance(part, dict) else part
                yield ((*place, i) if many else place), name, "the tier leads to"
        yield (*where, "default_model"), settings.get("default_model"), "default_model is"
    for kind in ("quality_router", "adaptive_router"):
        for _, settings, where in config.routers(kind):
            for i, name in enumerate(as_list(settings.get("available_models"))):
                yield (*where, "available_models", i), name, "the router offers"
            yield (*where, "default_model"), settings.get("default_model"), "default_model is"
    for entry in config.entries:
        for key in ("auto_router_default_model", "auto_router_embedding_model", "silent_model"):
            yield (*entry.at, key), entry.params.get(key), f"{key} is"


def _modules(config: Config) -> Iterator[tuple[tuple[Any, ...], str]]:
    found: list[tuple[tuple[Any, ...], Any]] = []
    for _, settings, where in config.routers("complexity_router"):
        found.append(((*where, "classifier_plugin"), settings.get("classifier_plugin")))
    for kind in ("callbacks", "success_callback", "failure_callback"):
        listed = as_list(config.proxy.get(kind))
        found += [((PROXY, kind, i), name) for i, name in enumerate(listed)]
    plugins = as_list(config.router.get("plugins"))
    found += [((ROUTER, "plugins", i), name) for i, name in enumerate(plugins)]
    found.append(((GENERAL, "custom_auth"), config.general.get("custom_auth")))
    for where, name in found:
        if isinstance(name, str) and "." in name.strip(".") and "://" not in name:
            yield where, name


def _importable(module: str, folder: Path) -> bool:
    """Return whether a module is there; nothing is imported."""
    parts = module.split(".")
    if not all(part.isidentifier() for part in parts):
        return False
    place = folder.joinpath(*parts)
    if place.with_suffix(".py").is_file() or (place / "__init__.py").is_file():
        return True
    return importlib.util.find_spec(parts[0]) is not None
