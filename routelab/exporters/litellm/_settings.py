"""``router_settings``: strategy, retries, cooldown, fallbacks, aliases and provider budgets."""

from __future__ import annotations

from typing import Any

from routelab.exporters.litellm._models import given
from routelab.plan import Plan

_POLICY_NAMES = {"Timeout": "TimeoutError"}


def router_settings(plan: Plan, aliases: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the ``router_settings`` of a plan; `aliases` are added to those of the plan.

    Examples
    --------
    >>> plan = Plan(models={"a": "gpt-4o", "b": "gpt-4o-mini"}, default="a",
    ...             fallbacks={"a": ["b"]}, timeout_s=20)
    >>> settings = router_settings(plan)
    >>> settings["fallbacks"], settings["timeout"]
    ([{'a': ['b']}], 20.0)
    """
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
        "model_group_alias": {**plan.model_group_alias, **(aliases or {})} or None,
        "provider_budget_config": providers or None,
    }
    return given(settings)


def _chains(table: dict[str, tuple[str, ...]] | None) -> list[dict[str, list[str]]] | None:
    return None if table is None else [{source: list(chain)} for source, chain in table.items()]


def _policy(policy: dict[str, int] | None, suffix: str) -> dict[str, int] | None:
    if policy is None:
        return None
    return {f"{_POLICY_NAMES.get(name, name)}{suffix}": count for name, count in policy.items()}
