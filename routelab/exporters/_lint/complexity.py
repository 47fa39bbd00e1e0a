"""Checks of complexity routers: tiers, boundaries, classifiers, and what the licence allows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from routelab.exporters._lint import _names
from routelab.exporters._lint._base import Spot, check, is_number, near, shown
from routelab.exporters._lint._config import PROXY, Config, as_dict, as_list


@check(
    "RL501",
    "unknown-tier",
    "error",
    why="the proxy drops the router in silence",
    fix=f"tiers are {', '.join(_names.TIERS)}",
)
def unknown_tier(config: Config) -> Iterator[Spot]:
    """Yield tiers that do not exist."""
    for _, settings, where in config.routers("complexity_router"):
        known = _tiers(settings)
        if known is None:
            continue
        for tier in as_dict(settings.get("tiers")):
            if tier not in known:
                guess = near(tier, known)
                yield Spot((*where, "tiers", tier), f"there is no tier {shown(tier)}{guess}")
        for i, rule in enumerate(as_list(settings.get("keyword_tier_rules"))):
            tier = as_dict(rule).get("tier")
            if tier is not None and not (isinstance(tier, str) and tier.strip() in known):
                place = (*where, "keyword_tier_rules", i, "tier")
                yield Spot(place, f"there is no tier {shown(tier)}{near(tier, known)}")


@check(
    "RL502",
    "boundaries-out-of-order",
    "error",
    why="a tier whose boundaries do not rise is never reached",
    fix="order them: simple_medium < medium_complex < complex_reasoning; simple < complex",
)
def boundaries_out_of_order(config: Config) -> Iterator[Spot]:
    """Yield boundaries and token thresholds that do not rise."""
    for _, settings, where in config.routers("complexity_router"):
        for name, keys in (
            ("tier_boundaries", _names.BOUNDARIES),
            ("token_thresholds", ("simple", "complex")),
        ):
            given = as_dict(settings.get(name))
            values = [(key, given[key]) for key in keys if is_number(given.get(key))]
            for (_, low), (key, high) in zip(values, values[1:], strict=False):
                if not low < high:
                    message = f"{key} {shown(high)} is not above {shown(low)}"
                    # Equal ones are how a tier is left out, by `routelab tune-gateway` as well.
                    told = _SKIPPED if low == high else {}
                    yield Spot((*where, name, key), message, **told)


@check(
    "RL503",
    "unknown-classifier",
    "error",
    why="the proxy drops the router in silence",
    fix=f"one of {', '.join(_names.CLASSIFIERS)}",
)
def unknown_classifier(config: Config) -> Iterator[Spot]:
    """Yield classifiers that do not exist."""
    for _, settings, where in config.routers("complexity_router"):
        kind = settings.get("classifier_type", "heuristic")
        if kind not in _names.CLASSIFIERS:
            message = f"there is no classifier_type {shown(kind)}{near(kind, _names.CLASSIFIERS)}"
            yield Spot((*where, "classifier_type"), message)


@check(
    "RL504",
    "no-plugin",
    "error",
    why="a custom classifier is a plugin",
    fix="set classifier_plugin: module.instance",
)
def no_plugin(config: Config) -> Iterator[Spot]:
    """Yield custom classifiers without a plugin."""
    for _, settings, where in config.routers("complexity_router"):
        if settings.get("classifier_type") == "custom" and not settings.get("classifier_plugin"):
            yield Spot((*where, "classifier_type"), "classifier_type custom without a plugin")


@check(
    "RL506",
    "score-out-of-reach",
    "warning",
    why="the score of the heuristic is between the sums of the negative and positive weights, and "
    "probabilities are between 0 and 1: no prompt gets there",
    fix="lower the value",
)
def score_out_of_reach(config: Config) -> Iterator[Spot]:
    """Yield thresholds above every score."""
    for _, settings, where in config.routers("complexity_router"):
        given = as_dict(settings.get("dimension_weights"))
        weights = [given.get(name, default) for name, default in _WEIGHTS.items()]
        own = [as_dict(d).get("weight") for d in as_list(settings.get("custom_dimensions"))]
        top = sum(w for w in (*weights, *own) if is_number(w) and w > 0)
        for name, value in as_dict(settings.get("tier_boundaries")).items():
            if is_number(value) and value > top:
                message = f"{shown(name)} {shown(value)} is above the highest score, {top:.2f}"
                # A tier may be left out like that on purpose; a threshold may not.
                yield Spot((*where, "tier_boundaries", name), message, **_SKIPPED)
        value = settings.get("heuristic_v2_success_threshold")
        if is_number(value) and not 0 < value <= 1:
            message = f"a success threshold of {shown(value)} is no probability"
            yield Spot((*where, "heuristic_v2_success_threshold"), message)


@check(
    "RL507",
    "max-tokens-overwritten",
    "note",
    why="max_tokens_from_tier_model is on by default: it overwrites the client's max_tokens",
    fix="set max_tokens_from_tier_model: false",
)
def max_tokens_overwritten(config: Config) -> Iterator[Spot]:
    """Yield routers that overwrite what the client asked for."""
    for _, settings, where in config.routers("complexity_router"):
        if settings.get("max_tokens_from_tier_model", True) is True:
            yield Spot(where, "the router overwrites the client's max_tokens")


@check(
    "RL508",
    "context-compacted",
    "note",
    why="context_compaction is on by default: at 0.9 of the window the prompt is rewritten",
    fix="set context_compaction: false",
)
def context_compacted(config: Config) -> Iterator[Spot]:
    """Yield routers that rewrite long prompts."""
    for _, settings, where in config.routers("complexity_router"):
        if "context_compaction" not in settings:
            yield Spot(where, "the router rewrites long prompts")


@check(
    "RL509",
    "own-tier-names",
    "warning",
    why="1.106 refuses other names than its own at each request and serves the default model",
    fix=f"use {', '.join(_names.TIERS)}",
)
def own_tier_names(config: Config) -> Iterator[Spot]:
    """Yield names of tiers that only newer versions serve."""
    for _, settings, where in config.routers("complexity_router"):
        if settings.get("classifier_type") == "custom":
            for tier in as_dict(settings.get("tiers")):
                if tier not in (*_names.TIERS, "NON_REASONING"):
                    yield Spot((*where, "tiers", tier), f"the tier {shown(tier)} is an own name")


@check(
    "RL521",
    "licence-limit",
    "error",
    why="the open-source proxy does not start, or drops the second router",
    fix="keep one such router; use provider or deployment budgets in place of tags",
)
def licence_limit(config: Config) -> Iterator[Spot]:
    """Yield what needs an enterprise licence: more than one router of a kind, budgets per tag."""
    seen: Counter[str] = Counter()
    for _, settings, where in config.routers("complexity_router"):
        for feature, key in _licensed(settings):
            seen[feature] += 1
            if seen[feature] == 2:
                message = f"a second router with {feature}: the open-source proxy allows one"
                yield Spot((*where, key), message)
    if config.proxy.get("tag_budget_config"):
        yield Spot((PROXY, "tag_budget_config"), "budgets per tag need an enterprise licence")


_SKIPPED = {"severity": "note", "fix": "nothing, where the tier is not meant to be used"}
# Defaults of LiteLLM's heuristic (SEMANTICS 3.1).
_WEIGHTS = dict(zip(_names.DIMENSIONS, (0.10, 0.30, 0.25, 0.25, 0.05, 0.03, 0.02), strict=True))


def _tiers(settings: dict[Any, Any]) -> list[str] | None:
    """Return the tiers that exist, or None where the router names its own."""
    if settings.get("tier_definitions") or settings.get("classifier_type") == "custom":
        return None
    return [*_names.TIERS, *(["NON_REASONING"] * bool(settings.get("enable_non_reasoning_tier")))]


def _licensed(settings: dict[Any, Any]) -> Iterator[tuple[str, str]]:
    """Yield the features of which the open-source proxy allows one router each."""
    kind = settings.get("classifier_type")
    if kind in ("heuristic_v2", "capability", "llm_v2"):
        yield str(kind), "classifier_type"
    for name in ("custom_dimensions", "tier_definitions"):
        if settings.get(name):
            yield name, name
    if kind == "custom" and set(as_dict(settings.get("tiers"))) - set(_names.TIERS):
        yield "own tiers", "tiers"
