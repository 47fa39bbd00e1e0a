"""Checks of limits, weights, timeouts, retries and cooldown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from routelab.exporters._lint._base import Spot, check, is_number, shown
from routelab.exporters._lint._config import PROXY, ROUTER, Config, Entry, as_dict, as_list

# Client errors that never cool a deployment by the router's own policy (SEMANTICS 2.5).
NEVER_COOLS = ("BadRequestErrorAllowedFails", "ContentPolicyViolationErrorAllowedFails")


@check(
    "RL401",
    "limit-does-not-limit",
    "note",
    why="under simple-shuffle rpm and tpm are weights of the draw and a limit on calls at once, "
    "not a limit per minute",
    fix="add optional_pre_call_checks: [enforce_model_rate_limits] for an exact limit",
)
def limit_does_not_limit(config: Config) -> Iterator[Spot]:
    """Yield rpm and tpm that nothing enforces."""
    checks = as_list(config.router.get("optional_pre_call_checks"))
    if config.strategy != "simple-shuffle" or "enforce_model_rate_limits" in checks:
        return
    for entry in config.entries:
        for name in ("rpm", "tpm"):
            if is_number(entry.params.get(name)):
                yield Spot((*entry.at, name), f"{name} does not limit calls per minute")


@check(
    "RL402",
    "limit-off-by-one",
    "note",
    why="usage-based-routing-v2 serves one call fewer per minute than rpm says",
    fix="add 1, or use optional_pre_call_checks: [enforce_model_rate_limits]",
)
def limit_off_by_one(config: Config) -> Iterator[Spot]:
    """Yield limits that serve one call fewer."""
    if config.strategy != "usage-based-routing-v2":
        return
    for entry in config.entries:
        value = entry.params.get("rpm")
        if is_number(value) and value > 1:
            yield Spot((*entry.at, "rpm"), f"rpm {shown(value)} serves {shown(value - 1)}")


@check(
    "RL403",
    "lone-group",
    "note",
    why="a group of one deployment has no circuit breaker: only 401 and 404, or 1000 failures out "
    "of 1000 in a minute, cool it",
    fix="add a second deployment, or set allowed_fails with a fallback",
)
def lone_group(config: Config) -> Iterator[Spot]:
    """Yield groups that never cool."""
    for entry in config.entries:
        lone = config.groups[entry.name] == 1 and not entry.is_router
        own = "allowed_fails" in entry.params or "allowed_fails_policy" in entry.params
        if lone and not own and "allowed_fails" not in config.router:
            yield Spot(entry.where, f"{shown(entry.name)} has one deployment and never cools")


@check(
    "RL404",
    "threshold-never-reached",
    "warning",
    why="the setting looks like a circuit breaker, but nothing is ever cooled by it",
    fix="add a fallback or a second deployment, name another error, or remove the setting",
)
def threshold_never_reached(config: Config) -> Iterator[Spot]:
    """Yield thresholds of cooldown that no failure can reach."""
    given = [k for k in ("allowed_fails", "allowed_fails_policy") if k in config.router]
    if config.router.get("disable_cooldowns") is True:
        for key in [*given, *(k for k in ("cooldown_time",) if k in config.router)]:
            yield Spot((ROUTER, key), f"disable_cooldowns is on: {key} does nothing")
        return
    for key in as_dict(config.router.get("allowed_fails_policy")):
        if key in NEVER_COOLS:
            where = (ROUTER, "allowed_fails_policy", key)
            yield Spot(where, f"{key}: this error never cools by the policy of the router")
    deployments = [e for e in config.entries if not e.is_router]
    breakable = config.has_fallback and "*" in config.has_fallback
    if given and deployments and not breakable:
        alone = all(config.groups[e.name] == 1 for e in deployments)
        if alone and not any(e.name in config.has_fallback for e in deployments):
            message = f"every group has one deployment and no fallback: {given[0]} does nothing"
            yield Spot((ROUTER, given[0]), message)


@check(
    "RL405",
    "cooldown-zero",
    "warning",
    why="cooldown_time: 0 is read as unset, which is 5 seconds",
    fix="set disable_cooldowns: true, or cooldown_time: 0 in litellm_params",
)
def cooldown_zero(config: Config) -> Iterator[Spot]:
    """Yield a cooldown of 0 seconds that is 5."""
    value = config.router.get("cooldown_time")
    if is_number(value) and value == 0:
        yield Spot((ROUTER, "cooldown_time"), "a cooldown_time of 0 cools for 5 seconds")


@check(
    "RL406",
    "timeout-overruled",
    "warning",
    why="litellm_settings.request_timeout is taken before router_settings.timeout",
    fix="keep one of the two",
)
def timeout_overruled(config: Config) -> Iterator[Spot]:
    """Yield a timeout of the router that another one overrules."""
    mine, other = config.router.get("timeout"), config.proxy.get("request_timeout")
    if is_number(mine) and is_number(other) and mine != other:
        message = f"timeout {shown(mine)} never counts: request_timeout is {shown(other)}"
        yield Spot((ROUTER, "timeout"), message)


@check(
    "RL407",
    "never-picked",
    "warning",
    why="when one deployment of a group has a weight, a missing weight counts as 0",
    fix="give every deployment of the group a weight",
)
def never_picked(config: Config) -> Iterator[Spot]:
    """Yield deployments that the draw never picks."""
    if config.strategy != "simple-shuffle":
        return
    for entry, weighted in _with_order(config):
        value = entry.params.get("weight")
        if weighted and (value is None or value == 0):
            message = f"this deployment of {shown(entry.name)} has no weight beside others that do"
            yield Spot((*entry.at, "weight") if "weight" in entry.params else entry.at, message)


@check(
    "RL408",
    "weight-ignored",
    "warning",
    why="only simple-shuffle reads weights",
    fix="remove the weight, or the routing_strategy",
)
def weight_ignored(config: Config) -> Iterator[Spot]:
    """Yield weights under another strategy."""
    for entry in config.entries if config.strategy != "simple-shuffle" else []:
        if "weight" in entry.params:
            yield Spot((*entry.at, "weight"), f"{shown(config.strategy)} does not read weights")


@check(
    "RL413",
    "policy-beats-retries",
    "note",
    why="an error that is named in a retry policy is retried that often whatever num_retries says",
    fix="remove one of the two",
)
def policy_beats_retries(config: Config) -> Iterator[Spot]:
    """Yield counts of retries that a default of the policy replaces."""
    policy = as_dict(config.router.get("retry_policy"))
    for section, settings in ((ROUTER, config.router), (PROXY, config.proxy)):
        value = settings.get("num_retries")
        default = policy.get("DefaultRetries")
        if is_number(value) and is_number(default) and value != default:
            message = f"num_retries {shown(value)} is replaced by DefaultRetries {shown(default)}"
            yield Spot((section, "num_retries"), message)


def _with_order(config: Config) -> Iterator[tuple[Entry, bool]]:
    """Yield each deployment, and whether one of its group and order has a positive weight."""
    weighted: dict[tuple[str, Any], bool] = defaultdict(bool)
    for entry in config.entries:
        value = entry.params.get("weight")
        weighted[entry.name, _level(entry)] |= is_number(value) and value > 0
    for entry in config.entries:
        if config.groups[entry.name] > 1:
            yield entry, weighted[entry.name, _level(entry)]


def _level(entry: Entry) -> Any:
    order = entry.params.get("order")
    return order if is_number(order) else None
