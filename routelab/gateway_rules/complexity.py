"""``auto_router/complexity_router``: rules before and after the classifier, then tier to group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from routelab.gateway_rules.config import TIERS, ComplexityConfig
from routelab.gateway_rules.heuristic import Classification, Heuristic
from routelab.gateway_rules.table import TierTable, bundled_table, tier_of, tier_probabilities
from routelab.gateway_rules.text import (
    DEFAULTS,
    current_ask,
    has_keyword,
    newest_user_text,
    request_type,
)


@dataclass(frozen=True, slots=True)
class Decision:
    """Where the first attempt of a request goes.

    Attributes
    ----------
    tier : str or None
        None where no tier was decided (the default model serves).
    groups : tuple of str
        Model groups of the tier; of several, the gateway draws one.
    cause : str
        In the gateway's words.
    score : float or None
    signals : tuple of str
    keyword : str or None
        That decided.
    probabilities : tuple of float
        Of success per tier, for heuristic_v2.
    """

    tier: str | None
    groups: tuple[str, ...]
    cause: str
    score: float | None = None
    signals: tuple[str, ...] = ()
    keyword: str | None = None
    probabilities: tuple[float, ...] = field(default=())


class ComplexityRouter:
    """The whole rule-based decision of a complexity router for one request.

    Parameters
    ----------
    config : ComplexityConfig or mapping, optional
        ``complexity_router_config`` of the gateway.

    Examples
    --------
    >>> router = ComplexityRouter({"tiers": {"SIMPLE": "cheap", "MEDIUM": "mid"},
    ...     "keyword_tier_rules": [{"keywords": ["refund"], "tier": "MEDIUM"}]})
    >>> router.decide([{"role": "user", "content": "hi"}]).groups
    ('cheap',)
    >>> router.decide([{"role": "user", "content": "I want a refund"}]).groups
    ('mid',)
    >>> router.tier_of("hi. LITELLM ESCALATE")
    'MEDIUM'
    """

    def __init__(self, config: ComplexityConfig | Mapping[str, Any] | None = None):
        self.config = (
            config if isinstance(config, ComplexityConfig) else ComplexityConfig.of(config)
        )
        self._heuristic = Heuristic(self.config)
        self.table: TierTable | None = None
        if self.config.classifier_type == "heuristic_v2":
            given = self.config.heuristic_v2_artifact
            self.table = given if isinstance(given, TierTable) else bundled_table()

    @property
    def threshold(self) -> float:
        """Least probability of success of heuristic_v2."""
        assert self.table is not None
        own = self.config.heuristic_v2_success_threshold
        return self.table.routing_threshold if own is None else own

    def tier_of(self, prompt: str) -> str:
        """Return the tier of one user prompt; MEDIUM where there is nothing to read."""
        return self._decide([{"role": "user", "content": prompt}]).tier or "MEDIUM"

    def decide(self, messages: Sequence[Mapping[str, Any]]) -> Decision:
        """Decide on the messages of one request."""
        decided = self._decide(messages)
        if decided.tier is None:
            assert self.config.default_model is not None
            return replace(decided, groups=(self.config.default_model,))
        return replace(decided, groups=tuple(self.config.pool(decided.tier)))

    def _decide(self, messages: Sequence[Mapping[str, Any]]) -> Decision:
        config, marks = self.config, self.config.marks()
        configured = [tier for tier in TIERS if tier in (config.tiers or TIERS)]
        ask = current_ask(messages, marks)
        if ask is None:
            return Decision(None if config.default_model else "MEDIUM", (), "default_fallback")
        newest = newest_user_text(messages, marks)
        louder = any(word in newest for word in config.escalation_keywords)
        ruled = self._ruled(ask)
        if ruled is not None:
            tier, word = ruled
            tier = _next_tier(tier, configured) if louder else tier
            return Decision(tier, (), "literal_keyword_match", keyword=word)
        keyword = self._housekeeping(newest)
        probabilities: tuple[float, ...] = ()
        empty = {tier for tier, groups in config.tiers.items() if groups == []}
        cheapest = [tier for tier in configured if tier not in empty]
        if keyword is not None and cheapest:
            said = Classification(cheapest[0], None, ("housekeeping",), "housekeeping")
        elif self.table is not None:
            said, probabilities = self._by_table(ask, self.table)
        else:
            said = self._heuristic.classify(ask)
        tier, signals = said.tier, said.signals
        if louder and _next_tier(tier, configured) != tier:
            tier, signals = _next_tier(tier, configured), (*signals, "escalation")
        return Decision(tier, (), said.cause, said.score, signals, keyword, probabilities)

    def _ruled(self, ask: str) -> tuple[str, str] | None:
        """Return (tier, keyword) of the most severe keyword rule that matches."""
        lowered = ask.lower()
        found = []
        for rule in self.config.keyword_tier_rules or ():
            word = next((w for w in rule.keywords if has_keyword(lowered, w)), None)
            if word is not None:
                found.append((rule.tier, word))
        return max(found, key=lambda match: TIERS.index(match[0])) if found else None

    def _housekeeping(self, newest: str) -> str | None:
        if not self.config.route_housekeeping_to_cheapest_tier:
            return None
        known = (*DEFAULTS["housekeeping_patterns"], *self.config.housekeeping_patterns)
        return next((text for text in known if text in newest), None)

    def _by_table(self, ask: str, table: TierTable) -> tuple[Classification, tuple[float, ...]]:
        probabilities = tier_probabilities(ask, table)
        told = (
            f"tier-probability:{tier.lower()}={p:.6f}"
            for tier, p in zip(TIERS, probabilities, strict=True)
        )
        signals = (f"request-type:{request_type(ask)}", *told)
        tier = TIERS[tier_of(probabilities, self.threshold) - 1]
        return Classification(tier, None, signals, "heuristic_v2"), probabilities


def _next_tier(tier: str, configured: list[str]) -> str:
    """Return the next higher configured tier, or the same where there is none."""
    higher = TIERS[TIERS.index(tier) + 1 :]
    return next((t for t in higher if t in configured), tier)
