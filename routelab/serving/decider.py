"""One request in, one decision out: the plan's own `decide`, and what it rests on."""

from __future__ import annotations

import os
import time
from typing import Any

import pandas as pd

from routelab._checks import InputError
from routelab._plan_parts import Deployment
from routelab.decide import decide, one_request, rule_numbers
from routelab.exporters import Bundle, load_bundle
from routelab.plan import Plan
from routelab.routers import scores_of
from routelab.routers._parts import asks_service
from routelab.serving._reason import threshold_of, why
from routelab.serving._request import Asked

#: Asked once when a decider is made: what a router loads or builds late is there before threads.
_WARM_UP = "hello"


class Decider:
    """Decides requests as `routelab.decide.decide` does, and says why.

    It changes nothing after it was made, so that threads may share it. A dry run: the plan's
    decision cache keeps nothing, budgets and cooldowns are those of an idle gateway.

    Parameters
    ----------
    source : Plan, Bundle or path of either

    Attributes
    ----------
    plan : Plan or None
        With its router fitted.
    router : fitted router or None

    Raises
    ------
    InputError
        Nothing to decide with, a router without the plan's routes, or one whose encoder asks a
        provider.

    Examples
    --------
    >>> plan = Plan(models={"cheap": "gpt-4o-mini"}, default="cheap")
    >>> decision = Decider(plan).decide(Asked("r1", "auto", "hello", input_tokens=2))
    >>> decision["model_group"], decision["model"], decision["routed_by"]
    ('cheap', 'gpt-4o-mini', 'default')
    """

    def __init__(self, source: Plan | Bundle | str | os.PathLike[str]):
        if not isinstance(source, Plan | Bundle):
            is_plan = os.fspath(source).endswith((".yaml", ".yml"))
            source = Plan.from_yaml(source) if is_plan else load_bundle(source)
        found = source if isinstance(source, Plan) else source.plan
        self.plan = None if found is None else found.fitted().replace(decision_cache=None)
        self.router = source.router if isinstance(source, Bundle) else None
        if self.plan is not None:
            self.router = None if self.plan.router is None else self.plan.router.resolve()
        if self.plan is None and self.router is None:
            raise InputError("nothing to decide with: neither a plan nor a router was given")
        _check_offline(self.router)
        self.decide(Asked("warm-up", "auto", _WARM_UP, input_tokens=1))

    def decide(self, asked: Asked) -> dict[str, Any]:
        """Return the decision on one request, plain values for JSON.

        Returns
        -------
        dict
            ``id``, ``created`` (seconds since 1970), ``model_group``, ``model`` (the group's
            most likely deployment), ``deployments``, ``route``, ``routed_by``, ``why``,
            ``reason``, ``scores``, ``split``, ``fallbacks``, ``estimate``, ``dry_run``. Of a
            bundle without a plan everything about models is None.
        """
        head = {"id": asked.request_id, "object": "route.decision", "created": int(time.time())}
        if self.plan is None:
            return {**head, **_by_router(self.router, asked), "dry_run": True}
        frame = _row(asked)
        made = decide(self.plan, frame).iloc[0]
        group = str(made["group"])
        deployments = self.plan.models[group]
        first = most_likely(deployments)
        return {
            **head,
            "model_group": group,
            "model": first.model,
            "deployments": [self._told(deployment) for deployment in deployments],
            **self._reason(asked, made, int(rule_numbers(self.plan, frame)[0])),
            "split": self._split(asked, made),
            "fallbacks": fallback_chains(self.plan, group),
            "estimate": self._estimate(asked, deployments, first),
            "dry_run": True,
        }

    def _told(self, deployment: Deployment) -> dict[str, Any]:
        assert self.plan is not None
        return {
            "id": deployment.id,
            "model": deployment.model,
            "litellm_model": self.plan.model_of(deployment).litellm_model,
            "order": deployment.order,
            "weight": deployment.weight,
        }

    def _reason(self, asked: Asked, made: pd.Series, number: int) -> dict[str, Any]:
        assert self.plan is not None
        routed_by = str(made["routed_by"])
        rule = self.plan.rules[number] if routed_by == "rule" else None
        answer = None if pd.isna(made["route"]) else str(made["route"])
        scores: dict[str, float] = {}
        reason: dict[str, Any] = {}
        if rule is not None:
            reason = {"rule": number, "conditions": rule.model_dump(exclude_none=True, mode="json")}
        elif routed_by in ("router", "abstained"):
            scores = scores_of(self.router, str(asked.prompt))
            reason = _router_reason(self.router, answer, scores)
        return {
            "route": answer,
            "routed_by": routed_by,
            "why": why(routed_by, number, rule, answer, reason),
            "reason": reason,
            "scores": scores,
        }

    def _split(self, asked: Asked, made: pd.Series) -> dict[str, Any] | None:
        assert self.plan is not None
        split = self.plan.split
        if split is None:
            return None
        by = split.by if getattr(asked, split.by) is not None else "request_id"
        arm = None if pd.isna(made["arm"]) else str(made["arm"])
        return {"name": split.name, "arm": arm, "by": by}

    def _estimate(
        self, asked: Asked, deployments: tuple[Deployment, ...], first: Deployment
    ) -> dict[str, Any]:
        assert self.plan is not None
        output = self.plan.expected_output_tokens
        if asked.max_tokens is not None:
            output = min(output, asked.max_tokens)
        by_model = {
            d.model: float(self.plan.catalog.cost(d.model, asked.input_tokens, output))
            for d in deployments
        }
        return {
            "input_tokens": asked.input_tokens,
            "output_tokens": output,
            "cost_usd": by_model[first.model],
            "cost_usd_by_model": by_model,
            "parts_ignored": asked.parts_ignored,
        }


def _check_offline(router: Any) -> None:
    if asks_service(router):
        raise InputError(
            "this router's encoder asks a provider for every prompt, and a dry run calls none: "
            "serve a router with an encoder of this machine"
        )


def _row(asked: Asked) -> pd.DataFrame:
    names = ("request_id", "model", "prompt", "input_tokens", "user", "session_id", "tier")
    return one_request(**{name: getattr(asked, name) for name in names})


def _by_router(router: Any, asked: Asked) -> dict[str, Any]:
    """Return what a router without a plan answers."""
    answer, scores, reason, routed_by = None, {}, {}, "default"
    if asked.prompt is not None:
        label = router.predict([asked.prompt])[0]
        answer = None if pd.isna(label) else str(label)
        scores = scores_of(router, asked.prompt)
        reason = _router_reason(router, answer, scores)
        routed_by = "abstained" if answer is None else "router"
    absent = ("model_group", "model", "deployments", "split", "fallbacks", "estimate")
    told = why(routed_by, -1, None, answer, reason)
    return {
        **dict.fromkeys(absent),
        "route": answer,
        "routed_by": routed_by,
        "why": told,
        "reason": reason,
        "scores": scores,
    }


def _router_reason(router: Any, answer: str | None, scores: dict[str, float]) -> dict[str, Any]:
    top = max(scores.values(), default=None)
    score = top if answer is None else scores.get(answer)
    return {
        "router": type(router).__name__,
        "score": score,
        "threshold": threshold_of(router, answer),
    }


def most_likely(deployments: tuple[Deployment, ...]) -> Deployment:
    """Return the deployment that an idle gateway asks most: lowest order, then greatest weight."""
    return min(deployments, key=lambda d: (d.order or 1, -(1.0 if d.weight is None else d.weight)))


def fallback_chains(plan: Plan, group: str) -> dict[str, list[str]]:
    """Return the groups that take over from a group, for each kind of failure.

    Examples
    --------
    >>> plan = Plan(models={"a": "gpt-4o", "b": "gpt-4o-mini"}, default="a",
    ...             default_fallbacks=["b"])
    >>> fallback_chains(plan, "a")
    {'failure': ['b'], 'context_window': [], 'content_policy': []}
    """
    generic = dict(plan.fallbacks)
    if plan.default_fallbacks:
        generic["*"] = plan.default_fallbacks
    tables = {
        "failure": generic,
        "context_window": plan.context_window_fallbacks or {},
        "content_policy": plan.content_policy_fallbacks or {},
    }
    return {kind: list(table.get(group, table.get("*", ()))) for kind, table in tables.items()}
