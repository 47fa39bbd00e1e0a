"""The simulator's kernel on what the gateway was sent, as a recording of it.

All requests of the run are replayed, for those before the failures fill the counters of cooldowns.
What the gateway drew at random is fed: picks as they were seen. Its waits before retries are not
seen; the kernel draws its own, and every later time is moved by the most that they may be longer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from routelab.plan import Plan
from routelab.proving.client import Reply
from routelab.proving.compare import served_id
from routelab.proving.result import Difference
from routelab.proving.stand_in import Export
from routelab.proving.upstream import INPUT_TOKENS, OUTPUT_TOKENS, Attempt, Fault
from routelab.simulation._request import JITTER_S
from routelab.simulation.arrays import C_BAD_PICKS, O_SERVED
from routelab.simulation.recording import replay_recording
from routelab.simulation.verify import attempts_of

_ANSWER_S = 0.001
_SLEPT_S = 0.4  # the shortest wait before a retry is 0.5 s


def failure_differences(
    export: Export,
    plan: Plan,
    replies: Sequence[Reply],
    attempts: Mapping[int, Sequence[Attempt]],
    failing: Mapping[int, Sequence[Fault]],
) -> tuple[int, list[Difference]]:
    """Replay a run and compare the attempts of the requests with failures.

    Parameters
    ----------
    export : Export
    plan : Plan
        The gateway's part, as the proxy had it.
    replies : sequence of Reply
        All of the run, in order.
    attempts : dict of int to sequence of Attempt
        What the stand-in saw, by the number of the request.
    failing : dict of int to sequence of Fault
        The requests to compare, and what failed.

    Returns
    -------
    compared : int
        Attempts.
    differences : list of Difference
        Numbered from 1 among the requests with failures.
    """
    recording = _recording(export, plan, replies, attempts, failing)
    output, state, ids = replay_recording(recording, plan)
    ours = attempts_of(output, ids, len(recording["trace"]))
    place_of = {request["id"]: place for place, request in enumerate(recording["trace"])}
    found, compared = [], 0
    for count, number in enumerate(failing, start=1):
        place = place_of[str(number)]
        told = recording["results"][place]["attempts"]
        expected = _sequence(ours[place])
        got = _sequence(told)
        served = int(output.done[place, O_SERVED])
        expected.append(f"served by {ids[served]}" if served >= 0 else "not served")
        got.append(_end(replies[number]))
        compared += len(told)
        if expected != got:
            asked = f"asked for {replies[number].model}"
            found.append(Difference("failure", count, ", ".join(expected), ", ".join(got), asked))
    bad = int(state.counter[C_BAD_PICKS])
    if bad and not found:
        told_of = f"{bad} picks of a deployment that is out of the choice"
        found.append(Difference("failure", 0, "picks among the eligible", told_of))
    return compared, found


def _recording(
    export: Export,
    plan: Plan,
    replies: Sequence[Reply],
    attempts: Mapping[int, Sequence[Attempt]],
    failing: Mapping[int, Sequence[Fault]],
) -> dict[str, Any]:
    known = {*plan.models, *plan.model_group_alias}
    trace, results = [], []
    moved = 0.0
    for reply in replies:
        seen = attempts.get(reply.number, ())
        group = reply.model
        if group not in known:
            if not seen:
                continue  # content routing came to no group
            group = export.entries[seen[0].entry]["model_name"]
        t = reply.sent - replies[0].sent + moved
        tokens = {"prompt_tokens": INPUT_TOKENS, "completion_tokens": OUTPUT_TOKENS}
        trace.append({"id": str(reply.number), "t": t, "model": group, **tokens})
        told = [[a.t - replies[0].sent, served_id(export, a), a.status] for a in seen]
        results.append({"attempts": told})
        moved += JITTER_S * _sleeps(reply, seen)
    outcomes: dict[str, list[dict[str, Any]]] = {
        name: [{"latency": _ANSWER_S}] for name in plan.deployments
    }
    for fault in (fault for faults in failing.values() for fault in faults):
        name = export.entries[fault.entry]["model_info"]["id"]
        outcomes[name].insert(0, _rule(fault))
    config = {"deployments": [], "outcomes": outcomes}
    return {"config": config, "trace": trace, "results": results, "events": [], "entry": "proxy"}


def _rule(fault: Fault) -> dict[str, Any]:
    rule = {"status": fault.status, "requests": [str(fault.request)]}
    rule["latency"] = max(fault.hold_s, _ANSWER_S)
    return rule if fault.nth is None else {**rule, "nth": [fault.nth]}


def _sleeps(reply: Reply, seen: Sequence[Attempt]) -> int:
    """Return before how many attempts, or before the end, the gateway slept."""
    nexts = [*(a.t for a in seen[1:]), reply.sent + reply.wall_s]
    return sum(then - a.ended > _SLEPT_S for a, then in zip(seen, nexts, strict=True) if seen)


def _sequence(attempts: Sequence[Sequence[Any]]) -> list[str]:
    return [f"{name} {status}" for _, name, status in attempts]


def _end(reply: Reply) -> str:
    if reply.status == 200:
        return f"served by {reply.headers.get('x-litellm-model-id')}"
    return "not served"
