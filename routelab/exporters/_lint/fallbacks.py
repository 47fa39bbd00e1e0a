"""Checks of fallbacks: their shape, circles, depth, and what they do not cover."""

from __future__ import annotations

import graphlib
from collections.abc import Iterator
from typing import Any

from routelab.exporters._lint._base import Spot, check, cut, shown
from routelab.exporters._lint._config import CHAINS, PROXY, ROUTER, Config, as_dict, as_list

DEFAULT_MAX_FALLBACKS = 5
MOST_CYCLES = 20


@check(
    "RL127",
    "fallback-shape",
    "error",
    why="the proxy does not start with another shape",
    fix="write a list of mappings to lists: [{a: [b]}]",
)
def fallback_shape(config: Config) -> Iterator[Spot]:
    """Yield fallbacks that are no list of {group: [group, ...]}."""
    for section, settings in ((ROUTER, config.router), (PROXY, config.proxy)):
        for kind in CHAINS:
            entries = settings.get(kind)
            if entries is not None and not isinstance(entries, list):
                yield Spot((section, kind), f"{kind} is {shown(entries)}, not a list")
            for i, entry in enumerate(as_list(entries)):
                if not isinstance(entry, dict):
                    yield Spot((section, kind, i), f"the entry is {shown(entry)}, not a mapping")
                for source, targets in as_dict(entry).items():
                    if not isinstance(targets, list):
                        message = f"the fallbacks of {shown(source)} are {shown(targets)}, no list"
                        yield Spot((section, kind, i, source), message)


@check(
    "RL409",
    "fallback-cycle",
    "note",
    why="each group is tried once per request, then the walk ends and the client gets the error",
    fix="add a group outside the circle if all of it may fail together",
)
def fallback_cycle(config: Config) -> Iterator[Spot]:
    """Yield circles of fallbacks; a group that falls back to itself is RL410."""
    edges = _edges(config)
    for circle in _cut_circles(edges):
        where = next(c.where for c in config.chains if c.source == circle[0])
        path = " -> ".join(cut(str(name)) for name in circle[:8])
        yield Spot(where, f"the fallbacks run in a circle: {path}")


@check(
    "RL410",
    "fallback-to-itself",
    "warning",
    why="a target that was tried is skipped: the entry does nothing",
    fix="remove the entry, or name another group",
)
def fallback_to_itself(config: Config) -> Iterator[Spot]:
    """Yield groups that fall back to themselves, and targets that stand twice in a list."""
    for chain in config.chains:
        seen: list[Any] = [chain.source]
        for i, target in enumerate(chain.targets):
            if isinstance(target, str) and target in seen:
                message = f"{shown(target)} is tried before this entry already"
                yield Spot((*chain.where, i), message)
            seen.append(target)


@check(
    "RL411",
    "chain-too-deep",
    "warning",
    why="the walk stops after max_fallbacks hops, 5 unless set",
    fix="list the last groups directly, as in [{a: [b, c, d]}], or raise max_fallbacks",
)
def chain_too_deep(config: Config) -> Iterator[Spot]:
    """Yield chains of fallbacks whose last groups are never tried."""
    given = config.router.get("max_fallbacks")
    limit = given if isinstance(given, int) else DEFAULT_MAX_FALLBACKS
    edges = _edges(config)
    _cut_circles(edges)
    hops: dict[str, int] = {}
    # A sorter yields what is pointed at first, so the hops of each target are known.
    for name in _order(edges):
        hops[name] = max((hops[t] + 1 for t in edges.get(name, ())), default=0)
    deepest = max(hops, key=lambda name: hops[name], default=None)
    if deepest is not None and hops[deepest] > limit:
        where = next(c.where for c in config.chains if c.source == deepest)
        message = f"the chain from {shown(deepest)} has {hops[deepest]} hops, of {limit} tried"
        yield Spot(where, message)


@check(
    "RL412",
    "context-error-stops",
    "note",
    why="with context_window_fallbacks set, a prompt that is too long never goes to the ordinary "
    "fallbacks: without an entry of its own the client gets the error",
    fix="add the group to context_window_fallbacks",
)
def context_error_stops(config: Config) -> Iterator[Spot]:
    """Yield groups whose fallbacks do not hold for prompts that are too long."""
    kind = "context_window_fallbacks"
    covered = {c.source for c in config.chains if c.kind == kind}
    for chain in config.chains if covered and "*" not in covered else []:
        if chain.kind == "fallbacks" and chain.source not in covered | {"*"}:
            yield Spot(chain.where, f"{shown(chain.source)} has no {kind}")


def _edges(config: Config) -> dict[str, list[str]]:
    """Return the generic fallbacks as a graph, without steps to the same group."""
    edges: dict[str, list[str]] = {}
    for chain in config.chains:
        if chain.kind == "fallbacks" and isinstance(chain.source, str) and chain.source != "*":
            targets = [t for t in chain.targets if isinstance(t, str) and t != chain.source]
            edges.setdefault(chain.source, targets)  # the first entry of a group counts
    return edges


def _cut_circles(edges: dict[str, list[str]]) -> list[list[str]]:
    """Remove a step of each circle from `edges`, and return the circles, first group first."""
    circles: list[list[str]] = []
    while len(circles) < MOST_CYCLES:
        try:
            graphlib.TopologicalSorter(edges).prepare()
            return circles
        except graphlib.CycleError as error:
            # The sorter names the circle against the direction of the steps.
            circle = error.args[1][:-1][::-1]
            order = list(edges)
            first = min(range(len(circle)), key=lambda i: order.index(circle[i]))
            circle = circle[first:] + circle[:first] + [circle[first]]
            edges[circle[-2]] = [t for t in edges[circle[-2]] if t != circle[-1]]
            circles.append(circle)
    return circles


def _order(edges: dict[str, list[str]]) -> list[str]:
    try:
        return list(graphlib.TopologicalSorter(edges).static_order())
    except graphlib.CycleError:  # more circles than are told
        return []
