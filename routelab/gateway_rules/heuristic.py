"""``heuristic``: seven weighted dimensions of a prompt, and own ones, make a score and a tier."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from routelab.gateway_rules.config import ComplexityConfig, CustomDimension
from routelab.gateway_rules.text import DEFAULTS, has_keyword

SCAN_CHARACTERS = 2048  # of a prompt are searched for custom patterns
CHARACTERS_PER_TOKEN = 4
_STEPS = [re.compile(pattern, re.I) for pattern in DEFAULTS["multi_step_patterns"]]
# keyword list -> dimension, word in the signal, matches for the low and the high score, both scores
_LISTS = {
    "code_keywords": ("codePresence", "code", 1, 2, 0.5, 1.0),
    "reasoning_keywords": ("reasoningMarkers", "reasoning", 1, 2, 0.7, 1.0),
    "technical_keywords": ("technicalTerms", "technical", 2, 4, 0.5, 1.0),
    "simple_keywords": ("simpleIndicators", "simple", 1, 2, -1.0, -1.0),
}


@dataclass(frozen=True, slots=True)
class Classification:
    """A tier and why.

    Attributes
    ----------
    tier : str
        "SIMPLE", "MEDIUM", "COMPLEX" or "REASONING".
    score : float or None
        Weighted sum of the dimensions; None where no score is made.
    signals : tuple of str
        What was found, in the gateway's words.
    cause : str
        Which rule decided, in the gateway's words.
    """

    tier: str
    score: float | None
    signals: tuple[str, ...]
    cause: str


class Heuristic:
    """The gateway's first classifier: no training, no model, reads the prompt alone.

    Parameters
    ----------
    config : ComplexityConfig or mapping, optional
        ``complexity_router_config`` of the gateway; None takes its defaults.

    Examples
    --------
    >>> Heuristic().classify("Prove that sqrt 2 is irrational").tier
    'SIMPLE'
    >>> Heuristic().classify("write a python function")
    Classification(tier='MEDIUM', score=0.19999999999999998, signals=('short (5 tokens)', \
'code (function, python)'), cause='heuristic_scorer')
    >>> tuned = Heuristic({"tier_boundaries": {"simple_medium": -0.2}})
    >>> tuned.classify("Prove that sqrt 2 is irrational").tier
    'MEDIUM'
    """

    def __init__(self, config: ComplexityConfig | Mapping[str, Any] | None = None):
        self.config = (
            config if isinstance(config, ComplexityConfig) else ComplexityConfig.of(config)
        )
        self._words = {name: self.config.words(name) for name in _LISTS}

    def classify(self, prompt: str) -> Classification:
        """Score a prompt and find its tier."""
        lowered = prompt.lower()
        scored: list[tuple[str, float, str | None]] = [self._tokens(prompt)]
        markers = 0
        for name in _LISTS:
            found, *dimension = self._keywords(lowered, name)
            scored.append(tuple(dimension))  # type: ignore[arg-type]
            if name == "reasoning_keywords":
                markers = found
        stepwise = any(pattern.search(lowered) for pattern in _STEPS)
        scored.append(
            ("multiStepPatterns", 0.5, "multi-step") if stepwise else ("multiStepPatterns", 0, None)
        )
        questions = prompt.count("?")
        many = (0.5, f"{questions} questions") if questions > 3 else (0, None)
        scored.append(("questionComplexity", *many))
        own = [_custom(dimension, prompt, lowered) for dimension in self.config.custom_dimensions]
        weights = self.config.dimension_weights
        # the two sums are made apart, as the gateway makes them: floats are not associative
        score = sum(value * weights.get(name, 0) for name, value, _ in scored) + sum(
            share * dimension.weight
            for share, dimension in zip(own, self.config.custom_dimensions, strict=True)
            if share
        )
        signals = [signal for _, _, signal in scored if signal is not None]
        signals += [
            f"custom ({dimension.name})"
            for share, dimension in zip(own, self.config.custom_dimensions, strict=True)
            if share
        ]
        tier, cause = self._tier(score, markers)
        return Classification(tier, score, tuple(signals), cause)

    def _tier(self, score: float, markers: int) -> tuple[str, str]:
        config = self.config
        floor = config.reasoning_override_min_score
        if markers >= 2 and score >= (config.boundary("simple_medium") if floor is None else floor):
            return "REASONING", "reasoning_override"
        for name, tier in (
            ("simple_medium", "SIMPLE"),
            ("medium_complex", "MEDIUM"),
            ("complex_reasoning", "COMPLEX"),
        ):
            if score < config.boundary(name):
                return tier, "heuristic_scorer"
        return "REASONING", "heuristic_scorer"

    def _tokens(self, prompt: str) -> tuple[str, float, str | None]:
        tokens = len(prompt) // CHARACTERS_PER_TOKEN
        limits = DEFAULTS["token_thresholds"] | self.config.token_thresholds
        if tokens < limits["simple"]:
            return "tokenCount", -1.0, f"short ({tokens} tokens)"
        if tokens > limits["complex"]:
            return "tokenCount", 1.0, f"long ({tokens} tokens)"
        return "tokenCount", 0, None

    def _keywords(self, lowered: str, name: str) -> tuple[int, str, float, str | None]:
        dimension, label, low, high, low_score, high_score = _LISTS[name]
        found = [word for word in self._words[name] if has_keyword(lowered, word)]
        if len(found) < low:
            return len(found), dimension, 0, None
        score = high_score if len(found) >= high else low_score
        return len(found), dimension, score, f"{label} ({', '.join(found[:3])})"


def _custom(dimension: CustomDimension, prompt: str, lowered: str) -> float:
    """Return the share 0 to 1 of a custom dimension that is found."""
    enough = 2 if dimension.scoring_mode == "match_count" else 1
    words = dict.fromkeys(word.lower() for word in dimension.keywords)
    head = prompt[:SCAN_CHARACTERS]
    hits = sum(has_keyword(lowered, word) for word in words)
    hits += sum(
        re.search(pattern, head, re.I) is not None for pattern in dict.fromkeys(dimension.patterns)
    )
    return min(hits, enough) / enough
