"""Settings that the budget panel starts with, and those that come with another plan."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import pandas as pd

from routelab._checks import InputError
from routelab.plan import Plan
from routelab.ui._budget_config import BudgetConfig
from routelab.ui._budget_plan import busiest_hour, incident_hours, own_budget
from routelab.ui._budget_sources import Source, Sources
from routelab.ui._export_plan import plan_text
from routelab.ui._session import Session

ROUTED = "router:"  # how the names of plans begin that are another with the chosen router


def start_of(source: Source, outages: pd.DataFrame | None) -> BudgetConfig:
    """Return the settings that change nothing of a plan but the first of its outages."""
    plan, load = source.load.plan, source.load
    own = own_budget(plan)
    given = any(b.scope == "plan" for b in plan.budgets)
    dearest = rounded_up(max(1e-6, float(source.dearest.per_day.max())))
    first: dict[str, Any] = {}
    if outages is not None and len(outages):
        first = {"outage_hours": incident_hours(outages, 1), "incident": 1}
    return BudgetConfig(
        daily_usd=own.limit_usd if given else dearest,
        expected_output_tokens=plan.expected_output_tokens,
        soft_percent=round((own.soft_at or 1.0) * 100),
        start_hour=busiest_hour(load.traffic),
        who="user" if load.people("user")[1] or not load.people("tier")[1] else "tier",
        **first,
    )


def rounded_up(usd: float) -> float:
    """Return the number with three digits that is not below: a field shows what it holds.

    Examples
    --------
    >>> rounded_up(23.384), rounded_up(0.01234), rounded_up(12345.0)
    (23.4, 0.0124, 12400.0)
    """
    digits = 2 - math.floor(math.log10(usd))
    return round(math.ceil(usd * 10.0**digits) / 10.0**digits, max(digits, 0))


def followed(
    session: Session, config: BudgetConfig, sources: Sources, given: tuple[Plan, str | None]
) -> dict[str, Any] | None:
    """Return what changes with the session's plan, which `sources` has then.

    Parameters
    ----------
    session : Session
    config : BudgetConfig
    sources : Sources
    given : tuple of Plan and str or None
        The plan that the panel was made with, and its file.

    Returns
    -------
    dict or None
        Settings by name; {} for going back to the start, None for no change.
    """
    choice = session.plan
    if choice is None:
        return None
    at_first = choice.path is not None and choice.path == given[1]
    plan = given[0] if at_first else session.read_plan()
    if plan is None:
        return None
    if at_first or (choice.path is None and plan == given[0]):
        return {} if config.plan or config.edited else None
    if choice.path is None:
        source = {"plan": "", "edited": choice.digest or str(id(plan))}
        new = source["edited"] != config.edited
        sources.edit(source["edited"], plan)
    else:
        source = {"plan": choice.path, "edited": ""}
        new = sources.take(choice.path, choice.digest, plan)
        new |= choice.path != config.plan or bool(config.edited)
    return {**source, **settings_of(plan)} if new else None


def routed(session: Session, config: BudgetConfig, sources: Sources) -> dict[str, Any] | None:
    """Return what changes with the session's router in the plan, which `sources` has then.

    Returns
    -------
    dict or None
        Settings by name, None for no change.

    Raises
    ------
    InputError
        No file of labels can train it.
    """
    choice = session.router
    if choice is None:
        return None
    plan = sources.plan_of(config)
    if choice.is_of(plan):
        return None
    if choice.labels is None:
        raise InputError(
            f"the chosen router {choice.kind!r} has no file to be trained on here: give the panel "
            "that chooses it files={'labels': PATH}"
        )
    changed = plan.replace(router=choice.spec())
    digest = ROUTED + hashlib.sha256(plan_text(changed).encode()).hexdigest()[:12]
    sources.edit(digest, changed)
    return {"plan": "", "edited": digest}


def settings_of(plan: Plan) -> dict[str, Any]:
    """Return the settings that are a plan's own, and others that may not fit to it as usual."""
    own = own_budget(plan)
    usual = BudgetConfig(own.limit_usd, soft_percent=round((own.soft_at or 1.0) * 100))
    names = (
        "daily_usd", "soft_percent", "window", "downgrade", "tier_usd", "chains", "provider",
        "pinned",
    )  # fmt: skip
    return {name: getattr(usual, name) for name in names}
