"""Content routers of a recording: read them from its configuration, decide, compare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from routelab._checks import InputError
from routelab.gateway_rules.complexity import ComplexityRouter, Decision
from routelab.gateway_rules.config import TIERS
from routelab.gateway_rules.quality import QualityRouter

TOLERANCE = 1e-9  # of scores and probabilities
COMPLEXITY = "auto_router/complexity_router"
QUALITY = "auto_router/quality_router"
#: Causes by which the gateway leaves the decided group because it cannot serve just then.
BY_HEALTH = {"health_failover", "health_default_fallback"}


class ContentRouter(Protocol):
    """Anything that sends the messages of a request to a group."""

    def decide(self, messages: list[Mapping[str, Any]]) -> Decision:
        """Decide on the messages of one request."""


def routers_of(config: Mapping[str, Any]) -> dict[str, ContentRouter]:
    """Return the content routers of a recorded configuration, by the name that requests ask for.

    Raises
    ------
    InputError
        For a router that does not decide by rules, or one that uses what is not simulated.
    """
    found: dict[str, ContentRouter] = {}
    for entry in config.get("raw_model_list") or []:
        name, params = entry["model_name"], entry["litellm_params"]
        kind = params.get("model")
        if kind == COMPLEXITY:
            given = dict(params.get("complexity_router_config") or {})
            default = params.get("complexity_router_default_model")
            router: ContentRouter = ComplexityRouter(
                given | ({"default_model": default} if default else {})
            )
        elif kind == QUALITY:
            given = dict(params.get("quality_router_config") or {})
            default = params.get("quality_router_default_model")
            deployments = [(d["group"], d.get("model_info") or {}) for d in config["deployments"]]
            router = QualityRouter(
                given | ({"default_model": default} if default else {}), deployments
            )
        else:
            raise InputError(
                f"content routing by {kind!r} is not rule-based and not simulated: "
                "complexity_router (heuristic, heuristic_v2) and quality_router are"
            )
        if name in found:
            raise InputError(f"two content routers are called {name!r}")
        found[name] = router
    return found


def decisions_of(recording: Mapping[str, Any]) -> dict[int, Decision]:
    """Decide on every request of a recording that asks for a content router, by its number."""
    routers = routers_of(recording["config"])
    decided = {}
    for number, request in enumerate(recording["trace"] if routers else []):
        if request["model"] in routers:
            decided[number] = routers[request["model"]].decide(_messages(request))
    return decided


def _messages(request: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if request.get("messages"):
        return request["messages"]
    if not request.get("content"):
        raise InputError(f"request {request['id']} goes to a content router without its text")
    return [{"role": "user", "content": request["content"]}]


def told_of(recording: Mapping[str, Any], number: int) -> Mapping[str, Any]:
    """Return what the gateway recorded about the decision on a request."""
    told = recording["results"][number].get("routing_decision")
    if told is None:
        raise InputError(f"request {recording['trace'][number]['id']} has no routing_decision")
    if told.get("cause") in BY_HEALTH:
        raise InputError(
            f"request {recording['trace'][number]['id']}: content routing by "
            f"{told['cause']} is not simulated"
        )
    return told


def first_decision_difference(
    recording: Mapping[str, Any], decided: Mapping[int, Decision]
) -> str | None:
    """Return the first way in which a decision differs from the recorded one, or None.

    Compared are tier, cause, keyword, score, signals, probabilities of success, and that the group
    is one of the tier's (of several, the gateway draws one).
    """
    for number, decision in decided.items():
        told = told_of(recording, number)
        forecast = (told.get("heuristic_v2_forecast") or {}).get("probabilities") or {}
        pairs = [
            ("tier", told.get("tier"), decision.tier),
            ("cause", told.get("cause"), decision.cause),
            ("keyword", told.get("matched_keyword"), decision.keyword),
            ("signals", tuple(told.get("signals") or ()), decision.signals),
            ("score", told.get("score"), decision.score),
        ]
        ours_by_tier = dict(zip(TIERS, decision.probabilities, strict=False))
        pairs += [
            (f"probability of {tier}", forecast.get(tier), ours_by_tier.get(tier)) for tier in TIERS
        ]
        place = f"request {recording['trace'][number]['id']}"
        for what, theirs, ours in pairs:
            if not _same(theirs, ours):
                return f"{place}: recorded {what} {theirs!r}, replayed {ours!r}"
        if told["routed_model"] not in decision.groups:
            groups = " or ".join(decision.groups)
            return f"{place}: recorded group {told['routed_model']!r}, replayed {groups!r}"
    return None


def _same(theirs: Any, ours: Any) -> bool:
    if isinstance(theirs, float) and isinstance(ours, (int, float)):
        return abs(theirs - ours) <= TOLERANCE
    return bool(theirs == ours)
