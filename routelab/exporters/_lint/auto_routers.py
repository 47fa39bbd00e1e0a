"""Checks of the other content routers: semantic, quality, adaptive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from routelab.exporters._lint._base import Spot, check, is_number, near, shown
from routelab.exporters._lint._config import Config, Entry, as_dict, as_list

BUILT_IN = frozenset({"complexity_router", "quality_router", "adaptive_router"})


@check(
    "RL531",
    "no-embedding-model",
    "error",
    why="the proxy drops a semantic router without an embedding model in silence",
    fix="set auto_router_embedding_model to a model group that serves embeddings",
)
def no_embedding_model(config: Config) -> Iterator[Spot]:
    """Yield semantic routers without an embedding model."""
    for entry in _semantic(config):
        if not entry.params.get("auto_router_embedding_model"):
            message = "the semantic router has no auto_router_embedding_model"
            yield Spot((*entry.at, "model"), message)


@check(
    "RL532",
    "config-path",
    "warning",
    why="auto_router_config_path embeds at start-up; when that fails the router is dropped",
    fix="put the JSON inline in auto_router_config",
)
def config_path(config: Config) -> Iterator[Spot]:
    """Yield semantic routers that read their routes from a file."""
    for entry in _semantic(config):
        if "auto_router_config_path" in entry.params:
            where = (*entry.at, "auto_router_config_path")
            yield Spot(where, "the routes come from a file")


@check(
    "RL533",
    "bad-routes",
    "error",
    why="the proxy drops a semantic router whose routes it cannot read, and a route whose name is "
    "no model group fails when it is chosen",
    fix="write JSON with a list of routes, each with the name of a model group, utterances and a "
    "score_threshold between 0 and 1",
)
def bad_routes(config: Config) -> Iterator[Spot]:
    """Yield routes that are no JSON, lead nowhere, or have no examples."""
    for entry in _semantic(config):
        text = entry.params.get("auto_router_config")
        where = (*entry.at, "auto_router_config")
        if text is None:
            continue
        try:
            routes = as_dict(json.loads(text)).get("routes") if isinstance(text, str) else None
        except (ValueError, RecursionError):
            routes = None
        if not isinstance(routes, list):
            yield Spot(where, "auto_router_config is no JSON text with a list of routes")
        for route in as_list(routes):
            yield from (Spot(where, message) for message in _route(config, as_dict(route)))


@check(
    "RL541",
    "no-quality-tiers",
    "error",
    why="the router does not see a model without preferences: its requests go to the default",
    fix="give the model model_info.litellm_routing_preferences.quality_tier "
    "(adaptive_router_preferences for an adaptive router)",
)
def no_quality_tiers(config: Config) -> Iterator[Spot]:
    """Yield offered models without a quality tier."""
    for kind, key in _PREFERENCES.items():
        rated = {e.name for e in config.entries if as_dict(e.info.get(key)).get("quality_tier")}
        for _, settings, where in config.routers(kind):
            for i, name in enumerate(as_list(settings.get("available_models"))):
                if isinstance(name, str) and name in config.groups and name not in rated:
                    place = (*where, "available_models", i)
                    yield Spot(place, f"{shown(name)} has no quality_tier in {key}")


_PREFERENCES = {
    "quality_router": "litellm_routing_preferences",
    "adaptive_router": "adaptive_router_preferences",
}


def _semantic(config: Config) -> Iterator[Entry]:
    for entry in config.entries:
        if entry.is_router and entry.model.partition("/")[2] not in BUILT_IN:
            yield entry


def _route(config: Config, route: dict[Any, Any]) -> Iterator[str]:
    name, score = route.get("name"), route.get("score_threshold")
    if not isinstance(name, str) or not config.serves(name):
        yield f"the route {shown(name)} is no model_name{near(name, config.names)}"
    if not route.get("utterances"):
        yield f"the route {shown(name)} has no utterances"
    if score is not None and not (is_number(score) and 0 <= score <= 1):
        yield f"the route {shown(name)} has the score_threshold {shown(score)}"
