"""Which model group a request asks for first.

Rules, router, cache and A/B split, before the gateway's part.

The simulator and ``routelab route`` both use this, so that a plan decides offline as it does in a
replay.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from routelab._checks import InputError
from routelab.split import assign

if TYPE_CHECKING:
    from routelab.plan import DecisionCache, Plan, Rule


def decide(
    plan: Plan, traffic: pd.DataFrame, *, remembered: OrderedDict[str, float] | None = None
) -> pd.DataFrame:
    """Return what the plan decides for each request before it meets the gateway.

    The first of these that applies names the model group: a rule; the router, for requests with a
    prompt; the model that the request asked for, when it is a group or an alias of the plan; the
    default. An A/B split may then change it.

    Parameters
    ----------
    plan : Plan
    traffic : DataFrame, n rows
        Columns of the traffic schema; only those that the plan looks at are needed.
    remembered : OrderedDict, optional
        What the decision cache holds; filled here, and carried on to the next part of a log.

    Returns
    -------
    DataFrame, n rows, the same index
        ``group``, ``route`` (the router's label or NA), ``routed_by`` (rule, router, abstained,
        asked or default), ``arm`` (or NA), ``cache_hit`` (the decision cache knew the prompt).
    """
    n = len(traffic)
    group = np.full(n, plan.default, object)
    routed_by = np.full(n, "default", object)
    route = np.full(n, None, object)
    logged = _column(traffic, "model")
    asked = np.array([plan.model_group_alias.get(m, m) for m in logged], object)
    known = np.array([m in plan.models for m in asked], bool)
    group[known], routed_by[known] = asked[known], "asked"
    prompts = _column(traffic, "prompt")
    written = np.array([p is not None for p in prompts], bool)
    if plan.router is not None and written.any():
        labels = route_prompts(plan, prompts[written].tolist())
        route[written] = labels
        chosen = [
            plan.default if label is None else group_of_route(plan, label) for label in labels
        ]
        group[written] = chosen
        routed_by[written] = ["abstained" if label is None else "router" for label in labels]
    numbers = rule_numbers(plan, traffic)
    for number, rule in enumerate(plan.rules):
        matches = numbers == number
        group[matches], routed_by[matches], route[matches] = rule.model, "rule", None
    decisions = pd.DataFrame(
        {"group": group, "route": route, "routed_by": routed_by, "arm": None, "cache_hit": False},
        index=traffic.index,
    )
    _split(plan, traffic, decisions)
    if plan.decision_cache is not None:
        by_router = decisions["routed_by"].isin(["router", "abstained"]).to_numpy()
        kept = OrderedDict() if remembered is None else remembered
        times = traffic["timestamp"][by_router]
        hits = _cache_hits(plan.decision_cache, prompts[by_router], times, kept)
        decisions.loc[by_router, "cache_hit"] = hits
    return decisions


def rule_numbers(plan: Plan, traffic: pd.DataFrame) -> np.ndarray:
    """Return the place in the plan of the first rule that matches each request, -1 for none (n,).

    Examples
    --------
    >>> from routelab.plan import Plan
    >>> plan = Plan(models={"cheap": "gpt-4o-mini"}, default="cheap",
    ...             rules=[{"model": "cheap", "tiers": ["free"]}])
    >>> rule_numbers(plan, pd.DataFrame({"tier": ["free", None]})).tolist()
    [0, -1]
    """
    written = np.array([prompt is not None for prompt in _column(traffic, "prompt")], bool)
    numbers = np.full(len(traffic), -1)
    for number in reversed(range(len(plan.rules))):  # the first wins, so it is written last
        numbers[_matches(plan.rules[number], traffic, written)] = number
    return numbers


def route_prompts(plan: Plan, prompts: Sequence[str]) -> list[Any]:
    """Return the router's label for each prompt; None where it abstains.

    Equal prompts are routed once.
    """
    from routelab.routers import answers_of  # only a plan with a router loads scikit-learn

    assert plan.router is not None
    router = plan.router.resolve()
    check_groups(plan, answers_of(router))
    if not prompts:
        return []  # which a vectoriser would refuse
    codes, unique = pd.factorize(np.asarray(prompts, object))
    labels = [None if pd.isna(label) else str(label) for label in router.predict(list(unique))]
    check_groups(plan, labels)  # an abstain label is none of its answers
    return [labels[code] for code in codes]


def one_request(
    *,
    prompt: str | None = None,
    model: str | None = None,
    user: str | None = None,
    session_id: str | None = None,
    request_id: str | None = None,
    tier: str | None = None,
    input_tokens: float | None = None,
    timestamp: Any = None,
) -> pd.DataFrame:
    """Return one request as `decide` takes it; its time is now unless it is given.

    Examples
    --------
    >>> from routelab.plan import Plan
    >>> plan = Plan(models={"cheap": "gpt-4o-mini"}, default="cheap")
    >>> decide(plan, one_request(prompt="hello"))["group"].tolist()
    ['cheap']
    """
    return pd.DataFrame(
        {
            "timestamp": [pd.Timestamp.now("UTC") if timestamp is None else timestamp],
            "request_id": [request_id],
            "model": [model],
            "prompt": [prompt],
            "input_tokens": [input_tokens],
            "user": [user],
            "session_id": [session_id],
            "tier": [tier],
        }
    )


def check_groups(plan: Plan, labels: Iterable[Any]) -> None:
    """Refuse labels of a router for which the plan has no model group."""
    unmapped = [label for label in labels if not _has_group(plan, label)]
    if unmapped:
        raise InputError(
            f"the router may answer {str(unmapped[0])!r}, for which the plan has no model group; "
            f"add it to routes (now: {', '.join(plan.routes) or 'none'})"
        )


def _has_group(plan: Plan, label: Any) -> bool:
    return pd.isna(label) or str(label) in plan.routes or str(label) in plan.models


def group_of_route(plan: Plan, label: str) -> str:
    """Return the model group of a route; a route named like a group needs no entry."""
    return plan.routes.get(label, label)


def _column(traffic: pd.DataFrame, name: str) -> np.ndarray:
    """Return a text column as objects, None where it is missing."""
    if name not in traffic.columns:
        return np.full(len(traffic), None, object)
    values = traffic[name].astype("object")
    return values.where(values.notna(), None).to_numpy(object)


def _matches(rule: Rule, traffic: pd.DataFrame, written: np.ndarray) -> np.ndarray:
    matches = np.ones(len(traffic), bool)
    if rule.tiers is not None:
        matches &= np.array([tier in rule.tiers for tier in _column(traffic, "tier")], bool)
    if rule.has_prompt is not None:
        matches &= written == rule.has_prompt
    if rule.min_input_tokens is None and rule.max_input_tokens is None:
        return matches
    tokens = traffic["input_tokens"].to_numpy(float, na_value=np.nan)
    if rule.min_input_tokens is not None:
        matches &= tokens >= rule.min_input_tokens
    if rule.max_input_tokens is not None:
        matches &= tokens <= rule.max_input_tokens
    return matches


def _split(plan: Plan, traffic: pd.DataFrame, decisions: pd.DataFrame) -> None:
    split = plan.split
    if split is None:
        return
    concerned = np.ones(len(traffic), bool)
    if split.models is not None:
        concerned = decisions["group"].isin(split.models).to_numpy()
    named = zip(
        _column(traffic, split.by)[concerned], traffic["request_id"][concerned], strict=True
    )
    units = [str(request if unit is None else unit) for unit, request in named]
    times = traffic["timestamp"][concerned] if split.ramp else None
    arms = assign(split, units, times)
    decisions.loc[concerned, "arm"] = np.array(arms, object)
    current = decisions.loc[concerned, "group"].tolist()
    models = {name: arm.model for name, arm in split.arms.items() if arm.model}
    chosen = [
        group if arm is None else models.get(arm, group)
        for arm, group in zip(arms, current, strict=True)
    ]
    decisions.loc[concerned, "group"] = np.array(chosen, object)


def _cache_hits(
    cache: DecisionCache, prompts: np.ndarray, times: pd.Series, kept: OrderedDict[str, float]
) -> np.ndarray:
    """Return which prompts a least-recently-used cache with a time to live would have known."""
    seconds = times.astype("int64").to_numpy() / 1e6
    hits = np.zeros(len(prompts), bool)
    for i, (prompt, now) in enumerate(zip(prompts, seconds, strict=True)):
        born = kept.get(prompt)
        if born is not None and now - born <= cache.ttl_s:
            hits[i] = True
            kept.move_to_end(prompt)
            continue
        kept[prompt] = now
        kept.move_to_end(prompt)
        if len(kept) > cache.max_entries:
            kept.popitem(last=False)
    return hits
