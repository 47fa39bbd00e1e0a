"""``auto_router/quality_router``: a keyword of a deployment, else complexity to quality tier."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from routelab._checks import InputError
from routelab.gateway_rules.complexity import Decision
from routelab.gateway_rules.config import checked
from routelab.gateway_rules.heuristic import Heuristic
from routelab.gateway_rules.text import DEFAULTS, flatten


class Preferences(BaseModel):
    """``model_info.litellm_routing_preferences`` of a deployment."""

    model_config = ConfigDict(frozen=True)

    quality_tier: int
    keywords: list[str] = Field(default_factory=list)
    order: int | None = None


class QualityConfig(BaseModel):
    """``quality_router_config`` of the gateway."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    available_models: list[str] = Field(default_factory=list)
    default_model: str | None = None
    complexity_to_quality: dict[str, int] = Field(
        default_factory=lambda: dict(DEFAULTS["complexity_to_quality"])
    )


class QualityRouter:
    """The decision of a quality router.

    Parameters
    ----------
    config : mapping
        ``quality_router_config``.
    deployments : iterable of (str, mapping)
        Model group and ``model_info`` of every deployment, in the order of the model list.

    Examples
    --------
    >>> info = {"small": {"quality_tier": 1}, "big": {"quality_tier": 2, "keywords": ["refund"]}}
    >>> deployments = [(n, {"litellm_routing_preferences": p}) for n, p in info.items()]
    >>> router = QualityRouter({"available_models": ["small", "big"]}, deployments)
    >>> router.decide([{"role": "user", "content": "hi"}]).groups
    ('small',)
    >>> router.decide([{"role": "user", "content": "no refunds"}]).cause
    'keyword'
    """

    def __init__(
        self, config: Mapping[str, Any], deployments: Iterable[tuple[str, Mapping[str, Any]]]
    ):
        self.config: QualityConfig = checked(QualityConfig, config, "quality_router_config")
        self._preferences: dict[str, Preferences] = {}
        self._cost: dict[str, float] = {}
        for name, info in deployments:
            if name not in self.config.available_models:
                continue
            given = info.get("litellm_routing_preferences")
            if given is None:
                raise InputError(f"model group {name!r} has no litellm_routing_preferences")
            own = checked(Preferences, given, f"model group {name!r}")
            if self._preferences.setdefault(name, own) != own:
                raise InputError(f"model group {name!r} has two litellm_routing_preferences")
            cost = info.get("input_cost_per_token")
            self._cost[name] = math.inf if cost is None else float(cost)
        missing = [n for n in self.config.available_models if n not in self._preferences]
        if missing:
            raise InputError(f"available_models: {missing[0]!r} is no model group")
        self._heuristic = Heuristic()

    def _rank(self, name: str) -> tuple[float, float, str]:
        order = self._preferences[name].order
        return (math.inf if order is None else order, self._cost[name], name)

    def decide(self, messages: Sequence[Mapping[str, Any]]) -> Decision:
        """Decide on the messages of one request."""
        ask = _last_user_text(messages)
        if ask is None:
            if self.config.default_model is None:
                raise InputError("a quality router without default_model needs a user message")
            return Decision(None, (self.config.default_model,), "default_fallback")
        matched = self._by_keyword(ask)
        if matched is not None:
            name, keyword = matched
            tier = str(self._preferences[name].quality_tier)
            return Decision(tier, (name,), "keyword", keyword=keyword)
        said = self._heuristic.classify(ask)
        if said.tier not in self.config.complexity_to_quality:
            raise InputError(f"complexity_to_quality has no entry for {said.tier}")
        quality = self.config.complexity_to_quality[said.tier]
        group = self.group_of(quality)
        return Decision(str(quality), (group,), "quality_tier", said.score, said.signals)

    def group_of(self, quality: int) -> str:
        """Return the group of a quality tier: exact, next higher, next lower, then the default."""
        tiers = {p.quality_tier for p in self._preferences.values()}
        higher = sorted(t for t in tiers if t >= quality)
        lower = sorted((t for t in tiers if t < quality), reverse=True)
        for tier in (*higher, *lower):
            names = (n for n, p in self._preferences.items() if p.quality_tier == tier)
            return min(names, key=self._rank)
        if self.config.default_model is None:
            raise InputError(f"no model group for quality tier {quality} and no default_model")
        return self.config.default_model

    def _by_keyword(self, ask: str) -> tuple[str, str] | None:
        lowered = ask.lower()
        found = []
        for name, preferences in self._preferences.items():
            words = (word.lower() for word in preferences.keywords)
            word = next((w for w in words if w and w in lowered), None)
            if word is not None:
                found.append((name, word))
        if not found:
            return None
        return min(found, key=lambda m: (-self._preferences[m[0]].quality_tier, *self._rank(m[0])))


def _last_user_text(messages: Sequence[Mapping[str, Any]]) -> str | None:
    texts = (flatten(m.get("content")) for m in reversed(messages) if m.get("role") == "user")
    return next((text for text in texts if text), None)
