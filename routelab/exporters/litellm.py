"""A LiteLLM proxy config: explicit prices, router settings, the trained router as plugin."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from routelab._checks import InputError
from routelab.catalog import Model
from routelab.exporters._base import TARGETS
from routelab.plan import Deployment, Plan
from routelab.routers import answers_of, save_router

TIERS = ("SIMPLE", "MEDIUM", "COMPLEX", "REASONING")
_POLICY_NAMES = {"Timeout": "TimeoutError"}

PLUGIN = '''"""Classifier plugin for LiteLLM's complexity router, written by routelab.

It needs routelab installed. LiteLLM finds this file beside config.yaml. It loads the fitted
router once and names a tier for each request.
"""

import json
from pathlib import Path

from routelab.routers import load_router

HERE = Path(__file__).resolve().parent


def last_user_text(messages):
    for message in reversed(messages or []):
        if message.get("role") == "user":
            content = message.get("content")
            if isinstance(content, str):
                return content
            parts = [part for part in content or [] if isinstance(part, dict)]
            return " ".join(part.get("text", "") for part in parts)
    return ""


class Classifier:
    """Answers the tier of the route that the router chooses, or None where it abstains."""

    def __init__(self):
        self.tiers = json.loads((HERE / "routelab_tiers.json").read_text(encoding="utf-8"))
        self.router = load_router(HERE / "router.skops")

    async def classify(self, context):
        text = last_user_text(context.structured_messages)
        label = self.router.predict([text])[0]
        return self.tiers.get(str(label))


classifier = Classifier()
'''


@TARGETS.register("litellm")
def write_litellm(plan: Plan, folder: Path) -> list[str]:
    """Write ``config.yaml`` and, for a plan with a router, the plugin and what it loads."""
    not_carried = _not_carried(plan)
    models = [
        _entry(plan, group, deployment)
        for group, deployments in plan.models.items()
        for deployment in deployments
    ]
    if plan.router is not None:
        groups = _tier_groups(plan)
        if len(groups) > len(TIERS):
            not_carried.append(
                f"the router: its routes lead to {len(groups)} model groups, a complexity "
                f"router has four"
            )
        else:
            models.append(_router_entry(plan, groups))
            _write_plugin(plan, groups, folder)
    config: dict[str, Any] = {
        "model_list": models,
        "router_settings": _router_settings(plan),
        "general_settings": {"master_key": "os.environ/LITELLM_MASTER_KEY"},
    }
    text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=100)
    header = f"# Written by routelab from the plan {plan.name!r}; secrets are in the environment.\n"
    (folder / "config.yaml").write_text(header + text, encoding="utf-8")
    return not_carried


def router_name(plan: Plan) -> str:
    """Return the model name under which clients reach the trained router."""
    return "routelab" if "routelab" not in plan.models else "routelab-router"


def _entry(plan: Plan, group: str, deployment: Deployment) -> dict[str, Any]:
    model = plan.model_of(deployment)
    if not model.litellm_model:
        raise InputError(
            f"the catalog does not say how LiteLLM calls {model.name!r}: set litellm_model there"
        )
    budget = next(
        (b for b in plan.budgets if (b.scope, b.name) == ("deployment", deployment.id)), None
    )
    params = {
        "model": model.litellm_model,
        "api_key": f"os.environ/{deployment.api_key_env or _default_key(model)}",
        "api_base": deployment.api_base,
        **(_prices(model) if deployment.explicit_prices else {}),
        "weight": deployment.weight,
        "order": deployment.order,
        "rpm": deployment.rpm,
        "tpm": deployment.tpm,
        "max_parallel_requests": deployment.max_parallel_requests,
        "timeout": deployment.timeout_s,
        "num_retries": deployment.num_retries,
        "cooldown_time": deployment.cooldown_s,
        "silent_model": list(deployment.silent_model) or None,
        "max_budget": budget.limit_usd if budget else None,
        "budget_duration": budget.period if budget else None,
    }
    info = {
        "id": deployment.id,
        "max_input_tokens": model.context_window,
        "max_output_tokens": model.max_output_tokens,
        "allowed_fails": deployment.allowed_fails,
    }
    return {"model_name": group, "litellm_params": _set(params), "model_info": _set(info)}


def _set(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value is not None}


def _default_key(model: Model) -> str:
    provider = (model.litellm_model or "").partition("/")[0] or model.provider
    return f"{provider.upper().replace('-', '_')}_API_KEY"


def _prices(model: Model) -> dict[str, Any]:
    """Return USD per token: the numbers by which the replay booked."""
    cached = model.cached_input_usd_per_mtok
    return {
        "input_cost_per_token": model.input_usd_per_mtok / 1e6,
        "output_cost_per_token": model.output_usd_per_mtok / 1e6,
        "cache_read_input_token_cost": None if cached is None else cached / 1e6,
    }


def _chains(table: dict[str, tuple[str, ...]] | None) -> list[dict[str, list[str]]] | None:
    return None if table is None else [{source: list(chain)} for source, chain in table.items()]


def _policy(policy: dict[str, int] | None, suffix: str) -> dict[str, int] | None:
    if policy is None:
        return None
    return {f"{_POLICY_NAMES.get(name, name)}{suffix}": count for name, count in policy.items()}


def _router_settings(plan: Plan) -> dict[str, Any]:
    providers = {
        b.name: {"budget_limit": b.limit_usd, "time_period": b.period}
        for b in plan.budgets
        if b.scope == "provider"
    }
    settings = {
        "routing_strategy": plan.strategy,
        "num_retries": plan.retries.num_retries,
        "retry_after": int(plan.retries.retry_after_s) or None,
        "retry_policy": _policy(plan.retries.policy, "Retries"),
        "timeout": plan.timeout_s,
        "cooldown_time": plan.cooldown.seconds,
        "allowed_fails": plan.cooldown.allowed_fails,
        "allowed_fails_policy": _policy(plan.cooldown.allowed_fails_policy, "AllowedFails"),
        "disable_cooldowns": plan.cooldown.disabled or None,
        "enable_pre_call_checks": plan.enable_pre_call_checks or None,
        "enable_weighted_failover": plan.enable_weighted_failover or None,
        "optional_pre_call_checks": (
            ["enforce_model_rate_limits"] if plan.enforce_model_rate_limits else None
        ),
        "fallbacks": _chains(plan.fallbacks) or None,
        "context_window_fallbacks": _chains(plan.context_window_fallbacks),
        "content_policy_fallbacks": _chains(plan.content_policy_fallbacks),
        "default_fallbacks": list(plan.default_fallbacks) or None,
        "max_fallbacks": plan.max_fallbacks,
        "model_group_alias": plan.model_group_alias or None,
        "provider_budget_config": providers or None,
    }
    return _set(settings)


def _tier_groups(plan: Plan) -> list[str]:
    """Return the groups that routes lead to, from the cheapest to the dearest."""
    assert plan.router is not None
    labels = [str(label) for label in answers_of(plan.router.resolve())]
    groups = {plan.routes.get(label, label) for label in labels} & set(plan.models)

    def price(group: str) -> float:
        models = [plan.model_of(d) for d in plan.models[group]]
        return max(m.input_usd_per_mtok + m.output_usd_per_mtok for m in models)

    return sorted(groups, key=lambda group: (price(group), group))


def _router_entry(plan: Plan, groups: list[str]) -> dict[str, Any]:
    """Return the complexity router's entry; its defaults that change traffic are switched off."""
    tiers = {tier: groups[min(i, len(groups) - 1)] for i, tier in enumerate(TIERS)}
    config = {
        "tiers": tiers,
        "classifier_type": "custom",
        "classifier_plugin": "routelab_plugin.classifier",
        "classifier_fallback": "default_model",
        "default_model": plan.default,
        "max_tokens_from_tier_model": False,
        "context_compaction": False,
        "deployment_affinity": False,
        "route_housekeeping_to_cheapest_tier": False,
    }
    params = {"model": "auto_router/complexity_router", "complexity_router_config": config}
    params["complexity_router_default_model"] = plan.default
    return {"model_name": router_name(plan), "litellm_params": params}


def _write_plugin(plan: Plan, groups: list[str], folder: Path) -> None:
    assert plan.router is not None
    router = plan.router.resolve()
    tier_of_group = {group: TIERS[i] for i, group in enumerate(groups)}
    tiers = {
        str(label): tier_of_group[plan.routes.get(str(label), str(label))]
        for label in answers_of(router)
    }
    save_router(router, folder / "router.skops")
    text = json.dumps(tiers, indent=1, ensure_ascii=False)
    (folder / "routelab_tiers.json").write_text(text + "\n", encoding="utf-8")
    (folder / "routelab_plugin.py").write_text(PLUGIN, encoding="utf-8")


def _not_carried(plan: Plan) -> list[str]:
    told = []
    for budget in plan.budgets:
        whose = f"{budget.scope} {budget.name}" if budget.name else budget.scope
        if budget.scope in ("key", "team"):
            told.append(
                f"the budget of USD {budget.limit_usd:g} per {budget.period} for the {whose}: keys "
                "and teams live in the proxy's database; set max_budget and budget_duration there"
            )
        elif budget.is_own:
            told.append(
                f"the calendar budget of USD {budget.limit_usd:g} a day for the {whose} in "
                f"{budget.timezone}, with its downgrades: the proxy has key, user and team budgets "
                "in its database, which refuse and do not downgrade"
            )
            parts = {
                "the soft limit": budget.soft_at,
                "the reservation of estimates": budget.reserve,
                f"the {budget.pacing} pacing": budget.pacing,
            }
            told += [f"{part} of that budget" for part, given in parts.items() if given]
    if plan.cooldown.half_open_trials:
        told.append(
            f"{plan.cooldown.half_open_trials} half-open trials: after a cooldown the gateway "
            "sends everything at once"
        )
    if plan.hedge is not None:
        told.append(f"the hedge after {plan.hedge.after_s:g} s: the gateway waits for one answer")
    if plan.rules:
        told.append(
            f"{len(plan.rules)} rules on tier, size or missing prompt: the proxy has no such step"
        )
    if plan.split is not None:
        told.append(
            f"the A/B split {plan.split.name!r}: weights of the proxy are drawn per request, "
            f"not by user"
        )
    if plan.decision_cache is not None:
        told.append("the decision cache: the plugin decides every request anew")
    if plan.router is not None:
        told.append("a router that needs no routelab: the plugin imports routelab in the proxy")
    return told
