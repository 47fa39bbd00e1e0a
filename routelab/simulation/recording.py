"""Recordings of the real gateway: translate one into a plan and a trace, and replay it.

A recording holds a configuration, scripted provider answers, the requests, and what the gateway did
with them. What the gateway drew at random (which deployment, how much jitter) is fed to the kernel,
which checks that it lies in its own range.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np

from routelab._checks import InputError
from routelab.catalog import Catalog, Model
from routelab.gateway_rules.complexity import Decision
from routelab.gateway_rules.recorded import routers_of
from routelab.plan import Plan
from routelab.simulation import _content, errors
from routelab.simulation.arrays import (
    N_REQUEST,
    Q_GROUP,
    Q_IN,
    Q_MODEL,
    Q_OUT,
    Q_OUT_FACTOR,
    Q_RETRIES,
    Q_SESSION,
    Q_T,
    Q_TIMEOUT,
    Feed,
    Output,
    State,
    Trace,
)
from routelab.simulation.compile import compile_plan
from routelab.simulation.provider import Answer, build_provider
from routelab.simulation.run import run

DEFAULT_LATENCY_S = 0.1
START_TOLERANCE_S = 1e-3
DEFAULT_START = "2026-01-05T00:00:00+00:00"
_ROUTER = {
    "allowed_fails",
    "allowed_fails_policy",
    "content_policy_fallbacks",
    "context_window_fallbacks",
    "cooldown_time",
    "default_fallbacks",
    "disable_cooldowns",
    "enable_weighted_failover",
    "enable_pre_call_checks",
    "fallbacks",
    "max_fallbacks",
    "model_group_alias",
    "num_retries",
    "optional_pre_call_checks",
    "provider_budget_config",
    "retry_after",
    "retry_policy",
    "routing_strategy",
    "timeout",
}
_PARAMS = {
    "api_version",
    "base_model",
    "budget_duration",
    "cooldown_time",
    "input_cost_per_token",
    "max_budget",
    "max_parallel_requests",
    "num_retries",
    "order",
    "output_cost_per_token",
    "rpm",
    "silent_model",
    "timeout",
    "tpm",
    "weight",
}
_INFO = {"max_input_tokens", "cooldown_time", "allowed_fails", "litellm_routing_preferences"}


class NotCovered(InputError):
    """The recording uses something that the simulator does not replay."""


def _only(given: dict[str, Any] | None, known: set[str], what: str) -> dict[str, Any]:
    unknown = sorted((given or {}).keys() - known)
    if unknown:
        raise NotCovered(f"{what} {unknown[0]!r} is not simulated")
    return given or {}


def _chains(
    given: list[dict[str, list[str]]] | None, routers: Iterable[str] = ()
) -> dict[str, list[str]]:
    """Return the chains by group; those keyed by a content router are not the plan's."""
    chains = {source: chain for entry in given or [] for source, chain in entry.items()}
    return {source: chain for source, chain in chains.items() if source not in routers}


def _listed(given: str | list[str] | None) -> list[str]:
    return [given] if isinstance(given, str) else list(given or [])


def _enforced(checks: list[str] | None) -> bool:
    other = sorted(set(checks or []) - {"enforce_model_rate_limits"})
    if other:
        raise NotCovered(f"the pre-call check {other[0]!r} is not simulated")
    return bool(checks)


def _policy(given: dict[str, int] | None, suffix: str) -> dict[str, int] | None:
    """``{"RateLimitErrorRetries": 1}`` -> ``{"RateLimitError": 1}``, as plans spell it."""
    if given is None:
        return None
    names = {key.removesuffix(suffix): count for key, count in given.items()}
    return {("Timeout" if name == "TimeoutError" else name): n for name, n in names.items()}


def _price(model: str, deployment: dict[str, Any], info: dict[str, Any]) -> Model:
    """Return the catalog entry of a recorded deployment, named after the deployment."""
    catalog = Catalog.bundled()
    params = deployment.get("params") or {}
    by_gateway_name = {catalog[name].litellm_model: catalog[name] for name in catalog.names}
    base = by_gateway_name.get(model) or by_gateway_name.get(f"openai/{model}")
    if base is None:
        raise NotCovered(f"no price for the recorded model {model!r} in the catalog")
    prices = {}
    if "input_cost_per_token" in params:
        prices["input_usd_per_mtok"] = params["input_cost_per_token"] * 1e6
    if "output_cost_per_token" in params:
        prices["output_usd_per_mtok"] = params["output_cost_per_token"] * 1e6
    window = info.get("max_input_tokens", base.context_window)
    provider = model.partition("/")[0] if "/" in model else base.provider
    return replace(base, name=deployment["id"], provider=provider, context_window=window, **prices)


def plan_of(recording: dict[str, Any]) -> Plan:
    """Translate the recorded gateway configuration into a plan."""
    config = recording["config"]
    routers = routers_of(config)
    if config.get("litellm"):
        raise NotCovered("module settings of the gateway are not simulated")
    router = _only(config.get("router"), _ROUTER, "router setting")
    _content.own_chains(router, set(routers))  # refuses a fallback to a content router
    models: dict[str, list[dict[str, Any]]] = {}
    prices, budgets = [], []
    for entry in config["deployments"]:
        params = _only(entry.get("params"), _PARAMS, "deployment parameter")
        info = _only(entry.get("model_info"), _INFO, "model_info key")
        prices.append(_price(entry.get("model", "openai/gpt-4o-mini"), entry, info))
        fields = {
            "id": entry["id"],
            "model": entry["id"],
            "timeout_s": params.get("timeout"),
            "cooldown_s": info.get("cooldown_time", params.get("cooldown_time")),
            "allowed_fails": info.get("allowed_fails"),
            "silent_model": _listed(params.get("silent_model")),
            "explicit_prices": "input_cost_per_token" in params
            or "/" not in entry.get("model", "/"),
        }
        same = ("weight", "order", "rpm", "tpm", "max_parallel_requests", "num_retries")
        fields |= {name: params.get(name) for name in same}
        models.setdefault(entry["group"], []).append(fields)
        if "max_budget" in params and "budget_duration" in params:
            limit = {"limit_usd": params["max_budget"], "period": params["budget_duration"]}
            budgets.append({"scope": "deployment", "name": entry["id"], **limit})
    for provider, budget in (router.get("provider_budget_config") or {}).items():
        limit = {"limit_usd": budget["budget_limit"], "period": budget["time_period"]}
        budgets.append({"scope": "provider", "name": provider, **limit})
    context, policy = router.get("context_window_fallbacks"), router.get("content_policy_fallbacks")
    return Plan(
        name=recording["scenario"],
        catalog=Catalog(prices),
        models=models,
        default=next(iter(models)),
        strategy=router.get("routing_strategy", "simple-shuffle"),
        enable_pre_call_checks=router.get("enable_pre_call_checks", False),
        enable_weighted_failover=router.get("enable_weighted_failover", False),
        enforce_model_rate_limits=_enforced(router.get("optional_pre_call_checks")),
        retries={
            "num_retries": router.get("num_retries", 2),
            "retry_after_s": router.get("retry_after", 0),
            "policy": _policy(router.get("retry_policy"), "Retries"),
        },
        timeout_s=router.get("timeout"),
        cooldown={
            "seconds": router.get("cooldown_time") or 5,
            "allowed_fails": router.get("allowed_fails"),
            "allowed_fails_policy": _policy(router.get("allowed_fails_policy"), "AllowedFails"),
            "disabled": router.get("disable_cooldowns", False),
        },
        fallbacks=_chains(router.get("fallbacks"), routers),
        context_window_fallbacks=None if context is None else _chains(context, routers),
        content_policy_fallbacks=None if policy is None else _chains(policy, routers),
        default_fallbacks=router.get("default_fallbacks") or (),
        max_fallbacks=router.get("max_fallbacks", 5),
        model_group_alias=router.get("model_group_alias") or {},
        budgets=budgets,
    )


def _first_group(plan: Plan, groups: list[str], asked: str) -> int:
    """Return the group: an unknown one is served directly by the first default fallback."""
    name = plan.model_group_alias.get(asked, asked)
    if name not in groups and plan.default_fallbacks:
        name = plan.default_fallbacks[0]
    if name not in groups:
        raise NotCovered(f"the recording asks for {asked!r}, which is no model group")
    return groups.index(name)


def _answer(rule: dict[str, Any], requests: dict[str, int]) -> Answer:
    capacity = rule.get("capacity") or {}
    error = rule.get("error") or {}
    kind = None
    if error.get("code") == "context_length_exceeded":
        kind = errors.CONTEXT_WINDOW
    elif error.get("code") in ("content_policy_violation", "content_filter"):
        kind = errors.CONTENT_POLICY
    after = rule.get("retry_after")
    return Answer(
        status=int(rule.get("status", 200)),
        kind=kind,
        from_t=rule.get("from_t", -np.inf),
        to_t=rule.get("to_t", np.inf),
        latency=float(rule.get("latency", DEFAULT_LATENCY_S)),
        retry_after=-1 if after is None else int(after),
        capacity=capacity.get("n", -1),
        capacity_s=capacity.get("per_s", 1.0),
        nth=tuple(rule.get("nth", ())),
        requests=tuple(requests[r] for r in rule.get("requests", ())),
        input_tokens=rule.get("prompt_tokens", -1),
        output_tokens=rule.get("completion_tokens", -1),
    )


def _mirror_groups(plan: Plan) -> set[str]:
    """Return the groups that mirrors reach; a request of a client must not reach them too."""
    return {group for d in plan.deployments.values() for group in d.silent_model}


def _waited(recording: dict[str, Any]) -> bool:
    """Whether a request started late, because it waited for the one before to end."""
    results = recording["results"]
    return bool(recording.get("summary_only")) or any(
        result["started"] - result["t"] > START_TOLERANCE_S for result in results
    )


def _most_retries(plan: Plan, given: list[dict[str, Any]]) -> int:
    """Return the most retries that any setting allows."""
    retries = [plan.retries.num_retries, *(plan.retries.policy or {}).values()]
    retries += [d.num_retries or 0 for group in plan.models.values() for d in group]
    return max([*retries, *(kwargs.get("num_retries", 0) for kwargs in given)])


def replay_recording(
    recording: dict[str, Any], plan: Plan, decided: Mapping[int, Decision] | None = None
) -> tuple[Output, State, list[str]]:
    """Replay the recorded requests; return the results, the final state and the deployment ids.

    `decided` holds the decisions on those requests that ask for a content router.
    """
    if recording.get("sequential") and _waited(recording):
        raise NotCovered("recordings whose requests wait for each other are not replayed")
    asked = recording["trace"]
    for request in asked:
        _only(request.get("kwargs"), {"num_retries", "priority", "timeout"}, "request argument")
    times = [request["t"] for request in asked]
    number = {request["id"]: i for i, request in enumerate(asked)}
    ids = list(plan.deployments)
    groups = list(plan.models)
    outcomes = recording["config"].get("outcomes") or {}
    provider = build_provider(
        [[_answer(rule, number) for rule in outcomes.get(d, [])] for d in ids],
        latency_base=np.full(len(ids), DEFAULT_LATENCY_S),
        latency_per_output=np.zeros(len(ids)),
        hard_window=np.zeros(len(ids), np.int64),
        latency_of_error=DEFAULT_LATENCY_S,
    )
    given = [request.get("kwargs") or {} for request in asked]
    count = len(asked)
    rows = np.zeros((count, N_REQUEST))
    rows[:, Q_T] = times
    accounting = "sdk" if recording.get("entry") == "sdk" else "proxy"
    start = datetime.fromisoformat(recording.get("start") or DEFAULT_START)
    arrays = compile_plan(plan, accounting=accounting, start_s=start.second)
    pairs = _content.pairs_of(recording, decided or {})
    chains = _content.own_chains(
        recording["config"].get("router") or {}, set(routers_of(recording["config"]))
    )
    most_retries = _most_retries(plan, given)
    _content.check_covered(recording, plan, pairs)
    arrays, routed = _content.add_rows(arrays, plan, pairs, chains)
    rows[:, Q_GROUP] = [
        routed[pairs[i]] if i in pairs else _first_group(plan, groups, r["model"])
        for i, r in enumerate(asked)
    ]
    rows[:, Q_IN] = [r["prompt_tokens"] for r in asked]
    rows[:, Q_OUT] = [r["completion_tokens"] for r in asked]
    rows[:, Q_RETRIES] = [
        0 if i in pairs else k.get("num_retries", -1) for i, k in enumerate(given)
    ]
    rows[:, Q_TIMEOUT] = [k.get("timeout", np.nan) for k in given]
    rows[:, [Q_MODEL, Q_SESSION]] = -1
    rows[:, Q_OUT_FACTOR] = 1
    trace = Trace(rows)
    if recording.get("summary_only"):  # its picks were not kept: the kernel draws its own
        output, state = run(arrays, provider, trace)
        return output, state, ids
    mirrored = _mirror_groups(plan)
    group_of = {d.id: group for group, members in plan.models.items() for d in members}
    picks: list[list[int]] = []
    for result in recording["results"]:
        served = [attempt[1] for attempt in result["attempts"]]
        picks.append([ids.index(name) for name in served if group_of[name] not in mirrored])
        picks.append([ids.index(name) for name in served if group_of[name] in mirrored])
    feed = Feed(
        pick_start=np.concatenate([[0], np.cumsum([len(p) for p in picks])]).astype(np.int64),
        picks=np.array([d for p in picks for d in p], np.int64),
        sleeps=np.array(
            [e["seconds"] for e in recording["events"] if e["event"] == "retry_sleep"], np.float64
        ),
    )
    output, state = run(arrays, provider, trace, feed=feed)
    _content.check_replayed(output, plan, pairs, chains, most_retries)
    return output, state, ids
