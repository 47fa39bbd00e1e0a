"""Lint checks of the router settings: names, fallbacks, policies, budgets, limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from routelab._checks import did_you_mean
from routelab.exporters._lint_base import (
    PERIOD,
    Problem,
    groups,
    is_number,
    models,
    params_of,
    section,
    unknown_keys,
)
from routelab.exporters._lint_names import FAILS_POLICY, RETRY_POLICY, ROUTER_SETTINGS, STRATEGIES

HERE = "router_settings"
CHAINS = ("fallbacks", "context_window_fallbacks", "content_policy_fallbacks")
COUNTS = (
    "num_retries",
    "allowed_fails",
    "cooldown_time",
    "retry_after",
    "timeout",
    "max_fallbacks",
)


def check_settings(config: dict[str, Any]) -> Iterator[Problem]:
    """Yield unknown settings, strategies and counts that are no numbers."""
    settings = section(config, HERE)
    yield from unknown_keys(settings, ROUTER_SETTINGS, (HERE,), "router_settings")
    strategy = settings.get("routing_strategy")
    if strategy is not None and strategy not in STRATEGIES:
        yield Problem(
            "unknown-strategy",
            (HERE, "routing_strategy"),
            f"there is no routing strategy {strategy!r}{did_you_mean(str(strategy), STRATEGIES)}",
            f"one of {', '.join(STRATEGIES)}",
        )
    for name in COUNTS:
        value = settings.get(name)
        if value is not None and (not is_number(value) or value < 0):
            yield Problem(
                "bad-number",
                (HERE, name),
                f"{name} must be a number of at least 0, got {value!r}",
                f"write {name}: as a number",
            )


def _read_chains(config: dict[str, Any], name: str) -> list[tuple[int, str, list[Any]]]:
    entries = section(config, HERE).get(name)
    found = []
    for i, entry in enumerate(entries if isinstance(entries, list) else []):
        for source, chain in entry.items() if isinstance(entry, dict) else []:
            if isinstance(chain, list):
                found.append((i, str(source), chain))
    return found


def check_chains(config: dict[str, Any]) -> Iterator[Problem]:
    """Yield fallbacks of the wrong shape, to groups that do not exist, and cycles."""
    settings, known = section(config, HERE), groups(config)
    aliases = settings.get("model_group_alias")
    known += list(aliases) if isinstance(aliases, dict) else []
    for name in CHAINS:
        entries = settings.get(name)
        if entries is None:
            continue
        shaped = isinstance(entries, list) and all(
            isinstance(e, dict) and all(isinstance(chain, list) for chain in e.values())
            for e in entries
        )
        if not shaped:
            yield Problem(
                "fallback-shape",
                (HERE, name),
                f"{name} must be a list of {{group: [group, ...]}}: the proxy does not start",
                f"write {name}: [{{a: [b]}}]",
            )
        for i, source, chain in _read_chains(config, name):
            for target in [source, *chain]:
                if isinstance(target, str) and target not in known and target != "*":
                    place: tuple[Any, ...] = (HERE, name, i, source)
                    if target in chain:
                        place = (*place, chain.index(target))
                    yield Problem(
                        "unknown-fallback",
                        place,
                        f"{target!r} is no model_name{did_you_mean(target, known)}: "
                        "the proxy accepts it and the fallback fails",
                        "name a model group of this config",
                    )
    yield from _cycles(config)


def _cycles(config: dict[str, Any]) -> Iterator[Problem]:
    chains = {source: (i, chain) for i, source, chain in _read_chains(config, "fallbacks")}
    for source, (i, chain) in chains.items():
        for target in chain:
            if isinstance(target, str) and source in chains.get(target, (0, []))[1]:
                yield Problem(
                    "fallback-cycle",
                    (HERE, "fallbacks", i, source),
                    f"{source!r} and {target!r} fall back to each other: each is tried once, "
                    f"then the "
                    "walk ends",
                    "add a third group if both may fail together",
                    "info",
                )


def check_aliases(config: dict[str, Any]) -> Iterator[Problem]:
    """Yield aliases of groups that do not exist."""
    aliases = section(config, HERE).get("model_group_alias")
    known = groups(config)
    for alias, target in (aliases if isinstance(aliases, dict) else {}).items():
        name = target.get("model") if isinstance(target, dict) else target
        if name not in known:
            yield Problem(
                "unknown-alias",
                (HERE, "model_group_alias", alias),
                f"the alias leads to {name!r}, which is no "
                f"model_name{did_you_mean(str(name), known)}",
                "name a model group of this config",
            )


def check_policies(config: dict[str, Any]) -> Iterator[Problem]:
    """Yield policy entries that no error matches, or that are no counts."""
    settings = section(config, HERE)
    policies = (("retry_policy", RETRY_POLICY), ("allowed_fails_policy", FAILS_POLICY))
    for name, known in policies:
        policy = settings.get(name)
        if not isinstance(policy, dict):
            continue
        yield from unknown_keys(policy, known, (HERE, name), name)
        for key, value in policy.items():
            if key in known and (not isinstance(value, int) or isinstance(value, bool)):
                yield Problem(
                    "bad-number",
                    (HERE, name, key),
                    f"{key} must be a whole number, got {value!r}: the proxy does not start",
                    "write a number",
                )


def check_provider_budgets(config: dict[str, Any]) -> Iterator[Problem]:
    """Yield provider budgets that drop deployments or do nothing."""
    budgets = section(config, HERE).get("provider_budget_config")
    for provider, budget in (budgets if isinstance(budgets, dict) else {}).items():
        place = (HERE, "provider_budget_config", provider)
        if not isinstance(budget, dict):
            continue
        limit = budget.get("budget_limit", budget.get("max_budget"))
        period = budget.get("time_period", budget.get("budget_duration"))
        if limit is None:
            yield Problem(
                "budget-missing",
                place,
                "a provider budget without a limit drops all deployments of the provider",
                "set budget_limit",
            )
        if period is None or not PERIOD.fullmatch(str(period)):
            yield Problem(
                "bad-period",
                (*place, "time_period"),
                f"{period!r} is no period: the budget is silently absent",
                "write 30s, 10m, 12h, 1d or 1mo",
            )


def check_tag_budgets(config: dict[str, Any]) -> Iterator[Problem]:
    """Yield budgets per tag, which the open-source proxy refuses."""
    if section(config, "litellm_settings").get("tag_budget_config"):
        yield Problem(
            "licence-limit",
            ("litellm_settings", "tag_budget_config"),
            "budgets per tag need an enterprise licence: the proxy does not start",
            "use provider or deployment budgets",
        )


def check_limits(config: dict[str, Any]) -> Iterator[Problem]:
    """Yield rpm and tpm that do not limit, and groups that never cool."""
    settings = section(config, HERE)
    strategy = settings.get("routing_strategy", "simple-shuffle")
    enforced = "enforce_model_rate_limits" in (settings.get("optional_pre_call_checks") or [])
    names = groups(config)
    for i, entry in models(config):
        params = params_of(entry)
        place = ("model_list", i, "litellm_params")
        for name in ("rpm", "tpm"):
            if is_number(params.get(name)) and strategy == "simple-shuffle" and not enforced:
                yield Problem(
                    "limit-does-not-limit",
                    (*place, name),
                    f"under simple-shuffle {name} is a weight, and a limit on calls at once, "
                    f"not per minute",
                    "add optional_pre_call_checks: [enforce_model_rate_limits] for an exact limit",
                    "info",
                )
        lone = names.count(str(entry.get("model_name"))) == 1
        auto = str(params.get("model", "")).startswith("auto_router/")
        if lone and not auto and "allowed_fails" not in settings:
            yield Problem(
                "lone-group",
                ("model_list", i),
                f"{entry.get('model_name')!r} has one deployment: errors below 1000 a minute "
                f"never cool it",
                "add a second deployment, or set allowed_fails with a fallback",
                "info",
            )


def check_cost_routing(config: dict[str, Any]) -> Iterator[Problem]:
    """Yield deployments whose price cost-based routing cannot find."""
    if section(config, HERE).get("routing_strategy") != "cost-based-routing":
        return
    for i, entry in models(config):
        params = params_of(entry)
        if "/" in str(params.get("model", "")) and "input_cost_per_token" not in params:
            yield Problem(
                "no-price",
                ("model_list", i, "litellm_params"),
                "cost-based routing looks a price up by the literal name and finds none: "
                "the first deployment is always taken",
                "set input_cost_per_token and output_cost_per_token",
                "warning",
            )


CHECKS = (
    check_settings,
    check_chains,
    check_aliases,
    check_policies,
    check_provider_budgets,
    check_tag_budgets,
    check_limits,
    check_cost_routing,
)
