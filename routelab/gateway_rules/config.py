"""``complexity_router_config``: what of it decides a tier, checked like the gateway checks it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from routelab._checks import InputError, did_you_mean
from routelab.gateway_rules.patterns import MOST_WORK_TOGETHER, pattern_work, total_work
from routelab.gateway_rules.table import TierTable
from routelab.gateway_rules.text import DEFAULTS, REMINDERS

TIERS = ("SIMPLE", "MEDIUM", "COMPLEX", "REASONING")
Tier = Literal["SIMPLE", "MEDIUM", "COMPLEX", "REASONING"]

#: Keys of the gateway that change a request or its log, but neither tier nor group.
WITHOUT_EFFECT = {
    "classifier_context_budget_chars",
    "classifier_context_window_size",
    "classifier_fallback",
    "context_compaction",
    "context_window_escalation_buffer",
    "deployment_affinity",
    "max_tokens_from_tier_model",
    "return_raw_model_name",
    "session_affinity_ttl_seconds",
}
#: Keys that do nothing while they hold this value; with another, the tier is not ours to say.
SWITCHED_OFF: dict[str, Any] = {
    "adaptive": False,
    "cache_aware_routing": False,
    "classification_mode": "every_request",
    "enable_context_window_escalation": False,
    "enable_non_reasoning_tier": False,
    "modality_routing": False,
    "plan_mode_min_tier": None,
    "plugins": None,
    "semantic_keyword_matching": False,
    "session_affinity": False,
    "stall_escalation_enabled": False,
    "tier_definitions": None,
}


def _stripped(words: list[str]) -> list[str]:
    return [word.strip() for word in words if word.strip()]


Words = Annotated[list[str], AfterValidator(_stripped)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class KeywordRule(_Strict):
    """Any of these keywords sends the request to this tier."""

    keywords: Words
    tier: Tier

    @field_validator("keywords")
    @classmethod
    def _not_empty(cls, words: list[str]) -> list[str]:
        if not words:
            raise ValueError("a keyword rule needs a keyword that is not blank")
        return words


class CustomDimension(_Strict):
    """A named dimension of the score: keywords of the ask, or bounded patterns of its start."""

    name: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z][A-Za-z0-9_]*$")
    weight: float = Field(gt=0, le=1, allow_inf_nan=False)
    keywords: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    scoring_mode: Literal["binary", "match_count"] = "binary"

    @model_validator(mode="after")
    def _bounded(self) -> CustomDimension:
        matchers = (*self.keywords, *self.patterns)
        if not matchers or any(not m.strip() for m in matchers):
            raise ValueError("a custom dimension needs keywords or patterns, none of them blank")
        if len(matchers) > 32 or sum(map(len, matchers)) > 4096 or max(map(len, matchers)) > 256:
            raise ValueError(
                "a custom dimension has at most 32 keywords and patterns of at most 256 characters "
                "each and 4096 together"
            )
        for pattern in self.patterns:
            pattern_work(pattern)
        return self


class Marks(_Strict):
    """The two marks around what a client adds to a message by itself."""

    open: str
    close: str


class ComplexityConfig(_Strict):
    """Configuration of ``auto_router/complexity_router``, as far as rules decide.

    The fields and their defaults are those of the gateway. Keys that it knows and that change
    neither tier nor group are accepted and left aside; keys that would hand the decision to a
    model, a session or the size of the prompt are refused.

    Examples
    --------
    >>> ComplexityConfig.of({"tier_boundaries": {"simple_medium": 0.05}}).boundary("simple_medium")
    0.05
    >>> ComplexityConfig.of({"tier_boundary": {}})
    Traceback (most recent call last):
    routelab._checks.InputError: complexity_router_config: unknown key 'tier_boundary' \
(did you mean 'tier_boundaries'?)
    """

    tiers: dict[Tier, str | list[str]] = Field(default_factory=dict)
    default_model: str | None = None
    classifier_type: Literal["heuristic", "heuristic_v2"] = "heuristic"
    tier_boundaries: dict[str, float] = Field(
        default_factory=lambda: dict(DEFAULTS["tier_boundaries"])
    )
    token_thresholds: dict[str, int] = Field(
        default_factory=lambda: dict(DEFAULTS["token_thresholds"])
    )
    dimension_weights: dict[str, float] = Field(
        default_factory=lambda: dict(DEFAULTS["dimension_weights"])
    )
    reasoning_override_min_score: float | None = None
    code_keywords: list[str] | None = None
    reasoning_keywords: list[str] | None = None
    technical_keywords: list[str] | None = None
    custom_technical_keywords: list[str] | None = None
    simple_keywords: list[str] | None = None
    custom_dimensions: tuple[CustomDimension, ...] = Field(default=(), max_length=16)
    keyword_tier_rules: list[KeywordRule] | None = None
    escalation_keywords: Words = Field(
        default_factory=lambda: list(DEFAULTS["escalation_keywords"])
    )
    route_housekeeping_to_cheapest_tier: bool = True
    housekeeping_patterns: Words = Field(default_factory=list)
    reminder_markers: tuple[Marks, ...] | None = None
    heuristic_v2_artifact: TierTable | Literal["ultrafeedback"] = "ultrafeedback"
    heuristic_v2_success_threshold: float | None = Field(default=None, ge=0, le=1)

    @field_validator("escalation_keywords", "housekeeping_patterns", mode="before")
    @classmethod
    def _none_is_default(cls, given: Any, info: Any) -> Any:
        if given is None:
            return DEFAULTS["escalation_keywords"] if info.field_name.startswith("esc") else []
        return given

    @field_validator("tier_boundaries", "token_thresholds", "dimension_weights")
    @classmethod
    def _known_names(cls, given: dict[str, float], info: Any) -> dict[str, float]:
        known = DEFAULTS[info.field_name]
        for name in given:
            if name not in known:
                raise ValueError(
                    f"unknown key {name!r}{did_you_mean(name, known)}; known: {', '.join(known)}"
                )
        return given

    @model_validator(mode="after")
    def _dimensions(self) -> ComplexityConfig:
        names = [dimension.name for dimension in self.custom_dimensions]
        if names and self.classifier_type != "heuristic":
            raise ValueError("custom_dimensions need classifier_type heuristic")
        taken = {*DEFAULTS["dimension_weights"], *self.dimension_weights}
        if len(names) != len(set(names)) or taken & set(names):
            raise ValueError(
                "custom_dimensions: names must be unique and not those of built-in ones"
            )
        work = total_work(p for d in self.custom_dimensions for p in dict.fromkeys(d.patterns))
        if work > MOST_WORK_TOGETHER:
            raise ValueError(
                f"custom_dimensions: the patterns need {work} steps, allowed are "
                f"{MOST_WORK_TOGETHER}"
            )
        return self

    @classmethod
    def of(cls, given: Mapping[str, Any] | None) -> ComplexityConfig:
        """Read a ``complexity_router_config``; raise `InputError` for what is not allowed."""
        given = {key: value for key, value in (given or {}).items() if key not in WITHOUT_EFFECT}
        for key, harmless in SWITCHED_OFF.items():
            if key in given and given.pop(key) not in (
                harmless,
                [] if harmless is None else harmless,
            ):
                raise InputError(f"complexity_router_config: {key} is not simulated")
        kind = given.get("classifier_type", "heuristic")
        if kind not in ("heuristic", "heuristic_v2"):
            raise InputError(
                f"complexity_router_config: classifier_type {kind!r} is not rule-based: "
                "heuristic and heuristic_v2 are simulated"
            )
        for key in given:
            if key not in cls.model_fields:
                near = did_you_mean(key, cls.model_fields)
                raise InputError(f"complexity_router_config: unknown key {key!r}{near}")
        return checked(cls, given, "complexity_router_config")

    def boundary(self, name: str) -> float:
        """Return a tier boundary; one that is left out has the gateway's default."""
        return self.tier_boundaries.get(name, DEFAULTS["tier_boundaries"][name])

    def words(self, name: str) -> list[str]:
        """Return a keyword list: the given one unless it is empty, else the gateway's."""
        given = list(getattr(self, name) or DEFAULTS[name])
        if name == "technical_keywords":
            own = {word.lower(): word for word in self.custom_technical_keywords or ()}
            known = {word.lower() for word in given}
            given += [word for key, word in own.items() if key not in known]
        return given

    def marks(self) -> tuple[tuple[str, str], ...]:
        """Return the reminder marks, lower case."""
        if self.reminder_markers is None:
            return REMINDERS
        return tuple(
            (m.open.strip().lower(), m.close.strip().lower()) for m in self.reminder_markers
        )

    def pool(self, tier: str) -> list[str]:
        """Return the groups of a tier; of MEDIUM, or the default, where it has none."""
        if tier not in self.tiers and self.default_model:
            return [self.default_model]
        groups = self.tiers.get(tier, self.tiers.get("MEDIUM"))  # type: ignore[call-overload]
        if not groups:
            raise InputError(
                f"complexity_router_config: tiers has no group for {tier} and there is no "
                "default_model"
            )
        return [groups] if isinstance(groups, str) else list(groups)


def checked(model: type[Any], given: Mapping[str, Any], what: str) -> Any:
    """Validate with pydantic; its first complaint becomes an `InputError`."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        if isinstance(first["input"], (str, int, float, bool)) and "got " not in message:
            message += f", got {first['input']!r}"
        raise InputError(": ".join(part for part in (what, place, message) if part)) from None
