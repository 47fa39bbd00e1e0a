"""Checks of the entries of the model list, and of values: names, numbers, switches."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from routelab.exporters._lint import _names
from routelab.exporters._lint._base import Spot, check, is_number, near, shown
from routelab.exporters._lint._config import PROXY, ROUTER, Config, Entry, as_dict, as_list

PARAMETERS = (
    *("weight", "rpm", "tpm", "max_parallel_requests", "timeout", "stream_timeout", "num_retries"),
    *("max_budget", "cooldown_time", "allowed_fails", "order", "input_cost_per_token"),
    *("output_cost_per_token",),
)
SETTINGS = (
    *("num_retries", "allowed_fails", "cooldown_time", "retry_after", "timeout", "stream_timeout"),
    *("max_fallbacks", "default_max_parallel_requests"),
)
SWITCHES = (
    *("enable_pre_call_checks", "disable_cooldowns", "enable_tag_filtering", "cache_responses"),
    *("enable_weighted_failover", "ignore_invalid_deployments", "enable_health_check_routing"),
)


@check(
    "RL111",
    "no-name",
    "error",
    why="requests and fallbacks ask for a model_name",
    fix="name the model group of the entry",
)
def no_name(config: Config) -> Iterator[Spot]:
    """Yield entries without a name."""
    for entry in config.entries:
        if entry.data.get("model_name") in (None, ""):
            yield Spot(entry.where, "the entry has no model_name")


@check(
    "RL112",
    "no-params",
    "error",
    why="the proxy does not start",
    fix="add litellm_params with a model",
)
def no_params(config: Config) -> Iterator[Spot]:
    """Yield entries without parameters."""
    for entry in config.entries:
        if not isinstance(entry.data.get("litellm_params"), dict):
            yield Spot(entry.where, "the entry has no litellm_params")


@check("RL113", "no-model", "error", why="the proxy does not start", fix="add model: provider/name")
def no_model(config: Config) -> Iterator[Spot]:
    """Yield parameters without a model."""
    for entry in config.entries:
        if isinstance(entry.data.get("litellm_params"), dict) and not entry.params.get("model"):
            yield Spot(entry.at, "litellm_params has no model")


@check(
    "RL114",
    "unknown-provider",
    "error",
    why="the proxy drops a deployment whose provider it cannot tell, in silence",
    fix="write provider/name, or set custom_llm_provider",
)
def unknown_provider(config: Config) -> Iterator[Spot]:
    """Yield models of which LiteLLM cannot tell the provider."""
    for entry in config.entries:
        provider, slash, _ = entry.model.partition("/")
        known = provider in _names.PROVIDERS if slash else provider.startswith(_names.KNOWN_BARE)
        if entry.model and not known and "custom_llm_provider" not in entry.params:
            guess = near(provider, _names.PROVIDERS)
            message = f"LiteLLM finds no provider in {shown(entry.model)}{guess}"
            yield Spot((*entry.at, "model"), message, severity="warning" if slash else None)


@check(
    "RL115",
    "duplicate-id",
    "error",
    why="cooldown, budgets and statistics are kept by id: the later deployment replaces the other",
    fix="give each deployment an id of its own",
)
def duplicate_ids(config: Config) -> Iterator[Spot]:
    """Yield ids that stand for two deployments."""
    seen: set[str] = set()
    for entry in config.entries:
        name = entry.info.get("id")
        if isinstance(name, str) and name in seen:
            message = f"the id {shown(name)} stands for two deployments"
            yield Spot((*entry.where, "model_info", "id"), message)
        elif isinstance(name, str):
            seen.add(name)


@check(
    "RL121",
    "name-not-text",
    "error",
    why="YAML reads words such as on, yes, no and null, numbers and dates as values, not as text: "
    "the proxy refuses such a name, or no request finds it",
    fix="put the name in quotes",
)
def names_not_text(config: Config) -> Iterator[Spot]:
    """Yield names of groups that YAML reads as something else."""
    for where, name in _all_names(config):
        if isinstance(name, (bool, int, float, datetime.date)) or name is None:
            yield Spot(where, f"this name is read as {type(name).__name__} {shown(name)}")


@check(
    "RL122",
    "bad-number",
    "error",
    why="the proxy drops the deployment, does not start, or ignores the value",
    fix="write a number of at least 0, without quotes",
)
def bad_numbers(config: Config) -> Iterator[Spot]:
    """Yield limits, counts and prices that are no numbers, or negative."""
    for entry in config.entries:
        for name in PARAMETERS:
            yield from _number(entry.params, name, entry.at)
    for name in SETTINGS:
        yield from _number(config.router, name, (ROUTER,))
    for name in ("num_retries", "request_timeout", "allowed_fails", "max_budget"):
        yield from _number(config.proxy, name, (PROXY,))


@check(
    "RL123",
    "bad-count",
    "error",
    why="the proxy does not start with a policy whose count is no whole number",
    fix="write a whole number",
)
def bad_counts(config: Config) -> Iterator[Spot]:
    """Yield entries of policies that are no counts."""
    policies: list[tuple[tuple[Any, ...], Any]] = [
        ((ROUTER, n), config.router.get(n)) for n in ("retry_policy", _FAILS)
    ]
    groups = as_dict(config.router.get("model_group_retry_policy"))
    policies += [((ROUTER, "model_group_retry_policy", g), p) for g, p in groups.items()]
    for where, policy in policies:
        for key, value in as_dict(policy).items():
            whole = isinstance(value, int) and not isinstance(value, bool)
            if key in _names.RETRY_POLICY | _names.FAILS_POLICY and value is not None and not whole:
                yield Spot((*where, key), f"{key} must be a whole number, got {shown(value)}")


@check(
    "RL124",
    "bad-switch",
    "error",
    why='a text such as "false" counts as true',
    fix="write true or false without quotes",
)
def bad_switches(config: Config) -> Iterator[Spot]:
    """Yield switches that are neither true nor false."""
    for name in SWITCHES:
        value = config.router.get(name)
        if value is not None and not isinstance(value, bool):
            yield Spot((ROUTER, name), f"{name} must be true or false, got {shown(value)}")


@check(
    "RL125",
    "unknown-strategy",
    "error",
    why="the proxy does not start with a strategy that it does not know",
    fix=f"one of {', '.join(_names.STRATEGIES)}",
)
def unknown_strategy(config: Config) -> Iterator[Spot]:
    """Yield a routing strategy that does not exist."""
    if config.strategy not in _names.STRATEGIES:
        guess = near(config.strategy, _names.STRATEGIES)
        message = f"there is no routing strategy {shown(config.strategy)}{guess}"
        yield Spot((ROUTER, "routing_strategy"), message)


@check(
    "RL126",
    "unknown-pre-call-check",
    "error",
    why="a check that the router does not know is never run",
    fix=f"one of {', '.join(_names.PRE_CALL_CHECKS)}",
)
def unknown_pre_call_checks(config: Config) -> Iterator[Spot]:
    """Yield pre-call checks that do not exist."""
    for i, name in enumerate(as_list(config.router.get("optional_pre_call_checks"))):
        if name not in _names.PRE_CALL_CHECKS:
            guess = near(name, _names.PRE_CALL_CHECKS)
            where = (ROUTER, "optional_pre_call_checks", i)
            yield Spot(where, f"there is no pre-call check {shown(name)}{guess}")


_FAILS = "allowed_fails_policy"


def _number(given: dict[Any, Any], name: str, where: tuple[Any, ...]) -> Iterator[Spot]:
    value = given.get(name)
    if isinstance(value, str) and value.startswith("os.environ/"):
        return
    if value is not None and not (is_number(value) and value >= 0):
        message = f"{name} must be a number of at least 0, got {shown(value)}"
        yield Spot((*where, name), message)


def _all_names(config: Config) -> Iterator[tuple[tuple[Any, ...], Any]]:
    for entry in config.entries:
        # A missing or empty name is RL111.
        if entry.data.get("model_name") is not None:
            yield (*entry.where, "model_name"), entry.data["model_name"]
    for alias in config.aliases:
        yield (ROUTER, "model_group_alias", alias), alias
    for chain in config.chains:
        yield chain.where, chain.source
        yield from (((*chain.where, i), target) for i, target in enumerate(chain.targets))
    for entry, settings, where in config.routers("complexity_router"):
        yield from _tier_names(entry, settings, where)


def _tier_names(
    entry: Entry, settings: dict[Any, Any], where: tuple[Any, ...]
) -> Iterator[tuple[tuple[Any, ...], Any]]:
    for tier, target in as_dict(settings.get("tiers")).items():
        yield (*where, "tiers", tier), tier
        if not isinstance(target, (list, dict)):
            yield (*where, "tiers", tier), target
        yield from (((*where, "tiers", tier, i), t) for i, t in enumerate(as_list(target)))
