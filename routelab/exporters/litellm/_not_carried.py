"""What no LiteLLM config carries of a plan, in sentences."""

from __future__ import annotations

from routelab.plan import Budget, Plan


def not_carried(plan: Plan) -> list[str]:
    """Return a sentence for each policy of the plan that the proxy lacks.

    Examples
    --------
    >>> plan = Plan(models={"a": "gpt-4o"}, default="a", hedge={"after_s": 3})
    >>> not_carried(plan)
    ['the hedge after 3 s: the gateway waits for one answer']
    """
    told = [sentence for budget in plan.budgets for sentence in _budget(budget)]
    wait = plan.retries.retry_after_s
    if wait != int(wait):
        told.append(f"the part of a second of retry_after {wait:g}: the gateway takes whole ones")
    if plan.cooldown.half_open_trials:
        told.append(
            f"{plan.cooldown.half_open_trials} half-open trials: after a cooldown the gateway "
            "sends everything at once"
        )
    if plan.hedge is not None:
        told.append(f"the hedge after {plan.hedge.after_s:g} s: the gateway waits for one answer")
    if plan.decision_cache is not None:
        told.append("the decision cache: the gateway decides every request anew")
    return told


def _budget(budget: Budget) -> list[str]:
    whose = f"{budget.scope} {budget.name}" if budget.name else budget.scope
    if budget.scope in ("key", "team"):
        return [
            f"the budget of USD {budget.limit_usd:g} per {budget.period} for the {whose}: keys "
            "and teams live in the proxy's database; set max_budget and budget_duration there"
        ]
    if not budget.is_own:
        return []
    parts = {
        "the soft limit": budget.soft_at,
        "the reservation of estimates": budget.reserve,
        f"the {budget.pacing} pacing": budget.pacing,
    }
    return [
        f"the calendar budget of USD {budget.limit_usd:g} a day for the {whose} in "
        f"{budget.timezone}, with its downgrades: the proxy has key, user and team budgets "
        "in its database, which refuse and do not downgrade",
        *(f"{part} of that budget" for part, present in parts.items() if present),
    ]
