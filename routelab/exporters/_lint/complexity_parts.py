"""Checks of what is written inside complexity routers: dimensions, rules, patterns, tables."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any

from routelab.exporters._lint._base import Spot, check, is_number, shown
from routelab.exporters._lint._config import Config, as_dict, as_list

# An own dimension or rule that breaks a limit makes the proxy drop the router.
MOST_DIMENSIONS = 16
# Repetition of more than one character, without an upper end, or of more than 64.
UNBOUNDED = re.compile(r"(?<!\\)(?:\\\\)*(?:[*+]|\{\d+,\})")


@check(
    "RL505",
    "unbounded-pattern",
    "error",
    why="the proxy drops a router with a pattern that it cannot bound, in silence",
    fix="bound repetitions of one character, as in a{1,20}",
)
def unbounded_pattern(config: Config) -> Iterator[Spot]:
    """Yield patterns that are no regular expression, or repeat without end."""
    for dimension, where in _dimensions(config):
        for i, pattern in enumerate(as_list(dimension.get("patterns"))):
            if isinstance(pattern, str) and (_is_unbounded(pattern) or not _compiles(pattern)):
                message = f"the pattern {shown(pattern)} is invalid or unbounded"
                yield Spot((*where, "patterns", i), message)


@check(
    "RL510",
    "bad-artifact",
    "error",
    why="the proxy drops a router whose table it cannot read, in silence",
    fix="give each of the tiers 1 to 4 once, with successes not above observations",
)
def bad_artifact(config: Config) -> Iterator[Spot]:
    """Yield tables of heuristic_v2 that are incomplete or impossible."""
    for _, settings, where in config.routers("complexity_router"):
        table = settings.get("heuristic_v2_artifact")
        if not isinstance(table, dict):
            continue
        where = (*where, "heuristic_v2_artifact")
        tiers = [as_dict(row).get("tier") for row in as_list(table.get("global_statistics"))]
        if sorted(tier for tier in tiers if is_number(tier)) != [1, 2, 3, 4]:
            yield Spot((*where, "global_statistics"), "global_statistics has not tiers 1 to 4 once")
        for name in ("global_statistics", "domain_statistics", "cohort_statistics"):
            for i, row in enumerate(as_list(table.get(name))):
                won, of = as_dict(row).get("successes"), as_dict(row).get("observations")
                if is_number(won) and is_number(of) and not 0 <= won <= of:
                    message = f"{shown(won)} successes of {shown(of)} observations"
                    yield Spot((*where, name, i), message)


@check(
    "RL511",
    "bad-dimension",
    "error",
    why="the proxy drops a router with a dimension or rule outside the limits, in silence",
    fix="at most 16 dimensions, each with a weight above 0 and at most 1 and with keywords or "
    "patterns; each rule with keywords",
)
def bad_dimension(config: Config) -> Iterator[Spot]:
    """Yield own dimensions and keyword rules outside the limits."""
    for dimension, where in _dimensions(config):
        weight = dimension.get("weight")
        if where[-1] == MOST_DIMENSIONS:
            yield Spot(where, f"more than {MOST_DIMENSIONS} custom dimensions")
        if not is_number(weight) or not 0 < weight <= 1:
            yield Spot((*where, "weight"), f"a weight of {shown(weight)}")
        if not dimension.get("keywords") and not dimension.get("patterns"):
            yield Spot(where, "a dimension without keywords and patterns")
    for _, settings, where in config.routers("complexity_router"):
        for i, rule in enumerate(as_list(settings.get("keyword_tier_rules"))):
            words = as_list(as_dict(rule).get("keywords"))
            if not any(isinstance(word, str) and word.strip() for word in words):
                yield Spot((*where, "keyword_tier_rules", i), "a keyword rule without keywords")


def _dimensions(config: Config) -> Iterator[tuple[dict[Any, Any], tuple[Any, ...]]]:
    for _, settings, where in config.routers("complexity_router"):
        for i, dimension in enumerate(as_list(settings.get("custom_dimensions"))):
            if isinstance(dimension, dict):
                yield dimension, (*where, "custom_dimensions", i)


def _is_unbounded(pattern: str) -> bool:
    # In a class such as [+*] the signs are letters.
    return UNBOUNDED.search(re.sub(r"\[(?:\\.|[^\]\\])+\]", "x", pattern)) is not None


def _compiles(pattern: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(pattern, re.IGNORECASE)
    except (re.error, RecursionError, OverflowError):
        return False
    return True
