"""Checks of keys: sections, settings and parameters that the proxy does not read."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from routelab.exporters._lint import _names
from routelab.exporters._lint._base import Spot, check, near, shown
from routelab.exporters._lint._config import GENERAL, PROXY, ROUTER, Config, as_dict, as_list

Table = tuple[tuple[Any, ...], dict[Any, Any], Collection[str], str]


@check(
    "RL101",
    "unknown-section",
    "error",
    why="the proxy reads the sections that it knows and skips any other in silence",
    fix="correct or remove the section",
)
def unknown_sections(config: Config) -> Iterator[Spot]:
    """Yield top-level keys that the proxy does not read."""
    for key in config.data:
        if key not in _names.TOP_LEVEL:
            home = next((s for s, known in _HOMES if key in known), None)
            guess = f"; {key} belongs into {home}" if home else near(key, _names.TOP_LEVEL)
            yield Spot((key,), f"there is no section {shown(key)}{guess}")


@check(
    "RL102",
    "wrong-shape",
    "error",
    why="the proxy stops, or reads nothing, where a section has another shape than it expects",
    fix="write a mapping (key: value), or for model_list a list (- model_name: ...)",
)
def wrong_shapes(config: Config) -> Iterator[Spot]:
    """Yield sections and entries that are no mappings, and a model list that is no list."""
    for section in (ROUTER, PROXY, GENERAL):
        if not isinstance(config.data.get(section), (dict, type(None))):
            yield Spot((section,), f"{section} is {shown(config.data[section])}, not a mapping")
    listed = config.data.get("model_list")
    if not isinstance(listed, (list, type(None))):
        yield Spot(("model_list",), f"model_list is {shown(listed)}, not a list")
    for i, entry in enumerate(as_list(listed)):
        if not isinstance(entry, dict):
            yield Spot(("model_list", i), f"the entry is {shown(entry)}, not a mapping")


@check(
    "RL103",
    "no-models",
    "error",
    why="without models every request fails",
    fix="add entries to model_list",
)
def no_models(config: Config) -> Iterator[Spot]:
    """Yield a config that serves no model."""
    if not config.entries and config.unknown == "error":
        yield Spot(("model_list",), "the config serves no model")


@check(
    "RL104",
    "unknown-key",
    "error",
    why="the proxy ignores the key in silence, or drops the deployment that has it",
    fix="correct or remove the key",
)
def unknown_keys(config: Config) -> Iterator[Spot]:
    """Yield keys where all keys are known: settings, policies, budgets, content routers."""
    for where, given, known, what in _closed(config):
        for key in given:
            if key not in known:
                yield Spot((*where, key), f"{what} has no key {shown(key)}{near(key, known)}")


@check(
    "RL105",
    "probable-typo",
    "warning",
    why="other keys are allowed here (they go to the provider, or are kept), so a typo is silent",
    fix="correct the key, or leave it when it is meant",
)
def probable_typos(config: Config) -> Iterator[Spot]:
    """Yield keys that are nearly the name of one that the proxy reads."""
    for where, given, known, what in _open(config):
        for key in given:
            guess = near(key, known) if key not in known else ""
            if guess and not _is_family(key):
                yield Spot((*where, key), f"{what} does not read {shown(key)}{guess}")


@check(
    "RL106",
    "misplaced",
    "error",
    why="the proxy does not start, or reads the key nowhere",
    fix="move the key into the section that reads it",
)
def misplaced(config: Config) -> Iterator[Spot]:
    """Yield settings that stand beside, not inside, the section that reads them."""
    for entry, _, _ in config.routers("complexity_router"):
        for key in entry.params:
            if key in _names.COMPLEXITY and key not in _names.PARAMS:
                yield Spot((*entry.at, key), f"{key} belongs inside complexity_router_config")
    for key in config.general:
        if key in _names.ROUTER_SETTINGS - _names.GENERAL_SETTINGS and key not in _SHARED:
            yield Spot((GENERAL, key), f"{key} belongs into router_settings")
    for entry in config.entries:
        for key in entry.data:
            if key in _names.PARAMS and key not in _names.ENTRY:
                yield Spot((*entry.where, key), f"{key} belongs inside litellm_params")


_HOMES = (
    (ROUTER, _names.ROUTER_SETTINGS),
    (GENERAL, _names.GENERAL_SETTINGS),
    (PROXY, _names.LITELLM_SETTINGS),
)
# The router reads these from general_settings too.
_SHARED = frozenset(
    "background_health_check_model_groups enable_health_check_routing plugins search_tools "
    "health_check_staleness_threshold health_check_ignore_transient_errors".split()
)


_FAMILIES = ("aws_", "vertex_", "azure_", "s3_", "gcs_", "litellm_", "anthropic_", "langfuse_")


def _is_family(key: Any) -> bool:
    """Return whether a key is one of the long families, such as prices above 200k tokens."""
    return isinstance(key, str) and ("cost" in key or key.startswith(_FAMILIES))


def _closed(config: Config) -> Iterator[Table]:
    yield (ROUTER,), config.router, _names.ROUTER_SETTINGS, ROUTER
    for kind, known in (
        ("retry_policy", _names.RETRY_POLICY),
        ("allowed_fails_policy", _names.FAILS_POLICY),
    ):
        yield (ROUTER, kind), as_dict(config.router.get(kind)), known, kind
    for group, policy in as_dict(config.router.get("model_group_retry_policy")).items():
        where = (ROUTER, "model_group_retry_policy", group)
        yield where, as_dict(policy), _names.RETRY_POLICY, "a retry policy"
    for provider, budget in as_dict(config.router.get("provider_budget_config")).items():
        where = (ROUTER, "provider_budget_config", provider)
        yield where, as_dict(budget), _names.BUDGET, "a budget"
    for kind, known in (
        ("complexity_router", _names.COMPLEXITY),
        ("quality_router", _names.QUALITY),
        ("adaptive_router", _names.ADAPTIVE),
    ):
        for _, settings, where in config.routers(kind):
            yield where, settings, known, f"{kind}_config"
    for _, settings, where in config.routers("complexity_router"):
        yield from _inside_complexity(settings, where)


def _inside_complexity(settings: dict[Any, Any], where: tuple[Any, ...]) -> Iterator[Table]:
    for name, known in (
        ("tier_boundaries", _names.BOUNDARIES),
        ("token_thresholds", ("simple", "complex")),
        ("dimension_weights", _names.DIMENSIONS),
        ("heuristic_v2_artifact", _names.ARTIFACT),
    ):
        yield (*where, name), as_dict(settings.get(name)), known, name
    for i, dimension in enumerate(as_list(settings.get("custom_dimensions"))):
        place = (*where, "custom_dimensions", i)
        yield place, as_dict(dimension), _names.CUSTOM_DIMENSION, "a custom dimension"
    for i, rule in enumerate(as_list(settings.get("keyword_tier_rules"))):
        place = (*where, "keyword_tier_rules", i)
        yield place, as_dict(rule), ("keywords", "tier"), "a keyword rule"


def _open(config: Config) -> Iterator[Table]:
    yield (GENERAL,), config.general, _names.GENERAL_SETTINGS, GENERAL
    yield (PROXY,), config.proxy, _names.LITELLM_SETTINGS, PROXY
    for entry in config.entries:
        yield entry.where, entry.data, _names.ENTRY, "an entry"
        yield entry.at, entry.params, _names.PARAMS, "litellm_params"
