"""A plan under the settings of the budget panel, and the outages that come with them; all pure."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from routelab._checks import InputError, did_you_mean
from routelab.plan import Budget, Plan
from routelab.ui._budget_config import (
    ALL_INCIDENTS,
    BY_HAND,
    DAY,
    NO_SOFT_LIMIT,
    PLANNED,
    PROVIDER,
    REFUSE,
    TO,
    BudgetConfig,
)


def own_budget(plan: Plan) -> Budget:
    """Return the budget of the whole plan; one that falls back to the cheapest when it has none."""
    found = next((b for b in plan.budgets if b.scope == "plan"), None)
    if found is not None:
        return found
    cheapest = min(plan.models, key=lambda group: _output_price(plan, group))
    return Budget(
        scope="plan", limit_usd=1.0, downgrade_to=(cheapest,), when_exhausted="serve-last"
    )


def plan_with(plan: Plan, config: BudgetConfig) -> Plan:
    """Return the plan under the settings; what they do not name stays.

    A plan without a budget for the whole plan gets one that falls back to the cheapest group.

    Raises
    ------
    InputError
        The settings name a group, a provider or a tier that the plan does not have.
    """
    changes: dict[str, object] = {
        "budgets": _budgets(plan, config),
        "expected_output_tokens": config.expected_output_tokens,
    }
    if not config.fallbacks:
        changes |= {
            "fallbacks": {}, "context_window_fallbacks": None, "content_policy_fallbacks": None,
            "default_fallbacks": (),
        }  # fmt: skip
    elif config.chains:
        changes["fallbacks"] = chains_of(plan, config)
    return plan.replace(**changes)


def chains_of(plan: Plan, config: BudgetConfig) -> dict[str, tuple[str, ...]]:
    """Return the fallbacks of each group under the settings.

    Examples
    --------
    >>> plan = Plan(models={"a": "gpt-4o", "b": "gpt-4o-mini"}, default="a",
    ...             fallbacks={"a": ["b"]})
    >>> chains_of(plan, BudgetConfig(1.0, chains=(("b", "a"),)))
    {'a': ('b',), 'b': ('a',)}
    """
    changed = {chain[0]: chain[1:] for chain in config.chains if chain}
    for chain in config.chains:
        for group in chain:
            _check("model group", group, plan.models)
    return {g: c for g, c in {**plan.fallbacks, **changed}.items() if c}


def with_chain(
    plan: Plan, config: BudgetConfig, group: str, chain: tuple[str, ...]
) -> tuple[tuple[str, ...], ...]:
    """Return the settings' chains with another one for a group; those of the plan are left out."""
    changed = {one[0]: one[1:] for one in config.chains if one} | {group: chain}
    return tuple((g, *c) for g, c in changed.items() if c != plan.fallbacks.get(g, ()))


def moved(chain: tuple[str, ...], place: int, by: int) -> tuple[str, ...]:
    """Return a chain with one of its groups moved; at the end it stays.

    Examples
    --------
    >>> moved(("a", "b", "c"), 2, -1)
    ('a', 'c', 'b')
    """
    target = max(0, min(place + by, len(chain) - 1))
    rest = [*chain[:place], *chain[place + 1 :]]
    return (*rest[:target], chain[place], *rest[target:])


def unlimited(plan: Plan) -> Plan:
    """Return the plan with budgets that no log reaches: the dearest that it can become."""
    endless = [b.model_copy(update={"limit_usd": 1e9, "soft_at": None}) for b in plan.budgets]
    return plan.replace(budgets=endless)


def tier_limits(plan: Plan, config: BudgetConfig) -> dict[str, float]:
    """Return the daily limit of each tier that has one."""
    limits = {str(b.name): b.limit_usd for b in plan.budgets if b.scope == "tier"}
    return {tier: usd for tier, usd in {**limits, **dict(config.tier_usd)}.items() if usd > 0}


def providers_of(plan: Plan) -> list[str]:
    """Return the plan's providers in its order."""
    return list(dict.fromkeys(plan.provider_of(d) for d in plan.deployments.values()))


def _budgets(plan: Plan, config: BudgetConfig) -> tuple[Budget, ...]:
    own = _shaped(own_budget(plan), plan, config)
    limits = tier_limits(plan, config)
    kept = []
    for budget in plan.budgets:
        if budget.scope == "tier":
            limit = limits.pop(str(budget.name), None)
            kept += [] if limit is None else [budget.model_copy(update={"limit_usd": limit})]
        elif budget.scope != "plan":
            kept.append(budget)
    kept += [
        own.model_copy(update={"scope": "tier", "name": tier, "limit_usd": usd, "values": {},
                               "soft_at": None, "pacing": None})
        for tier, usd in limits.items()
    ]  # fmt: skip
    if config.window == DAY:
        return (own, *kept)
    name = config.window.removeprefix(PROVIDER)
    _check("provider", name, providers_of(plan))
    others = [b for b in kept if (b.scope, b.name) != ("provider", name)]
    return (Budget(scope="provider", name=name, limit_usd=config.daily_usd), *others)


def _shaped(own: Budget, plan: Plan, config: BudgetConfig) -> Budget:
    """Return the plan's budget with the settings' limit, soft limit and way down."""
    changes: dict[str, object] = {"limit_usd": config.daily_usd}
    down = own.downgrade_to
    if config.downgrade == REFUSE:
        down = ()
    elif config.downgrade != PLANNED:
        down = (config.downgrade.removeprefix(TO),)
        _check("model group", down[0], plan.models)
        changes["when_exhausted"] = own.when_exhausted if own.downgrade_to else "serve-last"
    changes["downgrade_to"] = down
    soft = None if config.soft_percent == NO_SOFT_LIMIT else config.soft_percent / 100
    if not down:
        changes |= {"when_exhausted": "refuse", "pacing": None, "values": {}}
        soft = None
    return own.model_copy(update={**changes, "soft_at": soft})


def incident_names(outages: pd.DataFrame | None, zone: str) -> list[str]:
    """Return a name for each given outage: who, and when in a time zone."""
    if outages is None:
        return []
    return [f"{row.provider}, {_local(row, zone)}" for row in outages.itertuples()]


def incident_hours(outages: pd.DataFrame, number: int) -> float:
    """Return how long the outage of this number lasts, to a hundredth of an hour."""
    return round(_hours(next(outages.iloc[[number - 1]].itertuples())), 2)


def first_hour(traffic: pd.DataFrame) -> pd.Timestamp:
    """Return the hour in which the log begins; `start_hour` counts from it."""
    stamp: pd.Timestamp = traffic["timestamp"].iloc[0].floor("h")
    return stamp


def busiest_hour(traffic: pd.DataFrame) -> float:
    """Return when the log's busiest hour begins, in hours after its first."""
    hours = traffic["timestamp"].dt.floor("h").value_counts().sort_index()
    busiest: pd.Timestamp = hours.idxmax()
    return (busiest - first_hour(traffic)).total_seconds() / 3600


def schedule(
    config: BudgetConfig, plan: Plan, traffic: pd.DataFrame, outages: pd.DataFrame | None
) -> pd.DataFrame | None:
    """Return the outages of the settings for :func:`routelab.simulate`; None for none.

    Raises
    ------
    InputError
        There is no outage of that number, or the plan has no such provider.
    """
    if config.incident == ALL_INCIDENTS:
        return outages
    known = 0 if outages is None else len(outages)
    if not BY_HAND <= config.incident <= known:
        raise InputError(f"there is no outage number {config.incident}; {known} were given")
    length = pd.Timedelta(hours=config.outage_hours)
    if config.incident != BY_HAND:
        assert outages is not None
        one = outages.iloc[[config.incident - 1]]
        if config.outage_hours == incident_hours(outages, config.incident):
            return one  # to the second
        return one.assign(end=one["start"] + length) if config.outage_hours else None
    provider = config.provider or providers_of(plan)[0]
    _check("provider", provider, providers_of(plan))
    if not config.outage_hours:
        return None
    start = first_hour(traffic) + pd.Timedelta(hours=config.start_hour)
    return pd.DataFrame({"start": [start], "end": [start + length], "provider": [provider]})


def outage_told(found: pd.DataFrame | None, zone: str) -> str:
    """Return outages in a few words, in a time zone."""
    if found is None or not len(found):
        return "no outage"
    row = next(found.itertuples())
    if len(found) > 1:
        return f"{len(found)} outages"
    return f"{row.provider} down {round(_hours(row), 2):g} h from {_local(row, zone)}"


def _local(row: object, zone: str) -> str:
    return f"{row.start.tz_convert(zone):%a %d %b %H:%M} {zone}"  # type: ignore[attr-defined]


def _hours(row: object) -> float:
    return float((row.end - row.start).total_seconds() / 3600)  # type: ignore[attr-defined]


def _output_price(plan: Plan, group: str) -> float:
    return max(plan.model_of(d).output_usd_per_mtok for d in plan.models[group])


def _check(what: str, name: str, known: Mapping[str, object] | list[str]) -> None:
    if name not in known:
        near = did_you_mean(name, known)
        raise InputError(f"the plan has no {what} {name!r}{near}; it has {', '.join(known)}")
