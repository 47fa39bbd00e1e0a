"""What the content routing of a plan becomes in a LiteLLM config."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from routelab.plan import Plan

#: Settings of a complexity router whose defaults change traffic that the plan leaves alone.
SAFE = {
    "max_tokens_from_tier_model": False,
    "context_compaction": False,
    "deployment_affinity": False,
}


@dataclass(frozen=True, slots=True)
class Form:
    """One written form of content routing; without any, clients ask for model groups.

    Attributes
    ----------
    what : str
        In words, for the head of the config.
    entries : list of dict
        Content routers and what they need, for ``model_list``.
    aliases : dict
        Further names of model groups.
    callbacks : list of str
        Dotted names for ``litellm_settings.callbacks``.
    told : list of str
        What this form does not carry, a sentence each.
    """

    what: str = ""
    entries: list[dict[str, Any]] = field(default_factory=list)
    aliases: dict[str, Any] = field(default_factory=dict)
    callbacks: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


def blank_prompts(plan: Plan, decided: str) -> str:
    """Return the sentence on prompts that a complexity router never shows to its classifier."""
    return (
        f"prompts of white space or reminders alone: the plan {decided}, the gateway sends a "
        f"request without text to {plan.default!r}"
    )


def router_name(plan: Plan) -> str:
    """Return the model name under which clients reach the plan's rules, router and split.

    Examples
    --------
    >>> router_name(Plan(models={"routelab": "gpt-4o"}, default="routelab"))
    'routelab-router'
    """
    return free_name(plan, "routelab", "routelab-router")


def free_name(plan: Plan, *wanted: str) -> str:
    """Return the first wanted name that is no group or alias of the plan, numbered if need be.

    Examples
    --------
    >>> free_name(Plan(models={"a": "gpt-4o"}, default="a"), "a")
    'a-2'
    """
    taken = {*plan.models, *plan.model_group_alias}
    numbered = (f"{wanted[-1]}-{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (*wanted, *numbered) if name not in taken)
