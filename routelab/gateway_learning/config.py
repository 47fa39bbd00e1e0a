"""A whole ``complexity_router_config`` learnt from prompts: weights, boundaries, keyword rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from routelab._checks import InputError, did_you_mean
from routelab.gateway_learning.boundaries import best_cuts, boundary_values, overridden_worth
from routelab.gateway_learning.dimensions import DIMENSIONS, dimension_values
from routelab.gateway_learning.keywords import KeywordChoice, as_rules, choose_keywords
from routelab.gateway_learning.weights import is_marked, search_weights, weights_pay
from routelab.gateway_rules import DEFAULTS, TIERS, ComplexityConfig, ComplexityRouter, current_ask

PARTS = ("boundaries", "weights", "keywords")
BY_SCORE = ("heuristic_scorer", "reasoning_override")
NO_RULE, NEVER = -1, len(TIERS)
FOLDS = 5  # that decide whether new weights are kept


@dataclass(frozen=True, slots=True)
class _Decided:
    """What the gateway decides on training prompts (n,) before anything is learnt.

    `by_score` are the prompts that boundaries decide, `ruled` the tier that a rule gave.
    """

    asks: list[str]
    tier: np.ndarray
    by_score: np.ndarray
    ruled: np.ndarray


@dataclass(frozen=True, slots=True)
class _Scored:
    """Training prompts (n,), what the gateway decides before learning, and what is in their score.

    `first` is the first place of each text and `text` (n,) the text of each prompt; `values` (n, 7)
    and `offset` (n,) make the score, `worth` is (n, 4), `folds` (n,).
    """

    prompts: list[str]
    decided: _Decided
    first: np.ndarray
    text: np.ndarray
    values: np.ndarray
    offset: np.ndarray
    worth: np.ndarray
    folds: np.ndarray


def check_parts(parts: Sequence[str]) -> tuple[str, ...]:
    """Return the parts; refuse an unknown one, and weights without boundaries of their own."""
    if isinstance(parts, str) or not parts:
        raise InputError(f"parts must be a list out of {', '.join(PARTS)}, got {parts!r}")
    for part in parts:
        if part not in PARTS:
            raise InputError(
                f"parts: unknown part {part!r}{did_you_mean(part, PARTS)}; known: "
                f"{', '.join(PARTS)}"
            )
    if "weights" in parts and "boundaries" not in parts:
        raise InputError("parts: new weights make new scores and need 'boundaries' too")
    return tuple(parts)


def learn_config(
    prompts: Sequence[str],
    worth: np.ndarray,
    *,
    parts: Sequence[str] = PARTS,
    config: Mapping[str, Any] | None = None,
    max_rules: int = 20,
    min_support: int = 10,
    seed: int = 0,
) -> tuple[dict[str, Any], list[KeywordChoice]]:
    """Return ``complexity_router_config`` whose decisions are worth most on these prompts.

    First the weights and boundaries, then keyword rules for what they get wrong, then weights and
    boundaries again for the prompts that no rule decides. New weights are kept where they are
    worth more than the present ones in cross-validation. Prompts that the gateway decides without
    a score (housekeeping, escalation, rules of `config`) have no say in weights and boundaries.

    Parameters
    ----------
    prompts : sequence of str (n,)
    worth : ndarray (n, 4)
        Of each tier on each prompt; a prompt with a missing one (NaN) is left out.
    parts : sequence of str, default all
        Of "boundaries", "weights", "keywords".
    config : mapping, optional
        Configuration to begin with; what is learnt replaces its part, rules are added to its own.
    max_rules, min_support, seed : int
        See `choose_keywords`.

    Returns
    -------
    config : dict
    keywords : list of KeywordChoice
        Why each keyword rule is there.

    Examples
    --------
    >>> worth = np.eye(4)[[0] * 20 + [1] * 20]
    >>> prompts = ["hi there"] * 20 + ["explain the api of this python class to me"] * 20
    >>> learn_config(prompts, worth, parts=["boundaries"])[0]["tier_boundaries"]["simple_medium"]
    0.15
    """
    wanted = check_parts(parts)
    given = _checked(config)
    read = _read(prompts, worth, given, seed)
    return _learnt(read, given, wanted, max_rules, min_support, seed)


def learn_steps(
    prompts: Sequence[str],
    worth: np.ndarray,
    *,
    parts: Sequence[str] = PARTS,
    config: Mapping[str, Any] | None = None,
    max_rules: int = 20,
    min_support: int = 10,
    seed: int = 0,
) -> list[tuple[dict[str, Any], list[KeywordChoice]]]:
    """Return what `learn_config` gives for the first part, the first two, .. and all of them."""
    wanted = check_parts(parts)
    given = _checked(config)
    read = _read(prompts, worth, given, seed)
    return [
        _learnt(read, given, wanted[:number], max_rules, min_support, seed)
        for number in range(1, len(wanted) + 1)
    ]


def _read(prompts: Sequence[str], worth: np.ndarray, config: dict[str, Any], seed: int) -> _Scored:
    """Read what decides in prompts whose worth is known, and deal their texts to folds."""
    known = ~np.isnan(worth).any(axis=1)
    if not known.any():
        raise InputError("nothing to learn from: no prompt has the worth of all four tiers")
    kept = [prompt for prompt, keep in zip(prompts, known, strict=True) if keep]
    decided = _decisions(kept, config)
    values, offset = dimension_values(decided.asks, config)
    first, text = _each_text(decided.asks)
    dealt = np.random.default_rng(seed).permutation(len(first)) % FOLDS
    return _Scored(kept, decided, first, text, values, offset, worth[known], dealt[text])


def _learnt(
    read: _Scored,
    config: dict[str, Any],
    parts: tuple[str, ...],
    max_rules: int,
    min_support: int,
    seed: int,
) -> tuple[dict[str, Any], list[KeywordChoice]]:
    given = _fitted(config, parts, read, read.decided.by_score)
    if "keywords" not in parts:
        return given, []
    decided = _decisions(read.prompts, given)
    joined = np.zeros((len(read.first), read.worth.shape[1]))
    np.add.at(joined, read.text, read.worth / np.bincount(read.text)[read.text][:, None])
    chosen = choose_keywords(
        [decided.asks[i] for i in read.first],
        joined,
        decided.tier[read.first],
        decided.ruled[read.first],
        max_rules=max_rules,
        min_support=min_support,
        seed=seed,
    )
    if not chosen:
        return given, []
    own = [dict(rule) for rule in given.get("keyword_tier_rules") or ()]
    given = given | {"keyword_tier_rules": own + as_rules(chosen)}
    return _fitted(given, parts, read, _decisions(read.prompts, given).by_score), chosen


def _checked(config: Mapping[str, Any] | None) -> dict[str, Any]:
    given = dict(config or {})
    kind = ComplexityConfig.of(given).classifier_type
    if kind != "heuristic":
        raise InputError(
            f"boundaries and weights belong to classifier_type heuristic, got {kind!r}"
        )
    return given


def _decisions(prompts: Sequence[str], config: Mapping[str, Any]) -> _Decided:
    """Ask the gateway's rules; groups are not needed, so every tier gets one of its own name."""
    rules = ComplexityConfig.of({"tiers": {tier: tier for tier in TIERS}} | dict(config))
    router = ComplexityRouter(rules)
    asks, tiers, by_score, ruled = [], [], [], []
    for prompt in prompts:
        messages = [{"role": "user", "content": prompt}]
        ask = current_ask(messages, rules.marks())
        said = router.decide(messages)
        louder = any(word in (ask or "") for word in rules.escalation_keywords)
        number = TIERS.index(said.tier or "MEDIUM")
        asks.append(ask or "")
        tiers.append(number)
        by_score.append(said.cause in BY_SCORE and not louder)
        if ask is None or louder:
            ruled.append(NEVER)
        else:
            ruled.append(number if said.cause == "literal_keyword_match" else NO_RULE)
    return _Decided(asks, np.array(tiers), np.array(by_score, dtype=bool), np.array(ruled))


def _fitted(
    config: dict[str, Any], parts: tuple[str, ...], read: _Scored, by_score: np.ndarray
) -> dict[str, Any]:
    """Return the config with weights and boundaries for the prompts that the score decides."""
    if "boundaries" not in parts or not by_score.any():
        return config
    values, offset, worth = (a[by_score] for a in (read.values, read.offset, read.worth))
    floor = config.get("reasoning_override_min_score")
    named = config.get("dimension_weights") or DEFAULTS["dimension_weights"]
    weights = np.array([named.get(name, 0.0) for name in DIMENSIONS])
    learnt: dict[str, Any] = {}
    more: dict[str, Any] = {"offset": offset, "floor": floor}
    if "weights" in parts and weights_pay(values, worth, weights, read.folds[by_score], **more):
        weights = search_weights(values, worth, weights, **more)
        learnt["dimension_weights"] = dict(zip(DIMENSIONS, weights.tolist(), strict=True))
    scores = values @ weights + offset
    of_score = overridden_worth(worth, is_marked(values), scores, floor)
    places, cuts, _ = best_cuts(scores, of_score)
    return config | learnt | {"tier_boundaries": boundary_values(places, cuts)}


def _each_text(asks: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the first place of each text, but for case and white space, and each ask's text."""
    keys = [" ".join(ask.casefold().split()) for ask in asks]
    _, first, text = np.unique(np.array(keys), return_index=True, return_inverse=True)
    return first, text
