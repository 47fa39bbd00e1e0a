"""Changed copies of a plan, each with a sentence that says what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from routelab._checks import InputError, did_you_mean
from routelab.catalog import Catalog, Model
from routelab.plan import Plan


def with_prices(plan: Plan, prices: Mapping[str, Mapping[str, Any]]) -> tuple[Plan, str]:
    """Return the plan at other prices.

    Parameters
    ----------
    plan : Plan
    prices : dict of model to dict of field to number
        Fields of :class:`routelab.Model`, such as ``input_usd_per_mtok`` (USD per million tokens).

    Raises
    ------
    InputError
        The plan does not use the model, or the field does not exist or cannot have that value.

    Examples
    --------
    >>> plan = Plan(models={"cheap": "gpt-4o-mini"}, default="cheap")
    >>> changed, told = with_prices(plan, {"gpt-4o-mini": {"input_usd_per_mtok": 0.1}})
    >>> told
    'gpt-4o-mini: input_usd_per_mtok 0.15 -> 0.1'
    """
    known = [field.name for field in fields(Model) if field.name != "name"]
    models = {name: plan.catalog[name] for name in plan.catalog.names}
    told = []
    for name, changes in prices.items():
        _used(plan, name)
        for field, new in changes.items():
            if field not in known:
                raise InputError(f"a model has no field {field!r}{did_you_mean(field, known)}")
            told.append(f"{name}: {field} {_plain(getattr(models[name], field))} -> {_plain(new)}")
        models[name] = replace(models[name], **changes)
    return plan.with_catalog(Catalog(models.values())), "; ".join(told)


def end_of_life(plan: Plan, model: str, fallback: str | None = None) -> tuple[Plan, str]:
    """Return the plan without the deployments of a model.

    Parameters
    ----------
    plan : Plan
    model : str
        Name in the catalog.
    fallback : str, optional
        Group that takes the place of a group which loses its last deployment, wherever the plan
        names it; requests that ask for that group by name reach it as well.

    Raises
    ------
    InputError
        The plan does not use the model, or a group loses all its deployments and no group that
        keeps some is named.

    Examples
    --------
    >>> plan = Plan(models={"strong": "gpt-4o", "cheap": "gpt-4o-mini"}, default="strong")
    >>> end_of_life(plan, "gpt-4o", fallback="cheap")[0].default
    'cheap'
    """
    _used(plan, model)
    kept = {
        group: tuple(d for d in deployments if d.model != model)
        for group, deployments in plan.models.items()
    }
    empty = [group for group, deployments in kept.items() if not deployments]
    if empty and (fallback is None or not kept.get(fallback)):
        left = [group for group, deployments in kept.items() if deployments]
        got = "none was named" if fallback is None else f"got {fallback!r}"
        raise InputError(
            f"without {model!r} the group {empty[0]!r} has no deployment: name a group as its "
            f"fallback, one of {', '.join(left) or 'none'}; {got}"
        )
    told = f"{model} is gone"
    fields_of: dict[str, Any] = {name: getattr(plan, name) for name in Plan.model_fields}
    if empty:
        told += f"; {fallback} takes the place of {', '.join(empty)}"
        fields_of = _renamed(fields_of, dict.fromkeys(empty, str(fallback)))
    fields_of["models"] = {group: list(ds) for group, ds in kept.items() if ds}
    deployments = [d for ds in kept.values() for d in ds]
    alive = {"deployment": {d.id for d in deployments}}
    alive["provider"] = {plan.provider_of(d) for d in deployments}
    budgets = [b for b in fields_of["budgets"] if b.is_calendar or b.name in alive[b.scope]]
    lost = [b for b in fields_of["budgets"] if b not in budgets]
    if lost:
        told += f"; with it went the budget of {', '.join(f'{b.scope} {b.name}' for b in lost)}"
    return Plan(**{**fields_of, "budgets": tuple(budgets)}), told


def add_model(
    plan: Plan, group: str, model: str | Model, *, catalog: Catalog | None = None, **fields: Any
) -> tuple[Plan, str]:
    """Return the plan with one more deployment in a group.

    Parameters
    ----------
    plan : Plan
    group : str
        A group of the plan.
    model : str or Model
        A name is looked up in the plan's own catalog, then in `catalog`.
    catalog : Catalog, optional
        Default: the bundled one.
    **fields
        Of :class:`routelab.plan.Deployment`, such as ``weight``.

    Raises
    ------
    InputError
        There is no such group, or the model has no price.

    Examples
    --------
    >>> plan = Plan(models={"cheap": "gpt-4o-mini"}, default="cheap")
    >>> changed, told = add_model(plan, "cheap", "gemini/gemini-2.5-flash")
    >>> list(changed.deployments), told
    (['cheap/gpt-4o-mini', 'cheap/gemini/gemini-2.5-flash'], 'gemini/gemini-2.5-flash joins cheap')
    """
    if group not in plan.models:
        near = did_you_mean(group, plan.models)
        raise InputError(f"there is no model group {group!r}{near}: {', '.join(plan.models)}")
    if isinstance(model, str):
        book = plan.catalog if model in plan.catalog else catalog or Catalog.bundled()
        model = book[model]
    elif model.name in plan.catalog and plan.catalog[model.name] != model:
        raise InputError(f"the plan has a model {model.name!r} with other prices")
    models = [plan.catalog[name] for name in plan.catalog.names if name != model.name]
    deployment = {"id": f"{group}/{model.name}", "model": model.name, **fields}
    groups: dict[str, Any] = {name: list(ds) for name, ds in plan.models.items()}
    groups[group] = [*groups[group], deployment]
    changed = plan.replace(models=groups, catalog=Catalog([*models, model]))
    return changed, f"{model.name} joins {group}"


def _used(plan: Plan, model: str) -> None:
    if model not in plan.catalog:
        names = plan.catalog.names
        raise InputError(
            f"the plan does not use the model {model!r}{did_you_mean(model, names)}: "
            f"{', '.join(names)}"
        )


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


def _renamed(plan: dict[str, Any], new: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of a plan with some groups' names replaced at every mention."""

    def name(group: Any) -> Any:
        return new.get(group, group)

    def chain(groups: Any, source: str | None = None) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name(g) for g in groups if name(g) != source))

    def chains(table: Any) -> Any:
        if table is None:
            return None
        kept = {s: chain(targets, s) for s, targets in table.items() if s not in new}
        return {source: targets for source, targets in kept.items() if targets}

    split = plan["split"]
    if split is not None:
        arms = {
            k: arm.model_copy(update={"model": name(arm.model)}) for k, arm in split.arms.items()
        }
        models = None if split.models is None else chain(split.models)
        split = split.model_copy(update={"arms": arms, "models": models})
    aliases = {alias: name(group) for alias, group in plan["model_group_alias"].items()}
    routes = {route: name(group) for route, group in plan["routes"].items()}
    return {
        **plan,
        "default": name(plan["default"]),
        # A router may answer the name of a group, and a request may ask for it.
        "routes": {**new, **routes} if plan["router"] is not None else routes,
        "model_group_alias": {**aliases, **new},
        "rules": tuple(r.model_copy(update={"model": name(r.model)}) for r in plan["rules"]),
        "split": split,
        "fallbacks": chains(plan["fallbacks"]),
        "context_window_fallbacks": chains(plan["context_window_fallbacks"]),
        "content_policy_fallbacks": chains(plan["content_policy_fallbacks"]),
        "default_fallbacks": chain(plan["default_fallbacks"]),
        "budgets": tuple(
            b.model_copy(update={"downgrade_to": chain(b.downgrade_to)}) for b in plan["budgets"]
        ),
    }
