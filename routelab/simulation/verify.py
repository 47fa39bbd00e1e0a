"""Hold the simulator against recordings of the real gateway, and name the first difference."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np

from routelab._checks import InputError, existing_file
from routelab.gateway_rules.recorded import decisions_of, first_decision_difference
from routelab.simulation import errors
from routelab.simulation._call import CLIENT_TIMEOUT
from routelab.simulation.arrays import (
    A_DEPLOYMENT,
    A_REQUEST,
    A_STATUS,
    A_T,
    C_BAD_PICKS,
    C_BAD_SLEEPS,
    O_COST,
    O_FINISHED,
    O_KIND,
    O_SERVED,
    O_STATUS,
    Output,
    State,
)
from routelab.simulation.recording import plan_of, replay_recording

TIME_TOLERANCE_S = 1e-3
COST_TOLERANCE_USD = 1e-12
PROPORTIONS_P = 1e-4


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a replay of one recording showed.

    Attributes
    ----------
    name : str
    identical : bool or None
        None when the recording is not covered.
    message : str
        "identical", the first difference, or why the recording is not covered.
    requests, attempts : int
    """

    name: str
    identical: bool | None
    message: str
    requests: int = 0
    attempts: int = 0


def verify_recording(path: str | os.PathLike[str]) -> Verdict:
    """Replay a recording of the real gateway and compare every attempt, time, cost and cooldown.

    Where content routing by rules chose the first group, its decisions are compared before: tier,
    cause, score, signals and group of every request.
    """
    found = existing_file(path, "recording")
    try:
        recording = json.loads(found.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{found}: not a JSON recording: {error}") from error
    if not isinstance(recording, dict) or not {"config", "trace", "results"} <= recording.keys():
        raise InputError(f"{found}: a recording has the keys config, trace, results and events")
    recording = _in_order(recording)
    try:
        plan = plan_of(recording)
        decided = decisions_of(recording)
        difference = first_decision_difference(recording, decided)
        if difference is not None:
            return Verdict(found.stem, False, difference, len(recording["trace"]))
        output, state, names = replay_recording(recording, plan, decided)
    except InputError as reason:
        return Verdict(found.stem, None, str(reason))
    differ = proportions_differ if recording.get("summary_only") else first_difference
    difference = differ(recording, output, state, names)
    return Verdict(
        name=found.stem,
        identical=difference is None,
        message=difference or "identical",
        requests=len(recording["trace"]),
        attempts=len(output.attempt),
    )


def _in_order(recording: dict[str, Any]) -> dict[str, Any]:
    """Return the recording with its requests in order of time."""
    trace, results = recording["trace"], recording["results"]
    order = sorted(range(len(trace)), key=lambda i: trace[i]["t"])
    if len(results) == len(trace):
        results = [results[i] for i in order]
    return {**recording, "trace": [trace[i] for i in order], "results": results}


def proportions_differ(
    recording: dict[str, Any], output: Output, state: State, ids: list[str]
) -> str | None:
    """Compare how often each deployment served: a chi-square test of homogeneity at 1e-4."""
    from scipy.stats import chi2_contingency

    served = output.done[:, O_SERVED].astype(int)
    told = recording["totals"]["served_by"]
    table = np.array([[told.get(name, 0), int((served == i).sum())] for i, name in enumerate(ids)])
    if table.sum(axis=0)[0] != table.sum(axis=0)[1]:
        return f"recorded {table.sum(axis=0)[0]} served, replayed {table.sum(axis=0)[1]}"
    used = table[table.sum(axis=1) > 0]
    if len(used) > 1:
        p = float(chi2_contingency(used).pvalue)
        if p < PROPORTIONS_P:
            return f"served by: recorded and replayed {table.tolist()}, p = {p:.1g}"
    return None


def attempts_of(
    output: Output, ids: Sequence[str], requests: int
) -> list[list[tuple[float, str, int | str]]]:
    """Return (time, deployment, status) of the attempts of each request, in order of time.

    Times are seconds from the start; the status of a call that timed out is "client_timeout".
    """
    attempts: list[list[tuple[float, str, int | str]]] = [[] for _ in range(requests)]
    for entry in output.attempt[np.lexsort((output.attempt[:, A_T], output.attempt[:, A_REQUEST]))]:
        number = int(entry[A_STATUS])
        status = "client_timeout" if number == CLIENT_TIMEOUT else number
        deployment = ids[int(entry[A_DEPLOYMENT])]
        attempts[int(entry[A_REQUEST])].append((float(entry[A_T]), deployment, status))
    return attempts


def _differs(recorded: float, replayed: float, tolerance: float) -> bool:
    return abs(recorded - replayed) > tolerance


def first_difference(
    recording: dict[str, Any], output: Output, state: State, ids: list[str]
) -> str | None:
    """Return the first thing in which a replay differs from its recording, or None."""
    attempts = attempts_of(output, ids, len(recording["trace"]))
    mirrors = any(
        (d.get("params") or {}).get("silent_model") for d in recording["config"]["deployments"]
    )
    for number, result in enumerate(recording["results"]):
        place = f"request {result['id']}"
        told, seen = result["attempts"], attempts[number]
        if mirrors:  # the gateway starts a mirror before or after the call, as it happens
            told, seen = sorted(told, key=_moment), sorted(seen, key=_moment)
        pairs = zip_longest(told, seen)
        for count, (recorded, replayed) in enumerate(pairs, start=1):
            if (
                recorded is None
                or replayed is None
                or [recorded[1], recorded[2]] != list(replayed[1:])
            ):
                return f"{place}, attempt {count}: recorded {recorded}, replayed {_plain(replayed)}"
            if _differs(recorded[0], replayed[0], TIME_TOLERANCE_S):
                told = f"recorded at {recorded[0]} s, replayed {replayed[0]:.6f} s"
                return f"{place}, attempt {count}: {told}"
        problem = _result_difference(result, number, output, ids)
        if problem:
            return f"{place}: {problem}"
    recorded_events = [e for e in recording["events"] if e["event"] == "cooldown"]
    problem = _cooldown_difference(recorded_events, output, ids)
    if problem:
        return problem
    if state.counter[C_BAD_PICKS]:
        return (
            f"{state.counter[C_BAD_PICKS]} recorded picks are not in the simulator's eligible set"
        )
    if state.counter[C_BAD_SLEEPS]:
        return (
            f"{state.counter[C_BAD_SLEEPS]} recorded retry sleeps are outside the simulator's range"
        )
    return None


def _moment(attempt: Sequence[Any]) -> tuple[float, str]:
    return round(float(attempt[0]), 2), attempt[1]


def _plain(replayed: tuple[float, str, Any] | None) -> list[Any] | None:
    return None if replayed is None else [round(float(replayed[0]), 6), *replayed[1:]]


def _result_difference(
    result: dict[str, Any], number: int, output: Output, ids: list[str]
) -> str | None:
    row = output.done[number]
    served, finished, cost = int(row[O_SERVED]), float(row[O_FINISHED]), float(row[O_COST])
    replayed = ids[served] if served >= 0 else None
    if result.get("served") != replayed:
        return f"recorded served by {result.get('served')}, replayed {replayed}"
    if _differs(result["finished"], finished, TIME_TOLERANCE_S):
        return f"recorded finished at {result['finished']} s, replayed {finished:.6f} s"
    if served >= 0:
        if _differs(result["cost"], cost, COST_TOLERANCE_USD):
            return f"recorded cost {result['cost']!r}, replayed {cost!r}"
        return None
    seen = (errors.NAMES[int(row[O_KIND])], int(row[O_STATUS]) or None)
    told = (result.get("error"), result.get("status"))
    if told == ("RouterRateLimitError", None):
        told = ("RouterRateLimitError", 429)  # before 1.109 this error carried no status
    return None if told == seen else f"recorded error {told}, replayed {seen}"


def _cooldown_difference(
    recorded: list[dict[str, Any]], output: Output, ids: list[str]
) -> str | None:
    for count, (event, ours) in enumerate(zip_longest(recorded, output.cooldown), start=1):
        told = (
            None
            if event is None
            else (event["deployment"], event["status"], event["cooldown_time"])
        )
        seen = None if ours is None else (ids[int(ours[1])], int(ours[2]), float(ours[3]))
        if event is None or ours is None or told != seen:
            return f"cooldown {count}: recorded {told}, replayed {seen}"
        if _differs(event["t"], ours[0], TIME_TOLERANCE_S):
            return f"cooldown {count}: recorded at {event['t']} s, replayed {ours[0]:.6f} s"
    return None
