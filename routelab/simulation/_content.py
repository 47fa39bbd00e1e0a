"""Content routing in a replay: a router's group stands in for the tier group behind it.

Fallbacks of a request to a content router are keyed by the tier group that it was sent to, then by
the name of the router. The kernel knows one group per request, so each (router, tier group) gets a
row of its own: the deployments of the tier group, and the chain that applies.

The gateway never retries behind a content router: it looks for healthy deployments under the name
of the router, finds none, and falls back at once (1.106.2). Only a retry policy goes past that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from routelab._checks import InputError
from routelab.gateway_rules.complexity import Decision
from routelab.gateway_rules.recorded import told_of
from routelab.plan import Plan
from routelab.simulation.arrays import O_FALLBACKS, O_SERVED, P_HAS_GENERIC, Output, PlanArrays

COMPACTION_SHARE = 0.9  # of a context window, from which on the gateway may shorten a conversation
_CHAINS = ("fallbacks", "context_window_fallbacks", "content_policy_fallbacks")

Pair = tuple[str, str]


def pairs_of(recording: Mapping[str, Any], decided: Mapping[int, Decision]) -> dict[int, Pair]:
    """Return (router, group) of every routed request; of several groups the recorded one."""
    if decided and recording.get("summary_only"):
        raise InputError("content routing without the results of each request is not replayed")
    return {
        number: (recording["trace"][number]["model"], told_of(recording, number)["routed_model"])
        for number in decided
    }


def own_chains(router: Mapping[str, Any], names: set[str]) -> list[dict[str, list[str]]]:
    """Return the generic, context-window and content-policy chains keyed by content routers."""
    found: list[dict[str, list[str]]] = []
    for kind in _CHAINS:
        chains = {s: chain for entry in router.get(kind) or [] for s, chain in entry.items()}
        for source, chain in chains.items():
            for target in names & set(chain):
                raise InputError(f"{kind} from {source!r} to the content router {target!r}")
        found.append({source: chain for source, chain in chains.items() if source in names})
    return found


def check_covered(recording: Mapping[str, Any], plan: Plan, pairs: Mapping[int, Pair]) -> None:
    """Refuse what a router's group would do otherwise than a group of its own."""
    if not pairs:
        return
    if plan.strategy != "simple-shuffle":
        raise InputError(f"content routing with routing_strategy {plan.strategy} is not simulated")
    if plan.retries.policy is not None:
        raise InputError("a retry policy behind a content router is not simulated")
    for name in {group for _, group in pairs.values()}:
        if name not in plan.models:
            raise InputError(f"content routing to {name!r}, which is no model group")
    least = min(plan.model_of(d).context_window or np.inf for g in plan.models.values() for d in g)
    for number in pairs:
        request = recording["trace"][number]
        text = str(request.get("messages") or request.get("content"))
        if len(text.encode("utf-8", "replace")) > COMPACTION_SHARE * least:
            raise InputError(
                f"request {request['id']} may be too long for a context window: compaction behind "
                "a content router is not simulated"
            )


def add_rows(
    arrays: PlanArrays, plan: Plan, pairs: Mapping[int, Pair], chains: list[dict[str, list[str]]]
) -> tuple[PlanArrays, dict[Pair, int]]:
    """Add a row for every (router, tier group); return the arrays and the number of each row."""
    groups = list(plan.models)
    rows = {pair: len(groups) + n for n, pair in enumerate(sorted(set(pairs.values())))}
    if not rows:
        return arrays, rows
    lists = arrays.lists.tolist()
    added = np.full((3, len(rows), 2), -1, np.int64)
    for n, (router, name) in enumerate(rows):
        for kind in range(3):
            own = arrays.chain[kind, groups.index(name)]
            added[kind, n] = own
            chain = chains[kind].get(router)
            if own[1] < 0 and chain is not None:
                targets = [groups.index(g) for g in chain if g != name]
                added[kind, n] = len(lists), len(targets)
                lists += targets
    setting = arrays.setting.copy()
    setting[P_HAS_GENERIC] = bool(setting[P_HAS_GENERIC] or chains[0])
    index = [groups.index(name) for _, name in rows]
    chain_rows = [arrays.chain[:, :-1], added, arrays.chain[:, -1:]]
    return arrays._replace(
        group=np.concatenate([arrays.group, arrays.group[index]]),
        chain=np.concatenate(chain_rows, axis=1),
        lists=np.array(lists, np.int64),
        setting=setting,
    ), rows


def check_replayed(
    output: Output,
    plan: Plan,
    pairs: Mapping[int, Pair],
    chains: list[dict[str, list[str]]],
    most_retries: int,
) -> None:
    """Refuse a replay that came to where the row of a router and the gateway part.

    Beyond the first fallback the gateway retries again, looks at the router's own chain, and never
    returns to the tier group.
    """
    tables = [
        plan.fallbacks,
        plan.context_window_fallbacks or {},
        plan.content_policy_fallbacks or {},
    ]
    targets = {name for table in tables for chain in table.values() for name in chain}
    for number, (router, name) in pairs.items():
        row = output.done[number]
        failed_twice = row[O_FALLBACKS] > 1 or (row[O_FALLBACKS] == 1 and row[O_SERVED] < 0)
        two_chains = any(
            name in own and router in by_router
            for own, by_router in zip(tables, chains, strict=True)
        )
        if failed_twice and (two_chains or name in targets or most_retries > 0):
            raise InputError("a second fallback behind a content router is not simulated")
