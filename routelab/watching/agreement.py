"""What the plan would decide for each logged request, against the model that the log names."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy import stats

from routelab.decide import rule_numbers
from routelab.plan import Plan

_DATED = re.compile(r"[-@](?:\d{8}|\d{4}-\d{2}-\d{2})$")
SCOPES = ("all", "group", "model", "day", "arm")
JUDGED = ("same", "fallback", "other")
NO_PROMPT = "the log has no prompt, and the plan looks at it"
NO_UNIT = "the log lacks what the A/B split hashes"
NOT_ASKED = "no rule and no router decides, and the log does not say what was asked for"
NO_MODEL = "the log names no model"


def bare(name: str) -> str:
    """Return a model's name without its provider and date.

    Examples
    --------
    >>> bare("azure/gpt-4o-2024-08-06")
    'gpt-4o'
    """
    return _DATED.sub("", name.rpartition("/")[2])


def names_of(plan: Plan, groups: Iterable[str]) -> set[str]:
    """Return the names under which a log may know the models of some groups."""
    found: set[str] = set()
    for group in groups:
        found.add(group)
        for deployment in plan.models[group]:
            model = plan.model_of(deployment)
            found |= {deployment.id, bare(model.name), bare(model.litellm_model or model.name)}
    return found


def reachable(plan: Plan, group: str) -> set[str]:
    """Return the groups that failures, budgets and hedges may lead to from a group, itself too.

    Examples
    --------
    >>> plan = Plan(models={"a": "gpt-4o", "b": "gpt-4o-mini", "c": "gpt-4.1"}, default="a",
    ...             fallbacks={"a": ["b"]})
    >>> sorted(reachable(plan, "a"))
    ['a', 'b']
    """
    tables = [plan.fallbacks, plan.context_window_fallbacks, plan.content_policy_fallbacks]
    found = {group, *plan.default_fallbacks}
    for table in tables:
        found.update((table or {}).get(group, (table or {}).get("*", ())))
    for budget in plan.budgets:
        found.update(budget.downgrade_to)
    if plan.hedge is not None and plan.hedge.to is not None:
        found.add(plan.hedge.to)
    return found


def verdicts(plan: Plan, traffic: pd.DataFrame, decisions: pd.DataFrame, zone: str) -> pd.DataFrame:
    """Return for each request whether the log's model is the plan's.

    Returns
    -------
    DataFrame (n,)
        ``group``, ``model``, ``day``, ``arm``, and ``verdict``: same (any deployment of the group),
        fallback (a group that failures or budgets may lead to: chance, not judged), other, or why
        it cannot be judged.
    """
    logged = traffic["model"].astype("object").where(traffic["model"].notna(), None)
    group = decisions["group"].astype(str).to_numpy(object)
    verdict = np.full(len(traffic), "other", object)
    names = pd.Series([None if m is None else bare(str(m)) for m in logged], dtype=object)
    whole = logged.to_numpy(object)
    for name in sorted(set(group)):
        mine = group == name
        for word, groups in (("fallback", reachable(plan, name)), ("same", {name})):
            known = names_of(plan, groups)
            hit = names.isin(known).to_numpy() | np.isin(whole.astype(str), list(known))
            verdict[mine & hit] = word
    for reason, mask in _not_judged(plan, traffic, decisions).items():
        verdict[mask] = reason
    verdict[names.isna().to_numpy()] = NO_MODEL
    arm = decisions["arm"].astype("object")
    return pd.DataFrame(
        {
            "group": group,
            "model": logged.fillna("(none)").to_numpy(object),
            "day": traffic["timestamp"]
            .dt.tz_convert(zone)
            .dt.strftime("%Y-%m-%d")
            .to_numpy(object),
            "arm": arm.where(arm.notna(), None).to_numpy(object),
            "verdict": verdict,
        }
    )


def _not_judged(
    plan: Plan, traffic: pd.DataFrame, decisions: pd.DataFrame
) -> dict[str, np.ndarray]:
    """Return the requests whose decision rests on what the log does not hold."""
    by = decisions["routed_by"].to_numpy(object)
    unwritten = traffic["prompt"].isna().to_numpy()
    asked = np.isin(by, ["asked", "default"])
    # A rule on the prompt's presence, or one before the rule that matched, may not hold.
    looks = [rule.has_prompt is not None for rule in plan.rules]
    first = looks.index(True) if any(looks) else len(looks)
    numbers = rule_numbers(plan, traffic)
    doubtful = unwritten & (by == "rule") & (numbers >= first)
    prompt_needed = plan.router is not None or any(looks)
    found = {
        NOT_ASKED: asked & ~(unwritten & prompt_needed),
        NO_PROMPT: (asked & unwritten & prompt_needed) | doubtful,
    }
    if plan.split is not None:
        reached = np.ones(len(traffic), bool)
        if plan.split.models is None and all(a.model is None for a in plan.split.arms.values()):
            reached[:] = False  # no arm changes a model
        missing = traffic[plan.split.by].isna().to_numpy()
        found[NO_UNIT] = reached & missing & decisions["arm"].notna().to_numpy()
    return found


def agreement_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return shares per group, model, day and arm, with 95 % Wilson intervals of ``other``."""
    judged = rows[rows["verdict"].isin(JUDGED)].assign(all="all")
    words = pd.Categorical(judged["verdict"], categories=JUDGED).codes.astype(np.int64)
    parts = []
    for scope in SCOPES:
        codes, names = pd.factorize(judged[scope], sort=True)  # -1: a request without an arm
        cells = np.bincount((codes * 3 + words)[codes >= 0], minlength=3 * len(names))
        for name, (same, fallback, other) in zip(names, cells.reshape(-1, 3), strict=True):
            n = int(same + fallback + other)
            spread = stats.binomtest(int(other), n).proportion_ci(method="wilson")
            parts.append(
                (scope, str(name), n, same / n, fallback / n, other / n, spread.low, spread.high)
            )
    columns = ["scope", "name", "judged", "same", "fallback", "other", "other_low", "other_high"]
    return pd.DataFrame(parts, columns=columns)


def unknown_models(plan: Plan, rows: pd.DataFrame) -> pd.Series:
    """Return the share of the log's requests that a model outside the plan served, per model."""
    known = names_of(plan, plan.models)
    outside = [m for m in rows["model"].unique() if m != "(none)"]
    outside = [m for m in outside if m not in known and bare(str(m)) not in known]
    shares = rows["model"].value_counts(normalize=True)
    return shares.reindex(outside).sort_values(ascending=False)
