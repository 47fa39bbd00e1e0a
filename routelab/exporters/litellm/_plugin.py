"""The files of a plugin, and the two forms in which the proxy calls it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from routelab.decide import check_groups, group_of_route
from routelab.exporters.litellm._agree import check_classifier, check_hook
from routelab.exporters.litellm._deciders import Written, write_decider
from routelab.exporters.litellm._form import SAFE, Form, blank_prompts, router_name
from routelab.gateway_rules import TIERS
from routelab.plan import Plan
from routelab.routers import answers_of
from routelab.routers._parts import estimators_in

MODULE = "routelab_plugin"
_CLASSIFIER = "classifier = Classifier.beside(__file__)\n"
_HOOK = """from litellm.integrations.custom_logger import CustomLogger

hook = callback(Hook.beside(__file__), CustomLogger)
"""


def router_groups(plan: Plan) -> list[str]:
    """Return the groups that routes lead to, from the cheapest to the dearest.

    Raises
    ------
    InputError
        The router may answer something that leads to no group.
    """
    groups = {group_of_route(plan, label) for label in _labels(plan)}

    def price(group: str) -> float:
        models = [plan.model_of(d) for d in plan.models[group]]
        return max(m.input_usd_per_mtok + m.output_usd_per_mtok for m in models)

    return sorted(groups, key=lambda group: (price(group), group))


def classifier_form(plan: Plan, folder: Path) -> Form:
    """Write a trained router as classifier of a complexity router, for up to four groups.

    The tiers are names for the groups, from the cheapest to the dearest. What the gateway would
    do by itself (housekeeping, escalation by keyword) is switched off.
    """
    groups = router_groups(plan)
    tier_of = dict(zip(groups, TIERS, strict=False))
    tiers = {label: tier_of[group_of_route(plan, label)] for label in _labels(plan)}
    written = write_decider(plan, folder)
    _write(folder, written, _CLASSIFIER, {"tiers": tiers})
    tied = check_classifier(plan, written.decider, written.most)
    config = {
        "tiers": {tier: groups[min(i, len(groups) - 1)] for i, tier in enumerate(TIERS)},
        "classifier_type": "custom",
        "classifier_plugin": f"{MODULE}.classifier",
        "classifier_fallback": "default_model",
        "default_model": plan.default,
        **SAFE,
        "route_housekeeping_to_cheapest_tier": False,
        "escalation_keywords": [],
    }
    params = {"model": "auto_router/complexity_router", "complexity_router_config": config}
    params["complexity_router_default_model"] = plan.default
    told = [blank_prompts(plan, "asks the router"), *tied, *written.told]
    entry = {"model_name": router_name(plan), "litellm_params": params}
    return Form(f"{MODULE}.py decides, as classifier", entries=[entry], told=told)


def hook_form(plan: Plan, folder: Path) -> Form:
    """Write rules, router and split as a hook that names the group before the gateway's part.

    The router's name is an alias of the default group, so that the proxy knows it, lists it and
    serves it even without the hook.
    """
    written = write_decider(plan, folder)
    counts = any((r.min_input_tokens, r.max_input_tokens) != (None, None) for r in plan.rules)
    name = router_name(plan)
    _write(folder, written, _HOOK, {"model": name, "default": plan.default, "counts": counts})
    told = check_hook(plan, written.decider, written.most)
    if counts:
        told.append(
            "the provider's count of input tokens in rules: the hook counts before the call, with "
            "the tokenizer of GPT-4o"
        )
    if plan.router is None:
        told.append(
            f"rules and split for requests that ask for a group by its name: they act on requests "
            f"for {name!r}, of which {plan.default!r} is the default"
        )
    return Form(
        f"{MODULE}.py decides, as hook before each call",
        aliases={name: plan.default},
        callbacks=[f"{MODULE}.hook"],
        told=[*told, *written.told],
    )


def _labels(plan: Plan) -> list[str]:
    """Return all that the router may answer, as far as the plan has a group for it."""
    assert plan.router is not None
    router = plan.router.resolve()
    check_groups(plan, answers_of(router))
    spare = [getattr(part, "abstain_label", None) for part in estimators_in(router)]
    known = [str(label) for label in spare if str(label) in (*plan.routes, *plan.models)]
    return list(dict.fromkeys([*map(str, answers_of(router)), *known]))


def _write(folder: Path, written: Written, last: str, settings: dict[str, Any]) -> None:
    text = f"{written.source.rstrip()}\n\n\n{last}"
    (folder / f"{MODULE}.py").write_text(text, encoding="utf-8")
    told = {"bundle": written.bundle, "sha256": written.sha256, **settings}
    text = json.dumps(told, indent=1, ensure_ascii=False) + "\n"
    (folder / f"{MODULE}.json").write_text(text, encoding="utf-8")
