"""A short trace with injected failures, sent to the real gateway.

For each model group, and its deployments as D:

=========== ========================================================================================
deployments requests
=========== ========================================================================================
one         D fails once with 500; 429 all the time; no answer in time; nothing fails
several     each D fails its next call: with no answer in time, with 500, with 429; nothing fails;
            500 all the time; after the cooldown, two in which nothing fails
=========== ========================================================================================

In the first group that has fallbacks, a last request fails with 500 in its first fallback too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from routelab.plan import Deployment, Plan
from routelab.proving.client import Client
from routelab.proving.stand_in import LONGEST_TIMEOUT_S, Export
from routelab.proving.upstream import Fault, Upstream

LONGEST_COOLDOWN_S = 6.0  # that is waited for
_AFTER_COOLDOWN_S = 0.5
_DEFAULT_COOLDOWN_S = 5.0
_BODY = {"messages": [{"role": "user", "content": "routelab proves this plan"}]}
_HOLD_S = LONGEST_TIMEOUT_S + 2.0
_UNKNOWN_PICKS = ("latency-based-routing", "usage-based-routing", "usage-based-routing-v2")


@dataclass(frozen=True, slots=True)
class Failing:
    """One request of the trace.

    Attributes
    ----------
    group : str
    deployments : tuple of str
        Ids of those that fail it.
    status : int
        408 stands for no answer in time.
    once : bool
        Only their next call fails.
    wait_s : float
        Before it is sent.
    """

    group: str
    deployments: tuple[str, ...] = ()
    status: int = 500
    once: bool = False
    wait_s: float = 0.0


def why_not_sent(plan: Plan) -> str | None:
    """Return why the attempts of a plan cannot be compared with the kernel's, None if they can.

    Examples
    --------
    >>> plan = Plan(models={"a": "gpt-4o"}, default="a", strategy="latency-based-routing")
    >>> why_not_sent(plan)
    'latency-based-routing picks by measured times or tokens'
    """
    if plan.strategy in _UNKNOWN_PICKS:
        return f"{plan.strategy} picks by measured times or tokens"
    if any(deployment.silent_model for deployment in plan.deployments.values()):
        return "copies for silent_model start at any time"
    return None


def failing_requests(plan: Plan) -> list[Failing]:
    """Return the trace for a plan; groups of one deployment come first.

    Examples
    --------
    >>> plan = Plan(models={"a": "gpt-4o"}, default="a")
    >>> [(request.status, request.once, len(request.deployments))
    ...  for request in failing_requests(plan)]
    [(500, True, 1), (429, False, 1), (408, False, 1), (500, False, 0)]
    """
    groups = sorted(plan.models, key=lambda group: len(plan.models[group]) > 1)
    found = [request for group in groups for request in _of_group(plan, group)]
    chained = next((group for group in groups if plan.fallbacks.get(group)), None)
    if chained is not None:
        both = (chained, plan.fallbacks[chained][0])
        ids = tuple(d.id for group in both for d in plan.models[group])
        found.append(Failing(chained, ids))
    return found


def _of_group(plan: Plan, group: str) -> Iterator[Failing]:
    deployments = plan.models[group]
    ids = tuple(d.id for d in deployments)
    wait = _cooldown(plan, deployments)
    if len(ids) == 1:
        yield Failing(group, ids, 500, once=True)
        yield Failing(group, ids, 429)
        yield Failing(group, ids, 408)
        yield Failing(group, wait_s=wait if _may_cool_alone(plan, deployments[0]) else 0.0)
        return
    for status in (408, 500, 429):
        yield Failing(group, ids, status, once=True)
    yield Failing(group)
    yield Failing(group, ids, 500)
    if wait:
        yield Failing(group, wait_s=wait)
        yield Failing(group)


def _cooldown(plan: Plan, deployments: tuple[Deployment, ...]) -> float:
    """Return the seconds until every cooldown of a group is over, 0 where that is too long."""
    general = plan.cooldown.seconds or _DEFAULT_COOLDOWN_S
    longest = max(general if d.cooldown_s is None else d.cooldown_s for d in deployments)
    return longest + _AFTER_COOLDOWN_S if longest <= LONGEST_COOLDOWN_S else 0.0


def _may_cool_alone(plan: Plan, deployment: Deployment) -> bool:
    given = (plan.cooldown.allowed_fails, plan.cooldown.allowed_fails_policy)
    return any(value is not None for value in (*given, deployment.allowed_fails))


def send_failing(
    export: Export,
    requests: list[Failing],
    client: Client,
    upstream: Upstream,
    progress: Callable[[int], None],
) -> dict[int, list[Fault]]:
    """Send the trace; return the scripted failures of each request, by its number."""
    entry_of = {
        entry["model_info"]["id"]: place
        for place, entry in enumerate(export.entries)
        if entry.get("model_info", {}).get("id") in export.group_of_id
    }
    sent: dict[int, list[Fault]] = {}
    for done, request in enumerate(requests, start=1):
        time.sleep(request.wait_s)
        number = client.next_number
        faults = [_fault(request, entry_of[name], number, upstream) for name in request.deployments]
        upstream.expect(faults)
        client.ask(request.group, _BODY)
        upstream.attempts()  # all of them have ended
        sent[number] = faults
        progress(done)
    return sent


def _fault(request: Failing, entry: int, number: int, upstream: Upstream) -> Fault:
    nth = upstream.calls(entry) + 1 if request.once else None
    if request.status == 408:
        return Fault(entry, number, hold_s=_HOLD_S, nth=nth)
    return Fault(entry, number, request.status, nth=nth)
