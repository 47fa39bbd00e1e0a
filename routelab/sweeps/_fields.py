"""Dotted names of plan fields: ``budgets.0.limit_usd``, and a plan with one of them changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from routelab._checks import InputError, did_you_mean
from routelab.plan import Plan

_NOT_SWEPT = ("version", "semantics")
_ROUTER_RECIPE = ("kind", "encoder", "params", "labels", "label")


def field_path(plan: Plan, field: str) -> tuple[str | int, ...]:
    """Return the steps that lead from a plan to a field.

    Names of model groups may hold dots; the longest one that fits is taken.

    Raises
    ------
    InputError
        The plan has no such field.

    Examples
    --------
    >>> plan = Plan(models={"cheap": "gpt-4o-mini"}, default="cheap")
    >>> field_path(plan, "models.cheap.0.timeout_s")
    ('models', 'cheap', 0, 'timeout_s')
    """
    steps: list[str | int] = []
    here: Any = plan
    rest = field
    while rest:
        if not steps and rest.partition(".")[0] in _NOT_SWEPT:
            raise InputError(f"{field}: this field of a plan cannot be swept")
        step, rest = _step(here, rest, field, steps, plan)
        here = _child(here, step)
        steps.append(step)
    if not steps:
        raise InputError("the name of a field is empty")
    return tuple(steps)


def _step(
    here: Any, rest: str, field: str, steps: list[str | int], plan: Plan
) -> tuple[str | int, str]:
    head, _, tail = rest.partition(".")
    place = ".".join(map(str, steps)) or "a plan"
    if isinstance(here, BaseModel):
        known = type(here).model_fields
        if head not in known:
            raise InputError(
                f"{field}: {place} has no field {head!r}{did_you_mean(head, known)}; "
                f"it has {', '.join(known)}"
            )
        return head, tail
    if isinstance(here, tuple):
        if not head.isdigit() or int(head) >= len(here):
            told = f"entries 0 to {len(here) - 1}" if here else "no entries"
            raise InputError(f"{field}: {place} has {told} in the plan, got {head!r}")
        return int(head), tail
    if here is None or isinstance(here, Mapping):
        return _key(rest, [*(here or {}), *plan.models])
    raise InputError(f"{field}: {place} is {here!r}, which has no parts")


def _key(rest: str, known: Iterable[str]) -> tuple[str, str]:
    """Take the longest known key off the front of `rest`, else everything up to its first dot."""
    for key in sorted(known, key=len, reverse=True):
        if rest == key or rest.startswith(f"{key}."):
            return key, rest[len(key) + 1 :]
    head, _, tail = rest.partition(".")
    return head, tail


def _child(here: Any, step: str | int) -> Any:
    if isinstance(here, BaseModel):
        return getattr(here, str(step))
    if isinstance(here, tuple):
        return here[int(step)]
    return None if here is None else here.get(step)


def with_values(plan: Plan, values: Mapping[str, Any]) -> Plan:
    """Return a checked copy of a plan with some dotted fields changed, all at once.

    A change of the router trains it anew from its label file when it is next used.

    Raises
    ------
    InputError
        No such field, or the router comes fitted and cannot be trained anew.
    pydantic.ValidationError
        A value does not fit.

    Examples
    --------
    >>> plan = Plan(models={"cheap": "gpt-4o-mini"}, default="cheap")
    >>> with_values(plan, {"retries.num_retries": 4, "timeout_s": 9}).retries.num_retries
    4
    """
    changes: dict[str, Any] = {}
    for field, value in values.items():
        top, *rest = field_path(plan, field)
        if top == "router":
            _check_router(plan, field, rest)
        changes[str(top)] = _set(changes.get(str(top), getattr(plan, str(top))), rest, value)
    return plan.replace(**changes)


def _check_router(plan: Plan, field: str, rest: list[str | int]) -> None:
    if not rest or rest[0] not in _ROUTER_RECIPE or plan.router is None:
        return
    if rest[0] != "labels" and (plan.router.file or not plan.router.labels):
        raise InputError(
            f"{field}: the plan's router comes fitted, so this would change nothing; "
            "set router.labels, from which each variant can be trained"
        )


def _set(here: Any, steps: list[str | int], value: Any) -> Any:
    if not steps:
        return value
    step, *rest = steps
    if isinstance(here, BaseModel):
        here = {name: getattr(here, name) for name in type(here).model_fields if name != "fitted"}
    if isinstance(here, (tuple, list)):
        entries = list(here)
        entries[int(step)] = _set(entries[int(step)], rest, value)
        return entries
    known = dict(here or {})
    return {**known, str(step): _set(known.get(str(step)), rest, value)}
