"""LiteLLM's own rules as router of a plan: the whole configuration inline, nothing to install."""

from __future__ import annotations

from typing import Any

from routelab.decide import group_of_route
from routelab.exporters.litellm._form import SAFE, Form, blank_prompts, router_name
from routelab.gateway_rules import TIERS
from routelab.plan import Plan
from routelab.routers import LitellmHeuristic, LitellmHeuristicFitted, LitellmHeuristicV2

_GROUPS = ("tiers", "default_model")  # the plan says which group serves a tier


def is_ruled(router: Any) -> bool:
    """Return whether a fitted router is the gateway's own rules, and decides so with all tiers.

    A configuration of the router that names other tiers than all four escalates and tidies up
    among these alone, which a plan with four groups cannot write down.
    """
    if not isinstance(router, LitellmHeuristic | LitellmHeuristicFitted | LitellmHeuristicV2):
        return False
    named = _config(router).get("tiers")
    return not named or (set(named) == set(TIERS) and all(named.values()))


def ruled_form(plan: Plan, router: Any) -> Form:
    """Return the complexity router with the boundaries, weights, keywords or table of `router`."""
    tiers = {tier: group_of_route(plan, tier) for tier in TIERS}
    learnt = {key: value for key, value in _config(router).items() if key not in _GROUPS}
    config = {"tiers": tiers, "default_model": plan.default, **SAFE, **learnt}
    params = {"model": "auto_router/complexity_router", "complexity_router_config": config}
    params["complexity_router_default_model"] = plan.default
    medium = tiers["MEDIUM"]
    told = [blank_prompts(plan, f"sends them to {medium!r} as MEDIUM")]
    kind = config.get("classifier_type", "heuristic")
    entry = {"model_name": router_name(plan), "litellm_params": params}
    return Form(
        f"LiteLLM's own {kind} decides",
        entries=[entry],
        told=told if medium != plan.default else [],
    )


def _config(router: Any) -> dict[str, Any]:
    if isinstance(router, LitellmHeuristic):
        return dict(router.config or {})
    return dict(router.gateway_config())
