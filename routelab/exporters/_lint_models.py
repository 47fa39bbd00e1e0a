"""Lint checks of the model list: entries, limits, budgets, secrets, content routers."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
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
from routelab.exporters._lint_names import CLASSIFIERS, COMPLEXITY, TIERS, TOP_LEVEL

NUMBERS = ("weight", "rpm", "tpm", "max_parallel_requests", "timeout", "num_retries", "max_budget")
SECRETS = ("api_key", "aws_secret_access_key", "azure_ad_token", "client_secret", "azure_password")
PROVIDERS = (
    *("ai21", "anthropic", "anyscale", "auto_router", "azure", "azure_ai", "baseten", "bedrock"),
    *("cerebras", "cloudflare", "cohere", "custom_openai", "dashscope", "databricks", "deepinfra"),
    *("deepseek", "fireworks_ai", "friendliai", "gemini", "github", "groq", "hosted_vllm"),
    *("huggingface", "hyperbolic", "jina_ai", "litellm_proxy", "lm_studio", "mistral", "moonshot"),
    *("nebius", "novita", "nscale", "nvidia_nim", "ollama", "ollama_chat", "openai", "openrouter"),
    *("perplexity", "replicate", "sagemaker", "sambanova", "snowflake", "text-completion-openai"),
    *("together_ai", "vertex_ai", "vllm", "volcengine", "voyage", "watsonx", "xai", "zai"),
)
KNOWN_BARE = ("gpt-", "o1", "o3", "o4", "chatgpt-", "claude-", "text-embedding-", "gemini-")
EXAMPLE_KEYS = ("x", "none", "fake", "sk-fake", "sk-mock", "sk-1234", "dummy")


def check_top_level(config: dict[str, Any]) -> Iterator[Problem]:
    """Yield unknown sections and a missing model list."""
    yield from unknown_keys(config, TOP_LEVEL, (), "a config")
    if not models(config):
        yield Problem(
            "no-models", ("model_list",), "the config serves no model", "add entries to model_list"
        )


def check_entries(config: dict[str, Any]) -> Iterator[Problem]:
    """Yield entries without name, parameters or model, and unknown providers."""
    for i, entry in models(config):
        place = ("model_list", i)
        if "model_name" not in entry:
            yield Problem("no-name", place, "the entry has no model_name", "name its model group")
        params = entry.get("litellm_params")
        if not isinstance(params, dict):
            yield Problem(
                "no-params",
                place,
                "the entry has no litellm_params: the proxy does not start",
                "add litellm_params with a model",
            )
            continue
        model = params.get("model")
        if not isinstance(model, str) or not model:
            yield Problem(
                "no-model",
                (*place, "litellm_params"),
                "litellm_params has no model: the proxy does not start",
                "add model: provider/name",
            )
            continue
        provider, slash, _ = model.partition("/")
        known = provider in PROVIDERS if slash else model.startswith(KNOWN_BARE)
        if not known and "custom_llm_provider" not in params:
            yield Problem(
                "unknown-provider",
                (*place, "litellm_params", "model"),
                f"LiteLLM finds no provider in {model!r}{did_you_mean(provider, PROVIDERS)}: "
                "the proxy drops the deployment in silence",
                "write provider/name, or set custom_llm_provider",
                "error" if not slash else "warning",
            )


def check_numbers(config: dict[str, Any]) -> Iterator[Problem]:
    """Yield limits that are no numbers or negative, and budgets that do nothing."""
    for i, entry in models(config):
        params = params_of(entry)
        place = ("model_list", i, "litellm_params")
        for name in NUMBERS:
            value = params.get(name)
            if value is not None and (not is_number(value) or value < 0):
                yield Problem(
                    "bad-number",
                    (*place, name),
                    f"{name} must be a number of at least 0, got {value!r}",
                    f"write {name}: as a number",
                )
        if params.get("max_budget") == 0:
            yield Problem(
                "budget-zero",
                (*place, "max_budget"),
                "max_budget: 0 is read as no budget at all",
                "give a limit above 0, or remove the deployment",
            )
        if "max_budget" in params and "budget_duration" not in params:
            yield Problem(
                "budget-without-duration",
                (*place, "max_budget"),
                "max_budget without budget_duration sets no budget",
                "add budget_duration: 1d",
            )
        duration = params.get("budget_duration")
        if duration is not None and not PERIOD.fullmatch(str(duration)):
            yield Problem(
                "bad-period",
                (*place, "budget_duration"),
                f"{duration!r} is no period: the budget is silently absent",
                "write 30s, 10m, 12h, 1d or 1mo",
            )


def check_secrets(config: dict[str, Any]) -> Iterator[Problem]:
    """Yield keys in clear text; the text itself is never shown."""
    for i, entry in models(config):
        for name in SECRETS:
            value = params_of(entry).get(name)
            if not isinstance(value, str) or value.startswith("os.environ/"):
                continue
            if value.lower() not in EXAMPLE_KEYS:
                yield Problem(
                    "secret-in-clear",
                    ("model_list", i, "litellm_params", name),
                    f"{name} stands in clear text",
                    "write os.environ/NAME and set the variable",
                )
    key = section(config, "general_settings").get("master_key")
    if isinstance(key, str) and not key.startswith("os.environ/"):
        if not key.startswith("sk-"):
            yield Problem(
                "master-key",
                ("general_settings", "master_key"),
                "the master key does not start with sk-: clients cannot use it",
                "use a key that starts with sk-, as os.environ/LITELLM_MASTER_KEY",
            )
        else:
            yield Problem(
                "secret-in-clear",
                ("general_settings", "master_key"),
                "the master key stands in the config in clear text",
                "write os.environ/LITELLM_MASTER_KEY",
                "warning",
            )


def check_complexity_routers(config: dict[str, Any]) -> Iterator[Problem]:
    """Yield mistakes in complexity routers: keys, tiers, targets, boundaries, licence limits."""
    known = groups(config)
    seen: dict[str, int] = {}
    for i, entry in models(config):
        params = params_of(entry)
        if params.get("model") != "auto_router/complexity_router":
            continue
        place: tuple[Any, ...] = ("model_list", i, "litellm_params")
        for key in params:
            if key in COMPLEXITY:
                yield Problem(
                    "misplaced",
                    (*place, key),
                    f"{key} belongs inside complexity_router_config",
                    "move it there",
                )
        settings = params.get("complexity_router_config")
        if not isinstance(settings, dict):
            continue
        place = (*place, "complexity_router_config")
        yield from unknown_keys(settings, COMPLEXITY, place, "complexity_router_config")
        yield from _tiers(settings, known, place)
        yield from _classifier(settings, place)
        for feature in _licensed(settings):
            seen[feature] = seen.get(feature, 0) + 1
            if seen[feature] == 2:
                yield Problem(
                    "licence-limit",
                    place,
                    f"a second router with {feature}: the open-source proxy allows one",
                    "keep one of them",
                )


def _tiers(settings: dict[str, Any], known: list[str], place: tuple[Any, ...]) -> Iterator[Problem]:
    own = isinstance(settings.get("tier_definitions"), (dict, list))
    tiers = settings.get("tiers")
    named = list(TIERS) + (["NON_REASONING"] if settings.get("enable_non_reasoning_tier") else [])
    for tier, target in (tiers if isinstance(tiers, dict) else {}).items():
        if tier not in named and not own and settings.get("classifier_type") != "custom":
            yield Problem(
                "unknown-tier",
                (*place, "tiers", tier),
                f"there is no tier {tier!r}{did_you_mean(str(tier), TIERS)}",
                f"tiers are {', '.join(TIERS)}",
            )
        for group in target if isinstance(target, list) else [target]:
            if isinstance(group, str) and group not in known:
                yield Problem(
                    "unknown-target",
                    (*place, "tiers", tier),
                    f"the tier leads to {group!r}, which is no model_name"
                    f"{did_you_mean(group, known)}: requests fail",
                    "name a model group of this config",
                )
    rules = settings.get("keyword_tier_rules")
    for n, rule in enumerate(rules if isinstance(rules, list) else []):
        if isinstance(rule, dict) and rule.get("tier") not in named and not own:
            yield Problem(
                "unknown-tier",
                (*place, "keyword_tier_rules", n, "tier"),
                f"there is no tier {rule.get('tier')!r}: the proxy drops the router in silence",
                f"tiers are {', '.join(TIERS)}",
            )
    bounds = settings.get("tier_boundaries")
    if isinstance(bounds, dict):
        names = ("simple_medium", "medium_complex", "complex_reasoning")
        values = [bounds[name] for name in names if is_number(bounds.get(name))]
        if values != sorted(values):
            yield Problem(
                "boundaries-out-of-order",
                (*place, "tier_boundaries"),
                "tier boundaries must rise: a tier can never be reached",
                "order them from simple_medium to complex_reasoning",
            )


def _classifier(settings: dict[str, Any], place: tuple[Any, ...]) -> Iterator[Problem]:
    kind = settings.get("classifier_type", "heuristic")
    if kind not in CLASSIFIERS:
        yield Problem(
            "unknown-classifier",
            (*place, "classifier_type"),
            f"there is no classifier_type {kind!r}{did_you_mean(str(kind), CLASSIFIERS)}",
            f"one of {', '.join(CLASSIFIERS)}",
        )
    plugin = settings.get("classifier_plugin")
    if kind == "custom" and not plugin:
        yield Problem(
            "no-plugin",
            (*place, "classifier_type"),
            "custom needs a plugin",
            "set classifier_plugin",
        )
    dimensions = settings.get("custom_dimensions")
    for n, dimension in enumerate(dimensions if isinstance(dimensions, list) else []):
        for pattern in dimension.get("patterns", []) if isinstance(dimension, dict) else []:
            if any(mark in str(pattern) for mark in ("+", "*")):
                yield Problem(
                    "unbounded-pattern",
                    (*place, "custom_dimensions", n),
                    f"the pattern {pattern!r} is unbounded: the proxy drops the router in silence",
                    "bound repetitions, as in a{1,20}",
                )
    if settings.get("max_tokens_from_tier_model", True) is True:
        yield Problem(
            "max-tokens-overwritten",
            place,
            "max_tokens_from_tier_model is on by default: it overwrites the client's max_tokens",
            "set max_tokens_from_tier_model: false",
            "info",
        )


def _licensed(settings: dict[str, Any]) -> list[str]:
    kind = settings.get("classifier_type")
    found = [str(kind)] if kind in ("heuristic_v2", "capability", "llm_v2") else []
    found += [name for name in ("custom_dimensions", "tier_definitions") if settings.get(name)]
    tiers = settings.get("tiers")
    if kind == "custom" and isinstance(tiers, dict) and set(tiers) - set(TIERS):
        found.append("custom tiers")
    return found


def check_other_routers(config: dict[str, Any]) -> Iterator[Problem]:
    """Yield what semantic and quality routers lack."""
    preferences = [
        entry
        for _, entry in models(config)
        if "litellm_routing_preferences" in (entry.get("model_info") or {})
    ]
    for i, entry in models(config):
        params = params_of(entry)
        model, place = params.get("model"), ("model_list", i, "litellm_params")
        if not isinstance(model, str) or not model.startswith("auto_router/"):
            continue
        if model == "auto_router/quality_router" and not preferences:
            yield Problem(
                "no-quality-tiers",
                place,
                "no model has litellm_routing_preferences: every request gets the default",
                "give each model a quality_tier",
            )
        semantic = "auto_router_config" in params or "auto_router_config_path" in params
        if semantic and "auto_router_embedding_model" not in params:
            yield Problem(
                "no-embedding-model",
                place,
                "a semantic router without auto_router_embedding_model is dropped in silence",
                "name a model group that serves embeddings",
            )
        if "auto_router_config_path" in params:
            yield Problem(
                "config-path",
                (*place, "auto_router_config_path"),
                "auto_router_config_path embeds at start-up and is dropped when that fails",
                "put the JSON inline in auto_router_config",
                "warning",
            )


def check_plugins(config: dict[str, Any], folder: Path) -> Iterator[Problem]:
    """Yield classifier plugins whose module is neither beside the config nor installed."""
    for i, entry in models(config):
        settings = params_of(entry).get("complexity_router_config")
        plugin = settings.get("classifier_plugin") if isinstance(settings, dict) else None
        if not isinstance(plugin, str):
            continue
        module = plugin.rpartition(".")[0]
        beside = folder.joinpath(*module.split(".")).with_suffix(".py").is_file()
        if not beside and importlib.util.find_spec(module.partition(".")[0] or plugin) is None:
            yield Problem(
                "no-plugin",
                (
                    "model_list",
                    i,
                    "litellm_params",
                    "complexity_router_config",
                    "classifier_plugin",
                ),
                f"the module {module!r} is neither beside the config nor installed: "
                "the proxy does not start",
                "put the file beside config.yaml",
            )


CHECKS = (
    check_top_level,
    check_entries,
    check_numbers,
    check_secrets,
    check_complexity_routers,
    check_other_routers,
)
