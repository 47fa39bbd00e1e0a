"""The written form decides like the plan, on prompts of its labels: anything else is an error.

But for ties (`_ties`), which are counted and told.
"""

from __future__ import annotations

from itertools import cycle, islice, product
from typing import Any

import pandas as pd

from routelab._checks import InputError
from routelab.decide import decide, group_of_route, route_prompts
from routelab.exporters.litellm._probes import MOST, probes
from routelab.exporters.litellm._ties import TIE, is_tie
from routelab.gateway_rules import ComplexityRouter, current_ask
from routelab.plan import Plan

_FACTS = ("user", "session_id", "request_id", "tier", "input_tokens")


def check_ruled(plan: Plan, config: dict[str, Any]) -> None:
    """Compare a rule-based configuration, as the gateway reads it, with the plan."""
    assert plan.router is not None
    prompts = [
        prompt
        for prompt in probes(plan, plan.router.resolve())
        if current_ask([{"role": "user", "content": prompt}]) is not None
    ]
    rules = ComplexityRouter(config)
    found = [rules.decide([{"role": "user", "content": p}]).groups for p in prompts]
    expected = [(group_of_route(plan, label),) for label in route_prompts(plan, prompts)]
    _same("the rules of the config decide", expected, found, [False] * len(found))


def check_classifier(plan: Plan, decider: Any, most: int = MOST) -> list[str]:
    """Compare the routes that a plugin's decider gives with those of the plan's router."""
    assert plan.router is not None
    router = plan.router.resolve()
    prompts = probes(plan, router, most)
    expected, found = route_prompts(plan, prompts), [decider.route(prompt) for prompt in prompts]
    pairs = zip(prompts, expected, found, strict=True)
    tied = [a != b and is_tie(router, prompt, a, b) for prompt, a, b in pairs]
    return _same("the plugin decides", expected, found, tied)


def check_hook(plan: Plan, decider: Any, most: int = MOST) -> list[str]:
    """Compare whole decisions, over prompts and none, users, tiers and sizes at edges of rules."""
    traffic = _requests(plan, most)
    expected = decide(plan.replace(decision_cache=None), traffic)
    facts = traffic.astype(object).where(traffic.notna(), None)
    made = [
        decider.decide(text=row["prompt"], now=stamp, **{name: row[name] for name in _FACTS})
        for row, stamp in zip(facts.to_dict("records"), traffic["timestamp"], strict=True)
    ]
    names = ("group", "route", "routed_by", "arm")
    told = expected[list(names)].astype(object).where(expected[list(names)].notna(), None)
    wanted = list(told.itertuples(index=False, name=None))
    found = [tuple(getattr(d, name) for name in names) for d in made]
    router = None if plan.router is None else plan.router.resolve()
    tied = [
        _both_routed(one, other) and is_tie(router, prompt, one[1], other[1])
        for one, other, prompt in zip(wanted, found, facts["prompt"], strict=True)
    ]
    return _same("the hook decides", wanted, found, tied)


def _both_routed(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Return whether two decisions differ in what the router answered, and in that alone."""
    return one[1] != other[1] and {one[2], other[2]} <= {"router", "abstained"}


def _requests(plan: Plan, most: int = MOST) -> pd.DataFrame:
    """Return requests that meet every tier, size and step of the plan, each prompt once."""
    texts = ["hello"] if plan.router is None else probes(plan, plan.router.resolve(), most)
    # every tenth request has no prompt
    prompts = [p for i, text in enumerate(texts) for p in ([None] * (i % 9 == 0) + [text])]
    edges = [
        n for r in plan.rules for n in (r.min_input_tokens, r.max_input_tokens) if n is not None
    ]
    sizes = [None, *sorted({abs(edge + step) for edge in edges for step in (-1, 0, 1)})]
    tiers = [None, "another", *(tier for rule in plan.rules for tier in rule.tiers or ())]
    now = pd.Timestamp.now("UTC")
    times = [now, *(pd.Timestamp(step.start) for step in (plan.split.ramp if plan.split else ()))]
    met = list(product(sizes, dict.fromkeys(tiers), times))[:most]
    n = max(len(prompts), len(met))
    met, prompts = list(islice(cycle(met), n)), list(islice(cycle(prompts), n))
    users = [None if i % 7 == 0 else f"user-{i}" for i in range(n)]
    return pd.DataFrame(
        {
            "timestamp": [time for _, _, time in met],
            "request_id": [f"request-{i}" for i in range(n)],
            "prompt": pd.Series(prompts, dtype=object),
            "user": pd.Series(users, dtype=object),
            "session_id": [f"session-{i // 2}" for i in range(n)],
            "tier": pd.Series([tier for _, tier, _ in met], dtype=object),
            "input_tokens": pd.Series([size for size, _, _ in met], dtype="Int64"),
        }
    )


def _same(what: str, expected: list[Any], found: list[Any], tied: list[bool]) -> list[str]:
    """Refuse differences that are no ties; return a sentence on ties, if there are any."""
    differ = [one != other for one, other in zip(expected, found, strict=True)]
    wrong = sum(d and not t for d, t in zip(differ, tied, strict=True))
    if wrong:
        raise InputError(
            f"{what} other than the plan on {wrong} of {len(expected)} prompts: this plan cannot "
            "be exported like that; please report it"
        )
    if not any(tied):
        return []
    return [
        f"ties of the router: on {sum(tied)} of {len(expected)} prompts two answers, or a score "
        f"and its threshold, are the same to {TIE:g}, and the plugin takes the other one"
    ]
